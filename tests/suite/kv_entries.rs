//! Many keys of KV at once: `put_all`, `delete_keys`, `ensure_entries`, and bytes as base64.

mod large;

use super::project::{Output, PLAIN, Project};
use super::proxy::{self, Seen, Verdict};
use larder::local::RecordedExchange;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const PLAN: [&str; 5] = ["plan", "main", "-e", "dev", "--exit-code"];
const RUN: [&str; 4] = ["run", "main", "-e", "dev"];

fn project(recipe: &str) -> Project {
    Project::new(PLAIN).recipe(recipe).served()
}

/// What a command asked of keys, by method and the end of the path.
fn asked(project: &Project, arguments: &[&str], exit: i32) -> (Output, Vec<String>) {
    let before = project.account().history().len();
    let output = project.run(arguments).exit(exit);
    let line = |one: &RecordedExchange| {
        let below = one.path.split_once("/namespaces/")?.1.split_once('/')?.1;
        Some(format!("{} {below}", one.method))
    };
    (output, project.account().history()[before..].iter().filter_map(line).collect())
}

/// What the account holds under the keys of its only namespace: value, metadata, whether it expires.
fn held(project: &Project) -> Value {
    let contents = project.account().contents().unwrap();
    let [(_, resource, _)] = &contents[..] else { panic!("one namespace: {contents:?}") };
    let listed = project.api("GET", &format!("/storage/kv/namespaces/{}/keys", resource.id), &Value::Null);
    let keys: Vec<&str> =
        listed.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    let path = format!("/storage/kv/namespaces/{}/bulk/get", resource.id);
    let values = project.api("POST", &path, &json!({ "keys": keys, "withMetadata": true }));
    let mut held = values["values"].clone();
    for value in held.as_object_mut().unwrap().values_mut() {
        let expires = value["expiration"].is_u64();
        *value = json!([value["value"], value["metadata"], expires]);
    }
    held
}

#[test]
fn fifteen_hundred_keys_are_one_request_and_one_line() {
    let project = project(
        "let ns = kv::ensure(\"A\");\nlet all = #{};\nfor i in 0..1500 { all[`k${i}`] = `v${i}`; }\nns.put_all(all);\n",
    );
    project.run(&PLAN).exit(3).says(
        "plan of main -> development (account 0123...cdef)\n\n\
         (outside every step)                         [TIME]\n  \
           + kv A                          to create  (known after apply)\n  \
           > kv A                          to write   1500 keys\n\
         1 to create, 1 to write in [TIME] ([N] reads, 0 writes)\n\
         applying it takes 2 writes and 2 reads: 0.4 % of the 1200 requests allowed in 5 minutes\n",
        "exit 3: there are differences; nothing was changed\n",
    );
    let (output, keys) = asked(&project, &RUN, 0);
    output.says(
        "main -> development (account 0123...cdef)\n\n\
         (outside every step)                         [TIME]\n  \
           + kv A                          created    [ID]\n  \
           > kv A                          written    1500 keys\n\
         1 created, 1 written in [TIME] ([N] reads, 2 writes)\n",
        "",
    );
    assert_eq!(keys, ["PUT bulk"]);
    assert_eq!(project.account().contents().unwrap()[0].2.as_array().unwrap().len(), 1500);
    let report = project.report(&RUN);
    assert_eq!(report["steps"][0]["ops"][1]["subject"], json!("1500 keys"), "{report:#}");
}

#[test]
fn more_than_ten_thousand_keys_are_two_requests() {
    let put = "let ns = kv::ensure(\"A\");\nlet all = #{};\nfor i in 0..10001 { all[`k${i}`] = \"\"; }\n";
    let project = project(&format!("{put}ns.put_all(all);\nns.delete_keys(all.keys());\n"));
    let report = project.report(&PLAN);
    assert_eq!(report["steps"][0]["ops"].as_array().unwrap().len(), 3);
    let (output, keys) = asked(&project, &RUN, 0);
    output.kept("more than ten thousand keys are two requests");
    assert_eq!(keys, ["PUT bulk", "PUT bulk", "POST bulk/delete", "POST bulk/delete"]);
    assert_eq!(held_count(&project), 0);
}

fn held_count(project: &Project) -> usize {
    project.account().contents().unwrap()[0].2.as_array().unwrap().len()
}

#[test]
fn entries_are_read_by_the_hundred_and_only_those_that_differ_are_written() {
    let recipe = |number: &str| {
        format!(
            "let ns = kv::ensure(\"A\");\nlet all = #{{}};\nfor i in 0..1500 {{ all[`k${{i}}`] = `v${{i}}`; }}\nall.k7 = \"{number}\";\nns.ensure_entries(all);\n"
        )
    };
    let project = project(&recipe("a"));
    project.run(&PLAN).exit(3).kept("entries are read by the hundred and only those that differ are written");
    let (_, keys) = asked(&project, &RUN, 0);
    let count = |keys: &[String], line: &str| keys.iter().filter(|key| *key == line).count();
    assert_eq!((count(&keys, "POST bulk/get"), count(&keys, "PUT bulk"), keys.len()), (15, 1, 16));

    let (output, keys) = asked(&project, &PLAN, 0);
    output.kept("entries are read by the hundred and only those that differ are written, 2");
    assert_eq!((count(&keys, "POST bulk/get"), keys.len()), (15, 15));
    let (_, keys) = asked(&project, &RUN, 0);
    assert_eq!((count(&keys, "POST bulk/get"), keys.len()), (15, 15), "a second run writes nothing");

    project.write("recipes/main.rhai", &recipe("b"));
    let (output, keys) = asked(&project, &RUN, 0);
    output.kept("entries are read by the hundred and only those that differ are written, 3");
    assert_eq!(count(&keys, "PUT bulk"), 1);
    let last = project.account().history().into_iter().rfind(|one| one.method == "PUT").unwrap();
    assert_eq!(last.body, r#"[{"key":"k7","value":"b"}]"#);
}

#[test]
fn what_stands_beside_a_value_is_kept_and_ttl_is_not_compared() {
    let project = project(
        "let ns = kv::ensure(\"A\");\nns.put_all(#{ a: #{ value: \"1\", ttl: 3600, metadata: #{ by: \"ops\" } }, b: \"1\", c: #{ value: \"1\", expiration: 4102444800 }, d: #{ value: \"1\", metadata: [1.0] } });\n",
    );
    project.run(&RUN).exit(0);
    let put = json!({
        "a": ["1", {"by": "ops"}, true], "b": ["1", null, false], "c": ["1", null, true], "d": ["1", [1.0], false]
    });
    assert_eq!(held(&project), put);
    let ensure = |entries: &str| {
        project.write("recipes/main.rhai", &format!("kv::ensure(\"A\").ensure_entries(#{{ {entries} }});\n"));
        let plan = project.run(&PLAN);
        (plan.code, asked(&project, &RUN, 0).1)
    };
    let read = ["POST bulk/get"];
    let same =
        "a: \"1\", b: #{ value: \"1\", ttl: 60 }, c: #{ value: \"1\" }, d: #{ value: \"1\", metadata: [1] }";
    assert_eq!(ensure(same), (0, read.map(str::to_owned).to_vec()));
    // Metadata and an expiration that are not named stay, also where the value is another.
    let end = |key: &str| {
        let id = project.account().resources().unwrap()[0].1.id.clone();
        let listed = project.api("GET", &format!("/storage/kv/namespaces/{id}/keys"), &Value::Null);
        let row = listed.as_array().unwrap().iter().find(|row| row["name"] == key).unwrap().clone();
        row["expiration"].as_i64()
    };
    let before = end("a");
    assert_eq!(ensure("a: \"2\", b: \"2\", c: \"2\"").0, 3);
    assert_eq!(held(&project)["a"], json!(["2", {"by": "ops"}, true]));
    assert_eq!((end("a"), end("b"), end("c")), (before, None, Some(4_102_444_800)));
    assert_eq!(ensure("a: #{ value: \"2\", metadata: #{ by: \"ci\" }, ttl: 60 }").0, 3);
    assert_eq!(held(&project)["a"], json!(["2", {"by": "ci"}, true]));
    assert!(end("a") < before);
    // One that ends within a minute can't be written to end so soon: it ends a minute after the write, and not never.
    assert_eq!(ensure("a: \"3\"").0, 3);
    assert_eq!((&held(&project)["a"], end("a").is_some()), (&json!(["3", {"by": "ci"}, true]), true));
}

#[test]
fn what_kv_would_refuse_is_refused_at_its_key_before_anything_is_sent() {
    let long = "x".repeat(513);
    for call in [
        "ns.put_all(#{ \"\": \"v\" })",
        "ns.put_all(#{ \"..\": \"v\" })",
        &format!("ns.put_all(#{{ \"{long}\": \"v\" }})"),
        "ns.put_all(#{ k: 3 })",
        "ns.put_all(#{ k: () })",
        "ns.put_all(#{ k: [\"v\"] })",
        "ns.put_all(#{ k: #{ ttl: 60 } })",
        "ns.put_all(#{ k: #{ value: \"v\", tl: 60 } })",
        "ns.put_all(#{ k: #{ value: \"v\", ttl: 59 } })",
        "ns.put_all(#{ k: #{ value: \"v\", ttl: -1 } })",
        "ns.put_all(#{ k: #{ value: \"v\", expiration: 60 } })",
        "ns.put_all(#{ k: #{ value: \"v\", expiration: 4102444800000 } })",
        "ns.put_all(#{ k: #{ value: \"v\", expiration: 4102444800, ttl: 60 } })",
        "let m = \"\"; for i in 0..1024 { m += \"m\"; } ns.put_all(#{ k: #{ value: \"v\", metadata: m } })",
        "ns.put_all(#{ k: #{ value: \"!\", base64: true } })",
        "ns.put_all([\"k\"])",
        "ns.delete_keys([\"a\", 3])",
        "ns.delete_keys([\".\"])",
        "ns.delete_keys(#{ a: 1 })",
        "ns.ensure_entries(#{ k: #{ value: \"AA==\", base64: true } })",
        "ns.ensure_entries(#{ k: 1.5 })",
        "ns.put(\"k\", \"v\", #{ expiration: 1 })",
        "ns.put(\"k\", \"é\", #{ base64: true })",
    ] {
        let project = project(&format!("let ns = kv::ensure(\"A\");\n{call};\n"));
        project.run(&RUN).exit(2).kept(&format!("what kv would refuse is refused at its key: {call}"));
        assert!(project.account().resources().unwrap().is_empty(), "{call}");
    }
    // At the key itself.
    let project = project("let ns = kv::ensure(\"A\");\nns.put_all(#{ good: \"v\", bad: 3 });\n");
    project.run(&RUN).exit(2).says(
        "main -> development (account 0123...cdef)\n\n\
         (outside every step)                         [TIME]\n  \
           + kv A                          to create  (known after apply)\n\
         1 to create in [TIME] ([N] reads, 0 writes); incomplete\n",
        "error: `bad` must be text, a secret or a map with `value`, not int\n \
         --> recipes/main.rhai:2:31\n  |\n\
         2 | ns.put_all(#{ good: \"v\", bad: 3 });\n  |                               ^\n\
         exit 2: nothing was changed\n",
    );
}

#[test]
fn secrets_are_written_and_never_shown() {
    let recipe = "let s = secret::env(\"CANARY\");\nlet ns = kv::ensure(\"A\");\nns.put_all(#{ a: s, b: #{ value: \"Bearer \" + s, ttl: 3600 } });\nns.ensure_entries(#{ c: s, d: \"plain\" });\n";
    let config = format!("process_env = [\"CANARY\"]\n{PLAIN}");
    let project = Project::new(&config).recipe(recipe).env("CANARY", "hunter2-canary").served();
    let mut told = String::new();
    for arguments in [
        &["plan", "main", "-e", "dev", "-v", "--out", "plan.json"][..],
        &["run", "main", "-e", "dev", "-v", "--report", "r.json"],
        &["plan", "main", "-e", "dev", "--format", "json"],
    ] {
        let output = project.run(arguments).exit(0);
        told.extend([output.stdout, output.stderr]);
    }
    for file in ["plan.json", "r.json"] {
        told += &larder::system::files::read_text(&project.path().join(file), 1 << 20).unwrap();
    }
    assert!(!told.contains("hunter2"), "{told}");
    let values = json!({
        "a": ["hunter2-canary", null, false], "b": ["Bearer hunter2-canary", null, true],
        "c": ["hunter2-canary", null, false], "d": ["plain", null, false]
    });
    assert_eq!(held(&project), values);
    // Another secret differs, by the name of its key alone.
    project.write(
        "recipes/main.rhai",
        "kv::ensure(\"A\").ensure_entries(#{ c: secret::env(\"CANARY\"), d: \"plain\" });\n",
    );
    project.run(&PLAN).exit(0);
    let output = project.run_with(&PLAN, &[("CANARY", "hunter3-canary")]).exit(3);
    assert!(
        output.stdout.contains("1 of 2 keys: `c`\n") && !output.stdout.contains("hunter"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_dry_run_answers_from_memory_what_is_put_and_deleted_at_once() {
    let recipe = "let ns = kv::ensure(\"A\");\nns.put_all(#{ a: \"1\", b: #{ value: \"AAE=\", base64: true }, \"é\": #{ value: \"3\", metadata: 7 } });\n\
        ns.delete_keys([\"a\", \"none\"]);\nns.ensure_entries(#{ \"é\": \"3\", z: \"4\" });\n\
        output(\"all\", [ns.get(\"a\"), ns.get(\"b\", #{ base64: true }), ns.get(\"z\"), ns.get(\"z\", #{ base64: true }), ns.keys()]);\n";
    let project = project(recipe);
    let foretold = project.report(&PLAN);
    let expected =
        json!([null, "AAE=", "4", "NA==", [{"name": "b"}, {"name": "z"}, {"name": "é", "metadata": 7}]]);
    assert_eq!(
        (&foretold["outputs"]["all"], &foretold["complete"]),
        (&expected, &json!(true)),
        "{foretold:#}"
    );
    assert_eq!(project.report(&RUN)["outputs"]["all"], expected);
    // On what is there already, the keys that the run touches are known as well.
    let again = project.report(&PLAN);
    assert_eq!((&again["outputs"]["all"], &again["complete"]), (&expected, &json!(true)), "{again:#}");
}

#[test]
fn bytes_are_base64_both_ways() {
    let project = project(
        "let ns = kv::ensure(\"A\");\nns.put(\"one\", \"AP9o\", #{ base64: true, metadata: #{ n: 1 }, expiration: 4102444800 });\nns.put_all(#{ two: #{ value: \"AP9p\", base64: true } });\n\
         wait(ns);\noutput(\"bytes\", [ns.get(\"one\", #{ base64: true }), ns.get(\"two\", #{ base64: true })]);\n\
         try { ns.get(\"one\"); } catch (e) { output(\"text\", [e.message, e.hint]); }\n",
    );
    let report = project.report(&RUN);
    assert_eq!(
        report["outputs"],
        json!({
            "bytes": ["AP9o", "AP9p"],
            "text": ["the value of `one` is not text", "`get(key, #{ base64: true })` gives its bytes as base64"],
        })
    );
    assert_eq!(held(&project)["one"][1], json!({"n": 1}));
    let put = project.account().history().into_iter().find(|one| one.path.ends_with("/values/one")).unwrap();
    assert!(put.changed);
}

#[test]
fn a_plan_that_is_applied_holds_the_run_to_its_keys() {
    let recipe = "let ns = kv::ensure(\"A\");\nns.put_all(#{ x: \"1\", y: \"2\" });\nns.delete_keys([\"y\"]);\nns.ensure_entries(#{ a: \"1\", b: \"2\" });\n";
    let project = project(recipe);
    project.run(&["plan", "main", "-e", "dev", "--out", "new.json"]).exit(0);
    project.run(&["apply", "new.json"]).exit(0).kept("a plan that is applied holds the run to its keys");
    let all = json!({"a": ["1", null, false], "b": ["2", null, false], "x": ["1", null, false]});
    assert_eq!(held(&project), all);

    project.write("recipes/main.rhai", "kv::ensure(\"A\").ensure_entries(#{ a: \"9\", b: \"2\" });\n");
    project.run(&["plan", "main", "-e", "dev", "--out", "old.json"]).exit(0);
    let id = project.account().resources().unwrap()[0].1.id.clone();
    project.api("PUT", &format!("/storage/kv/namespaces/{id}/values/b"), &json!("moved"));
    let moved = project.run(&["apply", "old.json"]).exit(1);
    moved.kept("a plan that is applied holds the run to its keys, 2");
    assert_eq!(held(&project)["a"], json!(["1", null, false]));
}

/// A project behind a proxy.
fn behind(recipe: &str, judge: impl FnMut(&Seen) -> Verdict + Send + 'static) -> Project {
    let project = project(recipe);
    let address = proxy::start(project.address(), judge);
    project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"))
}

/// How many requests a judge has dealt with.
fn counter() -> (Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    (count.clone(), count)
}

const THREE: &str = "let ns = kv::ensure(\"A\");\nns.put_all(#{ a: \"1\", b: \"2\", c: \"3\" });\n";

#[test]
fn keys_that_an_answer_leaves_out_are_sent_again() {
    const PART: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"successful_key_count":2,"unsuccessful_keys":["b"]}}"#;
    let (seen, count) = counter();
    let project = behind(THREE, move |asked| {
        let is_first = asked.is("PUT", "/bulk", "") && seen.fetch_add(1, Ordering::Relaxed) == 0;
        if is_first { Verdict::Answer(200, PART) } else { Verdict::Pass }
    });
    project.run(&RUN).exit(0).kept("keys that an answer leaves out are sent again");
    assert_eq!((count.load(Ordering::Relaxed), held_count(&project)), (2, 1), "only `b` went again");
}

#[test]
fn keys_that_are_left_out_for_good_are_no_success() {
    const PART: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"successful_key_count":2,"unsuccessful_keys":["b"]}}"#;
    const NONE: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"successful_key_count":0,"unsuccessful_keys":["b"]}}"#;
    let (seen, _) = counter();
    let project = behind(THREE, move |asked| match asked.is("PUT", "/bulk", "") {
        true if seen.fetch_add(1, Ordering::Relaxed) == 0 => Verdict::Answer(200, PART),
        true => Verdict::Answer(200, NONE),
        false => Verdict::Pass,
    });
    let output = project.run(&RUN).exit(4);
    output.kept("keys that are left out for good are no success");
}

#[test]
fn an_answer_that_does_not_account_for_every_key_is_no_success() {
    for result in [
        r#"{"success":true,"errors":[],"messages":[],"result":{"successful_key_count":2,"unsuccessful_keys":[]}}"#,
        r#"{"success":true,"errors":[],"messages":[],"result":{"successful_key_count":3,"unsuccessful_keys":["b"]}}"#,
        r#"{"success":true,"errors":[],"messages":[],"result":{"successful_key_count":2,"unsuccessful_keys":["z"]}}"#,
        r#"{"success":true,"errors":[],"messages":[],"result":null}"#,
        r#"{"success":true,"errors":[],"messages":[],"result":{}}"#,
    ] {
        let project = behind(THREE, move |asked| {
            if asked.is("PUT", "/bulk", "") { Verdict::Answer(200, result) } else { Verdict::Pass }
        });
        let output = project.run(&RUN).exit(5);
        output.kept(&format!("an answer that does not account for every key is no success: {result}"));
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_or_read_back() {
    let ensure = "let ns = kv::ensure(\"A\");\nns.ensure_entries(#{ a: \"1\", b: \"2\", c: \"3\" });\n";
    for recipe in [THREE, ensure] {
        let (seen, count) = counter();
        let project = behind(recipe, move |asked| {
            let is_first = asked.is("PUT", "/bulk", "") && seen.fetch_add(1, Ordering::Relaxed) == 0;
            if is_first { Verdict::Close } else { Verdict::Pass }
        });
        let report = project.report(&RUN);
        assert_eq!((&report["exit"], count.load(Ordering::Relaxed)), (&json!(0), 2), "{report:#}");
        assert_eq!(held_count(&project), 3);
    }
    // No answer ever comes: what is read back decides.
    let lost = |asked: &Seen| if asked.is("PUT", "/bulk", "") { Verdict::Page(502) } else { Verdict::Pass };
    let report = behind(ensure, lost).report(&RUN);
    let op = &report["steps"][0]["ops"][1];
    assert_eq!(
        (&report["exit"], &op["status"], &op["evidence"]),
        (&json!(0), &json!("done"), &json!("probe"))
    );
    let never =
        |asked: &Seen| if asked.is("PUT", "/bulk", "") { Verdict::Answer(502, "") } else { Verdict::Pass };
    behind(ensure, never).run(&RUN).exit(5).kept("a lost answer is asked for again or read back");
}

#[test]
fn entries_by_a_raw_id_and_in_destroy() {
    let project = project("kv::ensure(\"app-A\");\n");
    project.run(&RUN).exit(0);
    let id = project.account().resources().unwrap()[0].1.id.clone();
    let by_id = format!(
        "kv::put_all(\"{id}\", #{{ a: \"1\" }});\nkv::ensure_entries(\"{id}\", #{{ a: \"1\", b: \"2\" }});\nkv::delete_keys(\"{id}\", [\"a\"]);\n"
    );
    project.write("recipes/main.rhai", &by_id);
    project.run(&RUN).exit(0);
    assert_eq!(held(&project), json!({"b": ["2", null, false]}));
    project.write(
        "recipes/main.rhai",
        "let ns = kv::ensure(\"app-A\");\nns.put_all(#{ a: \"1\" });\nns.ensure_entries(#{ b: \"2\" });\nns.delete_keys([\"b\"]);\n",
    );
    let (_, keys) = asked(&project, &["destroy", "main", "-e", "dev", "--yes", "--with-data"], 0);
    assert!(keys.iter().all(|line| line.starts_with("GET ")), "{keys:?}");
    assert!(project.account().resources().unwrap().is_empty());
}
