//! Lints pending files for what the rehearsal cannot detect.

pub mod catalog;
pub mod destructive;
pub mod finding;
pub mod gate;
pub mod limits;
pub mod rules;
pub mod step_back;
pub mod loading;
pub mod file;
pub mod grammar;
