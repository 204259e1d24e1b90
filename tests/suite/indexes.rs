//! A bound Vectorize index that does not exist is refused with the lines that create it, and following them loses
//! nothing.

use super::outputs::kept;
use super::project::Project;
use larder::system::files;
use serde_json::{Value as Json, json};

const CONFIG: &str = "name = \"search\"\n[env.production]\nkv_namespaces = [{ binding = \"CACHE\" }]\n\
    d1_databases = [{ binding = \"DB\" }]\nvectorize = [{ binding = \"DOCS\", index_name = \"search-docs\" }]\n";

const LINES: &str =
    "recipe = \"wrangler\"\n\n[vectorize.indexes.DOCS]\ndimensions = 768\nmetric = \"cosine\"\n";

const RUN: [&str; 3] = ["run", "-e", "production"];

fn project() -> Project {
    Project::empty()
        .file("wrangler.toml", CONFIG)
        .file("migrations/0001_a.sql", "CREATE TABLE a (b);\n")
        .served()
}

/// The lines of a file that a message shows.
fn shown(text: &str) -> &str {
    let lines = &text[text.find("recipe = ").expect(text)..];
    lines.split("exit 1").next().unwrap()
}

#[test]
fn an_index_that_is_bound_and_not_there_is_refused_before_anything_is_made() {
    let project = project();
    for command in [&RUN[..], &["plan", "-e", "production"]] {
        let output = project.run(command).exit(1);
        assert_eq!(
            output.stderr,
            format!(
                "the Worker `search-production` is not deployed: a binding without id or name gets the name that wrangler \
                 gives\nerror: the Vectorize index `search-docs` is bound and not there, and a wrangler config \
                 does not say what to make\nhint: it stands at wrangler.toml:5:26: begin `larder.toml` with these \
                 lines, with your dimensions and metric:\n{LINES}exit 1: nothing was changed\n"
            )
        );
    }
    assert!(project.history().unwrap().iter().all(|one| one.method == "GET"));
    // An id that is known is no business of the index.
    project.run(&["ids", "-e", "production"]).exit(0);
}

#[test]
fn the_lines_make_it_and_lose_nothing() {
    let project = project();
    let output = project.run(&RUN).exit(1);
    project.write("larder.toml", shown(&output.stderr));
    project.run(&RUN).exit(0).kept("the lines make it and lose nothing");
    let made = project.api("GET", "/vectorize/v2/indexes/search-docs", &Json::Null);
    assert_eq!(made["config"], json!({"dimensions": 768, "metric": "cosine"}));
    let titles = project.api("GET", "/storage/kv/namespaces", &Json::Null);
    assert_eq!(titles[0]["title"], "search-production-cache");
    project.run(&RUN).exit(0).kept("the lines make it and lose nothing, 2");
    project.run(&["check"]).exit(0);
    // The same without an environment, where there is none.
    project.write(
        "wrangler.toml",
        "name = \"search\"\nvectorize = [{ binding = \"DOCS\", index_name = \"search-docs\" }]\n",
    );
    project.run(&["run"]).exit(0).kept("the lines make it and lose nothing, 3");
}

#[test]
fn an_index_may_be_described_by_its_own_name_and_is_refused_where_it_differs() {
    let project = project();
    project.write("larder.toml", &LINES.replace("DOCS", "search-docs"));
    project
        .run(&RUN)
        .exit(0)
        .kept("an index may be described by its own name and is refused where it differs");
    project.write("larder.toml", &LINES.replace("768", "1024"));
    project
        .run(&RUN)
        .exit(1)
        .kept("an index may be described by its own name and is refused where it differs, 2");
}

#[test]
fn more_lines_go_below_those_that_are_there() {
    let project = project();
    project.write("larder.toml", LINES);
    let two = CONFIG.replace("vectorize = [", "vectorize = [{ binding = \"FAQ\", index_name = \"faq\" }, ");
    project.write("wrangler.toml", &two);
    let output = project.run(&RUN).exit(1);
    let (_, lines) = output.stderr.split_once("add these lines to `larder.toml`").unwrap();
    let (_, lines) = lines.split_once('\n').unwrap();
    let (lines, _) = lines.split_once("exit 1").unwrap();
    assert_eq!(lines, "\n[vectorize.indexes.FAQ]\ndimensions = 768\nmetric = \"cosine\"\n");
    project.write("larder.toml", &format!("{LINES}{lines}"));
    project.run(&RUN).exit(0).kept("more lines go below those that are there");
}

#[test]
fn in_the_local_account_and_in_check_it_is_a_warning() {
    let project = Project::empty().file("wrangler.toml", CONFIG);
    let output = project.run(&["run", "-e", "production", "--local"]).exit(0);
    output.kept("in the local account and in check it is a warning");
    let output = project.run(&["run", "-e", "production", "--local"]).exit(0);
    assert!(
        output.stderr.starts_with("warning: the Vectorize index `search-docs` is bound and not there"),
        "{}",
        output.stderr
    );
    output.kept("in the local account and in check it is a warning, 3");
    let output = project.run(&["check"]).exit(0);
    assert_eq!(shown(&output.stderr), LINES);
    project.write("larder.toml", shown(&output.stderr));
    project.run(&["check"]).exit(0).says("checked 2 recipes: no errors\n", "");
    project
        .run(&["run", "-e", "production", "--local"])
        .exit(0)
        .kept("in the local account and in check it is a warning, 2");
}

#[test]
fn a_project_started_beside_a_wrangler_config_runs_what_was_run_without_it() {
    let project = Project::empty().file("wrangler.toml", CONFIG);
    let told = project.run(&["init", "--app", "My App"]).exit(0).stderr;
    let (told, hint) = told.rsplit_once("hint: ").unwrap();
    assert_eq!(hint, "`larder plan -e production --local` shows what would be made\n");
    // What the binding does not say is told at once.
    kept("a project started beside a wrangler config runs what was run without it, 3", told);
    let text = files::read_text(&project.path().join("larder.toml"), 1 << 16).unwrap();
    assert!(
        text.starts_with("#:schema ./larder.schema.json\napp = \"my-app\"\nrecipe = \"wrangler\""),
        "{text}"
    );
    project
        .run(&["plan", "-e", "production", "--local"])
        .exit(0)
        .kept("a project started beside a wrangler config runs what was run without it");
    // What stands there as a comment is right as well.
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("# What")).collect();
    let wanted: Vec<&str> = lines.iter().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
    project.write("larder.toml", &wanted.join("\n"));
    project
        .run(&["run", "-e", "production", "--local"])
        .exit(0)
        .kept("a project started beside a wrangler config runs what was run without it, 2");
}

#[test]
fn a_recipe_that_goes_by_a_config_needs_one() {
    let project = Project::new(LINES);
    let output = project.run(&["run"]).exit(2);
    output.says(
        "",
        "error: `recipe = \"wrangler\"` needs a wrangler config, and [DIR] holds none\n\
         hint: name it in `larder.toml`: `wrangler = \"path/to/wrangler.toml\"`\n",
    );
    project.write(
        "workers/wrangler.jsonc",
        "{ \"name\": \"w\", \"kv_namespaces\": [{ \"binding\": \"A\" }] }\n",
    );
    project.write("larder.toml", &LINES.replace("\n\n", "\nwrangler = \"workers/wrangler.jsonc\"\n\n"));
    project.run(&["run", "--local"]).exit(0).kept("a recipe that goes by a config needs one");
}
