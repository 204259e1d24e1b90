//! The differences of two schemas.
//!
//! **Invariant:** the ledger, SQLite's own tables and the inner tables of virtual ones are not part of a schema.

use super::super::files::tables::Tables;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of objects beside tables, in the order in which they are told.
const KINDS: [&str; 3] = ["index", "trigger", "view"];

/// A table's columns, by position: name, and what it is.
type Columns = Vec<(String, String)>;

/// What there is in a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    tables: BTreeMap<String, Columns>,
    /// By kind and name: the table, and the statement that made it.
    others: BTreeMap<(String, String), (String, String)>,
}

impl Schema {
    pub fn of(database: &Connection, ledger: &Tables) -> rusqlite::Result<Self> {
        let mut schema = Schema::default();
        let mut statement = database.prepare(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' \
             ESCAPE '\\' AND tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') \
             AND lower(tbl_name) NOT IN (lower(?1), lower(?2))",
        )?;
        let mut rows = statement.query(params![ledger.wrangler, ledger.larder])?;
        while let Some(row) = rows.next()? {
            let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
            if kind == "table" {
                let columns = columns(database, &name)?;
                schema.tables.insert(name, columns);
            } else {
                schema.others.insert((kind, name), (row.get(2)?, row.get(3)?));
            }
        }
        Ok(schema)
    }

    /// The names of its tables alone, which takes a single look.
    pub fn names(database: &Connection, ledger: &Tables) -> rusqlite::Result<BTreeSet<String>> {
        let mut statement = database.prepare_cached(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' \
             ESCAPE '\\' AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') \
             AND lower(name) NOT IN (lower(?1), lower(?2))",
        )?;
        let names = statement.query_map(params![ledger.wrangler, ledger.larder], |row| row.get(0))?;
        names.collect()
    }

    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// What `later` has and this one has not, and the other way round: `+ table users`.
    pub fn changes_to(&self, later: &Schema) -> Vec<String> {
        let mut changes = Vec::new();
        for name in self.tables.keys().filter(|name| !later.tables.contains_key(*name)) {
            changes.push(format!("- table {name}"));
        }
        for (name, columns) in &later.tables {
            match self.tables.get(name) {
                None => {
                    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
                    changes.push(format!("+ table {name} ({})", names.join(", ")));
                }
                Some(before) => compare(name, before, columns, &mut changes),
            }
        }
        for kind in KINDS {
            let (before, after) = (self.others_of(kind), later.others_of(kind));
            let shown = |name: &str, table: &str| {
                if kind == "view" { format!("view {name}") } else { format!("{kind} {name} on {table}") }
            };
            for (name, (table, sql)) in before.iter().map(|(name, made)| (*name, *made)) {
                match after.get(name) {
                    None => changes.push(format!("- {}", shown(name, table))),
                    Some((table, now)) if now != sql => {
                        changes.push(format!("~ {}", shown(name, table)));
                    }
                    Some(_) => {}
                }
            }
            let new = after.iter().filter(|(name, _)| !before.contains_key(*name));
            changes.extend(new.map(|(name, (table, _))| format!("+ {}", shown(name, table))));
        }
        changes
    }

    /// What is of a kind, by name.
    fn others_of(&self, kind: &str) -> BTreeMap<&str, &(String, String)> {
        let all = self.others.iter().filter(|((other, _), _)| other == kind);
        all.map(|((_, name), made)| (name.as_str(), made)).collect()
    }
}

fn compare(table: &str, before: &Columns, after: &Columns, changes: &mut Vec<String>) {
    for (name, _) in before.iter().filter(|(name, _)| !after.iter().any(|(other, _)| other == name)) {
        changes.push(format!("- column {table}.{name}"));
    }
    for (name, now) in after {
        match before.iter().find(|(other, _)| other == name) {
            None => changes.push(format!("+ column {table}.{name} {now}").trim_end().to_owned()),
            Some((_, was)) if was != now => {
                let shown =
                    |what: &str| if what.is_empty() { "(no type)".to_owned() } else { what.to_owned() };
                changes.push(format!("~ column {table}.{name} {} -> {}", shown(was), shown(now)));
            }
            Some(_) => {}
        }
    }
}

fn columns(database: &Connection, table: &str) -> rusqlite::Result<Columns> {
    let mut statement = database.prepare(
        "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid",
    )?;
    let rows = statement.query_map(params![table], |row| {
        let mut words: Vec<String> = vec![row.get(1)?];
        if row.get(2)? {
            words.push("NOT NULL".to_owned());
        }
        if let Some(default) = row.get::<_, Option<String>>(3)? {
            words.push(format!("DEFAULT {default}"));
        }
        if row.get::<_, i64>(4)? > 0 {
            words.push("PRIMARY KEY".to_owned());
        }
        words.retain(|word| !word.is_empty());
        Ok((row.get(0)?, words.join(" ")))
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(before: &str, after: &str) -> Vec<String> {
        let database = Connection::open_in_memory().unwrap();
        let ledger = Tables::named(None).unwrap();
        database.execute_batch(before).unwrap();
        let old = Schema::of(&database, &ledger).unwrap();
        database.execute_batch(after).unwrap();
        old.changes_to(&Schema::of(&database, &ledger).unwrap())
    }

    #[test]
    fn each_change_is_a_line() {
        let before = "CREATE TABLE users (id INTEGER PRIMARY KEY, old, n INT); CREATE TABLE gone (x); \
            CREATE INDEX by_n ON users (n); CREATE VIEW v AS SELECT 1; CREATE TABLE kept (a)";
        let after = "ALTER TABLE users ADD COLUMN email TEXT NOT NULL DEFAULT ''; ALTER TABLE users DROP COLUMN old; \
            DROP TABLE gone; DROP INDEX by_n; CREATE INDEX by_n ON users (n, id); CREATE INDEX by_email ON users (email); \
            DROP VIEW v; CREATE TABLE posts (id, body AS (id)); CREATE TRIGGER r AFTER INSERT ON posts BEGIN SELECT 1; END; \
            DROP TABLE kept; CREATE TABLE kept (a TEXT)";
        assert_eq!(
            changes(before, after),
            [
                "- table gone",
                "~ column kept.a (no type) -> TEXT",
                "+ table posts (id, body)",
                "- column users.old",
                "+ column users.email TEXT NOT NULL DEFAULT ''",
                "~ index by_n on users",
                "+ index by_email on users",
                "+ trigger r on posts",
                "- view v"
            ]
        );
    }

    #[test]
    fn what_sqlite_and_larder_keep_for_themselves_is_left_out() {
        let ledger = Tables::named(None).unwrap();
        let sql = format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE VIRTUAL TABLE f USING fts5(x); {} {}",
            ledger.create_wrangler(),
            ledger.create_larder()
        );
        assert_eq!(changes("", &sql), ["+ table f (x)", "+ table t (id)"]);
    }
}
