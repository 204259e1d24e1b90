//! Compares a ledger with a folder, file by file.
//!
//! Files are compared by name, and by checksum where Larder's table has one. What wrangler alone has applied counts by its
//! name. The order of the rows is the order in which files were applied, whatever applied them.
//!
//! **Invariant:** each file, and each row whose file is not here, has exactly one entry.

use super::super::files::folder::{Migration, Migrations};
use super::super::files::order;
use super::super::files::tables::PARTIAL;
use super::rows::{Ledger, Row};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// How one file and the ledger stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerState {
    /// Recorded; its text is the same, or not known.
    Applied,
    /// Not recorded.
    Pending,
    /// Not recorded, though a file that sorts after it is.
    OutOfOrder,
    /// Recorded with another text.
    Edited,
    /// One of its statements failed, and the database has kept those before it.
    Partial,
    /// Not recorded, and its text was applied under a name that is not here any more.
    Renamed {
        /// The name in the ledger.
        from: String,
    },
    /// Recorded, and not in the folder.
    Missing,
    /// In Larder's table, but not in wrangler's.
    Unrecorded,
}

impl LedgerState {
    pub fn word(&self) -> &'static str {
        match self {
            LedgerState::Applied => "applied",
            LedgerState::Pending => "pending",
            LedgerState::OutOfOrder => "out of order",
            LedgerState::Edited => "edited",
            LedgerState::Partial => "partial",
            LedgerState::Renamed { .. } => "renamed",
            LedgerState::Missing => "missing",
            LedgerState::Unrecorded => "unrecorded",
        }
    }
}

/// One file, or one row without a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file's name; where there is none, the row's.
    pub name: String,
    pub state: LedgerState,
    /// Larder's row of it.
    pub row: Option<Row>,
    /// When it was applied, by the server's clock.
    pub applied_at: Option<String>,
    /// Whether it was applied after a file that sorts after it.
    pub is_late: bool,
}

/// A folder held against a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// In the files' order.
    pub entries: Vec<Entry>,
}

impl History {
    pub fn of(migrations: &Migrations, ledger: &Ledger) -> Self {
        let rows: HashMap<&str, &Row> = ledger.rows().iter().map(|row| (row.name.as_str(), row)).collect();
        let applied: HashSet<&str> = ledger.applied().iter().map(String::as_str).collect();
        let here: HashSet<&str> = migrations.files.iter().map(|file| file.name.as_str()).collect();
        let renamed = renamed(migrations, ledger, &applied, &here);
        let old: HashSet<&str> = renamed.values().copied().collect();
        let late = late(ledger);
        let times = ledger.applied().iter().zip(&ledger.applied_at);
        let times: HashMap<&str, &str> =
            times.filter_map(|(name, time)| Some((name.as_str(), time.as_deref()?))).collect();
        let last = migrations.files.iter().rposition(|file| applied.contains(file.name.as_str()));
        let entry = |name: &str, state| Entry {
            name: name.to_owned(),
            state,
            row: rows.get(name).map(|row| (*row).clone()),
            applied_at: times.get(name).map(|time| (*time).to_owned()),
            is_late: late.contains(name),
        };
        let mut entries = Vec::new();
        for (index, file) in migrations.files.iter().enumerate() {
            let name = file.name.as_str();
            let row = rows.get(name);
            let state = match (applied.contains(name), row) {
                (true, Some(row)) if row.sha256 == PARTIAL => LedgerState::Partial,
                (true, Some(row)) if row.sha256 != file.sha256 => LedgerState::Edited,
                (true, _) => LedgerState::Applied,
                (false, Some(_)) => LedgerState::Unrecorded,
                (false, None) => match renamed.get(name) {
                    Some(from) => LedgerState::Renamed { from: (*from).to_owned() },
                    None if last.is_some_and(|last| index < last) => LedgerState::OutOfOrder,
                    None => LedgerState::Pending,
                },
            };
            entries.push(entry(name, state));
        }
        let gone = ledger.applied().iter().map(String::as_str).map(|name| (name, LedgerState::Missing));
        let unrecorded = rows.keys().filter(|name| !applied.contains(**name));
        let unrecorded = unrecorded.map(|name| (*name, LedgerState::Unrecorded));
        for (name, state) in gone.chain(unrecorded) {
            if !here.contains(name) && !old.contains(name) {
                entries.push(entry(name, state));
            }
        }
        entries.sort_by(|one, other| order::compare(&one.name, &other.name));
        History { entries }
    }

    /// The names of the entries in a state.
    pub fn in_state(&self, state: &LedgerState) -> Vec<String> {
        let found = self.entries.iter().filter(|entry| entry.state == *state);
        found.map(|entry| entry.name.clone()).collect()
    }

    /// What was renamed: the name in the ledger, and the one in the folder.
    pub fn renamed(&self) -> Vec<(String, String)> {
        let names = self.entries.iter().filter_map(|entry| match &entry.state {
            LedgerState::Renamed { from } => Some((from.clone(), entry.name.clone())),
            _ => None,
        });
        names.collect()
    }
}

/// By the name of a file that is here and not recorded: the name under which its text is, which is not here.
fn renamed<'a>(
    migrations: &'a Migrations,
    ledger: &'a Ledger,
    applied: &HashSet<&str>,
    here: &HashSet<&str>,
) -> HashMap<&'a str, &'a str> {
    let mut gone: Vec<&Row> = ledger
        .rows()
        .iter()
        .filter(|row| applied.contains(row.name.as_str()) && !here.contains(row.name.as_str()))
        .collect();
    let is_new =
        |file: &&Migration| !applied.contains(file.name.as_str()) && ledger.row(&file.name).is_none();
    let mut found = HashMap::new();
    if gone.is_empty() {
        return found;
    }
    for file in migrations.files.iter().filter(is_new) {
        // Files without a statement have all the same text, which says nothing.
        let is_said = !file.sql.statements().is_empty();
        if let Some(at) = gone.iter().position(|row| is_said && row.sha256 == file.sha256) {
            found.insert(file.name.as_str(), gone.remove(at).name.as_str());
        }
    }
    found
}

/// What stands in the ledger behind a file that sorts after it.
fn late(ledger: &Ledger) -> HashSet<&str> {
    let mut late = HashSet::new();
    let mut last: Option<&str> = None;
    for name in ledger.applied() {
        match last {
            Some(before) if order::compare(name, before) == Ordering::Less => {
                late.insert(name.as_str());
            }
            _ => last = Some(name),
        }
    }
    late
}

#[cfg(test)]
mod tests {
    use super::super::super::files::folder::fixture::migrations;
    use super::super::super::sql::script::Script;
    use super::*;

    fn ledger(names: &[&str]) -> Ledger {
        let mut ledger = Ledger::default();
        for file in &migrations(names).files {
            ledger.record(file, "run");
        }
        ledger
    }

    fn told(names: &[&str], ledger: &Ledger) -> String {
        let entries = History::of(&migrations(names), ledger).entries;
        let told = entries.iter().map(|entry| {
            format!("{} {}{}", entry.name, entry.state.word(), if entry.is_late { " late" } else { "" })
        });
        told.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_file_and_each_row_has_its_state() {
        let mut seen = ledger(&["1", "2", "4"]);
        assert_eq!(told(&["1", "2", "4", "5"], &seen), "1 applied, 2 applied, 4 applied, 5 pending");
        assert_eq!(told(&["1", "3", "4"], &seen), "1 applied, 2 missing, 3 out of order, 4 applied");
        seen.larder.as_mut().unwrap()[1].sha256 = "0f".into();
        assert_eq!(told(&["1", "2", "4"], &seen), "1 applied, 2 edited, 4 applied");
        seen.wrangler.as_mut().unwrap().remove(2);
        assert_eq!(told(&["1", "4"], &seen), "1 applied, 2 missing, 4 unrecorded");
        assert_eq!(told(&["1"], &seen), "1 applied, 2 missing, 4 unrecorded");
    }

    #[test]
    fn a_text_under_another_name_is_renamed() {
        let seen = ledger(&["1", "2"]);
        let mut files = migrations(&["1", "02", "3"]);
        files.files[1].sha256.clone_from(&seen.row("2").unwrap().sha256);
        let history = History::of(&files, &seen);
        assert_eq!(history.renamed(), [("2".to_owned(), "02".to_owned())]);
        assert_eq!(history.entries.len(), 3);
        assert_eq!(history.in_state(&LedgerState::Pending), ["3"]);
        files.files[1].sql = Script::new("-- nothing");
        assert_eq!(History::of(&files, &seen).in_state(&LedgerState::Missing), ["2"]);
    }

    #[test]
    fn the_order_of_the_rows_says_what_was_late() {
        let seen = ledger(&["1", "3", "2", "10"]);
        assert_eq!(told(&["1", "2", "3", "10"], &seen), "1 applied, 2 applied late, 3 applied, 10 applied");
    }
}
