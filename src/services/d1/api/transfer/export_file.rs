//! Stores an export on disk, so that it is complete before it is used.

use crate::http::Incoming;
use crate::system::files::{Spool, SpoolReader};
use md5::{Digest, Md5};
use parking_lot::Mutex;
use std::io;
use std::path::Path;

/// The hash that a store knows a file by.
#[derive(Clone, Debug, Default)]
pub struct Hash(Md5);

impl Hash {
    /// Reads on.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// 32 hexadecimal characters.
    pub fn hex(&self) -> String {
        hex::encode(self.0.clone().finalize())
    }
}

/// What has come of an export.
pub struct ExportFile {
    spool: Spool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hash: Hash,
    /// The last byte that is no blank.
    last: Option<u8>,
    failure: Option<io::Error>,
}

impl ExportFile {
    /// Nothing yet; it will be on the disk of `folder`.
    pub fn within(folder: &Path) -> io::Result<Self> {
        Ok(ExportFile { spool: Spool::within(folder)?, state: Mutex::default() })
    }

    /// Why it could not be kept, if that is so.
    pub fn failure(&self) -> Option<io::Error> {
        self.state.lock().failure.take()
    }

    /// All of it, from its beginning.
    pub fn reader(&self) -> SpoolReader<'_> {
        self.spool.reader()
    }

    /// Whether it has come whole: a store's `etag` is the hash of a file that came in one piece; without it at least the
    /// last statement is whole.
    pub(super) fn is_whole(&self, etag: Option<&str>) -> bool {
        let state = self.state.lock();
        match etag {
            Some(etag) if etag.len() == 32 && etag.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                state.hash.hex().eq_ignore_ascii_case(etag)
            }
            _ => matches!(state.last, None | Some(b';')),
        }
    }

    fn noted(&self, kept: io::Result<()>) -> io::Result<()> {
        if let Err(error) = &kept {
            self.state.lock().failure = Some(io::Error::new(error.kind(), error.to_string()));
        }
        kept
    }
}

impl Incoming for ExportFile {
    fn begin(&self) -> io::Result<()> {
        *self.state.lock() = State::default();
        self.noted(self.spool.clear())
    }

    fn part(&self, bytes: &[u8]) -> io::Result<()> {
        {
            let mut state = self.state.lock();
            state.hash.add(bytes);
            let last = bytes.iter().rfind(|byte| !byte.is_ascii_whitespace());
            state.last = last.copied().or(state.last);
        }
        self.noted(self.spool.add(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn a_file_that_comes_again_takes_the_place_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let kept = ExportFile::within(folder.path()).unwrap();
        for part in [&b"SELECT "[..], b"1"] {
            kept.part(part).unwrap();
        }
        assert!(!kept.is_whole(None));
        kept.begin().unwrap();
        assert!(kept.is_whole(None), "nothing");
        for part in [&b"SELECT "[..], b"1;", b"\n "] {
            kept.part(part).unwrap();
        }
        let mut text = String::new();
        kept.reader().read_to_string(&mut text).unwrap();
        assert_eq!(text, "SELECT 1;\n ");
        assert!(kept.is_whole(None) && kept.is_whole(Some("1-of-many-pieces")));
        let mut hash = Hash::default();
        hash.add(text.as_bytes());
        assert!(kept.is_whole(Some(&hash.hex().to_uppercase())));
        assert!(!kept.is_whole(Some("0123456789abcdef0123456789abcdef")));
    }
}
