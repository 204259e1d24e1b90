//! Asks SQLite to parse a piece of SQL on an empty database.

use super::lexer::place;
use super::script::Statement;
use rusqlite::{Connection, Error};

/// SQLite's words.
const NOT_CONSTANT: &str = "Cannot add a column with non-constant default";

/// Where in the file an offset into a statement is; its beginning where SQLite gives none.
pub fn locate(statement: &Statement, offset: i32) -> (usize, usize) {
    let at = usize::try_from(offset).unwrap_or_default();
    match place(&statement.text, at) {
        (1, column) => (statement.line, statement.column + column - 1),
        (line, column) => (statement.line + line - 1, column),
    }
}

/// Whether a default is one that SQLite can give to rows that are there already; D1 asks that always, SQLite only where
/// there are rows (D1-16).
pub fn is_constant(default: &str) -> bool {
    let refused = |default: &str| {
        let database = Connection::open_in_memory()?;
        database.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")?;
        database.execute_batch(&format!("ALTER TABLE t ADD COLUMN b DEFAULT {default}"))
    };
    // The grammar's crate leaves out parentheses that SQLite asks for.
    let result = match refused(default) {
        Err(Error::SqlInputError { .. }) => refused(&format!("({default})")),
        other => other,
    };
    !matches!(result, Err(Error::SqliteFailure(_, Some(words)) | Error::SqlInputError { msg: words, .. }) if words == NOT_CONSTANT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_what_sqlite_takes_for_them() {
        for default in ["5", "-5", "'a b'", "NULL", "true", "x'00'", "('a')", "\"word\""] {
            assert!(is_constant(default), "{default}");
        }
        for default in
            ["CURRENT_TIMESTAMP", "(datetime ('now'))", "(lower (hex (randomblob (16))))", "(1 + 1)"]
        {
            assert!(!is_constant(default), "{default}");
        }
    }
}
