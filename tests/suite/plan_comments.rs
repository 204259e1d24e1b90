//! The comment of a pull request with its plan: made once, rewritten in place, of nobody else, and never in the way of how
//! the plan ended.

use super::hub::{Hub, Owner, REPOSITORY, TOKEN, Writes};
use super::project::{PLAIN, Project};
use super::runner;
use super::workflow_job::{Job, Map};
use serde_json::{Value as Json, json};

const NUMBER: u64 = 7;
const TWO: &str = "app = \"app\"\n[environments.dev]\n[environments.production]\n";

fn project() -> Project {
    Project::new(PLAIN).recipe("kv::ensure(\"app-A\");\n").served()
}

fn pull_request() -> Json {
    json!({
        "event_name": "pull_request",
        "ref_name": "7/merge",
        "head_ref": "topic",
        "token": TOKEN,
        "event": { "pull_request": { "number": NUMBER.to_string(), "head": { "repo": { "full_name": REPOSITORY } } } },
    })
}

/// The action for an event, with these inputs beside the credentials.
fn act_on<'a>(
    hub: &Hub,
    project: &'a Project,
    event: &Json,
    inputs: &[(&str, &str)],
) -> (bool, Map, Job<'a>) {
    let mut job = Job::new(project, event).with_credentials("TOKEN", "ID");
    job.environment.insert("GITHUB_API_URL".into(), hub.url.clone());
    job.environment.insert("GITHUB_RUN_ID".into(), "123".into());
    let mut with =
        json!({ "api-token": "${{ secrets.TOKEN }}", "account-id": "${{ vars.ID }}", "recipe": "main" });
    for (name, value) in [&[("command", "plan"), ("environment", "dev")][..], inputs].concat() {
        with[name] = json!(value);
    }
    let (done, outputs) = job.action(&json!({ "with": with }));
    (done, outputs, job)
}

fn act<'a>(hub: &Hub, project: &'a Project, inputs: &[(&str, &str)]) -> (bool, Map, Job<'a>) {
    act_on(hub, project, &pull_request(), inputs)
}

/// The annotations of a job.
fn said(job: &Job) -> Vec<(String, String)> {
    let commands = runner::commands(&job.log).into_iter();
    commands.filter(|one| one.name != "add-mask").map(|one| (one.name, one.data)).collect()
}

fn title(body: &str) -> &str {
    body.lines().nth(1).unwrap()
}

#[test]
fn a_plan_is_one_comment_that_each_run_rewrites() {
    let (hub, project) = (Hub::start(), project());
    hub.comment(NUMBER, "somebody", "User", "Looks good");
    let (done, outputs, job) = act(&hub, &project, &[]);
    assert!(done, "{}", job.log);
    assert_eq!(outputs["comment"], format!("https://github.com/{REPOSITORY}/pull/7#issuecomment-2"));
    let bodies = hub.bodies(NUMBER);
    let (mark, page) = bodies[1].split_once('\n').unwrap();
    assert_eq!(mark, "<!-- larder comment: development main -->");
    // What the summary of the job shows, and where it comes from.
    let end = "\n\n---\n`development main`: each run rewrites this comment, last by \
               [this job](https://github.com/acme/jobmatch-ai/actions/runs/123).\n";
    assert_eq!(page.strip_suffix(end), Some(job.summaries[2].trim_end()));
    assert_eq!(title(&bodies[1]), "## Infrastructure would change: `development`");

    // Also where nothing is left to do.
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    let (done, again, job) = act(&hub, &project, &[]);
    assert!(done, "{}", job.log);
    assert_eq!(again["comment"], outputs["comment"]);
    let bodies = hub.bodies(NUMBER);
    assert_eq!((bodies.len(), bodies[0].as_str()), (2, "Looks good"));
    assert_eq!(title(&bodies[1]), "## Infrastructure would stay as it is: `development`");
    assert_eq!(said(&job), []);
}

#[test]
fn each_environment_directory_and_recipe_has_its_own() {
    let hub = Hub::start();
    let project = Project::new(TWO)
        .recipe("kv::ensure(\"app-A\");\n")
        .file("recipes/other.rhai", "kv::ensure(\"app-B\");\n")
        .file("apps/shop/larder.toml", TWO)
        .file("apps/shop/recipes/main.rhai", "kv::ensure(\"shop-A\");\n")
        .served();
    let all: [&[(&str, &str)]; 4] =
        [&[], &[("environment", "production")], &[("recipe", "other")], &[("directory", "apps/shop")]];
    for round in 0..2 {
        for inputs in all {
            let (done, _, job) = act(&hub, &project, inputs);
            assert!(done, "{round}: {}", job.log);
        }
    }
    let bodies = hub.bodies(NUMBER);
    let marks: Vec<&str> = bodies.iter().map(|body| body.lines().next().unwrap()).collect();
    let expected = ["dev main", "production main", "dev other", "dev apps/shop main"]
        .map(|of| format!("<!-- larder comment: {of} -->"));
    assert_eq!(marks, expected);
}

#[test]
fn a_permission_that_is_missing_is_said_and_how_the_plan_ended_stays() {
    let (hub, project) = (Hub::start(), project());
    hub.state().writes = Writes::Forbidden;
    let (done, outputs, job) = act(&hub, &project, &[]);
    assert_eq!((done, outputs["exit"].as_str(), outputs["comment"].as_str()), (true, "0", ""), "{}", job.log);
    let warning = "can't write the comment of pull request 7: GitHub answered 403: Resource not accessible by integration\n\
                   hint: the job needs `pull-requests: write` among its `permissions`; the token of a pull request from a \
                   fork or of Dependabot never has it";
    assert_eq!(said(&job), [("warning".to_owned(), warning.to_owned())]);
    assert!(job.summaries[2].starts_with("## Infrastructure would change: "), "{}", job.summaries[2]);

    let (done, outputs, job) = act(&hub, &project, &[("arguments", "--exit-code")]);
    assert_eq!((done, outputs["exit"].as_str()), (false, "3"), "{}", job.log);
    assert_eq!(said(&job), [("warning".to_owned(), warning.to_owned())]);
}

#[test]
fn whatever_github_answers_the_plan_ended_as_it_did() {
    let cases = [
        (
            Writes::Limited,
            "GitHub answered 403: You have exceeded a secondary rate limit.\n\
             hint: that is GitHub's rate limit: a later run writes the comment",
        ),
        (Writes::BadGateway, "GitHub answered 502"),
        (Writes::Lost, ""),
    ];
    for (writes, message) in cases {
        let (hub, project) = (Hub::start(), project());
        hub.state().writes = writes;
        let (done, outputs, job) = act(&hub, &project, &[]);
        assert_eq!((done, outputs["exit"].as_str()), (true, "0"), "{}", job.log);
        let said = said(&job);
        assert_eq!(said.len(), 1, "{said:?}");
        let begin = format!("can't write the comment of pull request 7: {message}");
        assert!(said[0].0 == "warning" && said[0].1.starts_with(&begin), "{said:?}");
        let posts = |hub: &Hub| hub.state().requests.iter().filter(|one| one.starts_with("POST ")).count();
        assert_eq!(posts(&hub), 1, "nothing is sent twice");
        // The next run finds what it finds.
        hub.state().writes = Writes::Allowed;
        assert!(act(&hub, &project, &[]).0);
        assert_eq!(hub.bodies(NUMBER).len(), 1);
    }
    let project = project();
    let mut nobody = Hub::start();
    nobody.url = "http://127.0.0.1:1".into();
    let (done, outputs, job) = act(&nobody, &project, &[]);
    assert_eq!((done, outputs["exit"].as_str()), (true, "0"), "{}", job.log);
    let begin = "can't list the comments of pull request 7: ";
    assert!(said(&job)[0].1.starts_with(begin), "{}", job.log);
}

#[test]
fn a_mark_that_somebody_else_has_written_is_left_alone() {
    let mark = "<!-- larder comment: development main -->\n";
    let (hub, project) = (Hub::start(), project());
    hub.comment(NUMBER, "mallory", "User", &format!("{mark}all is well"));
    hub.comment(NUMBER + 1, "github-actions[bot]", "Bot", &format!("{mark}of another pull request"));
    hub.comment(NUMBER, "github-actions[bot]", "Bot", &format!("Quoted:\n{mark}"));
    for _ in 0..2 {
        assert!(act(&hub, &project, &[]).0);
    }
    let comments = hub.comments(NUMBER);
    assert_eq!(comments[0].body, format!("{mark}all is well"));
    assert_eq!(comments[1].body, format!("Quoted:\n{mark}"));
    assert_eq!((comments.len(), comments[2].login.as_str()), (3, "github-actions[bot]"));
    assert_eq!(hub.bodies(NUMBER + 1), [format!("{mark}of another pull request")]);

    // A token of a person rewrites that person's comments.
    let hub = Hub::start();
    hub.state().owner = Owner::Person("alice");
    hub.comment(NUMBER, "github-actions[bot]", "Bot", &format!("{mark}of the app"));
    for _ in 0..2 {
        assert!(act(&hub, &project, &[]).0);
    }
    let logins: Vec<String> = hub.comments(NUMBER).into_iter().map(|one| one.login).collect();
    assert_eq!(logins, ["github-actions[bot]", "alice"]);
}

#[test]
fn the_comment_is_found_behind_many_others() {
    let (hub, project) = (Hub::start(), project());
    for _ in 0..100 {
        hub.comment(NUMBER, "somebody", "User", "Hello");
    }
    assert!(act(&hub, &project, &[]).0);
    for _ in 0..150 {
        hub.comment(NUMBER, "somebody", "User", "Hello again");
    }
    assert!(act(&hub, &project, &[]).0);
    let comments = hub.comments(NUMBER);
    assert_eq!(comments.len(), 251);
    let own: Vec<u64> = comments.iter().filter(|one| one.kind == "Bot").map(|one| one.id).collect();
    assert_eq!(own, [101]);
}

#[test]
fn a_plan_that_fails_is_in_the_comment_with_its_reason() {
    let (hub, project) = (Hub::start(), project());
    project.write("recipes/main.rhai", "kv::ensure(;\n");
    let (done, outputs, job) = act(&hub, &project, &[]);
    assert_eq!((done, outputs["exit"].as_str()), (false, "2"), "{}", job.log);
    let bodies = hub.bodies(NUMBER);
    assert_eq!(title(&bodies[0]), "## Plan failed: `development`");
    assert!(bodies[0].contains("> `recipes/main.rhai:1:12`\n"), "{}", bodies[0]);
}

/// Its environment is not known: the input has to name it as the project does.
#[test]
fn a_plan_that_does_not_come_about_is_said_in_a_comment_that_is_there() {
    let (hub, project) = (Hub::start(), project());
    let plan = [("environment", "development")];
    project.write("larder.toml", "app =\n");
    assert!(!act(&hub, &project, &plan).0);
    assert_eq!(hub.bodies(NUMBER), Vec::<String>::new(), "the job is red, and no plan is out of date");

    project.write("larder.toml", PLAIN);
    assert!(act(&hub, &project, &plan).0);
    project.write("larder.toml", "app =\n");
    let (done, outputs, job) = act(&hub, &project, &plan);
    assert!(!done && outputs["comment"].ends_with("#issuecomment-1"), "{}", job.log);
    let page = "<!-- larder comment: development main -->\n## No plan: `development main`\n\nThe command ended before there was \
                one.\n\n---\n`development main`: each run rewrites this comment, last by \
                [this job](https://github.com/acme/jobmatch-ai/actions/runs/123).\n";
    assert_eq!(hub.bodies(NUMBER), [page]);
}

#[test]
fn only_a_plan_on_a_pull_request_is_commented_and_only_where_that_is_wanted() {
    let (hub, project) = (Hub::start(), project());
    let push = json!({ "token": TOKEN });
    let pull_request = pull_request();
    let cases: [(&Json, &[(&str, &str)]); 4] = [
        (&push, &[]),
        (&pull_request, &[("comment", "false")]),
        (&pull_request, &[("command", "run")]),
        (&pull_request, &[("command", "check")]),
    ];
    for (event, inputs) in cases {
        let (done, outputs, job) = act_on(&hub, &project, event, inputs);
        assert!(done && outputs["comment"].is_empty(), "{inputs:?}: {}", job.log);
    }
    assert_eq!(hub.state().requests, Vec::<String>::new());
    let (done, _, job) = act(&hub, &project, &[("comment", "yes")]);
    assert!(!done);
    assert_eq!(said(&job), [("error".to_owned(), "the input 'comment' is 'true' or 'false'".to_owned())]);
}

#[test]
fn secrets_are_masked_in_a_comment_and_a_long_page_is_cut() {
    let hub = Hub::start();
    let project = project();
    let secret = "s3cret-canary-of-cloudflare";
    project.write("page.md", &format!("## {secret}\n{}", "| a line of a table |\n".repeat(20_000)));
    let variables = [
        ("GITHUB_API_URL", hub.url.as_str()),
        ("GITHUB_REPOSITORY", REPOSITORY),
        ("GITHUB_TOKEN", TOKEN),
        ("CLOUDFLARE_API_TOKEN", secret),
    ];
    let comment = ["comment", "page.md", "--pull-request", "7", "--of", "x --> y"];
    let output = project.run_with(&comment, &variables).exit(0);
    output.says("https://github.com/acme/jobmatch-ai/pull/7#issuecomment-1\n", "");
    let body = &hub.bodies(NUMBER)[0];
    assert!(body.starts_with("<!-- larder comment: x %2D%2D%3E y -->\n## [secret]\n"), "{}", &body[..80]);
    assert!(body.contains(" more lines are left out here: the report has them\n"), "{}", body.len());
}

#[test]
fn what_a_comment_needs_is_said() {
    let project = project();
    project.write("page.md", "## Page\n");
    let comment = ["comment", "page.md", "--pull-request", "7"];
    let whole =
        [("GITHUB_API_URL", "https://api.github.com"), ("GITHUB_REPOSITORY", "a/b"), ("GITHUB_TOKEN", "t")];
    let hint = "a job of GitHub Actions has it; `GITHUB_TOKEN` needs a line `GITHUB_TOKEN: ${{ github.token }}` below `env`";
    let cases = [
        ("GITHUB_TOKEN", "", format!("`GITHUB_TOKEN` is not set\nhint: {hint}")),
        ("GITHUB_REPOSITORY", "", format!("`GITHUB_REPOSITORY` is not set\nhint: {hint}")),
        (
            "GITHUB_REPOSITORY",
            "a/../b",
            "`GITHUB_REPOSITORY` must be the name of an owner and of a repository".into(),
        ),
        (
            "GITHUB_API_URL",
            "http://example.com",
            "`GITHUB_API_URL` must begin with `https://`, or for this machine `http://`".into(),
        ),
    ];
    for (name, value, message) in cases {
        let variables = whole.map(|(known, given)| (known, if known == name { value } else { given }));
        let output = project.run_with(&comment, &variables);
        output.exit(2).says("", &format!("error: {message}\n"));
    }
    let missing = ["comment", "nope.md", "--pull-request", "7"];
    project
        .run_with(&missing, &whole)
        .exit(2)
        .says("", "error: can't read the page `nope.md`: No such file or directory (os error 2)\n");
    let hub = Hub::start();
    let wrong =
        [("GITHUB_API_URL", hub.url.as_str()), ("GITHUB_REPOSITORY", REPOSITORY), ("GITHUB_TOKEN", "wrong")];
    let message = "error: can't list the comments of pull request 7: GitHub answered 401: Bad credentials\n";
    project.run_with(&comment, &wrong).exit(1).says("", message);
}
