//! The ledger: wrangler's table, and Larder's own beside it.
//!
//! Wrangler's table says which files are applied, Larder's which text each had and how many rows of wrangler's came
//! before it. Rows are only ever added, but for a repair.
//!
//! **Invariant:** wrangler can use its table as if it had made it itself (wrangler notes, part one 4).

use super::error::MigrationError;
use super::files::Migration;
use super::shape::Shape;

/// Wrangler's default (wrangler notes, part one 4).
const WRANGLER: &str = "d1_migrations";
const LARDER: &str = "larder_migrations";
/// Stands in for the text of a file of which the database has kept only a part.
pub(super) const PARTIAL: &str = "partial";

/// The names of both tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Wrangler's `migrations_table`.
    pub wrangler: String,
    /// The one that belongs to it.
    pub larder: String,
}

impl Default for Tables {
    fn default() -> Self {
        Tables { wrangler: WRANGLER.to_owned(), larder: LARDER.to_owned() }
    }
}

impl Tables {
    /// The tables for a `migrations_table`. Two of them in one database have nothing to do with each other, so each has
    /// a table of Larder's of its own.
    pub fn named(table: Option<&str>) -> Result<Self, MigrationError> {
        let table = table.unwrap_or(WRANGLER);
        let begins =
            |prefix: &str| table.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let why = if table.is_empty() || table.chars().any(char::is_control) {
            "it is empty or holds control characters"
        } else if begins("sqlite_") || begins("_cf_") {
            "the prefix is reserved"
        } else if begins(LARDER) {
            "it is Larder's own"
        } else {
            let larder = if table.eq_ignore_ascii_case(WRANGLER) {
                LARDER.to_owned()
            } else {
                format!("{LARDER}_{table}")
            };
            return Ok(Tables { wrangler: table.to_owned(), larder });
        };
        Err(MigrationError::Table { table: table.to_owned(), why })
    }

    /// Makes wrangler's table, in wrangler's words.
    pub fn create_wrangler(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {}(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n);",
            identifier(&self.wrangler)
        )
    }

    /// Makes Larder's table.
    pub fn create_larder(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {}(\n\tseq INTEGER PRIMARY KEY,\n\tname TEXT NOT NULL UNIQUE,\n\tsha256 TEXT NOT NULL,\n\tbefore INTEGER NOT NULL,\n\trun TEXT NOT NULL,\n\tversion TEXT NOT NULL,\n\tapplied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n);",
            identifier(&self.larder)
        )
    }

    /// Asks whether a file is applied.
    pub fn query_that_decides(&self) -> String {
        format!("SELECT name FROM {} ORDER BY id", identifier(&self.wrangler))
    }

    /// Reads wrangler's rows in the order in which they were written, which text ids need not have.
    pub fn select_wrangler(&self) -> String {
        format!("SELECT rowid AS number, name, applied_at FROM {} ORDER BY rowid", identifier(&self.wrangler))
    }

    /// Reads what wrangler's table is.
    pub fn select_shape(&self) -> String {
        format!(
            "SELECT sql FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower({})",
            literal(&self.wrangler)
        )
    }

    /// Adds wrangler's row of a file.
    pub fn insert_wrangler(&self, shape: &Shape, name: &str) -> String {
        let (table, name) = (identifier(&self.wrangler), literal(name));
        let (mut columns, mut values) = (vec!["name"], vec![name]);
        for (column, value) in shape.values(&table) {
            columns.push(column);
            values.push(value);
        }
        format!("INSERT INTO {table} ({})\nvalues ({});", columns.join(", "), values.join(", "))
    }

    /// Writes down that the database has kept a part of some files only, where this run's rows say that they are whole.
    pub(super) fn mark_partial(&self, files: &[&str], run: &str) -> String {
        let names: Vec<String> = files.iter().map(|name| literal(name)).collect();
        format!(
            "UPDATE {} SET sha256 = {} WHERE run = {} AND name IN ({});",
            identifier(&self.larder),
            literal(PARTIAL),
            literal(run),
            names.join(", ")
        )
    }

    /// Reads Larder's rows.
    pub fn select_larder(&self) -> String {
        format!("SELECT seq, name, sha256, before, run FROM {} ORDER BY seq", identifier(&self.larder))
    }
}

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
    pub shape: Shape,
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

    /// Larder's rows.
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
    pub(super) fn add(&mut self, name: &str, sha256: &str, run: &str) {
        let before = self.count();
        self.wrangler.get_or_insert_default().push(name.to_owned());
        self.last_row = None;
        self.add_larder(name, sha256, before, run);
        self.is_empty_database = false;
    }

    /// Adds Larder's row of a file that wrangler's table has.
    pub(super) fn add_larder(&mut self, name: &str, sha256: &str, before: i64, run: &str) {
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

/// A name in SQL.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in SQL.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wranglers_table_is_made_in_wranglers_words() {
        // Recorded from wrangler 4.164.0, `d1 migrations apply`.
        let recorded = "CREATE TABLE IF NOT EXISTS \"d1_migrations\"(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n);";
        assert_eq!(Tables::named(None).unwrap().create_wrangler(), recorded);
    }

    #[test]
    fn each_table_of_wranglers_has_its_own() {
        let tables =
            |table| Tables::named(table).map(|tables| tables.larder).map_err(|error| error.to_string());
        assert_eq!(tables(None).unwrap(), "larder_migrations");
        assert_eq!(tables(Some("d1_migrations")).unwrap(), "larder_migrations");
        assert_eq!(tables(Some("auth")).unwrap(), "larder_migrations_auth");
        for table in ["", "a\0", "sqlite_x", "_CF_KV", "Larder_migrations"] {
            assert!(tables(Some(table)).is_err(), "{table}");
        }
        let odd = Tables::named(Some("my \"m\"")).unwrap();
        assert_eq!(odd.query_that_decides(), "SELECT name FROM \"my \"\"m\"\"\" ORDER BY id");
    }

    #[test]
    fn a_record_follows_the_last_row() {
        let mut ledger = Ledger { wrangler: Some(vec!["1.sql".into()]), ..Ledger::default() };
        let old = ledger.clone();
        let migration = Migration { name: "2.sql".into(), sql: String::new(), sha256: "s".into() };
        ledger.record(&migration, "run");
        assert_eq!(ledger.applied(), ["1.sql", "2.sql"]);
        let row = ledger.row("2.sql").unwrap();
        assert_eq!((row.seq, row.before, ledger.last_seq(), ledger.count()), (1, 1, 1, 2));
        assert!(old.is_start_of(&ledger) && !ledger.is_start_of(&old) && !ledger.has_rows_of(&old));
    }
}
