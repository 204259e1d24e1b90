//! Runs the pending files on the live schema in memory, call by call, with the ledger rows, as they will be sent.
//!
//! What the schema alone decides is a finding: it would fail in the database, too. What may only fail because a row was
//! made up, or because something of the schema or a function is missing here, is a note.
//!
//! **Invariant:** a finding fails in the database as well; a rehearsal that can't know says so and lets the file through.

use super::super::database_flags::DatabaseFlags;
use super::super::files::tables::Tables;
use super::super::ledger::guard::{GuardedCall, GuardedPart};
use super::super::ledger::object::Object;
use super::super::ledger::rows::Ledger;
use super::super::lint::destructive::GATE;
use super::super::lint::file::File;
use super::super::lint::finding::{LintFinding, excerpt};
use super::super::lint::gate::{Gate, GateResult};
use super::super::lint::limits;
use super::super::schema::changes::Schema;
use super::super::schema::lost_rows;
use super::super::sql::kind::StatementKind;
use super::super::sql::restrictions::Restrictions;
use super::super::sql::script::{Script, Statement};
use super::super::sql::syntax::locate;
use super::super::sql::touched_tables::TouchedTables;
use super::added_column;
use super::nondeterminism::{self, CopySide};
use super::rebuilt_columns;
use super::sample_rows;
use super::trial;
use crate::system::Stopwatch;
use rusqlite::{Connection, Error, ErrorCode};
use std::collections::HashMap;
use std::time::Duration;

/// How long a rehearsal may take; what takes longer here takes its time there, too.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Instructions of SQLite's machine between two looks at the time.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

/// D1's settings, to which every call goes back.
pub const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA defer_foreign_keys = OFF; PRAGMA case_sensitive_like = OFF; \
    PRAGMA ignore_check_constraints = OFF; PRAGMA legacy_alter_table = OFF; PRAGMA recursive_triggers = OFF; \
    PRAGMA reverse_unordered_selects = OFF;";

/// A database in memory, made like the live one.
pub struct RehearsalDatabase {
    pub database: Connection,
    pub restrictions: Restrictions,
    pub ledger: Tables,
    /// How a command line means the database.
    pub reach: DatabaseFlags,
    /// Nothing of the schema is missing.
    pub is_whole: bool,
    /// Some rows are made up, others are missing.
    pub has_made_up_rows: bool,
    /// The ledger's rows are those that were read.
    pub has_ledger: bool,
    /// What has failed, and may go through in the database.
    pub doubts: usize,
    rehearsed: RehearsalResult,
}

/// What a rehearsal has shown.
#[derive(Debug, Default)]
pub struct RehearsalResult {
    /// Keeps the files from being sent.
    pub refused: Vec<LintFinding>,
    /// What the files lose, and what must be empty so that it is not more.
    pub passed: GateResult,
    pub notes: Vec<String>,
    /// What the files make of the schema.
    pub changes: Vec<String>,
}

/// What a failure means.
enum RehearsalFailure {
    Finding(LintFinding),
    Note(String),
}

impl RehearsalDatabase {
    pub fn build(objects: &[Object], ledger: &Tables) -> rusqlite::Result<Self> {
        let mut database = Connection::open_in_memory()?;
        let restrictions = Restrictions::install(&mut database)?;
        nondeterminism::install(&database, CopySide::Copy)?;
        database.execute_batch("PRAGMA foreign_keys = OFF;")?;
        let mut stage = RehearsalDatabase {
            database,
            restrictions,
            ledger: ledger.clone(),
            reach: DatabaseFlags::default(),
            is_whole: true,
            has_made_up_rows: false,
            has_ledger: true,
            doubts: 0,
            rehearsed: RehearsalResult::default(),
        };
        // Virtual tables make their inner tables themselves, so they come before those.
        let is_virtual = |object: &&Object| {
            object.sql.get(..14).is_some_and(|begin| begin.eq_ignore_ascii_case("CREATE VIRTUAL"))
        };
        let tables = || objects.iter().filter(|object| object.kind == "table");
        for object in tables().filter(is_virtual) {
            stage.make(object);
        }
        for object in tables().filter(|object| !is_virtual(object)) {
            let exists = stage.database.table_exists(None, object.name.as_str())?;
            if !exists {
                stage.make(object);
            }
        }
        Ok(stage)
    }

    /// The tables whose rows matter: not the ledger's, and not what virtual tables keep for themselves.
    pub fn tables(&self) -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND lower(name) NOT IN (lower(?1), lower(?2)) ORDER BY name";
        let mut statement = self.database.prepare(sql)?;
        let names = statement.query_map([&self.ledger.wrangler, &self.ledger.larder], |row| row.get(0))?;
        names.collect()
    }

    /// Puts a row into each of the tables that have rows, and the ledger's own rows, and then makes what hangs on tables.
    pub fn furnish(&mut self, objects: &[Object], filled: &[String], seen: &Ledger) -> rusqlite::Result<()> {
        self.rehearsed.notes.extend(sample_rows::fill(&self.database, filled)?);
        self.has_made_up_rows = !filled.is_empty();
        if let Err(error) = self.record(seen) {
            self.rehearsed.notes.push(format!("the ledger's rows are not rehearsed: {error}"));
            self.has_ledger = false;
        }
        for kind in ["index", "view", "trigger"] {
            for object in objects.iter().filter(|object| object.kind == kind) {
                self.make(object);
            }
        }
        self.database.execute_batch(SETTINGS)
    }

    fn make(&mut self, object: &Object) {
        if let Err(error) = self.database.execute_batch(&object.sql) {
            let Object { kind, name, .. } = object;
            self.rehearsed
                .notes
                .push(format!("the {kind} `{name}` can't be made for the rehearsal: {error}"));
            self.is_whole = false;
        }
    }

    /// Runs every call in its own transaction; the first statement that fails ends it.
    pub fn run(
        &mut self,
        mut gate: Gate,
        calls: &[GuardedCall],
        files: &[File],
    ) -> rusqlite::Result<RehearsalResult> {
        self.limit_time(true)?;
        let first = self.schema()?;
        let files: HashMap<&str, &File> = files.iter().map(|file| (file.name.as_str(), file)).collect();
        for call in calls {
            self.play(&mut gate, call, &files)?;
            if !self.rehearsed.refused.is_empty() {
                break;
            }
        }
        self.limit_time(false)?;
        let told = std::mem::take(&mut self.rehearsed);
        Ok(RehearsalResult { changes: first.changes_to(&self.schema()?), passed: gate.passed, ..told })
    }

    /// From now on, what takes too long is cut off; or no longer.
    pub fn limit_time(&mut self, is_limited: bool) -> rusqlite::Result<()> {
        let watch = Stopwatch::start();
        let is_over = move || watch.elapsed() >= TIME_MAX;
        let steps = if is_limited { STEPS_BETWEEN_LOOKS } else { 0 };
        self.database.progress_handler(steps, is_limited.then_some(is_over))
    }

    fn play(
        &mut self,
        gate: &mut Gate,
        call: &GuardedCall,
        files: &HashMap<&str, &File>,
    ) -> rusqlite::Result<()> {
        self.database.execute_batch("BEGIN")?;
        let mut played = Vec::new();
        for (part, name, sql) in &call.parts {
            let Some(&file) = files.get(name.as_str()) else { continue };
            match part {
                GuardedPart::Ledger => self.play_rows(file, sql)?,
                GuardedPart::File => {
                    self.play_file(gate, file)?;
                    played.push(file);
                }
            }
            if !self.rehearsed.refused.is_empty() {
                break;
            }
        }
        if self.rehearsed.refused.is_empty()
            && let Err(error) = self.database.execute_batch("COMMIT")
        {
            self.judge_end(&played, &error)?;
        }
        if !self.database.is_autocommit() {
            self.database.execute_batch("ROLLBACK")?;
        }
        self.database.execute_batch(SETTINGS)
    }

    /// Writes the rows of a file as they will be written.
    fn play_rows(&mut self, file: &File, sql: &str) -> rusqlite::Result<()> {
        if !self.has_ledger {
            return Ok(());
        }
        for statement in Script::new(sql).statements() {
            let Err((error, _)) = self.step(&statement.text, |_| {}) else { continue };
            let words = format!("its row can't be written to the ledger: {error}");
            let is_interrupted = error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted);
            if self.is_whole && !is_interrupted {
                let hint = super::super::error::ledger_hint(&self.reach);
                self.rehearsed.refused.push(LintFinding {
                    path: file.path.clone(),
                    line_column: None,
                    words,
                    hint,
                });
            } else {
                self.rehearsed.notes.push(format!("{}: {words}", file.path));
            }
            self.has_ledger = false;
            break;
        }
        self.begin_again()
    }

    fn play_file(&mut self, gate: &mut Gate, file: &File) -> rusqlite::Result<()> {
        gate.begin_file(file);
        // The schema is looked at only where rows may go: a thousand files that add tables are no look each at a thousand.
        let filled =
            if !file.is_marked() && lost_rows::may_be(file) { self.live_rows(gate)? } else { Vec::new() };
        let (findings, notes) = (gate.passed.refused.len(), self.rehearsed.notes.len());
        for statement in file.script.statements() {
            self.play_statement(gate, file, statement)?;
            if !self.rehearsed.refused.is_empty() {
                return Ok(());
            }
            self.begin_again()?;
        }
        // Where a statement has failed on made-up rows, what becomes of them says nothing.
        let is_known = self.rehearsed.notes.len() == notes;
        if is_known && !filled.is_empty() && gate.passed.refused.len() == findings {
            let after = Schema::names(&self.database, &self.ledger)?;
            let lost = lost_rows::rows(file, &filled, |table| after.contains(table) && !self.has_rows(table));
            let finding = |words| LintFinding {
                path: file.path.clone(),
                line_column: None,
                words,
                hint: GATE.to_owned(),
            };
            gate.passed.refused.extend(lost.into_iter().map(finding));
        }
        Ok(())
    }

    fn play_statement(
        &mut self,
        gate: &mut Gate,
        file: &File,
        statement: &Statement,
    ) -> rusqlite::Result<()> {
        let mut is_passed = false;
        let left_out = self.left_out(gate, file, statement)?;
        let is_short = self.is_short_copy(gate, statement)?;
        let needs_none = added_column::fails_with_rows(&self.database, &statement.kind, &statement.text)?;
        let result = self.step(&statement.text, |touched| {
            gate.pass(file, statement, Some((touched, &self.database)));
            is_passed = true;
        });
        if !is_passed {
            gate.pass(file, statement, None);
        }
        let result = match (result, needs_none, statement.kind.target()) {
            // It went through because there is no row, in the database or here only.
            (Ok(()), Some(_), Some(table)) if gate.is_empty(table) => {
                gate.need(file, table);
                Ok(())
            }
            (Ok(()), Some(error), Some(table)) if gate.catalog.is_live(table) => Err((error, false)),
            (result, ..) => result,
        };
        if let StatementKind::DropTable { name } = &statement.kind
            && result.is_ok()
        {
            gate.rebuild(file, statement, name, &left_out);
        }
        if is_short {
            gate.catalog.follow_short(&statement.kind);
        } else {
            gate.follow(statement);
        }
        if let Err((error, is_read)) = result {
            match self.judge(file, statement, &error, is_read) {
                RehearsalFailure::Finding(finding) => self.rehearsed.refused.push(finding),
                RehearsalFailure::Note(note) => {
                    self.rehearsed.notes.push(note);
                    self.doubts += 1;
                }
            }
            let is_of_rows = matches!(
                statement.kind,
                StatementKind::Insert { .. } | StatementKind::Update { .. } | StatementKind::Delete { .. }
            );
            self.is_whole &= is_of_rows;
        }
        Ok(())
    }

    /// The columns that the rebuild of a table ends without; a column that pending files have added is none of them.
    fn left_out(&self, gate: &Gate, file: &File, statement: &Statement) -> rusqlite::Result<Vec<String>> {
        let StatementKind::DropTable { name } = &statement.kind else { return Ok(Vec::new()) };
        if !gate.catalog.is_live(name) || !gate.catalog.is_copied(name) {
            return Ok(Vec::new());
        }
        let is_before = |one: &&Statement| (one.line, one.column) < (statement.line, statement.column);
        let before: Vec<&Statement> = file.script.statements().iter().take_while(is_before).collect();
        let mut left = rebuilt_columns::left_out(&self.database, &before, name)?;
        left.retain(|column| gate.catalog.is_live_column(name, column));
        Ok(left)
    }

    /// Whether the statement copies a table, but not every row of it.
    fn is_short_copy(&self, gate: &Gate, statement: &Statement) -> rusqlite::Result<bool> {
        let (StatementKind::Insert { into, copies: Some(from), .. }
        | StatementKind::CreateTable { name: into, copies: Some(from), .. }) = &statement.kind
        else {
            return Ok(false);
        };
        if gate.rows_in(from).is_none() || gate.is_empty(from) {
            return Ok(false);
        }
        trial::leaves_out(&self.database, from, into, &statement.text)
    }

    /// A conflict that rolls everything back has taken the schema of this call with it.
    fn begin_again(&mut self) -> rusqlite::Result<()> {
        if !self.database.is_autocommit() {
            return Ok(());
        }
        self.is_whole = false;
        self.database.execute_batch("BEGIN")
    }

    /// Deferred foreign keys are checked at the end.
    fn judge_end(&mut self, files: &[&File], error: &Error) -> rusqlite::Result<()> {
        let Some(file) = files.last() else { return Ok(()) };
        let words = format!("the file ends with: {error}");
        if !self.has_made_up_rows {
            let hint = "what rows point at must be there when the file ends".to_owned();
            self.rehearsed.refused.push(LintFinding {
                path: file.path.clone(),
                line_column: None,
                words,
                hint,
            });
            return Ok(());
        }
        self.rehearsed.notes.push(format!("{}: {words} (on made-up rows)", file.path));
        self.doubts += 1;
        // Once more without foreign keys, for the schema that the files after this one find.
        self.database.execute_batch("ROLLBACK; PRAGMA foreign_keys = OFF; BEGIN")?;
        self.has_ledger = false;
        for statement in files.iter().flat_map(|file| file.script.statements()) {
            self.is_whole &= self.step(&statement.text, |_| {}).is_ok();
        }
        self.database.execute_batch("COMMIT")
    }

    /// Runs one statement, after `look` has seen what it may touch; with an error comes whether SQLite could read the
    /// statement on this schema.
    fn step(&self, sql: &str, look: impl FnOnce(&TouchedTables)) -> Result<(), (Error, bool)> {
        let prepared = self.restrictions.during(|| self.database.prepare(sql));
        let mut statement = prepared.map_err(|error| (error, false))?;
        look(&self.restrictions.touched());
        self.restrictions.during(|| {
            let mut rows = statement.raw_query();
            while rows.next().map_err(|error| (error, true))?.is_some() {}
            Ok(())
        })
    }

    fn judge(&self, file: &File, statement: &Statement, error: &Error, is_read: bool) -> RehearsalFailure {
        let words = added_column::words(error);
        let (line, column) = match error {
            Error::SqlInputError { offset, .. } => locate(statement, *offset),
            _ => (statement.line, statement.column),
        };
        let it = excerpt(&statement.text);
        let note =
            |words: String| RehearsalFailure::Note(format!("{}:{line}:{column}: {it} {words}", file.path));
        let finding = |hint: &str| {
            let words = format!("{it} fails: {words}");
            let (path, line_column) = (file.path.clone(), Some((line, column)));
            RehearsalFailure::Finding(LintFinding { path, line_column, words, hint: hint.to_owned() })
        };
        if let Some(function) = words.strip_prefix("no such function: ") {
            return note(format!("is not rehearsed: only D1 may know the function `{function}`"));
        }
        if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
            let limit = TIME_MAX.as_secs();
            return note(format!("is not rehearsed to its end: it takes longer than {limit} s"));
        }
        if self.restrictions.have_denied() {
            return finding("D1 does not allow it: leave it out");
        }
        if !self.is_whole {
            return note(format!("fails in the rehearsal, where the schema is not whole: {words}"));
        }
        // What an `ALTER TABLE` complains about is the schema, but for the checks that it runs over the rows.
        let alters = statement.text.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("ALTER"))
            && error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation)
            && !words.ends_with(" constraint failed")
            && !added_column::fails_for_values(&statement.kind, &words);
        let is_certain =
            !is_read || !self.has_made_up_rows || alters || limits::is_exceeded(file, statement, error);
        if is_certain {
            return finding(
                added_column::hint(&statement.kind)
                    .unwrap_or("nothing was sent: correct the file and run again"),
            );
        }
        note(format!("may fail: {words} (on made-up rows)"))
    }
}
