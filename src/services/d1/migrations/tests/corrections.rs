//! Baselines and repairs: the decision, the written rows, and lost answers.

use super::fake::{Fake, Fault};
use super::{A, APPLIED, B, C, SEEN, wrangler};
use crate::events::Status;
use crate::op::{Failure, Mode};
use crate::services::d1::migrations::apply::correct::call;
use crate::services::d1::migrations::{
    Correction, Database, Expected, LatePolicy, Ledger, MigrationError, Migrations, Reader, Rehearsal,
    Repairs, Settings, Stamp, Tables, correct,
};
use serde_json::json;
use std::sync::Arc;

struct Read {
    migrations: Migrations,
    ledger: Ledger,
}

fn read(fake: &Arc<Fake>) -> Read {
    let context = fake.context(Mode::Apply, "01R");
    let settings =
        Settings { folder: "m", rehearsal: Rehearsal::Skip, late: LatePolicy::Allow, ..Settings::default() };
    let migrations = Migrations::discover(&context.root, &settings).unwrap();
    let reader = Reader { client: &context.client, id: "uuid", tables: &migrations.tables, copy: None };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ledger = runtime.block_on(reader.read(Expected::Tables)).unwrap();
    fake.requests();
    Read { migrations, ledger }
}

impl Read {
    fn write(&self, fake: &Arc<Fake>, corrections: &[Correction]) -> Result<(), Failure> {
        let context = fake.context(Mode::Apply, "01R");
        let database = Database { id: "uuid", name: "jobs", expect: Expected::Tables };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(correct(&context, database, &self.migrations, &self.ledger, corrections))
    }

    fn repair(&self, repairs: &Repairs) -> Result<Vec<Correction>, String> {
        self.migrations.repair("jobs", &self.ledger, repairs).map_err(|error| error.to_string())
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn repaired(fake: &Arc<Fake>, repairs: &Repairs) {
    let read = read(fake);
    let corrections = read.repair(repairs).unwrap();
    read.write(fake, &corrections).unwrap();
    assert_eq!(fake.requests(), "apply read");
}

fn remove(fake: &Fake, name: &str) {
    crate::system::files::remove_file(&fake.path().join("m").join(name)).unwrap();
}

#[test]
fn a_baseline_records_without_running() {
    let fake = Fake::new(&[A, B, C]);
    let mut found = read(&fake);
    found.migrations.asked = 2;
    let corrections = found.migrations.baseline("jobs", &found.ledger).unwrap();
    let told: Vec<String> = corrections.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "`0001_a.sql` is recorded as applied and not run",
            "`0002_b.sql` is recorded as applied and not run"
        ]
    );
    found.write(&fake, &corrections).unwrap();
    assert_eq!(fake.requests(), "apply read");
    assert_eq!(fake.rows(APPLIED), "0001_a.sql 0002_b.sql");
    assert_eq!(fake.rows(SEEN), "1:0001_a.sql:0:01R 2:0002_b.sql:1:01R");
    assert_eq!(fake.rows("SELECT name FROM sqlite_master WHERE name = 'a'"), "");
    fake.run_sql("CREATE TABLE a (x)").unwrap();
    assert_eq!(fake.migrate().unwrap().notes[0], "`0003_c.sql` applied");
    let found = read(&fake);
    assert_eq!(found.migrations.baseline("jobs", &found.ledger).unwrap(), []);
}

#[test]
fn what_wrangler_has_applied_keeps_its_row_and_gets_a_text() {
    let fake = Fake::new(&[A, B]);
    let tables = Tables::named(None).unwrap().create_wrangler();
    fake.run_sql(&(tables + wrangler(A).as_str())).unwrap();
    let found = read(&fake);
    let corrections = found.migrations.baseline("jobs", &found.ledger).unwrap();
    assert!(
        matches!(&corrections[..], [Correction::Adopt { .. }, Correction::Record { .. }]),
        "{corrections:?}"
    );
    found.write(&fake, &corrections).unwrap();
    assert_eq!(fake.rows(APPLIED), "0001_a.sql 0002_b.sql");
    assert_eq!(fake.rows(SEEN), "1:0001_a.sql:0:01R 2:0002_b.sql:1:01R");
    // From now on an edit is seen.
    fake.write(A.0, "CREATE TABLE a (y);");
    let found = read(&fake);
    let error = found.migrations.baseline("jobs", &found.ledger).unwrap_err();
    assert!(matches!(error, MigrationError::Edited { .. }), "{error}");
}

#[test]
fn each_reason_repairs_what_it_names() {
    let fake = Fake::new(&[A, B, C]);
    fake.migrate().unwrap();
    fake.write(A.0, "CREATE TABLE a (x); -- with a comment\n");
    repaired(&fake, &Repairs { edited: names(&[A.0]), ..Repairs::default() });
    assert_eq!(fake.migrate().unwrap().action, None);
    fake.requests();

    remove(&fake, C.0);
    fake.write("0003_renamed.sql", C.1);
    repaired(&fake, &Repairs { renamed: names(&[C.0]), ..Repairs::default() });
    assert_eq!(fake.rows(APPLIED), "0001_a.sql 0002_b.sql 0003_renamed.sql");
    assert_eq!(fake.migrate().unwrap().action, None);
    fake.requests();

    fake.run_sql("DELETE FROM d1_migrations WHERE name = '0002_b.sql'").unwrap();
    repaired(&fake, &Repairs { unrecorded: names(&[B.0]), ..Repairs::default() });
    assert_eq!(fake.migrate().unwrap().action, None);
    fake.requests();

    remove(&fake, B.0);
    repaired(&fake, &Repairs { removed: names(&[B.0]), ..Repairs::default() });
    assert_eq!(fake.rows(APPLIED), "0001_a.sql 0003_renamed.sql");
    assert_eq!(fake.migrate().unwrap().action, None);
    // Nothing of any file was run a second time.
    assert_eq!(fake.rows("SELECT x FROM a"), "b c");
}

#[test]
fn several_reasons_are_one_call() {
    let fake = Fake::new(&[A, B, C]);
    fake.migrate().unwrap();
    fake.write(A.0, "CREATE TABLE a (x); -- with a comment\n");
    remove(&fake, B.0);
    remove(&fake, C.0);
    fake.write("0003_renamed.sql", C.1);
    let repairs = Repairs {
        edited: names(&[A.0]),
        renamed: names(&["0003_renamed.sql"]),
        removed: names(&[B.0]),
        ..Repairs::default()
    };
    repaired(&fake, &repairs);
    assert_eq!(fake.rows(SEEN), "1:0001_a.sql:0:01J 3:0003_renamed.sql:2:01J");
    fake.write("0004_d.sql", "SELECT 1");
    fake.migrate().unwrap();
    assert_eq!(fake.rows("SELECT max(seq) FROM larder_migrations"), "4");
}

#[test]
fn what_is_not_so_is_not_repaired() {
    let fake = Fake::new(&[A, B]);
    fake.migrate().unwrap();
    let found = read(&fake);
    for (repairs, said) in [
        (
            Repairs { edited: names(&[A.0]), ..Repairs::default() },
            "`0001_a.sql` is not edited in `jobs`: it is applied",
        ),
        (
            Repairs { renamed: names(&["x"]), ..Repairs::default() },
            "`x` is not renamed in `jobs`: neither ledger nor folder has it",
        ),
        (
            Repairs { unrecorded: names(&[B.0]), ..Repairs::default() },
            "`0002_b.sql` is not unrecorded in `jobs`: it is applied",
        ),
        (
            Repairs { removed: names(&[B.0]), ..Repairs::default() },
            "`0002_b.sql` is not missing in `jobs`: it is applied",
        ),
    ] {
        assert_eq!(found.repair(&repairs).unwrap_err(), said);
    }
}

/// A database whose applied files were edited, and the corrections of its ledger.
fn edited_files(files: &[(&str, &str)]) -> (Arc<Fake>, Read, Vec<Correction>) {
    let fake = Fake::new(files);
    fake.migrate().unwrap();
    for (name, sql) in files {
        fake.write(name, &format!("{sql} -- with a comment\n"));
    }
    let read = read(&fake);
    let edited = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let corrections = read.repair(&Repairs { edited, ..Repairs::default() }).unwrap();
    (fake, read, corrections)
}

fn edited() -> (Arc<Fake>, Read, Vec<Correction>) {
    edited_files(&[A])
}

#[test]
fn a_lost_answer_is_looked_for() {
    let (fake, read, corrections) = edited();
    fake.fault([Fault::LostAfter]);
    read.write(&fake, &corrections).unwrap();
    assert_eq!(fake.requests(), "apply read");

    let (fake, read, corrections) = edited();
    fake.fault([Fault::LostBefore]);
    read.write(&fake, &corrections).unwrap();
    assert_eq!(fake.requests(), "apply read read read read apply read");

    // Reads that lag, and nobody says so: its resend is refused by the guard, which is no proof that it was not made.
    let (fake, read, corrections) = edited();
    fake.fault([Fault::LostAfter]);
    fake.state().stale_reads = Some((0, 99));
    assert_eq!(read.write(&fake, &corrections).unwrap_err().status(), Status::Unknown);
    assert_eq!(fake.requests(), "apply read read read read apply read read read read read read read");

    // One that commits after its resend finds that it is done.
    let (fake, read, corrections) = edited();
    fake.fault([Fault::Late(8)]);
    read.write(&fake, &corrections).unwrap();
    assert_eq!(fake.rows("SELECT count(*) FROM larder_migrations"), "1");

    let (fake, read, corrections) = edited();
    fake.fault([Fault::LostBefore, Fault::LostBefore, Fault::LostBefore]);
    let failure = read.write(&fake, &corrections).unwrap_err();
    assert_eq!(failure.status(), Status::Unknown);
    assert_eq!(
        failure.to_string(),
        "it is not known whether `jobs` was written: the answer to the correction of its ledger was lost: connection reset"
    );
    assert_eq!(fake.requests(), format!("{0}{0}apply {1}", "apply read read read read ", LONG));
}

/// The reads until a call can no longer commit.
const LONG: &str = "read read read read read read read";

fn refusal(status: u16, code: i64, message: &str) -> Fault {
    Fault::Answer(status, json!({"success": false, "errors": [{"code": code, "message": message}]}))
}

#[test]
fn what_the_service_refuses_is_no_change_of_the_ledger() {
    let (fake, read, corrections) = edited();
    fake.fault([refusal(403, 10000, "Authentication error")]);
    assert_eq!(read.write(&fake, &corrections).unwrap_err().kind(), "denied");
    assert_eq!(fake.requests(), "apply");

    fake.fault([refusal(400, 7500, "boom")]);
    assert_eq!(
        read.write(&fake, &corrections).unwrap_err().to_string(),
        "can't correct the ledger for `jobs`: boom"
    );
    assert_eq!(fake.requests(), "apply read");

    // One was lost before: it may be made all the same.
    fake.fault([Fault::LostBefore, refusal(403, 10000, "Authentication error")]);
    assert_eq!(read.write(&fake, &corrections).unwrap_err().status(), Status::Unknown);
    assert_eq!(fake.requests(), format!("apply read read read read apply {LONG}"));

    fake.fault([Fault::Answer(200, json!({"success": true, "result": [{"success": true}]}))]);
    assert_eq!(
        read.write(&fake, &corrections).unwrap_err().to_string(),
        "the ledger of `jobs` does not have what the server has confirmed: `0001_a.sql`"
    );
}

#[test]
fn another_run_may_make_the_same_corrections_and_has_to_make_all_of_them() {
    let overtaken = "the ledger of `jobs` was changed by somebody else before it could be corrected";
    let stamp = Stamp { run: "01K", version: "0.1.0" };
    let (fake, read, corrections) = edited_files(&[A, B]);
    let by_another = |read: &Read, corrections: &[Correction]| {
        Fault::Rival(call(&read.migrations.tables, &read.ledger, corrections, &stamp))
    };
    fake.fault([by_another(&read, &corrections)]);
    read.write(&fake, &corrections).unwrap();
    assert_eq!(fake.requests(), "apply read");

    let (fake, read, corrections) = edited_files(&[A, B]);
    fake.fault([by_another(&read, &corrections[..1])]);
    assert_eq!(read.write(&fake, &corrections).unwrap_err().to_string(), overtaken);

    // The guard knows better than a read that lags.
    let (fake, read, corrections) = edited();
    fake.fault([by_another(&read, &corrections)]);
    fake.state().stale_reads = Some((0, 99));
    assert_eq!(read.write(&fake, &corrections).unwrap_err().to_string(), overtaken);
}

#[test]
fn a_ledger_that_has_moved_on_is_not_corrected() {
    let fake = Fake::new(&[A, B]);
    fake.migrate().unwrap();
    fake.write(A.0, "CREATE TABLE a (x); -- with a comment\n");
    let found = read(&fake);
    let corrections = found.repair(&Repairs { edited: names(&[A.0]), ..Repairs::default() }).unwrap();
    // Another repair was faster, which no number of rows shows.
    fake.fault([Fault::Rival("UPDATE larder_migrations SET sha256 = '0f' WHERE name = '0001_a.sql'".into())]);
    let failure = found.write(&fake, &corrections).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "the ledger of `jobs` was changed by somebody else before it could be corrected"
    );
    assert_eq!(fake.rows("SELECT sha256 FROM larder_migrations WHERE name = '0001_a.sql'"), "0f");
    fake.fault([Fault::Rival(wrangler(C))]);
    assert!(read(&fake).write(&fake, &corrections).is_err());
}
