//! The database to migrate.

use super::super::ledger::reader::Expected;

/// The database that is migrated.
#[derive(Clone, Copy, Debug)]
pub struct Database<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What its ledger is expected to be.
    pub expect: Expected,
}
