//! What is wrong with migrations, as data, and how an op says so.

use crate::op::Failure;
use crate::system::RootError;
use thiserror::Error;

/// Why migrations are not applied.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The folder can't be read.
    #[error("the migrations' folder can't be used: {0}")]
    Folder(#[from] RootError),
    /// Something in it can't be read.
    #[error("can't read `{path}`: {source}")]
    Unreadable {
        /// From the project's folder.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// SQLite would stop reading there.
    #[error("`{file}` holds a NUL byte in line {line}")]
    Nul {
        /// The migration's name.
        file: String,
        /// From 1.
        line: usize,
    },
    /// The pattern holds something that is not supported.
    #[error("the pattern `{pattern}` can't be used: {why}")]
    Pattern {
        /// As given.
        pattern: String,
        /// What is not supported.
        why: &'static str,
    },
    /// The ledger can't have that name.
    #[error("`{table}` can't be the name of the migrations' table: {why}")]
    Table {
        /// As given.
        table: String,
        /// What stands in the way.
        why: &'static str,
    },
    /// The file to stop at is not there.
    #[error("there is no migration `{to}` in `{folder}`")]
    NoSuchFile {
        /// As given.
        to: String,
        /// Where it was looked for.
        folder: String,
    },
    /// Applied, but not in the folder.
    #[error("applied to `{database}` but missing in `{folder}`: {}", list(files))]
    Missing {
        /// The database's name.
        database: String,
        /// Where they were looked for.
        folder: String,
        /// Their names.
        files: Vec<String>,
    },
    /// Not applied, though a later one is.
    #[error("`{file}` is not applied to `{database}`, but `{last}`, which sorts after it, is")]
    OutOfOrder {
        /// The database's name.
        database: String,
        /// The file that would be applied.
        file: String,
        /// The last one that is applied.
        last: String,
    },
    /// In Larder's table, but not in wrangler's.
    #[error("recorded in `{larder}` of `{database}` but not in `{wrangler}`: {}", list(files))]
    Unrecorded {
        /// The database's name.
        database: String,
        /// Larder's table.
        larder: String,
        /// Wrangler's table.
        wrangler: String,
        /// Their names.
        files: Vec<String>,
    },
    /// Another run has applied another text under the same name.
    #[error("another run (`{run}`) has applied another text as `{file}` to `{database}`")]
    Diverged {
        /// The database's name.
        database: String,
        /// The migration's name.
        file: String,
        /// The other run.
        run: String,
    },
    /// The ledger is not as it was read, and `file` is not in it.
    #[error("the ledger of `{database}` was changed by somebody else before `{file}` could be applied")]
    Moved {
        /// The database's name.
        database: String,
        /// The file that was about to be applied.
        file: String,
    },
    /// The server reported a failure inside a call that it has kept.
    #[error("`{file}` is recorded as applied to `{database}`, but one of its statements failed: {said}")]
    NotAtomic {
        /// The database's name.
        database: String,
        /// The migration's name.
        file: String,
        /// What the server said.
        said: String,
    },
    /// The server has said yes, and its ledger does not have them.
    #[error("the ledger of `{database}` does not have what the server has confirmed: {}", list(files))]
    NotRecorded {
        /// The database's name.
        database: String,
        /// Their names.
        files: Vec<String>,
    },
}

impl MigrationError {
    /// What to do.
    fn hint(&self) -> &'static str {
        match self {
            MigrationError::Folder(_) => "the path is read from the project's folder and must stay inside it",
            MigrationError::Unreadable { .. } => "a migration is a UTF-8 text file of at most 5 MiB",
            MigrationError::Nul { .. } => "save the file as UTF-8 text",
            MigrationError::Pattern { .. } => "use `*`, `?`, `**` and `{a,b}`, as in `*/migration.sql`",
            MigrationError::Table { .. } => {
                "leave it out for `d1_migrations`, or name it as in the wrangler config"
            }
            MigrationError::NoSuchFile { .. } => {
                "give the name from the migrations' folder, as in `0001_init.sql`"
            }
            MigrationError::Missing { .. } => {
                "bring the files back from version control: removing a file does not take it back"
            }
            MigrationError::OutOfOrder { .. } => "give it a number after the last one that is applied",
            MigrationError::Unrecorded { .. } => {
                "find out who removed the rows before anything else is applied"
            }
            MigrationError::Diverged { .. } => {
                "bring both branches together and give one of the files a new number"
            }
            MigrationError::Moved { .. } => "run again: the new state is checked from the beginning",
            MigrationError::NotAtomic { .. } | MigrationError::NotRecorded { .. } => {
                "look at the schema before anything else is applied; Time Travel can bring the database back"
            }
        }
    }
}

impl From<MigrationError> for Failure {
    fn from(error: MigrationError) -> Self {
        Failure::refused_with_hint("migration", error.to_string(), error.hint())
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
