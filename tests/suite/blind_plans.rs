//! Plans with a token that may read little or nothing: what could not be read is named, and is not a failure.

use super::project::Project;
use super::report_schema;
use serde_json::json;
use std::time::Duration;

const PLAN: [&str; 3] = ["plan", "-e", "development"];
const READERS: [&str; 5] =
    ["Workers KV Storage Read", "Workers R2 Storage Read", "Vectorize Read", "AI Gateway Read", "D1 Read"];

fn provisioned(permissions: &[&str]) -> Project {
    let project = Project::example().served();
    project.run(&["run", "-e", "development"]).exit(0);
    let token = project.account().issue_token(permissions).unwrap();
    project.env("CLOUDFLARE_API_TOKEN", secrecy::ExposeSecret::expose_secret(&token))
}

#[test]
fn a_token_that_may_only_read_plans_all_but_what_it_may_not_query() {
    let project = Project::example().served_with(Duration::ZERO, Some(&READERS));
    let report = project.report(&PLAN);
    report_schema::holds(&report);
    assert_eq!((&report["exit"], &report["complete"]), (&json!(0), &json!(true)), "{report:#}");
    assert_eq!(report["summary"]["create"], 12);
    let project = provisioned(&READERS);
    for environment in ["development", "production"] {
        let plan = ["plan", "-e", environment];
        let report = project.report(&plan);
        report_schema::holds(&report);
        assert_eq!(report["exit"], json!(0), "{report:#}");
        project.run(&plan).exit(0);
    }
    let report = project.report(&PLAN);
    assert_eq!((&report["complete"], &report["error"]), (&json!(false), &json!(null)), "{report:#}");
    assert_eq!((&report["summary"]["none"], &report["summary"]["skipped"]), (&json!(11), &json!(1)));
    let output = project.run(&PLAN).exit(0);
    output.kept("a token that may only read plans all but what it may not query");
}

/// A job that looks for drift must not pass because its token has lost a permission.
#[test]
fn whether_there_are_differences_is_not_known_where_not_all_was_seen() {
    let project = provisioned(&READERS);
    let counted = [&PLAN[..], &["--exit-code"]].concat();
    project.run(&counted).exit(1).kept("whether there are differences is not known where not all was seen");
    // A difference that was seen is one, whatever was not.
    let project = Project::example().served_with(Duration::ZERO, Some(&READERS[..2]));
    project
        .run(&counted)
        .exit(3)
        .kept("whether there are differences is not known where not all was seen, 2");
}

#[test]
fn a_token_that_may_see_some_services_plans_those() {
    let project = Project::example().served_with(Duration::ZERO, Some(&READERS[..2]));
    let output = project.run(&["plan", "-e", "production"]).exit(0);
    output.kept("a token that may see some services plans those");
    // To run, all of it must be seen, before anything is written.
    let output = project.run(&["run", "-e", "production", "--yes"]).exit(1);
    output.kept("a token that may see some services plans those, 2");
    assert_eq!(project.account().resources().unwrap().len(), 0);
    // Nothing is applied of what was not seen.
    project.run(&["plan", "-e", "production", "--out", "plan.json"]).exit(0);
    project.run(&["apply", "plan.json", "--yes"]).exit(1).stderr(
        "error: the plan is incomplete: it ends before the recipe does\n\
         hint: `larder plan provision -e production` says where, and why\n\
         exit 1: nothing was changed\n",
    );
}

#[test]
fn a_token_that_may_see_nothing_makes_no_plan() {
    let project = Project::example().served_with(Duration::ZERO, Some(&["Queues Read"]));
    project.run(&PLAN).exit(1).kept("a token that may see nothing makes no plan");
    let project = project.env("CLOUDFLARE_API_TOKEN", "nobody-knows-this-token");
    project.run(&PLAN).exit(1).kept("a token that may see nothing makes no plan, 2");
}
