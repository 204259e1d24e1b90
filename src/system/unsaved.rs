//! Texts that an editor has open: they count in place of what the files on the disk hold.
//!
//! **Invariant:** clones share one table, so that what was made with it sees the next change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Path, links followed, to text; a command has none.
#[derive(Clone, Debug, Default)]
pub struct Unsaved(Arc<Mutex<BTreeMap<PathBuf, Arc<str>>>>);

impl Unsaved {
    /// Sets the text of a file.
    pub fn set(&self, path: PathBuf, text: Arc<str>) {
        self.lock().insert(path, text);
    }

    /// What the disk holds counts again.
    pub fn remove(&self, path: &Path) {
        self.lock().remove(path);
    }

    /// The text of a file that is open.
    pub fn get(&self, path: &Path) -> Option<Arc<str>> {
        self.lock().get(path).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
