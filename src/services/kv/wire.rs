//! KV as on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// No key expires earlier than this after it is written.
pub const EXPIRES_SECONDS_MIN: u64 = 60;
/// A write may be under way for so long.
const NEAR_SECONDS: u64 = 600;

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

/// When a key is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expires {
    /// So many seconds after it is written.
    In(u64),
    /// At this moment, in seconds since 1970.
    At(u64),
}

impl Expires {
    /// What leaves a key as long as it has, when it is written anew: a moment that is near would be refused (KV-5).
    pub fn kept(moment: u64, now: Timestamp) -> Self {
        let left = moment.saturating_sub(u64::try_from(now.as_second()).unwrap_or_default());
        if left > NEAR_SECONDS { Expires::At(moment) } else { Expires::In(left.max(EXPIRES_SECONDS_MIN)) }
    }

    /// The API's name for it, and the number under that.
    pub fn parameter(self) -> (&'static str, u64) {
        match self {
            Expires::In(seconds) => ("expiration_ttl", seconds),
            Expires::At(moment) => ("expiration", moment),
        }
    }
}

/// What became of the keys of one call; a success may name keys that it has left out (KV-6).
#[derive(Clone, Debug, Deserialize)]
pub struct Bulk {
    /// How many were written or deleted.
    pub successful_key_count: usize,
    /// Those that were not.
    pub unsuccessful_keys: Vec<String>,
}

/// The values of many keys.
#[derive(Clone, Debug, Deserialize)]
pub struct Values {
    /// By key; null where there is no such key.
    pub values: Map<String, Json>,
}

/// A value that was read as text, with what stands beside it.
#[derive(Clone, Debug, Deserialize)]
pub struct Stored {
    /// Bytes that are no UTF-8 were replaced by U+FFFD; `None` where it is too long for an answer.
    pub value: Option<String>,
    /// `None` where there is none.
    pub metadata: Option<Json>,
    /// In seconds since 1970; `None` where it stays.
    pub expiration: Option<u64>,
}
