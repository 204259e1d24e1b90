//! What programs read of tests: JSON, JUnit, annotations.

use super::super::outputs::kept;
use super::super::report_schema;
use super::*;
use larder::system::files;

const TESTS: &str =
    "fn test_one() { assert(true); }\n\nfn test_two() {\n    print(\"before\");\n    assert_eq(1, 2);\n}\n";

fn report(project: &Project, name: &str) -> String {
    files::read_text(&project.path().join(name), 1 << 20).unwrap()
}

#[test]
fn the_document_has_every_test_and_why_one_failed() {
    let project = project(TESTS).file("tests/broken.test.rhai", "fn test_three() {\n    nothing();\n}\n");
    let document = project.report(&["test"]);
    report_schema::fits("schemas/test-1.json", &document);
    assert_eq!(
        (&document["schema"], &document["passed"], &document["failed"]),
        (&"larder.test/1".into(), &1.into(), &1.into())
    );
    let [broken, main] = [&document["files"][0], &document["files"][1]];
    assert_eq!(broken["file"], "tests/broken.test.rhai");
    assert_eq!(broken["findings"][0]["rule"], "unknown-name");
    assert_eq!(broken["tests"], serde_json::json!([]));
    assert_eq!((&main["tests"][0]["name"], &main["tests"][0]["passed"]), (&"test_one".into(), &true.into()));
    let failed = &main["tests"][1];
    assert_eq!(failed["log"], serde_json::json!(["before"]));
    let found = serde_json::json!([{
        "rule": "assertion",
        "message": "left and right are not the same",
        "at": { "file": "tests/main.test.rhai", "line": 5, "column": 5 },
        "notes": [" left: 1", "right: 2"],
        "differences": [],
        "hints": [],
    }]);
    assert_eq!(failed["failures"], found);
}

#[test]
fn junit_has_a_suite_for_each_file_and_a_case_for_each_test() {
    let project = project(TESTS).file("tests/broken.test.rhai", "fn test_three() {\n    nothing();\n}\n");
    project.run(&["test", "--report", "tests.xml", "--report", "tests.json"]).exit(1);
    let xml = report(&project, "tests.xml");
    for part in [
        "<testsuites name=\"larder test\" tests=\"3\" skipped=\"0\" failures=\"2\" errors=\"0\"",
        "<testcase name=\"test_one\" classname=\"tests/main.test.rhai\"",
        "<failure message=\"left and right are not the same\" type=\"assertion\">error: left and right are not the same\n --&gt; tests/main.test.rhai:5:5\n",
        "<system-out>before</system-out>",
        "<testcase name=\"(file)\" classname=\"tests/broken.test.rhai\"",
    ] {
        assert!(xml.contains(part), "no {part} in {xml}");
    }
    let json: serde_json::Value = serde_json::from_str(&report(&project, "tests.json")).unwrap();
    assert_eq!(json["schema"], "larder.test/1");
}

#[test]
fn a_report_of_another_kind_is_refused_and_one_that_cannot_be_written_fails() {
    let project = project("fn test_one() { assert(true); }\n");
    project
        .run(&["test", "--report", "tests.html"])
        .exit(2)
        .says("", "error: `test` can't write the report `tests.html`\nhint: it writes `.json` and `.xml`\n");
    project
        .run(&["test", "--report", "none/tests.xml"])
        .exit(1)
        .kept("a report of another kind is refused and one that cannot be written fails");
    project.run(&["test", "--format", "ndjson"]).exit(2).says(
        "",
        "error: `test` has no such format
hint: text or json
",
    );
}

#[test]
fn what_failed_stands_at_its_line_of_the_change() {
    let project = project(TESTS).env("GITHUB_ACTIONS", "true");
    let output = project.run(&["test"]).exit(1);
    let said = format!("{}{}", output.stdout, output.stderr);
    kept("what failed stands at its line of the change", &said);
}
