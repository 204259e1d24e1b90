//! The options of `vectorize::ensure`, and the checks before any request.

use crate::op::{Mismatch, OptionError, OptionMap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most dimensions of an index (VEC-2).
const DIMENSIONS_MAX: u32 = 1536;
const METADATA_INDEXES_MAX: usize = 10;

/// Options of `vectorize::ensure`: dimensions and metric, or a preset. All of them are fixed at creation, but that
/// metadata indexes can be added.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The length of each vector, 1 to 1536.
    #[schemars(range(min = 1, max = DIMENSIONS_MAX))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// How near two vectors are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// The model whose vectors it holds, in place of dimensions and metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Metadata properties to filter by, each with its type; at most 10. Vectors written earlier are not covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_indexes: Option<BTreeMap<String, MetadataType>>,
}

impl OptionMap for Options {}

/// How near two vectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The angle between them.
    Cosine,
    /// The distance between them.
    Euclidean,
    /// Their negative dot product.
    DotProduct,
}

impl Metric {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Cosine => "cosine",
            Metric::Euclidean => "euclidean",
            Metric::DotProduct => "dot-product",
        }
    }
}

/// The type of a metadata property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetadataType {
    /// The first 64 bytes count.
    String,
    /// A 64-bit float.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl MetadataType {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            MetadataType::String => "string",
            MetadataType::Number => "number",
            MetadataType::Boolean => "boolean",
        }
    }
}

/// A model that the service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Preset {
    /// 384 dimensions.
    #[serde(rename = "@cf/baai/bge-small-en-v1.5")]
    BgeSmall,
    /// 768 dimensions, cosine.
    #[serde(rename = "@cf/baai/bge-base-en-v1.5")]
    BgeBase,
    /// 1024 dimensions.
    #[serde(rename = "@cf/baai/bge-large-en-v1.5")]
    BgeLarge,
    /// 1536 dimensions, cosine.
    #[serde(rename = "openai/text-embedding-ada-002")]
    Ada,
    /// 768 dimensions.
    #[serde(rename = "cohere/embed-multilingual-v2.0")]
    CohereMultilingual,
}

impl Preset {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Preset::BgeSmall => "@cf/baai/bge-small-en-v1.5",
            Preset::BgeBase => "@cf/baai/bge-base-en-v1.5",
            Preset::BgeLarge => "@cf/baai/bge-large-en-v1.5",
            Preset::Ada => "openai/text-embedding-ada-002",
            Preset::CohereMultilingual => "cohere/embed-multilingual-v2.0",
        }
    }

    /// What the service makes of it (VEC-3).
    pub fn dimensions(self) -> u32 {
        match self {
            Preset::BgeSmall => 384,
            Preset::BgeBase | Preset::CohereMultilingual => 768,
            Preset::BgeLarge => 1024,
            Preset::Ada => 1536,
        }
    }

    /// The metric, where Cloudflare documents it (VEC-3): a guess would refuse an index that is as asked.
    pub fn metric(self) -> Option<Metric> {
        match self {
            Preset::BgeBase | Preset::Ada => Some(Metric::Cosine),
            Preset::BgeSmall | Preset::BgeLarge | Preset::CohereMultilingual => None,
        }
    }
}

impl Options {
    /// What is wrong with them as a whole.
    pub fn check(&self) -> Result<(), OptionError> {
        let missing = |key: &str| OptionError::new(Mismatch::Missing(key.into()));
        match (self.preset, self.dimensions, self.metric) {
            (Some(_), Some(_), _) => {
                return Err(OptionError::at("dimensions", "can't be given together with `preset`"));
            }
            (Some(_), None, Some(_)) => {
                return Err(OptionError::at("metric", "can't be given together with `preset`"));
            }
            (None, None, None) => {
                let words = "an index needs the options `dimensions` and `metric`, or `preset`";
                return Err(OptionError::new(Mismatch::Other(words.into())));
            }
            (None, None, Some(_)) => return Err(missing("dimensions")),
            (None, Some(_), None) => return Err(missing("metric")),
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
        }
        if self.dimensions.is_some_and(|dimensions| !(1..=DIMENSIONS_MAX).contains(&dimensions)) {
            return Err(OptionError::at("dimensions", format!("must be between 1 and {DIMENSIONS_MAX}")));
        }
        let properties = self.metadata_indexes.iter().flatten();
        if properties.clone().count() > METADATA_INDEXES_MAX {
            return Err(OptionError::at(
                "metadata_indexes",
                format!("must not have more than {METADATA_INDEXES_MAX} entries"),
            ));
        }
        if properties.into_iter().any(|(property, _)| property.is_empty()) {
            return Err(OptionError::at("metadata_indexes", "must not have an empty property"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Value, read_options};
    use serde_json::json;

    fn verdict(json: serde_json::Value) -> String {
        let read: Result<Options, OptionError> = read_options(&Value::from(json));
        match read.and_then(|options| options.check()) {
            Ok(()) => "fits".into(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn dimensions_and_metric_or_a_preset() {
        let preset = "@cf/baai/bge-base-en-v1.5";
        assert_eq!(verdict(json!({"dimensions": 768, "metric": "cosine"})), "fits");
        assert_eq!(verdict(json!({ "preset": preset })), "fits");
        assert_eq!(verdict(json!({})), "an index needs the options `dimensions` and `metric`, or `preset`");
        assert_eq!(verdict(json!({"dimensions": 768})), "the option `metric` is missing");
        assert_eq!(verdict(json!({"metric": "cosine"})), "the option `dimensions` is missing");
        assert_eq!(
            verdict(json!({"preset": preset, "dimensions": 768})),
            "`dimensions` can't be given together with `preset`"
        );
        assert_eq!(
            verdict(json!({"preset": preset, "metric": "cosine"})),
            "`metric` can't be given together with `preset`"
        );
    }

    #[test]
    fn bounds() {
        let of = |dimensions: u64| verdict(json!({"dimensions": dimensions, "metric": "euclidean"}));
        assert_eq!(
            [0, 1, 1536, 1537].map(of),
            [
                "`dimensions` must be between 1 and 1536",
                "fits",
                "fits",
                "`dimensions` must be between 1 and 1536"
            ]
        );
        let with = |count: u32| {
            let properties: BTreeMap<String, &str> =
                (0..count).map(|n| (format!("p{n}"), "number")).collect();
            verdict(json!({"dimensions": 3, "metric": "dot-product", "metadata_indexes": properties}))
        };
        assert_eq!(with(10), "fits");
        assert_eq!(with(11), "`metadata_indexes` must not have more than 10 entries");
        assert_eq!(
            verdict(json!({"dimensions": 3, "metric": "cosine", "metadata_indexes": {"": "string"}})),
            "`metadata_indexes` must not have an empty property"
        );
        assert_eq!(
            verdict(json!({"dimensions": 3, "metric": "dot_product"})),
            "`metric` can't be `dot_product`, it is one of `cosine`, `euclidean`, `dot-product`"
        );
        assert_eq!(
            verdict(json!({"dimensions": 3, "metric": "cosine", "metadata_indexes": {"url": "text"}})),
            "`metadata_indexes.url` can't be `text`, it is one of `string`, `number`, `boolean`"
        );
    }

    #[test]
    fn words_are_the_api_s() {
        for preset in
            [Preset::BgeSmall, Preset::BgeBase, Preset::BgeLarge, Preset::Ada, Preset::CohereMultilingual]
        {
            assert_eq!(serde_json::to_value(preset).unwrap(), json!(preset.name()));
        }
        for metric in [Metric::Cosine, Metric::Euclidean, Metric::DotProduct] {
            assert_eq!(serde_json::to_value(metric).unwrap(), json!(metric.name()));
        }
        for kind in [MetadataType::String, MetadataType::Number, MetadataType::Boolean] {
            assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.name()));
        }
    }
}
