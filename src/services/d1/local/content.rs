//! All that a database holds, as one value: equal for two databases that were led to the same state.
//!
//! **Invariant:** what SQLite itself filled in from the clock is left out; any other value counts.

use super::authorizer::is_open;
use super::dump::quoted;
use super::record::Record;
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
    let sql = "SELECT name, wr FROM pragma_table_list
        WHERE schema = 'main' AND type IN ('table', 'virtual') AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let tables = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?;
    let mut all = Map::new();
    for table in tables {
        let (name, is_without_rowid) = table?;
        if is_open(&name) {
            all.insert(name.clone(), rows_of(connection, &name, is_without_rowid)?);
        }
    }
    Ok(all)
}

fn rows_of(connection: &Connection, table: &str, is_without_rowid: bool) -> rusqlite::Result<Value> {
    let columns: Vec<(String, i64, Option<String>)> = connection
        .prepare("SELECT name, pk, dflt_value FROM pragma_table_info(?1) ORDER BY cid")?
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let order = if is_without_rowid {
        let mut keys: Vec<_> = columns.iter().filter(|(_, pk, _)| *pk > 0).collect();
        keys.sort_by_key(|(_, pk, _)| *pk);
        keys.iter().map(|(name, _, _)| quoted(name)).collect::<Vec<_>>().join(", ")
    } else {
        "rowid".into()
    };
    let wanted: Vec<String> = columns
        .iter()
        .filter(|(_, _, default)| !is_clock(default.as_deref()))
        .map(|(name, _, _)| quoted(name))
        .collect();
    if wanted.is_empty() {
        let count: i64 =
            connection.query_row(&format!("SELECT count(*) FROM {}", quoted(table)), [], |row| row.get(0))?;
        return Ok(count.into());
    }
    let wanted = wanted.join(", ");
    let mut statement =
        connection.prepare(&format!("SELECT {wanted} FROM {} ORDER BY {order}", quoted(table)))?;
    let width = statement.column_count();
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
