//! What a dry run would have put into a namespace, laid over what is there: one that it would create is empty.
//!
//! **Invariant:** an answer is what the server would give, or there is none.
//! **Invariant:** a secret is never an answer.

use super::wire;
use crate::op::{Context, Failure, Key, Value};
use crate::reconcile::Placeholders;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Numbers up to here are written by JavaScript as they were read.
const WHOLE_MAX: u64 = 1 << 53;

/// What would be put, by key.
#[derive(Default)]
pub(super) struct Kept(Mutex<BTreeMap<String, Entry>>);

/// What would be put under one key.
pub(super) struct Entry {
    /// `None` for a secret.
    pub(super) value: Option<String>,
    /// When it would expire, only the server's clock says.
    pub(super) expires: bool,
    /// Beside it.
    pub(super) metadata: Option<Json>,
}

impl Entry {
    /// What a `put` of this value would leave.
    pub(super) fn of(value: &Value, expires: bool, metadata: Option<Json>) -> Self {
        let value = match value {
            Value::Str(text) => Some(text.clone()),
            _ => None,
        };
        Entry { value, expires, metadata }
    }
}

impl Kept {
    /// A `put` of this run.
    pub(super) fn put(&self, key: &str, entry: Entry) {
        self.lock().insert(key.to_owned(), entry);
    }

    /// The value under a key, where this run would put one.
    pub(super) fn get(&self, of: &Key, key: &str) -> Option<Result<Value, Failure>> {
        let entries = self.lock();
        let entry = entries.get(key)?;
        let hidden = || Failure::not_known(format!("the key `{key}` of `{of}`, which is a secret,"));
        Some(entry.value.clone().map(Value::Str).ok_or_else(hidden))
    }

    /// The keys of a listing with those of this run, as the server lists them.
    pub(super) fn over(
        &self,
        of: &Key,
        listed: Vec<wire::Key>,
        prefix: &str,
    ) -> Result<Vec<wire::Key>, Failure> {
        let mut all: BTreeMap<String, wire::Key> =
            listed.into_iter().map(|key| (key.name.clone(), key)).collect();
        for (name, entry) in self.lock().iter().filter(|(name, _)| name.starts_with(prefix)) {
            if entry.expires {
                return Err(Failure::not_known(format!("when the key `{name}` of `{of}` expires")));
            }
            let mut rest = Map::new();
            match &entry.metadata {
                None | Some(Json::Null) => {}
                Some(metadata) if is_kept(metadata) => {
                    rest.insert("metadata".into(), metadata.clone());
                }
                Some(_) => {
                    return Err(Failure::not_known(format!("the metadata of the key `{name}` of `{of}`")));
                }
            }
            all.insert(name.clone(), wire::Key { name: name.clone(), rest });
        }
        Ok(all.into_values().collect())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a namespace is one that this run would create.
pub(super) fn is_new(context: &Context, namespace: &Value) -> bool {
    context.shelf::<Placeholders>().contains(namespace.text("id"))
}

/// Whether JSON comes back as it was sent: a number with a fraction, or a large one, may be written otherwise.
fn is_kept(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(_) | Json::String(_) => true,
        Json::Number(number) => number.as_i64().is_some_and(|number| number.unsigned_abs() <= WHOLE_MAX),
        Json::Array(items) => items.iter().all(is_kept),
        Json::Object(map) => map.values().all(is_kept),
    }
}
