//! Runs against a database that loses answers, is changed by others, and commits late.

mod already;
mod atomic;
mod corrections;
mod drift;
mod fake;
mod findings;
mod outcomes;
mod plans;
mod review;
mod splitting;
mod torn;

use super::ledger::guard::GuardedCall;
use super::{Ledger, Migration, Stamp, Tables};
use crate::events::{Action, Evidence, Status};
use crate::op::{Failure, Mode};
use fake::{Fake, Fault};
use serde_json::json;

const A: (&str, &str) = ("0001_a.sql", "CREATE TABLE a (x);\n");
const B: (&str, &str) = ("0002_b.sql", "INSERT INTO a VALUES ('b')");
const C: (&str, &str) = ("0003_c.sql", "INSERT INTO a VALUES ('c') -- and no semicolon");

const APPLIED: &str = "SELECT name FROM d1_migrations ORDER BY id";
const SEEN: &str =
    "SELECT seq || ':' || name || ':' || before || ':' || run FROM larder_migrations ORDER BY seq";

/// What another tool or run does.
fn wrangler(file: (&str, &str)) -> String {
    format!("{}\n;INSERT INTO \"d1_migrations\" (name)\nvalues ('{}');", file.1, file.0)
}

fn rival(seen: &[(&str, &str)], file: (&str, &str), sha256: Option<&str>) -> String {
    let migration = |(name, sql): (&str, &str)| {
        let text = super::files::text::MigrationText::decode(name, sql).unwrap();
        let sha256 = sha256.map_or(text.sha256, str::to_owned);
        Migration { name: name.into(), sql: text.sql, sha256 }
    };
    let mut ledger = Ledger::default();
    for file in seen {
        ledger.record(&migration(*file), "01J");
    }
    let stamp = Stamp { run: "01K", version: "0.1.0" };
    GuardedCall::of(&Tables::named(None).unwrap(), &ledger, &[&migration(file)], &[], &stamp).text()
}

fn partly(failure: Failure) -> (Failure, Vec<String>) {
    match failure {
        Failure::Partly { cause, action: Action::Apply, notes, .. } => (*cause, notes),
        other => panic!("{other:?}"),
    }
}

/// What is said of files, without the way back.
fn of_files(notes: &[String]) -> Vec<&str> {
    notes.iter().map(String::as_str).filter(|note| !note.starts_with("the way back")).collect()
}

#[test]
fn a_first_run_applies_every_file_once_and_a_second_run_asks_once() {
    let fake = Fake::new(&[A, B, C]);
    let done = fake.migrate().unwrap();
    assert_eq!((done.action, done.evidence), (Some(Action::Apply), Some(Evidence::Probe)));
    assert_eq!(done.notes, ["`0001_a.sql` applied", "`0002_b.sql` applied", "`0003_c.sql` applied"]);
    assert_eq!(
        done.value.to_json().unwrap(),
        json!({"id": "uuid", "name": "jobs", "applied": [A.0, B.0, C.0], "pending": [], "bookmark": null})
    );
    assert_eq!(fake.requests(), "read read apply read");
    assert_eq!(fake.rows(APPLIED), "0001_a.sql 0002_b.sql 0003_c.sql");
    assert_eq!(fake.rows(SEEN), "1:0001_a.sql:0:01J 2:0002_b.sql:1:01J 3:0003_c.sql:2:01J");
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
    assert_eq!(fake.rows("SELECT count(*) FROM larder_migrations WHERE applied_at LIKE '20__-__-__ %'"), "3");

    let done = fake.migrate().unwrap();
    assert_eq!((done.action, done.notes.len()), (None, 0));
    assert_eq!(done.value.get("applied").unwrap().to_json().unwrap(), json!([]));
    assert_eq!(fake.requests(), "read");
}

#[test]
fn nothing_to_do_creates_nothing() {
    let fake = Fake::new(&[]);
    let done = fake.migrate().unwrap();
    assert_eq!((done.action, done.notes), (None, vec!["no file in `m` matches `*.sql`".to_owned()]));
    assert_eq!(fake.requests(), "read read");
    assert_eq!(fake.rows("SELECT name FROM sqlite_master"), "");
}

#[test]
fn a_plan_lists_and_writes_nothing() {
    let fake = Fake::new(&[A, B]);
    let done = fake.migrate_as(Mode::Plan, "01J").unwrap();
    assert_eq!(done.action, Some(Action::Apply));
    assert_eq!(
        done.notes,
        [
            "`0001_a.sql` is pending: 1 statement".to_owned(),
            format!("line 1: `{}`", A.1.trim_end_matches([';', '\n'])),
            "`0002_b.sql` is pending: 1 statement".to_owned(),
            format!("line 1: `{}`", B.1.trim_end_matches([';', '\n'])),
        ]
    );
    assert_eq!(done.value.get("applied").unwrap().to_json().unwrap(), json!([A.0, B.0]));
    assert_eq!(done.value.get("pending").unwrap().to_json().unwrap(), json!([]));
    assert_eq!(fake.requests(), "read read");
    assert_eq!(fake.rows("SELECT name FROM sqlite_master"), "");
}

#[test]
fn what_wrangler_has_applied_is_adopted_by_name() {
    let fake = Fake::new(&[A, B]);
    let tables = Tables::named(None).unwrap().create_wrangler();
    fake.run_sql(&(tables + wrangler(A).as_str())).unwrap();
    let done = fake.migrate().unwrap();
    assert_eq!(fake.requests(), "read read read bookmark apply read");
    assert_eq!(
        done.notes,
        [
            "`0002_b.sql` applied",
            "the way back to before this run: `larder eval --write 'd1::restore(\"uuid\", \"00000001-b\")'`, or `wrangler d1 time-travel restore jobs --bookmark=00000001-b`"
        ]
    );
    assert_eq!(fake.rows(SEEN), "1:0002_b.sql:1:01J");
    fake.run_sql(&wrangler(C)).unwrap();
    fake.write(C.0, C.1);
    assert_eq!(fake.migrate().unwrap().action, None);
}

#[test]
fn a_failing_file_leaves_what_was_before_it_and_nothing_of_its_own() {
    let bad = "INSERT INTO a VALUES ('half');\nINSERT INTO a VALUES (nope);\n";
    let fake = Fake::running(&[A, (B.0, bad), C]);
    let failure = fake.migrate().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "can't apply `0002_b.sql` (line 2, column 23) to `jobs`: no such column: nope at offset 23: SQLITE_ERROR"
    );
    assert_eq!(failure.hint().unwrap(), "nothing of `m/0002_b.sql` was applied; correct it and run again");
    assert_eq!((failure.kind(), failure.code(), failure.status()), ("migration", Some(7500), Status::Failed));
    let (_, notes) = partly(failure);
    assert_eq!(of_files(&notes), ["`0001_a.sql` applied", "`0003_c.sql` was not sent"]);
    assert_eq!(fake.requests(), "read read bookmark apply apply read");
    assert_eq!((fake.rows(APPLIED), fake.rows("SELECT x FROM a")), (A.0.into(), String::new()));

    fake.write(B.0, B.1);
    assert_eq!(fake.migrate().unwrap().notes[..2], ["`0002_b.sql` applied", "`0003_c.sql` applied"]);
    assert_eq!(fake.requests(), "read bookmark apply apply read");
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
}

#[test]
fn a_first_file_that_fails_has_changed_nothing() {
    let fake = Fake::new(&[(A.0, "SELECT nme FROM sqlite_master")]);
    let failure = fake.migrate().unwrap_err();
    assert!(matches!(failure, Failure::Statement { line_column: Some((1, 8)), .. }), "{failure:?}");
    assert_eq!(fake.rows("SELECT name FROM sqlite_master"), "");
}

#[test]
fn an_answer_lost_after_the_commit_is_found_in_the_ledger() {
    let fake = Fake::running(&[A, B, C]);
    fake.fault([Fault::None, Fault::LostAfter]);
    let done = fake.migrate().unwrap();
    assert_eq!(
        of_files(&done.notes),
        [
            "`0001_a.sql` applied",
            "`0002_b.sql` applied: the answer was lost, the ledger has it",
            "`0003_c.sql` applied"
        ]
    );
    assert_eq!(fake.requests(), "read read bookmark apply apply read apply read");
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
    assert!(fake.sleeps().is_empty());
}

#[test]
fn a_call_that_never_arrived_is_waited_for_and_sent_again() {
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::LostBefore]);
    let done = fake.migrate().unwrap();
    assert_eq!(of_files(&done.notes), ["`0001_a.sql` applied", "`0002_b.sql` applied"]);
    assert_eq!(fake.sleeps_ms(), [200, 300, 500]);
    assert_eq!(fake.requests(), "read read bookmark apply apply read read read read apply read");
    assert_eq!(fake.rows("SELECT x FROM a"), "b");
}

fn busy(message: &str) -> Fault {
    Fault::Answer(400, json!({"success": false, "errors": [{"code": 7500, "message": message}]}))
}

#[test]
fn a_call_that_a_reset_has_met_is_waited_for_and_sent_again() {
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, busy("D1 DB reset because its code was updated.")]);
    let done = fake.migrate().unwrap();
    assert_eq!(of_files(&done.notes), ["`0001_a.sql` applied", "`0002_b.sql` applied"]);
    assert_eq!(fake.sleeps_ms(), [200, 300, 500]);
    assert_eq!(fake.rows("SELECT x FROM a"), "b");
}

#[test]
fn a_database_that_stays_busy_is_no_fault_of_the_file() {
    let fake = Fake::new(&[A]);
    fake.fault((0..40).map(|_| busy("D1 DB is overloaded. Requests queued for too long.")));
    let failure = fake.migrate().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "can't apply the migration for `jobs`: D1 DB is overloaded. Requests queued for too long"
    );
    assert_eq!(failure.status(), Status::Failed);
    assert!(failure.hint().unwrap().contains("run again in a moment"));
    let pauses: Vec<u64> = fake.sleeps().into_iter().filter(|pause| *pause > 0).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30]);
}

#[test]
fn a_commit_that_lands_late_is_waited_for() {
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::Late(4)]);
    fake.migrate().unwrap();
    assert_eq!(fake.sleeps_ms(), [200, 300, 500]);
    assert_eq!(fake.requests(), "read read bookmark apply apply read read read read");
    assert_eq!(fake.rows("SELECT x FROM a"), "b");
}

#[test]
fn a_commit_that_lands_after_its_resend_is_rolled_back() {
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::Late(8)]);
    let done = fake.migrate().unwrap();
    assert_eq!(of_files(&done.notes), ["`0001_a.sql` applied", "`0002_b.sql` applied"]);
    assert_eq!((fake.rows("SELECT x FROM a"), fake.rows(APPLIED)), ("b".into(), format!("{} {}", A.0, B.0)));
}

#[test]
fn a_resend_that_meets_its_own_commit_counts_once() {
    let fake = Fake::running(&[A, B]);
    let ours = rival(&[A], B, None).replace("01K", "01J");
    fake.fault([Fault::None, Fault::LostBefore, Fault::Rival(ours)]);
    let done = fake.migrate().unwrap();
    assert_eq!(done.notes[1], "`0002_b.sql` applied: the answer was lost, the ledger has it");
    assert_eq!(fake.rows("SELECT x FROM a"), "b");
}

#[test]
fn what_stays_unanswered_is_unknown() {
    let fake = Fake::running(&[A, B, C]);
    fake.fault([Fault::None, Fault::LostBefore, Fault::LostBefore, Fault::LostBefore]);
    let failure = fake.migrate().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "it is not known whether `jobs` was written: the answer to `0002_b.sql` was lost: connection reset"
    );
    assert_eq!(
        failure.hint().unwrap(),
        "run again, or ask the ledger: `SELECT name FROM \"d1_migrations\" ORDER BY id`: what it has is applied whole, \
         what it has not is not applied at all"
    );
    assert_eq!(failure.status(), Status::Unknown);
    assert_eq!(of_files(&partly(failure).1), ["`0001_a.sql` applied", "`0003_c.sql` was not sent"]);
    assert_eq!(fake.requests().matches("apply").count(), 4);
    fake.migrate().unwrap();
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
}

#[test]
fn a_ledger_that_can_not_be_read_leaves_it_unknown() {
    let fake = Fake::new(&[A]);
    fake.fault([Fault::LostAfter]);
    fake.state().reads_left = Some(2);
    let failure = fake.migrate().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "it is not known whether `jobs` was written: the answer to `0001_a.sql` was lost: connection reset, and the \
         ledger can't be read: no route to host"
    );
    assert_eq!(failure.status(), Status::Unknown);
    fake.state().reads_left = None;
    assert_eq!(fake.migrate().unwrap().action, None);
}

#[test]
fn what_was_never_sent_is_said() {
    let fake = Fake::running(&[A, B, C]);
    fake.fault([Fault::None, Fault::Unreachable, Fault::Unreachable, Fault::Unreachable, Fault::Unreachable]);
    let (cause, notes) = partly(fake.migrate().unwrap_err());
    assert_eq!(cause.to_string(), "can't apply the migration for `jobs`: no route to host");
    assert_eq!(
        of_files(&notes),
        ["`0001_a.sql` applied", "`0002_b.sql` was not sent", "`0003_c.sql` was not sent"]
    );
    assert_eq!(fake.requests(), "read read bookmark apply apply apply apply apply read");
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::Unreachable, Fault::Unreachable, Fault::Unreachable, Fault::Unreachable]);
    fake.state().reads_left = Some(2);
    let (_, notes) = partly(fake.migrate().unwrap_err());
    assert_eq!(notes[1], "what is applied rests on the server's answers: the ledger can't be read");
}

#[test]
fn a_last_file_is_only_applied_once_the_ledger_says_so() {
    let fake = Fake::new(&[A]);
    fake.state().reads_left = Some(2);
    let failure = fake.migrate().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "it is not known whether `jobs` was written: the ledger can't be read after `0001_a.sql`: no route to host"
    );
    let fake = Fake::new(&[A]);
    fake.fault([Fault::Answer(200, json!({"success": true, "result": [{"success": true}]}))]);
    let failure = fake.migrate().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "the ledger of `jobs` does not have what the server has confirmed: `0001_a.sql`"
    );
}

#[test]
fn another_run_with_the_same_files_is_no_trouble() {
    let fake = Fake::running(&[A, B, C]);
    fake.fault([Fault::Rival(rival(&[], A, None)), Fault::Rival(rival(&[A], B, None))]);
    let done = fake.migrate().unwrap();
    assert_eq!(
        of_files(&done.notes),
        [
            "`0001_a.sql` applied meanwhile by another run (`01K`)",
            "`0002_b.sql` applied meanwhile by another run (`01K`)",
            "`0003_c.sql` applied"
        ]
    );
    assert_eq!(done.value.get("applied").unwrap().to_json().unwrap(), json!([C.0]));
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
}

#[test]
fn another_text_under_the_same_name_is_refused() {
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::Rival(rival(&[A], (B.0, "CREATE TABLE other (x)"), Some("0f")))]);
    let (cause, notes) = partly(fake.migrate().unwrap_err());
    assert_eq!(cause.to_string(), "another run (`01K`) has applied another text as `0002_b.sql` to `jobs`");
    assert_eq!(of_files(&notes), ["`0001_a.sql` applied"]);
    assert_eq!(fake.rows("SELECT count(*) FROM a"), "0");
}

#[test]
fn wrangler_may_come_between_two_files() {
    let fake = Fake::running(&[A, B, C]);
    fake.fault([Fault::None, Fault::Rival(wrangler(B))]);
    let done = fake.migrate().unwrap();
    assert_eq!(done.notes[1], "`0002_b.sql` applied meanwhile by another tool");
    assert_eq!(fake.rows(SEEN), "1:0001_a.sql:0:01J 2:0003_c.sql:2:01J");
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
}

#[test]
fn a_file_that_is_not_here_stops_the_run() {
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::Rival(wrangler(C))]);
    let (cause, _) = partly(fake.migrate().unwrap_err());
    assert_eq!(
        cause.to_string(),
        "the histories of `jobs` and `m` part after `0001_a.sql`: the database has `0003_c.sql`, the folder `0002_b.sql`"
    );
    let fake = Fake::running(&[A, B]);
    fake.fault([
        Fault::None,
        Fault::Rival("DELETE FROM d1_migrations; DELETE FROM larder_migrations".into()),
    ]);
    let (cause, _) = partly(fake.migrate().unwrap_err());
    assert_eq!(
        cause.to_string(),
        "the ledger of `jobs` was changed by somebody else before `0002_b.sql` could be applied"
    );
}

#[test]
fn a_token_that_may_not_write_is_no_sql_failure() {
    let fake = Fake::new(&[A]);
    let body = json!({"success": false, "errors": [{"code": 10000, "message": "Authentication error"}]});
    fake.fault([Fault::Answer(403, body)]);
    let failure = fake.migrate().unwrap_err();
    assert_eq!(
        (failure.kind(), failure.hint().unwrap().as_str()),
        (
            "denied",
            "the token needs the permission `D1 Write` on this account, and must not have expired; if `larder token` says that all is there, run again: this answer is known to come and go"
        )
    );
    assert_eq!(fake.requests(), "read read apply");
}

#[test]
fn a_replica_is_not_believed() {
    let fake = Fake::new(&[A]);
    fake.migrate().unwrap();
    fake.requests();
    fake.state().replica_reads = 2;
    assert_eq!(fake.migrate().unwrap().action, None);
    assert_eq!((fake.requests(), fake.sleeps()), ("read read read".into(), vec![1, 2]));
    fake.state().replica_reads = 100;
    assert_eq!(
        fake.migrate().unwrap_err().to_string(),
        "can't read the rows for `jobs`: only a replica answers, which may lag behind"
    );
}

#[test]
fn alchemys_table_is_read_and_written_as_alchemy_does() {
    let fake = Fake::new(&[A, B, C]);
    fake.run_sql(
        "CREATE TABLE d1_migrations (id TEXT PRIMARY KEY, name TEXT NOT NULL, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL); \
         CREATE TABLE a (x); INSERT INTO d1_migrations (id, name) VALUES ('00001', '0001_a.sql');",
    )
    .unwrap();
    fake.migrate().unwrap();
    assert_eq!(fake.rows(APPLIED), "0001_a.sql 0002_b.sql 0003_c.sql");
    assert_eq!(fake.rows("SELECT id FROM d1_migrations ORDER BY rowid"), "00001 00002 00003");
    assert_eq!(fake.migrate().unwrap().action, None);
    // Wrangler gives such a table no id, and the order is that of the rows all the same.
    fake.run_sql(&wrangler(("0004_d.sql", "SELECT 1;"))).unwrap();
    fake.write("0004_d.sql", "SELECT 1;");
    fake.write("0005_e.sql", "INSERT INTO a VALUES ('e')");
    fake.migrate().unwrap();
    assert_eq!(fake.rows(SEEN), "1:0002_b.sql:1:01J 2:0003_c.sql:2:01J 3:0005_e.sql:4:01J");
    assert_eq!(
        fake.rows("SELECT ifnull(id, '-') FROM d1_migrations ORDER BY rowid"),
        "00001 00002 00003 - 00004"
    );
}
