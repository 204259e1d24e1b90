//! The page about the action: its tables are those of `action.yml` and of the reusable workflow, its examples are whole
//! workflows of `examples/action`, and whoever calls one of the two gives what it takes.

use super::house::in_step;
use super::source_tree::{read, root};
use super::workflow_file::yaml;
use larder::system::files;
use regex::{Captures, Regex};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const PAGE: &str = "docs/action.md";
const REUSABLE: &str = ".github/workflows/larder.yml";
const EXAMPLES: &str = "examples/action/.github/workflows";

/// The workflow files of a folder.
fn workflows(folder: &str) -> Vec<String> {
    let found = files::walk(&root().join(folder)).unwrap();
    found.iter().map(|path| format!("{folder}/{}", path.display())).collect()
}

/// Rows of what has a name, a default and a description.
fn table(head: &str, described: &Json) -> String {
    let mut table = String::new();
    for (name, one) in described.as_object().unwrap() {
        let description = one["description"].as_str().unwrap().replace('|', "\\|");
        assert!(!description.is_empty() && !description.ends_with('.'), "{name}: {description}");
        let default = match one["default"].as_str() {
            None if one["required"] == "true" => "(needed)".to_owned(),
            None | Some("") => String::new(),
            Some(default) => format!("`{default}`"),
        };
        let _ = writeln!(table, "| `{name}` | {default} | {description} |");
    }
    let table = format!("| {head} | default | |\n|---|---|---|\n{table}");
    // Outputs have none.
    if head == "output" {
        table.replace("| default |", "|").replace("|---|---|---|", "|---|---|").replace(" |  | ", " | ")
    } else {
        table
    }
}

#[test]
fn the_page_has_the_tables_and_the_examples() {
    let action = yaml("action.yml");
    let reusable = yaml(REUSABLE)["on"]["workflow_call"].clone();
    let tables = [
        ("inputs", table("input", &action["inputs"])),
        ("outputs", table("output", &action["outputs"])),
        ("workflow", table("input", &reusable["inputs"])),
    ];
    let mut page = read(PAGE);
    for (name, table) in tables {
        let mark = format!("<!-- {name} -->\n");
        let parts: Vec<&str> = page.split(&mark).collect();
        assert_eq!(parts.len(), 3, "{name}");
        page = format!("{}{mark}{table}{mark}{}", parts[0], parts[2]);
    }
    let example = Regex::new(r"(?s)`\.github/workflows/([a-z-]+\.yml)`:\n\n```yaml\n.*?```\n").unwrap();
    let shown: BTreeSet<String> =
        example.captures_iter(&page).map(|found| format!("{EXAMPLES}/{}", &found[1])).collect();
    assert_eq!(shown, workflows(EXAMPLES).into_iter().collect());
    assert_eq!(page.matches("```yaml\n").count(), shown.len(), "each example is a file that is linted");
    let whole = |found: &Captures| {
        format!(
            "`.github/workflows/{0}`:\n\n```yaml\n{1}```\n",
            &found[1],
            read(&format!("{EXAMPLES}/{}", &found[1]))
        )
    };
    in_step(PAGE, &example.replace_all(&page, whole));
}

/// Every job of a workflow file, and every step of each.
fn uses(path: &str) -> Vec<(Json, Json)> {
    let workflow = yaml(path);
    let jobs = workflow["jobs"].as_object().unwrap().values();
    let with_steps = |job: &Json| -> Vec<(Json, Json)> {
        let steps = job["steps"].as_array().cloned().unwrap_or_default();
        steps.into_iter().chain([job.clone()]).map(|one| (job.clone(), one)).collect()
    };
    jobs.flat_map(with_steps).filter(|(_, one)| one["uses"].is_string()).collect()
}

fn names(of: &Json) -> BTreeSet<String> {
    of.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

#[test]
fn who_calls_the_action_or_the_workflow_gives_what_it_takes() {
    let inputs = names(&yaml("action.yml")["inputs"]);
    let reusable = yaml(REUSABLE);
    let call = &reusable["on"]["workflow_call"];
    let needed: BTreeSet<String> = {
        let all = call["inputs"].as_object().unwrap().iter();
        all.filter(|(_, input)| input["required"] == "true").map(|(name, _)| name.clone()).collect()
    };
    let asked: BTreeSet<(String, String)> = {
        let jobs = reusable["jobs"].as_object().unwrap().values();
        let each = jobs.flat_map(|job| job["permissions"].as_object().unwrap());
        each.map(|(name, level)| (name.clone(), level.as_str().unwrap().to_owned())).collect()
    };
    let (mut actions, mut calls) = (0, 0);
    let paths =
        [workflows(EXAMPLES), workflows("examples/jobmatch-ai/.github/workflows"), vec![REUSABLE.into()]];
    for path in paths.concat() {
        for (job, used) in uses(&path) {
            let name = used["uses"].as_str().unwrap();
            let given = names(&used["with"]);
            if name.contains("/larder/.github/workflows/larder.yml@") {
                calls += 1;
                assert!(
                    given.is_subset(&names(&call["inputs"])) && needed.is_subset(&given),
                    "{path}: {given:?}"
                );
                assert!(names(&used["secrets"]).is_subset(&names(&call["secrets"])), "{path}");
                let has = &job["permissions"];
                assert!(
                    asked.iter().all(|(name, level)| has[name] == level.as_str()),
                    "{path}: {has} is less than {asked:?}"
                );
            } else if name.contains("/larder@") {
                actions += 1;
                assert!(given.is_subset(&inputs), "{path}: {given:?}");
                let is_comment = used["with"]["command"] == "plan"
                    && path != "examples/jobmatch-ai/.github/workflows/drift.yml";
                assert_eq!(is_comment, job["permissions"]["pull-requests"] == "write", "{path}");
            }
        }
    }
    assert!(actions >= 8 && calls >= 2, "{actions}, {calls}");
}
