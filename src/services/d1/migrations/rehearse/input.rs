//! The input of a rehearsal.

use super::super::database_flags::DatabaseFlags;
use super::super::files::tables::Tables;
use super::super::ledger::guard::GuardedCall;
use super::super::ledger::object::Object;
use super::super::ledger::rows::Ledger;
use super::super::lint::catalog::Catalog;
use super::super::lint::file::File;
use super::super::sql::row_independent::is_rowless;

/// Files, and the database on which they are rehearsed.
#[derive(Clone, Debug)]
pub struct RehearsalInput {
    pub objects: Vec<Object>,
    /// What is sent; nothing where the files can't be sent as they are.
    pub calls: Vec<GuardedCall>,
    /// The same, as another run would send them.
    pub others: Vec<String>,
    pub seen: Ledger,
    pub files: Vec<File>,
    /// The tables before the first of them.
    pub catalog: Catalog,
    pub tables: Tables,
    /// How a command line means the database.
    pub reach: DatabaseFlags,
}

impl RehearsalInput {
    /// Whether it makes no difference which tables have rows.
    pub fn is_rowless(&self) -> bool {
        self.files.iter().flat_map(|file| file.script.statements()).all(|one| is_rowless(&one.text))
    }
}
