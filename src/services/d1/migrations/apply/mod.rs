//! Sends what is pending, and writes corrections of the ledger.

pub mod runner;
pub mod correct;
pub mod migrate;
pub mod plan;
pub mod review;
pub mod send;
pub mod units;
pub mod way_back;
pub mod database;
pub mod one_call;
pub mod result;
