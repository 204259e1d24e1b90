//! What is not verified against the real service is listed, each with the test that plays the other answer, and can be tried.

use super::project::Project;
use super::tree::root;
use larder::system::files;
use regex::Regex;

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
    let holds = serde_json::json!({"A1": true, "A2": true, "A4": true, "A6": true, "A7": true});
    assert_eq!(report["outputs"], holds);
    assert_eq!(project.account().resources().unwrap().len(), 3);
    project.run(&["destroy", "trial", "-e", "trial", "--with-data", "--yes"]).exit(4);
    assert_eq!(project.account().resources().unwrap(), []);
}
