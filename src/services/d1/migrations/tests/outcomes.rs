//! The rarer ways through a run: calls that are refused, lost, overtaken or stopped, and what is asked and reported then.

use super::fake::{Fake, Fault};
use super::{A, B, C, of_files, partly, rival, wrangler};
use crate::http::{Scope, scoped};
use crate::op::{Failure, Mode, OpResult};
use crate::services::d1::migrations::{
    Atomic, Database, Expected, LatePolicy, Migrations, Rehearsal, Settings, Tables, migrate,
};
use serde_json::{Value as Json, json};
use std::sync::Arc;

const EARLY: &str = "read read read read";
/// The reads until a call can no longer commit.
const LONG: &str = "read read read read read read read";

fn refusal(status: u16, code: i64, message: &str) -> Fault {
    Fault::Answer(status, json!({"success": false, "errors": [{"code": code, "message": message}]}))
}

/// Late files are taken, and nothing is rehearsed.
fn run(fake: &Arc<Fake>, to: Option<&str>) -> Result<OpResult, Failure> {
    let (rehearsal, late) = (Rehearsal::Skip, LatePolicy::Allow);
    let asked = Settings { folder: "m", to, rehearsal, late, ..Settings::default() };
    fake.migrate_asked(Mode::Apply, "01J", &asked)
}

fn pending(done: &OpResult) -> Json {
    done.value.get("pending").unwrap().to_json().unwrap()
}

#[test]
fn a_refused_resend_says_nothing_of_the_call_that_was_lost() {
    let boom = || refusal(400, 7500, "boom: SQLITE_ERROR");
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::Late(6), boom()]);
    let done = fake.migrate().unwrap();
    assert_eq!(done.notes[1], "`0002_b.sql` applied: the answer was lost, the ledger has it");
    assert_eq!(fake.requests(), format!("read read bookmark apply apply {EARLY} apply read read"));

    // It can no longer commit: what is said of the resend counts.
    for (resend, said, kind) in [
        (boom(), "can't apply `0002_b.sql` to `jobs`: boom: SQLITE_ERROR", "migration"),
        (
            refusal(403, 10000, "Authentication error"),
            "can't apply the migration for `jobs`: Authentication error",
            "denied",
        ),
    ] {
        let fake = Fake::running(&[A, B]);
        fake.fault([Fault::None, Fault::LostBefore, resend]);
        let (cause, notes) = partly(fake.migrate().unwrap_err());
        assert_eq!((cause.to_string().as_str(), cause.kind()), (said, kind));
        assert_eq!(of_files(&notes), ["`0001_a.sql` applied"]);
        assert_eq!(fake.requests(), format!("read read bookmark apply apply {EARLY} apply {LONG} read"));
    }
}

#[test]
fn what_stays_unanswered_is_asked_for_three_times_and_looked_for_to_the_end() {
    let lost = || [Fault::LostBefore, Fault::LostBefore, Fault::LostBefore];
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None]);
    fake.fault(lost());
    let (_, notes) = partly(fake.migrate().unwrap_err());
    assert!(notes[1].starts_with("the way back to before this run: `larder eval --write"), "{notes:?}");
    assert_eq!(fake.requests(), format!("read read bookmark apply apply {EARLY} apply {EARLY} apply {LONG}"));
    // Where nothing else was applied, nothing is said of other files.
    let fake = Fake::new(&[A]);
    fake.fault([Fault::LostAfter]);
    fake.state().reads_left = Some(2);
    assert_eq!(partly(fake.migrate().unwrap_err()).1, [""; 0]);
}

#[test]
fn a_guard_that_refuses_a_ledger_which_reads_as_before_has_met_somebody_else() {
    let fake = Fake::new(&[A]);
    fake.migrate().unwrap();
    fake.write(B.0, B.1);
    fake.fault([Fault::Rival(wrangler(C))]);
    fake.state().stale_reads = Some((1, 1));
    assert_eq!(
        fake.migrate().unwrap_err().to_string(),
        "the ledger of `jobs` was changed by somebody else before `0002_b.sql` could be applied"
    );
}

#[test]
fn a_row_of_another_run_is_not_taken_for_a_part_of_this_ones() {
    let fake = Fake::new(&[A]);
    fake.fault([Fault::Answer(
        200,
        json!({"success": true, "result": [{"success": false, "error": "boom"}]}),
    )]);
    fake.state().late.push((3, rival(&[], A, None)));
    let failure = fake.migrate().unwrap_err();
    let Failure::Statement { error, .. } = &failure else { panic!("{failure:?}") };
    assert_eq!((error.status, error.follows_loss), (200, false));
    assert_eq!(failure.to_string(), "can't apply `0001_a.sql` to `jobs`: boom");
}

#[test]
fn only_what_the_ledger_lacks_is_not_recorded() {
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::Answer(200, json!({"success": true, "result": [{"success": true}]}))]);
    assert_eq!(
        partly(fake.migrate().unwrap_err()).0.to_string(),
        "the ledger of `jobs` does not have what the server has confirmed: `0002_b.sql`"
    );
    let fake = Fake::running(&[A, B]);
    fake.state().reads_left = Some(2);
    assert_eq!(
        partly(fake.migrate().unwrap_err()).0.to_string(),
        "it is not known whether `jobs` was written: the ledger can't be read after `0002_b.sql`: no route to host"
    );
}

/// Wrangler's table takes one row and no more.
pub(super) fn full_after_one() -> Arc<Fake> {
    let fake = Fake::new(&[A, B]);
    let table = "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, \
        applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL, one INTEGER DEFAULT 1 UNIQUE)";
    fake.run_sql(table).unwrap();
    fake
}

#[test]
fn a_row_that_its_table_refuses_is_no_fault_of_the_file() {
    let fake = full_after_one();
    assert_eq!(
        partly(fake.migrate().unwrap_err()).0.to_string(),
        "the row of `0002_b.sql` can't be written to the ledger of `jobs`: UNIQUE constraint failed: d1_migrations.one: \
         SQLITE_CONSTRAINT"
    );
    // One row of two is a ledger to be repaired, and no file that was applied.
    let fake = full_after_one();
    fake.fault([Fault::None, Fault::Torn]);
    let (cause, notes) = partly(fake.migrate().unwrap_err());
    assert_eq!(
        cause.to_string(),
        "recorded in `larder_migrations` of `jobs` but not in `d1_migrations`: `0002_b.sql`"
    );
    assert_eq!(of_files(&notes), ["`0001_a.sql` applied"]);
}

#[test]
fn a_call_of_several_files_is_refused_once_and_one_of_one_file_is_not_sent_again() {
    let nope = (B.0, "INSERT INTO a VALUES (nope)");
    let fake = Fake::new(&[A, nope]);
    let (cause, notes) = partly(fake.migrate().unwrap_err());
    assert!(matches!(&cause, Failure::Statement { file, .. } if file == B.0), "{cause:?}");
    assert_eq!(
        notes,
        [
            "`0001_a.sql ... 0002_b.sql` were refused in one call, and are sent one by one",
            "`0001_a.sql` applied"
        ]
    );
    assert_eq!(fake.requests(), "read read apply read apply apply read");
    let fake = Fake::new(&[(A.0, nope.1)]);
    fake.migrate().unwrap_err();
    assert_eq!(fake.requests(), "read read apply read");
}

#[test]
fn where_somebody_else_is_at_work_files_go_one_by_one() {
    let fake = Fake::new(&[A, B, C]);
    fake.fault([Fault::Rival(rival(&[], A, None))]);
    let done = fake.migrate().unwrap();
    assert_eq!(
        done.notes,
        [
            "`0001_a.sql` applied meanwhile by another run (`01K`)",
            "`0002_b.sql` applied",
            "`0003_c.sql` applied"
        ]
    );
    assert_eq!(fake.requests(), "read read apply read read apply apply read");

    // A read that shows the files is proof enough, whatever became of the rows before them.
    let fake = Fake::running(&[A, B]);
    fake.fault([Fault::None, Fault::Rival(["DELETE FROM larder_migrations;", &wrangler(B)].concat())]);
    assert_eq!(fake.migrate().unwrap().notes[1], "`0002_b.sql` applied meanwhile by another tool");
    assert_eq!(fake.requests(), "read read bookmark apply apply read");

    let fake = Fake::new(&[A, B]);
    let ours = rival(&[], A, None).replace("01K", "01J");
    fake.fault([Fault::Rival([&ours, "\n;", &wrangler(("0009_z.sql", "SELECT 1"))].concat())]);
    let (_, notes) = partly(fake.migrate().unwrap_err());
    assert_eq!(
        notes,
        ["`0001_a.sql` applied: the answer was lost, the ledger has it", "`0002_b.sql` was not sent"]
    );
}

#[test]
fn what_applied_a_later_file_first_is_no_trouble_where_that_is_allowed() {
    let later = ("0003_c.sql", "SELECT 1;");
    let by_wrangler = [Tables::default().create_wrangler(), wrangler(later)].concat();
    let files = [A, B, later];

    let fake = Fake::new(&files);
    assert_eq!(pending(&run(&fake, Some(B.0)).unwrap()), json!([later.0]));
    let fake = Fake::new(&files);
    fake.run_sql(&by_wrangler).unwrap();
    assert_eq!(pending(&run(&fake, Some(B.0)).unwrap()), json!([]));

    // It is not among those that were not sent.
    let fake = Fake::new(&[A, (B.0, "SELECT nope"), later]);
    fake.run_sql(&by_wrangler).unwrap();
    assert_eq!(of_files(&partly(run(&fake, None).unwrap_err()).1), ["`0001_a.sql` applied"]);

    // The call of two files has met a ledger that has neither.
    let fake = Fake::new(&files);
    fake.fault([Fault::Rival(by_wrangler)]);
    assert_eq!(
        run(&fake, Some(B.0)).unwrap_err().to_string(),
        "the ledger of `jobs` was changed by somebody else before `0001_a.sql` could be applied"
    );
}

#[test]
fn after_a_refusal_a_table_that_was_missing_is_not_asked() {
    let tables = Tables::default();
    let (wrangler, larder) = (tables.create_wrangler(), tables.create_larder());
    let half = "read read read bookmark apply read read";
    for (there, requests) in [
        (&wrangler, half),
        (&larder, half),
        (&[wrangler.as_str(), &larder].concat(), "read bookmark apply read"),
    ] {
        let fake = Fake::new(&[(A.0, "SELECT nope")]);
        fake.run_sql(there).unwrap();
        fake.migrate().unwrap_err();
        assert_eq!(fake.requests(), requests, "{there}");
    }
}

#[test]
fn a_run_says_how_far_it_is_and_where_it_has_begun() {
    let fake = Fake::new(&[A, B]);
    fake.migrate().unwrap();
    assert_eq!(fake.told(), ["`0001_a.sql`"]);
    let fake = Fake::running(&[A, B]);
    fake.migrate().unwrap();
    assert_eq!(fake.told(), ["bookmark 00000001-b", "`0001_a.sql`", "`0002_b.sql`"]);
}

#[test]
fn a_stopped_run_does_not_wait_for_a_busy_database() {
    let fake = Fake::new(&[A]);
    let busy = json!({"success": false, "errors": [{"code": 7500, "message": "D1 DB is overloaded. Requests queued for too long."}]});
    fake.fault([Fault::Stopping(400, busy)]);
    assert_eq!(
        fake.migrate().unwrap_err().to_string(),
        "can't apply the migration for `jobs`: D1 DB is overloaded. Requests queued for too long"
    );
    assert_eq!(fake.requests(), "read read apply");
}

#[test]
fn a_run_that_has_applied_nothing_itself_says_nothing_of_the_schema() {
    let fake = Fake::new(&[A]);
    fake.fault([Fault::Rival(rival(&[], A, None))]);
    let done =
        fake.migrate_asked(Mode::Apply, "01J", &Settings { folder: "m", ..Settings::default() }).unwrap();
    assert_eq!((done.action, done.evidence), (None, None));
    assert_eq!(done.notes, ["`0001_a.sql` applied meanwhile by another run (`01K`)"]);
}

/// A text that is a little too long for a query with what is put before it.
fn filler(bytes: usize) -> String {
    format!("CREATE TABLE f{bytes} (x); -- {}", "-".repeat(bytes))
}

#[test]
fn a_file_that_is_no_import_is_none_with_its_rows_either() {
    let fake = Fake::running(&[(A.0, &filler(59_900))]);
    fake.migrate().unwrap();
    assert_eq!(fake.requests(), "read read bookmark apply read");
}

#[test]
fn a_transaction_that_is_too_long_for_a_query_is_imported_and_in_doubt_until_it_is_over() {
    let sent = |files: &[(&str, &str)]| {
        let fake = Fake::running(files);
        let context = fake.context(Mode::Apply, "01J");
        let asked =
            Settings { folder: "m", rehearsal: Rehearsal::Skip, atomic: Atomic::All, ..Settings::default() };
        let migrations = Migrations::discover(&context.root, &asked).unwrap();
        let database = Database { id: "uuid", name: "jobs", expect: Expected::Tables };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let scope = Scope::of(1);
        let done = runtime.block_on(scoped(scope.clone(), migrate(&context, database, &migrations)));
        assert_eq!(done.unwrap().migrations.len(), files.len());
        assert!(!scope.is_writing());
        fake.requests()
    };
    let rows = format!("INSERT INTO a VALUES ('{}');", "-".repeat(57_000));
    let imported = "read read bookmark import in doubt read";
    assert_eq!(sent(&[A, (B.0, &rows)]), "read read bookmark apply read");
    assert_eq!(sent(&[A, (B.0, &rows), (C.0, &rows)]), imported);
    let half = format!("INSERT INTO a VALUES ('{}');", "-".repeat(29_900));
    assert_eq!(sent(&[(A.0, &format!("{}{half}", A.1)), (B.0, &half)]), imported);
    // One that must be imported takes the others along.
    let odd = "CREATE TRIGGER r AFTER INSERT ON a BEGIN SELECT CASE WHEN end THEN 1 ELSE end END; END";
    assert_eq!(sent(&[A, (B.0, odd)]), imported);
}
