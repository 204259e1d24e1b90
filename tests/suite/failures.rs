//! What becomes of the ops around one that fails: skipped, run, told, by program order alone (docs/architecture.md#the-order-of-ops).

use super::project::{PLAIN, Project, ops};
use serde_json::json;

const RUN: [&str; 4] = ["run", "main", "-e", "dev"];

/// A served project in which the bucket `taken` exists, so that to ensure it in the EU is a conflict.
fn with_conflict(recipe: &str) -> Project {
    let project = Project::new(PLAIN).recipe(recipe).served();
    project.api("POST", "/r2/buckets", &json!({"name": "taken"}));
    project
}

/// Ops as `kv::ensure A create done`, and the exit code.
fn outcome(project: &Project) -> (Vec<String>, u64) {
    let report = project.report(&RUN);
    let told = ops(&report).into_iter();
    let told = told.map(|(_, call, name, action, status)| format!("{call} {name} {action} {status}"));
    (told.collect(), report["exit"].as_u64().unwrap())
}

#[test]
fn what_was_started_before_a_catch_is_skipped_and_what_comes_after_runs() {
    let project = with_conflict(
        "let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\nlet gone = r2::delete(bad);\n\
         try { wait(bad); } catch { }\nkv::ensure(\"A\");\ncf::post(\"/storage/kv/namespaces\", #{ title: \"RAW\" });\n\
         kv::ensure(\"B\");\n",
    );
    let expected = [
        "r2::ensure taken none conflict",
        "r2::delete taken delete skipped",
        "kv::ensure A create done",
        "cf::post /storage/kv/namespaces write done",
        "kv::ensure B create done",
    ];
    assert_eq!(outcome(&project), (expected.map(String::from).into(), 0));
}

#[test]
fn nothing_is_left_out_by_a_run_that_ends_with_0() {
    // The raw write depends on all before it; what is started after the catch does not depend on the raw write.
    let project = with_conflict(
        "let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\nkv::ensure(\"A\").put(\"k\", \"1\");\n\
         let raw = cf::post(\"/storage/kv/namespaces\", #{ title: \"RAW\" });\n\
         try { wait(bad); } catch { }\nkv::ensure(\"A\").put(\"k\", \"2\");\nr2::ensure(\"fine\");\n",
    );
    let (told, exit) = outcome(&project);
    assert_eq!(exit, 0);
    let skipped: Vec<&String> = told.iter().filter(|op| op.ends_with("skipped")).collect();
    assert_eq!(skipped, ["cf::post /storage/kv/namespaces write skipped"]);
    let puts: Vec<String> = project
        .account()
        .history()
        .into_iter()
        .filter(|one| one.method == "PUT")
        .map(|one| one.body)
        .collect();
    assert_eq!(puts, ["1", "2"]);
}

#[test]
fn to_catch_a_skipped_op_catches_no_failure() {
    let project = with_conflict(
        "let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\nlet gone = r2::delete(bad);\n\
         try { wait(gone); } catch (e) { log(e.message); }\nr2::delete(\"taken\", #{ jurisdiction: \"eu\" });\n",
    );
    let output = project.run(&RUN).exit(1).stderr("\
not done, because `r2/eu/taken` failed
error: R2Bucket `taken` exists and can't be changed: `jurisdiction` is \"default\", not \"eu\"
 --> recipes/main.rhai:1:15
  |
1 | let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });
  |               ^^^^^^
  |
  = help: ask for what is there, without `jurisdiction`, or choose another name: Larder never deletes to get its way
exit 1: nothing was changed
");
    assert_eq!(output.stderr.matches("error: ").count(), 1, "{}", output.stderr);
    let (told, exit) = outcome(&project);
    assert_eq!(exit, 1);
    let expected = [
        "r2::ensure taken none conflict",
        "r2::delete taken delete skipped",
        "r2::delete taken delete skipped",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_script_that_waits_for_a_skipped_op_ends_with_the_failure_behind_it() {
    let project = with_conflict(
        "let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\nlet gone = r2::delete(bad);\nwait(gone);\n",
    );
    project.run(&RUN).exit(1).says(
        "main -> development (account 0123...cdef)\n\n\
         (outside every step)                         failed after [TIME]\n  \
           ! r2 taken (eu)                 conflict   at recipes/main.rhai:1:15\n  \
           . r2 taken (eu)                 skipped    not done, because `r2/eu/taken` failed\n\
         1 in conflict, 1 skipped in [TIME] ([N] reads, 0 writes); incomplete\n",
        "error: R2Bucket `taken` exists and can't be changed: `jurisdiction` is \"default\", not \"eu\"\n \
         --> recipes/main.rhai:1:15\n  |\n1 | let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\n  \
         |               ^^^^^^\n  |\n  = help: ask for what is there, without `jurisdiction`, or choose another name: Larder \
         never deletes to get its way\nexit 1: nothing was changed\n",
    );
}

/// Whoever asks for what is there, as the hint says, gets it; nothing is deleted on the way.
#[test]
fn a_conflict_says_what_to_ask_for() {
    let project = Project::new(PLAIN).recipe("r2::ensure(\"files\");\n").served();
    let index = json!({ "name": "docs", "config": { "dimensions": 8, "metric": "cosine" } });
    project.api("POST", "/vectorize/v2/indexes", &index);
    project.run(&RUN).exit(0);
    for (asked, takes) in [
        ("r2::ensure(\"files\", #{ jurisdiction: \"eu\" });", "r2::ensure(\"files\");"),
        (
            "vectorize::ensure(\"docs\", #{ dimensions: 16, metric: \"cosine\" });",
            "vectorize::ensure(\"docs\", #{ dimensions: 8, metric: \"cosine\" });",
        ),
        (
            "vectorize::ensure(\"docs\", #{ dimensions: 16, metric: \"euclidean\" });",
            "vectorize::ensure(\"docs\", #{ dimensions: 8, metric: \"cosine\" });",
        ),
    ] {
        project.write("recipes/main.rhai", asked);
        project.run(&RUN).exit(1).kept(&format!("a conflict: {asked}"));
        project.write("recipes/main.rhai", takes);
        project.run(&RUN).exit(0).kept(&format!("a conflict says what to ask for: {asked}"));
    }
}

#[test]
fn what_a_script_catches_is_what_the_report_says_and_the_exit_rests_on() {
    let calls = [
        ("wait(r2::ensure(\"taken\", #{ jurisdiction: \"eu\" }))", "conflict", 1),
        ("cf::get(\"/storage/kv/namespaces/nope\")", "rejected", 1),
        ("kv::ensure(\"\")", "name", 2),
        ("kv::ensure([1, \"\"][0])", "argument", 2),
        ("r2::ensure(\"taken\", [#{ nope: 1 }][0])", "option", 2),
        ("fail(\"no more\")", "failed", 1),
    ];
    for (call, kind, exit) in calls {
        let report = with_conflict(&format!("{call};\n")).report(&RUN);
        let error = &report["error"];
        assert_eq!((&error["kind"], &report["exit"]), (&json!(kind), &json!(exit)), "{call}: {error:#}");
        let steps = report["steps"].as_array().unwrap().iter();
        for op in steps.flat_map(|step| step["ops"].as_array().unwrap()) {
            assert_eq!(&op["error"], error, "{call}");
        }
        let caught = format!(
            "try {{ {call}; }} catch (e) {{\n    \
             output(\"e\", #{{ kind: e.kind, message: e.message, code: e.code, hint: e.hint }});\n}}\n"
        );
        let report = with_conflict(&caught).report(&RUN);
        assert_eq!(report["exit"], 0, "{call}");
        for (field, seen) in report["outputs"]["e"].as_object().unwrap() {
            assert_eq!(seen, &error[field], "{call}: {field}");
        }
    }
    let report = with_conflict("throw \"no more\";\n").report(&RUN);
    assert_eq!((&report["error"]["kind"], &report["exit"]), (&json!("recipe"), &json!(1)));
}

#[test]
fn who_is_to_blame_is_the_first_of_a_chain() {
    let project = with_conflict(
        "let bad = r2::ensure(\"taken\", #{ jurisdiction: \"eu\" });\n\
         cf::post(\"/storage/kv/namespaces\", #{ title: \"RAW\" });\nkv::ensure(\"A\");\nkv::ensure(\"B\");\n",
    );
    let report = project.report(&RUN);
    let told = report["steps"][0]["ops"].as_array().unwrap();
    for op in &told[1..] {
        assert_eq!(op["error"]["message"], "not done, because `r2/eu/taken` failed");
    }
    assert_eq!((told.len(), &report["exit"], &report["changed"]), (4, &json!(1), &json!(false)));
    assert_eq!(report["summary"]["skipped"], 3);
}

#[test]
fn a_caught_step_lets_the_run_go_on_with_the_same_resources() {
    let project = with_conflict(
        "try { step(\"one\", || { let a = kv::ensure(\"A\"); r2::ensure(\"taken\", #{ jurisdiction: \"eu\" }); }); }\n\
         catch (e) { log(`${e.kind} ${e.service} ${e.resource}`); }\n\
         r2::ensure(\"taken\");\nkv::ensure(\"A\");\n",
    );
    project.run(&RUN).exit(0).stderr("conflict r2 taken\n");
    let (told, exit) = outcome(&project);
    let expected = ["kv::ensure A none done", "r2::ensure taken none conflict", "r2::ensure taken none done"];
    assert_eq!(
        (told, exit),
        (expected.map(String::from).into(), 0),
        "the second ensure of A is the first handle"
    );
}

#[test]
fn a_closure_that_fails_lets_the_others_of_its_list_end_and_none_after_it_begin() {
    let project = with_conflict(
        "steps([[\"a\", \"b\"], \"c\"], #{\n    a: || { kv::ensure(\"A\"); cf::get(\"/storage/kv/namespaces\"); fail(\"no more\"); },\n    \
         b: || { kv::ensure(\"B\"); },\n    c: || { kv::ensure(\"C\"); },\n});\n",
    );
    let report = project.report(&RUN);
    let steps: Vec<(&str, &str)> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["name"].as_str().unwrap(), step["status"].as_str().unwrap()))
        .collect();
    assert_eq!(steps, [("a", "failed"), ("b", "ok"), ("c", "skipped")]);
    assert_eq!(report["exit"], 4);
    let created: Vec<String> = project
        .account()
        .history()
        .into_iter()
        .filter(|one| one.method == "POST" && one.path.ends_with("namespaces"))
        .map(|one| one.body)
        .collect();
    assert_eq!(created.len(), 2, "{created:?}");
    project
        .run(&RUN)
        .exit(1)
        .kept("a closure that fails lets the others of its list end and none after it begin");
}

#[test]
fn what_is_said_of_a_value_is_its_text() {
    let recipe = "let ns = kv::ensure(\"A\"); ns.id;\n\
                  try { fail(\"no\"); } catch (e) { log(e); warn(e); print(e); }\n\
                  for value in [1, 2.5, true, \"text\", [\"a\", 1], #{ a: () }, ()] { log(value); print(value); }\n\
                  log(ns); print(ns);\n";
    let output = Project::new(PLAIN).recipe(recipe).served().run(&["run", "main", "-e", "dev"]).exit(0);
    let said: Vec<&str> = output.stderr.lines().filter(|line| !line.starts_with(" -->")).collect();
    assert!(!output.stderr.contains("::"), "names of types: {}", output.stderr);
    assert_eq!(said[..2], ["no", "warning: no"], "{}", output.stderr);
    let rest: Vec<&&str> = said[2..].iter().filter(|line| !line.trim_start().starts_with("-->")).collect();
    assert_eq!(rest[0], &"no");
    // `print` says the same as `log`.
    for pair in rest[1..].chunks_exact(2) {
        assert_eq!(pair[0], pair[1], "{}", output.stderr);
    }
}

#[test]
fn how_things_stand_names_the_raw_writes_that_a_second_run_repeats() {
    let project = Project::new(PLAIN).file("seed.sql", "INSERT INTO t VALUES (1);\n");
    let ends = |recipe: &str, said: &str| {
        project.write("recipes/main.rhai", recipe);
        let output = project.run(&["run", "main", "-e", "development", "--local"]).exit(4);
        assert!(
            output.stderr.ends_with(&format!("exit 4: some changes were made; {said}\n")),
            "{}",
            output.stderr
        );
    };
    // What is only known after apply lets the run begin.
    let fail = r#"cf::get("/storage/kv/namespaces"); fail("stop");"#;
    let ends = |recipe: &str, said: &str| ends(&recipe.replace(r#"fail("stop");"#, fail), said);
    ends(r#"wait(kv::ensure("A")); fail("stop");"#, "running again is safe");
    ends(
        r#"let db = d1::ensure("jobs"); db.execute("CREATE TABLE t (x)"); wait(db.load("seed.sql")); fail("stop");"#,
        "running again repeats 2 raw writes: `d1::execute` of `jobs`, `d1::load` of `jobs`",
    );
    ends(
        r#"let a = kv::ensure("A"); a.put("k", "1"); a.put("l", "2"); wait(kv::ensure("B").put("k", "3")); wait(a.put("m", "4")); fail("stop");"#,
        "running again repeats 4 raw writes: `kv::put` of `A` (3 times), `kv::put` of `B`",
    );
    ends(
        r#"wait(d1::ensure("jobs").execute("SELECT 1")); d1::ensure("jobs").execute("nonsense");"#,
        "running again repeats 1 raw write: `d1::execute` of `jobs`",
    );
    ends(
        r#"cf::post("/storage/kv/namespaces", #{ title: "C" }); fail("stop");"#,
        "running again repeats 1 raw write: `cf::post` of `/storage/kv/namespaces`",
    );
}
