//! The mark of a load: a table that is created before the file's first statement, and its index after the last.
//!
//! **Invariant:** the table is there if and only if the import has taken effect at all, the index if and only if it has
//! taken effect as a whole; a second import of the same load fails at its first statement.

use crate::http::{Client, ReadError, TransportError, TransportErrorKind};
use crate::services::d1::migrations::{Reader, Tables};

#[derive(Clone)]
pub(super) struct Mark {
    table: String,
}

/// What a look at the database shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoadProgress {
    /// Nothing of the file is in.
    Nothing,
    /// It has begun, and not come to its end: the import was no transaction.
    Part,
    /// All of it is in.
    All,
}

impl Mark {
    /// The mark of one op of a run.
    pub(super) fn of(run: &str, op: u64) -> Self {
        Mark { table: format!("larder_load_{}_{op}", run.to_ascii_lowercase()) }
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// The statement before the file.
    pub(super) fn before(&self) -> String {
        format!("CREATE TABLE \"{}\" (x);\n", self.table)
    }

    /// The statement after the file, which `closing` brings to its end.
    pub(super) fn after(&self, closing: &str) -> String {
        let table = &self.table;
        format!("{closing}\nCREATE INDEX \"{table}_whole\" ON \"{table}\" (x);\n")
    }

    /// How many statements of the import are the mark's.
    pub(super) const STATEMENTS: u64 = 2;

    /// Looks whether it is there.
    pub(super) async fn look(&self, client: &Client, database: &str) -> Result<LoadProgress, ReadError> {
        let tables = Tables::named(None).map_err(|error| {
            ReadError::Failed(TransportError::new(TransportErrorKind::Malformed, error.to_string()))
        })?;
        let reader = Reader { client, id: database, tables: &tables, copy: None };
        Ok(match reader.objects_of(&self.table).await? {
            0 => LoadProgress::Nothing,
            1 => LoadProgress::Part,
            _ => LoadProgress::All,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::split::StatementSplitter;
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn a_file_is_marked_whatever_it_ends_with() {
        let mark = Mark::of("01JX", 3);
        for (sql, closing) in [
            ("INSERT INTO t VALUES (1);\n", ""),
            ("INSERT INTO t VALUES (1)", ";"),
            ("INSERT INTO t VALUES (1) -- last", "\n;"),
            ("INSERT INTO t VALUES (1); /* open;", "*/"),
            (
                "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; END; INSERT INTO t VALUES (1)",
                ";",
            ),
        ] {
            let mut cutter = StatementSplitter::default();
            let mut rest = sql.as_bytes();
            while !rest.is_empty() {
                rest = &rest[cutter.feed(rest).1..];
            }
            assert_eq!(cutter.closing(), closing);
            let text = format!("{}{sql}{}", mark.before(), mark.after(closing));
            assert_eq!(
                text,
                format!(
                    "CREATE TABLE \"larder_load_01jx_3\" (x);\n{sql}{closing}\n\
                     CREATE INDEX \"larder_load_01jx_3_whole\" ON \"larder_load_01jx_3\" (x);\n"
                )
            );
            let database = Connection::open_in_memory().unwrap();
            database.execute_batch(&format!("CREATE TABLE t (a); BEGIN; {text} COMMIT;")).unwrap();
            let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!(count("SELECT count(*) FROM t"), 1, "{sql}");
            let marks = "SELECT count(*) FROM sqlite_master WHERE tbl_name = 'larder_load_01jx_3'";
            assert_eq!(count(marks), 2, "{sql}");
            assert!(database.execute_batch(&format!("BEGIN; {text} COMMIT;")).is_err(), "a second one");
        }
    }
}
