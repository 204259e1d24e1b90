//! Replays the files in an empty database in memory and records the schema after each.
//!
//! Only statements about the schema are run: no rows are needed to know what a file makes. What the files take for granted
//! and the live database has (tables that were there before the first file) is made like there when a statement needs it.
//!
//! **Invariant:** nothing but `CREATE`, `ALTER` and `DROP` is run, under D1's restrictions.

use super::super::files::folder::Migration;
use super::super::ledger::object::Object;
use super::super::rehearse::added_column::words;
use super::super::sql::kind::StatementKind;
use super::super::sql::lexer::unquoted;
use super::super::sql::restrictions::Restrictions;
use super::super::sql::script::Statement;
use super::snapshot::{Id, Snapshot};
use crate::system::Stopwatch;
use rusqlite::{Connection, ErrorCode};
use sqlite3_parser::dialect::TokenType;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How long all files may take together.
const TIME_MAX: Duration = Duration::from_secs(5);

/// Instructions of SQLite's machine between two looks at the time.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

/// D1's settings, to which every call goes back.
const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF;";

/// A column of a table, in lower case.
pub type TableColumn = (String, String);

#[derive(Clone, Debug, Default)]
pub struct ReplayedFile {
    /// Before it, with what it takes for granted.
    pub before: Snapshot,
    pub after: Snapshot,
    /// Where it makes its objects: line and column.
    pub made: HashMap<Id, (usize, usize)>,
    /// Where it adds columns.
    pub added: HashMap<TableColumn, (usize, usize)>,
    /// What it makes with `IF NOT EXISTS`.
    pub lenient: HashSet<Id>,
    /// What it drops, and whether with `IF EXISTS`.
    pub dropped: HashMap<Id, bool>,
    /// Columns that it adds to a table that it takes for granted, and that has them.
    pub met: Vec<TableColumn>,
    /// Why a statement of it could not be run.
    pub failure: Option<String>,
    /// Why a new database, made of the files alone, stops at it.
    pub stop: Option<String>,
}

/// What files make together.
#[derive(Clone, Debug, Default)]
pub struct ReplayResult {
    /// After the last of them.
    pub after: Snapshot,
    /// What they drop anywhere.
    pub dropped: HashSet<Id>,
    /// The first that could not be run, and why.
    pub failure: Option<(String, String)>,
    /// The first at which a new database stops, and why.
    pub stop: Option<(String, String)>,
}

/// Runs `files` in their order; `live` is what there is in the database.
pub fn replay(files: &[Migration], live: &Snapshot) -> rusqlite::Result<Vec<ReplayedFile>> {
    let stage = ReplayDatabase::new(live)?;
    files.iter().map(|file| stage.play(file)).collect()
}

/// The same, of which only the end is looked at: with a look at each file a thousand take seconds.
pub fn replay_whole(files: &[&Migration], live: &Snapshot) -> rusqlite::Result<ReplayResult> {
    let stage = ReplayDatabase::new(live)?;
    let (mut played, mut stop) = (ReplayedFile::default(), None);
    for file in files {
        stage.run_file(file, &mut played)?;
        stop = stop.or(played.stop.take().map(|why| (file.name.clone(), why)));
        if let Some(why) = played.failure.take() {
            return Ok(ReplayResult {
                failure: Some((file.name.clone(), why)),
                stop,
                ..ReplayResult::default()
            });
        }
    }
    let dropped = played.dropped.into_keys().collect();
    Ok(ReplayResult { after: Snapshot::of(&stage.database)?, dropped, failure: None, stop })
}

struct ReplayDatabase<'a> {
    database: Connection,
    restrictions: Restrictions,
    live: &'a Snapshot,
    /// What was made as it is there, since no file makes it.
    borrowed: RefCell<HashSet<Id>>,
}

impl<'a> ReplayDatabase<'a> {
    fn new(live: &'a Snapshot) -> rusqlite::Result<Self> {
        let mut database = Connection::open_in_memory()?;
        let restrictions = Restrictions::install(&mut database)?;
        let watch = Stopwatch::start();
        let is_over = move || watch.elapsed() >= TIME_MAX;
        database.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_over))?;
        database.execute_batch(SETTINGS)?;
        Ok(ReplayDatabase { database, restrictions, live, borrowed: RefCell::default() })
    }
}

impl ReplayDatabase<'_> {
    fn play(&self, file: &Migration) -> rusqlite::Result<ReplayedFile> {
        let mut played = ReplayedFile { before: Snapshot::of(&self.database)?, ..ReplayedFile::default() };
        self.run_file(file, &mut played)?;
        played.after = Snapshot::of(&self.database)?;
        Ok(played)
    }

    fn run_file(&self, file: &Migration, played: &mut ReplayedFile) -> rusqlite::Result<()> {
        self.database.execute_batch("BEGIN")?;
        for statement in file.sql.statements().iter().filter(|statement| is_of_schema(statement)) {
            self.step(statement, played)?;
        }
        if !self.database.is_autocommit() {
            self.database.execute_batch("COMMIT")?;
        }
        self.database.execute_batch(SETTINGS)
    }

    fn step(&self, statement: &Statement, played: &mut ReplayedFile) -> rusqlite::Result<()> {
        let named = NamedObject::of(statement);
        let place = (statement.line, statement.column);
        if let Some(named) = &named {
            if named.is_drop {
                played.dropped.insert(named.id.clone(), named.is_lenient);
            } else {
                played.made.entry(named.id.clone()).or_insert(place);
                if named.is_lenient {
                    played.lenient.insert(named.id.clone());
                }
            }
        }
        if let StatementKind::AddColumn { table, column, .. } = &statement.kind {
            played.added.insert((table.to_ascii_lowercase(), column.to_ascii_lowercase()), place);
        }
        let Err(mut error) = self.run(&statement.text) else { return Ok(()) };
        if self.borrow(statement, named.as_ref(), played)? {
            match self.run(&statement.text) {
                Ok(()) => return Ok(()),
                Err(again) => error = again,
            }
        }
        match (&statement.kind, named) {
            (_, Some(NamedObject { is_drop: true, .. })) => {}
            (StatementKind::AddColumn { table, column, .. }, _)
                if self.database.column_exists(None, table.as_str(), column.as_str())? =>
            {
                if !self.borrowed.borrow().contains(&Id::new("table", table)) {
                    played.stop.get_or_insert_with(|| words(&error));
                }
                played.met.push((table.to_ascii_lowercase(), column.to_ascii_lowercase()));
            }
            // What can't be made here and is there is taken as it is there.
            (_, Some(named))
                if self.live.get(&named.id).is_some_and(|object| self.run(&object.sql).is_ok()) => {}
            _ => {
                if self.is_of_files(&error) {
                    played.stop.get_or_insert_with(|| words(&error));
                }
                played.failure.get_or_insert(error.to_string());
            }
        }
        Ok(())
    }

    /// Whether every database would refuse it: D1 may have functions that are not here, and it may have had more time.
    fn is_of_files(&self, error: &rusqlite::Error) -> bool {
        let is_unknown = ["no such function: ", "no such module: "];
        error.sqlite_error_code() != Some(ErrorCode::OperationInterrupted)
            && !self.restrictions.have_denied()
            && !is_unknown.iter().any(|begin| words(error).starts_with(begin))
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.restrictions.during(|| self.database.execute_batch(sql))
    }

    /// Makes what a statement mentions, the database has, and no file before has made; whether there was any.
    fn borrow(
        &self,
        statement: &Statement,
        named: Option<&NamedObject>,
        played: &mut ReplayedFile,
    ) -> rusqlite::Result<bool> {
        let mentioned: HashSet<String> = statement
            .tokens
            .iter()
            .map(|token| unquoted(statement.word(token)).to_ascii_lowercase())
            .collect();
        let here = Snapshot::of(&self.database)?;
        let is_missing = |(id, object): &(&Id, &Object)| {
            matches!(object.kind.as_str(), "table" | "view")
                && mentioned.contains(&object.name.to_ascii_lowercase())
                && here.get(id).is_none()
                && named.is_none_or(|named| named.id != **id || (named.is_drop && !named.is_lenient))
        };
        let mut is_any = false;
        for (_, object) in self.live.iter().filter(is_missing) {
            if self.run(&object.sql).is_ok() {
                played.before.insert(object.clone());
                self.borrowed.borrow_mut().insert(Id::of(object));
                is_any = true;
            }
        }
        Ok(is_any)
    }
}

/// Whether a statement is about the schema, or changes what such a statement does.
fn is_of_schema(statement: &Statement) -> bool {
    let first = statement.tokens.first().map(|token| statement.word(token).to_ascii_uppercase());
    match (&statement.kind, first.as_deref()) {
        (StatementKind::Temporary, _) => false,
        (StatementKind::Pragma { name, .. }, _) => name.eq_ignore_ascii_case("legacy_alter_table"),
        (_, Some("CREATE" | "ALTER" | "DROP")) => true,
        _ => false,
    }
}

/// What a statement makes or drops by its name.
struct NamedObject {
    id: Id,
    is_drop: bool,
    /// `IF NOT EXISTS`, `IF EXISTS`.
    is_lenient: bool,
}

impl NamedObject {
    fn of(statement: &Statement) -> Option<Self> {
        let tokens = &statement.tokens;
        let words: Vec<String> =
            tokens.iter().map(|token| statement.word(token).to_ascii_uppercase()).collect();
        let mut at = 0;
        let mut next = |expected: &[&str]| {
            let is_next = words.get(at).is_some_and(|word| expected.contains(&word.as_str()));
            at += usize::from(is_next);
            is_next
        };
        let is_drop = next(&["DROP"]);
        if !is_drop && !next(&["CREATE"]) {
            return None;
        }
        next(&["UNIQUE", "VIRTUAL"]);
        let kind = ["TABLE", "INDEX", "VIEW", "TRIGGER"].into_iter().find(|kind| next(&[kind]))?;
        let is_lenient = next(&["IF"]);
        next(&["NOT"]);
        next(&["EXISTS"]);
        // A schema may stand before the name.
        if tokens.get(at + 1).is_some_and(|token| token.kind == Some(TokenType::TK_DOT)) {
            at += 2;
        }
        let name = unquoted(statement.word(tokens.get(at)?));
        Some(NamedObject { id: Id::new(&kind.to_ascii_lowercase(), &name), is_drop, is_lenient })
    }
}
