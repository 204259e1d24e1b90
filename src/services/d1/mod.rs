//! D1: SQLite databases in the account.

pub mod local;
