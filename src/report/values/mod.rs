//! Formats values: tables that fit a terminal, JSON, NDJSON and CSV.
//!
//! Reading order: `cell` (a value on one line), `rows` (what a table is made of), `columns` (which of them are shown, and how
//! wide), `table`, `record` (one thing as properties and values), `list` (what is no table), `under` (what is said under them), `data` (JSON), `delimited` (CSV).
//!
//! **Invariant:** a secret is masked before its text is escaped or cut, in every format.
//! **Invariant:** in a table no character is printed that moves a cursor, and no line is wider than the terminal unless
//! everything is asked for.

mod cell;
mod columns;
mod data;
mod delimited;
mod list;
mod record;
mod rows;
mod table;
mod footnote;

use super::console::Console;
use crate::op::Value;
use crate::secret::Redactor;
use std::sync::Arc;

/// How a value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// One line of JSON for each item of a list; one line for anything else.
    Ndjson,
    /// A header, then a line for each map of a list; what is no list of maps has the one column `value`.
    Csv,
}

/// How a text that stands alone is written for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Texts {
    /// As itself, for a shell.
    #[default]
    Bare,
    /// In quotes, as a script has it.
    Quoted,
}

/// What identifies a thing comes first, unless something else is asked for.
pub const FIRST: &[&str] = &["name", "id"];

/// How values are shown.
#[derive(Clone)]
pub struct View {
    pub format: Format,
    /// Columns of the terminal; where there is none, nothing is cut.
    pub width: Option<usize>,
    /// Whether everything is wanted: every column, and nothing cut.
    pub all: bool,
    /// How a text that stands alone is written.
    pub texts: Texts,
    /// Whether a text that stands alone, and one in CSV, is written with every character that it has: for a program, since
    /// neither a terminal nor a log that others read is made to do anything by it.
    pub raw: bool,
    /// The properties that come first in a table, in this order.
    pub first: &'static [&'static str],
    /// What to write to see everything: `:all`, `--all`.
    pub whole: &'static str,
    pub redactor: Arc<Redactor>,
}

impl View {
    /// For what a command prints that has no flag to print everything.
    pub fn of(console: &Console, format: Format) -> Self {
        View {
            format,
            width: console.stdout_columns(),
            all: false,
            texts: Texts::Bare,
            raw: false,
            first: FIRST,
            whole: "--format json",
            redactor: console.redactor().clone(),
        }
    }
}

/// A value as it is printed, with a newline at its end.
pub fn render(value: &Value, view: &View) -> String {
    match view.format {
        Format::Table => for_people(value, view),
        Format::Json => data::document(value, &view.redactor),
        Format::Ndjson => data::lines(value, &view.redactor),
        Format::Csv => delimited::of(value, view),
    }
}

/// A value on one line, cut to so many columns if there is a terminal.
pub fn summary(value: &Value, columns: Option<usize>, redactor: &Redactor) -> String {
    let line = match (value, rows::properties(value)) {
        (Value::List(items), _) if rows::of(items).is_some() => format!("a list of {}", items.len()),
        _ => cell::quoted(value, redactor),
    };
    columns.map_or_else(|| line.clone(), |columns| cell::cut(&line, columns))
}

fn for_people(value: &Value, view: &View) -> String {
    match value {
        Value::List(items) if items.is_empty() => empty("[]", "an empty list", view),
        Value::Map(map) if map.is_empty() => empty("#{}", "an empty map", view),
        Value::List(items) => match rows::of(items) {
            Some(rows) => table::of(items, &rows, view),
            None => list::of(items, value, view),
        },
        Value::Str(text) if view.raw && view.texts == Texts::Bare => {
            let text = view.redactor.redact(text);
            if text.ends_with('\n') { text.into_owned() } else { text.into_owned() + "\n" }
        }
        Value::Str(text) if view.texts == Texts::Bare || view.all => {
            cell::ended(cell::lines(text, &view.redactor))
        }
        // What was written is told as such.
        marker if marker.is_marker() => String::new(),
        other if rows::properties(other).is_some() => record::of(other, view),
        other => cell::quoted(other, &view.redactor) + "\n",
    }
}

/// A person is told that this is all; a shell has it as a script writes it.
fn empty(written: &str, meaning: &str, view: &View) -> String {
    let is_read = view.width.is_some() || view.texts == Texts::Quoted;
    if is_read { format!("{written} ({meaning})\n") } else { format!("{written}\n") }
}

/// A row for [`render`]: its properties by their names.
pub fn row<const N: usize>(properties: [(&str, Value); N]) -> Value {
    Value::Map(properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
