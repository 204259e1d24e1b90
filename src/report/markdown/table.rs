//! A table of a page: columns side by side where they fit, else one record for each row.

use crate::escape::wrap::wrapped;
use crate::report::text_style::{BOLD, paint};
use anstream::adapter::strip_str;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Blanks between two columns.
const GAP: usize = 2;

/// A row that takes more lines is easier to read as a record.
const ROW_LINES_MAX: usize = 9;

#[derive(Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
}

/// The columns that a text takes, without what only styles it.
pub fn width(text: &str) -> usize {
    strip_str(text).to_string().width()
}

impl Table {
    /// The next cell of the row.
    pub fn add(&mut self, cell: String) {
        self.row.push(cell);
    }

    /// The row is whole.
    pub fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// The table in lines of at most so many columns where its words allow that.
    pub fn drawn(&self, columns: usize) -> String {
        let Some((header, rows)) = self.rows.split_first() else { return String::new() };
        self.side_by_side(columns)
            .unwrap_or_else(|| rows.iter().map(|row| record(header, row, columns)).collect())
    }

    fn side_by_side(&self, columns: usize) -> Option<String> {
        let (header, rows) = self.rows.split_first()?;
        let widths = self.widths(columns)?;
        let mut text = String::new();
        if header.iter().any(|cell| !cell.is_empty()) {
            text.push_str(&line(header, &widths, |text| paint(BOLD, text)));
        }
        for row in rows {
            let drawn = line(row, &widths, str::to_owned);
            if drawn.lines().count() > ROW_LINES_MAX {
                return None;
            }
            text.push_str(&drawn);
        }
        Some(text)
    }

    /// How wide each column is: as its widest cell, and narrower from the widest column on until all fit. None, if a word is
    /// too long for that.
    fn widths(&self, columns: usize) -> Option<Vec<usize>> {
        let count = self.rows.first()?.len();
        let of = |measure: fn(&str) -> usize| -> Vec<usize> {
            let cells = |at: usize| self.rows.iter().filter_map(move |row| row.get(at));
            (0..count).map(|at| cells(at).map(|cell| measure(cell)).max().unwrap_or(0)).collect()
        };
        let (mut widths, least) = (of(width), of(longest_word));
        let room = columns.saturating_sub(GAP * count.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            let narrower = (0..count).filter(|at| widths[*at] > least[*at]).max_by_key(|at| widths[*at])?;
            widths[narrower] -= 1;
        }
        Some(widths)
    }
}

fn longest_word(cell: &str) -> usize {
    wrapped(cell, 1, 0, 0).lines().map(width).max().unwrap_or(0)
}

/// A row, in as many lines as its highest cell has.
fn line(row: &[String], widths: &[usize], paint: impl Fn(&str) -> String) -> String {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| wrapped(cell, *width, 0, 0).lines().map(str::to_owned).collect())
        .collect();
    let mut text = String::new();
    for at in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
        let mut line = String::new();
        for (cell, wide) in cells.iter().zip(widths) {
            let part = cell.get(at).map_or("", String::as_str);
            let blanks = wide.saturating_sub(width(part)) + GAP;
            let _ = write!(line, "{part}{:blanks$}", "");
        }
        let _ = writeln!(text, "{}", paint(line.trim_end()));
    }
    text
}

/// A row under the names of its columns.
fn record(header: &[String], row: &[String], columns: usize) -> String {
    let mut text = String::new();
    for (at, (name, cell)) in header.iter().zip(row).enumerate().filter(|(_, (_, cell))| !cell.is_empty()) {
        let indent = if at == 0 { 0 } else { 2 };
        let line = if name.is_empty() { cell.clone() } else { format!("{name}: {cell}") };
        let _ = writeln!(text, "{:indent$}{}", "", wrapped(&line, columns, indent, indent + 2));
    }
    text
}
