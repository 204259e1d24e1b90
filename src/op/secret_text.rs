//! An option that may be a secret: text that is sent and never printed.
//!
//! **Invariant:** its `Serialize` gives no part of the text, only whether two texts of one run are the same.

use crate::secret::{MASK, Secret};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// The reader of options recognises by this name a field whose secret may be read.
pub(super) const NAME: &str = "SecretText";

/// Differs from run to run, so that a fingerprint can't be looked up.
static FINGERPRINTS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Text, or a secret; either is treated as a secret from here on.
#[derive(Clone, Debug)]
pub struct SecretText(Secret);

impl SecretText {
    /// The text, for the request that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{MASK} {:016x}", FINGERPRINTS.hash_one(self.expose())))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, Text)
    }
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = SecretText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a secret")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<SecretText, D::Error> {
        deserializer.deserialize_string(self)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SecretText, E> {
        Ok(SecretText(Secret::new(text.to_owned())))
    }
}

impl JsonSchema for SecretText {
    fn schema_name() -> Cow<'static, str> {
        NAME.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OptionMap, Value, read_options};
    use super::*;

    #[derive(Deserialize, Serialize, JsonSchema, Debug)]
    #[serde(deny_unknown_fields)]
    struct Options {
        hidden: Option<SecretText>,
        shown: Option<String>,
    }

    impl OptionMap for Options {}

    fn read(key: &str, value: Value) -> Result<Options, String> {
        let map = Value::Map([(key.to_owned(), value)].into());
        read_options(&map).map_err(|error| error.to_string())
    }

    fn secret(text: &str) -> Value {
        Value::Secret(Secret::new(text.into()))
    }

    #[test]
    fn a_secret_is_read_only_where_it_may_be() {
        let options = read("hidden", secret("hunter22")).unwrap();
        assert_eq!(options.hidden.unwrap().expose(), "hunter22");
        let options = read("hidden", Value::Str("plain".into())).unwrap();
        assert_eq!(options.hidden.unwrap().expose(), "plain");
        assert_eq!(read("shown", secret("hunter22")).unwrap_err(), "`shown` must be a string, not a secret");
        assert_eq!(
            read("hidden", Value::Int(3)).unwrap_err(),
            "`hidden` must be a string or a secret, not 3"
        );
    }

    #[test]
    fn nothing_shows_it() {
        let of = |text: &str| read("hidden", secret(text)).unwrap();
        let json = |text: &str| serde_json::to_string(&of(text)).unwrap();
        assert!(!json("hunter22").contains("hunter"));
        assert!(!format!("{:?}", of("hunter22")).contains("hunter"));
        assert_eq!(json("hunter22"), json("hunter22"));
        assert_ne!(json("hunter22"), json("hunter23"));
    }
}
