//! Formats a list of similar objects as a table that fits the terminal.

use super::View;
use super::cell::cut;
use super::columns::{Column, FOLDED_COLUMNS, GAP, fold, natural, squeeze};
use super::footnote::{below, not_all};
use super::record;
use super::rows::{self, Row};
use crate::op::Value;
use crate::report::text_style::{BOLD, paint};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Where there is no terminal, a wider table says what is the same in all rows once.
const LOG_COLUMNS: usize = 120;

/// How everything is shown takes so many columns at most.
const WAY_COLUMNS: usize = 36;

/// The rows of a list, and what is said under them.
pub(super) fn of(items: &[Value], rows: &[Row], view: &View) -> String {
    let columns: Vec<Column> =
        rows::names(rows, view.first).iter().map(|name| Column::of(name, rows, view)).collect();
    let room = view.width.unwrap_or(LOG_COLUMNS);
    if natural(&columns) <= room || (view.all && view.width.is_none()) {
        return drawn(&columns, rows.len(), view);
    }
    if view.all || rows.len() == 1 {
        let records: Vec<String> = items.iter().map(|item| record::of(item, view)).collect();
        return records.join("\n");
    }
    let (columns, folded) = fold(columns);
    let (columns, hidden) = match view.width {
        Some(width) => squeeze(columns, width),
        None => (columns, Vec::new()),
    };
    let mut text = drawn(&columns, rows.len(), view);
    let (line, is_whole) = same_in_all(&folded, view);
    let is_cut = columns.iter().any(Column::is_cut) || !is_whole;
    text.push_str(&line);
    text.push_str(&rest(&hidden, is_cut, view));
    text
}

/// The header and the rows.
fn drawn(columns: &[Column], rows: usize, view: &View) -> String {
    let header: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let header = line(columns, &header);
    let mut text = String::new();
    let header = if view.width.is_some() { paint(BOLD, &header) } else { header };
    let _ = writeln!(text, "{header}");
    for row in 0..rows {
        let cells: Vec<&str> =
            columns.iter().map(|column| column.cells.get(row).map_or("", String::as_str)).collect();
        let _ = writeln!(text, "{}", line(columns, &cells));
    }
    text
}

fn line(columns: &[Column], cells: &[&str]) -> String {
    let mut line = String::new();
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cut(cell, column.width);
        let blanks = column.width.saturating_sub(cell.width());
        let (before, after) = if column.is_numbers { (blanks, 0) } else { (0, blanks) };
        let _ = write!(line, "{:before$}{cell}{:after$}", "", "", after = after + GAP);
    }
    line.trim_end().to_owned()
}

/// What every row has, in one line; also whether all of it is said.
fn same_in_all(folded: &[(String, String)], view: &View) -> (String, bool) {
    if folded.is_empty() {
        return (String::new(), true);
    }
    let room = view.width.unwrap_or(usize::MAX);
    let mut line = "the same in all: ".to_owned();
    for (at, (name, value)) in folded.iter().enumerate() {
        let value = if view.width.is_some() { cut(value, FOLDED_COLUMNS) } else { value.clone() };
        let part = format!("{}{name} {value}", if at == 0 { "" } else { ", " });
        let left = folded.len() - at;
        let more = if at == 0 { format!("{left} properties") } else { format!(", and {left} more") };
        let reserved = if left == 1 { 0 } else { format!(", and {} more", left - 1).width() };
        if line.width() + part.width() + reserved > room {
            return (below(&format!("{line}{more}"), view), false);
        }
        line += &part;
    }
    let is_whole = view.width.is_none() || folded.iter().all(|(_, value)| value.width() <= FOLDED_COLUMNS);
    (below(&line, view), is_whole)
}

/// What is not shown, and how to see it.
fn rest(hidden: &[String], is_cut: bool, view: &View) -> String {
    if hidden.is_empty() {
        return if is_cut { not_all("", view) } else { String::new() };
    }
    let names = format!("hidden: {}", hidden.join(", "));
    let is_short = names.width() <= view.width.unwrap_or(usize::MAX).saturating_sub(WAY_COLUMNS);
    let count = || match hidden.len() {
        1 => "1 column is hidden".to_owned(),
        count => format!("{count} columns are hidden"),
    };
    not_all(&if is_short { names } else { count() }, view)
}
