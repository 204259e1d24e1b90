//! Fills the copy of a database: its schema, and rows in the tables that have some.

use super::super::lint::gate::Gate;
use super::super::schema::changes::Schema;
use super::super::sql::quoted::identifier;
use super::database::RehearsalDatabase;

impl RehearsalDatabase {
    pub fn schema(&self) -> rusqlite::Result<Schema> {
        Schema::of(&self.database, &self.ledger)
    }

    /// The tables that have rows.
    pub fn filled(&self, schema: &Schema) -> Vec<String> {
        schema.tables().filter(|table| self.has_rows(table)).map(str::to_owned).collect()
    }

    pub fn has_rows(&self, table: &str) -> bool {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", identifier(table));
        // Some virtual tables can't be asked like this.
        self.database.query_row(&sql, [], |row| row.get(0)).unwrap_or(false)
    }

    /// The tables of before that have rows.
    pub fn live_rows(&self, gate: &Gate) -> rusqlite::Result<Vec<String>> {
        let tables = Schema::names(&self.database, &self.ledger)?;
        let is_live = |table: &String| gate.catalog.is_live(table) && !gate.is_empty(table);
        Ok(tables.into_iter().filter(|table| is_live(table) && self.has_rows(table)).collect())
    }
}
