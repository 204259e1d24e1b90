//! Plan files from the binary: what `plan --out` writes, what `apply` does with it, and what it refuses.

use super::outputs::kept;
use super::project::{PLAIN, Project, ops};
use super::report_schema;
use larder::system::files;
use serde_json::{Value as Json, json};

const PLAN: [&str; 6] = ["plan", "main", "-e", "dev", "--out", "plan.json"];
const APPLY: [&str; 2] = ["apply", "plan.json"];

/// Plans a recipe on an account that is served.
fn planned(recipe: &str) -> Project {
    let project = Project::new(PLAIN).recipe(recipe).served();
    project.run(&PLAN).exit(0);
    project
}

fn plan_of(project: &Project) -> Json {
    serde_json::from_str(&files::read_text(&project.path().join("plan.json"), 1 << 20).unwrap()).unwrap()
}

fn changes(project: &Project) -> usize {
    project.account().history().iter().filter(|one| one.changed).count()
}

/// The only thing that a refused run found to be otherwise.
fn moved(report: &Json) -> (String, Json) {
    let found = all_moved(report);
    assert_eq!(found.len(), 1, "{report:#}");
    found.into_iter().next().unwrap()
}

/// Everything that a refused run found to be otherwise; it wrote nothing.
fn all_moved(report: &Json) -> Vec<(String, Json)> {
    let error = &report["error"];
    assert_eq!((&error["kind"], &report["changed"]), (&json!("moved"), &json!(false)), "{report:#}");
    assert_eq!((&report["exit"], &report["requests"]["writes"]), (&json!(1), &json!(0)), "{report:#}");
    let findings = error["findings"].as_array().unwrap();
    let one = |one: &Json| (one["message"].as_str().unwrap().to_owned(), one["at"]["line"].clone());
    findings.iter().map(one).collect()
}

#[test]
fn a_plan_reads_like_a_diff_and_its_file_like_the_schema() {
    let project = Project::new(PLAIN)
        .recipe(
            "kv::ensure(\"A\");\nkv::ensure(\"B\");\nstep(\"new\", || {\n    kv::ensure(\"C\");\n    ai_gateway::ensure(\"gw\", #{ cache_ttl: 60 });\n    kv::delete(\"OLD\");\n    kv::ensure(\"A\").put(\"k\", \"v\");\n});\n",
        )
        .served();
    for title in ["A", "B", "OLD"] {
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
    }
    let gateway = json!({
        "id": "gw", "cache_ttl": 3600, "cache_invalidate_on_update": false, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0
    });
    project.api("POST", "/ai-gateway/gateways", &gateway);
    project.run(&PLAN).exit(0).says(
        "plan of main -> development (account 0123...cdef)

new                                          [TIME]
  + kv C                          to create  (known after apply)
  ~ ai_gateway gw                 to update  cache_ttl: 3600 -> 60
  - kv OLD                        to delete
  > kv A                          to write   k
(outside every step)                         [TIME]
  = unchanged: kv A, kv B
1 to create, 1 to update, 1 to delete, 1 to write, 2 unchanged in [TIME] ([N] reads, 0 writes)
applying it takes 4 writes and 4 reads: 0.7 % of the 1200 requests allowed in 5 minutes
",
        "",
    );
    let plan = plan_of(&project);
    report_schema::fits("schemas/plan-1.json", &plan);
    assert_eq!((&plan["complete"], &plan["cost"]), (&json!(true), &json!({ "reads": 4, "writes": 4 })));
    let verbose = project.run(&[&PLAN[..], &["-v"]].concat()).exit(0);
    kept("a plan reads like a diff and its file like the schema", &verbose.stdout);
}

#[test]
fn applying_does_what_is_listed_and_costs_what_was_said() {
    for environment in ["development", "staging"] {
        let project = Project::example().served();
        let plan = ["plan", "-e", environment, "--out", "plan.json"];
        project.run(&plan).exit(0);
        let before = project.account().history().len();
        let report = project.report(&APPLY);
        report_schema::holds(&report);
        assert_eq!((&report["exit"], &report["mode"]), (&json!(0), &json!("apply")), "{report:#}");
        let sent = &project.account().history()[before..];
        let writes = sent.iter().filter(|one| one.changed).count();
        let cost = &plan_of(&project)["cost"];
        assert_eq!(*cost, json!({ "reads": sent.len() - writes, "writes": writes }));
        assert_eq!(report["env"], environment);
        // Again: everything is there, and nothing is sent.
        let changed = changes(&project);
        let again = project.run(&APPLY).exit(0);
        again.kept(&format!("applying does what is listed and costs what was said: {environment}"));
        assert_eq!(changes(&project), changed);
        project
            .run(&plan)
            .exit(0)
            .kept(&format!("applying does what is listed and costs what was said, 2: {environment}"));
        project
            .run(&APPLY)
            .exit(0)
            .kept(&format!("applying does what is listed and costs what was said, 3: {environment}"));
        assert_eq!(changes(&project), changed);
    }
}

#[test]
fn ids_of_new_things_may_stand_in_what_is_listed() {
    let project = planned(
        "let ns = kv::ensure(\"A\");\nns.put(\"self\", ns.id);\ncf::put(\"/storage/kv/namespaces/\" + ns.id, #{ title: \"A2\" });\n",
    );
    let report = project.report(&APPLY);
    assert_eq!(report["exit"], 0, "{report:#}");
    let done: Vec<_> =
        ops(&report).into_iter().map(|(_, call, _, action, status)| (call, action, status)).collect();
    let expected = [("kv::ensure", "create"), ("kv::put", "write"), ("cf::put", "write")];
    assert_eq!(done, expected.map(|(call, action)| (call.into(), action.into(), "done".into())));
}

#[test]
fn what_was_unchanged_and_would_be_changed_is_refused() {
    let project = Project::new(PLAIN).recipe("kv::ensure(\"B\");\nkv::ensure(\"A\");\n").served();
    let there = project.api("POST", "/storage/kv/namespaces", &json!({ "title": "A" }));
    project.run(&PLAN).exit(0);
    project.api("DELETE", &format!("/storage/kv/namespaces/{}", there["id"].as_str().unwrap()), &Json::Null);
    let report = project.report(&APPLY);
    let (message, line) = moved(&report);
    assert_eq!(
        message,
        "`kv::ensure` of `A` is not what was planned: the plan would leave it as it is, and now it would create it"
    );
    assert_eq!(line, json!(2));
    project.run(&APPLY).exit(1).kept("what was unchanged and would be changed is refused");
}

#[test]
fn everything_that_moved_is_told_before_the_first_write() {
    let gateway = |ttl: u64, logs: bool| {
        json!({
            "id": "gw", "cache_ttl": ttl, "cache_invalidate_on_update": false, "collect_logs": logs,
            "rate_limiting_interval": 0, "rate_limiting_limit": 0
        })
    };
    let recipe = "kv::ensure(\"NEW\").put(\"k\", \"v\");\nkv::ensure(\"KEPT\");\nlet db = d1::ensure(\"db\");\ndb.migrate(\"migrations\");\nai_gateway::ensure(\"gw\", #{ cache_ttl: 60, collect_logs: false });\n";
    let project =
        Project::new(PLAIN).recipe(recipe).file("migrations/0001_a.sql", "CREATE TABLE a (x);\n").served();
    let kept = |project: &Project| {
        let made = project.api("POST", "/storage/kv/namespaces", &json!({ "title": "KEPT" }));
        made["id"].as_str().unwrap().to_owned()
    };
    let first = kept(&project);
    project.api("POST", "/ai-gateway/gateways", &gateway(3600, true));
    project.run(&PLAN).exit(0);
    // The last op alone: nothing of what comes before it is written either.
    project.api("PUT", "/ai-gateway/gateways/gw", &gateway(100, true));
    let before = changes(&project);
    let of_gateway = "`ai_gateway::ensure` of `gw` is not what was planned: `cache_ttl` was planned as 3600 -> 60, and is now 100 -> 60";
    assert_eq!(moved(&project.report(&APPLY)), (of_gateway.to_owned(), json!(5)));
    assert_eq!(changes(&project), before, "nothing was written");
    // Everything at once, each field with what was planned and what is.
    project.api("PUT", "/ai-gateway/gateways/gw", &gateway(100, false));
    project.api("DELETE", &format!("/storage/kv/namespaces/{first}"), &Json::Null);
    let second = kept(&project);
    project.api("POST", "/storage/kv/namespaces", &json!({ "title": "NEW" }));
    let before = changes(&project);
    let found = all_moved(&project.report(&APPLY));
    let of_kept = format!(
        "`kv::ensure` of `KEPT` is not what was planned: it had the id `{first}`, and has `{second}` now"
    );
    let of_gateway =
        format!("{of_gateway}; `collect_logs` was planned as true -> false, and is now unchanged");
    assert_eq!(found, [(of_kept, json!(2)), (of_gateway, json!(5))], "`NEW` is there, as planned");
    assert_eq!(changes(&project), before, "nothing was written");
    // As it was planned again: the rest is done.
    let replan = project.run(&PLAN).exit(0);
    replan.kept("everything that moved is told before the first write");
    assert_eq!(project.report(&APPLY)["exit"], 0);
}

#[test]
fn a_field_that_moved_is_named_with_both_values() {
    let project = Project::new(PLAIN).recipe("ai_gateway::ensure(\"gw\", #{ cache_ttl: 60 });\n").served();
    let gateway = |ttl: u64| {
        json!({
            "id": "gw", "cache_ttl": ttl, "cache_invalidate_on_update": false, "collect_logs": true,
            "rate_limiting_interval": 0, "rate_limiting_limit": 0
        })
    };
    project.api("POST", "/ai-gateway/gateways", &gateway(3600));
    project.run(&PLAN).exit(0);
    project.api("PUT", "/ai-gateway/gateways/gw", &gateway(100));
    let before = changes(&project);
    let report = project.report(&APPLY);
    assert_eq!(
        moved(&report).0,
        "`ai_gateway::ensure` of `gw` is not what was planned: `cache_ttl` was planned as 3600 -> 60, and is now 100 -> 60"
    );
    assert_eq!(changes(&project), before);
    // Somebody has done it meanwhile.
    project.api("PUT", "/ai-gateway/gateways/gw", &gateway(60));
    project.run(&APPLY).exit(0).kept("a field that moved is named with both values");
    // A field that the recipe does not name has moved, and the update replaces the whole.
    project.api("PUT", "/ai-gateway/gateways/gw", &gateway(3600));
    let mut other = gateway(3600);
    other["collect_logs"] = json!(false);
    project.api("PUT", "/ai-gateway/gateways/gw", &other);
    let (message, _) = moved(&project.report(&APPLY));
    assert_eq!(
        message,
        "`ai_gateway::ensure` of `gw` is not what was planned: `collect_logs` was true, and is false now"
    );
}

#[test]
fn another_thing_of_the_same_name_is_not_deleted() {
    let project = Project::new(PLAIN).recipe("kv::delete(\"A\");\n").served();
    let namespace = |title: &str| {
        let made = project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
        made["id"].as_str().unwrap().to_owned()
    };
    let first = namespace("A");
    project.run(&PLAN).exit(0);
    project.api("DELETE", &format!("/storage/kv/namespaces/{first}"), &Json::Null);
    let second = namespace("A");
    let (message, _) = moved(&project.report(&APPLY));
    let words = format!(
        "`kv::delete` of `A` is not what was planned: it had the id `{first}`, and has `{second}` now"
    );
    assert_eq!(message, words);
    project.api("DELETE", &format!("/storage/kv/namespaces/{second}"), &Json::Null);
    project.run(&APPLY).exit(0).kept("another thing of the same name is not deleted");
}

#[test]
fn raw_writes_are_held_to_their_contents() {
    // What the recipe sends hangs on something that neither recipe nor project file say.
    let config = PLAIN.replace("[naming]", "process_env = [\"VALUE\"]\n[naming]");
    let recipe = "let ns = kv::ensure(\"A\");\nns.put(\"k\", process::env(\"VALUE\"));\n";
    let project = Project::new(&config).recipe(recipe).served().env("VALUE", "one");
    project.run(&PLAN).exit(0);
    let project = project.env("VALUE", "two");
    let report = project.report(&APPLY);
    assert_eq!(
        moved(&report),
        ("`kv::put` of `A` is not what was planned: it would send something else".into(), json!(2))
    );
    let project = project.env("VALUE", "one");
    project.run(&APPLY).exit(0).kept("raw writes are held to their contents");
}

#[test]
fn an_op_that_the_plan_does_not_list_is_refused_and_one_that_is_not_asked_for_is_told() {
    let config = PLAIN.replace("[naming]", "process_env = [\"NAME\"]\n[naming]");
    for (call, words) in [
        (
            "kv::ensure(process::env(\"NAME\"));",
            "the plan does not list this `kv::ensure`, which would create it",
        ),
        (
            "kv::delete(process::env(\"NAME\"));\ncf::post(\"/storage/kv/namespaces\", #{ title: \"x\" });",
            "the plan does not list this `kv::delete`, which would delete it",
        ),
    ] {
        let project = Project::new(&config).recipe(call).served().env("NAME", "A");
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": "B" }));
        project.run(&PLAN).exit(0);
        let project = project.env("NAME", if call.contains("delete") { "B" } else { "C" });
        assert_eq!(moved(&project.report(&APPLY)).0, words);
    }
    let recipe = "if process::env(\"NAME\") == \"A\" {\n    kv::ensure(\"A\");\n}\n";
    let project = Project::new(&config).recipe(recipe).served().env("NAME", "A");
    project.run(&PLAN).exit(0);
    let project = project.env("NAME", "B");
    let output = project.run(&APPLY).exit(0);
    output.kept("an op that the plan does not list is refused and one that is not asked for is told");
}

#[test]
fn what_the_plan_rests_on_must_be_as_it_was() {
    let recipe = "import \"recipes/lib\" as lib;\nlib::all();\n";
    let library = "fn all() { let db = d1::ensure(\"db\"); db.migrate(\"migrations\"); }\n";
    let project = Project::new(PLAIN)
        .recipe(recipe)
        .file("recipes/lib.rhai", library)
        .file("migrations/0001_a.sql", "CREATE TABLE a (x);\n")
        .served();
    project.run(&PLAN).exit(0);
    let refused = |words: &str| {
        let output = project.run(&APPLY).exit(1);
        output.kept(&format!("what the plan rests on must be as it was: {words}"));
    };
    project.write("recipes/main.rhai", &format!("{recipe}\n"));
    refused("the plan does not fit any more: `recipes/main.rhai` has changed");
    project.write("recipes/main.rhai", recipe);
    project.write("recipes/lib.rhai", &format!("{library}// more\n"));
    project.write("larder.toml", &format!("{PLAIN}# more\n"));
    refused("the plan does not fit any more: `larder.toml` has changed, `recipes/lib.rhai` has changed");
    project.write("recipes/lib.rhai", library);
    project.write("larder.toml", PLAIN);
    project.write("migrations/0001_a.sql", "CREATE TABLE b (x);\n");
    refused("the plan does not fit any more: `migrations/0001_a.sql` has changed");
    project.write("migrations/0001_a.sql", "CREATE TABLE a (x);\n");
    assert_eq!(changes(&project), 0);
    // One file more is found when the pending ones are looked at.
    project.write("migrations/0002_b.sql", "CREATE TABLE b (x);\n");
    let report = project.report(&APPLY);
    assert_eq!(
        moved(&report).0,
        "`d1::migrate` of `db` is not what was planned: `0002_b.sql` is pending, which the plan does not list"
    );
    files::remove_file(&project.path().join("migrations/0002_b.sql")).unwrap();
    let report = project.report(&APPLY);
    assert_eq!((&report["exit"], &report["summary"]["apply"]), (&json!(0), &json!(1)), "{report:#}");
}

#[test]
fn another_account_environment_or_setting_is_refused() {
    let project = planned("kv::ensure(\"A\");\n");
    let other = project.run(&["apply", "plan.json", "-e", "staging"]).exit(2);
    other.says("", "error: the plan is of `development`, not of `staging`\nhint: leave `--env` out\n");
    project
        .run(&["apply", "plan.json", "--set", "vars.a=1"])
        .exit(2)
        .says("", "error: the plan has its own `--set`\nhint: plan again with these\n");
    let project = project.env("CLOUDFLARE_ACCOUNT_ID", "fedcba9876543210fedcba9876543210");
    let output = project.run(&APPLY).exit(1);
    output.kept("another account environment or setting is refused");
    assert_eq!(project.account().history().iter().filter(|one| one.method != "GET").count(), 0);
}

#[test]
fn settings_of_the_plan_are_those_of_the_run() {
    let project = Project::new(PLAIN).recipe("kv::ensure(config::vars.name);\n").served();
    project.run(&[&PLAN[..], &["--set", "vars.name=CHOSEN"]].concat()).exit(0);
    project
        .run(&["apply", "plan.json", "-e", "dev"])
        .exit(0)
        .kept("settings of the plan are those of the run");
}

#[test]
fn steps_of_the_plan_are_those_of_the_run() {
    let recipe = "step(\"a\", || { kv::ensure(\"A\"); });\nstep(\"b\", || { kv::ensure(\"B\"); });\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    project.run(&[&PLAN[..], &["--only", "b"]].concat()).exit(0);
    let report = project.report(&APPLY);
    assert_eq!((&report["exit"], &report["summary"]["create"]), (&json!(0), &json!(1)), "{report:#}");
    assert_eq!(project.api("GET", "/storage/kv/namespaces", &Json::Null)[0]["title"], "B");
}

#[test]
fn an_incomplete_plan_is_not_applied() {
    let project =
        planned("let ns = kv::ensure(\"NEW\");\nns.put(\"a\", \"b\", #{ ttl: 60 });\nlog(ns.keys());\n");
    assert_eq!(plan_of(&project)["complete"], false);
    let output = project.run(&APPLY).exit(1);
    output.kept("an incomplete plan is not applied");
    assert_eq!(changes(&project), 0);
}

#[test]
fn what_is_no_plan_is_refused_where_it_goes_wrong() {
    let project = planned("kv::ensure(\"A\");\n");
    let text = files::read_text(&project.path().join("plan.json"), 1 << 20).unwrap();
    let hint = "hint: `larder plan --out FILE` writes one";
    project.write("cut.json", &text[..text.find("\"inputs\"").unwrap()]);
    let words = format!("error: cut.json:16:2: this is no plan: EOF while parsing a value\n{hint}\n");
    project.run(&["apply", "cut.json"]).exit(2).says("", &words);
    project.write("edited.json", &text.replace("\"A\"", "\"B\""));
    project.run(&["apply", "edited.json"]).exit(2).says(
        "",
        "error: edited.json: the plan was edited after it was written: its digest is not that of the rest\n\
         hint: change the recipe or the project file, and plan again\n",
    );
    project.write("other.json", "{\"schema\": \"larder.report/1\"}");
    let words = format!("error: other.json: the schema is `larder.report/1`, not `larder.plan/1`\n{hint}\n");
    project.run(&["apply", "other.json"]).exit(2).says("", &words);
    let output = project.run(&["apply", "none.json"]).exit(2);
    output
        .exit(2)
        .says("", "error: can't read the plan `none.json`: No such file or directory (os error 2)\n");
    project
        .run(&[&PLAN[..4], &["--out", "no/such/plan.json"]].concat())
        .exit(1)
        .kept("what is no plan is refused where it goes wrong, 2");
}

#[test]
fn no_secret_is_in_a_plan() {
    let config = PLAIN.replace("[naming]", "process_env = [\"TOKEN\"]\n[naming]");
    let recipe = "let key = secret::env(\"TOKEN\");\nlet ns = kv::ensure(\"A\");\nns.put(\"k\", key);\n";
    let project = Project::new(&config).recipe(recipe).served().env("TOKEN", "canary-3f9a77");
    project.run(&PLAN).exit(0);
    let text = files::read_text(&project.path().join("plan.json"), 1 << 20).unwrap();
    assert!(text.contains("\"kv\"") && !text.contains("canary-3f9a77"), "{text}");
    project.run(&APPLY).exit(0);
}
