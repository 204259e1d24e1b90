//! The objects of a database: tables, indexes, views and triggers.
//!
//! **Invariant:** the ledger, SQLite's own tables and Cloudflare's are not in it.

use super::super::files::tables::Tables;
use super::super::ledger::object::Object;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// What an object is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    kind: String,
    /// In lower case: SQLite does not tell cases apart (SQL-7).
    name: String,
}

impl Id {
    /// Of an object of a kind: `table`, `index`, `view`, `trigger`.
    pub fn new(kind: &str, name: &str) -> Self {
        Id { kind: kind.to_owned(), name: name.to_ascii_lowercase() }
    }

    pub fn of(object: &Object) -> Self {
        Id::new(&object.kind, &object.name)
    }
}

/// The objects of a database.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    objects: BTreeMap<Id, Object>,
}

impl Snapshot {
    /// Of a schema that was read.
    pub fn of_live(objects: &[Object], ledger: &Tables) -> Self {
        let mut snapshot = Snapshot::default();
        for object in objects.iter().filter(|object| !object.is_of_ledger(ledger)) {
            snapshot.insert(object.clone());
        }
        snapshot
    }

    /// Of a database in memory.
    pub fn of(database: &Connection) -> rusqlite::Result<Self> {
        let mut statement = database.prepare(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' \
             ESCAPE '\\' AND tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')",
        )?;
        let objects = statement.query_map([], |row| {
            Ok(Object { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? })
        })?;
        let mut snapshot = Snapshot::default();
        for object in objects {
            snapshot.insert(object?);
        }
        Ok(snapshot)
    }

    pub fn insert(&mut self, object: Object) {
        self.objects.insert(Id::of(&object), object);
    }

    /// An object, if it is there.
    pub fn get(&self, id: &Id) -> Option<&Object> {
        self.objects.get(id)
    }

    /// The table of that name, if it is there.
    pub fn table(&self, name: &str) -> Option<&Object> {
        self.get(&Id::new("table", name))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Object)> {
        self.objects.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The statements that made the indexes of a table.
    pub fn indexes_of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a str> {
        let is_of =
            move |object: &&Object| object.kind == "index" && object.table.eq_ignore_ascii_case(table);
        self.objects.values().filter(is_of).map(|object| object.sql.as_str())
    }
}
