//! Plans from the binary: what they say in text and JSON, that they write nothing, and where they must end.

use super::project::{PLAIN, Project, ops};
use super::report_schema;
use serde_json::{Value as Json, json};

const PLAN: [&str; 3] = ["plan", "-e", "development"];

/// The served account's requests that a plan must not send.
fn writes(project: &Project) -> Vec<String> {
    let history = project.account().history();
    let is_read =
        |method: &str, path: &str| method == "GET" || (method == "POST" && path.ends_with("/query"));
    let wrong = history.iter().filter(|one| one.changed || !is_read(&one.method, &one.path));
    wrong.map(|one| format!("{} {}", one.method, one.path)).collect()
}

#[test]
fn on_an_empty_account_everything_is_planned() {
    let project = Project::example().served();
    let report = project.report(&PLAN);
    report_schema::holds(&report);
    assert_eq!(
        ["mode", "exit", "changed", "complete", "error"].map(|key| report[key].clone()),
        [json!("plan"), json!(0), json!(false), json!(true), Json::Null]
    );
    let planned = ops(&report);
    assert_eq!(planned.len(), 13);
    assert!(planned.iter().all(|(.., status)| status == "planned"), "{planned:#?}");
    assert_eq!((&report["summary"]["create"], &report["summary"]["apply"]), (&json!(12), &json!(6)));
    assert_eq!(report["requests"]["writes"], 0);
    let output = project.run(&["plan", "-e", "development", "--exit-code"]).exit(3);
    output.kept("on an empty account everything is planned");
    assert_eq!(writes(&project), Vec::<String>::new());
}

#[test]
fn ids_that_do_not_exist_yet_are_the_same_in_two_plans() {
    let ids = || {
        let report = Project::example().served().report(&PLAN);
        let steps = report["steps"].as_array().unwrap().clone();
        steps
            .iter()
            .flat_map(|step| step["ops"].as_array().unwrap().clone())
            .map(|op| op["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(), ids());
}

#[test]
fn on_a_provisioned_account_nothing_is_planned() {
    let project = Project::example();
    let plan = ["plan", "-e", "development", "--local"];
    project.run(&["run", "-e", "development", "--local"]).exit(0);
    let before = project.local().digest().unwrap();
    let report = project.report(&plan);
    report_schema::holds(&report);
    let planned = ops(&report);
    assert!(planned.iter().all(|(.., action, status)| action == "none" && status == "done"), "{planned:#?}");
    assert_eq!((planned.len(), &report["exit"], &report["complete"]), (13, &json!(0), &json!(true)));
    project
        .run(&[&plan[..], &["--exit-code"]].concat())
        .exit(0)
        .kept("on a provisioned account nothing is planned");
    assert_eq!(project.local().digest().unwrap(), before);
}

#[test]
fn a_difference_is_shown_field_by_field_and_left() {
    let project = Project::example();
    project.run(&["run", "-e", "development", "--local"]).exit(0);
    let before = project.local().digest().unwrap();
    let set = "ai_gateway.gateways.main.cache_ttl=60";
    let plan = ["plan", "-e", "development", "--local", "--exit-code", "--set", set];
    project.run(&plan).exit(3).kept("a difference is shown field by field and left");
    let report = project.report(&plan);
    let steps = report["steps"].as_array().unwrap();
    let gateway = &steps.iter().find(|step| step["name"] == "ai_gateway").unwrap()["ops"][0];
    assert_eq!((&gateway["action"], &gateway["status"]), (&json!("update"), &json!("planned")));
    assert_eq!(gateway["changes"], json!([{ "field": "/cache_ttl", "from": 3600, "to": 60 }]));
    assert_eq!(project.local().digest().unwrap(), before);
}

#[test]
fn a_conflict_is_found_by_the_plan() {
    let project = Project::example().served();
    let index = json!({"name": "jobmatch-ai-dev", "config": {"dimensions": 1024, "metric": "cosine"}});
    project.api("POST", "/vectorize/v2/indexes", &index);
    let before = project.account().history().len();
    let report = project.report(&PLAN);
    report_schema::holds(&report);
    assert_eq!(
        (&report["exit"], &report["changed"], &report["summary"]["conflict"]),
        (&json!(1), &json!(false), &json!(1))
    );
    let steps = report["steps"].as_array().unwrap();
    let index = &steps.iter().find(|step| step["name"] == "vectorize").unwrap()["ops"][0];
    assert_eq!(index["changes"], json!([{ "field": "/dimensions", "from": 1024, "to": 768 }]));
    assert!(project.account().history()[before..].iter().all(|one| !one.changed));
}

#[test]
fn data_that_only_an_apply_would_tell_ends_the_plan_there() {
    let project = Project::new(PLAIN)
        .recipe("kv::ensure(\"FIRST\");\nlet ns = kv::ensure(\"NEW\");\nns.put(\"a\", \"b\", #{ ttl: 60 });\nlog(ns.keys());\nkv::ensure(\"LAST\");\n")
        .served();
    let plan = ["plan", "main", "-e", "dev"];
    let report = project.report(&plan);
    report_schema::holds(&report);
    assert_eq!(
        (&report["complete"], &report["exit"], &report["error"]),
        (&json!(false), &json!(0), &Json::Null)
    );
    let planned: Vec<_> =
        ops(&report).into_iter().map(|(_, call, resource, _, status)| (call, resource, status)).collect();
    let expected =
        [("kv::ensure", "FIRST", "planned"), ("kv::ensure", "NEW", "planned"), ("kv::put", "NEW", "planned")];
    assert_eq!(
        planned,
        expected.map(|(call, resource, status)| (call.to_owned(), resource.to_owned(), status.to_owned()))
    );
    project.run(&plan).exit(0).kept("data that only an apply would tell ends the plan there");
    assert_eq!(writes(&project), Vec::<String>::new());
}
