//! The rules of handles (docs/architecture.md#the-order-of-ops), each as a small recipe with its history and report.

use super::outputs::kept;
use super::project::{PLAIN, Project, ops};
use serde_json::{Value as Json, json};
use std::time::Duration;

const RUN: [&str; 4] = ["run", "main", "-e", "dev"];

fn served(recipe: &str) -> Project {
    Project::new(PLAIN).recipe(recipe).served()
}

fn slow(recipe: &str) -> Project {
    Project::new(PLAIN).recipe(recipe).served_with(Duration::from_millis(60), None)
}

/// Method and last path segment of what was asked, in order of arrival; listings left out.
fn asked(project: &Project) -> Vec<String> {
    let listing =
        |path: &str| path.ends_with("namespaces") || path.ends_with("buckets") || path.ends_with("database");
    let history = project.account().history();
    let told = history.iter().filter(|one| !(one.method == "GET" && listing(&one.path)));
    told.map(|one| format!("{} {}", one.method, one.path.rsplit('/').next().unwrap())).collect()
}

fn statuses(report: &Json) -> Vec<String> {
    ops(report)
        .into_iter()
        .map(|(_, call, resource, action, status)| format!("{call} {resource} {action} {status}"))
        .collect()
}

#[test]
fn ops_on_one_key_keep_their_order_and_others_run_together() {
    let project = slow(
        "let a = kv::ensure(\"A\");\nlet b = kv::ensure(\"B\");\na.put(\"k\", \"1\");\na.put(\"k\", \"2\");\nb.put(\"k\", \"3\");\n",
    );
    project.run(&RUN).exit(0);
    let history = project.account().history();
    let puts: Vec<_> = history.iter().filter(|one| one.method == "PUT").collect();
    let of = |body: &str| *puts.iter().find(|one| one.body == body).unwrap();
    assert!(of("1").answered.unwrap() <= of("2").received, "the same key: one after the other");
    assert!(of("3").received < of("1").answered.unwrap(), "another key: meanwhile");
    let creates: Vec<_> = history.iter().filter(|one| one.method == "POST").collect();
    assert!(creates[1].received < creates[0].answered.unwrap());
}

#[test]
fn an_op_on_a_raw_id_runs_alone() {
    let project = slow(
        "let a = kv::ensure(\"A\");\nlet id = a.id;\na.put(\"k\", \"1\");\nkv::put(id, \"k\", \"2\");\nkv::ensure(\"B\");\n",
    );
    project.run(&RUN).exit(0);
    let history = project.account().history();
    let at = |method: &str, body: &str| {
        history.iter().find(|one| one.method == method && one.body.contains(body)).unwrap()
    };
    assert!(at("PUT", "1").answered.unwrap() <= at("PUT", "2").received, "after all before it");
    assert!(at("PUT", "2").answered.unwrap() <= at("POST", "\"B\"").received, "before all after it");
}

#[test]
fn the_same_ensure_twice_is_one_op_and_other_options_are_an_error() {
    let project = served(
        "let a = r2::ensure(\"abc\");\nlet b = r2::ensure(\"abc\", #{});\nif a != b { fail(\"two\"); }\n",
    );
    let report = project.report(&RUN);
    assert_eq!(statuses(&report), ["r2::ensure abc create done"]);
    assert_eq!(report["steps"][0]["ops"][0]["at"]["line"], 1);
    // After another op on it, it is looked at again.
    project.write("recipes/main.rhai", "kv::ensure(\"A\").put(\"k\", \"v\");\nkv::ensure(\"A\");\n");
    let again = project.report(&RUN);
    assert_eq!(
        statuses(&again),
        ["kv::ensure A create done", "kv::put A write done", "kv::ensure A none done"]
    );
    project.write(
        "recipes/main.rhai",
        "r2::ensure(\"abc\");\n\nr2::ensure(\"abc\", #{ storage_class: \"Standard\" });\n",
    );
    project.run(&RUN).exit(2).kept("the same ensure twice is one op and other options are an error");
}

#[test]
fn find_gives_a_finished_handle_or_unit_and_list_a_list() {
    let project = served(
        "kv::ensure(\"A\");\nif kv::find(\"B\") != () { fail(\"B\"); }\nlet a = kv::find(\"A\");\nlet all = kv::list();\n\
         output(\"name\", a.name);\noutput(\"same\", all[0].id == a.id && a.id.len == 32);\noutput(\"count\", all.len);\n",
    );
    let report = project.report(&RUN);
    assert_eq!(report["outputs"], json!({"name": "A", "same": true, "count": 1}), "{report:#}");
}

#[test]
fn a_property_and_wait_throw_here_and_printing_does_not_wait() {
    let project = served(
        "let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\nlog(`printed ${bad}`);\n\
         try { wait(bad); } catch (e) { log(`waited: ${e.kind}`); }\n\
         let other = r2::ensure(\"taken\", #{ jurisdiction: \"us\" });\n\
         try { log(other.name); } catch (e) { log(`read: ${e.kind} ${e.resource}`); }\n",
    );
    project.api("POST", "/r2/buckets", &json!({"name": "taken"}));
    let output = project.run(&RUN).exit(0);
    let said: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(said, ["printed R2Bucket(taken)", "waited: conflict", "read: conflict taken"]);
}

#[test]
fn a_caught_failure_leaves_the_chain_and_stays_in_the_report() {
    let project = served(
        "let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\ntry { wait(bad); } catch { }\n\
         r2::delete(\"taken\", #{ jurisdiction: \"eu\" });\nkv::ensure(\"A\");\n",
    );
    project.api("POST", "/r2/buckets", &json!({"name": "taken"}));
    let report = project.report(&RUN);
    assert_eq!(report["exit"], 0);
    assert_eq!(
        statuses(&report),
        ["r2::ensure taken none conflict", "r2::delete taken none done", "kv::ensure A create done"]
    );
    let caught: Vec<&Json> =
        report["steps"][0]["ops"].as_array().unwrap().iter().map(|op| &op["caught"]).collect();
    assert_eq!(caught, [&json!(true), &json!(false), &json!(false)]);
}

#[test]
fn what_depends_on_a_failure_is_skipped_quietly_and_all_failures_of_a_step_are_told() {
    let project = served(
        "step(\"one\", || {\n    let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\n    r2::delete(bad);\n    \
         r2::ensure(\"other\", #{ jurisdiction: \"eu\" });\n    kv::ensure(\"A\");\n});\nkv::ensure(\"NEVER\");\n",
    );
    project.api("POST", "/r2/buckets", &json!({"name": "taken"}));
    project.api("POST", "/r2/buckets", &json!({"name": "other"}));
    let report = project.report(&RUN);
    assert_eq!(report["exit"], 1);
    assert_eq!(
        statuses(&report),
        [
            "r2::ensure taken none conflict",
            "r2::delete taken delete skipped",
            "r2::ensure other none conflict",
            "kv::ensure A create planned"
        ]
    );
    assert_eq!(report["steps"][0]["status"], "failed");
    let told = project.run(&RUN).exit(1).stderr;
    kept("what depends on a failure is skipped quietly and all failures of a step are told", &told);
}

#[test]
fn a_together_list_joins_its_frames_together_and_gives_the_values() {
    let project = slow(
        "let values = steps([[\"a\", \"b\"], \"c\"], #{\n    a: || { kv::ensure(\"A\"); 1 },\n    b: || { kv::ensure(\"B\"); 2 },\n    \
         c: || { kv::ensure(\"C\"); 3 },\n    left_out: || kv::ensure(\"D\"),\n});\noutput(\"values\", values);\n",
    );
    let report = project.report(&RUN);
    assert_eq!(report["outputs"]["values"], json!({"a": 1, "b": 2, "c": 3}));
    let steps: Vec<(&Json, &Json)> =
        report["steps"].as_array().unwrap().iter().map(|step| (&step["name"], &step["status"])).collect();
    assert!(steps.contains(&(&json!("left_out"), &json!("skipped"))), "{steps:?}");
    assert_eq!(report["steps"][0]["group"], report["steps"][1]["group"]);
    assert_ne!(report["steps"][0]["group"], report["steps"][2]["group"]);
    let history = project.account().history();
    let create =
        |title: &str| history.iter().find(|one| one.method == "POST" && one.body.contains(title)).unwrap();
    assert!(create("\"B\"").received < create("\"A\"").answered.unwrap());
    assert!(create("\"A\"").answered.unwrap() <= create("\"C\"").received);
    project.run(&RUN).kept("a together list joins its frames together and gives the values");
}

#[test]
fn failures_of_a_together_list_are_told_under_their_steps() {
    let project = served(
        "steps([[\"a\", \"b\"], \"c\"], #{\n    a: || r2::ensure(\"taken\", #{ jurisdiction: \"eu\" }),\n    \
         b: || r2::ensure(\"other\", #{ jurisdiction: \"eu\" }),\n    c: || kv::ensure(\"C\"),\n});\n",
    );
    for name in ["taken", "other"] {
        project.api("POST", "/r2/buckets", &json!({ "name": name }));
    }
    let report = project.report(&RUN);
    let steps: Vec<(&str, &str)> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["name"].as_str().unwrap(), step["status"].as_str().unwrap()))
        .collect();
    assert_eq!(steps, [("a", "failed"), ("b", "failed"), ("c", "skipped")]);
    assert_eq!(report["exit"], 1);
    project.run(&RUN).exit(1).kept("failures of a together list are told under their steps");
}

#[test]
fn a_name_in_the_order_without_a_closure_is_an_error() {
    served("steps([\"kv\", \"r3\"], #{ kv: || 1, r2: || 2 });\n").run(&RUN).exit(2).stderr(
        "\
error: the order names the step `r3`, which has no closure
 --> recipes/main.rhai:1:7
  |
1 | steps([\"kv\", \"r3\"], #{ kv: || 1, r2: || 2 });
  |       ^^^^^^^^^^^^
  |
  = help: did you mean `r2`?
exit 2: nothing was changed
",
    );
}

#[test]
fn a_prefetch_that_fails_is_raised_only_by_the_op_that_needs_it() {
    let recipe = "kv::ensure(\"A\");\nif false { r2::ensure(\"abc\"); }\n";
    let token = ["Workers KV Storage Write"];
    let project = Project::new(PLAIN).recipe(recipe).served_with(Duration::ZERO, Some(&token));
    let report = project.report(&RUN);
    assert_eq!(
        (&report["exit"], statuses(&report)),
        (&json!(0), vec!["kv::ensure A create done".to_owned()])
    );
    let refused = project
        .account()
        .history()
        .iter()
        .any(|one| one.path.ends_with("/r2/buckets") && one.status == Some(403));
    assert!(refused, "the listing of the buckets was asked for and refused");
}

#[test]
fn a_raw_write_drops_the_listings() {
    let project = served(
        "let count = kv::list().len;\ncf::post(\"/storage/kv/namespaces\", #{ title: \"RAW\" });\n\
         output(\"found\", kv::find(\"RAW\") != ());\noutput(\"before\", count);\n",
    );
    let report = project.report(&RUN);
    assert_eq!(report["outputs"], json!({"found": true, "before": 0}));
    assert_eq!(asked(&project), ["GET accounts", "POST namespaces"]);
}

#[test]
fn a_failed_step_ends_the_run_unless_it_may_go_on() {
    let recipe = |options: &str| {
        format!(
            "step(\"one\", {options}|| r2::ensure(\"taken\", #{{ jurisdiction: \"eu\" }}));\nkv::ensure(\"A\");\n"
        )
    };
    let project = served(&recipe(""));
    project.api("POST", "/r2/buckets", &json!({"name": "taken"}));
    assert_eq!(statuses(&project.report(&RUN)), ["r2::ensure taken none conflict"]);
    project.write("recipes/main.rhai", &recipe("#{ on_error: \"continue\" }, "));
    let report = project.report(&RUN);
    assert_eq!(statuses(&report), ["r2::ensure taken none conflict", "kv::ensure A create done"]);
    assert_eq!(report["exit"], 4);
    assert_eq!(project.report(&RUN)["exit"], 1);
}

#[test]
fn a_try_around_work_that_is_not_waited_for_is_warned_about() {
    served("try { kv::ensure(\"A\"); } catch { }\n").run(&RUN).exit(0).stderr(
        "\
warning: `kv::ensure` may fail after this `try` is over, and is not caught here then
  --> recipes/main.rhai:1:11
",
    );
}
