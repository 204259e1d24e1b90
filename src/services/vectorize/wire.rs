//! Vectorize as on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// An index as the server shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Index {
    /// Unique in the account.
    pub name: String,
    /// What its vectors are like.
    #[serde(default)]
    pub config: Config,
    /// Property to type, where it was asked for; never part of the server's own answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_indexes: Option<BTreeMap<String, String>>,
    /// What else the server says: `description`, `created_on`, `modified_on`.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}

/// What an index's vectors are like.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Config {
    /// The length of each vector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// `cosine`, `euclidean` or `dot-product`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The model it was made for; the server need not repeat it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// What else the server says.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}

/// What creates an index.
#[derive(Clone, Debug, Serialize)]
pub struct NewIndex<'a> {
    /// Up to 64 bytes.
    pub name: &'a str,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    /// Dimensions and metric, or a preset.
    pub config: Config,
}

/// One entry of a listing of metadata indexes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataIndex {
    /// The property of the vectors' metadata.
    pub property_name: String,
    /// `string`, `number` or `boolean`, maybe capitalised.
    pub index_type: String,
}
