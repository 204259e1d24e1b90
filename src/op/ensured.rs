//! The `ensure` calls of a run: the same call again returns the same handle, and a different one for the same name
//! is an error.

use super::failure::Failure;
use super::key::Key;
use super::queue::Queue;
use super::value::Pending;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

struct EnsureRecord {
    options: Json,
    pending: Arc<Pending>,
}

/// The ensures of a run that no other op has followed with a removal.
#[derive(Default)]
pub(super) struct Ensured {
    all: HashMap<Key, EnsureRecord>,
    /// In which jurisdiction a name was asked for: it is in one only.
    places: HashMap<(&'static str, String), Key>,
}

impl Ensured {
    /// What was begun with these options, if nothing has followed it on its key.
    pub(super) fn again(
        &self,
        key: &Key,
        options: &Json,
        queue: &Queue,
    ) -> Result<Option<Arc<Pending>>, Failure> {
        let Some(first) = self.places.get(&(key.service, key.name.clone())) else { return Ok(None) };
        let Some(memo) = self.all.get(first) else { return Ok(None) };
        if first != key || memo.options != *options {
            let (key, first) = (key.clone(), Box::new(first.clone()));
            let before = memo.pending.at.clone();
            return Err(Failure::Twice { key, first, before });
        }
        Ok(queue.is_last(key, &memo.pending).then(|| memo.pending.clone()))
    }

    pub(super) fn note(&mut self, key: &Key, options: Json, pending: &Arc<Pending>) {
        self.places.insert((key.service, key.name.clone()), key.clone());
        self.all.insert(key.clone(), EnsureRecord { options, pending: pending.clone() });
    }

    pub(super) fn forget(&mut self, key: &Key) {
        self.all.remove(key);
    }

    /// What the script caught may be asked for otherwise.
    pub(super) fn forget_caught(&mut self) {
        self.all.retain(|_, memo| !memo.pending.is_caught());
    }
}
