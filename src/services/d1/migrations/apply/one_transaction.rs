//! Applies files in one transaction.

use super::super::error::MigrationError;
use super::super::files::folder::{Atomic, Migrations};
use super::super::ledger::guard::{GuardedCall, Stamp};
use super::super::ledger::rows::Ledger;
use super::database::Database;
use crate::op::{Context, Failure};

/// What one call holds without trouble.
const ALL_BYTES_MAX: usize = 1_000_000;

/// Refuses what can't be one call, before anything is sent.
pub fn one_call(
    context: &Context,
    database: Database<'_>,
    migrations: &Migrations,
    ledger: &Ledger,
) -> Result<(), Failure> {
    let pending = migrations.pending(database.name, ledger)?;
    if migrations.atomic == Atomic::File || pending.len() < 2 {
        return Ok(());
    }
    let stamp = Stamp { run: &context.run.id, version: context.run.version };
    let bytes = GuardedCall::of(&migrations.tables, ledger, &pending, &[], &stamp).text().len();
    if bytes <= ALL_BYTES_MAX {
        return Ok(());
    }
    let (database, files) = (database.name.to_owned(), pending.len());
    Err(MigrationError::TooLarge { database, files, bytes, bytes_max: ALL_BYTES_MAX }.into())
}
