//! Formats a list that is no table: on one line, in columns like `ls`, or one item per line.

use super::cell::{bare, clean, cut, ended, quoted};
use super::footnote::not_all;
use super::{Texts, View, record};
use crate::op::Value;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// A list as a script has it is not longer than this.
const LINE_COLUMNS: usize = 80;

/// Fewer items stand one a line.
const ITEMS_MIN: usize = 9;

/// Blanks between two columns.
const GAP: usize = 2;

/// The items of a list.
pub(super) fn of(items: &[Value], whole: &Value, view: &View) -> String {
    let redactor = &view.redactor;
    let has_nested =
        items.iter().any(|item| matches!(item, Value::List(_) | Value::Map(_) | Value::Handle(_)));
    if view.texts == Texts::Quoted && !(view.all && has_nested) {
        let line = quoted(whole, redactor);
        if line.width() <= view.width.unwrap_or(LINE_COLUMNS).min(LINE_COLUMNS) {
            return line + "\n";
        }
    }
    if view.all && has_nested {
        return record::of(whole, view);
    }
    let is_texts = items.iter().all(|item| matches!(item, Value::Str(_)));
    let cell = |item: &Value| match item {
        // A line for each: a line break in one of them must not look like the next.
        Value::Str(text) if is_texts && view.raw && !text.contains(['\n', '\r']) => {
            redactor.redact(text).into_owned()
        }
        Value::Str(text) if is_texts && view.texts == Texts::Bare => clean(text, redactor),
        other if view.texts == Texts::Quoted => quoted(other, redactor),
        other => bare(other, redactor),
    };
    let cells: Vec<String> = items.iter().map(cell).collect();
    let Some(width) = view.width.filter(|_| !view.all) else {
        return ended(cells.iter());
    };
    let widest = cells.iter().map(|cell| cell.width()).max().unwrap_or_default();
    if items.len() >= ITEMS_MIN && 2 * widest + GAP <= width {
        return in_columns(&cells, widest, width);
    }
    let mut text = ended(cells.iter().map(|cell| cut(cell, width)));
    if widest > width {
        text += &not_all("", view);
    }
    text
}

/// Read downwards, then to the right.
fn in_columns(cells: &[String], widest: usize, width: usize) -> String {
    let columns = (width + GAP) / (widest + GAP);
    let height = cells.len().div_ceil(columns.max(1));
    let mut text = String::new();
    for row in 0..height {
        let mut line = String::new();
        for cell in cells.iter().skip(row).step_by(height) {
            let blanks = (widest + GAP).saturating_sub(cell.width());
            let _ = write!(line, "{cell}{:blanks$}", "");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
