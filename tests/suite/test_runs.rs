//! `larder test`: test files on their own accounts, the output, and the exit code.
//!
//! What is said of each test file of `tests/recipe_tests/cases.txt` stands there; `LARDER_BLESS=1` writes it anew, to be
//! read before it is kept.

use super::project::{PLAIN, Project};
use super::written_down;

mod bundled;
mod chosen;
mod documented;
mod hermetic;
mod reports;
mod snapshots;

const CASES: &str = "tests/recipe_tests/cases.txt";

/// A recipe that tests are about.
const RECIPE: &str = "kv::ensure(name(\"kv\", \"SESSIONS\"));\n";

/// A project with that recipe and these tests.
fn project(tests: &str) -> Project {
    Project::new(PLAIN).recipe(RECIPE).file("tests/main.test.rhai", tests)
}

/// A project of the files of a case.
fn project_of(case: &str) -> Project {
    let mut parts = case.split(">> ");
    let project = project(parts.next().unwrap());
    parts.fold(project, |project, part| {
        let (name, text) = part.split_once('\n').unwrap();
        project.file(name, text)
    })
}

/// What is said of a case.
fn tested(case: &str) -> String {
    let output = project_of(case).run(&["test"]);
    let said: Vec<&str> = output.stderr.lines().map(str::trim_end).collect();
    format!("exit {}\n{}{}", output.code, output.stdout, said.join("\n")).trim_end().to_owned() + "\n"
}

#[test]
fn every_case_reads_as_written_down() {
    // What passes has its title say so.
    let agrees = |title: &str, said: &str| title.contains(": passes") == said.starts_with("exit 0\n");
    written_down::holds(CASES, 30, tested, agrees);
}
