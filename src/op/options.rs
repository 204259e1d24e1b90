//! Option maps: a serde `Deserializer` over [`Value`] whose errors say under which key what was wrong.

use super::option_error::{Mismatch, OptionError, list};
use super::secret_text;
use super::value::Value;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer};
use serde::de::{MapAccess, SeqAccess, Unexpected, Visitor};
use std::collections::btree_map;

/// A struct that an op takes as its last argument; its `///` are the docs of the options.
pub trait OptionMap: DeserializeOwned + schemars::JsonSchema {}

/// Reads an option map.
pub fn read_options<T: DeserializeOwned>(value: &Value) -> Result<T, OptionError> {
    T::deserialize(Reader(value))
}

struct Reader<'a>(&'a Value);

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = OptionError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OptionError> {
        match self.0 {
            Value::Unit => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Int(number) => match u64::try_from(*number) {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => visitor.visit_i64(*number),
            },
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Str(text) => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(Items(items.iter(), 0)),
            Value::Map(map) => visitor.visit_map(Entries(map.iter(), None)),
            other => Err(de::Error::invalid_type(Unexpected::Other(other.type_name()), &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OptionError> {
        match self.0 {
            Value::Unit => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, OptionError> {
        match self.0 {
            Value::Str(word) => {
                let word: StrDeserializer<OptionError> = word.as_str().into_deserializer();
                word.deserialize_enum(name, words, visitor)
            }
            other => {
                let known: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                Err(OptionError::new(Mismatch::Type {
                    expected: format!("one of {}", list(&known)),
                    found: other.type_name().into(),
                }))
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, OptionError> {
        match self.0 {
            Value::Secret(secret) if name == secret_text::NAME => visitor.visit_str(secret.expose()),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Value>, usize);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = OptionError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, OptionError> {
        let Some(value) = self.0.next() else { return Ok(None) };
        self.1 += 1;
        let index = self.1 - 1;
        seed.deserialize(Reader(value)).map(Some).map_err(|error| error.under(&format!("[{index}]")))
    }
}

struct Entries<'a>(btree_map::Iter<'a, String, Value>, Option<(&'a str, &'a Value)>);

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = OptionError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, OptionError> {
        let Some((key, value)) = self.0.next() else { return Ok(None) };
        self.1 = Some((key, value));
        seed.deserialize(key.as_str().into_deserializer())
            .map(Some)
            .map_err(|error: OptionError| error.under(key))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, OptionError> {
        let (key, value) = self.1.take().ok_or_else(|| <OptionError as de::Error>::custom("no key"))?;
        seed.deserialize(Reader(value)).map_err(|error| error.under(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Deserialize, schemars::JsonSchema, Debug)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        dimensions: u32,
        metric: Option<Metric>,
        deep: Option<Vec<Deep>>,
    }

    #[derive(Deserialize, schemars::JsonSchema, Debug)]
    #[serde(rename_all = "kebab-case")]
    enum Metric {
        Cosine,
        DotProduct,
    }

    #[derive(Deserialize, schemars::JsonSchema, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Deep {
        name: String,
    }

    fn error(json: serde_json::Value) -> String {
        let error = read_options::<Sample>(&Value::from(json)).unwrap_err();
        format!("{}: {error}", error.path.join("/"))
    }

    #[test]
    fn errors_name_the_key() {
        assert_eq!(error(json!({"dimension": 768})), "dimension: there is no option `dimension`");
        assert_eq!(
            error(json!({"dimensions": "768"})),
            "dimensions: `dimensions` must be a whole number, not negative, not the string \"768\""
        );
        assert_eq!(
            error(json!({"dimensions": 1, "metric": "cosin"})),
            "metric: `metric` can't be `cosin`, it is one of `cosine`, `dot-product`"
        );
        assert_eq!(
            error(json!({"dimensions": 1, "metric": 3})),
            "metric: `metric` must be one of `cosine`, `dot-product`, not int"
        );
        assert_eq!(
            error(json!({"dimensions": 1, "deep": [{"name": "a"}, {"nam": "b"}]})),
            "deep/[1]/nam: there is no option `nam`"
        );
        assert_eq!(error(json!({})), ": the option `dimensions` is missing");
    }

    #[test]
    fn reads_what_fits() {
        let json = json!({"dimensions": 3, "metric": "dot-product", "deep": null});
        let sample: Sample = read_options(&Value::from(json)).unwrap();
        assert!(matches!(sample, Sample { dimensions: 3, metric: Some(Metric::DotProduct), deep: None }));
    }
}
