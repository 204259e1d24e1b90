//! Compares a live schema with that of the applied files.
//!
//! The applied files are run in memory, in the order in which they were applied, and what comes of it is compared with what is
//! there, in both directions.
//!
//! **Invariant:** schemas are compared by what they are made of, never by their text.
//! **Invariant:** what no file names is no difference: another tool or a recipe may have made it.

use super::super::files::folder::{Migration, Migrations};
use super::super::ledger::history::History;
use super::super::ledger::object::Object;
use super::super::ledger::rows::Ledger;
use super::effect::{missing, words};
use super::other_ledgers::is_ledger;
use super::replay::{ReplayResult, replay_whole};
use super::snapshot::{Id, Snapshot};
use super::structure::Structure;

/// How a live schema differs from what the applied files give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// What is not as the files give it, in words.
    pub differences: Vec<String>,
    /// What is there and named by no file, in words: no difference.
    pub beside: Vec<String>,
    /// Why the two can't be compared.
    pub not_compared: Option<String>,
    /// Why no new database can be made of the applied files, in words.
    pub stop: Option<String>,
}

impl Drift {
    fn not_compared(why: impl Into<String>) -> Self {
        Drift { not_compared: Some(why.into()), ..Drift::default() }
    }
}

/// Compares what the schema has with what the files give that are applied; `database` is its name.
pub fn drift(database: &str, migrations: &Migrations, ledger: &Ledger, objects: &[Object]) -> Drift {
    let applied = ledger.applied().iter();
    let files: Vec<&Migration> =
        applied.filter_map(|name| migrations.files.iter().find(|file| file.name == *name)).collect();
    if let Err(error) = migrations.check(database, ledger, &History::of(migrations, ledger)) {
        return Drift::not_compared(error.to_string());
    }
    if files.is_empty() {
        return Drift::default();
    }
    let live = Snapshot::of_live(objects, &migrations.tables);
    match replay_whole(&files, &live) {
        Ok(ReplayResult { failure: Some((file, why)), stop, .. }) => Drift {
            stop: stop.map(in_words),
            ..Drift::not_compared(format!("`{file}` can't be run in memory: {why}"))
        },
        Ok(whole) => compared(&whole, &live),
        Err(error) => Drift::not_compared(format!("the files can't be run in memory: {error}")),
    }
}

fn compared(whole: &ReplayResult, live: &Snapshot) -> Drift {
    let ReplayResult { after, dropped, stop, .. } = whole;
    let mut differences: Vec<String> = Vec::new();
    let (tables, others): (Vec<_>, Vec<_>) = after.iter().partition(|(_, made)| made.kind == "table");
    // With a table goes what belongs to it.
    let others = others.into_iter().filter(|(_, made)| {
        let table = Id::new("table", &made.table);
        after.get(&table).is_none() || live.get(&table).is_some()
    });
    for (id, made) in tables.into_iter().chain(others) {
        differences.extend(missing(made, live));
        if let Some(there) = live.get(id) {
            differences.extend(added(made, there, after));
        }
    }
    let mut beside = Vec::new();
    for (id, there) in live.iter().filter(|(id, there)| after.get(id).is_none() && !is_of_a_tool(there, live))
    {
        if dropped.contains(id) {
            differences.push(format!("{} is there, and the files drop it", words(there)));
        } else if !goes_along(there, after, live) {
            beside.push(format!("{} is in none of the files", words(there)));
        }
    }
    Drift { differences, beside, not_compared: None, stop: stop.clone().map(in_words) }
}

fn in_words((file, why): (String, String)) -> String {
    format!("a new database can't be made of the files, it stops at `{file}`: {why}")
}

/// The pending file at which a new database stops, after the files before it, and why.
pub fn pending_stop(
    database: &str,
    migrations: &Migrations,
    ledger: &Ledger,
    objects: &[Object],
) -> Option<(String, String)> {
    let pending = migrations.pending(database, ledger).ok()?;
    let applied = ledger.applied().iter();
    let applied = applied.filter_map(|name| migrations.files.iter().find(|file| file.name == *name));
    let files: Vec<&Migration> = applied.chain(pending.iter().copied()).collect();
    let live = Snapshot::of_live(objects, &migrations.tables);
    let stop = replay_whole(&files, &live).ok()?.stop;
    stop.filter(|(file, _)| pending.iter().any(|one| one.name == *file))
}

/// What a live table has beside what the files make of it.
fn added(made: &Object, there: &Object, after: &Snapshot) -> Vec<String> {
    if made.kind != "table" || made.sql == there.sql {
        return Vec::new();
    }
    let indexes = after.indexes_of(&made.name);
    let read = (Structure::read(&made.sql, indexes), Structure::read(&there.sql, []));
    let (Some(made), Some(live)) = read else { return Vec::new() };
    made.exceeded_by(&live, &there.name)
}

/// Whether an object belongs to a table that is in none of the files either, which says enough.
fn goes_along(object: &Object, after: &Snapshot, live: &Snapshot) -> bool {
    let table = Id::new("table", &object.table);
    object.kind != "table" && after.get(&table).is_none() && live.get(&table).is_some()
}

/// What tools keep in a database for themselves, and the tables in which virtual ones keep their rows.
fn is_of_a_tool(object: &Object, live: &Snapshot) -> bool {
    let Some(table) = live.table(&object.table) else { return false };
    let is_shadow = |other: &Object| {
        let mut words = other.sql.split_ascii_whitespace();
        let begin = format!("{}_", other.name.to_ascii_lowercase());
        words.nth(1).is_some_and(|word| word.eq_ignore_ascii_case("virtual"))
            && table.name.to_ascii_lowercase().starts_with(&begin)
    };
    is_ledger(table) || live.iter().any(|(_, other)| other.kind == "table" && is_shadow(other))
}

#[cfg(test)]
mod tests {
    use super::super::super::files::folder::fixture;
    use super::super::super::sql::script::Script;
    use super::*;
    use rusqlite::Connection;

    /// Files applied in their order, then `by_hand`; what is told.
    fn told(files: &[&str], by_hand: &str) -> Drift {
        let names: Vec<String> = (1..=files.len()).map(|number| format!("{number}")).collect();
        let mut migrations = fixture::migrations(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let (database, mut ledger) = (Connection::open_in_memory().unwrap(), Ledger::default());
        for (file, sql) in migrations.files.iter_mut().zip(files) {
            file.sql = Script::new(*sql);
            database.execute_batch(sql).unwrap();
            ledger.record(file, "run");
        }
        let tables = [migrations.tables.create_wrangler(), migrations.tables.create_larder()].join("; ");
        database.execute_batch(&format!("{tables}; {by_hand}")).unwrap();
        let mut statement = database
            .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
            .unwrap();
        let objects = statement.query_map([], |row| {
            Ok(Object { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? })
        });
        let objects: Vec<Object> = objects.unwrap().map(Result::unwrap).collect();
        drift("jobs", &migrations, &ledger, &objects)
    }

    const FILES: [&str; 2] = [
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, n INT CHECK (n > 0)); CREATE TABLE old (a);
         CREATE TABLE tags (user INTEGER REFERENCES users (id), tag TEXT NOT NULL DEFAULT '', PRIMARY KEY (user, tag)) WITHOUT ROWID;
         CREATE INDEX by_n ON users (n); CREATE VIEW v AS SELECT id FROM users;
         CREATE TRIGGER r AFTER INSERT ON users BEGIN SELECT CASE WHEN 1 THEN 2 END; END;",
        "ALTER TABLE users ADD COLUMN name TEXT; ALTER TABLE users RENAME COLUMN n TO number; DROP TABLE old;
         CREATE VIRTUAL TABLE f USING fts5(body); CREATE TABLE s (a INT, b INT AS (a + 1) STORED) STRICT",
    ];

    #[test]
    fn what_the_files_have_made_is_no_difference() {
        assert_eq!(told(&FILES, ""), Drift::default());
        assert_eq!(
            told(&FILES, "INSERT INTO users (email, number) VALUES ('a', 1); INSERT INTO f VALUES ('x')"),
            Drift::default()
        );
        assert_eq!(told(&[], "CREATE TABLE t (a)"), Drift::default());
    }

    #[test]
    fn each_change_by_hand_is_told() {
        for (by_hand, expected) in [
            ("DROP TABLE f", "the table `f` is missing"),
            ("DROP INDEX by_n", "the index `by_n` is missing"),
            ("DROP VIEW v", "the view `v` is missing"),
            ("DROP TRIGGER r", "the trigger `r` is missing"),
            ("ALTER TABLE users DROP COLUMN name", "the column `users.name` is missing"),
            ("ALTER TABLE users ADD COLUMN age INT", "the column `users.age` is in none of the files"),
            ("ALTER TABLE s ADD COLUMN c ANY", "the column `s.c` is in none of the files"),
            ("CREATE TABLE old (a)", "the table `old` is there, and the files drop it"),
            (
                "DROP INDEX by_n; CREATE INDEX by_n ON users (name)",
                "the index `by_n` is made otherwise than in the files",
            ),
            (
                "DROP VIEW v; CREATE VIEW v AS SELECT name FROM users",
                "the view `v` is made otherwise than in the files",
            ),
            (
                "DROP TABLE s; CREATE TABLE s (a TEXT, b INT AS (a + 1) STORED) STRICT",
                "the column `s.a` is `TEXT` and not `INT`",
            ),
            (
                "DROP TABLE s; CREATE TABLE s (a INT, b INT AS (a + 2) STORED) STRICT",
                "the column `s.b` is `INT AS (a + 2) STORED` and not `INT AS (a + 1) STORED`",
            ),
            ("DROP TABLE s; CREATE TABLE s (a INT, b INT AS (a + 1) STORED)", "`s` is not `STRICT`"),
            (
                "DROP TABLE s; CREATE TABLE s (a INT CHECK (a < 9), b INT AS (a + 1) STORED) STRICT",
                "`s` has `CHECK (a < 9)`, which is in none of the files",
            ),
            (
                "DROP TABLE s; CREATE TABLE s (a INT UNIQUE, b INT AS (a + 1) STORED) STRICT",
                "`s` has `UNIQUE (a)`, which is in none of the files",
            ),
            (
                "DROP TABLE s; CREATE TABLE s (a INT REFERENCES users, b INT AS (a + 1) STORED) STRICT",
                "`s` has `FOREIGN KEY (a) REFERENCES users`, which is in none of the files",
            ),
        ] {
            let drift = told(&FILES, by_hand);
            assert!(drift.differences.contains(&expected.to_owned()), "{by_hand}: {drift:?}");
            assert_eq!((drift.differences.len(), &drift.not_compared), (1, &None), "{by_hand}: {drift:?}");
        }
        let all = told(&FILES, "DROP VIEW v; DROP TABLE tags; DROP TABLE users");
        let expected =
            ["the table `tags` is missing", "the table `users` is missing", "the view `v` is missing"];
        assert_eq!(all.differences, expected);
    }

    #[test]
    fn what_no_file_names_stands_beside() {
        let by_hand = "CREATE TABLE notes (a); CREATE INDEX by_a ON notes (a); CREATE INDEX by_email ON users (email, id);
            CREATE TABLE __drizzle_migrations (id, hash, created_at); CREATE TABLE _prisma_migrations (id);
            CREATE TABLE __alchemy_migrations (id);
            CREATE VIRTUAL TABLE g USING fts5(x)";
        let Drift { differences, beside, .. } = told(&FILES, by_hand);
        assert_eq!(differences, Vec::<String>::new());
        let expected = [
            "the index `by_email` is in none of the files",
            "the table `g` is in none of the files",
            "the table `notes` is in none of the files",
        ];
        assert_eq!(beside, expected);
    }

    #[test]
    fn what_cannot_be_run_here_is_not_compared() {
        let made = "CREATE TABLE a (x)";
        let migrations = fixture::migrations(&["1"]);
        let mut files = migrations.clone();
        files.files[0].sql = Script::new("CREATE TABLE a (x); ALTER TABLE b ADD COLUMN y");
        let mut ledger = Ledger::default();
        ledger.record(&files.files[0], "run");
        let object = Object { kind: "table".into(), name: "a".into(), table: "a".into(), sql: made.into() };
        let told = drift("jobs", &files, &ledger, std::slice::from_ref(&object));
        assert_eq!(told.not_compared.as_deref(), Some("`1` can't be run in memory: no such table: b"));
        let mut edited = files.clone();
        edited.files[0].sha256 = "0f".into();
        let told = drift("jobs", &edited, &ledger, &[object]);
        assert_eq!(
            told.not_compared.as_deref(),
            Some("applied to `jobs` with another text than `m` has now: `1`")
        );
    }

    #[test]
    fn a_thousand_files_are_compared() {
        let files: Vec<String> = (0..1000).map(|number| format!("CREATE TABLE t{number} (id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX i{number} ON t{number} (a)")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let drift = told(&files, "DROP INDEX i7");
        assert_eq!(drift.differences, ["the index `i7` is missing"]);
    }
}
