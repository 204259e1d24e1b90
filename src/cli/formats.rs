//! The output formats that each command supports, checked before the command starts.

use super::command_context::CommandContext;
use super::globals::Format;
use crate::op::Value;
use crate::report::ReportFile;
use crate::report::values::{self, View, render};
use anyhow::anyhow;
use clap::ValueEnum as _;

/// For people only.
pub const TEXT: &[Format] = &[Format::Text];

/// One document besides.
pub const DOCUMENT: &[Format] = &[Format::Text, Format::Json];

/// Of what a run does: events as they happen besides.
pub const RUN: &[Format] = &[Format::Text, Format::Json, Format::Ndjson];

/// What a command does with `--report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reports {
    /// Writes the files.
    Written,
    /// Writes those that can tell of tests.
    OfTests,
    /// Takes the flag, which a job gives to all that it runs.
    Ignored,
    /// Has none.
    None,
}

/// Of values.
pub const VALUES: &[Format] = &[Format::Text, Format::Json, Format::Ndjson, Format::Csv];

/// Refuses a format that a command does not have, with those that it has.
pub fn check(asked: Format, command: &str, has: &[Format]) -> anyhow::Result<()> {
    if has.contains(&asked) {
        return Ok(());
    }
    let names: Vec<String> = has.iter().map(|format| name(*format)).collect();
    let names = match names.as_slice() {
        [] => String::new(),
        [only] => format!("{only} only"),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    };
    Err(anyhow!("`{command}` has no such format\nhint: {names}"))
}

/// Refuses report files of a command that writes none.
pub fn check_reports(asked: &[ReportFile], command: &str, reports: Reports) -> anyhow::Result<()> {
    if reports == Reports::OfTests
        && let Some(other) = asked.iter().find(|file| !file.is_of_tests())
    {
        let name = other.path.display();
        return Err(anyhow!(
            "`{command}` can't write the report `{name}`\nhint: it writes `.json` and `.xml`"
        ));
    }
    if asked.is_empty() || reports != Reports::None {
        return Ok(());
    }
    Err(anyhow!("`{command}` writes no report\nhint: leave `--report` out"))
}

/// Prints what a command has found, in the format that is asked for.
/// The properties named by `first` come first.
pub fn print(shell: &CommandContext, rows: Vec<Value>, first: &'static [&'static str]) {
    let view = View { first, ..View::of(&shell.console, of_values(shell.globals.format)) };
    shell.console.data(&render(&Value::List(rows), &view));
}

/// How a value is written in a format; a command that has no values has none of these.
pub fn of_values(format: Format) -> values::Format {
    match format {
        Format::Json => values::Format::Json,
        Format::Ndjson => values::Format::Ndjson,
        Format::Csv => values::Format::Csv,
        Format::Text | Format::Toml | Format::Dotenv | Format::Sarif => values::Format::Table,
    }
}

fn name(format: Format) -> String {
    format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
