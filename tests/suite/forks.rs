//! Pull requests that get no secrets: their recipes are checked in place of a plan, and nothing runs with what they lack.

use super::hub::{Hub, REPOSITORY, TOKEN};
use super::project::{PLAIN, Project};
use super::runner;
use super::workflow_job::{Job, Map};
use serde_json::json;

const NOTICE: &str = "This pull request is from a fork or from Dependabot and gets no secrets: the recipes are checked, and no \
                      plan is made.";

fn project() -> Project {
    Project::new(PLAIN).recipe("kv::ensure(\"app-A\");\n").served()
}

/// A pull request from a repository, of an actor, with these inputs; a token only where one is among them.
fn act<'a>(
    hub: &Hub,
    project: &'a Project,
    (event, from, actor): (&str, &str, &str),
    inputs: &[(&str, &str)],
) -> (bool, Map, Job<'a>) {
    let event = json!({
        "event_name": event,
        "ref_name": "7/merge",
        "token": TOKEN,
        "event": { "pull_request": { "number": "7", "head": { "repo": { "full_name": from } } } },
    });
    let mut job = Job::new(project, &event).with_credentials("TOKEN", "ID");
    job.environment.insert("GITHUB_API_URL".into(), hub.url.clone());
    job.environment.insert("GITHUB_ACTOR".into(), actor.to_owned());
    let mut with = json!({ "command": "plan", "environment": "dev", "account-id": "${{ vars.ID }}" });
    for (name, value) in inputs {
        with[name] = json!(value);
    }
    let (done, outputs) = job.action(&json!({ "with": with }));
    (done, outputs, job)
}

fn said(job: &Job) -> Vec<(String, String)> {
    let commands = runner::commands(&job.log).into_iter();
    commands.filter(|one| one.name != "add-mask").map(|one| (one.name, one.data)).collect()
}

#[test]
fn a_fork_and_dependabot_get_a_check() {
    // A fork that is gone has no name.
    let cases = [("mallory/jobmatch-ai", "mallory"), ("", "mallory"), (REPOSITORY, "dependabot[bot]")];
    for (from, actor) in cases {
        let (hub, project) = (Hub::start(), project());
        let inputs = [
            ("recipe", "main"),
            ("plan", "plan.json"),
            ("report", "report.json"),
            ("arguments", "--exit-code\n--set\nvars.a=b\n--set=vars.c=d\n--only\nx"),
        ];
        let (done, outputs, job) = act(&hub, &project, ("pull_request", from, actor), &inputs);
        assert!(done, "{from}: {}", job.log);
        assert!(job.log.contains("checked 1 recipe: no errors\n"), "{from}: {}", job.log);
        assert_eq!(said(&job), [("notice".to_owned(), NOTICE.to_owned())]);
        assert_eq!(job.summaries.concat(), format!("{NOTICE}\n"));
        assert_eq!((outputs["exit"].as_str(), outputs["comment"].as_str()), ("", ""));
        assert_eq!(project.history().unwrap().len(), 0);
        assert_eq!(hub.state().requests, Vec::<String>::new(), "its token may not write");
    }
}

#[test]
fn a_mistake_of_a_fork_is_found_by_the_check() {
    let project = project();
    project.write("recipes/main.rhai", "kv::ensure(\"app-A\").nope();\n");
    let (done, _, job) = act(&Hub::start(), &project, ("pull_request", "mallory/x", "mallory"), &[]);
    assert!(!done, "{}", job.log);
    assert!(job.log.contains("recipes/main.rhai"), "{}", job.log);
}

#[test]
fn what_has_a_token_or_needs_none_is_planned() {
    let fork = ("pull_request", "mallory/jobmatch-ai", "mallory");
    let project = project();
    for inputs in [&[("api-token", "${{ secrets.TOKEN }}")][..], &[("arguments", "--local")]] {
        let hub = Hub::start();
        let (done, outputs, job) = act(&hub, &project, fork, &[&[("recipe", "main")][..], inputs].concat());
        assert!(done, "{inputs:?}: {}", job.log);
        assert_eq!((outputs["exit"].as_str(), hub.bodies(7).len()), ("0", 1), "{inputs:?}");
    }
}

/// A secret that somebody forgot is a mistake, not a reason for less.
#[test]
fn without_a_token_nobody_else_gets_less_than_was_asked_for() {
    let none = "no credentials\nhint: ";
    let own = ("pull_request", REPOSITORY, "alice");
    let fork = ("pull_request", "mallory/jobmatch-ai", "mallory");
    for (who, command) in [(own, "plan"), (fork, "run"), (fork, "destroy"), (("push", "", "alice"), "plan")] {
        let project = project();
        let inputs = [("command", command), ("recipe", "main")];
        let (done, _, job) = act(&Hub::start(), &project, who, &inputs);
        assert!(!done, "{who:?} {command}: {}", job.log);
        assert!(said(&job).iter().any(|(_, data)| data.starts_with(none)), "{who:?} {command}: {}", job.log);
    }
}

#[test]
fn files_of_a_fork_never_run_with_secrets() {
    let project = project();
    let target = ("pull_request_target", "mallory/jobmatch-ai", "mallory");
    let inputs = [("recipe", "main"), ("api-token", "${{ secrets.TOKEN }}")];
    for command in ["plan", "run"] {
        let hub = Hub::start();
        let (done, _, job) = act(&hub, &project, target, &[&inputs[..], &[("command", command)]].concat());
        assert!(!done, "{}", job.log);
        assert!(
            said(&job)[0].1.starts_with("no credentials are used in a `pull_request_target` run"),
            "{}",
            job.log
        );
        assert_eq!((project.history().unwrap().len(), hub.bodies(7).len()), (0, 0));
    }
}
