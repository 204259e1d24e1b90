//! `ALTER TABLE ... ADD COLUMN` with a default that is no constant: D1 refuses it always, SQLite only where the table has
//! rows (Cloudflare API notes 6.3).
//!
//! **Invariant:** what a constant is, SQLite says: the default is tried on a table of one row.

use rusqlite::{Connection, Error, OptionalExtension, params};

/// SQLite's words, and D1's.
pub(super) const NOT_CONSTANT: &str = "Cannot add a column with non-constant default";

/// How many columns the table has; 0 when there is none of that name.
pub(super) fn column_count(connection: &Connection, table: &str) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM pragma_table_xinfo(?1)", params![table], |row| row.get(0))
}

/// Whether the last column of `table` has a default that is no constant.
pub(super) fn last_is_not_constant(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let default: Option<Option<String>> = connection
        .query_row(
            "SELECT dflt_value FROM pragma_table_xinfo(?1) ORDER BY cid DESC LIMIT 1",
            params![table],
            |row| row.get(0),
        )
        .optional()?;
    let Some(default) = default.flatten() else { return Ok(false) };
    let scratch = Connection::open_in_memory()?;
    scratch.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")?;
    let refused = |default: &str| match scratch
        .execute_batch(&format!("ALTER TABLE t ADD COLUMN b DEFAULT {default}"))
    {
        Ok(()) => Some(false),
        Err(Error::SqliteFailure(_, Some(message))) => Some(message == NOT_CONSTANT),
        Err(_) => None,
    };
    // The schema keeps an expression without the parentheses it had to stand in.
    Ok(refused(&default).or_else(|| refused(&format!("({default})"))).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_tells_constants_from_the_rest() {
        for (default, expected) in [
            ("5", false),
            ("-5", false),
            ("'a b'", false),
            ("NULL", false),
            ("word", false),
            ("x'00'", false),
            ("TRUE", false),
            ("CURRENT_TIMESTAMP", true),
            ("(datetime('now'))", true),
            ("(lower(hex(randomblob(16))))", true),
        ] {
            let connection = Connection::open_in_memory().unwrap();
            let sql = format!("CREATE TABLE t (a); ALTER TABLE t ADD COLUMN b DEFAULT {default}");
            connection.execute_batch(&sql).unwrap();
            assert_eq!(column_count(&connection, "t").unwrap(), 2);
            assert_eq!(last_is_not_constant(&connection, "t").unwrap(), expected, "{default}");
        }
        let connection = Connection::open_in_memory().unwrap();
        assert_eq!(column_count(&connection, "t").unwrap(), 0);
    }
}
