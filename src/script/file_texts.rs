//! Files of the project as recipes read them: each once, whatever becomes of it while the command runs.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The texts that were read so far, by real path; clones share them.
#[derive(Clone, Default)]
pub struct FileTexts(Arc<Mutex<BTreeMap<PathBuf, Arc<str>>>>);

impl FileTexts {
    /// The text of a file, read at the first call.
    pub(super) fn once(
        &self,
        path: &Path,
        read: impl FnOnce() -> io::Result<String>,
    ) -> io::Result<Arc<str>> {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts.get(path) {
            return Ok(text.clone());
        }
        let text: Arc<str> = read()?.into();
        texts.insert(path.to_owned(), text.clone());
        Ok(text)
    }

    /// Forgets a file that was written since.
    pub(super) fn forget(&self, path: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }
}
