//! A second copy of a database that a run would create, with another clock, other random numbers and other row ids.
//! Results that are equal in both copies depend on the recipe alone.

use super::super::sql::kind::StatementKind;
use super::super::sql::restrictions::Restrictions;
use super::super::sql::script::Statement;
use super::nondeterminism::{self, CopySide};
use super::running::{self, CallError, Called, SqlCall, StatementOutput};
use super::values::bound_as_number;
use rusqlite::Connection;
use serde_json::Value as Json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where row ids begin that SQLite does not give twice.
const FIRST_ROW: i64 = 1_000;

pub struct ControlCopy {
    database: Connection,
    guard: Restrictions,
    /// A random number was drawn, which may decide something.
    drawn: Arc<AtomicBool>,
    /// Ledgers in it, whose row ids are as they are.
    ledgers: Vec<String>,
}

impl ControlCopy {
    pub fn open(settings: &str) -> rusqlite::Result<Self> {
        let mut database = Connection::open_in_memory()?;
        let guard = Restrictions::install(&mut database)?;
        let drawn = nondeterminism::install(&database, CopySide::Control)?;
        database.execute_batch(settings)?;
        Ok(ControlCopy { database, guard, drawn, ledgers: Vec::new() })
    }

    /// This table is a ledger.
    pub fn add_ledger(&mut self, table: &str) {
        self.ledgers.push(table.to_ascii_lowercase());
    }

    pub fn call(
        &self,
        statements: &[Statement],
        params: &[Json],
        settings: &str,
    ) -> rusqlite::Result<Called> {
        let params: Vec<_> = params.iter().map(bound_as_number).collect();
        let after = |database: &Connection, statement: &Statement| {
            // Only such a table has row ids that are not given twice; to look for it takes longer the more there are.
            let is_named = statement.text.to_ascii_uppercase().contains("AUTOINCREMENT");
            if is_named && matches!(statement.kind, StatementKind::CreateTable { .. } | StatementKind::Unread)
            {
                self.move_row_ids(database);
            }
        };
        let called = running::call(&self.database, &self.guard, statements, &params, after)?;
        self.database.execute_batch(settings)?;
        Ok(called)
    }

    pub fn ask(&self, text: &SqlCall) -> Result<StatementOutput, CallError> {
        let params: Vec<_> = text.params.iter().map(bound_as_number).collect();
        running::one(&self.database, &self.guard, &text.sql, &params)
    }

    /// Whether a random number was drawn since this was last asked.
    pub fn has_drawn(&self) -> bool {
        self.drawn.swap(false, Ordering::SeqCst)
    }

    /// New tables begin with another row id.
    fn move_row_ids(&self, database: &Connection) {
        let ledgers: Vec<String> =
            self.ledgers.iter().map(|name| super::super::sql::quoted::literal(name)).collect();
        let sql = format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT name, {FIRST_ROW} FROM sqlite_schema WHERE type = 'table' \
             AND sql LIKE '%AUTOINCREMENT%' AND lower(name) NOT IN ({}) \
             AND name NOT IN (SELECT name FROM sqlite_sequence)",
            ledgers.join(", ")
        );
        // There is no such table before the first that needs it.
        let _ = database.execute_batch(&sql);
    }
}
