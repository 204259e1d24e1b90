//! Dry runs that migrate a database more than once, or after something was executed: what is asked of the account, what is
//! played on the copy, and what is no longer known.

use super::fake::Fake;
use super::{A, B, C};
use crate::events::Cost;
use crate::op::{Context, DeclaredLedger, Failure, Mode, OpResult, Permit, RunEnvironment};
use crate::reconcile::Placeholders;
use crate::services::d1::migrations::rehearse::database::RehearsalDatabase;
use crate::services::d1::migrations::{
    Atomic, CopyAnswer, Database, DatabaseFlags, Expected, Ledger, Migrations, PlayResult, Rehearsal,
    RehearsalCopy, Settings, Tables, furnish, migrate, plan, read_ahead,
};
use std::sync::Arc;

/// A dry run about one database.
struct DryRun {
    fake: Arc<Fake>,
    context: Arc<Context>,
    copy: Arc<RehearsalCopy>,
    runtime: tokio::runtime::Runtime,
}

impl DryRun {
    fn of(fake: &Arc<Fake>) -> Self {
        fake.requests();
        DryRun {
            fake: fake.clone(),
            context: fake.context(Mode::Plan, "01J"),
            copy: Arc::default(),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        }
    }

    /// Of a database that the run would create.
    fn of_new(files: &[(&str, &str)]) -> Self {
        let dry = DryRun::of(&Fake::new(files));
        dry.context.extension::<Placeholders>().add("uuid");
        dry
    }

    fn plan(&self, asked: &Settings<'_>) -> Result<OpResult, Failure> {
        let asked = Settings { folder: "m", ..*asked };
        let migrations = Migrations::discover(&self.context.root, &asked).unwrap();
        let database = Database { id: "uuid", name: "jobs", expect: Expected::Tables };
        self.runtime.block_on(plan(&self.context, database, &migrations, &self.copy))
    }

    /// The files, what they cost, whether they were played, and the requests.
    fn planned(&self, asked: &Settings<'_>) -> (Vec<String>, (u64, u64), bool, String) {
        let OpResult { migrations, foreseen, is_played, value, .. } = self.plan(asked).unwrap();
        let listed: Vec<&String> = foreseen.pending.iter().map(|file| &file.name).collect();
        assert_eq!(listed, migrations.iter().collect::<Vec<_>>());
        // Where something will be applied, only the server knows where the history will stand.
        assert_eq!(value.get("bookmark").is_none(), !migrations.is_empty());
        let Cost { reads, writes } = foreseen.cost;
        (migrations, (reads, writes), is_played, self.fake.requests())
    }

    fn execute(&self, sql: &str) {
        assert!(matches!(self.copy.play(false, sql, &[]), PlayResult::Done(_)), "{sql}");
    }

    #[track_caller]
    fn not_known(&self, asked: &Settings<'_>) {
        let failure = self.plan(asked).unwrap_err();
        assert!(matches!(failure, Failure::NotKnown { .. }), "{failure:?}");
    }
}

fn to(name: &'static str) -> Settings<'static> {
    Settings { to: Some(name), ..Settings::default() }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const ALL: Settings<'_> = Settings {
    folder: "m",
    pattern: None,
    table: None,
    to: None,
    rehearsal: Rehearsal::Run,
    late: crate::services::d1::migrations::LatePolicy::Refuse,
    atomic: Atomic::File,
};
const SKIP: Settings<'_> = Settings { rehearsal: Rehearsal::Skip, ..ALL };

#[test]
fn a_database_that_would_be_made_is_not_asked() {
    let dry = DryRun::of_new(&[A, B, C]);
    assert_eq!(dry.planned(&to(B.0)), (names(&[A.0, B.0]), (2, 1), true, String::new()));
    // What was played is there: only the rest is pending.
    assert_eq!(dry.planned(&ALL), (names(&[C.0]), (2, 1), true, String::new()));
    assert_eq!(dry.planned(&ALL), (names(&[]), (0, 0), true, String::new()));
    let counted = dry.copy.ask("SELECT count(*) AS n FROM a", &[]);
    assert!(matches!(&counted, CopyAnswer::Rows(rows) if rows[0]["n"] == 2), "{counted:?}");

    // Not even by its made-up id.
    let dry = DryRun::of_new(&[A, B]);
    assert_eq!(dry.planned(&to(A.0)).3, "");
    assert_eq!(dry.planned(&ALL), (names(&[B.0]), (2, 1), true, String::new()));
    let dry = DryRun::of_new(&[A]);
    dry.execute("SELECT 1");
    dry.not_known(&ALL);
    assert_eq!(dry.fake.requests(), "");

    let dry = DryRun::of_new(&[A]);
    assert_eq!(dry.planned(&SKIP), (names(&[A.0]), (2, 1), false, String::new()));
    assert_eq!(DryRun::of_new(&[]).planned(&ALL), (names(&[]), (0, 0), true, String::new()));
}

#[test]
fn a_database_that_is_there_is_read_and_each_file_costs_a_write() {
    let dry = DryRun::of(&Fake::new(&[A, B, C]));
    assert_eq!(dry.planned(&ALL), (names(&[A.0, B.0, C.0]), (1, 1), true, "read read".into()));
    let dry = DryRun::of(&Fake::running(&[A, B, C]));
    assert_eq!(dry.planned(&to(B.0)), (names(&[A.0, B.0]), (2, 2), true, "read read read".into()));
    assert_eq!(dry.planned(&ALL), (names(&[C.0]), (2, 1), true, String::new()));
    assert_eq!(dry.planned(&ALL), (names(&[]), (0, 0), true, String::new()));
}

#[test]
fn what_was_executed_before_is_played_before_the_files() {
    let fake = Fake::new(&[A]);
    fake.migrate().unwrap();
    fake.write(B.0, "UPDATE extra SET x = 1");
    let dry = DryRun::of(&fake);
    dry.execute("CREATE TABLE extra (x)");
    assert_eq!(dry.planned(&ALL), (names(&[B.0]), (2, 1), true, "read read".into()));
    let dry = DryRun::of(&fake);
    let failure = dry.plan(&ALL).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "`jobs` is not migrated: m/0002_b.sql:1:1: `UPDATE extra SET x = 1` fails: no such table: extra"
    );
    // Where nothing is rehearsed, there is no copy on which it could be played.
    let dry = DryRun::of(&fake);
    dry.execute("CREATE TABLE extra (x)");
    dry.not_known(&SKIP);
    assert_eq!(dry.fake.requests(), "");
}

#[test]
fn a_copy_that_is_over_knows_nothing_more() {
    let fake = Fake::running(&[A]);
    let dry = DryRun::of(&fake);
    dry.copy.end();
    dry.not_known(&ALL);
    assert_eq!(fake.requests(), "");
    // Files that are refused end it as well.
    fake.migrate().unwrap();
    fake.run_sql("INSERT INTO a VALUES (1)").unwrap();
    for refused in ["INSERT INTO a VALUES (nope)", "BEGIN", "DROP TABLE a"] {
        fake.write(B.0, refused);
        let dry = DryRun::of(&fake);
        assert!(matches!(dry.plan(&ALL).unwrap_err(), Failure::Findings { .. }), "{refused}");
        dry.not_known(&ALL);
    }
    // So does what only the database can run.
    fake.write(B.0, "UPDATE a SET x = future(x)");
    let dry = DryRun::of(&fake);
    assert!(!dry.planned(&ALL).2);
    dry.not_known(&ALL);
}

#[test]
fn a_rehearsal_that_can_not_be_held_is_no_fault_of_the_files() {
    let dry = DryRun::of(&Fake::new(&[A]));
    let mut stage = RehearsalDatabase::build(&[], &Tables::default()).unwrap();
    stage.furnish(&[], &[], &Ledger::default()).unwrap();
    stage.database.execute_batch("BEGIN").unwrap();
    dry.copy.keep(stage, None, &[]);
    let done = dry.plan(&ALL).unwrap();
    assert_eq!(
        done.notes,
        [
            "`0001_a.sql` is pending: 1 statement",
            "line 1: `CREATE TABLE a (x)`",
            "the files are not rehearsed: cannot start a transaction within a transaction"
        ]
    );
    assert!(!done.is_played);
    dry.not_known(&ALL);
}

#[test]
fn the_tables_of_another_ledger_are_none_of_the_files() {
    let fake = Fake::running(&[A, ("x1.sql", "INSERT INTO app VALUES (1); CREATE TABLE x (y)")]);
    let own = Settings { pattern: Some("0*.sql"), ..ALL };
    let other = Settings { pattern: Some("x*.sql"), table: Some("other"), ..ALL };
    let dry = DryRun::of(&fake);
    dry.execute("INSERT INTO app VALUES (1)");
    assert_eq!(dry.planned(&own).0, names(&[A.0]));
    assert_eq!(
        dry.plan(&other).unwrap().notes,
        [
            "`x1.sql` is pending: 2 statements",
            "line 1: `INSERT INTO app VALUES (1)`",
            "line 1: `CREATE TABLE x (y)`",
            "+ table x (y)"
        ]
    );
}

#[test]
fn a_ledger_that_takes_no_row_is_found_before_anything_is_sent() {
    let fake = super::outcomes::full_after_one();
    let context = fake.context(Mode::Apply, "01J");
    let here = RunEnvironment {
        environment: Some("dev".into()),
        is_protected: false,
        whereabouts: String::new(),
        ledgers: Vec::new(),
    };
    let mut migrations = Migrations::discover(&context.root, &ALL).unwrap();
    migrations.reach = DatabaseFlags::of(Some(&here), None, "jobs");
    let database = Database { id: "uuid", name: "jobs", expect: Expected::Tables };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let failure = runtime.block_on(migrate(&context, database, &migrations)).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "`jobs` is not migrated: m/0002_b.sql: its row can't be written to the ledger: UNIQUE constraint failed: \
         d1_migrations.one"
    );
    assert_eq!(
        failure.hint().unwrap(),
        "give the ledger another name (`migrations_table` where the database is bound and in the project file, `table` in a \
         recipe), and before the next run record there with `larder migrations baseline -e dev` what is applied already"
    );
}

#[test]
fn files_that_no_row_can_matter_to_are_rehearsed_again_before_more_is_played() {
    let fake = Fake::new(&[A]);
    fake.migrate().unwrap();
    fake.run_sql("INSERT INTO a VALUES (1)").unwrap();
    fake.write(B.0, "ALTER TABLE a ADD COLUMN y");
    fake.write(C.0, "CREATE TABLE c (x)");
    let dry = DryRun::of(&fake);
    assert_eq!(dry.planned(&to(B.0)), (names(&[B.0]), (2, 1), true, "read".into()));
    assert!(!dry.copy.is_built());
    // Which tables have rows is asked once.
    assert_eq!(dry.planned(&ALL), (names(&[C.0]), (2, 1), true, "read".into()));
    assert_eq!(dry.planned(&ALL), (names(&[]), (0, 0), true, String::new()));

    let dry = DryRun::of(&fake);
    dry.planned(&to(B.0));
    dry.runtime.block_on(furnish(&dry.context.client, ("uuid", "jobs"), &dry.copy)).unwrap();
    assert_eq!((dry.copy.is_built(), fake.requests()), (true, "read".into()));
}

#[test]
fn another_ledger_of_the_database_is_read_before_the_copy_is_asked_for_it() {
    let fake = Fake::new(&[A]);
    fake.migrate().unwrap();
    let other = Settings { table: Some("other"), to: Some(A.0), ..ALL };
    fake.migrate_asked(Mode::Apply, "01J", &Settings { table: Some("other"), ..ALL }).unwrap_err();
    fake.run_sql(&crate::services::d1::migrations::Tables::named(Some("other")).unwrap().create_wrangler())
        .unwrap();
    fake.run_sql("INSERT INTO other (name) VALUES ('0001_a.sql')").unwrap();
    fake.write(B.0, B.1);
    let dry = DryRun::of(&fake);
    assert_eq!(dry.planned(&ALL).0, names(&[B.0]));
    assert_eq!(dry.planned(&other), (names(&[]), (0, 0), true, "read read read".into()));
    assert_eq!(dry.planned(&other), (names(&[]), (0, 0), true, String::new()));
}

#[test]
fn too_large_a_transaction_is_refused_however_it_is_planned() {
    let rows = format!("INSERT INTO a VALUES ('{}');\n", "x".repeat(99_000)).repeat(6);
    let files = [A, (B.0, rows.as_str()), (C.0, &rows)];
    let all = Settings { atomic: Atomic::All, ..ALL };
    let said = "the 3 pending files of `jobs` have 1189826 bytes as one transaction, which may have 1000000";
    let new = DryRun::of_new(&files);
    let there = DryRun::of(&Fake::new(&files));
    for dry in [&new, &there] {
        assert_eq!(dry.plan(&all).unwrap_err().to_string(), said);
    }
    let played = DryRun::of(&Fake::running(&files));
    played.execute("SELECT 1");
    assert_eq!(played.plan(&all).unwrap_err().to_string(), said);
}

/// What is asked for a database of the config before its op begins.
fn asked_ahead(dry: &DryRun) -> String {
    let ledger = DeclaredLedger {
        logical: "jobs".into(),
        names: Vec::new(),
        ids: names(&["uuid"]),
        folder: None,
        is_folder_written: false,
        pattern: None,
        table: "d1_migrations".into(),
        said_by: String::new(),
    };
    let here = RunEnvironment {
        environment: None,
        is_protected: false,
        whereabouts: String::new(),
        ledgers: vec![ledger],
    };
    assert!(dry.context.run_environment.set(here).is_ok());
    read_ahead(&dry.context, dry.runtime.handle());
    dry.runtime.block_on(async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    });
    dry.fake.requests()
}

#[test]
fn what_a_dry_run_reads_ahead_is_read_once() {
    let fake = Fake::running(&[A]);
    let dry = DryRun::of(&fake);
    assert_eq!(asked_ahead(&dry), "read read");
    assert_eq!(dry.planned(&ALL), (names(&[A.0]), (2, 1), true, String::new()));

    let mut dry = DryRun::of(&fake);
    dry.context = fake.context(Mode::Apply, "01J");
    assert_eq!(asked_ahead(&dry), "");
    let mut dry = DryRun::of(&fake);
    Arc::get_mut(&mut dry.context).unwrap().run.is_on_any_account = true;
    assert_eq!(asked_ahead(&dry), "");
}

#[test]
fn a_run_that_is_held_to_a_plan_without_the_files_writes_nothing() {
    let fake = Fake::running(&[A]);
    let mut context = fake.context(Mode::Apply, "01J");
    Arc::get_mut(&mut context).unwrap().permit = Some(Permit::new(Vec::new()));
    let migrations = Migrations::discover(&context.root, &SKIP).unwrap();
    let database = Database { id: "uuid", name: "jobs", expect: Expected::Tables };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(migrate(&context, database, &migrations)).is_err());
    assert_eq!(fake.requests(), "read read");
}

#[test]
fn another_tools_ledger_is_read_where_its_rows_are_known() {
    let table = "CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash TEXT, created_at INT)";
    let row = "INSERT INTO __drizzle_migrations VALUES (1, '0001_a.sql', 1)";
    let refused = |dry: &DryRun| {
        assert_eq!(
            dry.plan(&ALL).unwrap_err().to_string(),
            "`jobs` is not migrated: m/0001_a.sql: `__drizzle_migrations`, another ledger in this database, has this file, \
             and `d1_migrations` has no row of it: to run it would do its work again"
        );
    };
    // Of one that was there the copy has made-up rows.
    let fake = Fake::new(&[A]);
    fake.run_sql(&[table, row].join(";")).unwrap();
    let dry = DryRun::of(&fake);
    dry.execute("CREATE TABLE extra (x)");
    refused(&dry);
    // One that the run makes is on the copy alone.
    for fake in [Fake::new(&[A]), Fake::running(&[A])] {
        let dry = DryRun::of(&fake);
        dry.execute(table);
        dry.execute(row);
        refused(&dry);
    }
}
