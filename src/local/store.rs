//! The SQLite store of the account: one file in a private folder, used by one process at a time, or a database in
//! memory.
//!
//! **Invariant:** the folder is entered by its owner only and ignored by git, before anything is written into it.

use super::service::LocalService;
use crate::system::Clock;
use crate::system::files::{self, FileLock, LockError};
use rusqlite::{Connection, params};
use std::io;
use std::path::{Path, PathBuf};

/// The form of the tables; a store of another form is not touched.
const VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS account_ids (seed TEXT NOT NULL, given INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS account_tokens (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
    permissions TEXT NOT NULL) WITHOUT ROWID;
";

const FILE_NAME: &str = "account.sqlite";

/// Why a local account can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be made or used.
    #[error("opening the local account in `{}`: {source}", .folder.display())]
    Folder {
        folder: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Another process has it.
    #[error(
        "the local account in `{}` is in use by process {pid}\n\
         hint: stop that process, or give this one a folder of its own with `--local=DIR`", .folder.display()
    )]
    InUse {
        folder: PathBuf,
        /// The other process, as it wrote itself down.
        pid: String,
    },
    /// Made by another version of Larder.
    #[error(
        "the local account in `{}` has form {found}, this Larder knows form {VERSION}\n\
         hint: `larder local reset` starts it anew", .folder.display()
    )]
    Form {
        folder: PathBuf,
        /// The form in the file.
        found: i64,
    },
    /// SQLite can't use the file.
    #[error("opening the store of the local account: {0}")]
    Store(#[from] rusqlite::Error),
    /// The id given for the account.
    #[error("the id of a local account has 32 lower-case hex characters, given: `{0}`")]
    AccountId(String),
}

/// The open store, and the claim on its folder.
pub(super) struct Store {
    pub(super) connection: Connection,
    _lock: Option<FileLock>,
}

impl Store {
    pub(super) fn open(
        folder: Option<&Path>,
        services: &[&'static dyn LocalService],
        clock: &dyn Clock,
    ) -> Result<Store, OpenError> {
        let lock = folder.map(claim).transpose()?;
        let connection = match folder {
            Some(folder) => Connection::open(folder.join(FILE_NAME))?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;",
        )?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found != 0 && found != VERSION {
            return Err(OpenError::Form { folder: folder.unwrap_or(Path::new("")).into(), found });
        }
        connection.execute_batch(SCHEMA)?;
        for service in services {
            connection.execute_batch(service.schema())?;
        }
        connection.pragma_update(None, "user_version", VERSION)?;
        connection.execute(
            "INSERT INTO account_ids (seed, given) SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM account_ids)",
            params![format!("{}{}", clock.chance(), clock.chance())],
        )?;
        Ok(Store { connection, _lock: lock })
    }
}

/// Removes what an account keeps in `folder`. Whatever else lies there stays, and so does the lock file, which the caller
/// holds by having the account open.
pub fn remove(folder: &Path, services: &[&'static dyn LocalService]) -> io::Result<()> {
    // The store first: what it does not name is nobody's, and nothing that it names is missing.
    for ending in ["", "-wal", "-shm"] {
        files::remove_file(&folder.join(format!("{FILE_NAME}{ending}")))?;
    }
    for service in services {
        files::remove_folder(&folder.join(service.name()))?;
    }
    Ok(())
}

fn claim(folder: &Path) -> Result<FileLock, OpenError> {
    let failed = |source| OpenError::Folder { folder: folder.into(), source };
    files::make_ignored_folder(folder).map_err(failed)?;
    files::lock(&folder.join("lock")).map_err(|error| match error {
        LockError::Taken { pid } => OpenError::InUse { folder: folder.into(), pid },
        LockError::File(source) => failed(source),
    })
}

#[cfg(test)]
mod tests {
    use super::super::ids::new_id;
    use super::*;
    use crate::system::ManualClock;

    #[test]
    fn ids_differ_and_repeat_with_the_seed() {
        let ids = |seed| {
            let store = Store::open(None, &[], &ManualClock::seeded(seed)).unwrap().connection;
            [new_id(&store).unwrap(), new_id(&store).unwrap()]
        };
        let [first, second] = ids(1);
        assert_ne!(first, second);
        assert_eq!(first.len(), 32);
        assert_eq!(ids(1), [first.clone(), second]);
        assert_ne!(ids(2)[0], first);
    }

    #[test]
    fn a_second_process_is_told_who_has_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("local");
        let clock = ManualClock::seeded(1);
        let first = Store::open(Some(&path), &[], &clock).unwrap();
        let message = Store::open(Some(&path), &[], &clock).err().unwrap().to_string();
        let (shown, pid) = (path.display(), std::process::id());
        assert_eq!(
            message,
            format!(
                "the local account in `{shown}` is in use by process {pid}\n\
                 hint: stop that process, or give this one a folder of its own with `--local=DIR`"
            )
        );
        drop(first);
        let again = Store::open(Some(&path), &[], &clock).unwrap();
        assert_eq!(files::read_text(&path.join(".gitignore"), 10).unwrap(), "*\n");
        again.connection.pragma_update(None, "user_version", 7).unwrap();
        drop(again);
        assert!(matches!(Store::open(Some(&path), &[], &clock), Err(OpenError::Form { found: 7, .. })));
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_enters_the_folder() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/local");
        let _store = Store::open(Some(&path), &[], &ManualClock::seeded(1)).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}
