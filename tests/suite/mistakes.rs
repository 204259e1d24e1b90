//! Mistakes of people who are new to recipes: each is answered at its place, with what is wrong and what to write in its
//! place.
//!
//! A corpus in `tests/bad/mistakes` holds recipes and what is said of each by `check` and, where that finds no error, by
//! `run --local`; after `>> PATH` comes a file beside the recipe. `LARDER_BLESS=1` writes what is said anew, to be read
//! before it is kept.

use super::bad_files::hold;
use super::project::{Output, Project};

/// What a recipe may name is there: an environment, a variable of the process, settings.
const CONFIG: &str = "app = \"app\"\nprocess_env = [\"N\"]\n[vars]\nregion = \"weur\"\n[naming]\ntemplate = \"{name}\"\n\
                      [environments.development]\nalias = \"dev\"\n";

/// Names of types and other words that are none of a recipe's author's business.
const FOREIGN: &[&str] = &[
    "core::",
    "alloc::",
    "larder::",
    "i64",
    "f64",
    "i128",
    "u8",
    "&str",
    "ImmutableString",
    "Dynamic",
    "FnPtr",
    "INT",
    "anon$",
    "argument1",
    "Handle",
    "\\n",
    "Data race",
    "getter",
    "setter",
    "iterable",
];

/// What is said of a recipe, which has a place wherever it is an error.
fn said(recipe: &str) -> String {
    let mut parts = recipe.split(">> ");
    let project = Project::new(CONFIG).recipe(&format!("{}\n", parts.next().unwrap_or_default().trim_end()));
    for part in parts {
        let (path, text) = part.split_once('\n').unwrap();
        project.write(path, text);
    }
    let check = project.run(&["check", "main"]);
    // What lints find is no error.
    if check.code != 0 && check.stderr.lines().any(|line| line.starts_with("error")) {
        return told("check", &check);
    }
    let run = project.run(&["run", "main", "-e", "dev", "--local"]);
    format!("{}\n{}", told("check", &check), told("run", &run))
}

fn told(command: &str, output: &Output) -> String {
    let stdout = output.stdout.lines().filter(|line| !line.starts_with("checked "));
    let shown: Vec<&str> = stdout.chain(output.stderr.lines()).collect();
    // What the recipe itself says is its own, and so is its text beside a line number.
    let ours = |line: &&&str| {
        line.starts_with("error") || line.starts_with("warning") || line.trim_start().starts_with("= ")
    };
    for line in shown.iter().filter(ours) {
        for word in FOREIGN {
            assert!(!line.contains(word), "`{word}` in: {}", shown.join("\n"));
        }
    }
    let places = shown.iter().filter(|line| line.trim_start().starts_with("--> recipes/"));
    let errors = shown.iter().filter(|line| line.starts_with("error"));
    assert!(places.count() >= errors.count(), "an error without a place:\n{}", shown.join("\n"));
    format!("larder {command}: exit {}\n{}", output.code, shown.join("\n")).trim_end().to_owned()
}

#[test]
fn a_search_that_finds_nothing() {
    hold("mistakes/searches", 9, said);
}

#[test]
fn functions_that_change_in_place() {
    hold("mistakes/in_place", 14, said);
}

#[test]
fn closures() {
    hold("mistakes/closures", 14, said);
}

#[test]
fn words_of_other_languages() {
    hold("mistakes/words", 40, said);
}

#[test]
fn types_of_values() {
    hold("mistakes/types", 25, said);
}

#[test]
fn caught_errors_of_the_engine() {
    hold("mistakes/caught", 10, said);
}

/// Written as people would who know another language, without a look at the reference.
#[test]
fn fifty_mistakes() {
    hold("mistakes/newcomers", 94, said);
}

/// What is right is not found fault with.
#[test]
fn good_recipes() {
    hold("mistakes/good", 5, |recipe| {
        let said = said(recipe);
        assert!(!said.contains("error") && !said.contains("warning"), "{said}");
        said
    });
}
