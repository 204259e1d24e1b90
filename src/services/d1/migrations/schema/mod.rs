//! Schemas: those of databases, and those that the files produce.

pub mod already_applied;
pub mod default;
pub mod drift;
pub mod effect;
pub mod live;
pub mod lost_rows;
pub mod normal_form;
pub mod other_ledgers;
pub mod replay;
pub mod changes;
pub mod snapshot;
pub mod schema_match;
pub mod structure;
pub mod table_clauses;
