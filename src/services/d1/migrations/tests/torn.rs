//! Tests for the case that a call is not a transaction.

use super::fake::{Fake, Fault};
use super::{A, APPLIED, B, C, of_files, partly};
use crate::events::Status;
use crate::op::Mode;
use crate::services::d1::migrations::Repairs;
use serde_json::json;

const BAD: &str = "INSERT INTO a VALUES ('half');\nINSERT INTO a VALUES (nope);\n";
const TEXTS: &str = "SELECT sha256 = 'partial' FROM larder_migrations ORDER BY seq";

#[test]
fn a_failure_inside_an_accepted_call_is_a_failure() {
    let inner = json!({"success": true, "result": [{"success": false, "error": "boom"}]});
    let fake = Fake::new(&[A]);
    fake.fault([Fault::Answer(200, inner.clone())]);
    let failure = fake.migrate().unwrap_err();
    assert_eq!(failure.to_string(), "can't apply `0001_a.sql` to `jobs`: boom");
    let fake = Fake::new(&[A]);
    fake.fault([Fault::Lie(inner)]);
    let (cause, notes) = partly(fake.migrate().unwrap_err());
    assert_eq!(
        cause.to_string(),
        "a statement of `0001_a.sql` failed, and `jobs` has kept those before it: boom"
    );
    assert_eq!(notes, ["`0001_a.sql` applied in part"]);
}

#[test]
fn what_is_applied_in_part_is_never_taken_for_applied() {
    let fake = Fake::running(&[A, (B.0, BAD), C]);
    fake.fault([Fault::None, Fault::Torn]);
    let (cause, notes) = partly(fake.migrate().unwrap_err());
    assert_eq!(
        cause.to_string(),
        "a statement of `0002_b.sql` failed, and `jobs` has kept those before it: no such column: nope at offset 23: SQLITE_ERROR"
    );
    assert_eq!(
        cause.hint().unwrap(),
        "look at the schema before anything else is applied; Time Travel can bring the database back"
    );
    assert_eq!(
        of_files(&notes),
        ["`0001_a.sql` applied", "`0002_b.sql` applied in part", "`0003_c.sql` was not sent"]
    );
    assert_eq!((fake.rows("SELECT x FROM a"), fake.rows(TEXTS)), ("half".into(), "0 1".into()));

    for mode in [Mode::Plan, Mode::Apply] {
        fake.requests();
        let failure = fake.migrate_as(mode, "01K").unwrap_err();
        assert_eq!(failure.to_string(), "applied to `jobs` only in part: `0002_b.sql`");
        assert_eq!(
            failure.hint().unwrap(),
            "bring the database back to before that run by Time Travel, or complete the file by hand and record it by `larder migrations repair --edited 0002_b.sql`"
        );
        assert_eq!(fake.requests(), "read", "nothing is written");
    }
}

/// D1's own troubles are refusals, too, and say nothing of what was kept.
#[test]
fn a_service_that_fails_after_a_commit_leaves_files_that_are_applied() {
    let words = "D1 DB storage operation exceeded timeout which caused object to be reset.";
    for errors in [json!([]), json!([{"code": 7500, "message": words}])] {
        let fake = Fake::new(&[A]);
        fake.fault([Fault::Lie(json!({"success": false, "errors": errors, "result": null}))]);
        let done = fake.migrate().unwrap();
        assert_eq!(done.notes, ["`0001_a.sql` applied: the answer was lost, the ledger has it"]);
    }
}

#[test]
fn somebody_who_has_completed_it_says_so() {
    let fake = Fake::running(&[A, (B.0, BAD), C]);
    fake.fault([Fault::None, Fault::Torn]);
    fake.migrate().unwrap_err();
    super::corrections::repaired(&fake, &Repairs { edited: vec![B.0.into()], ..Repairs::default() });
    assert_eq!(fake.migrate().unwrap().notes[..1], ["`0003_c.sql` applied"]);
    assert_eq!(fake.rows(APPLIED), "0001_a.sql 0002_b.sql 0003_c.sql");
}

#[test]
fn a_mark_that_can_not_be_written_is_told() {
    let denied = json!({"success": false, "errors": [{"code": 10000, "message": "Authentication error"}]});
    let said = |faults: Vec<Fault>| {
        let fake = Fake::new(&[(A.0, "CREATE TABLE a (x); CREATE TABLE a (x)")]);
        fake.fault([Fault::Torn]);
        fake.fault(faults);
        let (_, notes) = partly(fake.migrate().unwrap_err());
        assert_eq!(notes[0], "`0001_a.sql` applied in part");
        (notes[1..].join(" "), fake.rows(TEXTS))
    };
    let not_marked = |said: &str| (said.to_owned(), "0".to_owned());
    assert_eq!(
        said((0..12).map(|_| Fault::Unreachable).collect()),
        not_marked("the ledger may still call it applied: no route to host")
    );
    assert_eq!(
        said((0..3).map(|_| Fault::LostBefore).collect()),
        not_marked("the ledger may still call it applied: connection reset")
    );
    assert_eq!(
        said(vec![Fault::Answer(403, denied)]),
        not_marked("the ledger still calls it applied: Authentication error")
    );
    // One that is lost is sent again.
    assert_eq!(said(vec![Fault::LostBefore, Fault::LostAfter]), (String::new(), "1".to_owned()));
}

#[test]
fn a_read_that_lags_unseen_does_not_make_a_lost_answer_a_failure() {
    let lost = |stale: usize| {
        let fake = Fake::new(&[A, B]);
        fake.migrate().unwrap();
        fake.write(C.0, C.1);
        fake.requests();
        fake.state().stale_reads = Some((1, stale));
        fake.fault([Fault::LostAfter]);
        let done = fake.migrate();
        assert_eq!(fake.rows("SELECT x FROM a"), "b c");
        (done, fake.requests())
    };
    let looks = |times: usize| "read ".repeat(times);
    let (done, sent) = lost(10);
    assert_eq!(done.unwrap().notes[0], "`0003_c.sql` applied: the answer was lost, the ledger has it");
    assert_eq!(sent, format!("read bookmark apply {}apply {}", looks(4), looks(7)).trim_end());
    let (done, sent) = lost(99);
    let failure = done.unwrap_err();
    assert_eq!(failure.status(), Status::Unknown, "{failure}");
    assert!(failure.to_string().contains("the ledger has moved on, and reads as it was before"), "{failure}");
    assert_eq!(sent, format!("read bookmark apply {}apply {}", looks(4), looks(8)).trim_end());
}
