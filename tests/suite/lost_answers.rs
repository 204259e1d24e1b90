//! Answers that are lost on the way, and refusals in the middle of a run, seen from the binary: what the report says is
//! what the account has.

use super::beacon_service;
use super::project::Project;
use super::proxy::{self, Seen, Verdict};
use super::report_schema;
use larder::services::{Service, Services};
use serde_json::{Value as Json, json};

const RUN: [&str; 3] = ["run", "-e", "development"];

/// The example app, whose requests pass a proxy.
fn behind(judge: impl FnMut(&Seen) -> Verdict + Send + 'static) -> Project {
    let project = Project::example().served();
    let address = proxy::start(project.address(), judge);
    project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"))
}

/// Judges the first request that is meant, and passes the rest.
fn once(
    verdict: Verdict,
    mut is_meant: impl FnMut(&Seen) -> bool + Send + 'static,
) -> impl FnMut(&Seen) -> Verdict + Send + 'static {
    let mut left = 1;
    move |seen| {
        if left > 0 && is_meant(seen) {
            left -= 1;
            return verdict;
        }
        Verdict::Pass
    }
}

fn op(report: &Json, service: &str, resource: &str, name: &str) -> Json {
    let steps = report["steps"].as_array().unwrap();
    let mut ops = steps.iter().flat_map(|step| step["ops"].as_array().unwrap());
    let meant = |op: &&Json| op["service"] == service && op["resource"] == resource && op["op"] == name;
    ops.find(meant).unwrap_or_else(|| panic!("no {service}::{name} of {resource} in {report:#}")).clone()
}

/// A create of each service in the example app: where it is posted, its name.
fn creates() -> Vec<(&'static str, &'static str, String)> {
    let report = Project::example().served().report(&RUN);
    let first = |service: &'static Service| {
        let steps = report["steps"].as_array().unwrap();
        let mut ops = steps.iter().flat_map(|step| step["ops"].as_array().unwrap());
        let made = ops.find(|op| op["service"] == service.name && op["action"] == "create");
        let made = made.unwrap_or_else(|| panic!("the example app has nothing of {}", service.name));
        (service.name, beacon_service::collection(service), made["resource"].as_str().unwrap().to_owned())
    };
    Services::default().iter().map(first).collect()
}

fn lost_creates(verdict: Verdict) {
    for (service, path, name) in creates() {
        let name = name.as_str();
        let quoted = format!("\"{name}\"");
        let project = behind(once(verdict, move |seen| seen.is("POST", path, &quoted)));
        let report = project.report(&RUN);
        report_schema::holds(&report);
        assert_eq!(report["exit"], 0, "{report:#}");
        let lost = op(&report, service, name, "ensure");
        assert_eq!(
            [&lost["action"], &lost["status"], &lost["evidence"]],
            ["create", "done", "probe"],
            "{verdict:?} {service}"
        );
        assert_eq!(report["summary"]["create"], 12);
        let posted = project.account().history().into_iter().filter(|one| {
            one.method == "POST" && one.path.ends_with(path) && one.body.contains(&format!("\"{name}\""))
        });
        assert_eq!(posted.count(), 1, "{verdict:?} {service}");
        let resources = project.account().resources().unwrap();
        let there = resources.iter().filter(|(of, resource)| *of == service && resource.name == name);
        assert_eq!((there.count(), resources.len()), (1, 12), "{verdict:?} {service}");
        let again = project.report(&RUN);
        assert_eq!((&again["exit"], &again["changed"]), (&json!(0), &json!(false)));
    }
}

#[test]
fn a_create_whose_connection_is_closed_is_looked_for() {
    lost_creates(Verdict::Close);
}

#[test]
fn a_create_that_is_answered_with_a_page_is_looked_for() {
    lost_creates(Verdict::Page(503));
}

#[test]
fn a_create_whose_answer_breaks_off_is_looked_for() {
    lost_creates(Verdict::Half);
}

#[test]
fn a_migration_whose_answer_is_lost_is_found_in_the_ledger() {
    let project =
        behind(once(Verdict::Page(502), |seen| seen.is("POST", "/query", "CREATE TABLE applications")));
    let report = project.report(&RUN);
    assert_eq!(report["exit"], 0, "{report:#}");
    let migrated = op(&report, "d1", "jobmatch-ai-dev-db", "migrate");
    assert_eq!((&migrated["action"], &migrated["evidence"]), (&json!("apply"), &json!("probe")));
    let sent = project.account().history().into_iter();
    assert_eq!(sent.filter(|one| one.body.contains("CREATE TABLE applications")).count(), 1);
    let database = project.api("GET", "/d1/database/jobmatch-ai-dev-db", &Json::Null);
    let path = format!("/d1/database/{}/query", database["uuid"].as_str().unwrap());
    let sql = json!({"sql": "SELECT group_concat(name) AS names FROM (SELECT name FROM d1_migrations ORDER BY id)"});
    let names = "0001_users.sql,0002_jobs.sql,0003_applications.sql,0004_email_verified.sql,0005_indexes.sql,0006_job_counts.sql";
    assert_eq!(project.api("POST", &path, &sql)[0]["results"][0]["names"], names);
}

#[test]
fn what_never_becomes_certain_is_unknown_and_the_next_run_finds_it() {
    let mut is_lost = false;
    let project = behind(move |seen| {
        if !is_lost && seen.is("POST", "/storage/kv/namespaces", "\"SESSIONS\"") {
            is_lost = true;
            return Verdict::Close;
        }
        let looks = is_lost && seen.is("GET", "/storage/kv/namespaces", "");
        if looks { Verdict::Page(503) } else { Verdict::Pass }
    });
    let output = project.run(&["run", "-e", "development", "--report", "report.json"]).exit(5);
    output.kept("what never becomes certain is unknown and the next run finds it");
    let text = larder::system::files::read_text(&project.path().join("report.json"), 1 << 20).unwrap();
    let report: Json = serde_json::from_str(&text).unwrap();
    report_schema::holds(&report);
    assert_eq!(
        (&report["exit"], &report["summary"]["unknown"], &report["summary"]["create"]),
        (&json!(5), &json!(1), &json!(5)),
        "{report:#}"
    );
    let lost = op(&report, "kv", "SESSIONS", "ensure");
    assert_eq!(
        (&lost["action"], &lost["status"], &lost["evidence"]),
        (&json!("create"), &json!("unknown"), &Json::Null)
    );
    let direct = format!("http://{}/client/v4", project.address());
    let project = project.env("CLOUDFLARE_API_BASE_URL", &direct);
    let again = project.report(&RUN);
    assert_eq!(
        (&again["exit"], &op(&again, "kv", "SESSIONS", "ensure")["action"]),
        (&json!(0), &json!("none"))
    );
    let titles = project.api("GET", "/storage/kv/namespaces?per_page=100", &Json::Null);
    assert_eq!(titles.as_array().unwrap().len(), 6);
}

#[test]
fn a_token_that_expires_on_the_way_ends_the_run_after_changes() {
    let expired = r#"{"success":false,"errors":[{"code":9109,"message":"Invalid access token"}],"messages":[],"result":null}"#;
    let project = behind(once(Verdict::Answer(401, expired), |seen| seen.is("POST", "/d1/database", "")));
    let report = project.report(&RUN);
    report_schema::holds(&report);
    assert_eq!(
        (&report["exit"], &report["changed"], &report["complete"]),
        (&json!(4), &json!(true), &json!(false))
    );
    let refused = op(&report, "d1", "jobmatch-ai-dev-db", "ensure");
    assert_eq!((&refused["status"], &refused["error"]["code"]), (&json!("failed"), &json!(9109)));
    assert_eq!(project.report(&RUN)["exit"], 0);
    assert_eq!(project.account().resources().unwrap().len(), 12);
}

#[test]
fn a_permission_that_is_missing_ends_the_run_where_it_is_needed() {
    let all_but_d1 =
        ["Workers KV Storage Write", "Workers R2 Storage Write", "Vectorize Write", "AI Gateway Write"];
    let project = Project::example().served_with(std::time::Duration::ZERO, Some(&all_but_d1));
    // Whether its step comes last or first: nothing is changed before.
    for environment in ["development", "production"] {
        let output = project.run(&["run", "-e", environment, "--yes"]).exit(1);
        output.kept(&format!("a permission that is missing ends the run where it is needed: {environment}"));
        assert_eq!(project.account().resources().unwrap().len(), 0);
    }
}
