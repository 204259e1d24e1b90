//! The database to migrate.

use super::super::ledger::reader::Expected;

/// The database that is migrated.
#[derive(Clone, Copy, Debug)]
pub struct Database<'a> {
    pub id: &'a str,
    pub name: &'a str,
    /// What its ledger is expected to be.
    pub expect: Expected,
}
