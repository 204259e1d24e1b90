//! Lints: what `check` reports about code that runs but is probably not intended, and how it is silenced.
//!
//! What is expected stands in `tests/lints/cases.txt`; `LARDER_BLESS=1` writes it anew, to be read before it is kept.

use super::project::{PLAIN, Project};
use super::source_tree::{read, repository};
use super::written_down;
use larder::services::Services;
use serde_json::{Value as Json, json};

const CASES: &str = "tests/lints/cases.txt";

/// A project of the files of a case.
fn project(case: &str) -> Project {
    let mut parts = case.split(">> ");
    let mut project = Project::new(PLAIN).recipe(parts.next().unwrap());
    for part in parts {
        let (name, text) = part.split_once('\n').unwrap();
        project = project.file(name, text);
    }
    project
}

/// What `check` says of a case, without the note that every finding of a lint has.
fn checked(case: &str) -> String {
    let output = project(case).run(&["check", "main"]);
    let is_note = |line: &&str| !line.contains("= note: `larder explain ");
    let said: Vec<&str> = output.stderr.lines().filter(is_note).map(str::trim_end).collect();
    let findings = output.stdout.contains("lint finding") || !output.stdout.contains("no errors");
    assert_eq!(output.code, i32::from(findings), "{case}\n{}{}", output.stdout, output.stderr);
    format!("{}{}\n", output.stdout, said.join("\n"))
}

#[test]
fn every_case_reads_as_written_down() {
    // What is none has its title say so.
    let agrees = |title: &str, said: &str| title.contains(": none ") == said.contains(": no errors\n");
    written_down::holds(CASES, 25, checked, agrees);
}

/// A recipe with a finding of each lint; it runs.
const ALL: &str = "import \"std/naming\" as naming;\n\
                   for name in [\"A\", \"B\"] { output(name, kv::ensure(name).id); }\n\
                   output(\"half\", 5 / 2);\n\
                   kv::ensure(\"C\");\n\
                   kv::ensure(\"C\");\n\
                   steps([\"one\"], #{ one: || { kv::ensure(\"D\"); }, two: || {} });\n\
                   // larder:allow(unused)\n\
                   if env::is_protected { return; kv::ensure(\"E\"); }\n";

#[test]
fn a_run_and_a_plan_are_as_without_lints() {
    let project = Project::new(PLAIN).recipe(ALL);
    for command in ["plan", "run"] {
        let output = project.run(&[command, "main", "-e", "dev", "--local"]).exit(0);
        assert_eq!(output.stderr, "", "{command}");
        assert!(!output.stdout.contains("warning"), "{}", output.stdout);
    }
    let report = project.report(&["run", "main", "-e", "dev", "--local"]);
    assert_eq!((&report["warnings"], &report["exit"]), (&json!([]), &json!(0)));
    let account = project.local();
    let mut names: Vec<String> = account.resources().unwrap().into_iter().map(|(_, one)| one.name).collect();
    names.sort();
    assert_eq!(names, ["A", "B", "C", "D"]);
}

#[test]
fn documents_carry_the_name_of_the_lint() {
    let project = Project::new(PLAIN).recipe(ALL);
    let rules = [
        "unused",
        "early-read",
        "integer-division",
        "name-twice",
        "unnamed-step",
        "allow",
        "unreachable-code",
    ];
    let output = project.run(&["check", "main", "--format", "json"]).exit(1);
    let document: Json = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        (&document["errors"], &document["warnings"], &document["lints"]),
        (&json!(0), &json!(7), &json!(7))
    );
    let found: Vec<&str> =
        document["findings"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect();
    assert_eq!(found, rules);
    let output = project.run(&["check", "main", "--format", "sarif"]).exit(1);
    let log: Json = serde_json::from_str(&output.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let found: Vec<&str> = results.iter().map(|one| one["ruleId"].as_str().unwrap()).collect();
    assert_eq!(found, rules);
    assert!(results.iter().all(|one| one["level"] == "warning"));
    let described = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let about = described.iter().find(|one| one["id"] == "name-twice").unwrap();
    assert_eq!(about["shortDescription"]["text"], "One resource is ensured twice under the same name");
}

#[test]
fn in_a_job_a_finding_of_a_lint_is_an_annotation_at_its_line() {
    let project =
        Project::new(PLAIN).recipe("kv::ensure(\"A\");\nlet b = 1;\n").env("GITHUB_ACTIONS", "true");
    let output = project.run(&["check", "main"]).exit(1);
    let annotations: Vec<&str> = output.stderr.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(annotations.len(), 1, "{}", output.stderr);
    assert!(annotations[0].contains("file=recipes/main.rhai,line=2,col=5"), "{}", annotations[0]);
}

/// The warnings of lints in what is checked; none of the recipes that are shown to people has any.
#[track_caller]
fn has_none(what: &str, recipe: &str) {
    let config =
        format!("steps = [\"kv\", \"d1\"]\nprocess_env = [\"STAGE\"]\nsecret_env = [\"API_KEY\"]\n{PLAIN}");
    let project = Project::new(&config).recipe(recipe);
    let output = project.run(&["check", "main", "--format", "json"]);
    let document: Json = serde_json::from_str(&output.stdout).unwrap_or_default();
    assert_eq!(document["lints"], 0, "{what}: {recipe}\n{document:#}");
}

#[test]
fn examples_of_ops_have_no_findings() {
    let ops: Vec<_> = Services::default().ops().collect();
    assert!(ops.len() >= 30);
    for op in ops {
        has_none(&op.title(), op.doc.example);
    }
}

#[test]
fn recipes_in_the_documents_and_the_repository_have_no_findings() {
    let mut count = 0;
    for path in repository() {
        // What is bundled stands on its own below; the cookbook is checked with its own project files.
        let is_elsewhere =
            ["recipes/", "stdlib/", "docs/cookbook"].iter().any(|start| path.starts_with(start));
        if path.ends_with(".rhai") && !is_elsewhere {
            has_none(&path, &read(&path));
            count += 1;
        }
        if path.ends_with(".md") && !is_elsewhere && (path.starts_with("docs/") || path == "README.md") {
            let text = read(&path);
            for block in text.split("```rhai\n").skip(1) {
                has_none(&path, block.split("```").next().unwrap());
                count += 1;
            }
        }
    }
    assert!(count >= 5, "{count}");
}

#[test]
fn what_is_bundled_has_no_findings() {
    for project in [Project::new(PLAIN), Project::example()] {
        for recipe in ["provision", "wrangler"] {
            let output = project.run(&["check", recipe, "--format", "json"]);
            let document: Json = serde_json::from_str(&output.stdout).unwrap();
            assert_eq!((&document["lints"], &document["recipes"]), (&json!(0), &json!(1)), "{document:#}");
        }
    }
}

#[test]
fn of_one_file_a_bounded_number_is_shown_and_all_are_counted() {
    let unused = |count: usize| {
        (1..=count).map(|number| format!("let a{number} = {number};\n")).collect::<Vec<String>>().concat()
    };
    let project = Project::new(PLAIN)
        .file("recipes/many.rhai", &unused(31))
        .file("recipes/few.rhai", &unused(20))
        .file("recipes/wrong.rhai", &"nope();\n".repeat(21));
    let shown = |name: &str| {
        let output = project.run(&["check", name]).exit(1);
        let count = output
            .stderr
            .lines()
            .filter(|line| line.starts_with("warning: ") || line.starts_with("error: "))
            .count();
        let rest = output.stderr.lines().filter(|line| line.starts_with("and ")).map(str::to_owned);
        (count, rest.collect::<Vec<_>>(), output.stdout)
    };
    let more = |text: &str| vec![format!("and {text}: `larder check --format json` lists them all")];
    assert_eq!(
        shown("many"),
        (
            20,
            more("11 more warnings in `recipes/many.rhai`"),
            "checked 1 recipe: no errors, 31 lint findings\n".into()
        )
    );
    assert_eq!(shown("few"), (20, Vec::new(), "checked 1 recipe: no errors, 20 lint findings\n".into()));
    assert_eq!(
        shown("wrong"),
        (20, more("1 more error in `recipes/wrong.rhai`"), "checked 1 recipe: 21 errors\n".into())
    );
    let all = project.report(&["check", "many"]);
    assert_eq!((all["findings"].as_array().unwrap().len(), &all["lints"]), (31, &json!(31)));
}
