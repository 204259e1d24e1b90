//! Every op's example is run, and its calls are held against what the entries declare; a plan of it writes nothing.

use super::lab::{Finished, Lab, example};
use larder::http::Endpoint;
use larder::op::{Effect, Mode, Op};
use larder::script::run::Recipe;
use larder::services;
use larder::system::files;
use std::collections::BTreeSet;
use tempfile::TempDir;

/// A folder with what examples read.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("migrations")).unwrap();
    let path = folder.path().join("migrations/0001_init.sql");
    files::write_whole(&path, b"CREATE TABLE jobs (id INTEGER PRIMARY KEY);\n").unwrap();
    folder
}

/// The pattern of a path with its parameters unnamed: `/accounts/{}/r2/buckets/{}`.
fn pattern(path: &str) -> String {
    let segment = |segment: &str| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Whether the request is one of the endpoint's; `{path}` of the ops without a wing stands for any rest.
fn is_call(endpoint: &Endpoint, method: &str, route: &str) -> bool {
    let route = pattern(route);
    endpoint.method == method
        && match endpoint.path.strip_suffix("{path}") {
            Some(prefix) => route.starts_with(&pattern(prefix)),
            None => pattern(endpoint.path) == route,
        }
}

/// The ops whose names stand in an example.
fn used(text: &str) -> Vec<&'static Op> {
    services::ops()
        .filter(|op| {
            text.contains(&format!("{}(", op.path()))
                || (op.receiver.is_some() && text.contains(&format!(".{}(", op.name)))
        })
        .collect()
}

fn run(op: &Op, mode: Mode, folder: &TempDir, lab: &Lab) -> Finished {
    lab.script(folder.path(), mode, op.doc.example)
}

#[test]
fn every_example_gives_its_result_through_declared_endpoints() {
    let folder = folder();
    let mut wrong = Vec::new();
    let mut count = 0;
    for op in services::ops() {
        count += 1;
        let lab = Lab::new(1);
        let finished = run(op, Mode::Apply, &folder, &lab);
        if finished.value.as_deref() != Some(op.doc.result) {
            wrong.push(format!(
                "{}: {:?}, not {}; {:?}",
                op.title(),
                finished.value,
                op.doc.result,
                finished.said
            ));
        }
        let declared: Vec<&Endpoint> =
            used(op.doc.example).iter().flat_map(|op| op.endpoints.iter().copied()).collect();
        for call in &finished.history {
            let route = call.route.unwrap_or(&call.path);
            if !declared.iter().any(|endpoint| is_call(endpoint, &call.method, route)) {
                wrong.push(format!("{}: calls {} {route}, which is not declared", op.title(), call.method));
            }
            let missing_key = call.code == Some(10009) && op.name == "get";
            if call.status.is_none_or(|status| status >= 300) && !missing_key {
                wrong.push(format!(
                    "{}: {} {route} was answered with {:?}",
                    op.title(),
                    call.method,
                    call.status
                ));
            }
        }
    }
    assert!(count >= 32, "only {count} ops");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_option_is_described() {
    let undescribed: Vec<String> = services::ops()
        .filter_map(|op| Some((op, op.run.options()?)))
        .flat_map(|(op, schema)| {
            larder::script::docs::undocumented(schema.as_value())
                .into_iter()
                .map(move |name| format!("{} {name}", op.title()))
        })
        .collect();
    assert_eq!(undescribed, Vec::<String>::new());
}

#[test]
fn a_plan_of_every_example_and_recipe_writes_nothing() {
    let folder = folder();
    let mut reached = BTreeSet::new();
    for op in services::ops() {
        let lab = Lab::new(1);
        let before = lab.account.digest().unwrap();
        let planned = run(op, Mode::Plan, &folder, &lab);
        assert_eq!(lab.account.digest().unwrap(), before, "{}", op.title());
        assert_eq!((planned.changes(), planned.report.requests.writes), (0, 0), "{}", op.title());
        reached.extend(planned.report.ops().map(|op| format!("{}::{}", op.service, op.op)));
        // On an account that has it all already.
        run(op, Mode::Apply, &folder, &lab);
        let before = lab.account.digest().unwrap();
        let planned = run(op, Mode::Plan, &folder, &lab);
        assert_eq!(lab.account.digest().unwrap(), before, "{}", op.title());
        assert_eq!(planned.report.requests.writes, 0, "{}", op.title());
    }
    let writing =
        services::ops().filter(|op| matches!(op.effect, Effect::Ensure | Effect::Write | Effect::Delete));
    let missed: Vec<String> = writing.map(Op::path).filter(|path| !reached.contains(path)).collect();
    assert_eq!(missed, Vec::<String>::new());

    let custom = files::read_text(&example().join("recipes/custom.rhai"), 1 << 20).unwrap();
    let bundled = include_str!("../../recipes/provision.rhai").to_owned();
    for (name, text) in [("bundled/provision.rhai", bundled), ("recipes/custom.rhai", custom)] {
        let recipe = Recipe { name: name.into(), text };
        let lab = Lab::new(1);
        for mode in [Mode::Plan, Mode::Apply, Mode::Plan] {
            let before = lab.account.digest().unwrap();
            let finished = lab.run(mode, "development", &recipe);
            assert_eq!(finished.report.exit, 0, "{name} {mode:?}: {:?}", finished.said);
            assert_eq!(lab.account.digest().unwrap() == before, mode == Mode::Plan, "{name} {mode:?}");
        }
    }
}
