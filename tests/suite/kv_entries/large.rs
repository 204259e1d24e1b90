//! Values that are too large for one answer, or for a recipe.

use super::super::proxy::Verdict;
use super::{PLAN, RUN, asked, behind, counter, held, held_count, project};
use serde_json::json;
use std::sync::atomic::Ordering;

#[test]
fn values_that_are_too_large_for_one_answer_are_read_in_smaller_groups() {
    let all = "let ns = kv::ensure(\"A\");\nlet big = \"\";\nbig.pad(900000, 'x');\n\
        for i in 0..10 { ns.ensure_entries([`k${i}`].reduce(|all, key| { all[key] = big; all }, #{})); }\n";
    let project = project(all);
    project.run(&RUN).exit(0);
    assert_eq!(held_count(&project), 10);
    // One recipe's map has at most a mebibyte, and what another client has put there may be larger.
    let keys: Vec<String> = (0..10).map(|key| format!("k{key}: \"small\"")).collect();
    let ensure = format!("kv::ensure(\"A\").ensure_entries(#{{ {} }});\n", keys.join(", "));
    project.write("recipes/main.rhai", &ensure);
    project.run(&PLAN).exit(3).kept("values that are too large for one answer are read in smaller groups");
    let (_, keys) = asked(&project, &RUN, 0);
    // The two halves of the plan are known when it is written; all ten are asked for once more.
    let read = "POST bulk/get";
    assert_eq!(keys, [read, read, read, read, "PUT bulk"]);
    project.run(&PLAN).exit(0);
}

#[test]
fn a_value_that_no_answer_can_hold_differs_and_keeps_what_stands_beside_it() {
    let project = project("let ns = kv::ensure(\"A\");\nns.put(\"k2\", \"2\");\n");
    project.run(&RUN).exit(0);
    let id = project.account().resources().unwrap()[0].1.id.clone();
    let pair = json!([{
        "key": "k", "value": "x".repeat(9_500_000), "metadata": {"by": "ops"}, "expiration": 4_102_444_800_u64
    }]);
    project.api("PUT", &format!("/storage/kv/namespaces/{id}/bulk"), &pair);
    project.write("recipes/main.rhai", "kv::ensure(\"A\").ensure_entries(#{ k: \"1\", k2: \"2\" });\n");
    project
        .run(&PLAN)
        .exit(3)
        .kept("a value that no answer can hold differs and keeps what stands beside it");
    let (_, keys) = asked(&project, &RUN, 0);
    let read = "POST bulk/get";
    // What was too large for the plan is asked for once more before it is written.
    assert_eq!(keys, [read, read, read, "GET keys", read, read, "PUT bulk"]);
    assert_eq!(held(&project), json!({"k": ["1", {"by": "ops"}, true], "k2": ["2", null, false]}));
    project.run(&PLAN).exit(0);
}

#[test]
fn values_that_are_read_as_if_they_were_text_are_told_from_text() {
    let project = project("let ns = kv::ensure(\"A\");\nns.put(\"k\", \"/w==\", #{ base64: true });\n");
    project.run(&RUN).exit(0);
    project.write("recipes/main.rhai", "kv::ensure(\"A\").ensure_entries(#{ k: \"\u{fffd}\" });\n");
    assert_eq!(asked(&project, &RUN, 0).1, ["POST bulk/get", "GET values/k", "PUT bulk"]);
    assert_eq!(asked(&project, &RUN, 0).1, ["POST bulk/get", "GET values/k"]);
}

#[test]
fn no_keys_are_no_request() {
    let project = project(
        "let ns = kv::ensure(\"A\");\nns.put_all(#{});\nns.delete_keys([]);\nns.ensure_entries(#{});\n",
    );
    assert_eq!(asked(&project, &RUN, 0).1, [""; 0]);
}

#[test]
fn a_value_that_no_recipe_can_hold_has_a_way_out() {
    for bytes in [2_000_000, 9_500_000] {
        let project = project("kv::ensure(\"A\");\n");
        project.run(&RUN).exit(0);
        let id = project.account().resources().unwrap()[0].1.id.clone();
        let pair = json!([{ "key": "k", "value": "x".repeat(bytes) }]);
        project.api("PUT", &format!("/storage/kv/namespaces/{id}/bulk"), &pair);
        project.write("recipes/main.rhai", "kv::ensure(\"A\").get(\"k\");\n");
        project.run(&RUN).exit(1).kept("a value that no recipe can hold has a way out");
    }
}

#[test]
fn a_plan_is_finished_whose_entries_are_there_in_part() {
    let project = project("kv::ensure(\"A\").ensure_entries(#{ a: \"1\", b: \"2\" });\n");
    project.run(&["plan", "main", "-e", "dev", "--out", "new.json"]).exit(0);
    project.run(&["apply", "new.json"]).exit(0);
    project.write("recipes/main.rhai", "kv::ensure(\"A\").ensure_entries(#{ a: \"9\", b: \"9\" });\n");
    project.run(&["plan", "main", "-e", "dev", "--out", "old.json"]).exit(0);
    let id = project.account().resources().unwrap()[0].1.id.clone();
    let pair = json!([{ "key": "a", "value": "9" }]);
    project.api("PUT", &format!("/storage/kv/namespaces/{id}/bulk"), &pair);
    project.run(&["apply", "old.json"]).exit(0).kept("a plan is finished whose entries are there in part");
    assert_eq!(held(&project), json!({"a": ["9", null, false], "b": ["9", null, false]}));
    project.run(&["apply", "old.json"]).exit(0).kept("a plan is finished whose entries are there in part, 2");
}

/// The recipe's first request of entries is answered, and what follows it is refused or lost.
fn stopped_after_one(call: &str, verdict: fn() -> Verdict) -> super::Project {
    let all = "let ns = kv::ensure(\"A\");\nlet all = #{};\nfor i in 0..10001 { all[`k${i}`] = \"\"; }\n";
    let (seen, _) = counter();
    behind(&format!("{all}{call}\n"), move |asked| {
        let is_bulk = asked.is("PUT", "/bulk", "") || asked.is("POST", "/bulk/delete", "");
        let is_stopped = is_bulk && (1..9).contains(&seen.fetch_add(1, Ordering::Relaxed));
        if is_stopped { verdict() } else { Verdict::Pass }
    })
}

#[test]
fn an_apply_that_stopped_between_two_requests_is_finished_with_its_plan() {
    let project = stopped_after_one("ns.ensure_entries(all);", || {
        Verdict::Answer(403, r#"{"success":false,"errors":[{"code":10000,"message":"no"}],"result":null}"#)
    });
    project.run(&["plan", "main", "-e", "dev", "--out", "p.json"]).exit(0);
    project
        .run(&["apply", "p.json"])
        .exit(4)
        .kept("an apply that stopped between two requests is finished with its plan");
    for _ in 1..8 {
        project.run(&["apply", "p.json"]).exit(1);
    }
    project
        .run(&["apply", "p.json"])
        .exit(0)
        .kept("an apply that stopped between two requests is finished with its plan, 2");
}

#[test]
fn what_was_written_of_many_keys_is_said_as_far_as_it_is_known() {
    let refused = || {
        Verdict::Answer(403, r#"{"success":false,"errors":[{"code":10000,"message":"no"}],"result":null}"#)
    };
    stopped_after_one("ns.put_all(all);", refused)
        .run(&RUN)
        .exit(4)
        .kept("what was written of many keys is said");
    stopped_after_one("ns.put_all(all);", || Verdict::Page(502))
        .run(&RUN)
        .exit(5)
        .kept("what was written of many keys is said as far as it is known");
}

#[test]
fn a_refusal_with_status_200_has_changed_nothing() {
    const NO: &str =
        r#"{"success":false,"errors":[{"code":10001,"message":"no"}],"messages":[],"result":null}"#;
    for call in [
        "put(\"k\", \"v\")",
        "put_all(#{ k: \"v\" })",
        "delete_keys([\"k\"])",
        "ensure_entries(#{ k: \"v\" })",
    ] {
        let project = behind(&format!("kv::ensure(\"A\").{call};\n"), |asked| {
            let is_write = !asked.is("POST", "/bulk/get", "") && !asked.is("POST", "/namespaces", "");
            if is_write && !asked.is("GET", "", "") { Verdict::Answer(200, NO) } else { Verdict::Pass }
        });
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": "A" }));
        let output = project.run(&RUN).exit(1);
        assert!(output.stderr.ends_with("exit 1: nothing was changed\n"), "{call}: {}", output.stderr);
        output.kept(&format!("a refusal with status 200 has changed nothing: {call}"));
        assert_eq!(project.report(&RUN)["changed"], json!(false), "{call}");
    }
}

#[test]
fn what_was_put_as_a_secret_is_read_as_a_secret() {
    let recipe = "let ns = kv::ensure(\"A\");\nlet s = secret::env(\"CANARY\");\nns.put(\"a\", s);\nns.put_all(#{ b: s, p: \"x\" });\nns.ensure_entries(#{ c: s });\n\
        wait(ns);\nlet plain = ns.get(\"p\");\noutput(\"types\", [type_of(ns.get(\"a\")), type_of(ns.get(\"b\", #{ base64: true })), type_of(ns.get(\"c\")), type_of(plain)]);\n";
    let config = format!("process_env = [\"CANARY\"]\n{}", super::PLAIN);
    let project = super::Project::new(&config).recipe(recipe).env("CANARY", "hunter2-canary").served();
    assert_eq!(project.report(&RUN)["outputs"]["types"], json!(["Secret", "Secret", "Secret", "string"]));
}
