//! Detects statements that lose data. The only way to allow them is the comment `-- larder:destructive` in the
//! file.
//!
//! What a pending file has made itself may go without it, and so may anything in a database that had nothing in it: there,
//! files are history that is told again. A table without rows loses none.
//!
//! **Invariant:** nothing but the file opens the gate: no flag, no option, no answer at a prompt.

use super::super::sql::kind::StatementKind;
use super::super::sql::touched_tables::IndirectLoss;
use super::catalog::Catalog;

/// The comment that lets a file lose data.
const MARKER: &str = "larder:destructive";

/// How to open it.
pub const GATE: &str = "if that is meant, say so in the file, with a line `-- larder:destructive`";

/// Whether a comment is the marker; after a colon may stand why. A sentence about the marker is none.
pub fn is_marker(comment: &str) -> bool {
    let words = comment.strip_prefix("--").unwrap_or_default().trim_start();
    let rest = words.strip_prefix(MARKER).map(str::trim_start);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// What a statement loses.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DataLoss {
    /// What that was there before, and what to do.
    pub loss: Option<(String, String)>,
    /// The tables because of which it loses no more: they have no rows.
    pub empty: Vec<String>,
}

/// Looks at a statement that may take rows from `others`, which it does not name.
pub fn look(
    kind: &StatementKind,
    catalog: &Catalog,
    others: Vec<(String, IndirectLoss)>,
    is_empty: impl Fn(&str) -> bool,
) -> DataLoss {
    let own = own(kind, catalog);
    // A row that is added may set off a trigger whatever else is there.
    let is_set_off = matches!(kind, StatementKind::Insert { .. })
        && others.iter().any(|(_, way)| matches!(way, IndirectLoss::Trigger(_)));
    if let Some(target) = kind.target().filter(|name| !is_set_off && is_empty(name)) {
        // Rows that are not there take nothing with them.
        let is_needed = own || !others.is_empty();
        return DataLoss { loss: None, empty: is_needed.then(|| target.to_owned()).into_iter().collect() };
    }
    let (empty, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|(table, _)| is_empty(table));
    let mut empty: Vec<String> = empty.into_iter().map(|(table, _)| table).collect();
    empty.dedup();
    DataLoss { loss: loss(kind, catalog, own, &losses(&others)), empty }
}

/// Whether the statement loses what it names.
fn own(kind: &StatementKind, catalog: &Catalog) -> bool {
    match kind {
        StatementKind::DropTable { name } => catalog.is_live(name) && !catalog.is_copied(name),
        StatementKind::DropColumn { table, column } => catalog.is_live_column(table, column),
        StatementKind::Delete { from, is_bounded: false } => catalog.is_live(from),
        _ => false,
    }
}

fn loss(kind: &StatementKind, catalog: &Catalog, own: bool, others: &str) -> Option<(String, String)> {
    let gate = GATE.to_owned();
    match kind {
        StatementKind::DropTable { name } if !others.is_empty() && catalog.is_copied(name) => {
            let hint = format!(
                "D1 can't switch foreign keys off: change the table with `ALTER TABLE`, or take the others' rows aside; {GATE}"
            );
            Some((format!("rebuilding `{name}` {others}"), hint))
        }
        StatementKind::DropTable { name } if !others.is_empty() => {
            Some((format!("`DROP TABLE {name}` {others}"), gate))
        }
        StatementKind::DropTable { name } if own && catalog.is_copied_short(name) => {
            Some((format!("`DROP TABLE {name}` loses rows: its copy may not have all of them"), gate))
        }
        StatementKind::DropTable { name } if own => {
            Some((format!("`DROP TABLE {name}` loses the table with its rows"), gate))
        }
        StatementKind::DropColumn { table, column } if own => {
            Some((format!("`DROP COLUMN` loses `{table}.{column}` with its data"), gate))
        }
        StatementKind::Delete { from, is_bounded: false } if own => {
            let more = if others.is_empty() { String::new() } else { format!(" and {others}") };
            Some((format!("`DELETE FROM {from}` loses every row{more}"), gate))
        }
        _ if others.is_empty() => None,
        StatementKind::Delete { from, .. } => Some((format!("`DELETE FROM {from}` {others}"), gate)),
        StatementKind::Insert { into, .. } => Some((format!("replacing rows of `{into}` {others}"), gate)),
        StatementKind::Update { table, .. } => Some((format!("`UPDATE {table}` {others}"), gate)),
        _ => Some((format!("this {others}"), gate)),
    }
}

/// What happens to the rows of other tables.
fn losses(others: &[(String, IndirectLoss)]) -> String {
    let mut ways: Vec<&IndirectLoss> = Vec::new();
    // What deletes rows comes before what changes them.
    let is_change = |way: &IndirectLoss| matches!(way, IndirectLoss::Changed(_));
    for is_second in [false, true] {
        for (_, way) in others.iter().filter(|(_, way)| is_change(way) == is_second) {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    let part = |way: &&IndirectLoss| {
        let tables = others.iter().filter(|(_, other)| other == *way);
        let tables = tables.map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match way {
            IndirectLoss::Deleted(clause) => format!("deletes the rows of {tables} (`{clause}`)"),
            IndirectLoss::Changed(clause) => format!("changes the rows of {tables} (`{clause}`)"),
            IndirectLoss::Trigger(trigger) => format!("deletes the rows of {tables} (trigger `{trigger}`)"),
        }
    };
    ways.iter().map(part).collect::<Vec<_>>().join(" and ")
}
