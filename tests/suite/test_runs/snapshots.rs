//! Snapshots: compared with, missing, written, and left over.

use super::*;
use larder::system::files;

const TESTS: &str = "fn test_plan() {\n    assert_snapshot(\"plan\", plan(\"main\"));\n}\n\n\
                     fn test_value() {\n    assert_snapshot(\"value\", #{ names: kv::list() });\n}\n";

const KEPT: &str = "[test_plan]\nplan = \"\"\"\n(outside every step)\n  + kv SESSIONS                   to create  \
                    (known after apply)\n1 to create\"\"\"\n\n[test_value]\nvalue = \"#{ names: [] }\"\n";

fn kept(project: &Project) -> Option<String> {
    let path = project.path().join("tests/main.test.toml");
    files::exists(&path).then(|| files::read_text(&path, 1 << 20).unwrap())
}

#[test]
fn one_that_is_missing_fails_and_is_written_where_that_is_asked_for() {
    let project = project(TESTS);
    let missing = project.run(&["test"]).exit(1);
    assert!(
        missing.stderr.starts_with(
            "error: there is no snapshot `plan`\n --> tests/main.test.rhai:2:21\n  |\n2 |     assert_snapshot(\"plan\", \
             plan(\"main\"));\n  |                     ^^^^^^\n  |\n  = help: `larder test --update` writes it as it is now\n"
        ),
        "{}",
        missing.stderr
    );
    assert_eq!(kept(&project), None);
    let written = project.run(&["test", "--update"]).exit(0);
    assert_eq!(written.stderr, "wrote `tests/main.test.toml`: 2 new\n");
    assert_eq!(kept(&project).as_deref(), Some(KEPT));
    project.run(&["test"]).exit(0);
    // There is nothing to be written.
    assert_eq!(project.run(&["test", "--update"]).exit(0).stderr, "");
}

#[test]
fn one_that_differs_is_told_by_its_lines_and_written_where_that_is_asked_for() {
    let project = project(TESTS).file("tests/main.test.toml", KEPT);
    project.write("recipes/main.rhai", &format!("{RECIPE}kv::ensure(\"LIMITS\");\n"));
    let differs = project.run(&["test"]).exit(1);
    differs.kept("one that differs is told by its lines and written where that is asked for, 2");
    assert_eq!(kept(&project).as_deref(), Some(KEPT));
    project
        .run(&["test", "--update"])
        .exit(0)
        .kept("one that differs is told by its lines and written where that is asked for");
    project.run(&["test"]).exit(0);
}

#[test]
fn one_that_nothing_compares_with_is_told_and_removed_only_where_all_tests_were_run() {
    let project = project(TESTS).file("tests/main.test.toml", &format!("{KEPT}other = \"x\"\n"));
    let told = "nothing compares with the snapshot `other` of `test_value`: `--update` removes it\n";
    assert_eq!(project.run(&["test"]).exit(0).stderr, told);
    assert_eq!(project.run(&["test", "plan"]).exit(0).stderr, "");
    project.run(&["test", "--update", "plan"]).exit(0);
    assert!(kept(&project).unwrap().contains("other"));
    // A test that fails may not have come to it.
    project.write(
        "tests/main.test.rhai",
        &TESTS.replace("fn test_value() {", "fn test_value() { assert(false);"),
    );
    project.run(&["test", "--update"]).exit(1);
    assert!(kept(&project).unwrap().contains("other"));
    project.write("tests/main.test.rhai", TESTS);
    assert_eq!(
        project.run(&["test", "--update"]).exit(0).stderr,
        "wrote `tests/main.test.toml`: 1 removed\n"
    );
    assert_eq!(kept(&project).as_deref(), Some(KEPT));
}

#[test]
fn a_name_stands_for_one_text_and_a_broken_file_ends_the_command() {
    let twice = "fn test_one() {\n    assert_snapshot(\"a\", 1);\n    assert_snapshot(\"a\", 1);\n    assert_snapshot(\"a\", 2);\n}\n";
    let project = project(twice);
    let told = project.run(&["test", "--update"]).exit(1).stderr;
    super::super::outputs::kept("a name stands for one text", &told);
    project.write("tests/main.test.toml", "test_one = 3\n");
    project.run(&["test"]).exit(2).says(
        "",
        "error: `tests/main.test.toml` holds no snapshots: invalid type: integer `3`, expected a map
hint: `larder test --update` writes a file that is not there
",
    );
    assert_eq!(kept(&project).as_deref(), Some("test_one = 3\n"));
}
