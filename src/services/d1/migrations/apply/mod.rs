//! Applies pending migrations, and writes corrections of the ledger.

pub mod runner;
pub mod prefetch;
pub mod correct;
pub mod migrate;
pub mod plan;
pub mod review;
pub mod send;
pub mod units;
pub mod undo;
pub mod database;
mod drift_note;
pub mod one_transaction;
pub mod rehearsal;
pub mod result;
