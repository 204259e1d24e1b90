//! Every file that Larder writes, with the process killed before each step of the write, and with a disk that is full at
//! it: the file is absent, old, or complete and new, and running again ends as if nothing had happened.

#![cfg(debug_assertions)]

use super::*;
use crate::suite::project::{Output, PLAIN, Project};
use std::collections::{BTreeMap, BTreeSet};

/// A file is made, written, synced, renamed, and its folder is synced.
const STEPS: usize = 5;

/// A command that writes files.
struct Case {
    project: fn() -> Project,
    arguments: &'static [&'static str],
    /// How many files.
    writes: usize,
    /// How it ends when the disk is full.
    exit_when_full: i32,
    /// What it says when the file is there already.
    once: Option<&'static str>,
}

const RUN: [&str; 5] = ["run", "-e", "development", "--report", "report.json"];

const CASES: [Case; 6] = [
    Case {
        project: || Project::example().file("report.json", "old").served(),
        arguments: &RUN,
        writes: 1,
        exit_when_full: 4,
        once: None,
    },
    Case {
        project: || {
            let project = Project::example().served();
            project.run(&RUN[..3]).exit(0);
            project
        },
        arguments: &RUN,
        writes: 1,
        exit_when_full: 1,
        once: None,
    },
    Case {
        project: || {
            let project = Project::example().served();
            project.run(&RUN[..3]).exit(0);
            project
        },
        arguments: &["ids", "-e", "development", "--write"],
        writes: 1,
        exit_when_full: 2,
        once: None,
    },
    Case {
        project: || Project::new(PLAIN).recipe("kv::ensure(\"A\");"),
        arguments: &["run", "main", "-e", "dev", "--local"],
        writes: 1,
        exit_when_full: 2,
        once: None,
    },
    Case {
        project: Project::example,
        arguments: &["eject", "provision"],
        writes: 1,
        exit_when_full: 2,
        once: Some("`recipes/provision.rhai` exists already"),
    },
    Case {
        project: Project::empty,
        arguments: &["init", "--app", "app"],
        writes: 1,
        exit_when_full: 2,
        once: Some("`larder.toml` exists already"),
    },
];

type Files = BTreeMap<String, Vec<u8>>;

/// Every file below the project's folder; of the local account only what is written whole.
fn contents(project: &Project) -> Files {
    let names = checker::names(project.path()).into_iter();
    let whole = names.filter(|name| !name.starts_with(".larder/local/") || name.contains(".gitignore"));
    let read = |name: String| {
        let bytes = larder::system::files::read_bytes(&project.path().join(&name), 1 << 24).unwrap();
        (name, bytes)
    };
    whole.map(read).collect()
}

fn run(project: &Project, arguments: &[&str], fate: &str) -> Output {
    let output = project.command(arguments).env("LARDER_TEST_FILES", fate).output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Without the ids that differ from account to account.
fn comparable(bytes: &[u8]) -> String {
    crate::suite::project::filtered(&String::from_utf8_lossy(bytes), Path::new("[none]"))
}

fn is_whole_report(bytes: &[u8]) -> bool {
    let report: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    report["schema"] == "larder.report/1" && report["outputs"].is_object()
}

/// F1: what is neither as it was nor as an undisturbed run leaves it.
fn torn(now: &Files, old: &Files, new: &Files) -> Vec<String> {
    let is_new = |name: &String, bytes: &Vec<u8>| match new.get(name) {
        Some(_) if name == "report.json" => is_whole_report(bytes),
        Some(new) => comparable(new) == comparable(bytes),
        None => false,
    };
    let found = now.iter().filter(|(name, bytes)| old.get(*name) != Some(bytes) && !is_new(name, bytes));
    let lost = old.keys().filter(|name| !now.contains_key(*name));
    found.map(|(name, _)| name).chain(lost).map(|name| format!("F1: {name} is neither old nor new")).collect()
}

/// H1: what lies there beside what an undisturbed run leaves.
fn left(now: &Files, new: &Files) -> Vec<String> {
    let names = |files: &Files| files.keys().cloned().collect::<BTreeSet<_>>();
    names(now).difference(&names(new)).map(|name| format!("H1: {name} was left behind")).collect()
}

/// The project before the command, and after it when nothing happens.
fn undisturbed(case: &Case) -> (Files, Files) {
    let project = (case.project)();
    let old = contents(&project);
    run(&project, case.arguments, "").exit(0);
    (old, contents(&project))
}

/// What is wrong with the next run, to which nothing happens.
fn again(case: &Case, project: &Project, new: &Files) -> Vec<String> {
    let output = run(project, case.arguments, "");
    let is_there = case.once.is_some_and(|said| output.code == 2 && output.stderr.contains(said));
    let mut wrong = Vec::new();
    if output.code != 0 && !is_there {
        wrong.push(format!("L1: the run after it ends with {}: {}", output.code, output.stderr));
    }
    let now = contents(project);
    wrong.extend(torn(&now, &BTreeMap::new(), new));
    // A command that finds its file there does not look for what a killed one has left beside it.
    wrong.extend(left(&now, new).into_iter().filter(|_| !is_there));
    wrong
}

fn disturbed(case: &Case, fate: &str) -> Vec<String> {
    let (old, new) = undisturbed(case);
    let mut wrong = Vec::new();
    for step in 1..=STEPS * case.writes {
        let project = (case.project)();
        let output = run(&project, case.arguments, &format!("{fate}@{step}"));
        let mut now = contents(&project);
        let is_killed = fate == "kill";
        let expected = if is_killed { -1 } else { case.exit_when_full };
        let mut here = Vec::new();
        if output.code != expected {
            here.push(format!("ends with {}: {}", output.code, output.stderr));
        }
        if is_killed {
            now.retain(|name, _| !name.ends_with(".larder-new"));
        }
        here.extend(torn(&now, &old, &new));
        here.extend(left(&now, &new));
        here.extend(again(case, &project, &new));
        here.extend(checker::orphans(project.path()));
        wrong.extend(
            here.into_iter().map(|rule| format!("{:?}, {fate} at step {step}: {rule}", case.arguments)),
        );
    }
    // And there is no step more.
    let last = format!("{fate}@{}", STEPS * case.writes + 1);
    run(&(case.project)(), case.arguments, &last).exit(0);
    wrong
}

fn every_step(fate: &str) {
    let wrong: Vec<String> = CASES.iter().flat_map(|case| disturbed(case, fate)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_process_is_killed_at_every_step_of_every_file_write() {
    every_step("kill");
}

#[test]
fn a_disk_is_full_at_every_step_of_every_file_write() {
    every_step("full");
}
