//! Rehearses pending files on a copy of the database in memory before they are sent.

pub mod added_column;
pub mod rebuilt_columns;
pub mod nondeterminism;
pub mod rehearsal_copy;
pub mod copied_ledgers;
pub mod sample_rows;
pub mod database;
pub mod input;
pub mod rows;
pub mod running;
pub mod trial;
pub mod control_copy;
pub mod values;
