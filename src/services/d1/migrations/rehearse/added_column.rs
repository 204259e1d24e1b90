//! Columns that can be added only to a table without rows.
//!
//! SQLite asks for rows when it adds a column that has no default and may not be NULL, or a default that is no constant, or
//! a default that would have to point at something (D1-16).

use super::super::sql::kind::StatementKind;
use super::super::sql::quoted::identifier;
use super::super::sql::syntax::is_constant;
use super::sample_rows;
use rusqlite::{Connection, Error, OptionalExtension as _};

/// What SQLite says where the table has a row; `None` where it adds the column all the same.
pub fn fails_with_rows(
    database: &Connection,
    kind: &StatementKind,
    sql: &str,
) -> rusqlite::Result<Option<Error>> {
    let StatementKind::AddColumn { table, .. } = kind else { return Ok(None) };
    let made = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
    let found = database.query_row(made, [table], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((name, create)): Option<(String, String)> = found else { return Ok(None) };
    let scratch = Connection::open_in_memory()?;
    scratch.execute_batch(&format!(
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {create}"
    ))?;
    sample_rows::fill(&scratch, std::slice::from_ref(&name))?;
    let filled = format!("SELECT EXISTS (SELECT 1 FROM {})", identifier(&name));
    if !scratch.query_row(&filled, [], |row| row.get::<_, bool>(0))? {
        return Ok(None);
    }
    // What fails without rows, too, is no matter of rows.
    let is_of_rows = |error: &Error| {
        let delete = format!("DELETE FROM {}", identifier(&name));
        let without = format!("PRAGMA foreign_keys = OFF; {delete}; PRAGMA foreign_keys = ON;");
        let is_emptied = scratch.execute_batch(&without).is_ok();
        is_emptied && !is_same(error, scratch.execute_batch(sql).err().as_ref())
    };
    scratch.execute_batch("PRAGMA foreign_keys = ON")?;
    let failed = scratch.execute_batch(sql).err().filter(is_of_rows);
    Ok(failed.filter(|error| !fails_for_values(kind, &words(error))))
}

/// What SQLite says.
pub fn words(error: &Error) -> String {
    match error {
        Error::SqlInputError { msg: words, .. } | Error::SqliteFailure(_, Some(words)) => words.clone(),
        other => other.to_string(),
    }
}

fn is_same(one: &Error, other: Option<&Error>) -> bool {
    other.is_some_and(|other| one.to_string() == other.to_string())
}

/// Whether the column could be added to other rows: a generated column or a `CHECK` may fail for what is in a row, and what
/// SQLite refuses whatever is in it, it refuses in these words.
pub fn fails_for_values(kind: &StatementKind, words: &str) -> bool {
    matches!(kind, StatementKind::AddColumn { .. }) && !words.starts_with("Cannot add a ")
}

/// What to do instead.
pub fn hint(kind: &StatementKind) -> Option<&'static str> {
    match kind {
        StatementKind::AddColumn { default: Some(default), .. } if !is_constant(default) => Some(
            "the table has rows: add the column without that default and fill it with an `UPDATE`, or rebuild the table",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqlite_adds_to_an_empty_table_only_is_known() {
        let database = Connection::open_in_memory().unwrap();
        let schema = "CREATE TABLE users (id INTEGER PRIMARY KEY); \
            CREATE TABLE t (a TEXT NOT NULL CHECK (length(a) = 7), u REFERENCES users, b AS (a || 'x'))";
        database.execute_batch(schema).unwrap();
        let said = |definition: &str| {
            let sql = format!("ALTER TABLE T ADD COLUMN {definition}");
            let error = fails_with_rows(&database, &StatementKind::read(&sql), &sql).unwrap();
            error.map(|error| error.to_string()).unwrap_or_default()
        };
        for (definition, expected) in [
            ("c TEXT", ""),
            ("c TEXT NOT NULL DEFAULT ''", ""),
            ("c REFERENCES users", ""),
            // It fails with rows and without.
            ("a TEXT", ""),
            ("c TEXT UNIQUE", ""),
            ("c TEXT NOT NULL", "Cannot add a NOT NULL column with default value NULL"),
            ("c TEXT DEFAULT CURRENT_TIMESTAMP", "Cannot add a column with non-constant default"),
            ("c TEXT DEFAULT (datetime('now'))", "Cannot add a column with non-constant default"),
            ("c REFERENCES users DEFAULT 1", "Cannot add a REFERENCES column with non-NULL default value"),
        ] {
            assert_eq!(said(definition), expected, "{definition}");
        }
    }
}
