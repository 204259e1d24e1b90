//! Ids for what a plan would create: well-formed, the same for the same key, and known as such.

use crate::op::Key;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// What people see in place of a placeholder.
pub const KNOWN_AFTER_APPLY: &str = "(known after apply)";

/// 32 hexadecimal characters, as KV namespaces have them.
pub fn hex32(key: &Key) -> String {
    let digest = Sha256::digest(format!("larder placeholder {key}"));
    digest.iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A UUID, as D1 databases have them.
pub fn uuid(key: &Key) -> String {
    let hex = hex32(key);
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// Every placeholder of a run.
#[derive(Default)]
pub struct Placeholders(Mutex<Vec<String>>);

impl Placeholders {
    /// Notes one.
    pub fn add(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(id.to_owned());
    }

    /// Whether this id stands for something that only applying the plan would make.
    pub fn contains(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|known| known == id)
    }

    /// `text` with every placeholder replaced by what people may know.
    pub fn hide(&self, text: &str) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(text.to_owned(), |text, id| text.replace(id.as_str(), KNOWN_AFTER_APPLY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_reproducible_and_hidden() {
        let key = Key::new("d1", "jobs");
        assert_eq!(uuid(&key), uuid(&key));
        assert_eq!(uuid(&key).len(), 36);
        assert_ne!(hex32(&key), hex32(&Key::new("kv", "jobs")));
        let placeholders = Placeholders::default();
        placeholders.add(&uuid(&key));
        assert!(placeholders.contains(&uuid(&key)) && !placeholders.contains(&hex32(&key)));
        assert_eq!(placeholders.hide(&format!("id={}", uuid(&key))), "id=(known after apply)");
    }
}
