//! Sorts a dump into the order in which it can be loaded: tables, rows, then triggers and the rest.
//!
//! D1 writes each table with its rows, so a row may refer to a table that comes later, which SQLite refuses however
//! foreign keys are deferred; it puts triggers before the views that they stand on, resets the counters of tables that
//! are not in the dump, and writes some values so that they can't be read back (D1-23).
//!
//! **Invariant:** every statement of the dump is kept but for transaction control, pragmas, the general reset of
//! counters, and what belongs to a table that is left out.

use super::super::split::{Pieces, Statements, unquoted};
use super::ledgers::LedgerFilter;
use super::values::{self, Warnings};
use std::io::{self, Read, Write};

/// Foreign keys are checked at the end of the transaction that a load is.
const HEADER: &str = "PRAGMA defer_foreign_keys=TRUE;\n";
/// The longest statement that D1 takes (D1-17).
const STATEMENT_BYTES_MAX: usize = 100_000;

/// What became of a dump that can be loaded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DumpResult {
    pub(super) bytes: u64,
    /// Tables that are left out.
    pub(super) left_out: Vec<String>,
    /// What a load will not take, or not take as it was.
    pub(super) warnings: Vec<String>,
}

/// Where a statement goes; the order is that of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Table,
    /// A foreign key may need it.
    UniqueIndex,
    Row,
    /// The counter of a table whose ids are never used again.
    Counter,
    Index,
    View,
    /// After the rows, which would set it off, and the view that it may stand on.
    Trigger,
    Statistics,
    Other,
}

/// Writes a dump in order, without the ledgers that are left out. The dump is read twice: rows, which are nearly all of it,
/// go from one file to the other.
pub(super) fn arrange<R: Read>(
    dump: impl Fn() -> R,
    ledgers: &LedgerFilter,
    file: &mut dyn Write,
) -> io::Result<DumpResult> {
    let mut held = Vec::new();
    let mut statements = Statements::of(dump());
    while let Some(statement) = statements.next()? {
        let placed = place(statement).filter(|placed| placed.section != Section::Row);
        held.extend(placed.map(|placed| (placed.section, placed.table, statement.to_vec())));
    }
    let tables = held.iter().filter(|(section, ..)| *section == Section::Table);
    let left_out = ledgers
        .found(tables.filter_map(|(_, table, statement)| Some((table.as_deref()?, statement.as_slice()))));
    let is_kept = |table: Option<&[u8]>| {
        !table.is_some_and(|table| left_out.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(table)))
    };
    held.retain(|(_, table, _)| is_kept(table.as_deref()));
    // Stable: within a section the order is the dump's.
    held.sort_by_key(|(section, ..)| *section);
    let rest = held.split_off(held.partition_point(|(section, ..)| *section < Section::Row));
    let mut written = DumpWriter { file, bytes: 0, warnings: Warnings::default() };
    written.add(HEADER.as_bytes())?;
    for (section, _, statement) in held {
        written.statement(section, &statement)?;
    }
    let mut statements = Statements::of(dump());
    while let Some(statement) = statements.next()? {
        if let Some(placed) = place(statement)
            && placed.section == Section::Row
            && is_kept(placed.table.as_deref())
        {
            written.statement(Section::Row, statement)?;
        }
    }
    for (section, _, statement) in rest {
        written.statement(section, &statement)?;
    }
    let DumpWriter { bytes, warnings, .. } = written;
    Ok(DumpResult { bytes, left_out, warnings: warnings.said() })
}

/// The file as far as it is written.
struct DumpWriter<'a> {
    file: &'a mut dyn Write,
    bytes: u64,
    warnings: Warnings,
}

impl DumpWriter<'_> {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn statement(&mut self, section: Section, statement: &[u8]) -> io::Result<()> {
        let mut text = Vec::with_capacity(statement.len() + 2);
        match section {
            Section::Row => values::write(statement, &mut text, &mut self.warnings),
            Section::Counter => counter(statement, &mut text),
            _ => text.extend_from_slice(statement),
        }
        text.extend_from_slice(b";\n");
        if text.len() > STATEMENT_BYTES_MAX + 2 {
            self.warnings.too_long();
        }
        self.add(&text)
    }
}

/// Where a statement goes.
struct PlacedStatement {
    section: Section,
    /// The table that it belongs to.
    table: Option<Vec<u8>>,
}

/// Where a statement goes; `None` for one that is not kept.
fn place(statement: &[u8]) -> Option<PlacedStatement> {
    let mut pieces = Pieces::of(statement);
    let mut word = || pieces.name().map(<[u8]>::to_ascii_uppercase).unwrap_or_default();
    let (section, table) = match word().as_slice() {
        b"PRAGMA" | b"BEGIN" | b"COMMIT" | b"END" | b"ROLLBACK" => return None,
        b"ANALYZE" => (Section::Statistics, None),
        b"DELETE" if word() == b"FROM" && unquoted(&word()).eq_ignore_ascii_case(SEQUENCE) => return None,
        b"INSERT" => {
            word();
            let into = pieces.name().map(unquoted)?.to_ascii_lowercase();
            if into == SEQUENCE {
                (Section::Counter, counted(statement).map(unquoted))
            } else if into.starts_with(b"sqlite_stat") {
                (Section::Statistics, None)
            } else {
                (Section::Row, Some(into))
            }
        }
        b"CREATE" => match word().as_slice() {
            b"TABLE" => (Section::Table, named(&mut pieces)),
            b"UNIQUE" => (Section::UniqueIndex, after_on(&mut pieces)),
            b"INDEX" => (Section::Index, after_on(&mut pieces)),
            b"TRIGGER" => (Section::Trigger, after_on(&mut pieces)),
            b"VIEW" => (Section::View, None),
            _ => (Section::Other, None),
        },
        _ => (Section::Other, None),
    };
    Some(PlacedStatement { section, table })
}

const SEQUENCE: &[u8] = b"sqlite_sequence";

/// The name that follows `[IF NOT EXISTS]`.
fn named(pieces: &mut Pieces<'_>) -> Option<Vec<u8>> {
    let mut name = pieces.name()?;
    if name.eq_ignore_ascii_case(b"IF") {
        pieces.name()?;
        pieces.name()?;
        name = pieces.name()?;
    }
    Some(unquoted(name))
}

/// The name after the first `ON`.
fn after_on(pieces: &mut Pieces<'_>) -> Option<Vec<u8>> {
    loop {
        let before = pieces.clone();
        match pieces.name() {
            Some(word) if word.eq_ignore_ascii_case(b"ON") => return pieces.name().map(unquoted),
            Some(_) => {}
            // A sign: the list of an `UPDATE OF`.
            None if pieces.at() > before.at() => {}
            None => return None,
        }
    }
}

/// The expression that names the table of a counter, in `INSERT INTO sqlite_sequence .. VALUES('t',1)`.
fn counted(statement: &[u8]) -> Option<&[u8]> {
    let mut pieces = Pieces::of(statement);
    while !pieces.name_or_sign()?.eq_ignore_ascii_case(b"VALUES") {}
    pieces.name_or_sign()?;
    let end = statement.iter().rposition(|byte| *byte == b',')?;
    statement.get(pieces.at()..end).map(<[u8]>::trim_ascii)
}

/// Sets a counter, in place of the one that the rows have set; counters of other tables stay.
fn counter(statement: &[u8], text: &mut Vec<u8>) {
    if let Some(table) = counted(statement) {
        text.extend_from_slice(b"DELETE FROM sqlite_sequence WHERE name = ");
        text.extend_from_slice(table);
        text.extend_from_slice(b";\n");
    }
    text.extend_from_slice(statement);
}
