//! The names of the ledger tables, and the SQL that creates, reads and marks them.
//!
//! **Invariant:** wrangler can use its table as if it had made it itself (WR-4).

use super::super::error::MigrationError;
use super::super::sql::quoted::{identifier, literal};

/// Wrangler's default (WR-4).
const WRANGLER: &str = "d1_migrations";
const LARDER: &str = "larder_migrations";
/// Stands in for the text of a file of which the database has kept only a part.
pub const PARTIAL: &str = "partial";

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

    /// Writes down that the database has kept a part of some files only, where this run's rows say that they are whole.
    pub fn mark_partial(&self, files: &[&str], run: &str) -> String {
        let names: Vec<String> = files.iter().map(|name| literal(name)).collect();
        format!(
            "UPDATE {} SET sha256 = {} WHERE run = {} AND name IN ({});",
            identifier(&self.larder),
            literal(PARTIAL),
            literal(run),
            names.join(", ")
        )
    }

    pub fn select_larder(&self) -> String {
        format!("SELECT seq, name, sha256, before, run FROM {} ORDER BY seq", identifier(&self.larder))
    }
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
}
