//! Resources that another environment or branch names are kept by `destroy` and `sweep`, however its recipe makes
//! the name.

use super::project::Project;
use serde_json::json;

const TWO: &str = "app = \"shop\"\n[environments.staging]\n[environments.production]\nprotected = true\n";

const PREVIEW: &str = "app = \"shop\"\n[d1.databases.db]\n[environments.production]\nalias = \"prod\"\n\
    [environments.preview]\nalias = \"pre\"\nnaming = { template = \"{app}-{env}-{branch}-{name}\" }\n";

fn namespace(project: &Project, title: &str) {
    project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
}

fn database(project: &Project, name: &str) {
    project.api("POST", "/d1/database", &json!({ "name": name }));
}

/// What is left in the account, by name.
fn names(project: &Project) -> Vec<String> {
    let resources = project.account().resources().unwrap();
    let mut names: Vec<String> = resources.into_iter().map(|(_, resource)| resource.name).collect();
    names.sort();
    names
}

fn destroy_staging<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["destroy", "main", "-e", "staging", "--yes"], more].concat()
}

#[test]
fn a_literal_that_two_environments_name_is_shared() {
    let project = Project::new(TWO)
        .recipe("kv::ensure(\"shop-literal\");\nkv::ensure(`shop-${env::name}`);\n")
        .served();
    project.run(&["run", "main", "-e", "staging"]).exit(0);
    project.run(&destroy_staging(&[])).exit(0).says(
        "destroy of main -> staging (account 0123...cdef)\n\n\
         (outside every step)                         [TIME]\n  \
           - kv shop-staging               deleted\n  \
           . kv shop-literal (shared)      skipped    shared with production: `--with-shared shop-literal`\n\
         1 deleted, 1 skipped in [TIME] ([N] reads, 1 write)\n",
        "(outside every step)                         [TIME]\n  \
           - kv shop-staging               to delete\n  \
           . kv shop-literal (shared)      skipped    shared with production: `--with-shared shop-literal`\n",
    );
    assert_eq!(names(&project), ["shop-literal"]);
    project.run(&destroy_staging(&["--with-shared", "shop-literal"])).exit(0);
    assert_eq!(names(&project), Vec::<String>::new());
}

#[test]
fn what_another_environment_names_under_a_condition_is_shared() {
    let recipe = "kv::ensure(\"shop-a\");\nif env::name == \"production\" { kv::ensure(\"shop-b\"); }\n\
        if env::name == \"staging\" { kv::ensure(\"shop-b\"); kv::ensure(\"shop-c\"); }\n";
    let project = Project::new(TWO).recipe(recipe).served();
    project.run(&["run", "main", "-e", "staging"]).exit(0);
    project
        .run(&destroy_staging(&[]))
        .exit(0)
        .kept("what another environment names under a condition is shared");
    assert_eq!(names(&project), ["shop-a", "shop-b"]);
}

#[test]
fn what_a_real_name_of_the_recipe_gives_is_shared() {
    let recipe = "fn real_name(kind, logical, env) { if logical == \"OWN\" { `shop-${env.name}` } else { `shop-${logical}` } }\n\
        kv::ensure(name(\"kv\", \"OWN\"));\n\
        if env::name == \"staging\" { kv::ensure(\"shop-LATE\"); } else { kv::ensure(name(\"kv\", \"LATE\")); }\n";
    let project = Project::new(TWO).recipe(recipe).served();
    project.run(&["run", "main", "-e", "staging"]).exit(0);
    project.run(&destroy_staging(&[])).exit(0).kept("what a real name of the recipe gives is shared");
    assert_eq!(names(&project), ["shop-LATE"]);
}

#[test]
fn an_environment_that_cannot_be_asked_is_said() {
    let recipe = "kv::ensure(\"shop-literal\");\nif env::name == \"production\" { secret::env(\"NOWHERE\"); }\n\
        kv::ensure(`shop-late`);\n";
    let config = format!("secret_env = [\"NOWHERE\"]\n{TWO}");
    let project = Project::new(&config).recipe(recipe).served();
    project.run(&["run", "main", "-e", "staging"]).exit(0);
    let done = project.run(&destroy_staging(&[])).exit(0);
    done.kept("an environment that cannot be asked is said");
    assert_eq!(names(&project), ["shop-literal"]);
}

#[test]
fn an_environment_in_another_account_names_nothing_here() {
    let config = TWO.replace("protected = true", &format!("account_id = \"{}\"", "f".repeat(32)));
    let project = Project::new(&config).recipe("kv::ensure(\"shop-literal\");\n").served();
    project.run(&["run", "main", "-e", "staging"]).exit(0);
    project.run(&destroy_staging(&[])).exit(0).kept("an environment in another account names nothing here");
}

#[test]
fn what_every_branch_names_is_shared_with_the_others() {
    let project = Project::new(PREVIEW)
        .recipe("kv::ensure(\"shop-literal\");\nkv::ensure(`shop-${env::branch}-own`);\n")
        .served();
    for branch in ["a", "b"] {
        project.run(&["run", "main", "-e", "preview", "--set", &format!("branch={branch}")]).exit(0);
    }
    let config = PREVIEW.replace("[environments.production]\nalias = \"prod\"\n", "");
    project.write("larder.toml", &config);
    let destroy = ["destroy", "main", "-e", "preview", "--set", "branch=a", "--yes"];
    project.run(&destroy).exit(0).kept("what every branch names is shared with the others");
    assert_eq!(names(&project), ["shop-b-own", "shop-literal"]);
}

#[test]
fn what_another_branch_could_be_called_stays() {
    let config = "app = \"shop\"\n[kv]\nnamespaces = [\"sessions\", \"b-sessions\"]\n[environments.preview]\n\
        alias = \"pre\"\nnaming = { template = \"{app}-{env}-{branch}-{name}\" }\n";
    let project = Project::new(config).served();
    let run =
        |branch: &str| project.run(&["run", "-e", "preview", "--set", &format!("branch={branch}")]).exit(0);
    let warning = "two branches can have one kv resource: `shop-pre-a-b-sessions` is `sessions` of the branch `a-b` of \
        `preview`, and `b-sessions` of the branch `a` of `preview`";
    run("a").kept("what another branch could be called stays: a");
    run("a-b").kept("what another branch could be called stays: a-b");
    let plan = project.run(&["plan", "-e", "preview", "--set", "branch=a"]).exit(0);
    plan.kept("what another branch could be called stays: the plan");
    let checked = project.run(&["check"]);
    assert_eq!(checked.stderr.matches(warning).count() + checked.stdout.matches(warning).count(), 1);
    let destroy = ["destroy", "-e", "preview", "--set", "branch=a-b", "--yes", "--with-data"];
    project.run(&destroy).exit(0).kept("what another branch could be called stays");
    // `b-sessions` of `a-b` could be `sessions` of `a-b-b`.
    let left = ["shop-pre-a-b-b-sessions", "shop-pre-a-b-sessions", "shop-pre-a-sessions"];
    assert_eq!(names(&project), left);
    project.run(&[&destroy[..], &["--with-shared", "shop-pre-a-b-sessions"]].concat()).exit(0);
    assert_eq!(names(&project), ["shop-pre-a-b-b-sessions", "shop-pre-a-sessions"]);
}

#[test]
fn what_a_branch_of_another_environment_could_be_called_stays() {
    let config = "app = \"shop\"\n[kv]\nnamespaces = [\"db\"]\n[environments.preview]\nalias = \"pre\"\n\
        naming = { template = \"{app}-{env}-{branch}-{name}\" }\n[environments.live]\nprotected = true\n\
        naming = { template = \"{app}-{branch}-{env}-{name}\" }\n";
    let project = Project::new(config).served();
    namespace(&project, "shop-pre-x-live-db");
    let destroy = ["destroy", "-e", "preview", "--set", "branch=x-live", "--yes"];
    project.run(&destroy).exit(0).kept("what a branch of another environment could be called stays");
    assert_eq!(names(&project).len(), 1);
    project
        .run(&["plan", "-e", "preview", "--set", "branch=x"])
        .kept("what a branch of another environment could be called stays, 2");
}

#[test]
fn sweep_keeps_what_another_environment_names() {
    let project = Project::new(PREVIEW)
        .recipe(
            "d1::ensure(name(\"d1\", \"db\"));\n\
             if env::name == \"production\" { d1::ensure(\"shop-pre-old-db\"); }\n",
        )
        .served();
    database(&project, "shop-pre-old-db");
    database(&project, "shop-pre-gone-db");
    project
        .run(&["sweep", "main", "-e", "preview", "--keep", "main", "--yes"])
        .exit(0)
        .kept("sweep keeps what another environment names");
    assert_eq!(names(&project), ["shop-pre-old-db"]);
}

#[test]
fn sweep_asks_each_branch_that_is_kept() {
    let project = Project::new(PREVIEW)
        .recipe(
            "d1::ensure(name(\"d1\", \"db\"));\nr2::ensure(name(\"r2\", \"files\"));\n\
             if env::branch == \"a\" { d1::ensure(\"shop-pre-\" + env::branch + \"-x-db\"); \
             r2::ensure(name(\"r2\", \"only-a-files\")); }\n",
        )
        .served();
    project.run(&["run", "main", "-e", "preview", "--set", "branch=a"]).exit(0);
    database(&project, "shop-pre-c-db");
    let before = names(&project);
    let sweep = ["sweep", "main", "-e", "preview", "--keep", "a", "--yes"];
    project.run(&sweep).exit(0).kept("sweep asks each branch that is kept");
    let left: Vec<String> = before.into_iter().filter(|name| name != "shop-pre-c-db").collect();
    assert_eq!(names(&project), left);
}

#[test]
fn sweep_keeps_what_a_branch_that_could_not_be_asked_could_have() {
    let project = Project::new(PREVIEW)
        .recipe(
            "d1::ensure(name(\"d1\", \"db\"));\n\
             if env::branch == \"a\" { fail(\"not today\"); }\n",
        )
        .served();
    for name in ["shop-pre-a-x-db", "shop-pre-b-db"] {
        database(&project, name);
    }
    let swept = project.run(&["sweep", "main", "-e", "preview", "--keep", "a", "--yes"]).exit(0);
    swept.kept("sweep keeps what a branch that could not be asked could have");
    assert_eq!(names(&project), ["shop-pre-a-x-db"]);
}

#[test]
fn sweep_warns_of_templates_that_any_project_has() {
    let config = PREVIEW.replace("{app}-{env}-{branch}-{name}", "{env}-{branch}-{name}");
    let project = Project::new(&config).served();
    project
        .run(&["sweep", "-e", "preview", "--keep", "main", "--yes"])
        .exit(0)
        .kept("sweep warns of templates that any project has");
}

#[test]
fn control_characters_of_the_list_are_shown_as_text() {
    let project = Project::new(PREVIEW).file("open.txt", "pr-7\rpr-8\u{1b}[2J\n").served();
    let refused = project.run(&["sweep", "-e", "preview", "--keep-file", "open.txt", "--yes"]).exit(2);
    refused.kept("control characters of the list are shown as text");
}
