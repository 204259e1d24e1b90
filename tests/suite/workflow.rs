//! The provision job of the example's workflow, run step by step as the runner would.

use super::project::{Project, filtered};
use super::runner;
use super::workflow_file::{evaluated, yaml};
use super::workflow_job::{Job, Map, map};
use larder::system::files;
use serde_json::{Value as Json, json};

/// Runs the provision job for a push to a branch.
fn provision<'a>(project: &'a Project, branch: &str) -> (Job<'a>, Map) {
    let workflow = yaml("examples/jobmatch-ai/.github/workflows/cloudflare-deploy.yml");
    let event = json!({ "ref_name": branch });
    let mut job = Job::new(project, &event).with_credentials("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID");
    let described = &workflow["jobs"]["provision"];
    assert_eq!(described["timeout-minutes"], "10");
    assert_eq!(described["needs"], "tests");
    let environment = evaluated(described["environment"].as_str().unwrap(), &job.context);
    job.steps(&described["steps"]);
    let mut outputs = map(&described["outputs"], &job.context);
    outputs.insert("(environment of the job)".into(), environment);
    (job, outputs)
}

/// How each step ended.
fn ended(job: &Job) -> Vec<&'static str> {
    let names: Vec<&str> = job.steps.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "Check out",
        "Provision",
        "Write the ids into the Worker's config",
        "Keep the Worker's config",
        "Keep the report",
    ];
    assert_eq!(names, expected);
    job.steps.iter().map(|(_, end)| *end).collect()
}

fn of_action(job: &Job, name: &str) -> String {
    job.context["steps"]["larder"]["outputs"][name].as_str().unwrap().to_owned()
}

#[test]
fn the_provision_job_makes_everything_and_a_second_one_nothing() {
    let project = Project::example().served();
    let (job, outputs) = provision(&project, "develop");
    assert_eq!(ended(&job), ["done"; 5], "{}", job.log);
    let id = |path: &str, name: &str, field: &str| -> String {
        let listed = project.api("GET", path, &Json::Null);
        let found = listed.as_array().unwrap().iter().find(|one| one[field] == name).unwrap();
        found.get("uuid").or(found.get("id")).unwrap().as_str().unwrap().to_owned()
    };
    let ids: Json = serde_json::from_str(&outputs["ids"]).unwrap();
    let database = id("/d1/database", "jobmatch-ai-dev-db", "name");
    let sessions = id("/storage/kv/namespaces", "SESSIONS", "title");
    assert_eq!((&ids["d1"]["db"], &ids["kv"]["SESSIONS"]), (&json!(database), &json!(sessions)));
    assert_eq!(
        ids.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["ai_gateway", "d1", "kv", "r2", "vectorize"]
    );
    let told = ["environment", "changed", "(environment of the job)"].map(|name| outputs[name].as_str());
    assert_eq!(told, ["development", "true", "development"]);
    assert_eq!((of_action(&job, "exit"), of_action(&job, "outputs")), ("0".to_owned(), "{}".to_owned()));
    let reports = of_action(&job, "report");
    let reports: Vec<&str> = reports.lines().map(|path| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(reports, ["larder-report.json", "larder-report.html"]);
    let config = files::read_text(&project.path().join("workers/wrangler.toml"), 1 << 20).unwrap();
    assert!(config.contains(&format!("database_id = \"{database}\"")), "{config}");
    let names: Vec<String> = runner::commands(&job.log).into_iter().map(|command| command.name).collect();
    assert_eq!(names, ["add-mask", "add-mask"], "{}", job.log);
    assert!(job.log.contains("12 created, 6 migrations applied in "), "{}", job.log);
    // The first script installs, the second provisions, the third shows what came of it, the fourth writes ids.
    let title = "## Infrastructure ready: `development`\n";
    assert!(job.summaries[1].is_empty() && job.summaries[2].starts_with(title), "{}", job.summaries[2]);

    let writes = |project: &Project| project.history().unwrap().iter().filter(|one| one.changed).count();
    let before = writes(&project);
    let (job, outputs) = provision(&project, "develop");
    assert_eq!(ended(&job), ["done"; 5], "{}", job.log);
    assert_eq!(writes(&project), before);
    assert_eq!(
        (outputs["changed"].as_str(), serde_json::from_str::<Json>(&outputs["ids"]).unwrap()),
        ("false", ids)
    );
    let page = filtered(&job.summaries[2], project.path());
    let (page, _) = page.split_once("\n- ✅ ").unwrap();
    assert_eq!(
        page,
        "## Infrastructure ready: `development`\n\n|  |  |\n|---|---|\n| Branch | `develop` |\n\
         | Commit | [0123456](https://github.com/acme/jobmatch-ai/commit/0123456789abcdef0123456789abcdef01234567) |\n\
         | Recipe | `provision` |\n| Account | account 0123\\.\\.\\.cdef |\n| Result | 12 unchanged, in [TIME] |\n"
    );
}

#[test]
fn a_migration_that_fails_stops_the_provision_job_at_its_line() {
    let project = Project::example().served();
    let (job, _) = provision(&project, "develop");
    assert!(!job.failed, "{}", job.log);
    project.write(
        "workers/migrations/0007_salary.sql",
        "ALTER TABLE jobs ADD COLUMN bonus;\n\nUPDATE job SET bonus = 0;\n",
    );
    let (job, outputs) = provision(&project, "develop");
    assert_eq!(ended(&job), ["done", "failed", "skipped", "skipped", "done"]);
    assert_eq!((outputs["changed"].as_str(), of_action(&job, "exit").as_str()), ("false", "1"));
    let commands = runner::commands(&job.log);
    assert_eq!(commands.len(), 2, "{}", job.log);
    assert_eq!(commands[0].name, "add-mask");
    let expected = [
        ("file", "workers/migrations/0007_salary.sql"),
        ("line", "3"),
        ("col", "1"),
        ("title", "d1::migrate jobmatch-ai-dev-db"),
    ];
    let expected: Map = expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    assert_eq!((commands[1].name.as_str(), &commands[1].properties), ("error", &expected));
    assert_eq!(
        commands[1].data,
        "`UPDATE job SET bonus = 0` fails: no such table: job\nhint: nothing was sent: correct the file and run again"
    );
    let page = filtered(&job.summaries[2], project.path());
    let (_, failures) = page.split_once("\n\n> ").unwrap();
    let (failures, _) = failures.split_once("\n\n- ").unwrap();
    assert_eq!(
        failures,
        "❌ **D1 databases**: `0007_salary.sql` was not applied to `jobmatch-ai-dev-db`\n>\n\
         > `workers/migrations/0007_salary.sql:3:1`: `UPDATE job SET bonus = 0` fails\\: no such table\\: job\n>\n\
         > To mend it: nothing was sent\\: correct the file and run again"
    );
}

#[test]
fn the_branch_decides_where_a_push_goes_and_nobody_else_does() {
    let workflow = yaml("examples/jobmatch-ai/.github/workflows/cloudflare-deploy.yml");
    let environment = workflow["jobs"]["provision"]["environment"].as_str().unwrap();
    let of = |branch: &str, asked: &str| {
        evaluated(environment, &json!({"github": {"ref_name": branch}, "inputs": {"environment": asked}}))
    };
    let named = [of("develop", ""), of("staging", ""), of("main", ""), of("develop", "production")];
    assert_eq!(named, ["development", "staging", "production", "production"]);
    for job in ["backend", "frontend"] {
        assert_eq!(workflow["jobs"][job]["needs"], "provision");
    }
}
