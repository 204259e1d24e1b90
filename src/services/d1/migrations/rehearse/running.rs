//! Runs a call on a database in memory as D1 does: in one transaction, with the parameters for the last statement.

use super::super::sql::restrictions::Restrictions;
use super::super::sql::script::{Script, Statement};
use rusqlite::types::Value;
use rusqlite::{Connection, Error};

/// SQL and the values of its parameters.
#[derive(Clone, Debug, Default)]
pub struct SqlCall {
    /// As it would be sent.
    pub sql: String,
    /// As JSON.
    pub params: Vec<serde_json::Value>,
}

/// What one statement gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatementOutput {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    pub changes: u64,
    pub last_row_id: i64,
    /// What it gives is SQLite's own, and not of the rows: `EXPLAIN`.
    pub is_explained: bool,
}

/// Why a call came to nothing.
#[derive(Debug)]
pub enum CallError {
    /// The statement can't be read on this schema.
    Unread(Error),
    /// It failed on the way.
    Failed(Error),
    /// D1 does not allow it.
    Denied,
    /// The parameters do not fit.
    Parameters,
}

/// Every statement's answer; or the number of the one that failed, which is that of no statement at the end of all.
pub type Called = Result<Vec<StatementOutput>, (usize, CallError)>;

/// Runs every statement in one transaction; `after` is called after each.
pub fn call(
    database: &Connection,
    guard: &Restrictions,
    statements: &[Statement],
    params: &[Value],
    mut after: impl FnMut(&Connection, &Statement),
) -> rusqlite::Result<Called> {
    database.execute_batch("BEGIN")?;
    let mut answers = Vec::new();
    let mut fault = None;
    for (index, statement) in statements.iter().enumerate() {
        let is_last = index + 1 == statements.len();
        match one(database, guard, &statement.text, if is_last { params } else { &[] }) {
            Ok(answer) => answers.push(answer),
            Err(found) => {
                fault = Some((index, found));
                break;
            }
        }
        after(database, statement);
    }
    if fault.is_none()
        && let Err(error) = database.execute_batch("COMMIT")
    {
        fault = Some((statements.len(), CallError::Failed(error)));
    }
    if !database.is_autocommit() {
        database.execute_batch("ROLLBACK")?;
    }
    Ok(fault.map_or(Ok(answers), Err))
}

pub fn one(
    database: &Connection,
    guard: &Restrictions,
    sql: &str,
    params: &[Value],
) -> Result<StatementOutput, CallError> {
    let prepared = guard.during(|| database.prepare(sql));
    let denied = guard.have_denied();
    let mut statement =
        prepared.map_err(|error| if denied { CallError::Denied } else { CallError::Unread(error) })?;
    if statement.parameter_count() != params.len() {
        return Err(CallError::Parameters);
    }
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value).map_err(CallError::Failed)?;
    }
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let is_explained = statement.is_explain() != 0;
    let before = database.total_changes();
    let rows = guard.during(|| {
        let mut found = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            found.push((0..columns.len()).map(|at| row.get(at)).collect::<rusqlite::Result<Vec<Value>>>()?);
        }
        Ok(found)
    });
    let rows = rows.map_err(CallError::Failed)?;
    let changes = database.total_changes() - before;
    Ok(StatementOutput { columns, rows, changes, last_row_id: database.last_insert_rowid(), is_explained })
}

/// The statements of a text; none where it can't be cut.
pub fn statements(sql: &str) -> Vec<Statement> {
    let script = Script::new(sql);
    let is_cut = script.open_comment().is_none() && !sql.contains('\0');
    if is_cut { script.statements().to_vec() } else { Vec::new() }
}
