//! The number of requests of a run, and of its waves: a wave takes as long as one answer.
//!
//! The numbers are exact, so that none is lost unseen; a change that saves some lowers them here.

#![cfg(target_os = "linux")]

use super::simulation::{Simulation, Waves, selected_of};
use larder::op::Mode;
use larder::run::Selected;
use larder::script::run::Recipe;
use larder::system::{Environment, files};
use std::fmt::Write as _;
use std::process::Command;

/// The case that a process of its own is for.
const ALONE: &str = "LARDER_TEST_ALONE";

/// A project with the example's resources, and what is written of its database.
struct Site {
    folder: tempfile::TempDir,
    simulation: Simulation,
    steps: &'static str,
    /// The binding's id.
    id: Option<String>,
    namespaces: usize,
}

const IN_SEQUENCE: &str = "steps = [\"kv\", \"r2\", \"vectorize\", \"ai_gateway\", \"d1\"]";

/// As where none are named.
const TOGETHER: &str = "steps = [[\"kv\", \"r2\", \"vectorize\", \"ai_gateway\", \"d1\"]]";

impl Site {
    /// Nothing is there yet.
    fn new(steps: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Site { folder, simulation: Simulation::new(1), steps, id: None, namespaces: 6 };
        for number in 1..=6 {
            site.migration(number, &format!("CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name TEXT);\n"));
        }
        site
    }

    /// All is there, and up to date.
    fn live() -> Self {
        let mut site = Site::new(IN_SEQUENCE);
        assert_eq!(site.run().finished.report.exit, 0);
        let database =
            site.simulation.account.resources().unwrap().into_iter().find(|(kind, _)| *kind == "d1");
        site.id = database.map(|(_, found)| found.id);
        site
    }

    fn migration(&self, number: u32, sql: &str) {
        let folder = self.folder.path().join("migrations");
        files::make_folder(&folder).unwrap();
        files::write_whole(&folder.join(format!("{number:04}_t.sql")), sql.as_bytes()).unwrap();
    }

    fn selected(&self) -> Selected {
        let id = self.id.as_ref().map(|id| format!(", database_id = \"{id}\"")).unwrap_or_default();
        let config = format!(
            "name = \"shop\"\nd1_databases = [{{ binding = \"DB\", database_name = \"shop-dev-db\", migrations_dir = \"migrations\"{id} }}]\n"
        );
        files::write_whole(&self.folder.path().join("wrangler.toml"), config.as_bytes()).unwrap();
        let names: Vec<String> = (1..=self.namespaces).map(|number| format!("N{number}")).collect();
        let text = format!(
            "app = \"shop\"\nwrangler = \"wrangler.toml\"\n{}\n\
             [kv]\nnamespaces = {names:?}\n\
             [r2]\nbuckets = [\"a\", \"b\", \"c\"]\n\
             [vectorize.indexes.main]\ndimensions = 768\nmetric = \"cosine\"\n\
             [ai_gateway.gateways.main]\ncache_ttl = 3600\n\
             [d1.databases.db]\nbinding = \"DB\"\nmigrations = \"migrations\"\n\
             [environments.dev]\nwrangler_env = \"\"\n",
            self.steps
        );
        selected_of(self.folder.path(), &text, "dev")
    }

    fn run(&self) -> Waves {
        let text = include_str!("../../recipes/provision.rhai").to_owned();
        let recipe = Recipe { name: "bundled/provision.rhai".into(), text };
        let waves = self.simulation.waves(
            self.folder.path(),
            &self.selected(),
            self.simulation.terms(Mode::Apply),
            &recipe,
        );
        assert_eq!((waves.finished.report.exit, &waves.finished.said), (0, &Vec::new()));
        waves
    }
}

/// The waves as text, for a failure's message.
fn shown(waves: &Waves) -> String {
    let mut text = String::new();
    for (number, wave) in waves.waves.iter().enumerate() {
        let _ = write!(text, "\n{}: {}", number + 1, wave.join(", "));
    }
    text
}

#[track_caller]
fn counts(waves: &Waves, requests: usize, number: usize) {
    assert_eq!(waves.counted(), (requests, number), "{}", shown(waves));
}

/// Runs a case in a process of its own, in which no other test's threads run.
fn alone(name: &str, case: fn()) {
    if Environment::of_process().get(ALONE) == Some(name) {
        return case();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("suite::request_waves::{name}"), "--nocapture"]).env(ALONE, name);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_no_op_whose_database_is_known() {
    alone("a_no_op_whose_database_is_known", || {
        let site = Site::live();
        counts(&site.run(), 10, 1);
    });
}

#[test]
fn a_no_op_whose_database_is_not_known() {
    alone("a_no_op_whose_database_is_not_known", || {
        let mut site = Site::live();
        site.id = None;
        counts(&site.run(), 10, 2);
    });
}

#[test]
fn one_new_migration_on_a_live_database() {
    alone("one_new_migration_on_a_live_database", || {
        let site = Site::live();
        site.migration(7, "ALTER TABLE t1 ADD COLUMN email TEXT;\n");
        counts(&site.run(), 13, 4);
    });
}

#[test]
fn a_first_run_with_steps_in_sequence() {
    alone("a_first_run_with_steps_in_sequence", || {
        counts(&Site::new(IN_SEQUENCE).run(), 24, 9);
    });
}

#[test]
fn a_first_run_whose_steps_go_together() {
    alone("a_first_run_whose_steps_go_together", || {
        counts(&Site::new(TOGETHER).run(), 24, 5);
    });
}

#[test]
fn two_hundred_migrations() {
    alone("two_hundred_migrations", || {
        let site = Site::new(IN_SEQUENCE);
        for number in 1..=200 {
            site.migration(number, &format!("CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name TEXT);\n"));
        }
        counts(&site.run(), 25, 10);
    });
}

#[test]
fn a_thousand_resources() {
    alone("a_thousand_resources", || {
        let site = Site { namespaces: 991, ..Site::new(IN_SEQUENCE) };
        counts(&site.run(), 1009, 39);
    });
}
