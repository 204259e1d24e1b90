//! Steps that run together, as all do where no order is given: a migration among them begins when every `ensure` of all of
//! them has succeeded, and nothing waits for itself.

use super::counted_migrations;
use super::simulation::{Arrival, Finished, Interceptor, Simulation};
use larder::http::{RawResponse, WireRequest};
use larder::op::Mode;
use parking_lot::{Condvar, Mutex};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    larder::system::files::make_folder(&folder.path().join("migrations")).unwrap();
    counted_migrations::write(folder.path(), "1_a.sql", "CREATE TABLE a (x)");
    folder
}

/// A recipe of one group: its steps, and what their closures say.
fn group(steps: &[(&str, &str)]) -> String {
    let names: Vec<&str> = steps.iter().map(|(name, _)| *name).collect();
    let mut text = format!("steps([{names:?}], #{{\n");
    for (name, body) in steps {
        let _ = writeln!(text, "    {name}: || {{ {body} }},");
    }
    text + "});\n"
}

fn run(
    simulation: &Simulation,
    folder: &Path,
    road: Arc<dyn Interceptor>,
    steps: &[(&str, &str)],
) -> Finished {
    let terms = super::simulation::Terms { road, ..simulation.terms(Mode::Apply) };
    simulation.script_on(terms, folder, &group(steps))
}

/// Each op as the report has it.
fn ended(finished: &Finished) -> Vec<String> {
    let ops = finished.report.steps.iter().flat_map(|step| &step.ops);
    let mut ended: Vec<String> = ops
        .map(|op| format!("{}::{} {} {:?}", op.service, op.op, op.resource, op.status).to_lowercase())
        .collect();
    ended.sort();
    ended
}

const MIGRATE: (&str, &str) = ("d1", "d1::ensure(\"db\").migrate(\"migrations\");");
const NAMESPACE: (&str, &str) = ("kv", "kv::ensure(\"A\");");

fn is_create_of_namespace(request: &WireRequest) -> bool {
    request.endpoint.is_write() && request.endpoint.path.ends_with("/storage/kv/namespaces")
}

/// Holds the namespace back until the database is asked something, or long enough for that to happen.
#[derive(Default)]
struct Held {
    is_asked: Mutex<bool>,
    moved: Condvar,
    was_early: Mutex<bool>,
}

impl Interceptor for Held {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if request.endpoint.path.ends_with("/query") {
            *self.is_asked.lock() = true;
            self.moved.notify_all();
        }
        if is_create_of_namespace(request) {
            let long = Duration::from_millis(400);
            let mut asked = self.is_asked.lock();
            self.moved.wait_while_for(&mut asked, |asked| !*asked, long);
            *self.was_early.lock() = *asked;
        }
        deliver()
    }
}

/// Refuses to make a namespace.
struct Refusing;

impl Interceptor for Refusing {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if !is_create_of_namespace(request) {
            return deliver();
        }
        let body = r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[],"result":null}"#;
        Ok(RawResponse { status: 403, body: body.into(), ..RawResponse::default() })
    }
}

#[test]
fn a_migration_begins_when_all_that_is_made_beside_it_is_there() {
    for steps in [[MIGRATE, NAMESPACE], [NAMESPACE, MIGRATE]] {
        let (folder, simulation, road) = (folder(), Simulation::new(1), Arc::new(Held::default()));
        let finished = run(&simulation, folder.path(), road.clone(), &steps);
        assert_eq!((finished.report.exit, &finished.said), (0, &Vec::new()));
        assert!(!*road.was_early.lock(), "{steps:?}");
        assert_eq!(counted_migrations::applied(&simulation.account), ["1_a.sql"]);
    }
}

#[test]
fn a_migration_does_not_begin_when_something_beside_it_fails() {
    for steps in [[MIGRATE, NAMESPACE], [NAMESPACE, MIGRATE]] {
        let (folder, simulation) = (folder(), Simulation::new(1));
        let finished = run(&simulation, folder.path(), Arc::new(Refusing), &steps);
        assert_eq!(finished.report.exit, 4, "{:?}", finished.said);
        assert_eq!(
            ended(&finished),
            ["d1::ensure db done", "d1::migrate db skipped", "kv::ensure a failed"],
            "{steps:?}"
        );
        assert_eq!(counted_migrations::applied(&simulation.account), <[&str; 0]>::default());
    }
}

#[test]
fn a_failure_that_the_recipe_caught_stands_in_no_migrations_way() {
    let (folder, simulation) = (folder(), Simulation::new(1));
    let caught = ("kv", "try { wait(kv::ensure(\"A\")); } catch { warn(\"no namespace\"); }");
    run(&simulation, folder.path(), Arc::new(Refusing), &[caught, MIGRATE]);
    assert_eq!(counted_migrations::applied(&simulation.account), ["1_a.sql"]);
}

#[test]
fn a_migration_does_not_begin_when_a_closure_beside_it_ended_early() {
    let thrown = ("kv", "if d1::find(\"db\") != () { kv::ensure(\"A\"); fail(\"not today\"); }");
    for steps in [[MIGRATE, thrown], [thrown, MIGRATE]] {
        let (folder, simulation) = (folder(), Simulation::new(1));
        // A plan stops at what is not known; the run after it comes to the error.
        simulation.script(folder.path(), Mode::Apply, "d1::ensure(\"db\");");
        let terms = simulation.terms(Mode::Apply);
        let finished = simulation.script_on(terms, folder.path(), &group(&steps));
        assert_ne!(finished.report.exit, 0, "{:?}", finished.said);
        assert_eq!(
            counted_migrations::applied(&simulation.account),
            <[&str; 0]>::default(),
            "{:?}",
            ended(&finished)
        );
    }
}

#[test]
fn nothing_waits_for_itself() {
    let db = "let db = d1::ensure(\"db\"); let done = db.migrate(\"migrations\");";
    for (what, body) in [
        ("the script reads what the migration gave", "output(\"applied\", done.applied);"),
        ("the script waits for it", "wait(done);"),
        ("the script reads what comes after it", "db.query(\"SELECT x FROM a\");"),
        ("the database is made sure of again", "db.execute(\"SELECT 1\"); d1::ensure(\"db\", #{});"),
        ("a step of its own is joined", "step(\"inner\", || { wait(done); });"),
        ("something runs alone, after all before it", "cf::post(\"/d1/database\", #{ name: \"other\" });"),
        ("a listing comes after it", "d1::list().len();"),
        (
            "another migration follows",
            "db.migrate(\"migrations\"); d1::ensure(\"b\").migrate(\"migrations\");",
        ),
    ] {
        let (folder, simulation) = (folder(), Simulation::new(1));
        let d1 = format!("{db} {body}");
        let finished =
            run(&simulation, folder.path(), Arc::new(super::simulation::Open), &[("d1", &d1), NAMESPACE]);
        assert_eq!(finished.report.exit, 0, "{what}: {:?}", finished.said);
        assert_eq!(counted_migrations::applied(&simulation.account), ["1_a.sql"], "{what}");
    }
}
