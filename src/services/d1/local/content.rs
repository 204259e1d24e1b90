//! The content of a database as one value: equal for databases in the same state.
//!
//! **Invariant:** what SQLite itself filled in from the clock is left out; any other value counts.

use super::authorizer::is_open;
use super::record::Record;
use super::tables::{Table, quoted, tables};
use super::values;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

/// The database's own fields, its schema in the order of names, and all rows in the order of their keys.
pub(super) fn of(record: &Record, connection: &Connection) -> rusqlite::Result<Value> {
    Ok(json!({
        "region": record.region,
        "read_replication": record.replication,
        "schema": schema(connection)?,
        "rows": rows(connection)?,
    }))
}

fn schema(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name, sql FROM sqlite_schema
        WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name, type";
    let mut statement = connection.prepare(sql)?;
    let all = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    all.filter(|row| row.as_ref().map_or(true, |(name, _)| is_open(name)))
        .map(|row| row.map(|(_, sql)| sql))
        .collect()
}

fn rows(connection: &Connection) -> rusqlite::Result<Map<String, Value>> {
    tables(connection)?
        .into_iter()
        .map(|table| Ok((table.name.clone(), rows_of(connection, &table)?)))
        .collect()
}

fn rows_of(connection: &Connection, table: &Table) -> rusqlite::Result<Value> {
    let columns = table.columns.iter().filter(|column| !is_clock(column.default.as_deref()));
    // The literal makes the list of columns never empty, and rows of nothing but times countable.
    let columns =
        columns.map(|column| quoted(&column.name)).chain(["''".into()]).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {columns} FROM {} ORDER BY {}", quoted(&table.name), table.order);
    let mut statement = connection.prepare(&sql)?;
    let width = statement.column_count() - 1;
    let rows = statement.query_map([], |row| {
        (0..width).map(|at| row.get_ref(at).map(values::json)).collect::<Result<Vec<_>, _>>()
    })?;
    rows.map(|row| row.map(Value::from)).collect()
}

fn is_clock(default: Option<&str>) -> bool {
    default.is_some_and(|default| {
        ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]
            .iter()
            .any(|name| default.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(sql: &str) -> Value {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(sql).unwrap();
        let record = Record {
            uuid: String::new(),
            name: "db".into(),
            created_at: String::new(),
            jurisdiction: None,
            region: "WEUR".into(),
            replication: "disabled".into(),
        };
        of(&record, &connection).unwrap()
    }

    #[test]
    fn content_is_schema_and_rows_in_order_of_keys() {
        assert_eq!(
            content(
                "CREATE TABLE _cf_KV (key); CREATE TABLE u (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
                 INSERT INTO u VALUES ('b', 1), ('a', x'01');
                 CREATE TABLE t (a TEXT UNIQUE, at TEXT DEFAULT CURRENT_TIMESTAMP);
                 INSERT INTO t (a) VALUES ('z'), ('y')"
            ),
            json!({
                "region": "WEUR", "read_replication": "disabled",
                "schema": [
                    "CREATE TABLE t (a TEXT UNIQUE, at TEXT DEFAULT CURRENT_TIMESTAMP)",
                    "CREATE TABLE u (k TEXT PRIMARY KEY, v) WITHOUT ROWID",
                ],
                "rows": {"t": [["z"], ["y"]], "u": [["a", [1]], ["b", 1]]},
            })
        );
    }

    #[test]
    fn a_row_more_or_a_value_other_is_other_content() {
        let make = "CREATE TABLE t (a); INSERT INTO t VALUES (1)";
        assert_eq!(content(make), content(make));
        assert_ne!(content(make), content(&format!("{make}, (2)")));
        assert_ne!(content(make), content("CREATE TABLE t (a); INSERT INTO t VALUES ('1')"));
    }
}
