//! Files on their way to and from databases.

use super::busy::Jobs;
use super::failure::SqlError;
use md5::{Digest, Md5};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Files under way, by their names, which begin with the database's id. Lost when the account is closed.
#[derive(Default)]
pub(super) struct Transfers {
    /// Announced, and what came.
    pub(super) uploads: HashMap<String, Option<Vec<u8>>>,
    pub(super) exports: HashMap<String, String>,
    /// The last answer about an import, by database.
    pub(super) imports: HashMap<String, Value>,
    /// What takes its time.
    pub(super) jobs: Jobs,
}

impl Transfers {
    /// The text of a file that has come, whole.
    pub(super) fn uploaded(&self, file: &str, etag: &str) -> Result<String, ImportError> {
        let bytes = self.uploads.get(file).and_then(Option::as_ref).ok_or(ImportError::NotUploaded)?;
        if md5_hex(bytes) != etag {
            return Err(ImportError::OtherFile);
        }
        String::from_utf8(bytes.clone()).map_err(|_| ImportError::NotText)
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
}

pub(super) fn md5_hex(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
