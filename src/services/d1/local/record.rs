//! The record of a database in the account's store.

use super::engine::DatabaseFacts;
use crate::local::{ErrorReply, Resource};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

/// The table of databases, in the order in which they were made.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS d1_databases (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,
    jurisdiction TEXT, region TEXT NOT NULL, replication TEXT NOT NULL);
";

const COLUMNS: &str = "SELECT uuid, name, created_at, jurisdiction, region, replication FROM d1_databases";

/// One database of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) created_at: String,
    /// `eu`, `fedramp`, `us`.
    pub(super) jurisdiction: Option<String>,
    /// `WEUR`, ...
    pub(super) region: String,
    /// `auto` or `disabled`.
    pub(super) replication: String,
}

impl Record {
    /// Every database, oldest first.
    pub(super) fn all(store: &Connection) -> rusqlite::Result<Vec<Record>> {
        store.prepare(&format!("{COLUMNS} ORDER BY id"))?.query_map([], Record::read)?.collect()
    }

    /// The ids of all databases.
    pub(super) fn uuids(store: &Connection) -> rusqlite::Result<Vec<String>> {
        store.prepare("SELECT uuid FROM d1_databases")?.query_map([], |row| row.get(0))?.collect()
    }

    /// How many databases there are.
    pub(super) fn count(store: &Connection) -> rusqlite::Result<i64> {
        store.query_row("SELECT count(*) FROM d1_databases", [], |row| row.get(0))
    }

    /// The database of that name.
    pub(super) fn named(store: &Connection, name: &str) -> rusqlite::Result<Option<Record>> {
        store.query_row(&format!("{COLUMNS} WHERE name = ?1"), params![name], Record::read).optional()
    }

    /// The database with that id, which must be one: 7400 says what is none, 7404 what is unknown.
    pub(super) fn by_uuid(store: &Connection, uuid: &str) -> Result<Record, ErrorReply> {
        if !is_uuid(uuid) {
            return Err(invalid("databaseId", "Invalid uuid"));
        }
        Record::of_uuid(store, uuid)?.ok_or_else(|| missing(uuid))
    }

    /// The database with that id or name.
    pub(super) fn find(store: &Connection, uuid_or_name: &str) -> Result<Record, ErrorReply> {
        match Record::of_uuid(store, uuid_or_name)? {
            Some(record) => Ok(record),
            None => Record::named(store, uuid_or_name)?.ok_or_else(|| missing(uuid_or_name)),
        }
    }

    /// Adds the database to the store.
    pub(super) fn insert(&self, store: &Connection) -> rusqlite::Result<()> {
        store.execute(
            "INSERT INTO d1_databases (uuid, name, created_at, jurisdiction, region, replication)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![self.uuid, self.name, self.created_at, self.jurisdiction, self.region, self.replication],
        )?;
        Ok(())
    }

    /// Writes the one thing that can be changed.
    pub(super) fn save_replication(&self, store: &Connection) -> rusqlite::Result<()> {
        store.execute(
            "UPDATE d1_databases SET replication = ?2 WHERE uuid = ?1",
            params![self.uuid, self.replication],
        )?;
        Ok(())
    }

    /// Takes the database out of the store.
    pub(super) fn remove(&self, store: &Connection) -> rusqlite::Result<()> {
        store.execute("DELETE FROM d1_databases WHERE uuid = ?1", params![self.uuid])?;
        Ok(())
    }

    /// As an element of the list (D1-3).
    pub(super) fn listed(&self, facts: &DatabaseFacts) -> Value {
        json!({
            "uuid": self.uuid,
            "name": self.name,
            "version": "production",
            "created_at": self.created_at,
            "num_tables": facts.tables,
            "file_size": facts.bytes,
            "jurisdiction": self.jurisdiction,
        })
    }

    /// As an answer of its own (D1-3).
    pub(super) fn full(&self, facts: &DatabaseFacts) -> Value {
        let mut full = self.listed(facts);
        full["running_in_region"] = self.region.as_str().into();
        full["read_replication"] = json!({"mode": self.replication});
        full
    }

    /// As a resource of the account.
    pub(super) fn resource(self) -> Resource {
        let Record { uuid, name, jurisdiction, .. } = self;
        Resource { kind: "database", name, id: uuid, jurisdiction }
    }

    fn of_uuid(store: &Connection, uuid: &str) -> rusqlite::Result<Option<Record>> {
        store.query_row(&format!("{COLUMNS} WHERE uuid = ?1"), params![uuid], Record::read).optional()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Record> {
        Ok(Record {
            uuid: row.get(0)?,
            name: row.get(1)?,
            created_at: row.get(2)?,
            jurisdiction: row.get(3)?,
            region: row.get(4)?,
            replication: row.get(5)?,
        })
    }
}

/// 7400 with the field and what is wrong with it (D1-26).
pub(super) fn invalid(field: &str, problem: &str) -> ErrorReply {
    ErrorReply::new(400, 7400, format!("Invalid property: {field} => {problem}"))
}

fn missing(database: &str) -> ErrorReply {
    ErrorReply::new(404, 7404, format!("The database {database} could not be found"))
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_told_from_names() {
        assert!(is_uuid("fff1b8c0-c656-42b8-ba94-3f5417d85f66"));
        for text in ["appdb", "", "fff1b8c0-c656-42b8-ba94-3f5417d85f6g", "fff1b8c0c65642b8ba943f5417d85f66"]
        {
            assert!(!is_uuid(text), "{text}");
        }
    }
}
