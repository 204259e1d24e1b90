//! The pending files, run on the live schema in memory before anything is sent.
//!
//! What the schema alone decides is a finding: it would fail in the database, too. What may only fail because a row was
//! made up, or because something of the schema or a function is missing here, is a note.
//!
//! **Invariant:** a finding fails in the database as well; a rehearsal that can't know says so and lets the file through.

use super::destructive::GATE;
use super::finding::{Finding, excerpt};
use super::kind::Kind;
use super::ledger::{Tables, identifier};
use super::lexer::mentions;
use super::lint::File;
use super::live::Object;
use super::made_up;
use super::restrictions::Restrictions;
use super::schema::Schema;
use super::statements::Statement;
use super::syntax::locate;
use crate::system::Stopwatch;
use rusqlite::{Connection, Error, ErrorCode};
use std::time::Duration;

/// How long a rehearsal may take; what takes longer here takes its time there, too.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Instructions of SQLite's machine between two looks at the time.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

/// D1's settings, to which every call goes back.
const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA defer_foreign_keys = OFF; PRAGMA case_sensitive_like = OFF; \
    PRAGMA ignore_check_constraints = OFF; PRAGMA legacy_alter_table = OFF; PRAGMA recursive_triggers = OFF;";

/// A database in memory, made like the live one.
pub(super) struct Stage {
    database: Connection,
    restrictions: Restrictions,
    ledger: Tables,
    /// Nothing of the schema is missing.
    is_whole: bool,
    /// Some rows are made up, others are missing.
    has_made_up_rows: bool,
    rehearsed: Rehearsed,
}

/// What a rehearsal has shown.
#[derive(Debug, Default)]
pub(super) struct Rehearsed {
    /// Keeps the files from being sent.
    pub(super) refused: Vec<Finding>,
    /// Is worth knowing.
    pub(super) notes: Vec<String>,
    /// What the files make of the schema.
    pub(super) changes: Vec<String>,
}

/// What a failure means.
enum Judged {
    Finding(Finding),
    Note(String),
}

impl Stage {
    /// Makes the schema.
    pub(super) fn build(objects: &[Object], ledger: &Tables) -> rusqlite::Result<Self> {
        let mut database = Connection::open_in_memory()?;
        let restrictions = Restrictions::install(&mut database)?;
        database.execute_batch("PRAGMA foreign_keys = OFF;")?;
        let mut stage = Stage {
            database,
            restrictions,
            ledger: ledger.clone(),
            is_whole: true,
            has_made_up_rows: false,
            rehearsed: Rehearsed::default(),
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
        if !objects.iter().any(|object| object.is_of_ledger(ledger)) {
            let sql = format!("{}\n{}", ledger.create_wrangler(), ledger.create_larder());
            stage.database.execute_batch(&sql)?;
        }
        Ok(stage)
    }

    /// The tables whose rows matter: not the ledger's, and not what virtual tables keep for themselves.
    pub(super) fn tables(&self) -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND lower(name) NOT IN (lower(?1), lower(?2)) ORDER BY name";
        let mut statement = self.database.prepare(sql)?;
        let names = statement.query_map([&self.ledger.wrangler, &self.ledger.larder], |row| row.get(0))?;
        names.collect()
    }

    /// Puts a row into each of the tables that have rows, and then makes what hangs on tables.
    pub(super) fn furnish(&mut self, objects: &[Object], filled: &[String]) -> rusqlite::Result<()> {
        self.rehearsed.notes.extend(made_up::fill(&self.database, filled)?);
        self.has_made_up_rows = !filled.is_empty();
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

    /// Runs every file in its own transaction; the first finding ends it.
    pub(super) fn run(mut self, files: &[File]) -> rusqlite::Result<Rehearsed> {
        let watch = Stopwatch::start();
        let is_over = move || watch.elapsed() >= TIME_MAX;
        self.database.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_over))?;
        let first = self.schema()?;
        for file in files {
            let before = self.schema()?;
            let filled = self.filled(&before);
            self.run_file(file)?;
            if !file.is_marked() && self.rehearsed.refused.is_empty() {
                let after = self.schema()?;
                let mut lost = columns_lost(file, &before.columns_lost_in(&after), &first);
                lost.extend(rows_lost(file, &filled, &after, &self.filled(&after)));
                let finding = |words| Finding {
                    path: file.path.clone(),
                    line_column: None,
                    words,
                    hint: GATE.to_owned(),
                };
                self.rehearsed.refused.extend(lost.into_iter().map(finding));
            }
            if !self.rehearsed.refused.is_empty() {
                break;
            }
        }
        self.rehearsed.changes = first.changes_to(&self.schema()?);
        Ok(self.rehearsed)
    }

    fn run_file(&mut self, file: &File) -> rusqlite::Result<()> {
        self.database.execute_batch("BEGIN")?;
        for statement in &file.script.statements {
            if let Err((error, is_read)) = self.step(&statement.text) {
                match self.judge(file, statement, &error, is_read) {
                    Judged::Finding(finding) => {
                        self.rehearsed.refused.push(finding);
                        break;
                    }
                    Judged::Note(note) => self.rehearsed.notes.push(note),
                }
                let is_of_rows =
                    matches!(statement.kind, Kind::Insert { .. } | Kind::Update { .. } | Kind::Delete { .. });
                self.is_whole &= is_of_rows;
            }
            if self.database.is_autocommit() {
                // A conflict that rolls everything back has taken the file's schema with it.
                self.is_whole = false;
                self.database.execute_batch("BEGIN")?;
            }
        }
        if self.rehearsed.refused.is_empty()
            && let Err(error) = self.database.execute_batch("COMMIT")
        {
            self.judge_end(file, &error)?;
        }
        if !self.database.is_autocommit() {
            self.database.execute_batch("ROLLBACK")?;
        }
        self.database.execute_batch(SETTINGS)
    }

    /// Deferred foreign keys are checked at the end.
    fn judge_end(&mut self, file: &File, error: &Error) -> rusqlite::Result<()> {
        let words = format!("the file ends with: {error}");
        if !self.has_made_up_rows {
            let hint = "what rows point at must be there when the file ends".to_owned();
            self.rehearsed.refused.push(Finding { path: file.path.clone(), line_column: None, words, hint });
            return Ok(());
        }
        self.rehearsed.notes.push(format!("{}: {words} (on made-up rows)", file.path));
        // Once more without foreign keys, for the schema that the files after this one find.
        self.database.execute_batch("ROLLBACK; PRAGMA foreign_keys = OFF; BEGIN")?;
        for statement in &file.script.statements {
            self.is_whole &= self.step(&statement.text).is_ok();
        }
        self.database.execute_batch("COMMIT")
    }

    /// Runs one statement; with an error comes whether SQLite could read the statement on this schema.
    fn step(&self, sql: &str) -> Result<(), (Error, bool)> {
        self.restrictions.during(|| {
            let mut statement = self.database.prepare(sql).map_err(|error| (error, false))?;
            let mut rows = statement.raw_query();
            while rows.next().map_err(|error| (error, true))?.is_some() {}
            Ok(())
        })
    }

    fn judge(&self, file: &File, statement: &Statement, error: &Error, is_read: bool) -> Judged {
        let ((line, column), words) = match error {
            Error::SqlInputError { msg, offset, .. } => (locate(statement, *offset), msg.clone()),
            Error::SqliteFailure(_, Some(words)) => ((statement.line, statement.column), words.clone()),
            other => ((statement.line, statement.column), other.to_string()),
        };
        let it = excerpt(&statement.text);
        let note = |words: String| Judged::Note(format!("{}:{line}:{column}: {it} {words}", file.path));
        let finding = |hint: &str| {
            let words = format!("{it} fails: {words}");
            let (path, line_column) = (file.path.clone(), Some((line, column)));
            Judged::Finding(Finding { path, line_column, words, hint: hint.to_owned() })
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
            && !words.ends_with(" constraint failed");
        if !is_read || !self.has_made_up_rows || alters {
            return finding("nothing was sent: correct the file and run again");
        }
        note(format!("may fail: {words} (on made-up rows)"))
    }

    fn schema(&self) -> rusqlite::Result<Schema> {
        Schema::of(&self.database, &self.ledger)
    }

    /// The tables that have rows.
    fn filled(&self, schema: &Schema) -> Vec<String> {
        let mut filled = Vec::new();
        for table in schema.tables() {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", identifier(table));
            // Some virtual tables can't be asked like this.
            if self.database.query_row(&sql, [], |row| row.get(0)).unwrap_or(false) {
                filled.push(table.to_owned());
            }
        }
        filled
    }
}

/// Columns that the rebuild of a table has left out: no copy mentions them.
fn columns_lost(file: &File, lost: &[(String, String)], first: &Schema) -> Vec<String> {
    let statements = &file.script.statements;
    let is_left_out = |(table, column): &&(String, String)| {
        let same = |name: &str| name.eq_ignore_ascii_case(table);
        let is_rebuilt = statements.iter().any(|statement| match &statement.kind {
            Kind::DropTable { name } | Kind::RenameTable { from: name, .. } => same(name),
            _ => false,
        });
        let is_copied = statements.iter().any(|statement| {
            matches!(&statement.kind, Kind::Insert { copies: Some(from), .. } if same(from))
                && mentions(&statement.text, column)
        });
        is_rebuilt && !is_copied && first.tables().any(|name| name == table)
    };
    let words =
        |(table, column): &(String, String)| format!("the rebuild of `{table}` loses its column `{column}`");
    lost.iter().filter(is_left_out).map(words).collect()
}

/// Tables whose rows are gone though no statement says so.
fn rows_lost(file: &File, before: &[String], schema: &Schema, after: &[String]) -> Vec<String> {
    let is_named = |table: &str| {
        file.script.statements.iter().any(|statement| {
            matches!(&statement.kind, Kind::Delete { from, .. } if from.eq_ignore_ascii_case(table))
        })
    };
    let is_lost = |table: &&String| {
        schema.tables().any(|name| name == *table) && !after.contains(table) && !is_named(table)
    };
    before
        .iter()
        .filter(is_lost)
        .map(|table| format!("the rows of `{table}` are deleted by way of other tables"))
        .collect()
}
