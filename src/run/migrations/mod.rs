//! The `migrations` commands: read and correct ledgers, and create the next file.
//!
//! **Invariant:** a ledger is written by [`Ledgers::correct`] alone.

mod baseline;
mod declared;
mod ledgers;
mod next;
mod numbers;
mod ledger_status;

pub use baseline::{Baseline, Choice};
pub use declared::{Declared, chosen, only};
pub use ledger_status::LedgerStatus;
pub use ledgers::{Database, Ledgers};
pub use next::next;
pub use numbers::warnings;

use super::Error;
use crate::services::d1::migrations::MigrationError;
use anyhow::anyhow;

/// What is wrong with the files themselves.
fn of_files(error: MigrationError) -> Error {
    anyhow!("{error}\nhint: {}", error.hint()).into()
}
