//! Runs one call on a database: all statements in one transaction, split by SQLite itself.
//!
//! **Invariant:** a call that fails has changed nothing, neither rows nor schema.
//! **Invariant:** a pragma lasts no longer than the call that sets it.

use super::authorizer::Guard;
use super::failure::SqlError;
use super::meta::Meta;
use super::splitter;
use super::transfers::ImportError;
use super::values;
use super::versions::{CopyStats, KeepError, Versions, size};
use super::window::TextWindow;
use crate::system::{Stopwatch, files};
use jiff::Timestamp;
use parking_lot::Mutex;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Batch, Connection, Statement, StatementStatus};
use serde_json::Value;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

/// How long a call may run (D1-20).
pub(super) const CALL_TIME_MAX: Duration = Duration::from_secs(30);

/// Instructions of SQLite's machine between two looks at the time.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

/// What a pragma may have set, as it is without.
const PRAGMA_DEFAULTS: &str = "PRAGMA foreign_keys = ON; PRAGMA defer_foreign_keys = OFF; \
    PRAGMA case_sensitive_like = OFF; PRAGMA ignore_check_constraints = OFF; PRAGMA legacy_alter_table = OFF; \
    PRAGMA recursive_triggers = OFF; PRAGMA reverse_unordered_selects = OFF;";

/// SQL with the values of its parameters; several statements may stand in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    /// As sent.
    pub(super) sql: String,
    /// Of the last statement.
    pub(super) params: Vec<SqlValue>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Imported {
    pub(super) queries: u64,
    pub(super) meta: Meta,
}

/// What one statement gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StatementOutput {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
    pub(super) meta: Meta,
}

/// What lists say of a database, also while it is at work.
#[derive(Clone, Debug, Default)]
pub(super) struct DatabaseFacts {
    /// Tables that callers made.
    pub(super) tables: i64,
    /// Bytes of the database.
    pub(super) bytes: u64,
    /// What is kept of its versions.
    pub(super) copies: CopyStats,
}

pub(super) struct Engine {
    connection: Connection,
    guard: Guard,
    versions: Versions,
    /// As they were when the last call ended.
    facts: Arc<Mutex<DatabaseFacts>>,
    time_max: Duration,
}

impl Engine {
    pub(super) fn new(connection: Connection, guard: Guard, versions: Versions) -> rusqlite::Result<Self> {
        let facts = Arc::default();
        let engine = Engine { connection, guard, versions, facts, time_max: CALL_TIME_MAX };
        engine.note()?;
        Ok(engine)
    }

    /// Runs `queries` in one transaction: all statements take effect, or none does.
    pub(super) fn run(
        &mut self,
        queries: &[Query],
        now: Timestamp,
    ) -> Result<Vec<StatementOutput>, SqlError> {
        self.transaction(now, |call| {
            let mut answered = Vec::new();
            queries.iter().try_for_each(|query| call.run(query, &mut answered))?;
            Ok(answered)
        })
    }

    /// Runs a text in one transaction that is read as it is needed; each statement may take as long as a call.
    pub(super) fn import(&mut self, text: &mut dyn Read, now: Timestamp) -> Result<Imported, ImportError> {
        self.transaction(now, |call| call.import(text))
    }

    fn transaction<T, E: From<SqlError>>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut Call<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let began = Arc::new(Mutex::new(Stopwatch::start()));
        let (watch, time_max) = (began.clone(), self.time_max);
        let is_over = move || watch.lock().elapsed() >= time_max;
        self.connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_over)).map_err(SqlError::of)?;
        self.connection.execute_batch("BEGIN").map_err(SqlError::of)?;
        let mut call = Call::new(self, began);
        let result = work(&mut call);
        let Call { sets_pragma, changed, .. } = call;
        let result = result.and_then(|done| self.commit(changed, now).map(|()| done).map_err(E::from));
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK").map_err(SqlError::of)?;
        }
        if sets_pragma {
            self.connection.execute_batch(PRAGMA_DEFAULTS).map_err(SqlError::of)?;
        }
        self.connection.progress_handler(0, None::<fn() -> bool>).map_err(SqlError::of)?;
        // What was known before is better than a failure of what is done.
        let _ = self.note();
        result
    }

    /// What is known of the database without waiting for it.
    pub(super) fn shared_facts(&self) -> Arc<Mutex<DatabaseFacts>> {
        self.facts.clone()
    }

    fn note(&self) -> rusqlite::Result<()> {
        let (tables, bytes) = (self.table_count()?, size(&self.connection)?);
        let facts = DatabaseFacts { tables, bytes, copies: self.versions.copies() };
        *self.facts.lock() = facts;
        Ok(())
    }

    /// The connection, for what the account asks the database on its own.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    fn table_count(&self) -> rusqlite::Result<i64> {
        let sql = "SELECT count(*) FROM sqlite_schema
            WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 4) <> '_cf_'";
        self.connection.query_row(sql, [], |row| row.get(0))
    }

    /// The versions that the database had.
    pub(super) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Goes back to the database as it was at `version`, as a new version; false when that one is not kept.
    pub(super) fn restore(&mut self, version: u64, now: Timestamp) -> Result<bool, SqlError> {
        let is_kept = self.versions.restore(&mut self.connection, version, now)?;
        let _ = self.note();
        Ok(is_kept)
    }

    fn commit(&mut self, changed: bool, now: Timestamp) -> Result<(), SqlError> {
        if changed {
            self.versions.write_next(&self.connection, now).map_err(SqlError::of)?;
        }
        if changed {
            files::commit_step().map_err(KeepError::from)?;
        }
        // Deferred foreign keys are checked here.
        self.connection.execute_batch("COMMIT").map_err(SqlError::of)?;
        if changed {
            // What is committed stays, whatever becomes of the answer.
            let _ = files::commit_step();
            self.versions.advance(now);
        }
        Ok(())
    }
}

/// One call under way, inside its transaction.
struct Call<'a> {
    connection: &'a Connection,
    guard: &'a Guard,
    versions: &'a mut Versions,
    /// When what runs has begun.
    began: Arc<Mutex<Stopwatch>>,
    sets_pragma: bool,
    changed: bool,
}

impl<'a> Call<'a> {
    fn new(engine: &'a mut Engine, began: Arc<Mutex<Stopwatch>>) -> Self {
        let Engine { connection, guard, versions, .. } = engine;
        Call { connection, guard, versions, began, sets_pragma: false, changed: false }
    }

    /// What runs from now on has all of its time.
    fn begin_time(&self) {
        *self.began.lock() = Stopwatch::start();
    }

    fn run(&mut self, query: &Query, answered: &mut Vec<StatementOutput>) -> Result<(), SqlError> {
        if query.sql.contains('\0') {
            return Err(SqlError::error("unrecognized token: \"\\u0000\""));
        }
        // In a text that ends with NUL, SQLite holds each statement against its limit; any other it measures whole (SQL-8).
        let text = format!("{}\0", query.sql);
        let mut statements = Batch::new(self.connection, &text);
        let mut bound = false;
        let before = answered.len();
        loop {
            let watch = Stopwatch::start();
            let Some(mut statement) = self.prepare(&mut statements)? else { break };
            if statement.expanded_sql().is_some_and(|text| splitter::cuts(text.trim())) {
                return Err(SqlError::incomplete());
            }
            if bound {
                return Err(SqlError::ParametersBeforeLast);
            }
            bound = bind(&mut statement, &query.params)?;
            answered.push(self.step(statement, watch)?);
        }
        if answered.len() == before {
            return Err(SqlError::NoStatement);
        }
        if !bound && !query.params.is_empty() {
            return Err(SqlError::ParameterCount);
        }
        Ok(())
    }

    fn import(&mut self, text: &mut dyn Read) -> Result<Imported, ImportError> {
        let (mut window, mut imported) = (TextWindow::of(text), None);
        while let Some(text) = window.statement()? {
            self.begin_time();
            let watch = Stopwatch::start();
            let Some(mut statement) = self.prepare(&mut Batch::new(self.connection, text))? else {
                return Err(SqlError::incomplete().into());
            };
            bind(&mut statement, &[])?;
            let length = statement.expanded_sql().map_or(text.len(), |text| text.len());
            let meta = self.step(statement, watch)?.meta;
            window.pass(length);
            let Imported { queries, meta: before } = imported.unwrap_or_default();
            let meta = if queries == 0 { meta } else { before.then(meta) };
            imported = Some(Imported { queries: queries + 1, meta });
        }
        imported.ok_or(SqlError::NoStatement.into())
    }

    /// The next statement, if a caller may run it.
    fn prepare<'c>(&mut self, statements: &mut Batch<'c, '_>) -> Result<Option<Statement<'c>>, SqlError> {
        let (next, seen) = self.guard.prepare(|| statements.next());
        self.sets_pragma |= seen.pragma;
        match next.map_err(SqlError::of_prepare) {
            Err(error) if error.is_authorization() && seen.transaction_control => {
                Err(SqlError::TransactionControl)
            }
            prepared => prepared,
        }
    }

    fn step(&mut self, mut statement: Statement<'_>, watch: Stopwatch) -> Result<StatementOutput, SqlError> {
        let connection = self.connection;
        if !statement.readonly() {
            self.versions.keep(connection)?;
        }
        let (changes, schema) = (connection.total_changes(), schema_version(connection)?);
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let rows = self.guard.run(|| rows_of(&mut statement, columns.len())).map_err(SqlError::of)?;
        let scanned = u64::try_from(statement.get_status(StatementStatus::FullscanStep)).unwrap_or_default();
        drop(statement);
        let changes = connection.total_changes() - changes;
        let meta = Meta {
            duration: watch.elapsed(),
            changes,
            last_row_id: connection.last_insert_rowid(),
            changed_db: changes > 0 || schema_version(connection)? != schema,
            size_after: size(connection).map_err(SqlError::of)?,
            rows_read: scanned.max(rows.len() as u64),
            rows_written: changes,
        };
        self.changed |= meta.changed_db;
        Ok(StatementOutput { columns, rows, meta })
    }
}

/// Binds all of `params`; false when the statement has no parameter.
fn bind(statement: &mut Statement<'_>, params: &[SqlValue]) -> Result<bool, SqlError> {
    let count = statement.parameter_count();
    if count == 0 {
        return Ok(false);
    }
    if count != params.len() {
        return Err(SqlError::ParameterCount);
    }
    for (at, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value).map_err(SqlError::of)?;
    }
    Ok(true)
}

fn rows_of(statement: &mut Statement<'_>, width: usize) -> rusqlite::Result<Vec<Vec<Value>>> {
    let mut rows = statement.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push((0..width).map(|at| row.get_ref(at).map(values::json)).collect::<Result<_, _>>()?);
    }
    Ok(all)
}

fn schema_version(connection: &Connection) -> Result<i64, SqlError> {
    connection.query_row("PRAGMA schema_version", [], |row| row.get(0)).map_err(SqlError::of)
}

#[cfg(test)]
mod tests {
    use super::super::databases::Databases;
    use super::*;

    #[test]
    fn a_call_ends_at_its_time_limit_and_leaves_nothing() {
        let mut databases = Databases::new(None, &[]).unwrap();
        let engine = databases.engine("db", Timestamp::UNIX_EPOCH).unwrap();
        let mut engine = engine.lock();
        let mut run = |time_max, sql: &str| {
            engine.time_max = time_max;
            engine.run(&[Query { sql: sql.to_owned(), params: Vec::new() }], Timestamp::UNIX_EPOCH)
        };
        let endless = "CREATE TABLE t (a);
            INSERT INTO t WITH RECURSIVE n (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT a FROM n";
        assert_eq!(run(Duration::ZERO, endless), Err(SqlError::TimedOut));
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 't'";
        assert_eq!(run(CALL_TIME_MAX, tables).unwrap()[0].rows, [[0]]);
    }
}
