//! The databases of the account: opened when first used, kept open, each a file or in memory, all under D1's limits.

use super::authorizer::Guard;
use super::engine::Engine;
use super::functions;
use super::transfers::Transfers;
use super::versions::Versions;
use crate::local::Failure;
use crate::system::files;
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// Cloudflare API notes 6.8, and workerd's where those are silent; of arguments workerd takes more than the
/// documented 32.
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
    open: HashMap<String, Engine>,
    /// Files on their way in and out.
    pub(super) transfers: Transfers,
}

impl Databases {
    /// Databases are files in `folder`, or in memory.
    pub(super) fn new(folder: Option<&Path>) -> Self {
        Databases {
            folder: folder.map(Path::to_owned),
            open: HashMap::new(),
            transfers: Transfers::default(),
        }
    }

    /// The engine of a database that the account has; a fresh one is made where there is nothing yet.
    pub(super) fn engine(&mut self, uuid: &str, now: Timestamp) -> Result<&mut Engine, Failure> {
        if !self.open.contains_key(uuid) {
            let engine = open(self.folder.as_deref(), uuid, now).map_err(internal)?;
            self.open.insert(uuid.to_owned(), engine);
        }
        self.open.get_mut(uuid).ok_or_else(|| internal("no engine"))
    }

    /// Looks at a database, and leaves closed what is closed: an account may have more of them than a process has files.
    pub(super) fn look<T>(
        &mut self,
        uuid: &str,
        now: Timestamp,
        look: impl FnOnce(&Engine) -> T,
    ) -> Result<T, Failure> {
        match self.open.get(uuid) {
            Some(engine) => Ok(look(engine)),
            None => Ok(look(&open(self.folder.as_deref(), uuid, now).map_err(internal)?)),
        }
    }

    /// The engine for a call that must wait while a file goes in or out.
    pub(super) fn free_engine(&mut self, uuid: &str, now: Timestamp) -> Result<&mut Engine, Failure> {
        self.transfers.jobs.refuse(uuid, now)?;
        self.engine(uuid, now)
    }

    /// Forgets a database and all its files.
    pub(super) fn remove(&mut self, uuid: &str) -> Result<(), Failure> {
        self.open.remove(uuid);
        self.transfers.forget(uuid);
        let Some(folder) = &self.folder else { return Ok(()) };
        for ending in ["sqlite", "sqlite-wal", "sqlite-shm"] {
            files::remove_file(&folder.join(format!("{uuid}.{ending}"))).map_err(internal)?;
        }
        files::remove_folder(&folder.join(uuid)).map_err(internal)
    }
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
    Ok(Engine::new(connection, guard, versions))
}

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("opening a database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("making the folder of a database: {0}")]
    Folder(#[from] io::Error),
}

/// The local account's own fault, as Cloudflare says it.
pub(super) fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new(500, 7500, format!("internal error: {error}"))
}
