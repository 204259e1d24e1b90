//! Pending files, run on a copy of the database in memory before they are sent.

pub mod added_column;
pub mod carried;
pub mod chance;
pub mod copied;
pub mod kept;
pub mod made_up;
pub mod stage;
pub mod staged;
pub mod rows;
pub mod running;
pub mod trial;
pub mod twin;
pub mod values;
