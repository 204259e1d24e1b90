//! The ledger: what a database says was applied, and how that is held against the files.

pub mod correction;
pub mod guard;
pub mod history;
pub mod rows;
pub mod probe;
pub mod object;
pub mod pending;
pub mod reader;
pub mod shape;
