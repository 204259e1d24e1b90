//! The ledger: reads which migrations were applied and compares it with the files.

pub mod correction;
pub mod guard;
pub mod history;
pub mod rows;
pub mod probe;
pub mod object;
pub mod pending;
pub mod reader;
pub mod shape;
