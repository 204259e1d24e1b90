//! What kind of table stands under the name of wrangler's: its own, or one of another tool.

use rusqlite::Connection;

/// Whose rows a table can take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Wrangler's: the table numbers its rows itself.
    #[default]
    Numbered,
    /// Alchemy's: the number is a text of five digits, which whoever writes must give (peers, 1.3).
    TextIds,
    /// Something that can't be this ledger, and why.
    Foreign(&'static str),
}

impl Shape {
    /// Of the table that this statement made.
    pub(super) fn of(create: &str) -> Self {
        match columns(create) {
            Ok(columns) => Self::of_columns(&columns),
            Err(_) => Shape::Foreign("its definition can't be read"),
        }
    }

    fn of_columns(columns: &[(String, String)]) -> Self {
        let kind = |name: &str| {
            let found = columns.iter().find(|(column, _)| column.eq_ignore_ascii_case(name));
            found.map(|(_, kind)| kind.to_ascii_uppercase())
        };
        match (kind("id"), kind("name"), kind("applied_at")) {
            (None, ..) => Shape::Foreign("it has no column `id`"),
            (_, None, _) => Shape::Foreign("it has no column `name`"),
            (_, _, None) => Shape::Foreign("it has no column `applied_at`"),
            (Some(id), ..) if id == "INTEGER" => Shape::Numbered,
            (Some(id), ..) if id == "TEXT" => Shape::TextIds,
            _ => Shape::Foreign("its column `id` is neither an `INTEGER` nor a `TEXT`"),
        }
    }
}

/// Names and types of a table's columns, as SQLite reads its definition.
fn columns(create: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let database = Connection::open_in_memory()?;
    database.execute_batch(create)?;
    let mut columns = database.prepare(
        "SELECT info.name, info.type FROM sqlite_master, pragma_table_info(sqlite_master.name) AS info \
         WHERE sqlite_master.type = 'table' AND sqlite_master.name NOT LIKE 'sqlite_%'",
    )?;
    let rows = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_columns() {
        let shape = |columns: &str| Shape::of(&format!("CREATE TABLE \"d1_migrations\" ({columns})"));
        let rest = "name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL";
        assert_eq!(shape(&format!("id INTEGER PRIMARY KEY AUTOINCREMENT, {rest}")), Shape::Numbered);
        assert_eq!(shape(&format!("id TEXT PRIMARY KEY, {rest}")), Shape::TextIds);
        assert_eq!(shape("id TEXT PRIMARY KEY, applied_at TEXT"), Shape::Foreign("it has no column `name`"));
        assert_eq!(
            shape("id INTEGER PRIMARY KEY, name TEXT"),
            Shape::Foreign("it has no column `applied_at`")
        );
        assert_eq!(
            shape("version TEXT, name TEXT, applied_at TEXT"),
            Shape::Foreign("it has no column `id`")
        );
        assert!(matches!(shape(&format!("id BLOB, {rest}")), Shape::Foreign(_)));
        assert!(matches!(shape("nonsense("), Shape::Foreign(_)));
    }
}
