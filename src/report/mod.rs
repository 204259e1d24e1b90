//! What a run did, as people and programs read it: text, JSON, NDJSON, exit code.

mod escape;
mod json;

pub use escape::escape;
pub use json::{to_line, to_pretty};
