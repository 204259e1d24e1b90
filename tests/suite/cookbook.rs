//! Each recipe of the cookbook is run as its session says.
//!
//! A session, `docs/cookbook/NN-name/session.txt`, is what somebody types and sees: `$ ` and a command, then all that it
//! prints. It is played in a copy of the folder and must print the same again. `LARDER_BLESS=1` writes what is printed, to be
//! read before it is kept: once for the sessions and once more for the page, which quotes them.

mod page;

use super::project::{Project, filtered};
use super::tree::{read, root};
use larder::system::{Environment, files};
use regex::Regex;
use std::fmt::Write as _;
use std::path::Path;

/// Where the recipes are, each in a folder of its own.
const COOKBOOK: &str = "docs/cookbook";

macro_rules! recipes {
    ($($test:ident in $folder:literal,)*) => {
        /// Every recipe that a test plays.
        const RECIPES: &[&str] = &[$($folder),*];

        $(#[test] fn $test() { play($folder); })*
    };
}

recipes! {
    order_and_names_are_those_of_the_environment in "01-order-and-names",
    each_tenant_gets_its_own in "02-tenants",
    what_is_optional_is_where_it_is_asked_for in "03-optional",
    settings_come_from_a_data_file in "04-data-file",
    flags_are_put_where_they_differ in "05-seeding-kv",
    a_query_decides_once in "06-deciding-by-a-query",
    a_module_holds_what_recipes_share in "07-helper-module",
    a_conflict_is_caught_and_all_else_is_not in "08-errors-caught",
    a_deploy_gets_ids_and_outputs in "09-outputs-for-a-deploy",
    any_endpoint_is_asked_before_it_is_written in "10-any-endpoint",
    a_preview_comes_and_goes in "11-preview-per-pull-request",
    only_development_is_reset in "12-guarded-reset",
}

/// A command of a session, and what it prints.
#[derive(Debug, PartialEq, Eq)]
struct Typed {
    command: String,
    printed: String,
}

/// The session of a recipe, as it is kept.
fn session(recipe: &str) -> Vec<Typed> {
    let text = read(&format!("{COOKBOOK}/{recipe}/session.txt"));
    let mut typed: Vec<Typed> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            typed.push(Typed { command: command.to_owned(), printed: String::new() });
        } else {
            let last =
                typed.last_mut().unwrap_or_else(|| panic!("{recipe}: a session begins with a command"));
            last.printed += line;
            last.printed.push('\n');
        }
    }
    for one in &mut typed {
        one.printed.truncate(one.printed.trim_end().len());
    }
    typed
}

impl Typed {
    fn text(&self) -> String {
        format!("$ {}\n{}", self.command, self.printed).trim_end().to_owned()
    }

    /// What the summary says of an account, whether it is planned or done.
    fn sums(&self) -> Option<String> {
        let summary =
            self.printed.lines().find(|line| line.contains(" writes)") || line.contains(" write)"))?;
        let sums = summary.split(" in [TIME]").next()?.to_owned();
        let done = [
            ("create", "created"),
            ("update", "updated"),
            ("apply", "applied"),
            ("write", "written"),
            ("delete", "deleted"),
        ];
        Some(done.iter().fold(sums, |sums, (verb, done)| sums.replace(&format!("to {verb}"), done)))
    }
}

/// Types a command and gives what it prints, without what differs from run to run.
fn typed(project: &Project, command: &str) -> Typed {
    let script = format!("exec 2>&1\n{command}");
    let output = project.command_of(Path::new("/bin/sh"), &["-c", &script]).output().unwrap();
    let mut printed = String::from_utf8(output.stdout).unwrap();
    for (pattern, name) in [
        (r"\b[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}\b", "[BOOKMARK]"),
        (r"\blarder_[0-9a-f]{32}\b", "[DELIMITER]"),
        (r"\blocal_[0-9a-f]{40}\b", "[TOKEN]"),
        (r"\b[0-9]+ kB\b", "[SIZE]"),
        // What is read ahead and not needed may or may not have been answered when the recipe ends.
        (r"\band [0-9]+ reads?: [0-9]+\.[0-9]+ %", "and [N] reads: [N] %"),
    ] {
        printed = Regex::new(pattern).unwrap().replace_all(&printed, name).into_owned();
    }
    let mut printed = filtered(&printed, &files::canonical(project.path()).unwrap()).trim_end().to_owned();
    if !output.status.success() {
        write!(printed, "\n(exit code {})", output.status.code().unwrap()).unwrap();
    }
    Typed { command: command.to_owned(), printed }
}

/// Plays the session of a recipe in a copy of its folder.
fn play(recipe: &str) {
    let project = Project::copy_of(&format!("{COOKBOOK}/{recipe}")).on_path();
    let seen: Vec<Typed> = session(recipe).iter().map(|one| typed(&project, &one.command)).collect();
    let text = seen.iter().map(Typed::text).collect::<Vec<_>>().join("\n\n") + "\n";
    kept(&format!("{COOKBOOK}/{recipe}/session.txt"), &text);
    promises(&seen);
}

/// What each recipe promises, whatever it prints: it passes `check`, a plan writes nothing and says what the run does, and a
/// second run writes nothing.
fn promises(seen: &[Typed]) {
    let [check, plan, first, second, ..] = seen else { panic!("{seen:?}") };
    assert!(check.command.starts_with("larder check"), "{check:?}");
    assert!(check.printed.ends_with(": no errors"), "{check:?}");
    assert!(plan.command.starts_with("larder plan "), "{plan:?}");
    assert!(plan.printed.contains(" reads, 0 writes)"), "{plan:?}");
    assert_eq!(first.command, plan.command.replace("larder plan ", "larder run "));
    let is_whole = !plan.printed.contains("; incomplete");
    assert!(!is_whole || plan.sums() == first.sums(), "{plan:?}\n{first:?}");
    assert!(first.sums().unwrap().contains(" created"), "{first:?}");
    assert_eq!(second.command, first.command);
    assert!(second.printed.contains(" reads, 0 writes)"), "{second:?}");
}

/// Compares a text with the file that keeps it; `LARDER_BLESS=1` writes it anew.
#[track_caller]
fn kept(path: &str, text: &str) {
    if Environment::of_process().get("LARDER_BLESS").is_some() {
        files::write_whole(&root().join(path), text.as_bytes()).unwrap();
    } else {
        assert_eq!(read(path), text, "renew {path} with LARDER_BLESS=1 if the change is meant");
    }
}
