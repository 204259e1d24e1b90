//! Which test files there are, and which tests of them are run.

use super::*;

const PASSES: &str = "fn test_one() { assert(true); }\nfn test_two() { assert(true); }\nfn helper() { }\n";

/// Test files wherever they may lie, and some that are none.
fn several() -> Project {
    Project::new(PLAIN)
        .recipe(RECIPE)
        .file("own.test.rhai", PASSES)
        .file("recipes/main.test.rhai", PASSES)
        .file("recipes/deep/down.test.rhai", PASSES)
        .file("tests/shop.test.rhai", PASSES)
        .file("tests/.hidden.test.rhai", "not Rhai")
        .file("tests/parts.rhai", "not Rhai")
        .file("elsewhere/other.test.rhai", "not Rhai")
}

/// The names of the files and tests that were run, as they are printed.
fn ran(project: &Project, arguments: &[&str]) -> Vec<String> {
    let output = project.run(&[&["test"], arguments].concat()).exit(0);
    let lines = output.stdout.lines().filter(|line| !line.contains(" tests: ") && !line.contains("1 test: "));
    lines.map(|line| line.split_whitespace().find(|word| *word != "ok").unwrap().to_owned()).collect()
}

#[test]
fn test_files_lie_beside_the_project_file_beside_recipes_and_in_tests() {
    let project = several();
    let all = ran(&project, &[]);
    let files: Vec<&String> = all.iter().filter(|name| name.ends_with(".rhai")).collect();
    let expected =
        ["own.test.rhai", "recipes/deep/down.test.rhai", "recipes/main.test.rhai", "tests/shop.test.rhai"];
    assert_eq!(files, expected);
    assert_eq!(all.len(), 4 + 8);
    // They are no recipes.
    assert!(!project.run(&["recipes"]).exit(0).stdout.contains("test"));
}

#[test]
fn a_path_chooses_files_and_a_word_chooses_tests() {
    let project = several();
    let shop = ["tests/shop.test.rhai", "test_one", "test_two"];
    assert_eq!(ran(&project, &["tests/shop.test.rhai"]), shop);
    assert_eq!(ran(&project, &["tests"]), shop);
    assert_eq!(ran(&project, &["shop"]), shop);
    assert_eq!(ran(&project, &["shop.test.rhai::test_two"]), [shop[0], shop[2]]);
    assert_eq!(ran(&project, &["tests", "two"]), [shop[0], shop[2]]);
    assert_eq!(ran(&project, &["tests", "one", "two"]), shop);
    // One that lies elsewhere is run where it is named, seen from the folder that one stands in.
    project.write("elsewhere/other.test.rhai", PASSES);
    assert_eq!(ran(&project, &["elsewhere/other.test.rhai"])[0], "elsewhere/other.test.rhai");
}

#[test]
fn where_there_is_nothing_to_test_nothing_has_passed() {
    let project = several();
    project.run(&["test", "three"]).exit(2).says(
        "",
        "error: no test has `three` in its name\nhint: names are as `larder test` prints them, and paths of files end with \
         `.test.rhai`\n",
    );
    project.run(&["test", "tests/parts.rhai"]).exit(2).says(
        "",
        "error: `tests/parts.rhai` has no test file\nhint: the name of a test file ends with `.test.rhai`\n",
    );
    project
        .run(&["test", "tests/none.test.rhai"])
        .exit(2)
        .says("", "error: can't read `tests/none.test.rhai`: No such file or directory (os error 2)\n");
    project.run(&["test", "elsewhere"]).exit(2).says(
        "",
        "error: `elsewhere` has no test file\nhint: the name of a test file ends with `.test.rhai`\n",
    );
    Project::new(PLAIN).run(&["test"]).exit(2).says(
        "",
        "error: there is no test file in `[DIR]`\nhint: it is called `NAME.test.rhai` and lies there, in `tests` or in \
         `recipes`; `larder init` writes one\n",
    );
    project_of("fn helper() { }\n").run(&["test"]).exit(2).says(
        "",
        "error: there is no test in `tests/main.test.rhai`\nhint: a test is a function without parameters whose name begins \
         with `test_`\n",
    );
    project.run(&["test", ".."]).exit(2).says("", "error: `..` lies outside of the project\n");
}

#[test]
fn a_quiet_run_says_what_failed() {
    let project = project("fn test_one() { assert(true); }\nfn test_two() { assert(false); }\n");
    let quiet = project.run(&["test", "-q"]).exit(1);
    assert_eq!(quiet.stdout, "  FAILED  test_two  [TIME]\n2 tests: 1 passed, 1 failed in [TIME]\n");
}

#[test]
fn check_reads_test_files_and_runs_none() {
    let project = project("fn test_one() { assert(false); }\n");
    project.run(&["check"]).exit(0).says("checked 3 recipes and 1 test file: no errors\n", "");
    project.write("tests/main.test.rhai", "fn test_one() {\n    assert_equal(1, 1);\n}\n");
    for arguments in [&["check"][..], &["check", "tests/main.test.rhai"]] {
        let checked = project.run(arguments).exit(1);
        checked.kept(&format!("check reads test files and runs none: {}", arguments.join(" ")));
    }
    // What a test can call no recipe can.
    project.write("recipes/main.rhai", "assert(true);\n");
    project.run(&["check", "main"]).exit(1).kept("check reads test files and runs none");
}
