//! The rows of wrangler's table and of Larder's own.
//!
//! Wrangler's table says which files are applied, Larder's which text each had and how many rows of wrangler's came
//! before it. Rows are only ever added, but for a repair.
//!
//! **Invariant:** wrangler can use its table as if it had made it itself (WR-4).

use super::super::files::folder::Migration;
use super::shape::LedgerShape;

/// One row of Larder's table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Row {
    /// From 1, and without gaps but for a repair's.
    pub seq: i64,
    /// The file.
    pub name: String,
    /// Its text.
    pub sha256: String,
    /// Rows of wrangler's table at that time.
    pub before: i64,
    /// The run that applied it.
    pub run: String,
}

/// Both tables as last read, or as they must be after what was applied since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Names in the order of their rows; `None` when there is no such table.
    pub wrangler: Option<Vec<String>>,
    /// When, as far as rows were read; the clock is the server's.
    pub applied_at: Vec<Option<String>>,
    /// The row id of the last of them, as far as it was read: SQLite gives the next one, and does not say which.
    pub last_row: Option<i64>,
    /// What kind of table wrangler's is.
    pub shape: LedgerShape,
    /// `None` when there is no such table.
    pub larder: Option<Vec<Row>>,
    /// Whether the database has no table at all.
    pub is_empty_database: bool,
}

impl Ledger {
    /// The files that are applied, in the order of their rows.
    pub fn applied(&self) -> &[String] {
        self.wrangler.as_deref().unwrap_or_default()
    }

    pub fn rows(&self) -> &[Row] {
        self.larder.as_deref().unwrap_or_default()
    }

    /// Larder's row of a file.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows().iter().find(|row| row.name == name)
    }

    /// The number of Larder's last row.
    pub fn last_seq(&self) -> i64 {
        self.rows().last().map_or(0, |row| row.seq)
    }

    /// How many rows wrangler's table has.
    pub fn count(&self) -> i64 {
        i64::try_from(self.applied().len()).unwrap_or(i64::MAX)
    }

    /// Adds the rows that a call has added.
    pub fn record(&mut self, migration: &Migration, run: &str) {
        self.add(&migration.name, &migration.sha256, run);
    }

    /// Adds both rows of a file.
    pub fn add(&mut self, name: &str, sha256: &str, run: &str) {
        let before = self.count();
        self.wrangler.get_or_insert_default().push(name.to_owned());
        self.last_row = None;
        self.add_larder(name, sha256, before, run);
        self.is_empty_database = false;
    }

    /// Adds Larder's row of a file that wrangler's table has.
    pub fn add_larder(&mut self, name: &str, sha256: &str, before: i64, run: &str) {
        let row = Row {
            seq: self.last_seq() + 1,
            name: name.to_owned(),
            sha256: sha256.to_owned(),
            before,
            run: run.to_owned(),
        };
        self.larder.get_or_insert_default().push(row);
    }

    /// Whether `later` has the same rows and maybe more.
    pub fn is_start_of(&self, later: &Ledger) -> bool {
        later.applied().starts_with(self.applied()) && later.rows().starts_with(self.rows())
    }

    /// Whether both have the same rows.
    pub fn has_rows_of(&self, other: &Ledger) -> bool {
        self.applied() == other.applied() && self.rows() == other.rows()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sql::script::Script;
    use super::*;

    #[test]
    fn a_record_follows_the_last_row() {
        let mut ledger = Ledger { wrangler: Some(vec!["1.sql".into()]), ..Ledger::default() };
        let old = ledger.clone();
        let migration = Migration { name: "2.sql".into(), sql: Script::new(""), sha256: "s".into() };
        ledger.record(&migration, "run");
        assert_eq!(ledger.applied(), ["1.sql", "2.sql"]);
        let row = ledger.row("2.sql").unwrap();
        assert_eq!((row.seq, row.before, ledger.last_seq(), ledger.count()), (1, 1, 1, 2));
        assert!(old.is_start_of(&ledger) && !ledger.is_start_of(&old) && !ledger.has_rows_of(&old));
    }
}
