//! The values that a dry run would have written to a namespace, over those that exist; a namespace that it would
//! create is empty.
//!
//! **Invariant:** an answer is what the server would give, or there is none.
//! **Invariant:** a secret is never an answer.

use super::entry::Entry;
use super::wire;
use crate::op::{Context, Failure, HandleOrId, Key, Mode, Value};
use crate::reconcile::Placeholders;
use parking_lot::Mutex;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Numbers up to here are written by JavaScript as they were read.
const WHOLE_MAX: u64 = 1 << 53;

/// What would be left under a key that the run touches.
#[derive(Clone)]
pub(super) enum PlannedValue {
    Put(Entry),
    Deleted,
}

/// What would be left, by key.
#[derive(Default)]
pub(super) struct PlannedValues(Mutex<BTreeMap<String, PlannedValue>>);

impl PlannedValues {
    /// A `put` of this run.
    pub(super) fn put(&self, key: &str, entry: Entry) {
        self.0.lock().insert(key.to_owned(), PlannedValue::Put(entry));
    }

    /// A deletion of this run.
    pub(super) fn delete(&self, key: &str) {
        self.0.lock().insert(key.to_owned(), PlannedValue::Deleted);
    }

    /// What this run would leave under a key, if it would touch it.
    pub(super) fn find(&self, key: &str) -> Option<PlannedValue> {
        self.0.lock().get(key).cloned()
    }

    /// The bytes under a key, where this run would put or delete it.
    pub(super) fn get(&self, of: &Key, key: &str) -> Option<Result<Option<Vec<u8>>, Failure>> {
        Some(match self.find(key)? {
            PlannedValue::Deleted => Ok(None),
            PlannedValue::Put(entry) if entry.is_secret() => {
                Err(Failure::not_known(format!("the key `{key}` of `{of}`, which is a secret,")))
            }
            PlannedValue::Put(entry) => Ok(Some(entry.bytes())),
        })
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
        for (name, entry) in self.0.lock().iter().filter(|(name, _)| name.starts_with(prefix)) {
            let PlannedValue::Put(entry) = entry else {
                all.remove(name);
                continue;
            };
            if entry.expires.is_some() {
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
}

/// Where a dry run remembers what is put into a namespace.
pub(super) struct NamespaceMemory {
    context: Arc<Context>,
    pub(super) of: Key,
}

impl NamespaceMemory {
    pub(super) fn kept(&self) -> Arc<PlannedValues> {
        self.context.memory.of::<PlannedValues>(&self.of)
    }
}

/// Nothing is remembered where things are done, or of a namespace by its id.
pub(super) fn remembered(context: &Arc<Context>, receiver: &HandleOrId) -> Option<NamespaceMemory> {
    let HandleOrId::Handle(namespace) = receiver else { return None };
    let is_planned = context.mode == Mode::Plan;
    is_planned.then(|| NamespaceMemory { context: context.clone(), of: namespace.key.clone() })
}

/// Whether a namespace is one that this run would create.
pub(super) fn is_new(context: &Context, namespace: &Value) -> bool {
    context.extension::<Placeholders>().contains(namespace.text("id"))
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
