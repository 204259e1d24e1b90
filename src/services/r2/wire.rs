//! R2 as on the wire: requests in camelCase, answers in `snake_case` (R2-2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A bucket as the server shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bucket {
    /// Unique in its jurisdiction.
    pub name: String,
    /// What else the server says: `creation_date`, `location` in upper case, `jurisdiction`, `storage_class`.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}

/// An object, of which only the key matters here.
#[derive(Debug, Deserialize)]
pub struct Object {
    /// Its name in the bucket.
    pub key: String,
}

/// What creates a bucket.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewBucket<'a> {
    /// 3 to 63 characters.
    pub name: &'a str,
    /// Honoured only for the first bucket ever of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_hint: Option<&'static str>,
    /// For objects that come without a class of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<&'static str>,
}
