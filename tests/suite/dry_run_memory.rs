//! A dry run answers from memory: what a run would create is empty but for what it has put there, and what can't be said
//! exactly is not known.

use super::project::{Output, PLAIN, Project, ops};
use serde_json::{Value, json};

const PLAN: [&str; 4] = ["plan", "main", "-e", "dev"];
const RUN: [&str; 4] = ["run", "main", "-e", "dev"];

fn project(recipe: &str) -> Project {
    Project::new(PLAIN).recipe(recipe).served()
}

/// Plans it to its end; gives the report.
fn planned(project: &Project) -> Value {
    let report = project.report(&PLAN);
    assert_eq!((&report["complete"], &report["exit"]), (&json!(true), &json!(0)), "{report:#}");
    report
}

/// What the plan gives out is what the run gives out, and a plan file that is applied gives it, too.
fn comes_true(recipe: &str, files: &[(&str, &str)]) -> Value {
    let make = || {
        let project = Project::new(PLAIN).recipe(recipe);
        files.iter().fold(project, |project, (path, text)| project.file(path, text)).served()
    };
    let project = make();
    let foretold = planned(&project)["outputs"].clone();
    project.run(&[&PLAN[..], &["--out", "plan.json"]].concat()).exit(0);
    project.run(&["apply", "plan.json"]).exit(0);
    let other = make();
    let report = other.report(&RUN);
    assert_eq!((&report["exit"], &report["outputs"]), (&json!(0), &foretold), "{recipe}\n{report:#}");
    foretold
}

/// The plan ends there, with these words, and the run does not.
fn not_known(project: &Project, said: &str) -> Output {
    let report = project.report(&PLAN);
    assert_eq!((&report["complete"], &report["exit"]), (&json!(false), &json!(0)), "{report:#}");
    project.run(&PLAN).exit(0).stderr_has(said);
    project.run(&RUN).exit(0)
}

/// Requests of one command, by method and what follows the account's path.
fn asked(project: &Project, arguments: &[&str]) -> Vec<String> {
    let before = project.account().history().len();
    project.run(arguments).exit(0);
    let history = project.account().history();
    history[before..].iter().map(|one| format!("{} {}", one.method, one.path)).collect()
}

#[test]
fn a_new_namespace_holds_what_the_recipe_has_put_there() {
    let outputs = comes_true(
        "let ns = kv::ensure(\"A\");\noutput(\"before\", [ns.get(\"k\"), ns.keys()]);\nif ns.get(\"k\") != \"v\" { ns.put(\"k\", \"v\"); }\nns.put(\"é/2\", \"x\", #{ metadata: #{ a: [1, true, \"b\"] } });\nns.put(\"é/1\", ns.get(\"k\") + ns.id);\nns.put(\"k\", \"w\");\noutput(\"after\", [ns.get(\"k\"), ns.get(\"none\"), ns.get(\"é/1\").len()]);\noutput(\"keys\", ns.keys());\noutput(\"some\", ns.keys(#{ prefix: \"é/\" }).map(|key| key.name));\n",
        &[],
    );
    assert_eq!(
        outputs,
        json!({
            "before": [null, []],
            "after": ["w", null, 33],
            "keys": [{"name": "k"}, {"name": "é/1"}, {"name": "é/2", "metadata": {"a": [1, true, "b"]}}],
            "some": ["é/1", "é/2"],
        })
    );
}

#[test]
fn putting_what_differs_plans_completely_in_a_new_environment_and_again() {
    let project =
        project("let ns = kv::ensure(\"A\");\nif ns.get(\"k\") != \"v\" { ns.put(\"k\", \"v\"); }\n");
    assert_eq!(ops(&planned(&project)).len(), 2);
    project.run(&RUN).exit(0);
    let report = planned(&project);
    assert_eq!(report["changed"], json!(false), "{report:#}");
}

#[test]
fn a_put_touches_its_own_key_alone() {
    let project = project(
        "let ns = kv::ensure(\"A\");\nns.put(\"a\", \"1\", #{ ttl: 3600 });\nns.put(\"b\", \"2\", #{ metadata: 7 });\nns.put(\"c\", \"3\");\n",
    );
    project.run(&RUN).exit(0);
    project.write(
        "recipes/main.rhai",
        "let ns = kv::ensure(\"A\");\nns.put(\"a\", \"new\");\nns.put(\"bb\", \"4\");\noutput(\"all\", [ns.get(\"a\"), ns.get(\"b\"), ns.get(\"bb\"), ns.get(\"none\"), ns.keys()]);\n",
    );
    let foretold = planned(&project)["outputs"].clone();
    let keys = json!([{"name": "a"}, {"name": "b", "metadata": 7}, {"name": "bb"}, {"name": "c"}]);
    assert_eq!(foretold["all"], json!(["new", "2", "4", null, keys]));
    assert_eq!(project.report(&RUN)["outputs"], foretold);
}

#[test]
fn what_can_not_be_said_of_a_namespace_is_not_known() {
    for (recipe, said) in [
        (
            "let ns = kv::ensure(\"A\");\nns.put(\"k\", \"v\", #{ ttl: 60 });\nns.get(\"k\");\nns.keys();\n",
            "note: when the key `k` of `kv/A` expires is only known after apply",
        ),
        (
            "let ns = kv::ensure(\"A\");\nns.put(\"k\", \"v\", #{ metadata: [1.5] });\nns.keys();\n",
            "note: the metadata of the key `k` of `kv/A` is only known after apply",
        ),
        (
            "let ns = kv::ensure(\"A\");\ncf::put(\"/storage/kv/namespaces/\" + ns.id, #{ title: \"A\" });\nns.get(\"k\");\n",
            "note: the data of `kv/A` is only known after apply",
        ),
        ("let ns = kv::ensure(\"A\");\nkv::get(ns.id, \"k\");\n", "is only known after apply"),
    ] {
        not_known(&project(recipe), said);
    }
    let put = "let ns = kv::ensure(\"A\");\nns.put(\"k\", \"v\", #{ ttl: 60 });\nns.keys();\n";
    let plan = project(put).run(&PLAN).exit(0);
    plan.stderr(
        "\
note: when the key `k` of `kv/A` expires is only known after apply
 --> recipes/main.rhai:3:4
  |
3 | ns.keys();
  |    ^^^^
  |
  = note: `kv::put` at recipes/main.rhai:2:4 comes before it
",
    );
}

#[test]
fn a_namespace_that_is_removed_and_made_anew_is_empty() {
    let project = project("let ns = kv::ensure(\"A\");\nns.put(\"k\", \"v\");\n");
    project.run(&RUN).exit(0);
    let anew = "let old = kv::ensure(\"A\");\nold.put(\"x\", \"y\");\nkv::delete(\"A\");\nlet ns = kv::ensure(\"A\");\nns.put(\"z\", \"1\");\noutput(\"all\", [ns.get(\"k\"), ns.get(\"x\"), ns.keys()]);\n";
    project.write("recipes/main.rhai", anew);
    let foretold = planned(&project)["outputs"].clone();
    assert_eq!(foretold["all"], json!([null, null, [{"name": "z"}]]));
    assert_eq!(project.report(&RUN)["outputs"], foretold);
    project.write(
        "recipes/main.rhai",
        "let old = kv::ensure(\"A\");\nkv::delete(\"A\");\ntry { old.get(\"z\"); } catch { log(\"gone\"); }\n",
    );
    not_known(&project, "note: the data of `kv/A` is only known after apply");
}

#[test]
fn a_secret_that_is_put_is_no_answer() {
    let recipe = "let s = secret::env(\"CANARY\");\nlet ns = kv::ensure(\"A\");\nif ns.get(\"k\") == () { ns.put(\"k\", \"Bearer \" + s); }\nlog(ns.keys());\nlog(ns.get(\"k\"));\n";
    let config = format!("process_env = [\"CANARY\"]\n{PLAIN}");
    let project = Project::new(&config).recipe(recipe).env("CANARY", "hunter2-canary").served();
    let output =
        not_known(&project, "note: the key `k` of `kv/A`, which is a secret, is only known after apply");
    assert!(!format!("{}{}", output.stdout, output.stderr).contains("hunter2"), "{}", output.stderr);
    let report = project.report(&PLAN);
    assert!(!report.to_string().contains("hunter2"), "{report:#}");
}

#[test]
fn memory_is_asked_and_not_the_account() {
    let project = project(
        "let ns = kv::ensure(\"A\");\nns.put(\"k\", ns.get(\"k\") ?? \"v\");\nns.keys();\nns.get(\"k\");\n",
    );
    let asked = asked(&project, &PLAN);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("/storage/kv/namespaces"), "{asked:?}");
}
