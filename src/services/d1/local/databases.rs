//! The databases of the account: opened on first use and kept open, each a file or in memory, all under D1's
//! limits.
//!
//! **Invariant:** what the account holds for all requests is never held while a database is at work.

use super::authorizer::Guard;
use super::engine::{DatabaseFacts, Engine};
use super::functions;
use super::leftovers;
use super::transfers::Transfers;
use super::versions::{KeepError, Versions};
use crate::local::{DeferredResult, DeferredWork, ErrorReply, Reply};
use crate::system::files;
use jiff::Timestamp;
use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The documented limits and workerd's (D1-17, D1-18); of arguments workerd takes more than the documented 32 (D1-19).
const LIMITS: &[(Limit, i32)] = &[
    (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 127),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// What the D1 service keeps beside the account's store.
pub(super) struct Databases {
    folder: Option<PathBuf>,
    open: HashMap<String, Open>,
    /// Files on their way in and out. Whoever holds it works on no database meanwhile.
    pub(super) transfers: Arc<Mutex<Transfers>>,
}

/// A database that is open; its engine may be at work for a request.
struct Open {
    engine: Arc<Mutex<Engine>>,
    facts: Arc<Mutex<DatabaseFacts>>,
}

impl Databases {
    /// Databases are files in `folder`, or in memory. The files of any but the `known` ones were left by a process that was
    /// killed, and are removed.
    pub(super) fn new(folder: Option<&Path>, known: &[String]) -> io::Result<Self> {
        if let Some(folder) = folder {
            leftovers::remove(folder, known)?;
        }
        let transfers = Arc::new(Mutex::new(Transfers::default()));
        Ok(Databases { folder: folder.map(Path::to_owned), open: HashMap::new(), transfers })
    }

    /// The engine of a database that the account has; a fresh one is made where there is nothing yet.
    pub(super) fn engine(&mut self, uuid: &str, now: Timestamp) -> Result<Arc<Mutex<Engine>>, ErrorReply> {
        if let Some(open) = self.open.get(uuid) {
            return Ok(open.engine.clone());
        }
        let engine = open(self.folder.as_deref(), uuid, now)?;
        let facts = engine.shared_facts();
        let engine = Arc::new(Mutex::new(engine));
        self.open.insert(uuid.to_owned(), Open { engine: engine.clone(), facts });
        Ok(engine)
    }

    /// What is known of a database without waiting for it. What is closed is left closed: an account may have more of them
    /// than a process has files.
    pub(super) fn facts(&self, uuid: &str, now: Timestamp) -> Result<DatabaseFacts, ErrorReply> {
        match self.open.get(uuid) {
            Some(open) => Ok(open.facts.lock().clone()),
            None => Ok(open(self.folder.as_deref(), uuid, now)?.shared_facts().lock().clone()),
        }
    }

    /// A call on a database, which must wait while a file goes in or out.
    pub(super) fn call(
        &mut self,
        uuid: &str,
        now: Timestamp,
        work: impl FnOnce(&mut Engine) -> Result<DeferredResult, ErrorReply> + Send + 'static,
    ) -> Result<DeferredWork, ErrorReply> {
        let (engine, transfers, uuid) = (self.engine(uuid, now)?, self.transfers.clone(), uuid.to_owned());
        Ok(DeferredWork::on(engine, move |engine| {
            transfers.lock().jobs.refuse(&uuid, now)?;
            work(engine)
        }))
    }

    /// Forgets a database; its files go when the last call on it has ended, and it is gone from the account.
    pub(super) fn remove(&mut self, uuid: &str, reply: Reply) -> DeferredWork {
        self.transfers.lock().forget(uuid);
        let (open, folder, uuid) = (self.open.remove(uuid), self.folder.clone(), uuid.to_owned());
        let files = move || {
            folder.map_or(Ok(()), |folder| remove_files(&folder, &uuid)).map_err(internal)?;
            Ok(DeferredResult::unchanged(reply))
        };
        match open {
            Some(open) => DeferredWork::on(open.engine, move |_| files()),
            None => DeferredWork::on(Arc::default(), move |(): &mut ()| files()),
        }
    }
}

fn remove_files(folder: &Path, uuid: &str) -> io::Result<()> {
    for ending in ["sqlite", "sqlite-wal", "sqlite-shm"] {
        files::remove_file(&folder.join(format!("{uuid}.{ending}")))?;
    }
    files::remove_folder(&folder.join(uuid))
}

fn open(folder: Option<&Path>, uuid: &str, now: Timestamp) -> Result<Engine, OpenError> {
    let (mut connection, copies) = match folder {
        None => (Connection::open_in_memory()?, None),
        Some(folder) => {
            let copies = folder.join(uuid);
            files::make_private_folder(&copies)?;
            (Connection::open(folder.join(format!("{uuid}.sqlite")))?, Some(copies))
        }
    };
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")?;
    functions::register(&connection)?;
    let versions = Versions::open(&connection, uuid, copies, now)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for &(limit, value) in LIMITS {
        connection.set_limit(limit, value)?;
    }
    let guard = Guard::install(&mut connection)?;
    Ok(Engine::new(connection, guard, versions)?)
}

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("opening a database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("opening the Time Travel copies of a database: {0}")]
    Copies(#[from] KeepError),
    #[error("making the folder of a database: {0}")]
    Folder(#[from] io::Error),
}

impl From<OpenError> for ErrorReply {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Sqlite(error) => ErrorReply::of_disk(&error).unwrap_or_else(|| internal(error)),
            OpenError::Copies(KeepError::Sqlite(error)) => error.into(),
            OpenError::Copies(KeepError::File(_)) | OpenError::Folder(_) => internal(error),
        }
    }
}

/// The local account's own fault, as Cloudflare says it.
pub(super) fn internal(error: impl std::fmt::Display) -> ErrorReply {
    ErrorReply::new(500, 7500, format!("internal error: {error}"))
}
