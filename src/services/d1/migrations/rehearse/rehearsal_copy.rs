//! The copy of one database during a dry run: everything that the recipe executes, loads and migrates is played on
//! it in order.
//!
//! The copy of a database that is there has its schema, with one made-up row in every table that has rows; it is made when
//! a migration asks for it, and until then what is executed waits. Where migrations were rehearsed that no row can matter
//! to, nobody has asked yet which tables have rows: the copy is made when something more is played. The copy of a database that the run would create is the
//! database, and a twin of it shows what rests on chance or time.
//!
//! **Invariant:** what can't be played as the database would do it ends the copy.
//! **Invariant:** no answer comes from a copy with made-up rows.

use super::super::files::tables::Tables;
use super::super::ledger::object::Object;
use super::super::ledger::reader::CopyReader;
use super::super::ledger::rows::Ledger;
use super::super::lint::finding::excerpt;
use super::super::sql::script::Statement;
use super::added_column;
use super::control_copy::ControlCopy;
use super::database::{RehearsalDatabase, SETTINGS};
use super::input::RehearsalInput;
use super::running::{self, CallError, SqlCall, StatementOutput, statements};
use super::values::{bound, exact, given, is_same, row};
use crate::services::d1::wire::StatementResult;
use parking_lot::Mutex;
use rusqlite::types::Value;
use serde_json::{Map, Value as Json};

/// A larger text is not played.
const PLAYED_BYTES_MAX: usize = 16 << 20;

/// A larger answer may be more than is taken of a server.
const ANSWER_BYTES_MAX: usize = 1_000_000;

/// Whether a text is small enough to be played.
pub fn is_played(sql: &str) -> bool {
    sql.len() <= PLAYED_BYTES_MAX
}

/// What a text that writes comes to.
#[derive(Debug, Default, PartialEq)]
pub struct WriteResult {
    /// Rows that it changes.
    pub changes: Option<i64>,
    /// Of the last row that it adds.
    pub last_row_id: Option<i64>,
    /// What the last statement gives.
    pub rows: Option<Vec<Map<String, Json>>>,
    /// How many there are.
    pub statements: usize,
}

/// What came of playing it.
#[derive(Debug, PartialEq)]
pub enum PlayResult {
    /// The copy has it, or will have it.
    Done(WriteResult),
    /// The copy is over.
    Over,
    /// It fails, whatever rows there are: why.
    Fails(String),
}

/// What a copy says that is asked.
#[derive(Debug, PartialEq)]
pub enum CopyAnswer {
    Rows(Vec<Map<String, Json>>),
    /// It can't be asked so: why.
    Fails(String),
    /// Only the database will tell.
    NotKnown,
}

#[derive(Default)]
pub struct RehearsalCopy(Mutex<State>);

#[derive(Default)]
struct State {
    /// What has been executed before there was a copy.
    waiting: Vec<SqlCall>,
    /// What was rehearsed without rows, to be rehearsed again with them.
    rowless: Option<Box<RehearsalInput>>,
    stage: Option<RehearsalDatabase>,
    control: Option<ControlCopy>,
    /// The schema of before.
    live: Vec<Object>,
    /// Ledgers whose rows are those of the database, by wrangler's table.
    ledgers: Vec<String>,
    /// Something has been played.
    is_played: bool,
    is_over: bool,
}

impl RehearsalCopy {
    /// Plays a text; `is_new` where the run would create the database.
    pub fn play(&self, is_new: bool, sql: &str, params: &[Json]) -> PlayResult {
        let text = SqlCall { sql: sql.to_owned(), params: params.to_vec() };
        let mut state = self.0.lock();
        if state.is_over || !is_played(sql) {
            return state.end();
        }
        state.is_played = true;
        if is_new && state.begin_new().is_err() {
            return state.end();
        }
        if state.stage.is_none() {
            state.waiting.push(text);
            return PlayResult::Done(WriteResult::default());
        }
        state.play(&text).unwrap_or_else(|_| state.end())
    }

    /// What one statement reads of a database that the run would create.
    pub fn ask(&self, sql: &str, params: &[Json]) -> CopyAnswer {
        let mut state = self.0.lock();
        if state.is_over || state.begin_new().is_err() {
            return CopyAnswer::NotKnown;
        }
        state.ask(&SqlCall { sql: sql.to_owned(), params: params.to_vec() }).unwrap_or(CopyAnswer::NotKnown)
    }

    /// Whether it is still the database as this run would make it, as far as anything was played.
    pub fn is_untouched(&self) -> bool {
        let state = self.0.lock();
        !state.is_played && !state.is_over
    }

    /// Whether nothing more can be played on it.
    pub fn is_over(&self) -> bool {
        self.0.lock().is_over
    }

    /// Whether the schema was read and built.
    pub fn is_built(&self) -> bool {
        self.0.lock().stage.is_some()
    }

    /// Nothing more can be played.
    pub fn end(&self) {
        self.0.lock().end();
    }

    /// Begins the copy of a database that the run would create.
    pub fn begin_new(&self) -> rusqlite::Result<()> {
        self.0.lock().begin_new()
    }

    /// Begins the copy of a database that is there, and plays what has waited; false where that can't be done.
    pub fn begin(
        &self,
        mut stage: RehearsalDatabase,
        live: Vec<Object>,
        filled: &[String],
        seen: &Ledger,
    ) -> bool {
        let mut state = self.0.lock();
        if stage.furnish(&live, filled, seen).is_err() || !stage.is_faithful() {
            state.end();
            return false;
        }
        state.ledgers.push(stage.ledger.wrangler.to_ascii_lowercase());
        (state.stage, state.live) = (Some(stage), live);
        for text in std::mem::take(&mut state.waiting) {
            if !matches!(state.play(&text), Ok(PlayResult::Done(_))) {
                state.end();
                return false;
            }
        }
        true
    }

    /// Whether the database has such a ledger, of which the copy has made-up rows.
    pub fn has_made_up_ledger(&self, tables: &Tables) -> bool {
        let state = self.0.lock();
        let table = tables.wrangler.to_ascii_lowercase();
        let is_it = |object: &Object| object.is_of_ledger(tables);
        !state.ledgers.contains(&table) && state.live.iter().any(is_it)
    }

    /// Puts a ledger's rows in the place of made-up ones; false where that can't be done.
    pub fn put_ledger(&self, tables: &Tables, seen: &Ledger) -> bool {
        let mut state = self.0.lock();
        let is_put =
            state.stage.as_mut().is_some_and(|stage| stage.put_ledger(tables, seen).unwrap_or(false));
        if !is_put {
            state.end();
        }
        state.ledgers.push(tables.wrangler.to_ascii_lowercase());
        is_put
    }

    /// The schema of before this run.
    pub fn live(&self) -> Vec<Object> {
        self.0.lock().live.clone()
    }

    /// Takes the copy, to rehearse migrations on it.
    pub fn take(&self) -> Option<RehearsalDatabase> {
        self.0.lock().stage.take()
    }

    /// Keeps what migrations have made of it. `calls` are those of the rehearsal as the twin is sent them.
    pub fn keep(&self, stage: RehearsalDatabase, live: Option<Vec<Object>>, calls: &[String]) {
        let mut state = self.0.lock();
        state.is_played = true;
        if !stage.is_faithful() {
            state.end();
            return;
        }
        let table = stage.ledger.wrangler.to_ascii_lowercase();
        if let Some(control) = &mut state.control {
            control.add_ledger(&table);
        }
        state.ledgers.push(table);
        state.stage = Some(stage);
        if let Some(live) = live {
            state.live = live;
        }
        for sql in calls {
            state.play_on_twin(&statements(sql), &[]);
        }
    }

    /// Keeps what migrations are that were rehearsed without rows.
    pub fn keep_rowless(&self, staged: RehearsalInput) {
        let mut state = self.0.lock();
        state.is_played = true;
        state.rowless = Some(Box::new(staged));
    }

    /// Takes it, to rehearse them again with rows.
    pub fn take_rowless(&self) -> Option<RehearsalInput> {
        self.0.lock().rowless.take().map(|staged| *staged)
    }
}

impl CopyReader for RehearsalCopy {
    fn read(&self, sql: &str) -> Option<Vec<StatementResult>> {
        let state = self.0.lock();
        let stage = state.stage.as_ref()?;
        let answer = |statement: &Statement| {
            let answer = running::one(&stage.database, &stage.restrictions, &statement.text, &[]).ok()?;
            let of = |value: &Value| Some(given(value));
            let rows = answer.rows.iter().map(|values| row(&answer.columns, values, of));
            let results = rows.collect::<Option<Vec<_>>>()?;
            Some(StatementResult { success: Some(true), results, ..StatementResult::default() })
        };
        statements(sql).iter().map(answer).collect()
    }
}

impl State {
    fn end(&mut self) -> PlayResult {
        (self.stage, self.control, self.rowless, self.is_over) = (None, None, None, true);
        self.waiting.clear();
        PlayResult::Over
    }

    fn begin_new(&mut self) -> rusqlite::Result<()> {
        if self.stage.is_none() {
            let mut stage = RehearsalDatabase::build(&[], &Tables::default())?;
            stage.furnish(&[], &[], &Ledger::default())?;
            self.stage = Some(stage);
            self.control = Some(ControlCopy::open(SETTINGS)?);
        }
        Ok(())
    }

    fn play(&mut self, text: &SqlCall) -> rusqlite::Result<PlayResult> {
        let Some(stage) = &mut self.stage else { return Ok(self.end()) };
        let statements = statements(&text.sql);
        if statements.is_empty() || stage.rests_on_made_up_rows(&statements)? {
            return Ok(self.end());
        }
        let params: Vec<Value> = text.params.iter().map(bound).collect();
        let before = stage.database.last_insert_rowid();
        stage.limit_time(true)?;
        let called = running::call(&stage.database, &stage.restrictions, &statements, &params, |_, _| {})?;
        stage.limit_time(false)?;
        stage.database.execute_batch(SETTINGS)?;
        let (is_exact, is_whole) = (!stage.has_made_up_rows, stage.is_whole);
        match called {
            Ok(answers) => {
                let others = self.play_on_twin(&statements, &text.params);
                Ok(PlayResult::Done(written(&answers, others.as_deref(), before)))
            }
            Err((at, CallError::Unread(error))) if is_whole && !is_of_function(&error) => {
                Ok(PlayResult::Fails(words(&statements, at, &added_column::words(&error))))
            }
            Err((at, CallError::Denied)) => {
                Ok(PlayResult::Fails(words(&statements, at, "D1 does not allow it")))
            }
            // The database's rows are known, and the twin fails as well.
            Err((at, CallError::Failed(error)))
                if is_exact && self.has_twin_that_fails(&statements, &text.params) =>
            {
                Ok(PlayResult::Fails(words(&statements, at, &added_column::words(&error))))
            }
            Err(_) => Ok(self.end()),
        }
    }

    fn has_twin_that_fails(&self, statements: &[Statement], params: &[Json]) -> bool {
        let Some(control) = &self.control else { return false };
        matches!(control.call(statements, params, SETTINGS), Ok(Err((_, CallError::Failed(_)))))
    }

    /// Without a twin that has done the same, nothing is known of rows.
    fn play_on_twin(&mut self, statements: &[Statement], params: &[Json]) -> Option<Vec<StatementOutput>> {
        let control = self.control.as_ref()?;
        let called = control.call(statements, params, SETTINGS);
        let is_alike = |answers: &Vec<StatementOutput>| !answers.is_empty() && !control.has_drawn();
        let answers = called.ok().and_then(Result::ok).filter(is_alike);
        if answers.is_none() {
            self.control = None;
        }
        answers
    }

    fn ask(&mut self, text: &SqlCall) -> Option<CopyAnswer> {
        let (stage, control) = (self.stage.as_mut()?, self.control.as_ref()?);
        let params: Vec<Value> = text.params.iter().map(bound).collect();
        stage.limit_time(true).ok()?;
        stage.restrictions.have_looked_elsewhere();
        let answer = running::one(&stage.database, &stage.restrictions, &text.sql, &params);
        stage.limit_time(false).ok()?;
        if stage.restrictions.have_looked_elsewhere() {
            return None;
        }
        let other = control.ask(text);
        if control.has_drawn() {
            return None;
        }
        match (answer, other) {
            (Ok(answer), Ok(other)) => known_rows(&answer, &other).map(CopyAnswer::Rows),
            (Err(CallError::Unread(error)), Err(CallError::Unread(_))) if !is_of_function(&error) => {
                Some(CopyAnswer::Fails(added_column::words(&error)))
            }
            _ => None,
        }
    }
}

/// What is known of a text that was run twice.
fn written(answers: &[StatementOutput], others: Option<&[StatementOutput]>, before: i64) -> WriteResult {
    let statements = answers.len();
    let (Some(others), Some(last)) = (others.filter(|others| others.len() == statements), answers.last())
    else {
        return WriteResult { statements, ..WriteResult::default() };
    };
    let sum = |answers: &[StatementOutput]| answers.iter().map(|answer| answer.changes).sum::<u64>();
    let changes = (sum(answers) == sum(others)).then(|| i64::try_from(sum(answers)).ok()).flatten();
    let other = &others[statements - 1];
    let is_its_own = last.last_row_id != before && last.last_row_id == other.last_row_id;
    let last_row_id = (is_its_own && last.changes > 0).then_some(last.last_row_id);
    WriteResult { changes, last_row_id, rows: known_rows(last, other), statements }
}

fn known_rows(answer: &StatementOutput, other: &StatementOutput) -> Option<Vec<Map<String, Json>>> {
    let bytes = |value: &Value| match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        _ => 8,
    };
    if answer.rows.iter().flatten().map(bytes).sum::<usize>() > ANSWER_BYTES_MAX {
        return None;
    }
    let is_alike = !answer.is_explained
        && answer.columns == other.columns
        && answer.rows.len() == other.rows.len()
        && answer
            .rows
            .iter()
            .flatten()
            .zip(other.rows.iter().flatten())
            .all(|(one, other)| is_same(one, other));
    let rows = || answer.rows.iter().map(|values| row(&answer.columns, values, exact)).collect();
    if is_alike { rows() } else { None }
}

fn is_of_function(error: &rusqlite::Error) -> bool {
    added_column::words(error).starts_with("no such function: ")
}

/// Which statement fails, and why.
fn words(statements: &[Statement], at: usize, why: &str) -> String {
    match (statements.get(at), statements.len()) {
        (Some(one), 1) => format!("{} fails: {why}", excerpt(&one.text)),
        (Some(one), _) => format!("{} (line {}) fails: {why}", excerpt(&one.text), one.line),
        (None, _) => format!("it fails at its end: {why}"),
    }
}
