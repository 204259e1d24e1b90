//! The reusable workflow, its jobs run as the runner would: a plan for a pull request, a run for a push, each environment
//! with a queue of its own.

use super::hub::{Hub, REPOSITORY, TOKEN};
use super::project::{PLAIN, Project};
use super::workflow_file::{evaluated, holds, yaml};
use super::workflow_job::{Job, Map, map};
use serde_json::{Value as Json, json};

fn workflow() -> Json {
    yaml(".github/workflows/larder.yml")
}

fn pull_request(number: &str, from: &str) -> Json {
    json!({
        "event_name": "pull_request",
        "ref_name": format!("{number}/merge"),
        "token": TOKEN,
        "event": { "pull_request": { "number": number, "head": { "repo": { "full_name": from } } } },
    })
}

/// What a caller gives, over the defaults.
fn inputs(given: &[(&str, &str)]) -> Json {
    let call = workflow()["on"]["workflow_call"]["inputs"].clone();
    let mut inputs: Json = call
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, input)| (name.clone(), input["default"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (name, value) in given {
        inputs[name] = json!(value);
    }
    inputs
}

/// Runs the jobs that an event asks for; gives their names, the outputs of the last, and that job.
fn react<'a>(hub: &Hub, project: &'a Project, event: &Json, secret: &str) -> (Vec<String>, Map, Job<'a>) {
    let mut job = Job::new(project, event).with_credentials(secret, "CLOUDFLARE_ACCOUNT_ID");
    job.context["inputs"] = inputs(&[("environment", "dev"), ("recipe", "main")]);
    job.environment.insert("GITHUB_API_URL".into(), hub.url.clone());
    let (mut names, mut outputs) = (Vec::new(), Map::new());
    for (name, described) in workflow()["jobs"].as_object().unwrap() {
        if holds(described["if"].as_str().unwrap(), &job.context) {
            names.push(name.clone());
            job.steps(&described["steps"]);
            outputs = map(&described["outputs"], &job.context);
        }
    }
    (names, outputs, job)
}

fn project() -> Project {
    Project::new(PLAIN).recipe("kv::ensure(\"app-A\");\n").served()
}

#[test]
fn a_pull_request_is_planned_and_a_push_run() {
    let (hub, project) = (Hub::start(), project());
    let (jobs, _, job) = react(&hub, &project, &pull_request("7", REPOSITORY), "CLOUDFLARE_API_TOKEN");
    assert_eq!((jobs, job.failed), (vec!["plan".to_owned()], false), "{}", job.log);
    assert!(
        hub.bodies(7)[0].contains("## Infrastructure would change: `development`\n"),
        "{:?}",
        hub.bodies(7)
    );
    assert_eq!(project.history().unwrap().iter().filter(|one| one.changed).count(), 0);

    let (jobs, outputs, job) = react(&hub, &project, &json!({}), "CLOUDFLARE_API_TOKEN");
    assert_eq!((jobs, job.failed), (vec!["run".to_owned()], false), "{}", job.log);
    assert_eq!(outputs["changed"], "true");
    let ids: Json = serde_json::from_str(&outputs["ids"]).unwrap();
    assert_eq!(ids["kv"]["app-A"].as_str().map(str::len), Some(32), "{ids}");

    for event in ["schedule", "pull_request_target", "issue_comment"] {
        let (jobs, _, _) = react(&hub, &project, &json!({ "event_name": event }), "CLOUDFLARE_API_TOKEN");
        assert_eq!(jobs, Vec::<String>::new(), "{event}");
    }
}

#[test]
fn a_fork_gets_a_check_and_no_comment() {
    let (hub, project) = (Hub::start(), project());
    let (jobs, _, job) = react(&hub, &project, &pull_request("7", "mallory/x"), "ANOTHER");
    assert_eq!((jobs, job.failed), (vec!["plan".to_owned()], false), "{}", job.log);
    assert!(job.log.contains("\nchecked 1 recipe: no errors\n"), "{}", job.log);
    assert_eq!((hub.bodies(7).len(), project.history().unwrap().len()), (0, 0));
}

#[test]
fn each_environment_has_a_queue_that_no_plan_is_in() {
    let workflow = workflow();
    let group = |job: &str, number: &str, given: &[(&str, &str)]| {
        let context = json!({ "github": pull_request(number, REPOSITORY), "inputs": inputs(given) });
        evaluated(workflow["jobs"][job]["concurrency"]["group"].as_str().unwrap(), &context)
    };
    let (staging, production) = ([("environment", "staging")], [("environment", "production")]);
    let shop = [("environment", "staging"), ("directory", "apps/shop")];
    let groups = [
        group("run", "7", &staging),
        group("run", "7", &production),
        group("run", "7", &shop),
        group("plan", "7", &staging),
        group("plan", "8", &staging),
        group("plan", "7", &production),
    ];
    let different: std::collections::BTreeSet<&String> = groups.iter().collect();
    assert_eq!(different.len(), groups.len(), "{groups:?}");
    assert_eq!(group("run", "7", &staging), group("run", "8", &staging), "pushes wait for each other");
    let stops = |job: &str| workflow["jobs"][job]["concurrency"]["cancel-in-progress"].clone();
    assert_eq!((stops("run"), stops("plan")), (json!("false"), json!("true")));
    assert_eq!(workflow["jobs"]["run"]["environment"], "${{ inputs.environment }}");
}
