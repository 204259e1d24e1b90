//! Unverified assumptions about the real service are listed, each with the test that plays the other case, and can
//! be tried.

use super::project::Project;
use super::source_tree::root;
use larder::system::files;
use regex::Regex;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

#[test]
fn each_assumption_has_its_test() {
    let page = files::read_text(&root().join("docs/assumptions.md"), 1 << 20).unwrap();
    let row = Regex::new(r"(?m)^\| (A\d+) \|.*\| `(\w+)` \|$").unwrap();
    let rows: Vec<(String, String)> =
        row.captures_iter(&page).map(|row| (row[1].to_owned(), row[2].to_owned())).collect();
    let listed: Vec<&str> = rows.iter().map(|(number, _)| number.as_str()).collect();
    assert_eq!(listed, ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11"]);
    let texts: Vec<String> = ["src", "tests"]
        .iter()
        .flat_map(|folder| {
            let folder = root().join(folder);
            let paths = files::walk(&folder).unwrap().into_iter();
            paths
                .filter(|path| path.extension().is_some_and(|end| end == "rs"))
                .map(move |path| folder.join(path))
        })
        .map(|path| files::read_text(&path, 1 << 20).unwrap())
        .collect();
    for (number, test) in rows {
        let test = format!("#[test]\nfn {test}()");
        assert!(texts.iter().any(|text| text.contains(&test)), "{number}: {test}");
    }
}

/// What the trial tries.
const TRIED: [&str; 11] = ["A1", "A2", "A4", "A6", "A7", "L1", "L4", "L5", "L7", "L8", "L9"];

/// Runs the script; its exit code, standard output and standard error.
fn trial(project: &Project, arguments: &[&str]) -> (i32, String, String) {
    let output = project.command_of(Path::new("sh"), &[&["trial.sh"], arguments].concat()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_trial_changes_nothing_before_it_is_told_to() {
    let project = Project::copy_of("examples/trial").on_path().served();
    for (arguments, exit, said) in [
        (&[] as &[&str], 0, "nothing was changed: --go makes them, tries, and deletes them\n"),
        (&["--go"][..], 2, "there is no terminal to ask at: --yes answers\n"),
        (&["--now"][..], 2, "usage: sh trial.sh [--go [--yes]]\n"),
    ] {
        let (code, page, told) = trial(&project, arguments);
        assert_eq!((code, page.as_str()), (exit, ""), "{told}");
        assert!(told.ends_with(said), "{told}");
    }
    assert_eq!(project.history().unwrap(), []);
}

#[test]
fn the_trial_prints_a_page_and_leaves_nothing() {
    let project = Project::copy_of("examples/trial").on_path().served();
    let (code, page, told) = trial(&project, &["--go", "--yes"]);
    assert_eq!(code, 0, "{told}");
    let rows = TRIED.iter().fold(String::new(), |rows, one| rows + "| " + *one + " | holds |\n");
    let (head, table) = page.split_once("|---|---|\n").unwrap();
    assert!(head.starts_with("# A trial of 20"), "{head}");
    assert_eq!(table, rows);
    assert_eq!(project.account().resources().unwrap(), []);
    // What it made had a name of its own.
    let history = project.history().unwrap();
    let made = history.iter().filter(|one| one.method == "POST" && one.body.contains("-trial\""));
    let names: BTreeSet<String> = made
        .filter_map(|one| Some(one.body.split("larder-trial-").nth(1)?.split('"').next()?.to_owned()))
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn a_trial_that_fails_leaves_nothing_either() {
    let may = ["D1 Write", "Workers KV Storage Write", "Vectorize Read", "Workers R2 Storage Write"];
    let project = Project::copy_of("examples/trial").on_path().served_with(Duration::ZERO, Some(&may));
    let (code, page, told) = trial(&project, &["--go", "--yes"]);
    assert_eq!((code, page.as_str()), (4, ""), "{told}");
    assert!(told.contains("Vectorize Write"), "{told}");
    assert_eq!(project.account().resources().unwrap(), []);
    let made = project.history().unwrap().iter().filter(|one| one.method == "POST" && one.changed).count();
    assert!(made >= 2, "{told}");
}

#[test]
fn the_trial_says_what_holds_and_is_cleared_away() {
    let from = root().join("examples/trial");
    let mut project = Project::empty();
    for path in files::walk(&from).unwrap() {
        let text = files::read_text(&from.join(&path), 1 << 20).unwrap();
        project = project.file(&path.display().to_string(), &text);
    }
    let project = project.served();
    let report = project.report(&["run", "trial", "-e", "trial"]);
    assert_eq!(report["exit"], 0, "{report:#}");
    let outputs = report["outputs"].as_object().unwrap();
    assert!(outputs.values().all(|holds| *holds == true), "{outputs:?}");
    assert_eq!(outputs.keys().collect::<Vec<_>>(), TRIED);
    assert_eq!(project.account().resources().unwrap().len(), 4);
    project.run(&["destroy", "trial", "-e", "trial", "--with-data", "--yes"]).exit(4);
    assert_eq!(project.account().resources().unwrap(), []);
}
