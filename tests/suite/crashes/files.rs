//! Every file that Larder writes, with the process killed before each step of the write, and with a disk that is full at
//! it: the file is absent, old, or complete and new, and running again ends as if nothing had happened. A file that is
//! added to ends with whole entries. Who writes is found in the sources: each must have a case here.

#![cfg(debug_assertions)]

use super::*;
use crate::suite::project::{Output, PLAIN, Project};
use crate::suite::{runner, source_tree};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// A file is made, written, synced, renamed, and its folder is synced.
const STEPS: usize = 5;
/// The same in a folder that one process works in: the file is made by SQLite.
const STEPS_ASIDE: usize = 4;
/// A file is opened and added to.
const STEPS_TO_ADD: usize = 2;

/// A command that writes files.
struct Case {
    /// The source that calls the writer.
    source: &'static str,
    project: fn() -> Project,
    arguments: &'static [&'static str],
    steps: usize,
    /// How it ends when the disk is full.
    exit_when_full: i32,
    /// What it says when the file is there already.
    once: Option<&'static str>,
}

const RUN: [&str; 5] = ["run", "-e", "development", "--report", "report.json"];

/// A session that saves its entries, [`ENTRIES`].
const SAVES: [&str; 4] = ["repl", "-e", "dev", "--yes"];
const ENTRIES: &str = "let a = 1;\n:save saved.rhai\n";

/// A server, which is ended once it has printed the token.
const SERVES: [&str; 6] = ["local", "serve", "--port", "0", "--token", "token"];

const CASES: [Case; 16] = [
    Case {
        source: "src/report/file.rs",
        project: || Project::example().file("report.json", "old").served(),
        arguments: &RUN,
        steps: STEPS,
        exit_when_full: 4,
        once: None,
    },
    Case {
        source: "src/report/file.rs",
        project: || {
            let project = Project::example().served();
            project.run(&RUN[..3]).exit(0);
            project
        },
        arguments: &RUN,
        steps: STEPS,
        exit_when_full: 1,
        once: None,
    },
    Case {
        source: "src/run/ids/write.rs",
        project: || {
            let project = Project::example().served();
            project.run(&RUN[..3]).exit(0);
            project
        },
        arguments: &["ids", "-e", "development", "--write", "--yes"],
        steps: STEPS,
        exit_when_full: 2,
        once: None,
    },
    Case {
        source: "src/run/ids/copy.rs",
        project: || {
            let project = Project::example().file("copy.toml", "old").served();
            project.run(&RUN[..3]).exit(0);
            project
        },
        arguments: &["ids", "-e", "development", "--out", "copy.toml", "--yes"],
        steps: STEPS,
        exit_when_full: 2,
        once: None,
    },
    Case {
        source: "src/system/files.rs",
        project: || Project::new(PLAIN).recipe("kv::ensure(\"A\");"),
        arguments: &["run", "main", "-e", "dev", "--local"],
        steps: STEPS,
        exit_when_full: 2,
        once: None,
    },
    Case {
        source: "src/services/d1/local/versions.rs",
        project: || {
            let insert = "let db = d1::ensure(\"db\"); db.execute(\"CREATE TABLE IF NOT EXISTS t (x)\"); db.execute(\"INSERT INTO t VALUES (1)\");";
            let project = Project::new(PLAIN).recipe(insert);
            project.run(&["run", "main", "-e", "dev", "--local"]).exit(0);
            project
        },
        arguments: &["run", "main", "-e", "dev", "--local"],
        steps: STEPS_ASIDE,
        exit_when_full: 1,
        once: None,
    },
    Case {
        source: "src/run/eject.rs",
        project: Project::example,
        arguments: &["eject", "provision"],
        steps: STEPS,
        exit_when_full: 2,
        once: Some("`recipes/provision.rhai` exists already"),
    },
    Case {
        source: "src/run/test/snapshots.rs",
        project: || {
            let test = "fn test_one() {\n    assert_snapshot(\"one\", 1);\n}\n";
            Project::new(PLAIN)
                .file("tests/one.test.rhai", test)
                .file("tests/one.test.toml", "[test_one]\none = \"0\"\n")
        },
        arguments: &["test", "--update"],
        steps: STEPS,
        exit_when_full: 2,
        once: None,
    },
    Case {
        source: "src/run/init/mod.rs",
        project: Project::empty,
        arguments: &["init", "--app", "app"],
        // The schema, a test, and the project file.
        steps: 3 * STEPS,
        exit_when_full: 2,
        once: Some("`larder.toml` exists already"),
    },
    Case {
        source: "src/run/init/mod.rs",
        project: || {
            let project = Project::empty().served();
            // No table says where a namespace stays: a recipe does.
            let namespace = serde_json::json!({ "title": "A", "jurisdiction": "eu" });
            project.api("POST", "/storage/kv/namespaces", &namespace);
            project
        },
        arguments: &["import", "--app", "app"],
        // The recipe, the schema, and the project file.
        steps: 3 * STEPS,
        exit_when_full: 2,
        once: Some("`larder.toml` exists already"),
    },
    Case {
        source: "src/report/github/mod.rs",
        project: in_job,
        arguments: &["run", "main", "-e", "dev"],
        // The summary, and the outputs.
        steps: 2 * STEPS_TO_ADD,
        exit_when_full: 4,
        once: None,
    },
    Case {
        source: "src/services/d1/ops/dump.rs",
        project: || {
            let dump = "let db = d1::ensure(\"db\"); db.execute(\"CREATE TABLE IF NOT EXISTS t (x)\"); db.dump(\"dump.sql\");";
            Project::new(PLAIN).recipe(dump).file("dump.sql", "old").served()
        },
        arguments: &["run", "main", "-e", "dev"],
        // What comes is kept aside first.
        steps: 1 + STEPS,
        exit_when_full: 4,
        once: None,
    },
    Case {
        source: "src/report/plan.rs",
        project: || Project::new(PLAIN).recipe("kv::ensure(\"A\");").file("plan.json", "old").served(),
        arguments: &["plan", "main", "-e", "dev", "--out", "plan.json"],
        steps: STEPS,
        exit_when_full: 1,
        once: None,
    },
    Case {
        source: "src/repl/recipe.rs",
        project: || Project::new(PLAIN).file("saved.rhai", "old").served(),
        arguments: &SAVES,
        steps: STEPS,
        exit_when_full: 2,
        once: None,
    },
    Case {
        source: "src/run/local/token.rs",
        project: || {
            let project = Project::new(PLAIN).recipe("kv::ensure(\"A\");");
            project.run(&["run", "main", "-e", "dev", "--local"]).exit(0);
            project
        },
        arguments: &SERVES,
        steps: STEPS,
        exit_when_full: 2,
        once: None,
    },
    Case {
        source: "src/run/migrations/next.rs",
        project: || {
            let database = format!("{PLAIN}[d1.databases.db]\nmigrations = \"migrations\"\n");
            Project::new(&database).file("migrations/0001_a.sql", "SELECT 1;\n")
        },
        arguments: &["migrations", "new", "more"],
        steps: STEPS,
        exit_when_full: 2,
        once: None,
    },
];

/// A step of a job after one that left no line's end.
fn in_job() -> Project {
    let project = Project::new(PLAIN).recipe("kv::ensure(\"A\");");
    let project = project.file("output", "before=1").file("summary", "before").env("GITHUB_ACTIONS", "true");
    let [output, summary] = ["output", "summary"].map(|name| project.path().join(name));
    let project = project.env("GITHUB_OUTPUT", output.to_str().unwrap());
    project.env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()).served()
}

type Files = BTreeMap<String, Vec<u8>>;

/// Every file below the project's folder; of the local account only what is written whole.
fn contents(project: &Project) -> Files {
    let names = invariants::names(project.path()).into_iter();
    let whole = names.filter(|name| !name.starts_with(".larder/local/") || name.contains(".gitignore"));
    let read = |name: String| {
        let bytes = larder::system::files::read_bytes(&project.path().join(&name), 1 << 24).unwrap();
        (name, bytes)
    };
    whole.map(read).collect()
}

fn run(project: &Project, arguments: &[&str], fate: &str) -> Output {
    let mut command = project.command(arguments);
    command
        .env("LARDER_TEST_FILES", fate)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let entries = if arguments == SAVES { ENTRIES } else { "" };
    // Who is killed reads no more.
    let _ = child.stdin.take().unwrap().write_all(entries.as_bytes());
    if arguments == SERVES {
        let printed = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        if printed.take(4).count() == 4 {
            let kill = format!("kill -INT {}", child.id());
            assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
        }
    }
    let output = child.wait_with_output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Without ids and times, which differ from account to account and from run to run.
fn comparable(bytes: &[u8]) -> String {
    let text = crate::suite::project::filtered(&String::from_utf8_lossy(bytes), Path::new("[none]"));
    let varies =
        r"(larder|local)_[0-9a-f]{32,40}|\b01[0-9A-Z]{24}\b|\b20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z";
    Regex::new(varies).unwrap().replace_all(&text, "[VARIES]").into_owned()
}

/// Whether a document that says when it was made is whole; `None` of other files.
fn is_whole_document(name: &str, bytes: &[u8]) -> Option<bool> {
    let document: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    match name {
        "report.json" => Some(document["schema"] == "larder.report/1" && document["outputs"].is_object()),
        "plan.json" => Some(document["schema"] == "larder.plan/1" && document["steps"].is_array()),
        _ => None,
    }
}

/// Whether a file of a job holds what stood there and whole entries of runs; `None` of other files.
fn is_whole_entries(name: &str, text: &str) -> Option<bool> {
    match name {
        "output" => {
            let pairs = runner::pairs(text).unwrap_or_default();
            let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
            let is_whole = |run: &[&str]| run.len() == 9 && (run[0], run[8]) == ("ids", "outputs");
            Some(names.first() == Some(&"before") && names[1..].chunks(9).all(is_whole))
        }
        "summary" => {
            let mut pages = text.split("\n## Infrastructure ");
            let is_whole =
                |page: &str| page.contains("<summary>Timing<") && page.trim_end().ends_with("</details>");
            Some(pages.next() == Some("before") && pages.all(is_whole))
        }
        _ => None,
    }
}

/// F1: what is neither as it was nor as an undisturbed run leaves it.
fn torn(now: &Files, old: &Files, new: &Files) -> Vec<String> {
    let is_new = |name: &String, bytes: &Vec<u8>| match new.get(name) {
        Some(new) => {
            let entries = is_whole_entries(name, &String::from_utf8_lossy(bytes));
            is_whole_document(name, bytes).or(entries).unwrap_or_else(|| comparable(new) == comparable(bytes))
        }
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
    let before = contents(project);
    let output = run(project, case.arguments, "");
    let is_there = case.once.is_some_and(|said| output.code == 2 && output.stderr.contains(said));
    let mut wrong = Vec::new();
    if output.code != 0 && !is_there {
        wrong.push(format!("L1: the run after it ends with {}: {}", output.code, output.stderr));
    }
    let mut now = contents(project);
    if before.contains_key("migrations/0002_more.sql") {
        // Another run of it makes another one.
        now.remove("migrations/0003_more.sql");
    }
    wrong.extend(torn(&now, &BTreeMap::new(), new));
    for name in ["output", "summary"] {
        let (before, now) = (before.get(name), now.get(name));
        if !before.zip(now).is_none_or(|(before, now)| now.starts_with(before) && now.len() > before.len()) {
            wrong.push(format!("F1: nothing was added to {name}"));
        }
    }
    // A command that finds its file there does not look for what a killed one has left beside it.
    wrong.extend(left(&now, new).into_iter().filter(|_| !is_there));
    wrong
}

fn disturbed(case: &Case, fate: &str) -> Vec<String> {
    let (old, new) = undisturbed(case);
    let mut wrong = Vec::new();
    for step in 1..=case.steps {
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
        here.extend(invariants::orphans(project.path()));
        wrong.extend(
            here.into_iter().map(|rule| format!("{:?}, {fate} at step {step}: {rule}", case.arguments)),
        );
    }
    // And there is no step more.
    let last = format!("{fate}@{}", case.steps + 1);
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

#[test]
fn half_an_entry_is_found() {
    let project = in_job();
    for _ in 0..2 {
        run(&project, &["run", "main", "-e", "dev"], "").exit(0);
    }
    for name in ["output", "summary"] {
        let text = String::from_utf8(contents(&project)[name].clone()).unwrap();
        let is_whole = |text: &str| is_whole_entries(name, text).unwrap();
        assert!(is_whole(&text), "{text}");
        let begin = text.find("before").unwrap() + "before=1\n".len();
        let wholes =
            (begin..text.len() - 5).filter(|at| text.is_char_boundary(*at) && is_whole(&text[..*at]));
        // Between the two, at most: with the line's end or without.
        assert!(wholes.count() <= 3, "{text}");
    }
}

#[test]
fn who_writes_files_has_a_case() {
    let writer =
        r"\bfiles::(write_whole|write_parts|write_aside|write_new|append_block)\(|fn make_ignored_folder";
    let writer = Regex::new(writer).unwrap();
    let found = source_tree::sources().into_iter().filter(|source| writer.is_match(&source.code));
    let found: BTreeSet<String> = found.map(|source| source.path).collect();
    assert_eq!(found, CASES.iter().map(|case| case.source.to_owned()).collect());
}
