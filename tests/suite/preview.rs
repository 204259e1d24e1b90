//! The example's workflow for pull requests, run as the runner would: what it makes for one, and that it takes all of it
//! away again.

use super::project::Project;
use super::runner;
use super::workflow_file::{holds, yaml};
use super::workflow_job::Job;
use serde_json::{Value as Json, json};

/// A name of a branch as somebody can choose it who wants the workflow to do something else.
const HOSTILE: &str = "main\";$(touch${IFS}pwned);`touch${IFS}pwned`;%0A::error::pwned";

fn workflow() -> Json {
    yaml("examples/jobmatch-ai/.github/workflows/preview.yml")
}

fn event(action: &str, number: &str, repository: &str) -> Json {
    json!({
        "event_name": "pull_request",
        "ref_name": format!("{number}/merge"),
        "head_ref": HOSTILE,
        "event": {
            "action": action,
            "pull_request": { "number": number, "head": { "repo": { "full_name": repository } } },
        },
    })
}

/// The same of a pull request that Dependabot has opened in the repository itself.
fn of_dependabot(action: &str) -> Json {
    let mut event = event(action, "7", "acme/jobmatch-ai");
    event["event"]["pull_request"]["user"] = json!({ "login": "dependabot[bot]" });
    event
}

/// Runs what an event asks for; gives the names of its jobs, and the last of them.
fn react<'a>(project: &'a Project, event: &Json) -> (Vec<String>, Job<'a>) {
    let mut job = Job::new(project, event).with_credentials("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID");
    let mut names = Vec::new();
    for (name, described) in workflow()["jobs"].as_object().unwrap() {
        if holds(described["if"].as_str().unwrap(), &job.context) {
            names.push(name.clone());
            assert_eq!(described["environment"], "preview");
            job.steps(&described["steps"]);
            assert!(job.steps.iter().all(|(_, ended)| *ended == "done"), "{:?}: {}", job.steps, job.log);
        }
    }
    (names, job)
}

/// The name of every resource of the account.
fn names(project: &Project) -> Vec<String> {
    let listings = [
        ("/d1/database", "name"),
        ("/storage/kv/namespaces", "title"),
        ("/vectorize/v2/indexes", "name"),
        ("/ai-gateway/gateways", "id"),
    ];
    let text = |listed: &Json, field: &str| -> Vec<String> {
        listed.as_array().unwrap().iter().map(|one| one[field].as_str().unwrap().to_owned()).collect()
    };
    let mut names: Vec<String> = listings
        .iter()
        .flat_map(|(path, field)| text(&project.api("GET", path, &Json::Null), field))
        .collect();
    names.extend(text(&project.api("GET", "/r2/buckets", &Json::Null)["buckets"], "name"));
    names.sort();
    names
}

fn writes(project: &Project) -> usize {
    project.history().unwrap().iter().filter(|one| one.changed).count()
}

#[test]
fn it_runs_on_pull_requests_where_a_fork_has_no_secrets() {
    let on = &workflow()["on"];
    assert_eq!(on, &json!({ "pull_request": { "types": ["opened", "reopened", "synchronize", "closed"] } }));
}

#[test]
fn a_pull_request_gets_an_environment_that_goes_with_it() {
    let project = Project::example().served();
    let repository = "acme/jobmatch-ai";
    let (jobs, job) = react(&project, &event("opened", "7", repository));
    assert_eq!(jobs, ["provision"]);
    let made = names(&project);
    let (gateway, own): (Vec<&String>, Vec<&String>) =
        made.iter().partition(|name| *name == "jobmatch-ai-gateway-dev");
    assert_eq!((gateway.len(), own.len()), (1, 11), "{made:?}");
    assert!(own.iter().all(|name| name.starts_with("jobmatch-ai-pre-pr-7")), "{made:?}");
    let commands = runner::commands(&job.log);
    assert!(commands.iter().all(|command| command.name == "add-mask"), "{commands:?}");
    assert!(job.summaries[2].starts_with("## Infrastructure ready: `preview`\n"), "{}", job.summaries[2]);
    assert!(!project.path().join("pwned").exists());

    let before = writes(&project);
    react(&project, &event("synchronize", "7", repository));
    assert_eq!((writes(&project), names(&project)), (before, made.clone()));

    react(&project, &event("opened", "8", repository));
    let eighth = |name: &&String| name.starts_with("jobmatch-ai-pre-pr-8");
    assert_eq!(names(&project).iter().filter(eighth).count(), 11);

    let database = project.api("GET", "/d1/database/jobmatch-ai-pre-pr-7-db", &Json::Null);
    let path = format!("/d1/database/{}/query", database["uuid"].as_str().unwrap());
    let sql = "INSERT INTO users (id, email, name) VALUES ('a', 'a@example.org', 'A')";
    project.api("POST", &path, &json!({ "sql": sql }));
    let (jobs, job) = react(&project, &event("closed", "7", repository));
    assert_eq!(jobs, ["destroy"]);
    let left: Vec<String> = names(&project);
    assert_eq!(left.len(), 12, "{left:?}");
    assert!(
        left.iter().filter(|name| *name != "jobmatch-ai-gateway-dev").all(|name| eighth(&name)),
        "{left:?}"
    );
    let title = "## Infrastructure removed: `preview`\n";
    assert!(job.summaries[2].starts_with(title), "{}", job.summaries[2]);

    let before = writes(&project);
    react(&project, &event("closed", "7", repository));
    assert_eq!(writes(&project), before, "what is gone is fine");
}

/// A `gh` that answers with these open pull requests, on the `PATH` of a job.
fn with_gh(project: Project, script: &str) -> Project {
    let project = project.file("tools/gh", &format!("#!/bin/sh\n{script}\n"));
    let runnable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(project.path().join("tools/gh"), runnable).unwrap();
    project
}

/// Runs the nightly job; whether it was done, and what it said.
fn sweep(project: &Project) -> (bool, String) {
    sweep_with(project, json!({}))
}

/// The same with inputs that a person has given.
fn sweep_with(project: &Project, inputs: Json) -> (bool, String) {
    let described = yaml("examples/jobmatch-ai/.github/workflows/sweep.yml")["jobs"]["sweep"].clone();
    assert_eq!(described["environment"], "preview");
    let event = json!({ "event_name": "schedule", "ref_name": "main" });
    let mut job = Job::new(project, &event).with_credentials("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID");
    job.context["inputs"] = inputs;
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", project.path().join("tools").display());
    job.environment.insert("PATH".into(), path);
    job.steps(&described["steps"]);
    (!job.failed, job.log)
}

#[test]
fn each_night_what_closed_pull_requests_have_left_is_swept() {
    let open = r#"[ "$*" = "pr list --state open --limit 1000 --json number --jq .[] | \"pr-\(.number)\"" ] || exit 9
[ -n "$GH_TOKEN" ] && [ "$GH_REPO" = acme/jobmatch-ai ] || exit 9
echo pr-8"#;
    let project = with_gh(Project::example().served(), open);
    for number in ["7", "8", "9"] {
        react(&project, &event("opened", number, "acme/jobmatch-ai"));
    }
    // One was closed as it should be; the job of another has failed.
    react(&project, &event("closed", "9", "acme/jobmatch-ai"));
    assert_eq!(names(&project).len(), 1 + 2 * 11);
    let (done, log) = sweep(&project);
    assert!(done, "{log}");
    let left = names(&project);
    let is_kept =
        |name: &&String| name.starts_with("jobmatch-ai-pre-pr-8") || *name == "jobmatch-ai-gateway-dev";
    assert_eq!((left.len(), left.iter().filter(is_kept).count()), (12, 12), "{left:?}");
    let before = writes(&project);
    assert!(sweep(&project).0);
    assert_eq!(writes(&project), before, "what is gone is fine");
}

#[test]
fn what_holds_data_is_swept_by_hand_alone() {
    let project = with_gh(Project::example().served(), "echo pr-8");
    react(&project, &event("opened", "7", "acme/jobmatch-ai"));
    let database = project.api("GET", "/d1/database/jobmatch-ai-pre-pr-7-db", &Json::Null);
    let path = format!("/d1/database/{}/query", database["uuid"].as_str().unwrap());
    let sql = "INSERT INTO users (id, email, name) VALUES ('a', 'a@example.org', 'A')";
    project.api("POST", &path, &json!({ "sql": sql }));
    let before = (writes(&project), names(&project));
    let (done, log) = sweep(&project);
    assert!(!done && log.contains("`jobmatch-ai-pre-pr-7-db` holds data"), "{log}");
    assert_eq!((writes(&project), names(&project)), before);
    let (done, log) = sweep_with(&project, json!({ "with-data": "true" }));
    assert!(done, "{log}");
    assert_eq!(names(&project), ["jobmatch-ai-gateway-dev"]);
}

#[test]
fn a_list_of_pull_requests_that_fails_sweeps_nothing() {
    for script in ["echo pr-8; exit 1", "exit 1", "seq 1 1000 | sed s/^/pr-/"] {
        let project = with_gh(Project::example().served(), script);
        react(&project, &event("opened", "7", "acme/jobmatch-ai"));
        let before = writes(&project);
        assert!(!sweep(&project).0, "{script}");
        assert_eq!(writes(&project), before, "{script}");
    }
}

#[test]
fn a_pull_request_that_gets_no_secrets_runs_nothing() {
    let project = Project::example().served();
    for action in ["opened", "synchronize", "closed"] {
        for event in [event(action, "7", "mallory/jobmatch-ai"), of_dependabot(action)] {
            assert_eq!(react(&project, &event).0, Vec::<String>::new());
        }
    }
    assert_eq!(project.history().unwrap().len(), 0);
}
