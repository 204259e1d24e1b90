//! Databases that already have what pending files create, without a ledger row: what is refused, and what
//! continues.

use super::fake::Fake;
use crate::op::{Failure, Mode, OpResult};
use crate::services::d1::migrations::{Rehearsal, Settings};
use std::sync::Arc;

const HINT: &str = "`larder migrations baseline` shows which files the database has already, and records them without \
    running them: no row is touched";

fn run(fake: &Arc<Fake>, rehearsal: Rehearsal) -> Result<OpResult, Failure> {
    let settings = Settings { folder: "m", rehearsal, ..Settings::default() };
    fake.migrate_asked(Mode::Apply, "01J", &settings)
}

/// A database that somebody has made, before files that no ledger knows.
fn made(live: &str, files: &[&str]) -> Arc<Fake> {
    let fake = Fake::new(&[]);
    add(&fake, files);
    fake.run_sql(live).unwrap();
    fake
}

/// Adds files after those that are there.
fn add(fake: &Fake, files: &[&str]) {
    let first = crate::system::files::walk(&fake.path().join("m")).unwrap().len() + 1;
    for (index, sql) in files.iter().enumerate() {
        fake.write(&format!("{}.sql", first + index), sql);
    }
}

/// What is said of the first file that is there already.
#[track_caller]
fn refused(fake: &Arc<Fake>) -> String {
    let failure = run(fake, Rehearsal::Run).unwrap_err();
    assert!(!fake.requests().contains("apply"), "{failure}");
    assert_eq!(failure.hint().unwrap(), HINT, "{failure}");
    failure.to_string().replace("`jobs` is not migrated: ", "")
}

#[test]
fn what_is_there_without_a_row_is_refused_with_the_way_out() {
    let there = |what: &str| format!("{what}, and the ledger has no row of this file");
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);";
    for (live, files, said) in [
        (
            users,
            &["CREATE TABLE `Users` (id INTEGER)"][..],
            "m/1.sql:1:1: it makes the table `Users`, which is there already",
        ),
        (
            users,
            &["-- x\n  CREATE TABLE main.users (id);\nCREATE TABLE [posts] (id)"],
            "m/1.sql:2:3: it makes the table `users`, which is there already",
        ),
        (
            users,
            &[
                "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT); INSERT OR IGNORE INTO users VALUES (1, 'a');",
            ],
            "m/1.sql:1:1: all that it does to the schema is done already (the table `users`)",
        ),
        (
            "CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE c (x); CREATE TABLE d (x);",
            &[
                "CREATE TABLE d (x); CREATE TABLE c (x); CREATE TABLE b (x); CREATE TABLE a (x); CREATE TABLE e (x)",
            ],
            "m/1.sql:1:1: it makes the table `d`, the table `c`, the table `b` and 1 more, which are there already",
        ),
        // The drop is not asked about, since the tables were not made by these files.
        (
            users,
            &["DROP TABLE IF EXISTS users; CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)"],
            "m/1.sql:1:29: all that it does to the schema is done already (the table `users`)",
        ),
        (
            "CREATE TABLE t (x, y); CREATE INDEX t_x ON t (x); CREATE VIEW v AS SELECT 1; \
             CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;",
            &["CREATE INDEX IF NOT EXISTS t_x ON t (x); CREATE VIEW IF NOT EXISTS v AS SELECT 1; \
               CREATE TRIGGER IF NOT EXISTS r AFTER INSERT ON t BEGIN SELECT 1; END"],
            "m/1.sql:1:1: all that it does to the schema is done already (the index `t_x`, the trigger `r`, the view `v`)",
        ),
        // A table that the files take for granted.
        (
            "CREATE TABLE users (id, email);",
            &["SELECT 1", "ALTER TABLE users\n  ADD COLUMN Email"],
            "m/2.sql:1:1: it makes the column `users.email`, which is there already",
        ),
        (
            "CREATE VIRTUAL TABLE f USING fts5(x);",
            &["CREATE VIRTUAL TABLE f USING fts5(x)"],
            "m/1.sql:1:1: it makes the table `f`, which is there already",
        ),
        (
            "CREATE TABLE copy (id INT);",
            &["CREATE TABLE source (id INT)", "CREATE TABLE copy AS SELECT id FROM source"],
            "m/2.sql:1:1: it makes the table `copy`, which is there already",
        ),
    ] {
        assert_eq!(refused(&made(live, files)), there(said), "{files:?}");
    }
}

/// Files that are applied, and then something that somebody does by hand, and then the file for it.
fn after(applied: &[&str], by_hand: &str, files: &[&str]) -> Arc<Fake> {
    let fake = Fake::new(&[]);
    add(&fake, applied);
    run(&fake, Rehearsal::Run).unwrap();
    fake.run_sql(by_hand).unwrap();
    add(&fake, files);
    fake.requests();
    fake
}

const T: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE kid (t INT REFERENCES t ON DELETE CASCADE);";

/// What a schema tool writes to change a table.
fn rebuilt(columns: &str, copied: &str) -> String {
    format!(
        "PRAGMA foreign_keys=OFF; CREATE TABLE new_t (id INTEGER PRIMARY KEY, {columns}); \
         INSERT INTO new_t (id, {copied}) SELECT id, {copied} FROM t; DROP TABLE t; ALTER TABLE new_t RENAME TO t;"
    )
}

#[test]
fn what_was_done_by_hand_after_applied_files_is_refused_too() {
    let there = |what: &str| format!("{what}, and the ledger has no row of this file");
    for (by_hand, file, said) in [
        (
            "ALTER TABLE t ADD COLUMN b TEXT",
            "ALTER TABLE t ADD b TEXT".to_owned(),
            "m/2.sql:1:1: it makes the column `t.b`, which is there already",
        ),
        // To run it would empty the new column, and the children.
        (
            "ALTER TABLE t ADD COLUMN b TEXT",
            rebuilt("a TEXT, b TEXT", "a"),
            "m/2.sql: it makes the column `t.b`, which is there already",
        ),
        (
            "DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL)",
            rebuilt("a TEXT NOT NULL", "a"),
            "m/2.sql: all that it does to the schema is done already (the table `t`)",
        ),
        (
            "ALTER TABLE t RENAME COLUMN a TO b",
            "ALTER TABLE t RENAME COLUMN a TO b".to_owned(),
            "m/2.sql: it makes the column `t.b`, which is there already",
        ),
        (
            "ALTER TABLE t RENAME TO u",
            "ALTER TABLE t RENAME TO u".to_owned(),
            "m/2.sql: it makes the table `u`, which is there already",
        ),
        (
            "DROP TABLE kid",
            "DROP TABLE kid".to_owned(),
            "m/2.sql: all that it does to the schema is done already (the table `kid`)",
        ),
        (
            "ALTER TABLE t DROP COLUMN a",
            "ALTER TABLE t DROP COLUMN a".to_owned(),
            "m/2.sql: all that it does to the schema is done already (the column `t.a`)",
        ),
    ] {
        assert_eq!(refused(&after(&[T], by_hand, &[&file])), there(said), "{file}");
    }
}

/// What a pending file makes, a later one may change or drop: neither was done before.
#[test]
fn what_pending_files_make_themselves_is_not_there_already() {
    let filled =
        "INSERT INTO x SELECT id, upper(a) FROM t; UPDATE t SET a = (SELECT a FROM x WHERE x.id = t.id)";
    let scratch = format!("CREATE TABLE x (id INTEGER PRIMARY KEY, a TEXT); {filled}");
    for files in [
        &[scratch.as_str(), "-- larder:destructive\nDROP TABLE x"][..],
        &["CREATE TABLE x (a)", "CREATE INDEX i ON x (a)", "DROP INDEX i"],
        &["CREATE VIEW v AS SELECT 1", "DROP VIEW v", "CREATE VIEW v AS SELECT 2", "DROP VIEW v"],
        &["CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "DROP TRIGGER r"],
        &["ALTER TABLE t ADD COLUMN b", "-- larder:destructive\nALTER TABLE t DROP COLUMN b"],
        &[
            "ALTER TABLE t ADD COLUMN b",
            "-- larder:destructive\nALTER TABLE t DROP COLUMN b",
            "ALTER TABLE t ADD COLUMN b INT",
        ],
        &["CREATE TABLE x (a)", "ALTER TABLE x RENAME TO y", "-- larder:destructive\nDROP TABLE y"],
        &[
            "CREATE TABLE x (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO x SELECT id, a FROM t",
            "-- larder:destructive\nDROP TABLE t; ALTER TABLE x RENAME TO t",
        ],
    ] {
        let fake = after(&[T], "INSERT INTO t VALUES (1, 'a'), (2, 'b')", files);
        let done = run(&fake, Rehearsal::Run).map_err(|failure| failure.to_string()).unwrap();
        assert!(done.action.is_some(), "{files:?}");
        assert_eq!(
            fake.rows("SELECT count(*) FROM d1_migrations"),
            (files.len() + 1).to_string(),
            "{files:?}"
        );
    }
    // Where nothing was applied yet, beside a table of somebody else's.
    let done = run(&made("CREATE TABLE other (x);", &["CREATE TABLE x (a)", "DROP TABLE x"]), Rehearsal::Run);
    assert!(done.map_err(|failure| failure.to_string()).unwrap().action.is_some());
    // What is there all the same is found behind it.
    let helper = "CREATE TABLE IF NOT EXISTS helper (x); CREATE TABLE u (x)";
    let fake = made("CREATE TABLE helper (x, z);", &[helper, "ALTER TABLE helper ADD COLUMN z"]);
    let said = "m/2.sql:1:1: it makes the column `helper.z`, which is there already, and the ledger has no row of this file";
    assert_eq!(refused(&fake), said);
}

#[test]
fn what_is_not_done_goes_on() {
    for (live, files) in [
        // A table of helpers beside one that is missing.
        ("CREATE TABLE helper (x);", &["CREATE TABLE IF NOT EXISTS helper (x); CREATE TABLE t (x)"][..]),
        (
            "CREATE TABLE other (x);",
            &["CREATE TABLE t (x)", "CREATE TABLE IF NOT EXISTS t (x)", "CREATE INDEX i ON t (x)"],
        ),
        (
            "CREATE TABLE users (id);",
            &["ALTER TABLE users ADD COLUMN email", "CREATE INDEX by_email ON users (email)"],
        ),
        (
            "CREATE TABLE users (id);",
            &["DROP TABLE IF EXISTS gone", "ALTER TABLE users RENAME TO people", "CREATE TABLE users (id)"],
        ),
        ("CREATE TABLE t (x); CREATE VIEW v AS SELECT 1;", &["DROP VIEW v", "CREATE VIEW v AS SELECT 2"]),
        ("CREATE VIRTUAL TABLE f USING fts5(x);", &["CREATE TABLE t (x)", "INSERT INTO f VALUES ('a')"]),
        ("CREATE TABLE t (x);", &["INSERT INTO t VALUES (1)"]),
    ] {
        let done = run(&made(live, files), Rehearsal::Run).map_err(|failure| failure.to_string()).unwrap();
        assert!(done.action.is_some(), "{files:?}");
    }
    for (by_hand, file) in [
        ("CREATE TABLE more (x)", rebuilt("a TEXT", "a").replace("PRAGMA", "-- larder:destructive\nPRAGMA")),
        ("ALTER TABLE t ADD COLUMN mine", "ALTER TABLE t ADD COLUMN b".to_owned()),
        ("SELECT 1", "CREATE TABLE IF NOT EXISTS t (x); INSERT INTO t (a) VALUES ('b')".to_owned()),
        ("DROP TABLE kid", "DROP TABLE IF EXISTS kid".to_owned()),
    ] {
        let done = run(&after(&[T], by_hand, &[&file]), Rehearsal::Run);
        assert!(done.map_err(|failure| failure.to_string()).unwrap().action.is_some(), "{file}");
    }
    // Two files that undo each other are both still to be run.
    let there_and_back = [rebuilt("a TEXT NOT NULL DEFAULT ''", "a"), rebuilt("a TEXT", "a")];
    let files: Vec<String> =
        there_and_back.iter().map(|sql| format!("-- larder:destructive\n{sql}")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert!(run(&after(&[T], "SELECT 1", &files), Rehearsal::Run).unwrap().action.is_some());
}

#[test]
fn two_applied_files_that_clash_are_no_case_for_a_baseline() {
    let failure = run(&after(&[T], "SELECT 1", &["CREATE TABLE t (x)"]), Rehearsal::Run).unwrap_err();
    assert!(failure.to_string().ends_with("fails: table t already exists"), "{failure}");
}

#[test]
fn a_database_without_any_row_is_looked_at_without_a_rehearsal_too() {
    let ledger = crate::services::d1::migrations::Tables::default().create_wrangler();
    for ledger in ["", &ledger] {
        let fake = made(&format!("CREATE TABLE t (x); {ledger}"), &["CREATE TABLE IF NOT EXISTS t (x)"]);
        let failure = run(&fake, Rehearsal::Skip).unwrap_err();
        assert_eq!(failure.hint().unwrap(), HINT);
        assert!(!fake.requests().contains("apply"));
    }
}
