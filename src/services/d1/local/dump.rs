//! A database as SQL text that makes it again, as D1's export writes it (Cloudflare API notes 6.6).
//!
//! **Invariant:** no transaction control stands in the text, so D1 takes it back.

use super::tables::{Column, columns, quoted, tables};
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
    let tables = tables(connection)?;
    if tables.iter().any(|table| table.is_virtual) {
        return Err(DumpError::VirtualTable);
    }
    let schema = schema(connection)?;
    let wanted = |name: &str| options.tables.is_empty() || options.tables.iter().any(|table| table == name);
    let mut text = "PRAGMA defer_foreign_keys=TRUE;\n".to_owned();
    for table in tables.iter().filter(|table| wanted(&table.name)) {
        if !options.no_schema {
            write_schema(&schema, |entry| entry.is_table && entry.table == table.name, &mut text);
        }
        if !options.no_data {
            write_rows(connection, &table.name, &table.columns, &table.order, &mut text)?;
        }
    }
    let has_sequences = schema.iter().any(|entry| entry.is_table && entry.table == "sqlite_sequence");
    if has_sequences && !options.no_data && options.tables.is_empty() {
        text.push_str("DELETE FROM sqlite_sequence;\n");
        let (columns, _) = columns(connection, "sqlite_sequence")?;
        write_rows(connection, "sqlite_sequence", &columns, "rowid", &mut text)?;
    }
    if !options.no_schema {
        write_schema(&schema, |entry| !entry.is_table && wanted(&entry.table), &mut text);
    }
    Ok(text)
}

/// What the schema has of a table, index, trigger or view.
struct Entry {
    is_table: bool,
    table: String,
    sql: String,
}

fn schema(connection: &Connection) -> rusqlite::Result<Vec<Entry>> {
    let sql = "SELECT type = 'table', tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid";
    let mut statement = connection.prepare(sql)?;
    let rows = statement
        .query_map([], |row| Ok(Entry { is_table: row.get(0)?, table: row.get(1)?, sql: row.get(2)? }))?;
    rows.collect()
}

fn write_schema(schema: &[Entry], wanted: impl Fn(&Entry) -> bool, text: &mut String) {
    for entry in schema.iter().filter(|entry| wanted(entry)) {
        let _ = writeln!(text, "{};", entry.sql);
    }
}

fn write_rows(
    connection: &Connection,
    table: &str,
    columns: &[Column],
    order: &str,
    text: &mut String,
) -> rusqlite::Result<()> {
    let table = quoted(table);
    let columns = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(",");
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table} ORDER BY {order}"))?;
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
