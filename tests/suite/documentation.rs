//! The README is true: its recipes compile, and what it shows is what is printed.

use super::project::{PLAIN, Project, filtered};
use larder::system::files;
use std::path::Path;
use std::process::Command;

fn readme() -> String {
    files::read_text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), 1 << 20).unwrap()
}

/// The blocks of one language, in order.
fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let fence = format!("```{language}\n");
    let blocks = readme.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// A folder with the example where the repository has it.
fn repository() -> Project {
    let from = super::tree::example();
    let mut project = Project::empty();
    for path in super::tree::example_files() {
        let text = files::read_text(&from.join(&path), 1 << 20).unwrap();
        project = project.file(&format!("examples/jobmatch-ai/{}", path.display()), &text);
    }
    project
}

/// What a command printed; it must succeed.
fn shell(project: &Project, line: &str) -> String {
    let larder = format!("'{}'", env!("CARGO_BIN_EXE_larder"));
    let line = line.replace("cargo run --locked --", &larder);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &line]).current_dir(project.path()).env_clear().env("HOME", project.path());
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    filtered(&String::from_utf8(output.stdout).unwrap(), project.path())
}

#[test]
fn the_first_run_prints_what_is_shown() {
    let project = repository();
    let blocks_of_sh = blocks("sh");
    let printed = shell(&project, blocks_of_sh[0].trim());
    let shown = blocks("text").into_iter().find(|block| block.contains("created")).unwrap();
    let shown = filtered(&shown, project.path());
    let lines: Vec<&str> = shown.lines().filter(|line| line.trim() != "...").collect();
    assert!(lines.len() >= 5, "{shown}");
    let mut rest = printed.as_str();
    for line in lines {
        let at =
            rest.find(line).unwrap_or_else(|| panic!("{line:?} is not printed, or not there:\n{printed}"));
        rest = &rest[at + line.len()..];
    }
}

#[test]
fn every_recipe_compiles() {
    let (tests, recipes): (Vec<String>, Vec<String>) =
        blocks("rhai").into_iter().partition(|block| block.starts_with("fn test_"));
    assert!(recipes.len() >= 2 && tests.len() == 1);
    for test in tests {
        let project = Project::new(PLAIN).file("tests/readme.test.rhai", &test);
        project.run(&["check", "tests/readme.test.rhai"]).exit(0).stdout_has("1 test file: no errors\n");
    }
    for recipe in recipes {
        let config = format!("steps = [\"kv\", \"d1\"]\n{PLAIN}");
        let project =
            Project::new(&config).recipe(&recipe).file("workers/migrations/0001_a.sql", "SELECT 1;\n");
        project.run(&["check", "main"]).exit(0).says("checked 1 recipe: no errors\n", "");
    }
}

#[test]
fn the_mistake_that_is_shown_is_told_like_that() {
    let shown = blocks("text").into_iter().find(|block| block.starts_with("error: `kv::ensure`")).unwrap();
    let source = shown.lines().find_map(|line| line.strip_prefix("1 | ")).unwrap();
    let project = Project::new(PLAIN).file("recipes/site.rhai", source);
    let output = project.run(&["check", "recipes/site.rhai"]).exit(1);
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let (told, shown) = (trimmed(&output.stderr), trimmed(&shown));
    assert!(told.contains(&shown), "shown:\n{shown}\ntold:\n{told}");
}
