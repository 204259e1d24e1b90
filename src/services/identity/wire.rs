//! Tokens as on the wire.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// What a token says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Verified {
    /// 32 hexadecimal characters.
    pub id: String,
    /// `active`, `disabled`, `expired`.
    pub status: String,
    /// RFC 3339; absent for one that never expires.
    pub expires_on: Option<String>,
}

/// A token as those see it who may look.
#[derive(Clone, Debug, Deserialize)]
pub struct Token {
    /// What it may do, and what not.
    #[serde(default)]
    pub policies: Vec<Policy>,
}

/// One rule of a token.
#[derive(Clone, Debug, Deserialize)]
pub struct Policy {
    /// `allow` or `deny`.
    pub effect: String,
    /// What.
    #[serde(default)]
    pub permission_groups: Vec<Group>,
    /// On what: `com.cloudflare.api.account.ID`, and others.
    #[serde(default)]
    pub resources: Map<String, Json>,
}

/// A permission group in a rule.
#[derive(Clone, Debug, Deserialize)]
pub struct Group {
    /// 32 hexadecimal characters.
    pub id: String,
    /// As people call it.
    pub name: Option<String>,
}
