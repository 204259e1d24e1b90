//! The parts of a copy that outlast one rehearsal: other ledgers, and whether its results can be trusted.

use super::super::files::tables::Tables;
use super::super::ledger::rows::Ledger;
use super::super::sql::kind::StatementKind;
use super::super::sql::quoted::{identifier, literal};
use super::super::sql::script::Statement;
use super::database::RehearsalDatabase;
use sqlite3_parser::dialect::TokenType;

impl RehearsalDatabase {
    /// Another ledger is written to from now on.
    pub fn turn_to(&mut self, ledger: &Tables) {
        self.ledger.clone_from(ledger);
    }

    /// Whether everything was made and played as the database has and would do it.
    pub fn is_faithful(&self) -> bool {
        self.is_whole && self.has_ledger && self.doubts == 0
    }

    /// Puts the rows of a ledger in the place of the one that was made up; false where others have come to them.
    pub fn put_ledger(&mut self, ledger: &Tables, seen: &Ledger) -> rusqlite::Result<bool> {
        self.turn_to(ledger);
        for (table, is_there) in
            [(&ledger.wrangler, seen.wrangler.is_some()), (&ledger.larder, seen.larder.is_some())]
        {
            if !is_there {
                continue;
            }
            let table = identifier(table);
            let count = format!("SELECT count(*) FROM {table}");
            if self.database.query_row(&count, [], |row| row.get::<_, i64>(0))? > 1 {
                return Ok(false);
            }
            self.database.execute_batch(&format!("DELETE FROM {table}"))?;
        }
        self.record(seen)?;
        Ok(true)
    }

    /// Whether what statements do depends on rows of which only made-up ones are here.
    pub fn rests_on_made_up_rows(&self, statements: &[Statement]) -> rusqlite::Result<bool> {
        if !self.has_made_up_rows {
            return Ok(false);
        }
        let there_is = |sql: &str, name: &str| {
            self.database.query_row(&format!("SELECT EXISTS ({sql})"), [name], |row| row.get::<_, bool>(0))
        };
        let has_triggers = there_is("SELECT 1 FROM sqlite_schema WHERE type = ?1", "trigger")?;
        let pointed_at = "SELECT 1 FROM pragma_table_list AS list, pragma_foreign_key_list(list.name) AS key \
            WHERE list.type = 'table' AND key.\"table\" = ?1 COLLATE NOCASE";
        for statement in statements {
            let selects = statement.has(TokenType::TK_SELECT);
            let rests = match &statement.kind {
                StatementKind::Insert { .. } => selects || has_triggers,
                StatementKind::CreateTable { .. } => selects,
                StatementKind::Update { .. } => has_triggers,
                StatementKind::DropTable { name } => there_is(pointed_at, name)?,
                StatementKind::Delete { .. } | StatementKind::Unread => true,
                _ => false,
            };
            if rests {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes the ledger's rows, each with the row id that it may have.
    pub fn record(&self, seen: &Ledger) -> rusqlite::Result<()> {
        let table = identifier(&self.ledger.wrangler);
        let count = seen.count();
        let mut id = seen.last_row.unwrap_or(count).saturating_sub(count);
        for name in seen.applied() {
            id += 1;
            self.database.execute_batch(&seen.shape.insert(&self.ledger, name))?;
            let number = format!("UPDATE {table} SET rowid = {id} WHERE rowid = last_insert_rowid();");
            self.database.execute_batch(&number)?;
        }
        for row in seen.rows() {
            let (larder, name) = (identifier(&self.ledger.larder), literal(&row.name));
            self.database.execute_batch(&format!(
                "INSERT INTO {larder} (seq, name, sha256, before, run, version) VALUES ({}, {name}, {}, {}, {}, '');",
                row.seq,
                literal(&row.sha256),
                row.before,
                literal(&row.run)
            ))?;
        }
        Ok(())
    }
}
