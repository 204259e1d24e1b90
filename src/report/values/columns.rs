//! Chooses the columns of a table, their widths, and what is listed under the table instead.

use super::cell::{bare, clean};
use super::rows::{Row, rank};
use super::{FIRST, View};
use crate::op::Value;
use crate::reconcile::KNOWN_AFTER_APPLY;
use crate::secret::MASK;
use unicode_width::UnicodeWidthStr;

/// How what is not set is shown.
const NOTHING: &str = "()";

/// A value folded into the line under the table takes at most so many columns.
pub(super) const FOLDED_COLUMNS: usize = 24;

/// Blanks between two columns.
pub(super) const GAP: usize = 2;

/// A column is not made narrower than this, unless it is by itself.
const COLUMNS_MIN: usize = 12;

/// The same for names.
const NAME_MIN: usize = 24;

/// A UUID is not cut.
const ID_MIN: usize = 36;

/// The day of a moment, and that there is more.
const DAY_COLUMNS: usize = 11;

pub(super) struct Column {
    pub name: String,
    /// A cell for each row.
    pub cells: Vec<String>,
    /// What the widest cell takes.
    natural: usize,
    /// What it is given.
    pub width: usize,
    /// Whether all of it that is set is numbers.
    pub is_numbers: bool,
    /// What it is given at least, unless it needs less.
    least: usize,
    /// Whether it says what a row is.
    identifies: bool,
    /// Whether cells that look the same may be different: secrets, and what is not known.
    is_veiled: bool,
    /// How early it is shown.
    rank: usize,
}

impl Column {
    /// The property `name` of every row.
    pub(super) fn of(name: &str, rows: &[Row], view: &View) -> Self {
        let redactor = &view.redactor;
        let values: Vec<Option<&Value>> = rows.iter().map(|row| row.get(name)).collect();
        let given = || values.iter().flatten();
        let is_texts = given().all(|value| matches!(value, Value::Str(_)));
        let cell = |value: Option<&Value>| match value {
            Some(Value::Str(text)) if is_texts => clean(text, redactor),
            Some(value) => bare(value, redactor),
            None => String::new(),
        };
        let cells: Vec<String> = values.iter().copied().map(cell).collect();
        let header = clean(name, redactor);
        let natural = cells.iter().map(|cell| cell.width()).max().unwrap_or_default().max(header.width());
        // Where a number is not set, the others are numbers all the same.
        let set = || given().filter(|value| !matches!(value, Value::Unit));
        let is_numbers =
            set().next().is_some() && set().all(|value| matches!(value, Value::Int(_) | Value::Float(_)));
        let is_nested = given().any(|value| matches!(value, Value::List(_) | Value::Map(_)));
        let is_time = is_texts && given().any(|value| is_moment(value));
        let least = match name {
            "name" => NAME_MIN,
            "id" => ID_MIN,
            _ if is_time => DAY_COLUMNS,
            _ => COLUMNS_MIN,
        };
        let identifies = FIRST.contains(&name);
        let is_veiled = given().any(|value| !value.secrets().is_empty())
            || cells.iter().any(|cell| cell.contains(MASK) || cell.contains(KNOWN_AFTER_APPLY));
        let later = if identifies { 0 } else { usize::from(is_time) + 2 * usize::from(is_nested) };
        let rank = rank(name, view.first) + later;
        Column {
            name: header,
            cells,
            natural,
            width: natural,
            least,
            is_numbers,
            identifies,
            is_veiled,
            rank,
        }
    }

    fn narrowest(&self) -> usize {
        self.natural.min(self.least)
    }

    /// Whether a cell or the header does not fit.
    pub(super) fn is_cut(&self) -> bool {
        self.width < self.natural
    }
}

/// What a row takes where nothing is cut.
pub(super) fn natural(columns: &[Column]) -> usize {
    columns.iter().map(|column| column.natural + GAP).sum::<usize>().saturating_sub(GAP)
}

/// Takes out the columns that are the same in every row, and those that say what another one says: each with what is said
/// of it under the table.
pub(super) fn fold(columns: Vec<Column>) -> (Vec<Column>, Vec<(String, String)>) {
    let (mut kept, mut folded) = (Vec::<Column>::new(), Vec::new());
    for column in columns {
        if column.is_veiled {
            kept.push(column);
            continue;
        }
        let first = column.cells.first().cloned().unwrap_or_default();
        let same = kept.iter().find(|other| other.cells == column.cells).map(|other| other.name.clone());
        if !column.identifies && column.cells.iter().all(|cell| *cell == first) {
            folded.push((column.name, first));
        } else if let Some(other) = same {
            folded.push((column.name, format!("= {other}")));
        } else {
            kept.push(column);
        }
    }
    kept.sort_by_key(|column| column.rank);
    // What is set comes before what is not, and short before long.
    folded.sort_by_key(|(_, value)| (value == NOTHING, value.width() > FOLDED_COLUMNS));
    (kept, folded)
}

/// Gives the columns their widths in so many columns of a terminal; also the names of those for which there is no place.
pub(super) fn squeeze(columns: Vec<Column>, room: usize) -> (Vec<Column>, Vec<String>) {
    let (mut taken, mut hidden, mut used) = (Vec::<Column>::new(), Vec::new(), 0);
    for mut column in columns {
        let gap = if taken.is_empty() { 0 } else { GAP };
        let least = column.narrowest();
        if used + gap + least <= room || taken.is_empty() {
            column.width = least.min(room);
            used += gap + column.width;
            taken.push(column);
        } else {
            hidden.push(column.name);
        }
    }
    widen(&mut taken, room.saturating_sub(used));
    (taken, hidden)
}

/// Shares out what is left: who needs least first, so that most columns are whole.
fn widen(columns: &mut [Column], mut left: usize) {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|at| columns[*at].natural - columns[*at].width);
    for (done, at) in order.iter().enumerate() {
        let column = &mut columns[*at];
        let more = (column.natural - column.width).min(left / (order.len() - done));
        column.width += more;
        left -= more;
    }
}

/// `2026-11-29T..`: what a server says of when something was.
fn is_moment(value: &Value) -> bool {
    let Value::Str(text) = value else { return false };
    let day =
        text.as_bytes().iter().take(DAY_COLUMNS).map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte });
    day.eq(*b"0000-00-00T")
}
