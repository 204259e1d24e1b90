//! A database as SQL text that makes it again, as D1's export writes it (Cloudflare API notes 6.6).
//!
//! **Invariant:** no transaction control stands in the text, so D1 takes it back.

use super::authorizer::is_open;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::fmt::Write as _;

/// What to leave out.
#[derive(Clone, Debug, Default)]
pub(super) struct DumpOptions {
    pub(super) no_schema: bool,
    pub(super) no_data: bool,
    /// All, when empty.
    pub(super) tables: Vec<String>,
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub(super) enum DumpError {
    /// D1 exports no database that has one.
    #[error("D1 Export error: cannot export databases with Virtual Tables (fts5)")]
    VirtualTable,
    /// SQLite failed.
    #[error("D1 Export error: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Writes the text.
pub(super) fn dump(connection: &Connection, options: &DumpOptions) -> Result<String, DumpError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual')";
    if connection.query_row(sql, [], |row| row.get(0))? {
        return Err(DumpError::VirtualTable);
    }
    let mut text = "PRAGMA defer_foreign_keys=TRUE;\n".to_owned();
    let tables = tables(connection)?;
    let wanted = |name: &str| options.tables.is_empty() || options.tables.iter().any(|table| table == name);
    for (name, sql) in tables.iter().filter(|(name, _)| wanted(name)) {
        if !options.no_schema {
            let _ = writeln!(text, "{sql};");
        }
        if !options.no_data {
            write_rows(connection, name, &mut text)?;
        }
    }
    if !options.no_data && options.tables.is_empty() && has_sequences(connection)? {
        text.push_str("DELETE FROM sqlite_sequence;\n");
        write_rows(connection, "sqlite_sequence", &mut text)?;
    }
    if !options.no_schema {
        let mut statement = connection.prepare(
            "SELECT tbl_name, sql FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL ORDER BY rowid",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        for row in rows {
            let (table, sql) = row?;
            if wanted(&table) {
                let _ = writeln!(text, "{sql};");
            }
        }
    }
    Ok(text)
}

/// An identifier between quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The caller's tables with the SQL that made them, in the order in which they were made.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY rowid";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.filter(|row| row.as_ref().map_or(true, |(name, _)| is_open(name))).collect()
}

fn has_sequences(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence')";
    connection.query_row(sql, [], |row| row.get(0))
}

fn write_rows(connection: &Connection, table: &str, text: &mut String) -> rusqlite::Result<()> {
    // Generated columns can't be written, so they are not read: table_info leaves them out.
    let columns: Vec<String> = connection
        .prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?
        .query_map([table], |row| row.get::<_, String>(0).map(|name| quoted(&name)))?
        .collect::<Result<_, _>>()?;
    let table = quoted(table);
    let columns = columns.join(",");
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table}"))?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values: Vec<String> =
            (0..width).map(|at| row.get_ref(at).map(literal)).collect::<Result<_, _>>()?;
        let _ = writeln!(text, "INSERT INTO {table} ({columns}) VALUES({});", values.join(","));
    }
    Ok(())
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(integer) => integer.to_string(),
        ValueRef::Real(real) if real.is_infinite() => if real > 0.0 { "9e999" } else { "-9e999" }.into(),
        ValueRef::Real(real) => format!("{real:?}"),
        ValueRef::Text(text) => literal_text(&String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => {
            bytes.iter().fold("X'".to_owned(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02X}");
                hex
            }) + "'"
        }
    }
}

fn literal_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "
        CREATE TABLE _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
        CREATE TABLE \"a b\" (id INTEGER PRIMARY KEY AUTOINCREMENT, x, twice AS (x * 2));
        CREATE INDEX i ON \"a b\" (x);
        INSERT INTO \"a b\" (x) VALUES ('it''s'), (x'00ff'), (1.0), (NULL);
        CREATE VIEW v AS SELECT x FROM \"a b\";";

    fn database(sql: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(sql).unwrap();
        connection
    }

    #[test]
    fn a_dump_is_sql_that_makes_the_same() {
        let first = dump(&database(SCHEMA), &DumpOptions::default()).unwrap();
        assert_eq!(
            first,
            "PRAGMA defer_foreign_keys=TRUE;\n\
             CREATE TABLE \"a b\" (id INTEGER PRIMARY KEY AUTOINCREMENT, x, twice AS (x * 2));\n\
             INSERT INTO \"a b\" (\"id\",\"x\") VALUES(1,'it''s');\n\
             INSERT INTO \"a b\" (\"id\",\"x\") VALUES(2,X'00FF');\n\
             INSERT INTO \"a b\" (\"id\",\"x\") VALUES(3,1.0);\n\
             INSERT INTO \"a b\" (\"id\",\"x\") VALUES(4,NULL);\n\
             DELETE FROM sqlite_sequence;\n\
             INSERT INTO \"sqlite_sequence\" (\"name\",\"seq\") VALUES('a b',4);\n\
             CREATE INDEX i ON \"a b\" (x);\n\
             CREATE VIEW v AS SELECT x FROM \"a b\";\n"
        );
        assert_eq!(dump(&database(&first), &DumpOptions::default()).unwrap(), first);
    }

    #[test]
    fn parts_of_a_dump() {
        let connection = database("CREATE TABLE t (a); CREATE TABLE u (a); INSERT INTO u VALUES (1)");
        let options = DumpOptions { no_schema: true, tables: vec!["u".into()], ..DumpOptions::default() };
        let text = dump(&connection, &options).unwrap();
        assert_eq!(text, "PRAGMA defer_foreign_keys=TRUE;\nINSERT INTO \"u\" (\"a\") VALUES(1);\n");
        let options = DumpOptions { no_data: true, ..DumpOptions::default() };
        let text = dump(&connection, &options).unwrap();
        assert_eq!(text, "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE t (a);\nCREATE TABLE u (a);\n");
    }

    #[test]
    fn virtual_tables_are_refused() {
        let error =
            dump(&database("CREATE VIRTUAL TABLE f USING fts5(a)"), &DumpOptions::default()).unwrap_err();
        assert!(matches!(error, DumpError::VirtualTable));
    }
}
