//! Which findings a review has, in which order, and when it looks again before it refuses.

use super::fake::Fake;
use crate::op::{Failure, Mode, OpResult};
use crate::services::d1::migrations::{Atomic, Rehearsal, Settings};
use std::sync::Arc;

fn run(fake: &Arc<Fake>, asked: &Settings<'_>) -> Result<OpResult, Failure> {
    fake.migrate_asked(Mode::Apply, "01J", &Settings { folder: "m", ..*asked })
}

const SKIP: Settings<'_> = Settings {
    folder: "m",
    pattern: None,
    table: None,
    to: None,
    rehearsal: Rehearsal::Skip,
    late: crate::services::d1::migrations::LatePolicy::Refuse,
    atomic: Atomic::File,
};

fn refused(fake: &Arc<Fake>, asked: &Settings<'_>) -> String {
    let failure = run(fake, asked).unwrap_err();
    let Failure::Findings { notes, .. } = &failure else { panic!("{failure:?}") };
    [vec![failure.to_string()], notes.clone()].concat().join("\n")
}

#[test]
fn findings_are_in_the_order_of_the_files() {
    let fake = Fake::new(&[("1.sql", "SELECT 1;\nBEGIN;"), ("2.sql", "COMMIT;")]);
    assert_eq!(
        refused(&fake, &Settings::default()),
        "`jobs` is not migrated: m/1.sql:2:1: D1 does not allow `BEGIN` (and 1 more finding)\n\
         m/2.sql:1:1: D1 does not allow `COMMIT`; leave it out: each file is one transaction already"
    );
    // Nothing is known to be there: no second look could find something else.
    assert_eq!(fake.requests(), "read read");
}

#[test]
fn a_step_back_is_refused() {
    let fake = Fake::new(&[("1_up.sql", "CREATE TABLE t (x)"), ("1_down.sql", "SELECT 1")]);
    assert_eq!(
        refused(&fake, &SKIP),
        "`jobs` is not migrated: m/1_down.sql: it undoes `1_up.sql`, and would be applied like any other file"
    );
}

#[test]
fn a_switch_that_outlasts_its_file_is_refused_where_all_files_are_one_transaction() {
    let table = ("2.sql", "CREATE TABLE t (x)");
    let all = Settings { atomic: Atomic::All, ..SKIP };
    let switch = |name: &'static str| (name, "SELECT 1; PRAGMA defer_foreign_keys = on;");
    let fake = Fake::new(&[switch("1.sql"), table]);
    assert_eq!(
        refused(&fake, &all),
        "`jobs` is not migrated: m/1.sql:1:11: `PRAGMA defer_foreign_keys = on` would hold for the files after it, too: \
         `atomic = \"all\"` makes them one transaction"
    );
    assert!(run(&fake, &SKIP).is_ok());
    assert!(run(&Fake::new(&[table, switch("3.sql")]), &all).is_ok());
    assert!(run(&Fake::new(&[("1.sql", "PRAGMA foreign_keys = on"), table]), &all).is_ok());
}

#[test]
fn a_number_that_only_applied_files_share_is_no_news() {
    let fake = Fake::new(&[("1_a.sql", "SELECT 1"), ("1_b.sql", "SELECT 1")]);
    run(&fake, &SKIP).unwrap();
    fake.write("2.sql", "SELECT 1");
    let done = fake.migrate_as(Mode::Plan, "01J").unwrap();
    assert_eq!(done.notes, ["`2.sql` is pending: 1 statement", "line 1: `SELECT 1`"]);
}

#[test]
fn without_a_rehearsal_a_ledger_with_rows_is_believed() {
    let fake = Fake::new(&[("1.sql", "SELECT 1")]);
    run(&fake, &SKIP).unwrap();
    fake.run_sql("CREATE TABLE t (x)").unwrap();
    fake.write("2.sql", "CREATE TABLE t (x)");
    let failure = run(&fake, &SKIP).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "can't apply `2.sql` to `jobs`: table t already exists at offset 14: SQLITE_ERROR"
    );
}

/// What another run does between two reads looks like a fault of the files.
#[test]
fn what_has_changed_since_the_first_read_is_looked_at_again() {
    let applied = |pending: &str, reads: usize, meanwhile: &str| {
        let fake = Fake::new(&[("1.sql", "CREATE TABLE t (x)")]);
        run(&fake, &SKIP).unwrap();
        fake.write("2.sql", pending);
        fake.requests();
        fake.state().late.push((reads, meanwhile.to_owned()));
        fake
    };
    // The ledger alone.
    let fake = applied("BEGIN", 2, "INSERT INTO d1_migrations (name) VALUES ('2.sql')");
    assert_eq!(run(&fake, &Settings::default()).unwrap().action, None);
    // The schema alone.
    let fake = applied("UPDATE t SET x = 1", 2, "DROP TABLE t; CREATE TABLE u (x)");
    assert_eq!(
        refused(&fake, &Settings::default()),
        "`jobs` is not migrated: m/2.sql:1:1: `UPDATE t SET x = 1` fails: no such table: t"
    );

    // Without a row in the ledger, the schema was looked at, and may have changed.
    let fake = Fake::new(&[("1.sql", "CREATE TABLE t (x)")]);
    fake.run_sql("CREATE TABLE t (x)").unwrap();
    fake.state().late.push((3, "DROP TABLE t".to_owned()));
    assert_eq!(run(&fake, &SKIP).unwrap().notes[0], "`1.sql` applied");
}

#[test]
fn the_room_for_statements_may_end_within_a_file() {
    let fake = Fake::new(&[]);
    for number in 1..40 {
        fake.write(&format!("{number:02}.sql"), "SELECT 1;");
    }
    fake.write("40.sql", "SELECT 2; SELECT 3;");
    fake.write("41.sql", "SELECT 4;");
    let notes = fake.migrate_as(Mode::Plan, "01J").unwrap().notes;
    assert_eq!(
        notes[notes.len() - 4..],
        [
            "`40.sql` is pending: 2 statements",
            "line 1: `SELECT 2`",
            "and 1 more statements of `40.sql`",
            "`41.sql` is pending: 1 statement"
        ]
    );
}

#[test]
fn a_table_that_an_earlier_file_has_copied_is_lost_all_the_same() {
    let fake = Fake::new(&[("1.sql", "CREATE TABLE t (x)")]);
    run(&fake, &SKIP).unwrap();
    fake.write("2.sql", "CREATE TABLE n (x); INSERT INTO n SELECT x FROM t");
    fake.write("3.sql", "DROP TABLE t; ALTER TABLE n RENAME TO t");
    assert_eq!(
        refused(&fake, &SKIP),
        "`jobs` is not migrated: m/3.sql:1:1: `DROP TABLE t` loses the table with its rows"
    );
}

#[test]
fn a_file_that_another_tools_ledger_has_is_not_run_again() {
    let fake = Fake::new(&[("1.sql", "INSERT INTO t VALUES (1)")]);
    fake.run_sql(
        "CREATE TABLE t (x); CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash TEXT, created_at INT);
         INSERT INTO __drizzle_migrations VALUES (1, '1.sql', 1)",
    )
    .unwrap();
    assert_eq!(
        refused(&fake, &SKIP),
        "`jobs` is not migrated: m/1.sql: `__drizzle_migrations`, another ledger in this database, has this file, and \
         `d1_migrations` has no row of it: to run it would do its work again"
    );
}

#[test]
fn without_a_rehearsal_only_applied_files_have_made_tables_with_rows() {
    let fake = Fake::new(&[("1.sql", "CREATE TABLE t (x)")]);
    run(&fake, &SKIP).unwrap();
    fake.write("2.sql", "CREATE TABLE u (x)");
    fake.write("3.sql", "DELETE FROM u");
    assert_eq!(run(&fake, &SKIP).unwrap().migrations, ["2.sql", "3.sql"]);
}
