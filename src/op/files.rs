//! Orders ops by the project files that they write: an op that reads a file waits for the op that writes it.
//!
//! **Invariant:** one op of a run writes a file, unless the script has caught the failure of the one before it.

use super::failure::Failure;
use super::value::Pending;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files that ops of a run write, by their real paths.
#[derive(Default)]
pub struct Files(Mutex<HashMap<PathBuf, Arc<Pending>>>);

impl Files {
    /// The op that writes this file; what it would have written is not missed once the script has caught its failure.
    pub fn writer(&self, path: &Path) -> Option<Arc<Pending>> {
        self.0.lock().get(path).filter(|writer| !has_failed_caught(writer)).cloned()
    }

    /// An op that writes a file in this folder, or below it.
    pub fn writer_below(&self, folder: &Path) -> Option<Arc<Pending>> {
        let below = |(path, writer): &(&PathBuf, &Arc<Pending>)| {
            path.starts_with(folder) && !has_failed_caught(writer)
        };
        self.0.lock().iter().find(below).map(|(_, writer)| writer.clone())
    }

    /// Takes note of the op that writes a file.
    pub(super) fn write(&self, path: PathBuf, op: &Arc<Pending>) {
        self.0.lock().insert(path, op.clone());
    }

    /// Whether an op writes one.
    pub(super) fn is_written_by(&self, op: &Arc<Pending>) -> bool {
        self.0.lock().values().any(|writer| Arc::ptr_eq(writer, op))
    }

    /// Everything that writes is over, and may be done again.
    pub fn forget(&self) {
        self.0.lock().clear();
    }
}

/// One that was skipped was not seen to fail by itself.
fn has_failed_caught(op: &Pending) -> bool {
    op.is_caught() && matches!(op.peek(), Some(Err(failure)) if !matches!(failure, Failure::Skipped { .. }))
}
