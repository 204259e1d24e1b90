//! The Worker's bindings against what a run uses, in every form of the config.

use super::project::{Project, ops};
use super::report_schema;
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

const RUN: [&str; 3] = ["run", "-e", "development"];

/// A config with one D1 binding, `fields` beside its `binding`; in each form with the place of the binding's name.
fn configs(fields: &[(&str, &str)]) -> [(&'static str, String, &'static str); 3] {
    let toml: Vec<String> = fields.iter().map(|(key, value)| format!(", {key} = \"{value}\"")).collect();
    let json: Vec<String> = fields.iter().map(|(key, value)| format!(", \"{key}\": \"{value}\"")).collect();
    let (toml, json) = (toml.concat(), json.concat());
    [
        (
            "wrangler.toml",
            format!("# the Worker\n[env.development]\nd1_databases = [{{ binding = \"DB\"{toml} }}]\n"),
            "workers/wrangler.toml:3:29",
        ),
        (
            "wrangler.json",
            format!(
                "{{\n  \"env\": {{ \"development\": {{\n    \"d1_databases\": [\n      {{ \"binding\": \"DB\"{json} }}\n    ]\n  }} }}\n}}\n"
            ),
            "workers/wrangler.json:4:20",
        ),
        (
            "wrangler.jsonc",
            format!(
                "{{\n  // the Worker\n  \"env\": {{ \"development\": {{\n    \"d1_databases\": [\n      {{ \"binding\": \"DB\"{json} }}, // one\n    ],\n  }} }},\n}}\n"
            ),
            "workers/wrangler.jsonc:5:20",
        ),
    ]
}

/// The example, served, with its Worker's config replaced.
fn bound_by(file: &str, text: &str) -> Project {
    let project = Project::example().served();
    let path = project.path().join("larder.toml");
    let config = larder::system::files::read_text(&path, 1 << 20).unwrap();
    project.write("larder.toml", &config.replace("workers/wrangler.toml", &format!("workers/{file}")));
    project.file(&format!("workers/{file}"), text)
}

fn make_database(project: &Project, name: &str) -> String {
    let made = project.api("POST", "/d1/database", &json!({ "name": name }));
    made["uuid"].as_str().unwrap().to_owned()
}

/// The served account's requests since `before` that changed something.
fn changes(project: &Project, before: usize) -> usize {
    project.account().history()[before..].iter().filter(|one| one.changed).count()
}

#[test]
fn a_name_at_odds_is_refused_at_its_place_in_every_form() {
    for (file, text, place) in configs(&[("database_name", "jobmatch-db")]) {
        let project = bound_by(file, &text);
        project.write("recipes/own.rhai", "kv::ensure(\"FIRST\");\nd1::ensure(name(\"d1\", \"db\"));\n");
        let report = project.report(&["run", "own", "-e", "development"]);
        report_schema::holds(&report);
        assert_eq!(
            (&report["exit"], &report["changed"], &report["steps"]),
            (&json!(1), &json!(false), &json!([]))
        );
        let message = "the Worker is bound to `jobmatch-db` by `DB`, the recipe would use the D1Database `jobmatch-ai-dev-db`";
        let hint = format!("make the two agree: the binding stands at {place}");
        let part: Vec<&str> = place.split(':').collect();
        let number = |index: usize| part[index].parse::<u64>().unwrap();
        let at = json!({"file": part[0], "line": number(1), "column": number(2)});
        let finding = json!({"at": at, "message": message, "hint": hint});
        assert_eq!(
            report["error"],
            json!({"kind": "binding", "message": message, "code": null, "ray": null, "hint": hint, "findings": [finding]})
        );
        assert_eq!(changes(&project, 0), 0, "{file}");
    }
}

#[test]
fn the_id_of_another_database_is_refused_before_the_first_write() {
    for (at, name) in ["wrangler.toml", "wrangler.json", "wrangler.jsonc"].into_iter().enumerate() {
        let project = bound_by(name, "");
        let (ours, other) = (make_database(&project, "jobmatch-db"), make_database(&project, "other"));
        let fields = [("database_name", "jobmatch-db"), ("database_id", other.as_str())];
        let (file, text, place) = configs(&fields)[at].clone();
        project.write(&format!("workers/{file}"), &text);
        let before = project.account().history().len();
        let report = project.report(&RUN);
        assert_eq!(report["exit"], 1, "{report:#}");
        let message =
            format!("the Worker's binding `DB` has the id `{other}`, but `jobmatch-db` has `{ours}`");
        assert_eq!(report["error"]["message"], message);
        assert_eq!(report["error"]["hint"], format!("make the two agree: the binding stands at {place}"));
        assert_eq!(changes(&project, before), 0, "{file}");
    }
}

#[test]
fn a_database_bound_by_its_id_alone_is_migrated() {
    let project = bound_by("wrangler.toml", "");
    let id = make_database(&project, "jobmatch-db");
    let [(_, text, _), ..] = configs(&[("database_id", &id)]);
    project.write("workers/wrangler.toml", &text);
    let report = project.report(&RUN);
    assert_eq!(report["exit"], 0, "{report:#}");
    let of_d1: Vec<_> = ops(&report).into_iter().filter(|(step, ..)| step == "d1").collect();
    let expected = [("d1::ensure", "none"), ("d1::migrate", "apply")]
        .map(|(call, action)| ["d1", call, "jobmatch-db", action, "done"].map(str::to_owned))
        .map(|[step, call, resource, action, status]| (step, call, resource, action, status));
    assert_eq!(of_d1, expected);
    assert_eq!(project.api("GET", "/d1/database", &Json::Null).as_array().unwrap().len(), 1);
    let [(_, text, _), ..] = configs(&[("database_id", "8f1fc6da-cb58-42b7-a8a9-47d225bc08e7")]);
    project.write("workers/wrangler.toml", &text);
    let output = project.run(&RUN).exit(1);
    output.stderr("error: the Worker's binding `DB` has the id `[ID]`, which is not in this account\n\
         hint: the binding stands at workers/wrangler.toml:3:29: run it with the account that has the id, or let `larder ids -e development --write` replace it by the id of what is there; where it was deleted, take the id out, and a run makes it anew\n\
         exit 1: nothing was changed\n");
}

#[test]
fn an_id_whose_name_is_not_there_is_refused() {
    let project = bound_by("wrangler.toml", "");
    let id = make_database(&project, "other");
    let [(_, text, _), ..] = configs(&[("database_name", "jobmatch-db"), ("database_id", &id)]);
    project.write("workers/wrangler.toml", &text);
    let before = project.account().history().len();
    let output = project.run(&RUN).exit(1);
    output.stderr(
        "error: the Worker's binding `DB` has the id `[ID]`, but there is no D1Database `jobmatch-db`\n\
         hint: make the two agree: the binding stands at workers/wrangler.toml:3:29\n\
         exit 1: nothing was changed\n",
    );
    assert_eq!(changes(&project, before), 0);
}

/// What is not a wait for the account: starting the process, a busy machine.
const CONSTANT: Duration = Duration::from_millis(700);

#[test]
fn ids_in_the_config_cost_no_round_trip_of_their_own() {
    let latency = Duration::from_millis(200);
    let project = Project::example().served_with(latency, None);
    project.run(&RUN).exit(0);
    project.run(&["ids", "-e", "development", "--write", "--yes"]).exit(0);
    let before = project.account().history().len();
    let begun = Instant::now();
    project.run(&RUN).exit(0).kept("ids in the config cost no round trip of their own");
    let taken = begun.elapsed();
    assert!(taken <= latency.mul_f64(1.5) + CONSTANT, "the run took {taken:?}");
    // What a recipe may use is listed once, in each jurisdiction that buckets have; the ledger is read once, and so are
    // the accounts: the look at its bindings was the run.
    let mut asked: Vec<String> = project.account().history()[before..]
        .iter()
        .map(|one| one.path.replace(|c: char| c.is_ascii_hexdigit(), ""))
        .collect();
    asked.sort();
    assert_eq!(asked.len(), 10, "{asked:#?}");
}
