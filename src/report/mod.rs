//! What a run did, as people and programs read it: text, JSON, NDJSON, exit code.
//!
//! **Invariant:** every renderer draws from the events alone, so that text and JSON can't tell two stories.

mod builder;
mod document;
mod escape;
mod exit;
mod json;
#[cfg(test)]
mod sample;
mod tracker;

pub use builder::Builder;
pub use document::{Ending, Heading, Mode, Op, Report, Requests, SCHEMA, Step, Summary, Warning};
pub use escape::escape;
pub use exit::{Exit, Signal};
pub use json::{to_line, to_pretty};
