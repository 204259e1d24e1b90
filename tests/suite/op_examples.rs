//! Every op's example is run, and its calls are held against what the entries declare; a plan of it, and of every
//! recipe, writes nothing.

use super::beacon_service;
use super::simulation::{Finished, Simulation};
use larder::http::Endpoint;
use larder::op::{Effect, Mode, Op};
use larder::script::run::Recipe;
use larder::system::files;
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

/// A folder with what examples read.
pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("migrations")).unwrap();
    files::write_whole(
        &folder.path().join("seed.sql"),
        b"INSERT INTO jobs VALUES (1);\nINSERT INTO jobs VALUES (2);\n",
    )
    .unwrap();
    let row = format!("INSERT INTO t VALUES ('{}');\n", "x".repeat(90_000));
    files::write_whole(&folder.path().join("large.sql"), row.repeat(12).as_bytes()).unwrap();
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
    // A link is the account's own affair.
    if !endpoint.path.starts_with('/') {
        return endpoint.method == method && route.starts_with("/local/");
    }
    let route = pattern(route);
    endpoint.method == method
        && match endpoint.path.strip_suffix("{path}") {
            Some(prefix) => route.starts_with(&pattern(prefix)),
            None => pattern(endpoint.path) == route,
        }
}

/// The ops whose names stand in an example.
fn used(text: &str) -> Vec<&'static Op> {
    beacon_service::services()
        .ops()
        .filter(|op| {
            text.contains(&format!("{}(", op.path()))
                || (op.receiver.is_some() && text.contains(&format!(".{}(", op.name)))
        })
        .collect()
}

fn run(op: &Op, mode: Mode, folder: &TempDir, simulation: &Simulation) -> Finished {
    simulation.script(folder.path(), mode, op.doc.example)
}

/// Recipes that reach the endpoints which no example needs: something is there already, and not as asked.
const MORE: &[&str] = &[
    r#"cf::post("/ai-gateway/gateways", #{ id: "g", collect_logs: true, cache_ttl: 0, cache_invalidate_on_update: true, rate_limiting_interval: 0, rate_limiting_limit: 0 }); ai_gateway::ensure("g", #{ cache_ttl: 60 });"#,
    r#"cf::post("/r2/buckets", #{ name: "abc" }); r2::ensure("abc", #{ storage_class: "InfrequentAccess" });"#,
    r#"cf::post("/d1/database", #{ name: "a" }); d1::ensure("a", #{ read_replication: "auto" });"#,
    r#"let db = d1::ensure("a"); cf::ensure(`/d1/database/${db.id}`, #{ read_replication: #{ mode: "auto" } }, #{ method: "PATCH" });"#,
    r#"let db = d1::ensure("a"); db.execute("CREATE TABLE t (x)"); db.migrate("migrations");"#,
    r#"let db = d1::ensure("a"); db.execute("CREATE TABLE t (x)"); db.load("large.sql");"#,
    r#"
        cf::post("/vectorize/v2/indexes", #{ name: "i", config: #{ dimensions: 3, metric: "cosine" } });
        vectorize::ensure("i", #{ dimensions: 3, metric: "cosine", metadata_indexes: #{ city: "string" } });
    "#,
];

/// Declared endpoints that neither calls: an index is asked for by name only after an answer was lost (`wire` does
/// that), and the local account has no zones.
const NOT_CALLED: &[&str] = &[
    "DELETE /zones/{zone_id}{path}",
    "GET /accounts/{account_id}/vectorize/v2/indexes/{index_name}",
    "GET /zones",
    "GET /zones/{zone_id}",
    "GET /zones/{zone_id}{path}",
    "PATCH /zones/{zone_id}{path}",
    "POST /zones/{zone_id}{path}",
    "PUT /zones/{zone_id}{path}",
];

/// What is wrong with the calls of a run, by what the entries of its ops declare and what the account's history says.
fn undeclared(text: &str, finished: &Finished) -> Vec<String> {
    let mut wrong = Vec::new();
    let declared: Vec<&Endpoint> = used(text).iter().flat_map(|op| op.endpoints.iter().copied()).collect();
    for request in &finished.sent {
        let endpoint = request.endpoint;
        // The account is checked once in a run, for no op of its own.
        let is_check = endpoint.path == "/accounts";
        if !is_check && !declared.iter().any(|known| std::ptr::eq(*known, endpoint)) {
            wrong.push(format!("{} {} is not declared", endpoint.method, endpoint.path));
        }
    }
    for (request, seen) in finished.sent.iter().zip(&finished.history) {
        let route = seen.route.unwrap_or(&seen.path);
        if !is_call(request.endpoint, &seen.method, route) {
            wrong.push(format!("{} is answered as {} {route}", request.path, seen.method));
        }
        let missing_key = seen.code == Some(10009) && text.ends_with(r#".get("absent")"#);
        if seen.status.is_none_or(|status| status >= 300) && !missing_key {
            wrong.push(format!("{} {route} is answered with {:?}", seen.method, seen.status));
        }
    }
    if finished.sent.len() != finished.history.len() {
        wrong.push("the account saw other requests than were sent".to_owned());
    }
    wrong
}

#[test]
fn every_example_gives_its_result() {
    let folder = folder();
    let mut wrong = Vec::new();
    for op in beacon_service::services().ops() {
        let Finished { value, said, .. } = run(op, Mode::Apply, &folder, &Simulation::new(1));
        if value.as_deref() != Some(op.doc.result) {
            wrong.push(format!("{}: {value:?}, not {}; {said:?}", op.title(), op.doc.result));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn entries_declare_the_endpoints_that_are_called_and_no_others() {
    let folder = folder();
    let mut wrong = Vec::new();
    let mut called = Vec::new();
    let examples: Vec<&str> = beacon_service::services().ops().map(|op| op.doc.example).collect();
    assert!(examples.len() >= 32, "only {} ops", examples.len());
    for text in examples.iter().chain(MORE) {
        let finished = Simulation::new(1).script(folder.path(), Mode::Apply, text);
        wrong.extend(undeclared(text, &finished).into_iter().map(|rule| format!("{text}: {rule}")));
        wrong.extend(finished.said.iter().map(|said| format!("{text}: {said}")));
        called.extend(finished.sent.iter().map(|request| request.endpoint));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let declared = beacon_service::services().ops().flat_map(|op| op.endpoints);
    let left: BTreeSet<String> = declared
        .filter(|endpoint| !called.iter().any(|known| std::ptr::eq(*known, **endpoint)))
        .map(|endpoint| format!("{} {}", endpoint.method, endpoint.path))
        .collect();
    assert_eq!(left.into_iter().collect::<Vec<_>>(), NOT_CALLED);
}

/// A plan leaves the account as it is and sends no request that could change it.
fn plan(simulation: &Simulation, what: &str, run: impl FnOnce() -> Finished) -> Finished {
    let before = simulation.account.digest().unwrap();
    let planned = run();
    assert_eq!(simulation.account.digest().unwrap(), before, "{what}");
    let writes: Vec<&str> =
        planned.sent.iter().filter(|sent| sent.endpoint.is_write()).map(|sent| sent.endpoint.doing).collect();
    assert_eq!(writes, Vec::<&str>::new(), "{what}");
    assert_eq!((planned.changes(), planned.report.requests.writes), (0, 0), "{what}");
    assert_eq!(planned.report.exit, 0, "{what}: {:?}", planned.said);
    planned
}

#[test]
fn a_plan_of_every_example_writes_nothing() {
    let folder = folder();
    let mut reached = BTreeSet::new();
    for op in beacon_service::services().ops() {
        let simulation = Simulation::new(1);
        let planned = plan(&simulation, &op.title(), || run(op, Mode::Plan, &folder, &simulation));
        reached.extend(planned.report.ops().map(|op| format!("{}::{}", op.service, op.op)));
        // On an account that has it all already.
        run(op, Mode::Apply, &folder, &simulation);
        plan(&simulation, &op.title(), || run(op, Mode::Plan, &folder, &simulation));
    }
    let writing = beacon_service::services()
        .ops()
        .filter(|op| matches!(op.effect, Effect::Ensure | Effect::Write | Effect::Delete));
    let missed: Vec<String> = writing.map(Op::path).filter(|path| !reached.contains(path)).collect();
    assert_eq!(missed, Vec::<String>::new());
}

#[test]
fn a_plan_of_every_recipe_writes_nothing_and_a_second_run_neither() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    for folder in ["recipes", "examples/jobmatch-ai/recipes"] {
        for path in files::walk(&root.join(folder)).unwrap() {
            names.push(format!("{folder}/{}", path.display()));
        }
    }
    assert!(names.len() >= 3, "{names:?}");
    for (name, environment) in
        names.iter().flat_map(|name| ["development", "staging", "production"].map(|env| (name, env)))
    {
        let recipe =
            Recipe { name: name.clone(), text: files::read_text(&root.join(name), 1 << 20).unwrap() };
        let what = format!("{name} {environment}");
        let simulation = Simulation::new(1);
        let planned = plan(&simulation, &what, || simulation.run(Mode::Plan, environment, &recipe));
        let applied = simulation.run(Mode::Apply, environment, &recipe);
        assert_eq!((applied.report.exit, applied.report.changed), (0, true), "{what}: {:?}", applied.said);
        assert_eq!(planned.report.summary, applied.report.summary, "{what}");
        let planned = plan(&simulation, &what, || simulation.run(Mode::Plan, environment, &recipe));
        assert!(!planned.report.differs(), "{what}");
        let again = simulation.run(Mode::Apply, environment, &recipe);
        assert_eq!((again.report.exit, again.report.changed, again.changes()), (0, false, 0), "{what}");
    }
}
