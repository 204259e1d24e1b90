//! Schemas: what a database has, and what the files make.

pub mod already;
pub mod default;
pub mod drift;
pub mod effect;
pub mod live;
pub mod lost;
pub mod normal;
pub mod others;
pub mod replay;
pub mod changes;
pub mod snapshot;
pub mod standing;
pub mod structure;
pub mod written;
