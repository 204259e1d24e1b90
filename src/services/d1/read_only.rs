//! Decides by SQLite's grammar whether SQL only reads, before anything is sent.
//!
//! **Invariant:** what can't be parsed does not count as reading.

use crate::op::Failure;
use crate::services::d1::migrations::{is_switch, only_informs};
use sqlite3_parser::ast::{Cmd, PragmaBody, Stmt};
use sqlite3_parser::lexer::sql::Parser;
use sqlite3_parser::{Bump, FallibleIterator};

/// Refuses anything but one statement that reads.
pub(super) fn check(sql: &str) -> Result<(), Failure> {
    const ANY: &str = "`execute` runs any statement, and a plan lists it";
    const EACH: &str = "call `query` once for each statement";
    let refuse = |words: String, hint: &str| Failure::refused_with_hint("argument", words, hint);
    let arena = Bump::new();
    let mut parser = Parser::new(&arena, sql.as_bytes());
    let mut count = 0;
    loop {
        match parser.next() {
            Ok(None) => break,
            Ok(Some(command)) if reads(&command) => count += 1,
            Ok(Some(_)) => {
                let number = count + 1;
                return Err(refuse(format!("`query` only reads, and statement {number} may write"), ANY));
            }
            Err(error) => {
                // The grammar here is SQLite's own, of some version: a database may know more.
                let message = format!("the SQL can't be read as a statement: {error}");
                return Err(Failure::refused("argument", message));
            }
        }
    }
    match count {
        1 => Ok(()),
        0 => Err(Failure::refused("argument", "the SQL has no statement".to_owned())),
        _ => Err(refuse(format!("`query` takes one statement, not {count}"), EACH)),
    }
}

fn reads(command: &Cmd) -> bool {
    match command {
        Cmd::Explain(_) | Cmd::ExplainQueryPlan(_) | Cmd::Stmt(Stmt::Select(_)) => true,
        Cmd::Stmt(Stmt::Pragma(name, body)) => {
            let name = name.name.0;
            (only_informs(name) && !matches!(body, Some(PragmaBody::Equals(_))))
                || (is_switch(name) && body.is_none())
        }
        Cmd::Stmt(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reads_pass() {
        for sql in [
            "SELECT 1",
            "select * from t where a = ?1; -- done",
            "VALUES (1), (2)",
            "WITH x AS (SELECT 1) SELECT * FROM x",
            "EXPLAIN DELETE FROM t",
            "EXPLAIN QUERY PLAN SELECT 1",
            "PRAGMA table_info(users)",
            "pragma Table_List;",
            "PRAGMA foreign_keys",
        ] {
            assert!(check(sql).is_ok(), "{sql}");
        }
        for (sql, words) in [
            ("DELETE FROM t", "`query` only reads, and statement 1 may write"),
            ("SELECT 1; DROP TABLE t", "`query` only reads, and statement 2 may write"),
            (
                "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
                "`query` only reads, and statement 1 may write",
            ),
            ("PRAGMA foreign_keys = off", "`query` only reads, and statement 1 may write"),
            ("PRAGMA foreign_keys(0)", "`query` only reads, and statement 1 may write"),
            ("PRAGMA table_info = users", "`query` only reads, and statement 1 may write"),
            ("PRAGMA optimize", "`query` only reads, and statement 1 may write"),
            ("SELECT 1; SELECT 2", "`query` takes one statement, not 2"),
            ("-- nothing", "the SQL has no statement"),
        ] {
            assert_eq!(check(sql).unwrap_err().to_string(), words, "{sql}");
        }
        let broken = check("SELEC 1").unwrap_err();
        assert!(broken.to_string().starts_with("the SQL can't be read as a statement: "), "{broken}");
        assert_eq!(broken.hint(), None);
        let writes = check("DELETE FROM t").unwrap_err();
        assert_eq!(writes.hint().unwrap(), "`execute` runs any statement, and a plan lists it");
    }
}
