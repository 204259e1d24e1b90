//! The tables that a statement may change beside the one it names, as SQLite reports them when it prepares the
//! statement (SQL-4).
//!
//! SQLite asks its authorizer for every table that the programs of a statement touch: those of triggers, by name, and those
//! of foreign keys, which have none. So cascades of any length, conflicts that replace rows, and triggers of triggers are all
//! seen, whatever way the schema was made.

use super::kind::StatementKind;
use rusqlite::Connection;

/// A table that a statement may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedTable {
    pub table: String,
    /// What it does there.
    pub does: TableChange,
    /// The trigger that does it; `None` for the statement itself and for foreign keys.
    pub trigger: Option<String>,
}

/// What is done to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableChange {
    Insert,
    Delete,
    /// This column is changed.
    Update(String),
}

/// How rows of a table are lost that the statement does not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndirectLoss {
    /// By this clause of a foreign key.
    Deleted(String),
    /// Values only, by this clause of a foreign key.
    Changed(String),
    Trigger(String),
}

/// Everything that a statement may touch.
#[derive(Clone, Debug, Default)]
pub struct TouchedTables(pub Vec<TouchedTable>);

impl TouchedTables {
    /// The tables that may get rows.
    pub fn filled(&self) -> impl Iterator<Item = &str> {
        let filled = self.0.iter().filter(|touch| touch.does == TableChange::Insert);
        filled.map(|touch| touch.table.as_str())
    }

    /// The tables that may lose rows which the statement does not name.
    pub fn losses(
        &self,
        kind: &StatementKind,
        database: &Connection,
    ) -> rusqlite::Result<Vec<(String, IndirectLoss)>> {
        let own = kind.target();
        let is_own = |table: &str| own.is_some_and(|own| own.eq_ignore_ascii_case(table));
        let mut found: Vec<(String, IndirectLoss)> = Vec::new();
        let mut own_deletes = 0;
        for TouchedTable { table, does, trigger } in &self.0 {
            let way = match (does, trigger) {
                (TableChange::Delete, None) if is_own(table) => {
                    // The first is the statement's own, of those that delete.
                    own_deletes += 1;
                    let beyond_own = match kind {
                        StatementKind::Delete { is_bounded, .. } => *is_bounded && own_deletes > 1,
                        StatementKind::DropTable { .. } => false,
                        _ => true,
                    };
                    beyond_own.then(|| IndirectLoss::Deleted("ON DELETE CASCADE".to_owned()))
                }
                (TableChange::Delete, None) => Some(IndirectLoss::Deleted("ON DELETE CASCADE".to_owned())),
                (TableChange::Delete, Some(trigger)) => {
                    let is_filled_anew = self.0.iter().any(|other| {
                        other.does == TableChange::Insert
                            && other.trigger.is_some()
                            && other.table.eq_ignore_ascii_case(table)
                    });
                    (!is_own(table) && !is_filled_anew).then(|| IndirectLoss::Trigger(trigger.clone()))
                }
                (TableChange::Update(column), None)
                    if !(is_own(table) && matches!(kind, StatementKind::Update { .. })) =>
                {
                    self.changed_by_key(kind, database, table, column)?.map(IndirectLoss::Changed)
                }
                (TableChange::Insert | TableChange::Update(_), _) => None,
            };
            let is_known = |way: &IndirectLoss| {
                found.iter().any(|(known, other)| known.eq_ignore_ascii_case(table) && other == way)
            };
            if let Some(way) = way.filter(|way| !is_known(way)) {
                found.push((table.clone(), way));
            }
        }
        Ok(found)
    }

    /// The clause by which a column loses its value; `None` where it follows the key that it points at.
    fn changed_by_key(
        &self,
        kind: &StatementKind,
        database: &Connection,
        table: &str,
        column: &str,
    ) -> rusqlite::Result<Option<String>> {
        let deletes = !matches!(kind, StatementKind::Update { .. })
            || self.0.iter().any(|touch| touch.does == TableChange::Delete);
        let updates = self.0.iter().any(|touch| matches!(touch.does, TableChange::Update(_)))
            && !matches!(kind, StatementKind::Delete { .. } | StatementKind::DropTable { .. });
        let mut keys = database.prepare_cached(
            "SELECT \"from\", on_delete, on_update FROM pragma_foreign_key_list(?1) ORDER BY id, seq",
        )?;
        let mut rows = keys.query([table])?;
        while let Some(row) = rows.next()? {
            let (from, on_delete, on_update): (String, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let loses = |action: &str| matches!(action, "SET NULL" | "SET DEFAULT");
            if !from.eq_ignore_ascii_case(column) {
                continue;
            }
            if deletes && loses(&on_delete) {
                return Ok(Some(format!("ON DELETE {on_delete}")));
            }
            if updates && loses(&on_update) {
                return Ok(Some(format!("ON UPDATE {on_update}")));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::restrictions::Restrictions;
    use super::*;

    const SCHEMA: &str = "PRAGMA foreign_keys = ON;
        CREATE TABLE users (id INTEGER PRIMARY KEY, email UNIQUE);
        CREATE TABLE posts (id INTEGER PRIMARY KEY, user REFERENCES users ON DELETE CASCADE);
        CREATE TABLE comments (post REFERENCES posts ON DELETE CASCADE);
        CREATE TABLE likes (post REFERENCES posts ON DELETE SET NULL);
        CREATE TABLE mails (e REFERENCES users (email) ON UPDATE CASCADE ON DELETE SET DEFAULT);
        CREATE TABLE logins (e REFERENCES users (email) ON UPDATE SET NULL);
        CREATE TABLE nodes (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, parent REFERENCES nodes ON DELETE CASCADE);
        CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE seen (x); CREATE VIEW v AS SELECT * FROM a;
        CREATE TRIGGER tidy AFTER DELETE ON a BEGIN DELETE FROM b WHERE x = OLD.x; END;
        CREATE TRIGGER follow AFTER UPDATE ON a BEGIN DELETE FROM seen WHERE x = OLD.x; INSERT INTO seen VALUES (NEW.x); END;
        CREATE TRIGGER into_v INSTEAD OF DELETE ON v BEGIN DELETE FROM a WHERE x = OLD.x; END;
        CREATE TRIGGER short AFTER INSERT ON seen BEGIN DELETE FROM seen WHERE x < NEW.x - 10; END;";

    fn losses(sql: &str) -> String {
        let mut database = Connection::open_in_memory().unwrap();
        database.execute_batch(SCHEMA).unwrap();
        let restrictions = Restrictions::install(&mut database).unwrap();
        restrictions.during(|| database.prepare(sql).map(drop)).unwrap();
        let losses = restrictions.touched().losses(&StatementKind::read(sql), &database).unwrap();
        let told = losses.into_iter().map(|(table, way)| {
            let way = match way {
                IndirectLoss::Deleted(clause) => clause,
                IndirectLoss::Changed(clause) => format!("changed {clause}"),
                IndirectLoss::Trigger(trigger) => format!("trigger {trigger}"),
            };
            format!("{table}: {way}")
        });
        told.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn every_way_to_rows_that_are_not_named_is_seen() {
        let all = "likes: changed ON DELETE SET NULL, comments: ON DELETE CASCADE";
        for (sql, expected) in [
            ("DELETE FROM comments WHERE post = 1", String::new()),
            ("DELETE FROM posts WHERE id = 1", all.to_owned()),
            ("DROP TABLE posts", all.to_owned()),
            ("REPLACE INTO posts VALUES (1, 1)", all.to_owned()),
            ("INSERT INTO posts VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET user = 2", String::new()),
            ("UPDATE OR REPLACE posts SET id = 1", all.to_owned()),
            ("UPDATE users SET id = 7", String::new()),
            ("UPDATE users SET email = 'x'", "logins: changed ON UPDATE SET NULL".to_owned()),
            ("DELETE FROM nodes WHERE id = 1", "nodes: ON DELETE CASCADE".to_owned()),
            ("DELETE FROM nodes", String::new()),
            ("INSERT INTO nodes VALUES (1, 1)", "nodes: ON DELETE CASCADE".to_owned()),
            ("DELETE FROM a WHERE x = 1", "b: trigger tidy".to_owned()),
            ("DELETE FROM v WHERE x = 1", "a: trigger into_v, b: trigger tidy".to_owned()),
            // What a trigger replaces at once is not lost.
            ("UPDATE a SET x = 1", String::new()),
            ("INSERT INTO seen VALUES (1)", String::new()),
            ("ALTER TABLE users RENAME TO people", String::new()),
        ] {
            assert_eq!(losses(sql), expected, "{sql}");
        }
        let users = losses("DELETE FROM users WHERE id = 1");
        for part in [all, "mails: changed ON DELETE SET DEFAULT", "posts: ON DELETE CASCADE"] {
            assert!(users.contains(part), "{users}");
        }
    }
}
