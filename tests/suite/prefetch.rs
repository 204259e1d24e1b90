//! What is read before an op asks for it: the listings of the steps that are taken, and of a database whose id the config
//! has what `migrate` will ask.

use super::counted_migrations;
use super::invariants::{self, Goal};
use super::parallel_cases::each;
use super::project::Project;
use super::simulation::{Finished, Simulation, selected_of};
use larder::local::fault::{Fault, FaultTarget, NAMED};
use larder::op::Mode;
use larder::script::run::Recipe;
use larder::system::files;
use std::path::Path;

/// What a command sends, by method and path below the account, without doubles.
fn sent(project: &Project, arguments: &[&str]) -> Vec<String> {
    let before = project.account().history().len();
    project.run(arguments).exit(0);
    let history = project.account().history();
    let line = |method: &str, path: &str| {
        let below = path.split_once("/accounts/").map_or(path, |(_, rest)| rest);
        let below = below.split_once('/').map_or("", |(_, rest)| rest);
        let parts: Vec<&str> =
            below.split('/').map(|part| if part.len() == 36 { "ID" } else { part }).collect();
        format!("{method} {}", parts.join("/"))
    };
    let mut lines: Vec<String> = history[before..].iter().map(|one| line(&one.method, &one.path)).collect();
    lines.sort();
    lines.dedup();
    lines
}

const ACCOUNTS: &str = "GET client/v4/accounts";
const LEDGER: &str = "POST d1/database/ID/query";

/// A project with a namespace and a database with one migration, made and bound by id.
fn live() -> Project {
    let config = |id: &str| {
        format!(
            "name = \"x\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"x-db\"\nmigrations_dir = \"migrations\"\n{id}"
        )
    };
    let text = "app = \"x\"\nwrangler = \"wrangler.toml\"\n[environments.dev]\nwrangler_env = \"\"\n[kv]\nnamespaces = [\"N\"]\n\
                [d1.databases.db]\nbinding = \"DB\"\n";
    let project = Project::new(text)
        .file("wrangler.toml", &config(""))
        .file("migrations/1.sql", "CREATE TABLE t (a);")
        .served();
    project.run(&["run", "-e", "dev"]).exit(0);
    let id = counted_migrations::database(project.account());
    project.write("wrangler.toml", &config(&format!("database_id = \"{id}\"\n")));
    project
}

#[test]
fn only_what_the_steps_that_are_taken_need_is_listed() {
    let project = live();
    let all = sent(&project, &["run", "-e", "dev"]);
    assert_eq!(
        all,
        [
            "GET ai-gateway/gateways",
            ACCOUNTS,
            "GET d1/database",
            "GET r2/buckets",
            "GET storage/kv/namespaces",
            "GET vectorize/v2/indexes",
            LEDGER
        ]
    );
    let kv = [ACCOUNTS, "GET storage/kv/namespaces"];
    assert_eq!(sent(&project, &["run", "-e", "dev", "--only", "kv"]), kv);
    let d1 = [ACCOUNTS, "GET d1/database", LEDGER];
    assert_eq!(sent(&project, &["run", "-e", "dev", "--only", "d1"]), d1);
    let mut rest = all;
    rest.retain(|line| ["d1", "kv", "r2"].iter().all(|service| !line.contains(service)));
    // Nothing is named there: the run may end before all of them have left.
    let sent = sent(&project, &["run", "-e", "dev", "--skip", "d1", "--skip", "kv", "--skip", "r2"]);
    assert!(sent.iter().all(|line| rest.contains(line)), "{sent:?}");
}

#[test]
fn a_ledger_is_read_where_the_recipe_can_migrate() {
    let project = live();
    project
        .write("recipes/main.rhai", "d1::ensure(\"x-db\");\nfn later(db) { db.migrate(\"migrations\") }\n");
    assert_eq!(sent(&project, &["run", "main", "-e", "dev"]), [ACCOUNTS, "GET d1/database"]);
    project.write(
        "recipes/main.rhai",
        "let db = d1::ensure(\"x-db\");\nif false { db.migrate(\"migrations\") }\n",
    );
    assert_eq!(sent(&project, &["run", "main", "-e", "dev"]), [ACCOUNTS, "GET d1/database", LEDGER]);
}

/// Five of six migrations are applied to a database that the config binds by its id.
struct Bench {
    goal: Goal,
    before: u64,
}

impl Bench {
    fn new() -> Self {
        let folder = counted_migrations::folder();
        let simulation = Bench::simulation(folder.path());
        let before = simulation.account.history().len() as u64;
        let finished = Bench::run(&simulation, folder.path());
        Bench { goal: Goal::of(&simulation, &finished), before }
    }

    fn simulation(folder: &Path) -> Simulation {
        let simulation = counted_migrations::simulation(1, folder);
        let five = format!(
            "d1::ensure(\"db\").migrate(\"migrations\", #{{ to: \"{}\" }});",
            counted_migrations::names()[4]
        );
        assert_eq!(simulation.script(folder, Mode::Apply, &five).report.exit, 0);
        simulation
    }

    fn run(simulation: &Simulation, folder: &Path) -> Finished {
        Bench::run_on(simulation, simulation.terms(Mode::Apply), folder)
    }

    fn run_on(simulation: &Simulation, terms: super::simulation::Terms, folder: &Path) -> Finished {
        let id = counted_migrations::database(&simulation.account);
        let config = format!(
            "name = \"x\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"db\"\nmigrations_dir = \"migrations\"\ndatabase_id = \"{id}\"\n"
        );
        files::write_whole(&folder.join("wrangler.toml"), config.as_bytes()).unwrap();
        let text = "app = \"x\"\nwrangler = \"wrangler.toml\"\n[environments.dev]\nwrangler_env = \"\"\n";
        let recipe = Recipe { name: "recipes/main.rhai".into(), text: counted_migrations::RECIPE.into() };
        simulation.run_in(folder, Some(&selected_of(folder, text, "dev")), terms, &recipe)
    }
}

#[test]
fn every_single_fault_beside_what_is_read_ahead() {
    let bench = Bench::new();
    let cells: Vec<(&str, Fault)> = NAMED
        .iter()
        .flat_map(|(name, kind, effect)| {
            (1..=bench.goal.requests as u64).map(|number| {
                let strike = FaultTarget::Request(bench.before + number);
                (*name, Fault { kind: *kind, effect: *effect, strike })
            })
        })
        .collect();
    let wrong = each(&cells, |(name, fault)| {
        // Each has a folder of its own: the config is written anew for each run.
        let folder = counted_migrations::folder();
        let simulation = Bench::simulation(folder.path());
        simulation.account.inject(*fault);
        let finished = Bench::run(&simulation, folder.path());
        let mut wrong = invariants::run(&finished, &bench.goal, &simulation.account);
        wrong.extend(counted_migrations::effects(&simulation.account));
        simulation.account.heal();
        wrong.extend(invariants::again(&simulation, &bench.goal, |terms| {
            Bench::run_on(&simulation, terms, folder.path())
        }));
        wrong.extend(counted_migrations::effects(&simulation.account));
        if wrong.is_empty() { Ok(()) } else { Err(format!("{name} {fault:?}: {}", wrong.join("\n  "))) }
    });
    assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}

/// What is not there, or is broken, costs one more question, and nobody else hears of it.
#[test]
fn a_database_of_which_nothing_was_read_ahead_is_asked_in_its_turn() {
    let bench = Bench::new();
    let asks = |finished: &Finished| {
        let is_query = |one: &&larder::local::RecordedExchange| one.path.ends_with("/query") && !one.changed;
        finished.history.iter().filter(is_query).count()
    };
    let mut counts = Vec::new();
    // The accounts, the databases, and the ledger, in any order; undisturbed, a file that adds rows takes three questions.
    for number in 1..=3 {
        let folder = counted_migrations::folder();
        let simulation = Bench::simulation(folder.path());
        let (_, kind, effect) = NAMED.iter().find(|(name, ..)| *name == "500").unwrap();
        let strike = FaultTarget::Request(bench.before + number);
        simulation.account.inject(Fault { kind: *kind, effect: *effect, strike });
        let finished = Bench::run(&simulation, folder.path());
        assert_eq!((finished.report.exit, &finished.said), (0, &Vec::new()));
        counts.push((asks(&finished), finished.report.requests.retries));
    }
    counts.sort_unstable();
    assert_eq!(counts, [(3, 1), (3, 1), (4, 0)]);
}
