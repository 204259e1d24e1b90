//! A dump as D1's export writes it, including what makes it fail to load: rows before
//! the tables that they reference, triggers before views, `Infinity`, text with NUL. Numbers are exact, where D1
//! converts them to JavaScript's (D1-23).
//!
//! **Invariant:** no transaction control stands in the text.

use super::authorizer::is_open;
use super::tables::{columns, quoted};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::io::{self, Write};

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
    /// D1 has no such error: its disk is not this machine's.
    #[error("the local account can't write to its disk: {0}")]
    Disk(#[from] io::Error),
}

/// Writes the text: each table with its rows, the counters, then indexes, triggers and views, in this order.
pub(super) fn dump(
    connection: &Connection,
    options: &DumpOptions,
    file: &mut dyn Write,
) -> Result<(), DumpError> {
    let wanted = |name: &str| options.tables.is_empty() || options.tables.iter().any(|table| table == name);
    writeln!(file, "PRAGMA defer_foreign_keys=TRUE;")?;
    let tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL
        ORDER BY tbl_name = 'sqlite_sequence', rowid";
    let known = super::tables::tables(connection)?;
    for (name, sql) in entries(connection, tables)?.iter().filter(|(name, _)| wanted(name)) {
        let made = match name.as_str() {
            "sqlite_sequence" => "DELETE FROM sqlite_sequence".to_owned(),
            _ if name.starts_with("sqlite_stat") => "ANALYZE sqlite_schema".to_owned(),
            _ if sql.starts_with("CREATE VIRTUAL TABLE") => return Err(DumpError::VirtualTable),
            _ if !is_open(name) || name.starts_with("sqlite_") => continue,
            // SQLite's shell, which D1 follows here, writes it so.
            _ => match sql.strip_prefix("CREATE TABLE ").filter(|rest| rest.starts_with(['\'', '"'])) {
                Some(rest) => format!("CREATE TABLE IF NOT EXISTS {rest}"),
                None => sql.clone(),
            },
        };
        if !options.no_schema {
            writeln!(file, "{made};")?;
        }
        if !options.no_data {
            let order = known.iter().find(|table| table.name == *name).map_or("rowid", |table| &table.order);
            write_rows(connection, name, order, file)?;
        }
    }
    if !options.no_schema {
        let rest = "SELECT name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL
            ORDER BY type, rowid";
        for (_, sql) in entries(connection, rest)?.iter().filter(|(name, _)| wanted(name)) {
            writeln!(file, "{sql};")?;
        }
    }
    Ok(())
}

/// Names and definitions.
fn entries(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<(String, String)>> {
    connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn write_rows(
    connection: &Connection,
    table: &str,
    order: &str,
    file: &mut dyn Write,
) -> Result<(), DumpError> {
    let (columns, _) = columns(connection, table)?;
    let table = quoted(table);
    let columns = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(",");
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table} ORDER BY {order}"))?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values: Vec<String> =
            (0..width).map(|at| row.get_ref(at).map(literal)).collect::<Result<_, _>>()?;
        writeln!(file, "INSERT INTO {table} ({columns}) VALUES({});", values.join(","))?;
    }
    Ok(())
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(integer) => integer.to_string(),
        ValueRef::Real(real) if real.is_infinite() => {
            if real > 0.0 { "Infinity" } else { "-Infinity" }.into()
        }
        ValueRef::Real(real) => format!("{real:?}"),
        ValueRef::Text(text) => literal_text(&String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => format!("X'{}'", hex::encode(bytes)),
    }
}

/// Line ends leave as calls that put them back.
fn literal_text(text: &str) -> String {
    let mut written = format!("'{}'", text.replace('\'', "''"));
    for (end, name, code) in [('\r', "\\r", 13), ('\n', "\\n", 10)] {
        if written.contains(end) {
            let stands_in = unused(text, name);
            written = format!("replace({},'{stands_in}',char({code}))", written.replace(end, &stands_in));
        }
    }
    written
}

/// What can stand for a line end in this text.
fn unused(text: &str, name: &str) -> String {
    let numbered = (0..).map(|number| format!("({name}{number})"));
    let mut all = std::iter::once(name.to_owned()).chain(numbered);
    all.find(|name| !text.contains(name)).unwrap_or_default()
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

    fn dump(connection: &Connection, options: &DumpOptions) -> Result<String, DumpError> {
        let mut text = Vec::new();
        super::dump(connection, options, &mut text)?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_dump_is_sql_that_makes_the_same() {
        let first = dump(&database(SCHEMA), &DumpOptions::default()).unwrap();
        assert_eq!(
            first,
            "PRAGMA defer_foreign_keys=TRUE;\n\
             CREATE TABLE IF NOT EXISTS \"a b\" (id INTEGER PRIMARY KEY AUTOINCREMENT, x, twice AS (x * 2));\n\
             INSERT INTO \"a b\" (\"id\",\"x\") VALUES(1,'it''s');\n\
             INSERT INTO \"a b\" (\"id\",\"x\") VALUES(2,X'00ff');\n\
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
    fn what_d1_writes_in_its_own_way() {
        let connection = database(
            "CREATE TABLE t (a REFERENCES u); CREATE TABLE u (a PRIMARY KEY); CREATE VIEW v AS SELECT a FROM u;
             CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 1; END; CREATE INDEX i ON t (a);
             INSERT INTO u VALUES ('a'||char(13,10)||'\\n'), (9e999), (-9e999); INSERT INTO t VALUES (9e999);",
        );
        assert_eq!(
            dump(&connection, &DumpOptions::default()).unwrap(),
            "PRAGMA defer_foreign_keys=TRUE;\n\
             CREATE TABLE t (a REFERENCES u);\n\
             INSERT INTO \"t\" (\"a\") VALUES(Infinity);\n\
             CREATE TABLE u (a PRIMARY KEY);\n\
             INSERT INTO \"u\" (\"a\") VALUES(replace(replace('a\\r(\\n0)\\n','\\r',char(13)),'(\\n0)',char(10)));\n\
             INSERT INTO \"u\" (\"a\") VALUES(Infinity);\n\
             INSERT INTO \"u\" (\"a\") VALUES(-Infinity);\n\
             CREATE INDEX i ON t (a);\n\
             CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 1; END;\n\
             CREATE VIEW v AS SELECT a FROM u;\n"
        );
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
