//! Caches the files that recipes read, so that each is read once per command.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let mut texts = self.0.lock();
        if let Some(text) = texts.get(path) {
            return Ok(text.clone());
        }
        let text: Arc<str> = read()?.into();
        texts.insert(path.to_owned(), text.clone());
        Ok(text)
    }

    /// Forgets all of them, so that the next entry of a session sees edited files.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// Forgets a file that was written since.
    pub(super) fn forget(&self, path: &Path) {
        self.0.lock().remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_once_until_it_is_forgotten() {
        let (texts, path) = (FileTexts::default(), Path::new("a"));
        let once =
            |texts: &FileTexts, text: &str| texts.once(path, || Ok(text.to_owned())).unwrap().to_string();
        assert_eq!(once(&texts, "first"), "first");
        // The pass that writes has a clone.
        assert_eq!(once(&texts.clone(), "second"), "first");
        texts.forget(path);
        assert_eq!(once(&texts, "third"), "third");
        let error = || Err(io::Error::from(io::ErrorKind::NotFound));
        assert!(texts.once(Path::new("b"), error).is_err());
        assert_eq!(&*texts.once(Path::new("b"), || Ok("there now".to_owned())).unwrap(), "there now");
    }
}
