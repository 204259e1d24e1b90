//! Documents that an editor has open, which are read in place of the files on disk.
//!
//! **Invariant:** clones share one table, so that what was made with it sees the next change.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Path, links followed, to text; a command has none.
#[derive(Clone, Debug, Default)]
pub struct Unsaved(Arc<Mutex<BTreeMap<PathBuf, Arc<str>>>>);

impl Unsaved {
    /// Sets the text of a file.
    pub fn set(&self, path: PathBuf, text: Arc<str>) {
        self.0.lock().insert(path, text);
    }

    /// What the disk holds counts again.
    pub fn remove(&self, path: &Path) {
        self.0.lock().remove(path);
    }

    /// The text of a file that is open.
    pub fn get(&self, path: &Path) -> Option<Arc<str>> {
        self.0.lock().get(path).cloned()
    }
}
