//! The texts that diagnostics quote.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Source name to text; clones share one table, since the resolver adds files while the recipe runs.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<Mutex<BTreeMap<String, Arc<str>>>>);

impl Sources {
    /// Remembers a text; a later one of the same name replaces it.
    pub fn add(&self, name: &str, text: &str) {
        self.lock().insert(name.to_owned(), text.into());
    }

    /// The text of a source.
    pub fn get(&self, name: &str) -> Option<Arc<str>> {
        self.lock().get(name).cloned()
    }

    /// Every source and its text, by name.
    pub fn all(&self) -> Vec<(String, Arc<str>)> {
        self.lock().iter().map(|(name, text)| (name.clone(), text.clone())).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
