//! Compares the rows before and after a file, to find losses that no single statement shows.

use super::super::lint::file::File;
use super::super::sql::kind::StatementKind;

/// Whether some statement of a file may take rows: of a file without one, nothing need be compared.
pub fn may_be(file: &File) -> bool {
    let keeps = |kind: &StatementKind| {
        matches!(
            kind,
            StatementKind::CreateTable { .. }
                | StatementKind::AddColumn { .. }
                | StatementKind::RenameTable { .. }
                | StatementKind::Other
        )
    };
    !file.script.statements().iter().all(|statement| keeps(&statement.kind))
}

/// Tables whose rows are gone though no statement says so: of those that had some, `is_empty` are there and have none.
pub fn rows(file: &File, before: &[String], is_empty: impl Fn(&str) -> bool) -> Vec<String> {
    let is_named = |table: &str| {
        file.script.statements().iter().any(|statement| {
            matches!(&statement.kind, StatementKind::Delete { from, .. } if from.eq_ignore_ascii_case(table))
        })
    };
    let is_lost = |table: &&String| is_empty(table) && !is_named(table);
    before
        .iter()
        .filter(is_lost)
        .map(|table| format!("the rows of `{table}` are deleted by way of other tables"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::sql::script::Script;
    use super::*;

    /// What is held against the rows of every table takes longer the more tables there are.
    #[test]
    fn only_a_file_that_may_take_rows_is_compared() {
        let file =
            |sql: &str| File { name: "1.sql".into(), path: "m/1.sql".into(), script: Script::new(sql) };
        for sql in [
            "CREATE TABLE t (a); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT a FROM t",
            "ALTER TABLE t ADD COLUMN b; ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN b TO c",
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM u; END",
            "SELECT 1; DROP INDEX i",
        ] {
            assert!(!may_be(&file(sql)), "{sql}");
        }
        for sql in [
            "INSERT INTO t VALUES (1)",
            "WITH a AS (SELECT 1) DELETE FROM t WHERE a IN a",
            "UPDATE t SET a = 1",
            "REPLACE INTO t VALUES (1)",
            "CREATE TABLE u (a); DROP TABLE t",
            "ALTER TABLE t DROP COLUMN a",
            "PRAGMA foreign_keys = ON",
        ] {
            assert!(may_be(&file(sql)), "{sql}");
        }
    }
}
