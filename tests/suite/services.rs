//! That services are one list: a service that only tests have is ensured, planned, destroyed, bound and documented like any
//! other, and everything that is written by hand about services has all of them.

use super::beacon_service;
use super::outputs::kept;
use super::project::Project;
use super::simulation::{Finished, Simulation, place, selected_of};
use larder::events::{Action, Recorder};
use larder::http::Level;
use larder::op::Mode;
use larder::run::dry_run::{DryRun, DryRunPurpose};
use larder::run::init::init;
use larder::run::interrupt::Interrupt;
use larder::run::permissions;
use larder::run::{Selected, ids};
use larder::script::run::Recipe;
use larder::services::{Service, Services};
use larder::system::files;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const CONFIG: &str = r#"
app = "shop"
wrangler = "wrangler.toml"
[beacon.beacons.north]
color = "red"
[naming]
template = "{app}-{env}-{name}"
[environments.development]
alias = "dev"
wrangler_env = ""
"#;

const WORKER: &str = "name = \"shop\"\n[[signals.beacons]]\nbinding = \"north\"\n";

const RECIPE: &str = r#"
step("beacons", || {
    for logical in config::beacon.beacons.keys() {
        beacon::ensure(bound("beacon", logical) ?? name("beacon", logical), config::beacon.beacons[logical]);
    }
});
"#;

fn recipe() -> Recipe {
    Recipe { name: "recipes/beacons.rhai".into(), text: RECIPE.into() }
}

/// A project with one beacon, and what is made of it.
fn shop(worker: &str) -> (TempDir, Selected) {
    let folder = tempfile::tempdir().unwrap();
    files::write_whole(&folder.path().join("wrangler.toml"), worker.as_bytes()).unwrap();
    let selected = selected_of(folder.path(), CONFIG, "development");
    (folder, selected)
}

fn beacons(simulation: &Simulation) -> Vec<String> {
    let all = simulation.account.resources().unwrap().into_iter();
    all.filter(|(service, _)| *service == "beacon").map(|(_, beacon)| beacon.name).collect()
}

fn actions(finished: &Finished) -> Vec<(String, Action)> {
    finished.report.ops().map(|op| (op.resource.clone(), op.action)).collect()
}

#[test]
fn one_more_service_is_planned_ensured_and_destroyed() {
    let (folder, selected) = shop(WORKER);
    let simulation = Simulation::new(1);
    let run = |mode| simulation.run_in(folder.path(), Some(&selected), simulation.terms(mode), &recipe());
    let planned = run(Mode::Plan);
    assert_eq!((planned.report.exit, planned.changes()), (0, 0), "{:?}", planned.said);
    assert_eq!(actions(&planned), [("shop-dev-north".to_owned(), Action::Create)]);
    let made = run(Mode::Apply);
    assert_eq!((made.report.exit, actions(&made)), (0, actions(&planned)), "{:?}", made.said);
    assert_eq!(beacons(&simulation), ["shop-dev-north"]);
    assert_eq!(run(Mode::Apply).changes(), 0);
    let gone = simulation.destroy_in(folder.path(), &selected, simulation.terms(Mode::Apply), &recipe(), &[]);
    assert_eq!(gone.report.exit, 0, "{:?}", gone.said);
    assert_eq!(actions(&gone), [("shop-dev-north".to_owned(), Action::Delete)]);
    assert_eq!(beacons(&simulation), [""; 0]);
}

#[test]
fn an_op_of_one_more_service_is_planned_run_and_needs_its_permission() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = Simulation::new(1);
    let text = r#"beacon::ensure("a").flash(3); beacon::flash(beacon::ensure("a"), 4);"#;
    let planned = simulation.script(folder.path(), Mode::Plan, text);
    assert_eq!((planned.report.exit, planned.changes()), (0, 0), "{:?}", planned.said);
    let writes = |finished: &Finished| {
        let flashes = finished.report.ops().filter(|op| op.op == "flash");
        flashes.map(|op| (op.resource.clone(), op.action)).collect::<Vec<_>>()
    };
    let twice = [("a".to_owned(), Action::Write), ("a".to_owned(), Action::Write)];
    assert_eq!(writes(&planned), twice);
    let ran = simulation.script(folder.path(), Mode::Apply, text);
    assert_eq!((ran.report.exit, writes(&ran)), (0, twice.to_vec()), "{:?}", ran.said);
    let contents = simulation.account.contents().unwrap();
    assert_eq!(contents[0].2["flashes"], 7);
}

#[test]
fn the_shop_of_the_sweeps_of_destroy_has_something_of_every_service() {
    let simulation = Simulation::new(1);
    simulation.supply(simulation.terms(Mode::Apply));
    let made = simulation.account.resources().unwrap();
    let made: BTreeSet<&str> = made.iter().map(|(service, _)| *service).collect();
    assert_eq!(made, Services::default().names().into_iter().collect());
}

#[test]
fn one_more_service_is_listed_ahead_of_its_first_op() {
    let (folder, selected) = shop(WORKER);
    let simulation = Simulation::new(1);
    let slow = Recipe { text: format!("kv::list();\nif false {{ beacon::list(); }}\n{RECIPE}"), ..recipe() };
    let planned = simulation.run_in(folder.path(), Some(&selected), simulation.terms(Mode::Plan), &slow);
    let listed = planned.history.iter().filter(|one| one.path.ends_with("/signals/beacons"));
    assert_eq!(listed.count(), 1, "{:?}", planned.said);
}

/// The names and ids that the bindings of a config need; the config may bind by what is there.
fn lines(simulation: &Simulation, folder: &Path, selected: &Selected) -> Vec<String> {
    let mut found = Vec::new();
    simulation.looking(folder, selected, |session, info| {
        let run = DryRun {
            session,
            recipe: &recipe(),
            info,
            events: Arc::new(Recorder::default()),
            choice: Arc::default(),
            held: None,
            asked: DryRunPurpose::Names,
        };
        let all = ids::find(&run, selected).map_err(|_| "no ids").unwrap();
        for line in &all.lines {
            let id = line.id.as_deref().map_or("none", |_| "some");
            found.push(format!("{} {} {} {id} {}", line.kind, line.binding, line.name, line.kind.table()));
        }
    });
    found
}

#[test]
fn one_more_service_is_bound_and_has_ids() {
    let (folder, selected) = shop(WORKER);
    let simulation = Simulation::new(1);
    assert_eq!(
        lines(&simulation, folder.path(), &selected),
        ["beacon north shop-dev-north none signals.beacons"]
    );
    simulation.run_in(folder.path(), Some(&selected), simulation.terms(Mode::Apply), &recipe());
    assert_eq!(
        lines(&simulation, folder.path(), &selected),
        ["beacon north shop-dev-north some signals.beacons"]
    );
    // The config's name wins over the naming policy, and an id leads to the name.
    let (folder, selected) = shop(&format!("{WORKER}beacon_name = \"pharos\"\n"));
    assert_eq!(lines(&simulation, folder.path(), &selected), ["beacon north pharos none signals.beacons"]);
    let id = simulation.account.resources().unwrap()[0].1.id.clone();
    let (folder, selected) = shop(&format!("{WORKER}beacon_id = \"{id}\"\n"));
    assert_eq!(
        lines(&simulation, folder.path(), &selected),
        ["beacon north shop-dev-north some signals.beacons"]
    );
}

#[test]
fn a_recipe_reads_what_binds_one_more_service() {
    let (folder, selected) = shop(WORKER);
    let simulation = Simulation::new(1);
    let text = r"let it = wrangler::config().bindings[0]; [it.kind, it.binding, it.options.color]";
    let read = Recipe { text: text.into(), ..recipe() };
    let finished = simulation.run_in(folder.path(), Some(&selected), simulation.terms(Mode::Apply), &read);
    assert_eq!(finished.value.as_deref(), Some(r#"["beacon", "north", "red"]"#), "{:?}", finished.said);
}

#[test]
fn one_more_service_is_in_the_first_file_of_a_project() {
    let folder = tempfile::tempdir().unwrap();
    init(&place(folder.path()), Some("shop")).unwrap();
    let text = files::read_text(&folder.path().join("larder.toml"), 1 << 16).unwrap();
    kept("one more service is in the first file of a project", &text);
    // What stands there in comments is right for every service.
    let selected = selected_of(folder.path(), &text.replace("\n# ", "\n"), "development");
    assert_eq!(selected.config.services["beacon"]["beacons"]["main"]["color"], "red");
    assert_eq!(selected.config.services["vectorize"]["indexes"]["main"]["metric"], "cosine");
}

#[test]
fn one_more_service_has_permissions_and_docs() {
    let (folder, selected) = shop(WORKER);
    let here = place(folder.path());
    let trial = permissions::find(&here, Some(&selected), folder.path(), &recipe(), Interrupt::default());
    let needs = trial.map_err(|_| "no trial").unwrap().needs;
    let names: Vec<&str> = needs.needed.iter().map(|(group, _)| group.name).collect();
    assert_eq!(names, ["Beacon Write"]);
    let services = beacon_service::services();
    let reference = larder::run::reference::reference(services);
    assert!(reference.markdown().contains("\n## Beacon (`beacon`)\n\n### `beacon::ensure("));
    assert!(reference.page("beacon::ensure").unwrap().contains("Its color."));
}

/// What is wrong with the permission groups of a service.
fn wrong_groups(service: &Service) -> Vec<String> {
    let mut wrong = Vec::new();
    let local = service.local.permissions();
    for group in service.permissions {
        let is_known = local.iter().any(|known| (known.id, known.name) == (group.id, group.name));
        let is_id = group.id.len() == 32 && group.id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let fits = group.name.ends_with(if group.level == Level::Read { " Read" } else { " Write" });
        if !is_known || !is_id || !fits {
            wrong.push(format!("{}: {is_known} {is_id} {fits}", group.name));
        }
    }
    let asked = service.ops.iter().flat_map(|op| op.endpoints).chain(service.removal.op.endpoints);
    let named = |name: &str| service.permissions.iter().any(|group| group.name == name);
    wrong.extend(
        asked.filter(|one| !named(one.permission)).map(|one| format!("{} is no group", one.permission)),
    );
    wrong
}

#[test]
fn the_groups_of_a_service_are_those_that_its_endpoints_ask_for() {
    let services = beacon_service::services();
    let wrong: Vec<String> = services.iter().flat_map(wrong_groups).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let ids: BTreeSet<&str> = services.permissions().map(|group| group.id).collect();
    assert_eq!(ids.len(), services.permissions().count());
}

#[test]
fn the_bundled_recipe_has_a_step_for_every_service() {
    let project = Project::new("app = \"a\"\n[environments.dev]\n");
    let report = project.report(&["plan", "-e", "dev", "--local"]);
    let steps: Vec<&str> =
        report["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(steps, Services::default().names());
}

#[test]
fn the_recipe_wrangler_makes_what_every_service_binds() {
    let kinds = Services::default().binding_kinds();
    let (mut config, mut worker) = ("recipe = \"wrangler\"\n".to_owned(), "name = \"w\"\n".to_owned());
    let mut expected = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.is_provisioned()) {
        let binding = kind.as_str().to_uppercase();
        let _ = writeln!(worker, "[[{}]]\nbinding = \"{binding}\"", kind.table());
        if let (Some(needs), Some(key)) = (kind.needs(), kind.described_in()) {
            let _ = write!(config, "[{kind}.{key}.{binding}]\n{needs}");
        }
        expected.push(format!("{kind} w-{kind}"));
    }
    let project = Project::new(&config).file("wrangler.toml", &worker);
    let report = project.report(&["run", "-e", "top-level", "--local"]);
    let ops = report["steps"][0]["ops"].as_array().unwrap();
    let made: Vec<String> = ops
        .iter()
        .filter(|op| op["action"] == "create")
        .map(|op| format!("{} {}", op["service"].as_str().unwrap(), op["resource"].as_str().unwrap()))
        .collect();
    assert_eq!(made, expected, "{report:#}");
}
