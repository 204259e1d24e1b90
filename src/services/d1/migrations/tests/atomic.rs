//! Every pending file in one transaction.

use super::fake::{Fake, Fault};
use super::{A, APPLIED, B, C, SEEN, partly, rival, wrangler};
use crate::op::{Failure, Mode, OpResult};
use crate::services::d1::migrations::{Atomic, Rehearsal, Settings};
use serde_json::json;
use std::sync::Arc;

fn run_as(fake: &Arc<Fake>, mode: Mode) -> Result<OpResult, Failure> {
    let asked =
        Settings { folder: "m", rehearsal: Rehearsal::Skip, atomic: Atomic::All, ..Settings::default() };
    fake.migrate_asked(mode, "01J", &asked)
}

fn run(fake: &Arc<Fake>) -> Result<OpResult, Failure> {
    run_as(fake, Mode::Apply)
}

#[test]
fn all_files_are_one_call() {
    let fake = Fake::new(&[A, B, C]);
    let done = run(&fake).unwrap();
    assert_eq!(fake.requests(), "read read apply read");
    assert_eq!(done.notes, ["`0001_a.sql` applied", "`0002_b.sql` applied", "`0003_c.sql` applied"]);
    assert_eq!(fake.rows(APPLIED), "0001_a.sql 0002_b.sql 0003_c.sql");
    assert_eq!(fake.rows(SEEN), "1:0001_a.sql:0:01J 2:0002_b.sql:1:01J 3:0003_c.sql:2:01J");
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
    assert_eq!(run(&fake).unwrap().action, None);
    assert_eq!(fake.requests(), "read");
}

#[test]
fn a_plan_says_so() {
    let fake = Fake::new(&[A, B]);
    let done = run_as(&fake, Mode::Plan).unwrap();
    assert_eq!(done.notes[4], "these 2 files are applied in one transaction: all or none");
    let one = run_as(&Fake::new(&[A]), Mode::Plan).unwrap();
    assert_eq!(one.notes, ["`0001_a.sql` is pending: 1 statement", "line 1: `CREATE TABLE a (x)`"]);
}

#[test]
fn one_that_fails_leaves_none() {
    let fake = Fake::new(&[A, (B.0, "SELECT 1;\nINSERT INTO a VALUES (nope)"), C]);
    let failure = run(&fake).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "can't apply `0002_b.sql` (line 2, column 23) to `jobs`: no such column: nope at offset 23: SQLITE_ERROR"
    );
    assert_eq!(fake.rows("SELECT name FROM sqlite_master"), "");
    assert_eq!(fake.requests(), "read read apply read");
}

#[test]
fn what_can_not_be_placed_names_the_call() {
    let fake = Fake::new(&[A, (B.0, "CREATE TABLE a (y)")]);
    let failure = run(&fake).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "can't apply `0001_a.sql ... 0002_b.sql` to `jobs`: table a already exists at offset 14: SQLITE_ERROR"
    );
}

#[test]
fn a_lost_answer_is_found_for_all() {
    let fake = Fake::new(&[A, B]);
    fake.fault([Fault::LostAfter]);
    let notes = run(&fake).unwrap().notes;
    let lost = "applied: the answer was lost, the ledger has it";
    assert_eq!(notes, [format!("`0001_a.sql` {lost}"), format!("`0002_b.sql` {lost}")]);
    let fake = Fake::new(&[A, B]);
    fake.fault([Fault::LostBefore, Fault::LostBefore, Fault::LostBefore]);
    let failure = run(&fake).unwrap_err();
    assert!(
        failure.to_string().ends_with("the answer to `0001_a.sql ... 0002_b.sql` was lost: connection reset"),
        "{failure}"
    );
    let fake = Fake::new(&[A, B]);
    fake.fault([Fault::Late(8)]);
    assert_eq!(run(&fake).unwrap().notes.len(), 2);
    assert_eq!((fake.rows("SELECT x FROM a"), fake.rows(APPLIED)), ("b".into(), format!("{} {}", A.0, B.0)));
}

#[test]
fn what_a_rival_has_applied_of_them_is_not_applied_again() {
    let fake = Fake::new(&[A, B, C]);
    fake.fault([Fault::Rival(rival(&[], A, None)), Fault::Rival(wrangler(B))]);
    let done = run(&fake).unwrap();
    assert_eq!(
        done.notes,
        [
            "`0001_a.sql` applied meanwhile by another run (`01K`)",
            "`0002_b.sql` applied meanwhile by another tool",
            "`0003_c.sql` applied"
        ]
    );
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
    let fake = Fake::new(&[A, B]);
    fake.fault([Fault::Rival(rival(&[], (A.0, "CREATE TABLE a (z)"), Some("0f")))]);
    let failure = run(&fake).unwrap_err();
    assert_eq!(failure.to_string(), "another run (`01K`) has applied another text as `0001_a.sql` to `jobs`");
}

#[test]
fn what_was_accepted_with_a_failure_inside_is_told_of_all() {
    let fake = Fake::new(&[A, B]);
    fake.fault([Fault::Lie(json!({"success": true, "result": [{"success": false, "error": "boom"}]}))]);
    let (cause, notes) = partly(run(&fake).unwrap_err());
    assert_eq!(
        cause.to_string(),
        "a statement of `0001_a.sql ... 0002_b.sql` failed, and `jobs` has kept those before it: boom"
    );
    assert_eq!(notes, ["`0001_a.sql` applied in part", "`0002_b.sql` applied in part"]);
    assert_eq!(fake.rows("SELECT sha256 FROM larder_migrations"), "partial partial");
}

#[test]
fn what_is_too_large_is_refused_before_anything_is_sent() {
    let rows = format!("INSERT INTO a VALUES ('{}');\n", "x".repeat(99_000)).repeat(6);
    let fake = Fake::new(&[A, (B.0, &rows), (C.0, &rows)]);
    for mode in [Mode::Plan, Mode::Apply] {
        let failure = run_as(&fake, mode).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "the 3 pending files of `jobs` have 1189826 bytes as one transaction, which may have 1000000"
        );
        assert_eq!(fake.requests(), "read read");
    }
    assert_eq!(fake.rows("SELECT name FROM sqlite_master"), "");
}

#[test]
fn what_is_too_large_is_counted_to_the_byte() {
    let row = |length: usize| format!("INSERT INTO a VALUES ('{}');\n", "x".repeat(length));
    let planned = |files: &[(&str, &str)], atomic: Atomic| {
        let asked = Settings { folder: "m", rehearsal: Rehearsal::Skip, atomic, ..Settings::default() };
        Fake::new(files).migrate_asked(Mode::Plan, "01J", &asked).map_err(|failure| failure.to_string())
    };
    let said = |bytes: usize| {
        format!("the 2 pending files of `jobs` have {bytes} bytes as one transaction, which may have 1000000")
    };
    let with = |last: usize| {
        let rows = [row(90_000).repeat(10), row(last)].concat();
        planned(&[A, (B.0, &rows)], Atomic::All).map(drop)
    };
    let refused = with(99_900).unwrap_err();
    let bytes: usize =
        refused.split(' ').find_map(|word| word.parse().ok().filter(|bytes| *bytes > 9)).unwrap();
    let over = bytes - 1_000_000;
    assert_eq!(with(99_900 - over), Ok(()));
    assert_eq!(with(99_901 - over), Err(said(1_000_001)));
    // One file is a transaction anyway, and of several each is one.
    let large = row(99_000).repeat(11);
    assert!(planned(&[("1.sql", &large)], Atomic::All).is_ok());
    assert!(planned(&[A, (B.0, &large)], Atomic::File).is_ok());
}
