//! The bundled recipes, the standard library and the example app are tested by tests of their own; so is what `init` begins.

use super::super::source_tree::{read, root};
use super::*;
use std::path::Path;

/// Runs the tests of a copy of a folder of the repository: all pass, and there are so many at least.
fn passes(folder: &str, least: usize) {
    let project = Project::copy_of(folder);
    let output = project.run(&["test"]).exit(0);
    assert_eq!(output.stderr, "", "{folder}");
    let count = output
        .stdout
        .lines()
        .last()
        .and_then(|line| line.split(' ').next())
        .and_then(|count| count.parse().ok());
    assert!(count.is_some_and(|count: usize| count >= least), "{}", output.stdout);
    project.run(&["check"]).exit(0);
}

#[test]
fn the_recipe_provision_and_the_standard_library() {
    passes("tests/bundled/provision", 12);
}

#[test]
fn the_recipe_wrangler() {
    passes("tests/bundled/wrangler", 4);
}

#[test]
fn the_example_app() {
    let project = Project::example();
    let output = project.run(&["test"]).exit(0);
    assert_eq!(output.stderr, "");
    output.kept("the example app");
}

/// The first block of that language in a page.
fn block(page: &str, language: &str) -> String {
    let text = read(page);
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn what_the_manual_shows_passes() {
    let recipe =
        "kv::ensure(\"SESSIONS\");\nvectorize::ensure(\"main\", #{ dimensions: 768, metric: \"cosine\" });\n";
    let project = Project::new(PLAIN).file("recipes/shop.rhai", recipe);
    project.write("tests/shop.test.rhai", &block("docs/tests.md", "rhai"));
    let output = project.run(&["test"]).exit(0);
    assert!(output.stdout.ends_with("3 tests: 3 passed in [TIME]\n"), "{}", output.stdout);
    project.run(&["check"]).exit(0);
}

#[test]
fn every_function_of_the_standard_library_is_called_by_a_test() {
    let tests: String = ["naming", "provision"]
        .map(|name| read(&format!("tests/bundled/provision/tests/{name}.test.rhai")))
        .concat();
    for module in larder::script::resolver::library() {
        let (short, text) =
            (module.trim_start_matches("std/"), larder::script::resolver::library_text(module).unwrap());
        for function in text.lines().filter_map(|line| line.strip_prefix("fn ")?.split('(').next()) {
            // The recipe is made of the parts of `std/provision`.
            let is_called = short == "provision" || tests.contains(&format!("{short}::{function}("));
            assert!(is_called, "{module}: {function}");
        }
    }
    assert!(root().join(Path::new("recipes/provision.rhai")).exists());
}
