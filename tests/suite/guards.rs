//! Guards against the wrong environment, branch or account.

use super::project::Project;
use serde_json::Value as Json;

#[test]
fn a_confirmation_names_the_environment_of_the_run() {
    let project = Project::example();
    let run = ["run", "-e", "production", "--local", "--confirm", "staging"];
    project.run(&run).exit(2).says(
        "",
        "error: `--confirm` names `staging`, the run is of `production`\nhint: `--confirm production`\n",
    );
    let empty = Project::empty().file("own.rhai", "log(1);\n");
    let nowhere = empty.run(&["run", "own.rhai", "--local", "--confirm", "production"]).exit(2);
    nowhere.says("", "error: there is no environment to confirm\nhint: leave `--confirm` out\n");
}

const CONFIG: &str = r#"
app = "shop"
[kv]
namespaces = ["CACHE"]
[environments.development]
alias = "dev"
branch = "develop"
[environments.production]
branch = "main"
protected = true
[environments.preview]
alias = "pre"
naming = { template = "{app}-{env}-{branch}-{name}" }
"#;

#[test]
fn no_environment_is_chosen_by_default() {
    let project = Project::new(CONFIG);
    let known = "`development`, `dev`, `preview`, `pre`, `production`";
    project
        .run(&["run", "--local"])
        .exit(2)
        .says("", &format!("error: no environment chosen\nhint: `--env NAME` with one of {known}\n"));
    project.run(&["destroy", "--local", "--yes"]).exit(2).stderr(
        "error: no environment chosen\n\
         hint: `--env NAME` with one of `development`, `dev`, `preview`, `pre`, `production`\n",
    );
}

/// What a job of GitHub Actions is told of itself.
fn job(event: &str, whole: &str, kind: &str, name: &str) -> Project {
    Project::new(CONFIG)
        .env("CI", "true")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", event)
        .env("GITHUB_REF", whole)
        .env("GITHUB_REF_TYPE", kind)
        .env("GITHUB_REF_NAME", name)
}

#[test]
fn in_ci_the_branch_decides_for_runs_that_nobody_from_outside_can_start() {
    for event in ["push", "schedule", "workflow_dispatch"] {
        let project = job(event, "refs/heads/develop", "branch", "develop");
        project
            .run(&["plan", "--local"])
            .exit(0)
            .kept(&format!("in ci the branch decides for runs that nobody from outside can start: {event}"));
    }
    for (project, what) in [
        (job("pull_request", "refs/pull/7/merge", "branch", "7/merge"), "the event `pull_request`"),
        (job("pull_request_target", "refs/heads/main", "branch", "main"), "the event `pull_request_target`"),
        (job("push", "refs/tags/main", "tag", "main"), "the tag `main`"),
        (job("workflow_dispatch", "refs/tags/main", "tag", "main"), "the tag `main`"),
    ] {
        let refused = project.run(&["run", "--local"]).exit(2);
        refused.kept(&format!("in ci no branch decides where somebody from outside can start: {what}"));
    }
}

#[test]
fn a_run_on_pull_request_target_uses_no_credentials() {
    let project = job("pull_request_target", "refs/heads/main", "branch", "main").served();
    let before = project.history().unwrap().len();
    project.run(&["run", "-e", "development", "--no-github"]).exit(2).says(
        "",
        "error: no credentials are used in a `pull_request_target` run: it holds the secrets of the repository while \
         the files can be those of whoever opened the pull request\n\
         hint: run on `pull_request`, where a fork gets no secrets\n",
    );
    assert_eq!(project.history().unwrap().len(), before);
}

#[test]
fn what_guards_a_run_is_out_of_reach_of_set() {
    let project = Project::new(CONFIG);
    for set in [
        "protected=false",
        "account_id=00000000000000000000000000000000",
        "branch=main",
        "environments.production.protected=false",
        "environments.preview.branch=main",
    ] {
        let refused = project.run(&["run", "-e", "production", "--local", "--set", set]).exit(2);
        refused.kept(&format!("what guards a run is out of reach of set: {set}"));
    }
}

#[test]
fn each_branch_has_an_environment_of_its_own() {
    let project = Project::new(CONFIG).served();
    let on = |command: &str, branch: &str| {
        project.run(&[command, "-e", "preview", "--set", &format!("branch={branch}"), "--yes"])
    };
    let names = || {
        let resources = project.account().resources().unwrap();
        resources.into_iter().map(|(_, resource)| resource.name).collect::<Vec<_>>()
    };
    on("run", "pr-7").exit(0);
    on("run", "pr-8").exit(0);
    assert_eq!(names(), ["shop-pre-pr-7-CACHE", "shop-pre-pr-8-CACHE"]);
    on("destroy", "pr-7").exit(0);
    assert_eq!(names(), ["shop-pre-pr-8-CACHE"]);
    project
        .run(&["run", "-e", "preview"])
        .exit(2)
        .says("", "error: the environment `preview` is one for each branch\nhint: `--set branch=NAME`\n");
    on("run", "feat/x").exit(2).stderr(
        "\
error: `branch` must be 1 to 63 small letters, digits and `-`, without `-` at either end, found `feat/x`
 --> --set:1:1
  |
1 | branch=feat/x
  | ^^^^^^^^^^^^^
  |
  = help: for example `--set branch=feat-x`
",
    );
    on("run", "production").exit(2).stderr(
        "\
error: `branch` cannot be `production`: that names an environment
 --> --set:1:1
  |
1 | branch=production
  | ^^^^^^^^^^^^^^^^^
",
    );
    assert_eq!(names(), ["shop-pre-pr-8-CACHE"]);
}

#[test]
fn a_name_of_a_branch_is_never_that_of_another_environment() {
    let config = CONFIG.replace("{app}-{env}-{branch}-{name}", "{app}-{branch}");
    let config = config.replace("branch = \"develop\"", "naming = { template = \"{app}-pr-7\" }");
    let project = Project::new(&config);
    let refused = project.run(&["run", "-e", "preview", "--local", "--set", "branch=pr-7"]).exit(2);
    refused.stderr(
        "\
error: the kv name `shop-pr-7` of the branch `pr-7` is a name of development too
 --> larder.toml:4:15
  |
4 | namespaces = [\"CACHE\"]
  |               ^^^^^^^
  |
  = help: give each its own name: `[naming]` of the project file, or `real_name` of the recipe
exit 2: nothing was changed
",
    );
}

#[test]
fn a_name_that_another_environment_gives_to_something_else_is_refused() {
    let project = Project::new(
        "app = \"shop\"\n[kv]\nnamespaces = [\"CACHE\"]\n[naming]\nkv = \"{name}\"\n[environments.dev]\n\
         [environments.prod]\nkv = { namespaces = [\"SESSIONS\"] }\nnaming = { kv = \"CACHE\" }\n",
    );
    let refused = project.run(&["run", "-e", "dev", "--local"]).exit(2);
    refused.stderr(
        "\
error: two logical kv names have one real name: `CACHE in dev`, `SESSIONS in prod` are both `CACHE`
 --> larder.toml:3:15
  |
3 | namespaces = [\"CACHE\"]
  |               ^^^^^^^
  |
  = help: give each its own name: `[naming]` of the project file, or `real_name` of the recipe
exit 2: nothing was changed
",
    );
}

#[test]
fn a_name_over_the_limit_is_refused_and_never_cut() {
    let config = CONFIG.replace("[kv]\nnamespaces = [\"CACHE\"]", "[r2]\nbuckets = [\"files\"]");
    let branch = "b".repeat(60);
    let project = Project::new(&config).served();
    let refused = project.run(&["run", "-e", "preview", "--set", &format!("branch={branch}")]).exit(2);
    refused.kept("a name over the limit is refused and never cut");
    assert_eq!(project.account().resources().unwrap().len(), 0);
}

#[test]
fn the_account_is_looked_at_before_the_first_write_once() {
    let recipe = "for title in [\"A\", \"B\"] { cf::post(\"/storage/kv/namespaces\", #{ title: title }); }\n";
    let project = Project::new(CONFIG).recipe(recipe).served();
    let other = "f".repeat(32);
    let own = project.account().id().to_owned();
    let foreign =
        project.run_with(&["run", "main", "-e", "development"], &[("CLOUDFLARE_ACCOUNT_ID", &other)]).exit(1);
    foreign.stderr("\
error: can't post to the path for `/storage/kv/namespaces`: the credentials do not reach the account `[ID]`, but `[ID]`
 --> recipes/main.rhai:1:31
  |
1 | for title in [\"A\", \"B\"] { cf::post(\"/storage/kv/namespaces\", #{ title: title }); }
  |                               ^^^^
  |
  = help: the account is `account_id` of the environment or `CLOUDFLARE_ACCOUNT_ID`: take credentials made for it
exit 1: nothing was changed
");
    assert!(project.history().unwrap().iter().all(|one| one.method == "GET" && !one.path.contains(&own)));
    project.run(&["run", "main", "-e", "development"]).exit(0);
    let history = project.history().unwrap();
    assert_eq!(history.iter().filter(|one| one.path.ends_with("/accounts")).count(), 2, "one for each run");
}

#[test]
fn what_a_run_needs_is_checked_online() {
    let project = Project::new(CONFIG).served();
    let check = ["check", "--online", "-e", "development"];
    project.run(&check).exit(0).says(
        "token        ok  active, a person's\n\
         account      ok  `[ID]` is reached\n\
         permissions  ok  the token has all that the recipe needs\n",
        "",
    );
    // Nothing is said of permissions in an account that is not reached.
    project.run_with(&check, &[("CLOUDFLARE_ACCOUNT_ID", &"f".repeat(32))]).exit(1).says(
        "token        ok  active, a person's\n\
         account      !   `[ID]` is not reached, but `[ID]`\n                 hint: the account is `account_id` of the \
         environment or `CLOUDFLARE_ACCOUNT_ID`: take credentials made for it\n",
        "",
    );
    let unknown = project.run_with(&check, &[("CLOUDFLARE_API_TOKEN", "nobody-knows-this-token")]).exit(1);
    unknown.stdout("\
token        !   can't verify the token for `the token`: Invalid API Token
                 hint: the API knows no such token: it may have expired or been revoked, or a part of it is missing
");
    assert!(project.history().unwrap().iter().all(|one| one.method == "GET"), "only reads are sent");
    let reader = Project::new(CONFIG)
        .served_with(std::time::Duration::ZERO, Some(&["API Tokens Read", "Workers KV Storage Read"]));
    reader.run(&check).exit(1).stdout(
        "\
token        ok  active, a person's
account      ok  `[ID]` is reached
permissions  !   the token lacks `Workers KV Storage Write`
                 hint: add what is missing to the token: `larder token` prints a link with all of it filled in
",
    );
    project.run(&["check", "--online", "-e", "development", "--local"]).exit(0);
}

#[test]
fn a_recipe_of_the_example_names_what_a_branch_has_after_it() {
    let project = Project::example().served();
    project.run(&["run", "custom", "-e", "preview", "--set", "branch=pr-8"]).exit(0);
    let names: Vec<String> =
        project.account().resources().unwrap().into_iter().map(|(_, resource)| resource.name).collect();
    assert!(!names.is_empty());
    assert!(names.iter().all(|name| name.contains("pr-8") || name.contains("gateway-dev")), "{names:?}");
}

#[test]
fn what_a_recipe_deletes_of_a_protected_environment_is_confirmed() {
    let project = Project::new(CONFIG).recipe("kv::delete(name(\"kv\", \"CACHE\"));\n").served();
    let held = |project: &Project| project.api("GET", "/storage/kv/namespaces", &Json::Null);
    project.run(&["run", "provision", "-e", "production"]).exit(0);
    let before = held(&project);
    let one = "kv::delete(name(\"kv\", \"CACHE\"))";
    for arguments in [&["eval", "-e", "production", "--write", one][..], &["run", "main", "-e", "production"]]
    {
        let refused = project.run(arguments).exit(1);
        refused.kept(&format!(
            "what a recipe deletes of a protected environment is confirmed: {}",
            arguments[0]
        ));
        assert_eq!(held(&project), before);
    }
    // A plan cannot lose anything; who applies it confirms.
    project.run(&["plan", "main", "-e", "production", "--out", "plan.json"]).exit(0);
    let refused = project.run(&["apply", "plan.json", "-e", "production"]).exit(1);
    refused.kept("what a recipe deletes of a protected environment is confirmed, 2");
    assert_eq!(held(&project), before);
    project.run(&["apply", "plan.json", "-e", "production", "--confirm", "production"]).exit(0);
    assert_eq!(held(&project), serde_json::json!([]));
    // What is gone already needs no confirmation, and what is not protected has none.
    project.run(&["run", "main", "-e", "production"]).exit(0);
    project.run(&["run", "provision", "-e", "development"]).exit(0);
    project.run(&["run", "main", "-e", "development"]).exit(0);
    assert_eq!(held(&project), serde_json::json!([]));
}
