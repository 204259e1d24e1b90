//! Renders a run for people and programs: text, JSON, NDJSON, exit code.
//!
//! Reading order: `exit` (the codes), `document` (the JSON report), `plan` (the plan file), `comparison` (two plans),
//! `tracker` and `builder` (events to document), `entry` (what is one line), `alike` (failures of one cause), `lines`, `op_line` and `failures` (document to text), `text` and `live`
//! (the two sinks of a terminal), `github` (what a job of GitHub Actions is told), `console` (the way out), `panic` (what is
//! said of a bug), `timing` (where the time went), `values` (values as `eval` and the session print them),
//! `markdown` (pages of the manual).
//!
//! **Invariant:** every renderer draws from the events alone, so that text and JSON can't tell two stories.
//! **Invariant:** only [`Console`] prints.

mod failure_groups;
mod builder;
mod comparison;
mod console;
mod document;
mod entry;
mod exit;
mod failures;
mod file;
mod github;
mod html;
mod text_style;
mod json;
mod junit;
mod lines;
mod live;
pub mod markdown;
mod ndjson;
mod op_line;
mod panic;
mod plan;
mod raw_writes;
mod running;
#[cfg(test)]
pub(crate) mod sample;
mod suites;
mod text;
mod timing;
mod tracker;
pub mod values;
mod status_words;

pub use builder::Builder;
pub use comparison::{
    Compared, Comparison, DIFF_SCHEMA, FieldDifference, MigrationDifference, MigrationState, Side, Source,
};
pub use console::{Color, Console, Terminal};
pub use document::{Heading, Mode, Op, Report, Requests, RunEnding, SCHEMA, Step, Summary, Warning};
pub use exit::{Exit, Signal};
pub use file::ReportFile;
pub use github::{Comment, GitHub, ReportContext};
pub use json::{to_line, to_pretty};
pub use live::LiveView;
pub use ndjson::Ndjson;
pub use panic::tell_panics;
pub use plan::{
    Input, PLAN_SCHEMA, Plan, PlanBasis, PlanError, PlannedStep, WINDOW_REQUESTS, WINDOW_S, sha256,
};
pub use suites::{Suite, SuiteCase, SuiteFailure};
pub use text::{TextReport, Verbosity};
