//! The keys that this run has written from secrets. Values read from them are secrets, too.

use crate::op::{Context, Key, Value};
use crate::secret::Secret;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The keys of one namespace.
#[derive(Default)]
pub(super) struct SecretKeys(Mutex<BTreeSet<String>>);

impl SecretKeys {
    /// Of the namespace with this id, whatever it was named by.
    pub(super) fn of(context: &Context, namespace: &Value) -> Arc<Self> {
        context.memory.of(&Key::new("kv", namespace.text("id")))
    }

    /// A key under which a secret is about to be written, or stands already.
    pub(super) fn note(&self, key: &str) {
        self.0.lock().insert(key.to_owned());
    }

    /// What was read under a key.
    pub(super) fn seen(&self, key: &str, text: String) -> Value {
        let keys = self.0.lock();
        if keys.contains(key) { Value::Secret(Secret::new(text)) } else { Value::Str(text) }
    }
}
