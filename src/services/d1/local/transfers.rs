//! Files of imports and exports in progress.

use super::busy::Jobs;
use super::failure::SqlError;
use crate::system::files::Source;
use md5::{Digest, Md5};
use serde_json::Value;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

/// So much of a file is in memory at once.
const PART_BYTES: usize = 256 << 10;

/// Files under way, by their names, which begin with the database's id. Lost when the account is closed.
#[derive(Default)]
pub(super) struct Transfers {
    /// Announced, and what came.
    pub(super) uploads: HashMap<String, Option<Transferred>>,
    pub(super) exports: HashMap<String, Transferred>,
    /// The last answer about an import, by database.
    pub(super) imports: HashMap<String, Value>,
    /// What takes its time.
    pub(super) jobs: Jobs,
}

/// A file that is here.
#[derive(Clone)]
pub(super) struct Transferred {
    pub(super) file: Arc<Source>,
    /// Its hash.
    pub(super) etag: String,
}

impl Transferred {
    /// Reads a file once, for its hash.
    pub(super) fn of(file: Arc<Source>) -> io::Result<Self> {
        let (mut hash, mut at) = (Md5::new(), 0);
        loop {
            let part = file.part(at, PART_BYTES)?;
            if part.is_empty() {
                break;
            }
            at += part.len() as u64;
            hash.update(&part);
        }
        let etag = hex::encode(hash.finalize());
        Ok(Transferred { file, etag })
    }
}

impl Transfers {
    /// A file that has come, whole.
    pub(super) fn uploaded(&self, file: &str, etag: &str) -> Result<Arc<Source>, ImportError> {
        let found = self.uploads.get(file).and_then(Option::as_ref).ok_or(ImportError::NotUploaded)?;
        if found.etag == etag { Ok(found.file.clone()) } else { Err(ImportError::OtherFile) }
    }

    /// Drops everything of a database.
    pub(super) fn forget(&mut self, uuid: &str) {
        self.uploads.retain(|file, _| !file.starts_with(uuid));
        self.exports.retain(|file, _| !file.starts_with(uuid));
        self.imports.remove(uuid);
        self.jobs.forget(uuid);
    }
}

/// Why an import came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImportError {
    #[error("The file has not been uploaded.")]
    NotUploaded,
    #[error("The uploaded file has another ETag.")]
    OtherFile,
    #[error("Only SQL text can be imported, not binary files.")]
    NotText,
    #[error(transparent)]
    Sql(#[from] SqlError),
    #[error("The file can't be read: {0}")]
    File(#[from] io::Error),
}
