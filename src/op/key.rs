//! The key of an op: the resource it is about. Ops with one key run in order.

use std::fmt;

/// A resource in the account, by service, jurisdiction and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// `kv`, `r2`, ...
    pub service: &'static str,
    /// Only where it is part of the name's space (R2).
    pub jurisdiction: Option<String>,
    /// The name in the account; empty for ops that are about no single resource.
    pub name: String,
}

impl Key {
    /// The key of a name in a service without jurisdictions.
    pub fn new(service: &'static str, name: impl Into<String>) -> Self {
        Key { service, jurisdiction: None, name: name.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path of the API begins with a slash of its own.
        let name = self.name.trim_start_matches('/');
        match &self.jurisdiction {
            Some(jurisdiction) => write!(f, "{}/{jurisdiction}/{name}", self.service),
            None => write!(f, "{}/{name}", self.service),
        }
    }
}
