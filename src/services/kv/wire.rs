//! KV as on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A namespace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Namespace {
    /// 32 hexadecimal characters.
    pub id: String,
    /// Unique in the account.
    pub title: String,
    /// What else the server says.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}

/// One key of a listing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// What else the server says: `expiration` in Unix seconds, `metadata`.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}
