//! What a dry run would have written, by resource, so that later reads of it can be answered.
//!
//! **Invariant:** what is remembered of a resource goes when that resource would be removed or made anew.

use super::key::Key;
use parking_lot::Mutex;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

type MemoryMap = HashMap<(Key, TypeId), Arc<dyn Any + Send + Sync>>;

/// What is remembered; each service has types of its own for it.
#[derive(Default)]
pub struct Memory(Mutex<MemoryMap>);

impl Memory {
    /// What of type `T` is remembered of `key`; empty when it is first asked for.
    pub fn of<T: Default + Send + Sync + 'static>(&self, key: &Key) -> Arc<T> {
        let of_type = (key.clone(), TypeId::of::<T>());
        let kept = self.0.lock().entry(of_type).or_insert_with(|| Arc::new(T::default())).clone();
        kept.downcast::<T>().unwrap_or_default()
    }

    /// Forgets all of it.
    pub(super) fn forget(&self, key: &Key) {
        self.0.lock().retain(|(of, _), _| of != key);
    }
}
