//! Values for people.

use super::cell::{bare, clean, quoted};
use super::rows::{self, properties};
use super::{Texts, View};
use crate::op::Value;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// A value for people.
pub(super) fn of(value: &Value, view: &View) -> String {
    let redactor = &view.redactor;
    match value {
        Value::List(items) if items.is_empty() => "(an empty list)\n".to_owned(),
        Value::List(items) => match rows::of(items) {
            Some(rows) => table(&rows, view),
            None => items.iter().map(|item| bare(item, redactor) + "\n").collect(),
        },
        Value::Map(_) | Value::Handle(_) if properties(value).is_some() => record(value, view),
        Value::Str(text) if view.texts == Texts::Bare => clean(text, redactor) + "\n",
        other => quoted(other, redactor) + "\n",
    }
}

fn record(value: &Value, view: &View) -> String {
    let mut entries: Vec<_> = properties(value).into_iter().flatten().collect();
    entries.sort_by_key(|(name, _)| rows::rank(name));
    let width = entries.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    entries.iter().fold(String::new(), |mut text, (name, item)| {
        let _ = writeln!(text, "{name:<width$}  {}", bare(item, &view.redactor));
        text
    })
}

fn table(rows: &[rows::Row], view: &View) -> String {
    let names = rows::names(rows);
    let mut lines: Vec<Vec<String>> = vec![names.iter().map(|name| (*name).to_owned()).collect()];
    for row in rows {
        let cell = |name: &&str| row.get(*name).map_or_else(String::new, |item| bare(item, &view.redactor));
        lines.push(names.iter().map(cell).collect());
    }
    let widths: Vec<usize> = (0..names.len())
        .map(|column| lines.iter().map(|line| line[column].width()).max().unwrap_or_default())
        .collect();
    lines.iter().fold(String::new(), |mut text, line| {
        let mut whole = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(whole, "{cell}{:1$}", "", width - cell.width() + 2);
        }
        let _ = writeln!(text, "{}", whole.trim_end());
        text
    })
}
