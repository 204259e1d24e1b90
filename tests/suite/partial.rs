//! `--only` and `--skip`: a run of some steps.

use super::project::{Project, ops};
use serde_json::json;

const CONFIG: &str = "app = \"shop\"\n[environments.dev]\n";

const RECIPE: &str = r#"
let made = steps([["kv", "r2"], "d1"], #{
    kv: || kv::ensure(name("kv", "CACHE")),
    r2: || r2::ensure(name("r2", "files")),
    d1: || { step("inner", || d1::ensure(name("d1", "db"))); },
});
step("last", || { kv::ensure(name("kv", "LAST")); });
"#;

fn shop() -> Project {
    Project::new(CONFIG).recipe(RECIPE).served()
}

fn names(project: &Project) -> Vec<String> {
    let resources = project.account().resources().unwrap();
    let mut names: Vec<String> = resources.into_iter().map(|(_, resource)| resource.name).collect();
    names.sort();
    names
}

#[test]
fn only_the_named_steps_are_taken_and_the_rest_is_listed() {
    let project = shop();
    project.run(&["run", "main", "-e", "dev", "--only", "r2", "--only", "last"]).exit(0).says(
        "main -> dev (account 0123...cdef)\n\n\
         r2                                           [TIME]\n  \
           + shop-dev-files                created\n\
         d1                                           skipped\n\
         kv                                           skipped\n\
         last                                         [TIME]\n  \
           + kv shop-dev-LAST              created    [ID]\n\
         2 created in [TIME] ([N] reads, 2 writes)\n",
        "",
    );
    assert_eq!(names(&project), ["shop-dev-LAST", "shop-dev-files"]);
    let planned = project.report(&["plan", "main", "-e", "dev", "--skip", "kv", "--skip", "inner"]);
    let steps: Vec<_> =
        planned["steps"].as_array().unwrap().iter().map(|step| (&step["name"], &step["status"])).collect();
    let expected = [("r2", "ok"), ("inner", "skipped"), ("d1", "ok"), ("kv", "skipped"), ("last", "ok")];
    let mut found: Vec<_> =
        steps.iter().map(|(name, status)| (name.as_str().unwrap(), status.as_str().unwrap())).collect();
    found.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(ops(&planned).len(), 2);
    let gone = project.report(&["destroy", "main", "-e", "dev", "--only", "last", "--yes"]);
    assert_eq!((&gone["exit"], &gone["summary"]["delete"]), (&json!(0), &json!(1)));
    assert_eq!(names(&project), ["shop-dev-files"]);
}

#[test]
fn a_name_of_no_step_ends_the_run_before_it_begins() {
    let project = shop();
    for command in ["run", "plan", "destroy"] {
        let refused = project.run(&[command, "main", "-e", "dev", "--yes", "--skip", "lats"]).exit(2);
        refused.kept(&format!("a name of no step ends the run before it begins: {command}"));
    }
    project
        .run(&["run", "main", "-e", "dev", "--only", "inner", "--only", "d1"])
        .exit(2)
        .kept("a name of no step ends the run before it begins, 2");
    assert_eq!(names(&project), Vec::<String>::new());
}

#[test]
fn a_step_that_needs_one_that_is_left_out_ends_the_run_before_it_begins() {
    let project = Project::new(CONFIG)
        .recipe(
            "step(\"first\", || { kv::ensure(\"shop-A\"); });\nlet ns = step(\"space\", || kv::ensure(\"shop-B\"));\n\
             step(\"fill\", || { ns.put(\"a\", \"1\"); });\n",
        )
        .served();
    let refused = project.run(&["run", "main", "-e", "dev", "--skip", "space"]).exit(1);
    refused.kept("a step that needs one that is left out ends the run before it begins");
    assert_eq!(names(&project), Vec::<String>::new());
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    project.run(&["run", "main", "-e", "dev", "--skip", "fill", "--skip", "space"]).exit(0);
}
