//! The name of a database in messages, and the flags with which a command addresses exactly this database.
//!
//! **Invariant:** every command that a message of this room offers is made here, with the flags of the run.

use crate::op::RunEnvironment;
use crate::system::word;
use std::fmt;

/// What a command line needs to mean one database of one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseFlags {
    /// Its logical name, where the project has several.
    database: Option<String>,
    flags: String,
    confirm: String,
}

impl DatabaseFlags {
    /// From what a run is told of its surroundings, of the database with that logical name, or that name or id in the account.
    pub fn of(run_environment: Option<&RunEnvironment>, logical: Option<&str>, name: &str) -> Self {
        let Some(run_environment) = run_environment else { return DatabaseFlags::default() };
        let ledgers = &run_environment.ledgers;
        let known = ledgers.iter().find(|ledger| ledger.is_of(logical, name));
        DatabaseFlags {
            database: known.filter(|_| ledgers.len() > 1).map(|ledger| ledger.logical.clone()),
            flags: run_environment.flags(),
            confirm: run_environment.confirmation(),
        }
    }

    /// `larder migrations status jobs -e staging`, of a command that only reads; `verb` is `migrations status`.
    pub fn reading(&self, verb: &str) -> String {
        let database = self.database.as_ref().map(|name| format!(" {}", word(name))).unwrap_or_default();
        format!("larder {verb}{database}{}", self.flags)
    }

    /// The same of one that writes, which a protected environment wants confirmed.
    pub fn writing(&self, verb: &str) -> String {
        format!("{}{}", self.reading(verb), self.confirm)
    }

    /// The same of a run, which is not of one database.
    pub fn run(&self) -> String {
        format!("larder run{}", self.flags)
    }
}

/// A database's name, which is all that is shown of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseName {
    name: String,
    /// How a command reaches it.
    pub reach: Box<DatabaseFlags>,
}

impl DatabaseName {
    /// A database and how a command reaches it.
    pub fn new(name: &str, reach: &DatabaseFlags) -> Self {
        DatabaseName { name: name.to_owned(), reach: Box::new(reach.clone()) }
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
