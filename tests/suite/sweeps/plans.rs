//! Generated recipes on generated accounts: a plan writes nothing, applying it does what it lists and costs what it
//! says, and the plan after that is empty.

use super::super::simulation::{Finished, Simulation, Terms};
use larder::events::{Action, Change, Status};
use larder::http::WireRequest;
use larder::op::{Mode, Planned};
use larder::report::{Plan, PlanBasis};
use larder::system::files;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeSet;
use std::path::Path;

/// One line of a recipe; names come from small ranges, so that lines meet.
#[derive(Clone, Debug)]
enum Line {
    Namespace(u8),
    Bucket(u8, Option<bool>),
    Index(u8, u8, Vec<u8>),
    Gateway(u8, Option<u16>, bool),
    Database(u8, Option<bool>),
    Migrated(u8, bool),
    Put(u8, u8),
    Statement(u8),
    Raw,
    Delete(u8),
    Read,
}

impl Line {
    fn text(&self, number: usize) -> String {
        match self {
            Line::Namespace(n) => format!("kv::ensure(\"K{n}\");"),
            Line::Bucket(n, None) => format!("r2::ensure(\"bucket-{n}\");"),
            Line::Bucket(n, Some(rare)) => {
                let class = if *rare { "InfrequentAccess" } else { "Standard" };
                format!("r2::ensure(\"bucket-{n}\", #{{ storage_class: \"{class}\" }});")
            }
            Line::Index(n, dimensions, properties) => {
                let properties: Vec<String> =
                    properties.iter().map(|p| format!("p{p}: \"string\"")).collect();
                let indexes = if properties.is_empty() {
                    String::new()
                } else {
                    format!(", metadata_indexes: #{{ {} }}", properties.join(", "))
                };
                format!(
                    "vectorize::ensure(\"index-{n}\", #{{ dimensions: {dimensions}, metric: \"cosine\"{indexes} }});"
                )
            }
            Line::Gateway(n, ttl, logs) => {
                let ttl = ttl.map(|ttl| format!(", cache_ttl: {ttl}")).unwrap_or_default();
                format!("ai_gateway::ensure(\"gw-{n}\", #{{ collect_logs: {logs}{ttl} }});")
            }
            Line::Database(n, None) => format!("d1::ensure(\"db-{n}\");"),
            Line::Database(n, Some(auto)) => {
                let mode = if *auto { "auto" } else { "disabled" };
                format!("d1::ensure(\"db-{n}\", #{{ read_replication: \"{mode}\" }});")
            }
            Line::Migrated(n, all) => {
                let to = if *all { "" } else { ", #{ to: \"0001_a.sql\" }" };
                format!("d1::ensure(\"db-{n}\").migrate(\"migrations\"{to});")
            }
            Line::Put(n, value) => format!("kv::ensure(\"K{n}\").put(\"k\", \"v{value}\");"),
            Line::Statement(n) => {
                format!("d1::ensure(\"db-{n}\").execute(\"CREATE TABLE IF NOT EXISTS own (x)\");")
            }
            Line::Raw => format!("cf::post(\"/storage/kv/namespaces\", #{{ title: \"raw-{number}\" }});"),
            Line::Delete(n) => format!("kv::delete(\"K{n}\");"),
            Line::Read => "kv::find(\"K0\"); r2::list();".into(),
        }
    }

    /// Whether a second run of it does nothing.
    fn converges(&self) -> bool {
        !matches!(self, Line::Put(..) | Line::Statement(_) | Line::Raw | Line::Delete(_))
    }
}

/// A recipe that converges, or one with writes of every kind.
fn lines(raw: bool) -> impl Strategy<Value = Vec<Line>> {
    let ensured =
        prop_oneof![
            (0..3_u8).prop_map(Line::Namespace),
            (0..3_u8, any::<Option<bool>>()).prop_map(|(n, class)| Line::Bucket(n, class)),
            (0..2_u8, 3..5_u8, proptest::collection::btree_set(0..3_u8, 0..3))
                .prop_map(|(n, size, properties)| Line::Index(n, size, properties.into_iter().collect())),
            (0..2_u8, proptest::option::of(1..4_u16), any::<bool>())
                .prop_map(|(n, ttl, logs)| Line::Gateway(n, ttl.map(|ttl| ttl * 60), logs)),
            (0..2_u8, any::<Option<bool>>()).prop_map(|(n, mode)| Line::Database(n, mode)),
            (0..2_u8, any::<bool>()).prop_map(|(n, all)| Line::Migrated(n, all)),
            Just(Line::Read),
        ];
    let written = prop_oneof![
        (0..3_u8, 0..2_u8).prop_map(|(n, value)| Line::Put(n, value)),
        (0..2_u8).prop_map(Line::Statement),
        Just(Line::Raw),
        (0..3_u8).prop_map(Line::Delete),
    ];
    let line = if raw { prop_oneof![2 => ensured, 1 => written].boxed() } else { ensured.boxed() };
    proptest::collection::vec(line, 1..7)
}

/// One database is migrated once, and created by one set of options.
fn recipe(lines: &[Line]) -> String {
    let mut migrated = BTreeSet::new();
    let mut text = String::from("step(\"all\", || {\n");
    for (number, line) in lines.iter().enumerate() {
        let again = matches!(line, Line::Migrated(n, _) if !migrated.insert(*n));
        if !again {
            text.push_str("    ");
            text.push_str(&line.text(number));
            text.push('\n');
        }
    }
    text + "});\n"
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("migrations")).unwrap();
    for (name, sql) in [("0001_a.sql", "CREATE TABLE a (x);\n"), ("0002_b.sql", "CREATE TABLE b (x);\n")] {
        files::write_whole(&folder.path().join("migrations").join(name), sql.as_bytes()).unwrap();
    }
    folder
}

/// A plan that left the account alone, whatever it found.
fn plan(simulation: &Simulation, folder: &Path, text: &str) -> (Finished, Plan) {
    let before = simulation.account.digest().unwrap();
    let planned = simulation.script(folder, Mode::Plan, text);
    assert!(planned.sent.iter().all(|request| !request.endpoint.is_write()), "{text}");
    assert_eq!(planned.changes(), 0, "{text}");
    assert_eq!(simulation.account.digest().unwrap(), before, "{text}");
    let basis = PlanBasis {
        now: jiff::Timestamp::default(),
        recipe: String::new(),
        sets: Vec::new(),
        only: Vec::new(),
        skip: Vec::new(),
        rewrite_secrets: false,
        inputs: Vec::new(),
    };
    let plan = Plan::new(&planned.report, basis);
    (planned, plan)
}

fn apply(simulation: &Simulation, folder: &Path, text: &str, plan: &Plan) -> Finished {
    let terms = Terms { permit: Some(plan.clone()), ..simulation.terms(Mode::Apply) };
    simulation.script_on(terms, folder, text)
}

type Step = (String, String, Action, Vec<Change>);

fn steps<'a>(ops: impl Iterator<Item = (&'a str, &'a str, Action, &'a [Change])>) -> Vec<Step> {
    // A plan lists the fields of what is new, a report does not.
    let fields =
        |action, changes: &[Change]| if action == Action::Create { Vec::new() } else { changes.to_vec() };
    ops.map(|(op, resource, action, changes)| (op.into(), resource.into(), action, fields(action, changes)))
        .collect()
}

fn holds(before: &[Line], lines: &[Line]) -> Result<(), TestCaseError> {
    let (simulation, folder) = (Simulation::new(7), folder());
    simulation.script(folder.path(), Mode::Apply, &recipe(before));
    let text = recipe(lines);
    let (planned, first) = plan(&simulation, folder.path(), &text);
    let is_well = planned.report.complete && planned.report.ops().all(|op| op.error.is_none());
    if !is_well {
        return Ok(());
    }
    let applied = apply(&simulation, folder.path(), &text, &first);
    prop_assert!(applied.said.is_empty(), "{text}\n{:?}", applied.said);
    // A plan lists what only asks, too: what it found is compared.
    let is_read = |op: &&Planned| matches!(op.op.as_str(), "find" | "list");
    let listed = first
        .ops()
        .filter(|op| !is_read(op))
        .map(|op| (op.op.as_str(), op.resource.as_str(), op.action, &op.changes[..]));
    let done =
        applied.report.ops().map(|op| (op.op.as_str(), op.resource.as_str(), op.action, &op.changes[..]));
    prop_assert_eq!(steps(done), steps(listed), "{}", text);
    prop_assert!(applied.report.ops().all(|op| op.status == Status::Done), "{}", text);
    if !lines.iter().all(Line::converges) {
        return Ok(());
    }
    let writes = applied.sent.iter().filter(|request| request.endpoint.is_write()).count() as u64;
    // The account check goes beside the listings; a plan counts it where something is to be written.
    let is_check = |request: &&WireRequest| request.path == "/accounts";
    let checks = applied.sent.iter().filter(is_check).count() as u64;
    let sent = (applied.sent.len() as u64 - writes - checks, writes);
    let cost = (first.cost.reads - u64::from(first.cost.writes > 0), first.cost.writes);
    // Where a bucket is found, the listings of other jurisdictions may still be under way when a run ends.
    if !lines.iter().any(|line| matches!(line, Line::Bucket(..) | Line::Read)) {
        prop_assert_eq!(cost, sent, "{}", text);
        prop_assert!(writes == 0 || checks == 1, "{}", text);
    }
    let (_, second) = plan(&simulation, folder.path(), &text);
    prop_assert!(second.ops().all(|op| op.action == Action::None), "{text}\n{second:#?}");
    let again = apply(&simulation, folder.path(), &text, &second);
    prop_assert!(again.said.is_empty() && again.changes() == 0, "{text}\n{:?}", again.said);
    Ok(())
}

fn sweep(raw: bool) {
    let config =
        Config { cases: 64, rng_seed: RngSeed::Fixed(11), failure_persistence: None, ..Config::default() };
    let cases = (lines(false), lines(raw));
    TestRunner::new(config).run(&cases, |(before, lines)| holds(&before, &lines)).unwrap();
}

#[test]
fn a_plan_binds_and_the_next_one_is_empty() {
    sweep(false);
}

#[test]
fn a_plan_binds_raw_writes_and_deletes() {
    sweep(true);
}
