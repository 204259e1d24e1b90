//! Checks a file before it is loaded: what D1 refuses in any text.
//!
//! A dump holds the tables of ledgers, and may: what stands in a file to be loaded is not judged, only whether it runs.

use super::super::sql::script::Script;
use super::file::File;
use super::finding::{LintFinding, refused};
use super::rules::refused_by_d1;
use crate::op::Failure;

/// A larger file is sent as it is: it takes longer to read here than there.
pub const CHECKED_BYTES_MAX: u64 = 16 << 20;

/// Refuses a text that D1 would refuse; `path` is from the project's folder.
pub fn check_load(path: &str, sql: &str) -> Result<(), Failure> {
    let script = Script::new(sql);
    let file = File { name: path.to_owned(), path: path.to_owned(), script };
    let found: Vec<LintFinding> =
        file.script.statements().iter().flat_map(|statement| refused_by_d1(&file, statement)).collect();
    if file.script.statements().is_empty() {
        let message = format!("`{path}` holds no statement");
        return Err(Failure::refused_with_hint("argument", message, "D1 refuses an empty file"));
    }
    refused(&format!("`{path}` is not loaded"), &found).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_d1_does_not_run_is_refused_with_its_place() {
        let said = |sql: &str| check_load("seed.sql", sql).map_err(|failure| failure.to_string());
        let dump = "CREATE TABLE d1_migrations (x); INSERT INTO d1_migrations VALUES (1); DROP TABLE t;";
        assert_eq!(said(dump), Ok(()));
        for (sql, message) in [
            (
                "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nINSERT INTO t VALUES (1);\nCOMMIT;",
                "`seed.sql` is not loaded: seed.sql:2:1: D1 does not allow `BEGIN TRANSACTION` (and 1 more finding)",
            ),
            (
                "SELECT 1;\n  SELEC 2",
                "`seed.sql` is not loaded: seed.sql:2:3: `SELEC 2` can't be read: near \"SELEC\": syntax error",
            ),
            (
                "PRAGMA user_version = 1",
                "`seed.sql` is not loaded: seed.sql:1:1: D1 does not allow `PRAGMA user_version`",
            ),
            ("-- nothing", "`seed.sql` holds no statement"),
        ] {
            assert_eq!(said(sql).unwrap_err(), message);
        }
    }
}
