//! Sends what is pending, and writes corrections of the ledger.

pub mod runner;
pub mod ahead;
pub mod correct;
pub mod migrate;
pub mod plan;
pub mod review;
pub mod send;
pub mod units;
pub mod way_back;
pub mod database;
mod drifted;
pub mod one_call;
pub mod rehearsal;
pub mod result;
