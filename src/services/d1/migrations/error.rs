//! Errors of migrations as data, and as failures of an op.

use super::database_flags::{DatabaseFlags, DatabaseName};
use crate::op::Failure;
use crate::system::{RootError, word};
use thiserror::Error;

/// What to do about a table that is no ledger: under another name nothing is recorded yet, and would be applied again.
pub fn ledger_hint(reach: &DatabaseFlags) -> String {
    format!(
        "give the ledger another name (`migrations_table` where the database is bound and in the project file, `table` in a \
         recipe), and before the next run record there with `{}` what is applied already",
        reach.writing("migrations baseline")
    )
}

/// Why migrations are not applied.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The folder can't be read.
    #[error("the migrations' folder can't be used: {0}")]
    Folder(#[from] RootError),
    /// There is none of that name, and one that may be meant.
    #[error("the migrations' folder can't be used: {error}")]
    OtherName {
        /// Why it can't be read.
        error: RootError,
        /// The one that is there.
        near: String,
    },
    /// It is a file.
    #[error("the migrations' folder can't be used: `{path}` is a file")]
    NoFolder { path: String },
    /// Something in it can't be read.
    #[error("can't read `{path}`: {source}")]
    Unreadable {
        /// From the project's folder.
        path: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// SQLite would stop reading there.
    #[error("`{file}` holds a NUL byte in line {line}")]
    Nul {
        file: String,
        /// From 1.
        line: usize,
    },
    /// The pattern holds something that is not supported.
    #[error("the pattern `{pattern}` can't be used: {why}")]
    Pattern {
        pattern: String,
        /// What is not supported.
        why: &'static str,
    },
    /// Every migration of a folder would be left out.
    #[error("no file in `{folder}` matches `{pattern}`, though it holds `{first}`{}", more(*others))]
    NoMatch {
        /// From the project's folder.
        folder: String,
        /// What none of them matches.
        pattern: String,
        first: String,
        /// How many more there are.
        others: usize,
        /// The pattern that would find them.
        would: Option<String>,
    },
    /// The ledger can't have that name.
    #[error("`{table}` can't be the name of the migrations' table: {why}")]
    Table {
        table: String,
        /// What stands in the way.
        why: &'static str,
    },
    /// The file to stop at is not there.
    #[error("there is no migration `{to}` in `{folder}`")]
    NoSuchFile {
        to: String,
        /// Where it was looked for.
        folder: String,
    },
    /// Applied, but not in the folder.
    #[error("applied to `{database}` but missing in `{folder}`: {}", list(files))]
    Missing {
        database: DatabaseName,
        /// Where they were looked for.
        folder: String,
        files: Vec<String>,
        /// Those whose text is not known, where the folder has files that are not applied: one may be the other.
        untold: Vec<String>,
    },
    /// The table of that name is not a ledger that both tools could use.
    #[error("the table `{table}` of `{database}` is not the migrations' table: {why}")]
    ForeignTable { database: DatabaseName, table: String, why: String },
    /// A row of the ledger's is refused by its own table.
    #[error("the row of `{file}` can't be written to the ledger of `{database}`: {said}")]
    Row {
        database: DatabaseName,
        file: String,
        /// The message of the server.
        said: String,
    },
    /// Tables were empty when the files were reviewed, and are not any more.
    #[error(
        "`{file}` is not applied to `{database}`: it was let through because {} had no rows, and now there are some",
        list(tables)
    )]
    Filled {
        database: String,
        file: String,
        /// Which have rows now.
        tables: Vec<String>,
    },
    /// Applied with another text.
    #[error("applied to `{database}` with another text than `{folder}` has now: {}", list(files))]
    Edited { database: DatabaseName, folder: String, files: Vec<String> },
    /// Applied under another name.
    #[error("applied to `{database}` under another name than in `{folder}`: {}", pairs(files))]
    Renamed {
        database: DatabaseName,
        folder: String,
        /// Each name in the ledger, and the one in the folder.
        files: Vec<(String, String)>,
    },
    /// Database and folder have each gone on in their own way.
    #[error("the histories of `{database}` and `{folder}` {}: the database has {}, the folder {}", parting(after.as_deref()), list(there), list(here))]
    Diverged {
        database: String,
        /// Where the files are.
        folder: String,
        /// The last file that both have.
        after: Option<String>,
        /// What only the database has.
        there: Box<[String]>,
        /// What only the folder has.
        here: Box<[String]>,
        /// Those that only the database has and whose text is not known: what the folder has may be one of them.
        untold: Box<[String]>,
    },
    /// Not applied, though a later one is.
    #[error("`{file}` is not applied to `{database}`, but `{last}`, which sorts after it, is")]
    OutOfOrder {
        database: DatabaseName,
        /// The file that would be applied.
        file: String,
        /// The last one that is applied.
        last: String,
    },
    /// In Larder's table, but not in wrangler's.
    #[error("recorded in `{larder}` of `{database}` but not in `{wrangler}`: {}", list(files))]
    Unrecorded { database: DatabaseName, larder: String, wrangler: String, files: Vec<String> },
    /// Another run has applied another text under the same name.
    #[error("another run (`{run}`) has applied another text as `{file}` to `{database}`")]
    Rival { database: String, file: String, run: String },
    /// More than one transaction may hold.
    #[error(
        "the {files} pending files of `{database}` have {bytes} bytes as one transaction, which may have {bytes_max}"
    )]
    TooLarge {
        database: String,
        files: usize,
        /// As they would be sent.
        bytes: usize,
        /// What one call may have.
        bytes_max: usize,
    },
    /// The ledger is not as it was read, and `file` is not in it.
    #[error("the ledger of `{database}` was changed by somebody else before `{file}` could be applied")]
    Moved {
        database: String,
        /// The file that was about to be applied.
        file: String,
    },
    /// The ledger is not as it was read, so it is not corrected.
    #[error("the ledger of `{database}` was changed by somebody else before it could be corrected")]
    Overtaken { database: DatabaseName },
    /// A repair for a reason that the history does not show.
    #[error("`{file}` is not {reason} in `{database}`: {}", is(*state))]
    NotSo {
        database: DatabaseName,
        /// The file that was named.
        file: String,
        /// The reason that was given.
        reason: &'static str,
        state: Option<&'static str>,
    },
    /// A new migration can't be called that.
    #[error("`{title}` can't be a part of a file's name")]
    Title { title: String },
    /// The pattern matches no name that a new migration would get.
    #[error("no file that Larder could name matches `{pattern}`")]
    Layout { pattern: String },
    /// A run before this one found that the database had kept a part of them.
    #[error("applied to `{database}` only in part: {}", list(files))]
    Partial { database: DatabaseName, files: Vec<String> },
    /// One statement failed, and the server has kept those before it.
    #[error("a statement of `{file}` failed, and `{database}` has kept those before it: {said}")]
    NotAtomic {
        database: String,
        file: String,
        /// The message of the server.
        said: String,
    },
    /// The server has said yes, and its ledger does not have them.
    #[error("the ledger of `{database}` does not have what the server has confirmed: {}", list(files))]
    NotRecorded { database: String, files: Vec<String> },
}

impl MigrationError {
    pub fn hint(&self) -> String {
        match self {
            MigrationError::Edited { database, files, .. } => format!(
                "bring the applied text back and put the change into a new file; if the change has no effect, `{}` takes the present text for the applied one",
                repair(database, "edited", &files[0])
            ),
            MigrationError::Renamed { database, files, .. } => format!(
                "give it its old name again, or `{}` records the new one",
                repair(database, "renamed", &files[0].0)
            ),
            MigrationError::Missing { database, files, untold, .. } => format!(
                "{}bring the file back from version control: removing it does not take it back; if it was removed on purpose, `{}` forgets it",
                old_name(untold),
                repair(database, "removed", &files[0])
            ),
            MigrationError::Diverged { here, untold, .. } => format!(
                "{}bring in the branch whose files the database has, and give {} a number after them",
                old_name(untold),
                list(here)
            ),
            MigrationError::Partial { database, files } => format!(
                "bring the database back to before that run by Time Travel, or complete the file by hand and record it by `{}`",
                repair(database, "edited", &files[0])
            ),
            MigrationError::Unrecorded { database, files, .. } => format!(
                "find out who removed the row; if the file is applied, `{}` puts it back",
                repair(database, "unrecorded", &files[0])
            ),
            MigrationError::NoMatch { would: Some(pattern), .. } => {
                format!(
                    "`#{{ pattern: {} }}` after the folder finds what is there",
                    serde_json::json!(pattern)
                )
            }
            MigrationError::ForeignTable { database, .. } | MigrationError::Row { database, .. } => {
                ledger_hint(&database.reach)
            }
            MigrationError::OutOfOrder { database, .. } => format!(
                "give it a number after the last one that is applied, or apply it late with `{} --allow-out-of-order`",
                database.reach.run()
            ),
            MigrationError::Overtaken { database } => format!(
                "look with `{}` at what it is now, and give the command again if it still fits",
                database.reach.reading("migrations status")
            ),
            MigrationError::NotSo { database, .. } => {
                format!("`{}` shows how each file stands", database.reach.reading("migrations status"))
            }
            MigrationError::OtherName { near, .. } => format!("did you mean `{near}`?"),
            MigrationError::NoFolder { path } => {
                let parts = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty());
                let (folder, file) = parts.unwrap_or((".", path));
                format!(
                    "give the folder that it is in, `{folder}`; `#{{ to: \"{file}\" }}` makes it the last one that is applied"
                )
            }
            other => other.plain_hint().to_owned(),
        }
    }

    fn plain_hint(&self) -> &'static str {
        match self {
            MigrationError::Folder(_) => "the path is read from the project's folder and must stay inside it",
            MigrationError::Unreadable { .. } => "a migration is a UTF-8 text file of at most 5 MiB",
            MigrationError::Nul { .. } => "save the file as UTF-8 text",
            MigrationError::Pattern { .. } => {
                "use `*`, `?`, `[0-9]`, `**` and `{a,b}`, as in `*/migration.sql`"
            }
            MigrationError::Table { .. } => {
                "leave it out for `d1_migrations`, or give another name; a ledger of wrangler's that has this one is renamed first \
                 (`ALTER TABLE ... RENAME TO ...`), or everything is applied again"
            }
            MigrationError::Filled { .. } => {
                "nothing of it was applied: run again, which looks at it with these rows"
            }
            MigrationError::NoSuchFile { .. } => {
                "give the name from the migrations' folder, as in `0001_init.sql`"
            }
            MigrationError::Rival { .. } => {
                "bring both branches together and give one of the files a new number"
            }
            MigrationError::NoMatch { .. } => "give the pattern that matches the migrations and nothing else",
            MigrationError::Edited { .. }
            | MigrationError::Renamed { .. }
            | MigrationError::Missing { .. }
            | MigrationError::Partial { .. }
            | MigrationError::Diverged { .. }
            | MigrationError::Unrecorded { .. }
            | MigrationError::ForeignTable { .. }
            | MigrationError::Row { .. }
            | MigrationError::OutOfOrder { .. }
            | MigrationError::Overtaken { .. }
            | MigrationError::NotSo { .. }
            | MigrationError::OtherName { .. }
            | MigrationError::NoFolder { .. } => "",
            MigrationError::TooLarge { .. } => {
                "apply a part with `to`, or leave `atomic = \"all\"` out: each file is a transaction of its own then"
            }
            MigrationError::Title { .. } => "give a few words without quotes and slashes",
            MigrationError::Layout { .. } => "make the file by hand, with the next number",
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

fn repair(database: &DatabaseName, reason: &str, file: &str) -> String {
    format!("{} --{reason} {}", database.reach.writing("migrations repair"), word(file))
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What another tool has applied and somebody has renamed can't be known by its text; under its new name it would run again.
fn old_name(untold: &[String]) -> String {
    if untold.is_empty() {
        return String::new();
    }
    format!(
        "a file that was only renamed gets its old name again, or it is run twice: the text of {} is not known, since another \
         tool has applied it; else ",
        list(untold)
    )
}

fn pairs(names: &[(String, String)]) -> String {
    names.iter().map(|(old, new)| format!("`{old}`, now `{new}`")).collect::<Vec<_>>().join("; ")
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" and {others} more") }
}

fn parting(after: Option<&str>) -> String {
    after.map_or_else(|| "have nothing in common".to_owned(), |after| format!("part after `{after}`"))
}

fn is(state: Option<&str>) -> String {
    state.map_or_else(|| "neither ledger nor folder has it".to_owned(), |state| format!("it is {state}"))
}
