//! Reviews of migrations on databases with data: what is refused, reported and asked.

use super::APPLIED;
use super::fake::{Fake, Fault};
use crate::op::{Failure, Mode, OpResult};
use crate::services::d1::migrations::{Rehearsal, Settings};
use std::sync::Arc;

const USERS: (&str, &str) = (
    "0001_users.sql",
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, old TEXT);\n\
     CREATE TABLE posts (id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE);\n\
     CREATE INDEX posts_by_user ON posts (user);\n",
);

/// What a schema tool writes to make a column `NOT NULL`, and what emptied the tables of those who ran it.
const INCIDENT: (&str, &str) = (
    "0002_name_required.sql",
    "PRAGMA foreign_keys=OFF;--> statement-breakpoint\n\
     CREATE TABLE `__new_users` (id INTEGER PRIMARY KEY, name TEXT NOT NULL, old TEXT);--> statement-breakpoint\n\
     INSERT INTO `__new_users`(\"id\", \"name\", \"old\") SELECT \"id\", \"name\", \"old\" FROM `users`;--> statement-breakpoint\n\
     DROP TABLE `users`;--> statement-breakpoint\n\
     ALTER TABLE `__new_users` RENAME TO `users`;--> statement-breakpoint\n\
     PRAGMA foreign_keys=ON;\n",
);

/// A database with a user and a post, and one more file.
fn with(file: (&str, &str)) -> Arc<Fake> {
    let fake = Fake::new(&[USERS]);
    fake.run_sql("PRAGMA foreign_keys = on").unwrap();
    run(&fake, Mode::Apply).unwrap();
    fake.run_sql("INSERT INTO users VALUES (1, 'Ann', ''); INSERT INTO posts VALUES (1, 1)").unwrap();
    fake.write(file.0, file.1);
    fake.requests();
    fake
}

fn run(fake: &Arc<Fake>, mode: Mode) -> Result<OpResult, Failure> {
    fake.migrate_asked(mode, "01J", &Settings { folder: "m", ..Settings::default() })
}

/// Message, hint and notes of a refusal; nothing was sent, and a plan says the same.
fn refused(fake: &Arc<Fake>) -> (String, String, Vec<String>) {
    let failure = run(fake, Mode::Apply).unwrap_err();
    assert!(!fake.requests().contains("apply"), "{failure}");
    assert_eq!(run(fake, Mode::Plan).unwrap_err().to_string(), failure.to_string());
    let (message, hint) = (failure.to_string(), failure.hint().unwrap());
    let Failure::Findings { notes, .. } = failure else { panic!("{failure:?}") };
    (message, hint, notes)
}

fn planned(fake: &Arc<Fake>) -> Vec<String> {
    run(fake, Mode::Plan).unwrap().notes
}

const SENT: &str = "nothing was sent: correct the file and run again";

#[test]
fn the_cascade_incident_is_refused_and_runs_when_it_is_meant() {
    let fake = with(INCIDENT);
    let (message, hint, _) = refused(&fake);
    assert_eq!(
        message,
        "`jobs` is not migrated: m/0002_name_required.sql:4:1: rebuilding `users` deletes the rows of `posts` (`ON DELETE CASCADE`)"
    );
    assert_eq!(
        hint,
        "D1 can't switch foreign keys off: change the table with `ALTER TABLE`, or take the others' rows aside; if that is \
         meant, say so in the file, with a line `-- larder:destructive`"
    );
    assert_eq!(fake.rows("SELECT count(*) FROM posts"), "1");

    fake.write(INCIDENT.0, &format!("-- larder:destructive\n{}", INCIDENT.1));
    assert_eq!(
        planned(&fake),
        [
            "`0002_name_required.sql` is pending: 6 statements, destructive",
            "! m/0002_name_required.sql:5:1: rebuilding `users` deletes the rows of `posts` (`ON DELETE CASCADE`)",
            "line 2: `PRAGMA foreign_keys=OFF`",
            "line 3: `CREATE TABLE `__new_users` (id INTEGER PRIMARY KEY, name TEXT NOT NULL, old TEXT)`",
            "line 4: `INSERT INTO `__new_users`(\"id\", \"name\", \"old\") SELECT \"id\", \"name\", \"old\" FROM `users``",
            "line 5: `DROP TABLE `users``",
            "line 6: `ALTER TABLE `__new_users` RENAME TO `users``",
            "line 7: `PRAGMA foreign_keys=ON`",
            "m/0002_name_required.sql:2:1: `foreign_keys` can't be switched off inside a transaction: this has no effect, \
             `ON DELETE CASCADE` fires",
            "m/0002_name_required.sql:5:1: `users` is rebuilt: its rows were copied before",
            "~ column users.name TEXT -> TEXT NOT NULL",
        ]
    );
    let done = run(&fake, Mode::Apply).unwrap();
    assert_eq!(done.notes.last().unwrap(), "~ column users.name TEXT -> TEXT NOT NULL");
    assert_eq!(fake.rows("SELECT count(*) FROM posts"), "0");
}

#[test]
fn what_a_rebuild_leaves_behind_is_refused() {
    let without = "CREATE TABLE n (x); INSERT INTO n SELECT id FROM posts; DROP TABLE posts; ALTER TABLE n RENAME TO posts;";
    let (message, hint, notes) = refused(&with(("2.sql", without)));
    assert_eq!(
        message,
        "`jobs` is not migrated: m/2.sql:1:57: the rebuild of `posts` loses its column `user`"
    );
    assert_eq!(hint, "if that is meant, say so in the file, with a line `-- larder:destructive`");
    assert_eq!(notes, [""; 0]);
    let renamed = without.replace("(x)", "(x, author)").replace("SELECT id", "SELECT id, user");
    let notes = planned(&with(("2.sql", &renamed)));
    assert!(notes.contains(&"+ column posts.author".to_owned()), "{notes:?}");
}

#[test]
fn rows_that_go_by_a_way_nobody_named_are_refused() {
    let (message, ..) =
        refused(&with(("2.sql", "INSERT OR REPLACE INTO users (id) SELECT id FROM users WHERE id > 0;")));
    assert_eq!(
        message,
        "`jobs` is not migrated: m/2.sql:1:1: replacing rows of `users` deletes the rows of `posts` (`ON DELETE CASCADE`)"
    );
}

#[test]
fn a_column_that_only_an_empty_table_takes_is_added_while_it_is_empty() {
    for definition in
        ["at TEXT DEFAULT CURRENT_TIMESTAMP", "at TEXT NOT NULL", "at TEXT DEFAULT (datetime('now'))"]
    {
        let added = format!("ALTER TABLE posts ADD COLUMN {definition};");
        let fake = with(("2.sql", &added));
        let (message, ..) = refused(&fake);
        assert!(message.contains(" fails: Cannot add a "), "{message}");
        fake.run_sql("DELETE FROM posts").unwrap();
        run(&fake, Mode::Apply).unwrap();
        assert_eq!(fake.rows("SELECT count(*) FROM pragma_table_info('posts') WHERE name = 'at'"), "1");
        let rival = || Fault::Rival("INSERT INTO posts (user, at) VALUES (1, 'x')".into());
        fake.write("3.sql", &added.replace("at TEXT", "also TEXT"));
        fake.fault([rival()]);
        let failure = run(&fake, Mode::Apply).unwrap_err();
        assert!(
            matches!(&failure, Failure::Refused { .. })
                && failure.to_string().contains("because `posts` had no rows"),
            "{failure:?}"
        );
        assert_eq!(fake.rows("SELECT count(*) FROM pragma_table_info('posts') WHERE name = 'also'"), "0");
    }
}

#[test]
fn a_copy_that_fails_on_made_up_rows_only_is_no_loss() {
    let rebuild = "CREATE TABLE n (id INTEGER PRIMARY KEY CHECK (id = 7), user INTEGER NOT NULL); \
        INSERT INTO n SELECT id, user FROM posts; DROP TABLE posts; ALTER TABLE n RENAME TO posts;";
    let fake = with(("2.sql", rebuild));
    fake.run_sql("UPDATE posts SET id = 7").unwrap();
    let done = run(&fake, Mode::Apply).unwrap();
    assert!(
        done.notes[1].ends_with("may fail: CHECK constraint failed: id = 7 (on made-up rows)"),
        "{:?}",
        done.notes
    );
    assert_eq!(fake.rows("SELECT id FROM posts"), "7");
}

#[test]
fn rows_of_an_earlier_pending_file_are_no_rows_that_arrive() {
    let fake = Fake::new(&[USERS]);
    fake.run_sql("PRAGMA foreign_keys = on").unwrap();
    run(&fake, Mode::Apply).unwrap();
    fake.write("2.sql", "INSERT INTO users VALUES (1, 'Ann', ''); INSERT INTO posts VALUES (1, 1);");
    fake.write("3.sql", "DELETE FROM users;");
    fake.write("4.sql", "ALTER TABLE users RENAME TO people; DELETE FROM people; DROP TABLE posts;");
    run(&fake, Mode::Apply).unwrap();
    assert_eq!(fake.rows(APPLIED), "0001_users.sql 2.sql 3.sql 4.sql");
}

#[test]
fn what_the_schema_does_not_allow_never_reaches_the_database() {
    for (sql, at, words) in [
        (
            "SELECT 1;\nUPDATE users SET\n  nme = 'x' WHERE id = 1",
            "2:1",
            "`UPDATE users SET nme = 'x' WHERE id = 1` fails: no such column: nme",
        ),
        ("CREATE TABLE users (id)", "1:14", "`CREATE TABLE users (id)` fails: table users already exists"),
        (
            "ALTER TABLE users ADD COLUMN email TEXT NOT NULL",
            "1:1",
            "`ALTER TABLE users ADD COLUMN email TEXT NOT NULL` fails: Cannot add a NOT NULL column with default value NULL",
        ),
        (
            "ALTER TABLE posts DROP COLUMN user; -- larder:destructive",
            "1:1",
            "`ALTER TABLE posts DROP COLUMN user` fails: error in index posts_by_user after drop column: no such column: user",
        ),
        ("SELECT * FROM nowhere", "1:1", "`SELECT * FROM nowhere` fails: no such table: nowhere"),
    ] {
        let (message, hint, _) = refused(&with(("2.sql", sql)));
        assert_eq!(message, format!("`jobs` is not migrated: m/2.sql:{at}: {words}"));
        assert_eq!(hint, SENT);
    }
    let (message, hint, _) = refused(&with(("2.sql", "CREATE TABLE v (a DEFAULT (sqlite_version()))")));
    assert!(message.ends_with("fails: not authorized to use function: sqlite_version"), "{message}");
    assert_eq!(hint, "D1 does not allow it: leave it out");
}

#[test]
fn what_only_the_rows_decide_is_a_note() {
    let notes = planned(&with(("2.sql", "INSERT INTO posts VALUES (5, 7); CREATE TABLE seen (a);")));
    assert_eq!(
        notes,
        [
            "`2.sql` is pending: 2 statements",
            "line 1: `INSERT INTO posts VALUES (5, 7)`",
            "line 1: `CREATE TABLE seen (a)`",
            "m/2.sql:1:1: `INSERT INTO posts VALUES (5, 7)` may fail: FOREIGN KEY constraint failed (on made-up rows)",
            "+ table seen (a)"
        ]
    );
    let notes = planned(&with((
        "2.sql",
        "UPDATE users SET name = future(name) WHERE id = 1; ALTER TABLE users ADD COLUMN b;",
    )));
    assert_eq!(
        notes[1..],
        [
            "line 1: `UPDATE users SET name = future(name) WHERE id = 1`",
            "line 1: `ALTER TABLE users ADD COLUMN b`",
            "m/2.sql:1:25: `UPDATE users SET name = future(name) WHERE id = 1` is not rehearsed: only D1 may know the function `future`",
            "+ column users.b"
        ]
    );
    let deferred = "PRAGMA defer_foreign_keys = on; INSERT INTO posts VALUES (5, 7); CREATE TABLE seen (a);";
    let notes = planned(&with(("2.sql", deferred)));
    assert_eq!(notes[4], "m/2.sql: the file ends with: FOREIGN KEY constraint failed (on made-up rows)");
    assert_eq!(notes[5], "+ table seen (a)");
}

#[test]
fn a_database_without_rows_is_known_exactly() {
    let fake =
        Fake::new(&[USERS, ("0002_seed.sql", "PRAGMA foreign_keys = on; INSERT INTO posts VALUES (1, 7);")]);
    let (message, hint, _) = refused(&fake);
    assert_eq!(
        message,
        "`jobs` is not migrated: m/0002_seed.sql:1:27: `INSERT INTO posts VALUES (1, 7)` fails: FOREIGN KEY constraint failed"
    );
    assert_eq!(hint, SENT);
}

#[test]
fn a_first_run_tells_history_again_and_asks_nothing_more() {
    let history =
        [USERS, ("0002_drop.sql", "DROP TABLE posts; DELETE FROM users;"), ("0002_again.sql", "SELECT 1;")];
    let fake = Fake::new(&history);
    let done = run(&fake, Mode::Apply).unwrap();
    assert_eq!(fake.requests(), "read read apply read");
    assert_eq!(
        done.notes,
        [
            "m/0002_again.sql: the number is also that of `0002_drop.sql`",
            "m/0002_drop.sql: the number is also that of `0002_again.sql`",
            "`0001_users.sql` applied",
            "`0002_again.sql` applied",
            "`0002_drop.sql` applied",
            "+ table users (id, name, old)"
        ]
    );
    run(&fake, Mode::Apply).unwrap();
    assert_eq!(fake.requests(), "read");
}

#[test]
fn a_rehearsal_costs_no_read_where_no_row_can_matter() {
    let fake = with(("2.sql", "ALTER TABLE users ADD COLUMN email;"));
    run(&fake, Mode::Apply).unwrap();
    assert_eq!(fake.requests(), "read bookmark apply read");
    run(&fake, Mode::Apply).unwrap();
    assert_eq!(fake.requests(), "read");
    fake.write("3.sql", "UPDATE users SET email = 'x';");
    run(&fake, Mode::Apply).unwrap();
    assert_eq!(fake.requests(), "read read bookmark apply read");
    fake.write("4.sql", "ALTER TABLE users ADD COLUMN phone;");
    let asked = Settings { folder: "m", rehearsal: Rehearsal::Skip, ..Settings::default() };
    let done = fake.migrate_asked(Mode::Apply, "01J", &asked).unwrap();
    assert_eq!(fake.requests(), "read bookmark apply read");
    assert_eq!(done.notes[0], "`4.sql` applied");
}

#[test]
fn without_a_rehearsal_the_history_says_what_hangs_on_what() {
    let fake = with(INCIDENT);
    let asked = Settings { folder: "m", rehearsal: Rehearsal::Skip, ..Settings::default() };
    let failure = fake.migrate_asked(Mode::Apply, "01J", &asked).unwrap_err();
    assert!(
        failure.to_string().ends_with("rebuilding `users` deletes the rows of `posts` (`ON DELETE CASCADE`)")
    );
    assert_eq!(fake.requests(), "read");
}

#[test]
fn a_number_that_is_taken_is_a_warning() {
    let notes = planned(&with(("0001_zebra.sql", "SELECT 1;")));
    assert!(
        notes.contains(&"m/0001_zebra.sql: the number is also that of `0001_users.sql`".to_owned()),
        "{notes:?}"
    );
}

#[test]
fn all_findings_are_told_at_once() {
    let fake = with(("2.sql", "BEGIN;\nDROP TABLE posts;\nCOMMIT;"));
    let (message, hint, notes) = refused(&fake);
    assert_eq!(
        message,
        "`jobs` is not migrated: m/2.sql:1:1: D1 does not allow `BEGIN` (and 2 more findings)"
    );
    assert_eq!(hint, "leave it out: each file is one transaction already");
    assert_eq!(
        notes,
        [
            "m/2.sql:2:1: `DROP TABLE posts` loses the table with its rows; if that is meant, say so in the file, with a \
             line `-- larder:destructive`",
            "m/2.sql:3:1: D1 does not allow `COMMIT`; leave it out: each file is one transaction already"
        ]
    );
}

#[test]
fn a_trigger_that_d1_would_cut_is_sent_in_parentheses() {
    let sql = "CREATE TRIGGER r AFTER INSERT ON users BEGIN\r\n  UPDATE users SET old = CASE WHEN name THEN 1 ELSE 2 END;\r\nEND;\r\n";
    let fake = with(("2.sql", sql));
    assert_eq!(
        planned(&fake),
        [
            "`2.sql` is pending: 1 statement",
            "line 1: `CREATE TRIGGER r AFTER INSERT ON users BEGIN UPDATE users SET old = (CASE WHEN name THEN 1 ELSE 2 END); END`",
            "m/2.sql:2:26: this `CASE` is sent in parentheses: D1 would take its `END;` for that of the trigger",
            "+ trigger r on users"
        ]
    );
    run(&fake, Mode::Apply).unwrap();
    assert_eq!(
        fake.rows("SELECT sql FROM sqlite_schema WHERE name = 'r'"),
        "CREATE TRIGGER r AFTER INSERT ON users BEGIN\n  UPDATE users SET old = (CASE WHEN name THEN 1 ELSE 2 END);\nEND"
    );
    assert_eq!(run(&fake, Mode::Apply).unwrap().action, None);
}

#[test]
fn everything_that_a_schema_can_hold_is_made_again() {
    let rich = "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT DEFAULT CURRENT_TIMESTAMP);\n\
        CREATE VIRTUAL TABLE found USING fts5(name, content = 'users', content_rowid = 'id');\n\
        CREATE VIRTUAL TABLE near USING rtree(id, x0, x1);\n\
        CREATE VIEW names AS SELECT name FROM users;\n\
        CREATE TRIGGER index_users AFTER INSERT ON users BEGIN INSERT INTO found (rowid, name) VALUES (NEW.id, NEW.name); END;\n\
        CREATE TABLE \"found data\" (x CHECK (x > 5)) STRICT;\n";
    let fake = with(("2.sql", &rich.replace(" STRICT", "")));
    run(&fake, Mode::Apply).unwrap();
    fake.run_sql("INSERT INTO counted DEFAULT VALUES; INSERT INTO \"found data\" VALUES (9); INSERT INTO near VALUES (1, 2, 3)")
        .unwrap();
    fake.write(
        "3.sql",
        "UPDATE sqlite_sequence SET seq = 9; INSERT INTO users (name) VALUES ('Bob'); SELECT ceil(1.5);",
    );
    assert_eq!(
        planned(&fake),
        [
            "`3.sql` is pending: 3 statements",
            "line 1: `UPDATE sqlite_sequence SET seq = 9`",
            "line 1: `INSERT INTO users (name) VALUES ('Bob')`",
            "line 1: `SELECT ceil(1.5)`",
        ]
    );
}

#[test]
fn a_file_that_may_be_cut_goes_in_as_an_import_and_the_plan_says_so() {
    let row = format!("INSERT INTO users (name) VALUES ('{}');\n", "x".repeat(960));
    let import = "m/2.sql: goes in as an import, the database serves nothing else meanwhile: ";
    assert_eq!(
        planned(&with(("2.sql", &row.repeat(61))))[10],
        format!("{import}it has 60878 bytes, and not much more than 60000 are known to go through")
    );
    let odd = "CREATE TRIGGER r AFTER INSERT ON users BEGIN SELECT CASE WHEN end THEN 1 ELSE end END; END";
    let odd = format!("ALTER TABLE users ADD COLUMN end;\n{}", odd.replace("end", "NEW.end"));
    let notes = planned(&with(("2.sql", &odd.replace("NEW.end", "end"))));
    assert_eq!(
        notes[3],
        format!("{import}D1 would cut the trigger in line 2, column 1 at the `END;` of a `CASE`")
    );
    let notes = planned(&with(("2.sql", &row.repeat(50))));
    assert_eq!(notes.len(), 10, "{notes:?}");
    assert_eq!(notes[0], "`2.sql` is pending: 50 statements");
    let begin = format!("INSERT INTO users (name) VALUES ('{}", "x".repeat(126));
    assert_eq!(notes[8], format!("line 8: `{begin}...`"));
    assert_eq!(notes[9], "and 42 more statements of `2.sql`");
}

#[test]
fn a_plan_of_many_files_shows_statements_as_far_as_there_is_room_and_losses_always() {
    let fake = with(("02.sql", "SELECT 1;"));
    for number in 3..44 {
        fake.write(&format!("{number:02}.sql"), "SELECT 1;");
    }
    fake.write("44.sql", "-- larder:destructive\nDROP TABLE posts;");
    let notes = planned(&fake);
    assert_eq!(notes.iter().filter(|note| note.starts_with("line 1: ")).count(), 40);
    let end = notes.iter().position(|note| note == "`42.sql` is pending: 1 statement").unwrap();
    assert_eq!(
        notes[end..end + 4],
        [
            "`42.sql` is pending: 1 statement",
            "`43.sql` is pending: 1 statement",
            "`44.sql` is pending: 1 statement, destructive",
            "! m/44.sql:2:1: `DROP TABLE posts` loses the table with its rows",
        ]
    );
}
