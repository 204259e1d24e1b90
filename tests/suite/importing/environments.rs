//! An account that several environments share is not imported as one.

use super::nothing_to_do;
use crate::suite::project::Project;
use serde_json::json;

/// An account that several environments share, as most are.
fn shared() -> Project {
    let project = Project::empty().served();
    for title in ["SESSIONS", "staging-SESSIONS", "production-SESSIONS"] {
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
    }
    for name in ["jobmatch-ai-dev-db", "jobmatch-ai-staging-db", "jobmatch-ai-prod-db", "jobmatch-ai-pr-7-db"]
    {
        project.api("POST", "/d1/database", &json!({ "name": name }));
    }
    project
}

#[test]
fn what_several_environments_have_is_not_imported_as_one() {
    shared().run(&["import"]).exit(2).says(
        "",
        "error: the names are of several environments: `development` (1), `pr-7` (1), `production` (2), `staging` (2)\n\
         hint: `-e NAME` with one of them imports it, with what has none in its name (`--match GLOB` takes less of that); \
         `--all` takes everything as one environment\n",
    );
    let project = shared();
    let output = project.run(&["import", "-e", "staging"]).exit(0);
    let said: Vec<&str> = output.stderr.lines().filter(|line| !line.contains(" imported of ")).collect();
    assert_eq!(
        said,
        [
            "imported 2 KV namespaces, 1 D1 database",
            "not imported: kv `production-SESSIONS`: its name is of `production`: `--all` takes it",
            "not imported: d1 `jobmatch-ai-dev-db`: its name is of `development`: `--all` takes it",
            "not imported: d1 `jobmatch-ai-pr-7-db`: its name is of `pr-7`: `--all` takes it",
            "not imported: d1 `jobmatch-ai-prod-db`: its name is of `production`: `--all` takes it",
            "wrote `larder.schema.json`, `larder.toml`",
            "hint: `larder plan -e staging --exit-code` has nothing to do",
        ]
    );
    nothing_to_do(&project, &["-e", "staging"]);
    let refused = project.run(&["destroy", "-e", "staging", "--yes"]).exit(1);
    refused.kept("what several environments have is not imported as one");
    assert_eq!(project.account().resources().unwrap().len(), 7);

    let one = shared();
    one.run(&["import", "--match", "*staging*"])
        .exit(0)
        .kept("what several environments have is not imported as one, 2");
    nothing_to_do(&one, &["-e", "staging"]);
    let all = shared();
    all.run(&["import", "--all"]).exit(0).kept("what several environments have is not imported as one, 3");
    nothing_to_do(&all, &["-e", "production"]);
}
