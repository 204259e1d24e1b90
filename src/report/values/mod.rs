//! Values as people and programs read them: tables that fit a terminal, JSON, NDJSON and CSV.
//!
//! Reading order: `cell` (a value on one line), `rows` (what a table is made of), `columns` (which of them are shown, and how
//! wide), `table`, `record` (one thing as properties and values), `list` (what is no table), `data` (JSON), `delimited` (CSV).
//!
//! **Invariant:** a secret is masked before its text is escaped or cut, in every format.
//! **Invariant:** in a table no character is printed that moves a cursor, and no line is wider than the terminal unless
//! everything is asked for.

mod cell;
mod data;
mod delimited;
mod rows;
mod table;

use super::console::Console;
use crate::op::Value;
use crate::secret::Redactor;
use std::sync::Arc;

/// How a value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
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

/// How values are shown.
#[derive(Clone)]
pub struct View {
    /// The format.
    pub format: Format,
    /// Columns of the terminal; where there is none, nothing is cut.
    pub width: Option<usize>,
    /// Whether everything is wanted: every column, and nothing cut.
    pub all: bool,
    /// How a text that stands alone is written.
    pub texts: Texts,
    /// What to write to see everything, for example `--all`.
    pub whole: &'static str,
    /// Knows every secret.
    pub redactor: Arc<Redactor>,
}

impl View {
    /// For what a command prints.
    pub fn of(console: &Console, format: Format) -> Self {
        View {
            format,
            width: console.stdout_columns(),
            all: false,
            texts: Texts::Bare,
            whole: "--all",
            redactor: console.redactor().clone(),
        }
    }
}

/// A value as it is printed, with a newline at its end.
pub fn render(value: &Value, view: &View) -> String {
    match view.format {
        Format::Table => table::of(value, view),
        Format::Json => data::document(value, &view.redactor),
        Format::Ndjson => data::lines(value, &view.redactor),
        Format::Csv => delimited::of(value, &view.redactor),
    }
}

/// A row for [`render`]: its properties by their names.
pub fn row<const N: usize>(properties: [(&str, Value); N]) -> Value {
    Value::Map(properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
