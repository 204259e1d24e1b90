//! The local account with its process ended before and after each commit, and at each step of each copy that it keeps: it
//! opens, and running again ends as if nothing had happened. And with a disk that takes no more.

#![cfg(debug_assertions)]

use super::invariants;
use crate::suite::project::{Output, PLAIN, Project};
use std::process::Stdio;

const RUN: [&str; 5] = ["run", "main", "-e", "dev", "--local"];
const DESTROY: [&str; 11] =
    ["destroy", "main", "-e", "dev", "--local", "--with-data", "--yes", "--also", "A", "--also", "db"];

/// What the recipe does can be done again.
const RECIPE: &str = r#"
kv::ensure("A").put("key", "value");
let db = d1::ensure("db");
db.migrate("migrations");
db.execute("INSERT OR REPLACE INTO t VALUES (1, 'a')");
db.execute("UPDATE t SET name = 'b'");
"#;

fn project() -> Project {
    let migrations =
        [("0001_t", "CREATE TABLE t (id PRIMARY KEY, name);"), ("0002_u", "CREATE TABLE u (x);")];
    migrations.into_iter().fold(Project::new(PLAIN).recipe(RECIPE), |project, (name, sql)| {
        project.file(&format!("migrations/{name}.sql"), sql)
    })
}

fn output(project: &Project, arguments: &[&str], variable: &str, fate: &str) -> Output {
    let output = project.command(arguments).env(variable, fate).output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What is there after the run and after the removal, when nothing happens.
fn undisturbed() -> [String; 2] {
    let project = project();
    [&RUN[..], &DESTROY].map(|arguments| {
        project.run(arguments).exit(0);
        invariants::state(&project.local())
    })
}

/// Ends the process at each step that it counts; how many there were.
fn killed(variable: &str, before: &[&str], arguments: &[&str], goal: &str) -> usize {
    for step in 1.. {
        let project = project();
        if !before.is_empty() {
            project.run(before).exit(0);
        }
        let code = output(&project, arguments, variable, &format!("kill@{step}")).code;
        if code == 0 {
            return step - 1;
        }
        assert_eq!(code, -1, "{variable} {arguments:?} {step}");
        project.run(&["local", "show"]).exit(0);
        let again = project.run(arguments);
        assert_eq!(again.code, 0, "{variable} {arguments:?} after {step}: {}{}", again.stdout, again.stderr);
        assert_eq!(invariants::state(&project.local()), goal, "{variable} {arguments:?} after {step}");
        let shown = project.run(&["local", "show"]).exit(0);
        assert!(!shown.stderr.contains("can't be read"), "{}", shown.stderr);
    }
    unreachable!("it comes to an end")
}

#[test]
fn a_process_is_killed_at_every_commit_of_its_local_account() {
    let [full, empty] = undisturbed();
    let steps = [
        killed("LARDER_TEST_COMMITS", &[], &RUN, &full),
        killed("LARDER_TEST_COMMITS", &RUN, &DESTROY, &empty),
    ];
    assert!(steps[0] >= 12 && steps[1] >= 4, "{steps:?}");
}

#[test]
fn a_process_is_killed_at_every_step_of_every_copy_that_it_keeps() {
    let [full, _] = undisturbed();
    let steps = killed("LARDER_TEST_FILES", &[], &RUN, &full);
    assert!(steps >= 5 + 3 * 4, "{steps}");
}

/// Runs where no file grows beyond so many blocks of a kilobyte.
fn on_a_full_disk(project: &Project, kilobytes: u64, arguments: &[&str]) -> Output {
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kilobytes * 2);
    let binary = project.command(&[]).get_program().to_owned();
    let mut command = project.command_of("/bin/sh".as_ref(), &["-c", &script, "sh"]);
    let output = command.arg(binary).args(arguments).stdin(Stdio::null()).output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_full_disk_is_told_as_what_it_is_and_at_once() {
    let rows =
        "SELECT zeroblob(1000000) FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)";
    let recipe = |last: &str| {
        format!(
            "let ns = kv::ensure(\"A\"); let db = d1::ensure(\"db\"); db.execute(\"CREATE TABLE IF NOT EXISTS t (x)\"); {last}"
        )
    };
    let load = format!("INSERT INTO t {rows};\n");
    for (last, said) in [
        (format!("db.execute(\"INSERT INTO t {rows}\");"), "can't run the statements for `db`: "),
        ("db.load(\"rows.sql\");".to_owned(), "can't import the file for `db`: "),
        ("let text = \"0123456789\"; for i in 0..16 { text += text; } ns.put(\"a\", text); ns.put(\"b\", text);".to_owned(), "can't write the key for `A`: "),
    ] {
        let project = Project::new(PLAIN).recipe(&recipe(&last)).file("rows.sql", &load);
        let full = on_a_full_disk(&project, 900, &RUN);
        let why = format!("{said}the local account can't write to its disk: disk I/O error");
        assert!(full.code == 4 && full.stderr.contains(&why), "{last}: {}\n{}", full.code, full.stderr);
        assert!(!full.stdout.contains("retr"), "{}", full.stdout);
        project.run(&RUN).exit(0);
    }
}
