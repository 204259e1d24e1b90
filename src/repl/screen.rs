//! Shows values in a session and keeps the last one.

use crate::op::Value;
use crate::report::values::{FIRST, Format, Texts, View, render, summary};
use crate::secret::Redactor;
use std::sync::Arc;

/// How values are shown, and what was last.
pub struct Screen {
    view: View,
    last: Option<Value>,
}

impl Screen {
    /// Tables, as wide as they are.
    pub fn new(redactor: Arc<Redactor>) -> Self {
        let view = View {
            format: Format::Table,
            width: None,
            all: false,
            texts: Texts::Quoted,
            raw: false,
            first: FIRST,
            whole: ":all",
            redactor,
        };
        Screen { view, last: None }
    }

    /// How values are printed from now on.
    pub fn set_format(&mut self, format: Format) {
        self.view.format = format;
    }

    /// How values are printed.
    pub fn format(&self) -> Format {
        self.view.format
    }

    /// The columns of the terminal, if there is one.
    pub fn set_width(&mut self, columns: Option<usize>) {
        self.view.width = columns;
    }

    /// The columns of the terminal, if there is one.
    pub fn width(&self) -> Option<usize> {
        self.view.width
    }

    /// Whether people read it; what a program reads is the value alone.
    pub fn is_for_people(&self) -> bool {
        self.view.format == Format::Table
    }

    /// A value as it is printed; the last one stays where there is nothing in its place.
    pub fn show(&mut self, value: Value) -> String {
        let text = render(&value, &self.view);
        if !matches!(value, Value::Unit) {
            self.last = Some(value);
        }
        text
    }

    /// The last value with everything that it has; `None` before the first.
    pub fn whole(&self) -> Option<String> {
        let view = View { all: true, ..self.view.clone() };
        self.last.as_ref().map(|value| render(value, &view))
    }

    /// A value on the line of its name.
    pub fn line(&self, name: &str, value: &Value) -> String {
        let columns = self.view.width.map(|width| width.saturating_sub(name.len() + ": ".len()));
        summary(value, columns, &self.view.redactor)
    }
}
