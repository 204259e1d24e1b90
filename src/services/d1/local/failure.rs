//! Error messages of refused SQL in D1's form: SQLite's message, its position where known, and the name of its
//! code.
//!
//! **Invariant:** whatever is said here, nothing of the call was applied.

use super::versions::KeepError;
use crate::local::ErrorReply;
use rusqlite::ErrorCode::{CannotOpen, DiskFull, SystemIoFailure};
use rusqlite::{Error, ffi};

/// What D1 answers to `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT` and `RELEASE` (D1-11).
const TRANSACTION_CONTROL: &str = "To execute a transaction, please use the state.storage.transaction() or \
    state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript \
    API is safer because it will automatically roll back on exceptions, and because it interacts correctly with \
    Durable Objects' automatic atomic write coalescing.";

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum SqlError {
    /// SQLite said no.
    #[error("{message}{}: {code}", .offset.map(|at| format!(" at offset {at}")).unwrap_or_default())]
    Sqlite {
        /// SQLite's words.
        message: String,
        /// Bytes from where SQLite began to read the statement.
        offset: Option<i32>,
        /// `SQLITE_ERROR`, `SQLITE_CONSTRAINT`, ...
        code: &'static str,
    },
    /// The call tried to steer the transaction it runs in.
    #[error("{TRANSACTION_CONTROL}")]
    TransactionControl,
    /// The SQL holds comments and white space at most.
    #[error("No SQL statements detected.")]
    NoStatement,
    /// A statement with parameters is followed by another.
    #[error(
        "When executing multiple SQL statements in a single call, only the last statement can have parameters."
    )]
    ParametersBeforeLast,
    /// More or fewer values than parameters.
    #[error("Wrong number of parameter bindings for SQL query.")]
    ParameterCount,
    /// The call ran longer than it may.
    #[error("D1 DB storage operation exceeded timeout which caused object to be reset.")]
    TimedOut,
}

impl SqlError {
    /// SQLite's error as D1 words it.
    pub(super) fn of(error: Error) -> Self {
        match error {
            Error::SqlInputError { error, msg, offset, .. } => {
                SqlError::Sqlite { message: msg, offset: Some(offset), code: code_name(error) }
            }
            Error::SqliteFailure(error, message) => {
                let message = message.unwrap_or_else(|| error.to_string());
                match (error.code, message.as_str()) {
                    (ffi::ErrorCode::OperationInterrupted, _) => SqlError::TimedOut,
                    // On D1 the authorizer sees VACUUM's inner ATTACH; here SQLite stops before it comes to that.
                    (_, "cannot VACUUM from within a transaction") => SqlError::Sqlite {
                        message: "not authorized".into(),
                        offset: None,
                        code: "SQLITE_AUTH",
                    },
                    (DiskFull | SystemIoFailure | CannotOpen, _) => {
                        SqlError::of_disk(&message, code_name(error))
                    }
                    _ => SqlError::Sqlite { message, offset: None, code: code_name(error) },
                }
            }
            other => SqlError::error(other.to_string()),
        }
    }

    /// The same, of an error that came up while a statement was read: there `SQLITE_TOOBIG` means the statement.
    pub(super) fn of_prepare(error: Error) -> Self {
        match SqlError::of(error) {
            SqlError::Sqlite { code: code @ "SQLITE_TOOBIG", .. } => {
                SqlError::Sqlite { message: "statement too long".into(), offset: None, code }
            }
            other => other,
        }
    }

    /// What can't be written down. D1 has no such error: its disk is not this machine's.
    fn of_disk(why: &str, code: &'static str) -> Self {
        let message = format!("the local account can't write to its disk: {why}");
        SqlError::Sqlite { message, offset: None, code }
    }

    /// A plain `SQLITE_ERROR`.
    pub(super) fn error(message: impl Into<String>) -> Self {
        SqlError::Sqlite { message: message.into(), offset: None, code: "SQLITE_ERROR" }
    }

    /// What SQLite says about a piece of a statement.
    pub(super) fn incomplete() -> Self {
        SqlError::error("incomplete input")
    }

    pub(super) fn is_authorization(&self) -> bool {
        matches!(self, SqlError::Sqlite { code: "SQLITE_AUTH", .. })
    }
}

impl From<KeepError> for SqlError {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Sqlite(error) => SqlError::of(error),
            KeepError::File(error) => SqlError::of_disk(&error.to_string(), "SQLITE_IOERR"),
        }
    }
}

impl From<SqlError> for ErrorReply {
    fn from(error: SqlError) -> Self {
        let status = if error == SqlError::TimedOut { 500 } else { 400 };
        ErrorReply::new(status, 7500, error.to_string())
    }
}

fn code_name(error: ffi::Error) -> &'static str {
    match error.extended_code & 0xff {
        ffi::SQLITE_AUTH => "SQLITE_AUTH",
        ffi::SQLITE_BUSY => "SQLITE_BUSY",
        ffi::SQLITE_CANTOPEN => "SQLITE_CANTOPEN",
        ffi::SQLITE_CONSTRAINT => "SQLITE_CONSTRAINT",
        ffi::SQLITE_CORRUPT => "SQLITE_CORRUPT",
        ffi::SQLITE_FULL => "SQLITE_FULL",
        ffi::SQLITE_IOERR => "SQLITE_IOERR",
        ffi::SQLITE_LOCKED => "SQLITE_LOCKED",
        ffi::SQLITE_MISMATCH => "SQLITE_MISMATCH",
        ffi::SQLITE_NOMEM => "SQLITE_NOMEM",
        ffi::SQLITE_RANGE => "SQLITE_RANGE",
        ffi::SQLITE_SCHEMA => "SQLITE_SCHEMA",
        ffi::SQLITE_TOOBIG => "SQLITE_TOOBIG",
        _ => "SQLITE_ERROR",
    }
}
