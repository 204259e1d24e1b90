//! The user tables of a database, from SQLite's own tables.

use super::authorizer::is_open;
use rusqlite::Connection;

/// One table with its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    /// Kept by a module such as FTS5; what holds its data is no table of a caller.
    pub(super) is_virtual: bool,
    /// Without generated ones, which can't be written.
    pub(super) columns: Vec<Column>,
    /// What puts rows in the order of their keys.
    pub(super) order: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// As the schema has it.
    pub(super) default: Option<String>,
}

/// Every table, in the order in which they were made.
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let sql = "SELECT l.name, l.type = 'virtual', l.wr FROM pragma_table_list AS l JOIN sqlite_schema AS s
        ON s.name = l.name AND s.type = 'table'
        WHERE l.schema = 'main' AND l.type IN ('table', 'virtual') AND substr(l.name, 1, 7) <> 'sqlite_'
        ORDER BY s.rowid";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
    })?;
    let named: Vec<_> = rows.collect::<Result<_, _>>()?;
    named
        .into_iter()
        .filter(|(name, ..)| is_open(name))
        .map(|(name, is_virtual, is_without_rowid)| {
            let (columns, keys) = columns(connection, &name)?;
            let order = if is_without_rowid { keys.join(", ") } else { "rowid".into() };
            Ok(Table { name, is_virtual, columns, order })
        })
        .collect()
}

/// The columns of a table, and those of its primary key, quoted, in the order of the key.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<(Vec<Column>, Vec<String>)> {
    let mut statement =
        connection.prepare("SELECT name, dflt_value, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    let rows = statement.query_map([table], |row| {
        Ok((Column { name: row.get(0)?, default: row.get(1)? }, row.get::<_, i64>(2)?))
    })?;
    let all: Vec<(Column, i64)> = rows.collect::<Result<_, _>>()?;
    let mut keys: Vec<_> = all.iter().filter(|(_, place)| *place > 0).collect();
    keys.sort_by_key(|(_, place)| *place);
    let keys = keys.iter().map(|(column, _)| quoted(&column.name)).collect();
    Ok((all.into_iter().map(|(column, _)| column).collect(), keys))
}

/// An identifier between quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_callers_with_their_keys() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE _cf_KV (key); CREATE TABLE z (id INTEGER PRIMARY KEY AUTOINCREMENT, twice AS (id * 2));
                 CREATE TABLE a (\"x y\", b DEFAULT 1, PRIMARY KEY (b, \"x y\")) WITHOUT ROWID;
                 CREATE VIRTUAL TABLE f USING fts5(body); CREATE VIEW v AS SELECT 1",
            )
            .unwrap();
        let found = tables(&connection).unwrap();
        let facts: Vec<_> =
            found.iter().map(|table| (table.name.as_str(), table.is_virtual, table.order.as_str())).collect();
        assert_eq!(facts, [("z", false, "rowid"), ("a", false, "\"b\", \"x y\""), ("f", true, "rowid")]);
        assert_eq!(found[0].columns, [Column { name: "id".into(), default: None }]);
        assert_eq!(found[1].columns[1], Column { name: "b".into(), default: Some("1".into()) });
    }
}
