//! Limits of the process: what can't be done under one is an error with the right exit, the report is written where it can be,
//! and no limit ends a run in the middle of what it changes.

use super::project::{Output, PLAIN, Project, filtered};
use larder::system::files;
use std::path::Path;

/// The binary behind a line of a shell that limits it; `REDIRECT` is what the shell does with its streams.
fn run(project: &Project, limit: &str, redirect: &str, arguments: &[&str]) -> Output {
    let binary = project.command(&[]);
    let line = format!("{limit}; exec \"$@\" {redirect}");
    let all = [&["-c", &line, "sh", binary.get_program().to_str().unwrap()], arguments].concat();
    let output = project.command_of(Path::new("/bin/sh"), &all).output().unwrap();
    let folder = files::canonical(project.path()).unwrap();
    let text = |bytes: &[u8]| filtered(&String::from_utf8_lossy(bytes), &folder);
    let output = Output {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    };
    assert!(
        !output.stderr.contains("panicked") && !output.stderr.contains("a bug in Larder"),
        "{}",
        output.stderr
    );
    output
}

const RUN: [&str; 6] = ["run", "main", "-e", "dev", "--report", "report.json"];

fn served() -> Project {
    Project::new(PLAIN).recipe("kv::ensure(\"A\");").served()
}

fn namespaces(project: &Project) -> usize {
    project
        .api("GET", "/storage/kv/namespaces?per_page=100", &serde_json::Value::Null)
        .as_array()
        .unwrap()
        .len()
}

/// The exit that the report holds.
fn reported(project: &Project) -> serde_json::Value {
    let text = files::read_text(&project.path().join("report.json"), 1 << 20).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["exit"].clone()
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_of_the_write() {
    let project = served();
    run(&project, "ulimit -f 0", "", &RUN)
        .exit(4)
        .kept("a limit on the size of files is an error of the write");
    assert_eq!(namespaces(&project), 1);
    // Nothing was changed this time.
    run(&project, "ulimit -f 0", "", &RUN)
        .exit(1)
        .kept("a limit on the size of files is an error of the write, 2");
    assert!(!project.path().join("report.json").exists());
    project.run(&RUN).exit(0);
    let plan = ["plan", "main", "-e", "dev", "--out", "plan.json"];
    run(&project, "ulimit -f 0", "", &plan)
        .exit(1)
        .kept("a limit on the size of files is an error of the write, 3");
    run(&project, "ulimit -f 0", "", &["eject", "provision"])
        .exit(2)
        .says("", "error: can't write `recipes/provision.rhai`: File too large (os error 27)\n");
    assert!(!project.path().join("recipes/provision.rhai").exists());
    let empty = Project::empty();
    run(&empty, "ulimit -f 0", "", &["init", "--app", "app"])
        .exit(2)
        .says("", "error: can't write `larder.schema.json`: File too large (os error 27)\n");
    assert_eq!(files::walk(empty.path()).unwrap(), [] as [&Path; 0]);
}

#[test]
fn an_output_that_is_over_the_limit_is_told_after_what_was_changed() {
    let project = served();
    run(&project, "ulimit -f 0", "> out", &RUN).exit(4).says(
        "",
        "error: can't write to standard output: file too large
error: can't write the report `[DIR]/report.json`: File too large (os error 27)
",
    );
    assert_eq!(namespaces(&project), 1);
}

#[test]
fn too_few_files_to_open_are_refused_before_anything_is_done() {
    let project = served();
    for limit in [8, 12, 20, 255] {
        let refused = format!(
            "error: this process may open {limit} files, and needs 256\nhint: raise the limit: `ulimit -n 1024`\n"
        );
        run(&project, &format!("ulimit -n {limit}"), "", &RUN).exit(2).says("", &refused);
    }
    assert_eq!(namespaces(&project), 0);
    // What may be raised is.
    run(&project, "ulimit -S -n 8", "", &RUN).exit(0);
    let many = "for i in 0..20 { kv::ensure(`N${i}`); r2::ensure(`bucket-${i}`); d1::ensure(`db-${i}`).execute(\"SELECT 1\"); }";
    project.write("recipes/main.rhai", many);
    run(&project, "ulimit -n 256", "", &RUN).exit(0);
    assert_eq!(namespaces(&project), 21);
    run(&project, "ulimit -n 256", "", &[&RUN[..], &["--local"]].concat()).exit(0);
}

#[test]
fn too_little_memory_is_refused_before_anything_is_done() {
    let project = served();
    for (flag, kib, needed) in [("-v", 100_000, 2048), ("-v", 2_000_000, 2048), ("-d", 100_000, 512)] {
        let refused = format!(
            "error: this process may use {} MiB of memory, and needs {needed}\nhint: raise the limit: `ulimit {flag} unlimited`\n",
            kib >> 10
        );
        run(&project, &format!("ulimit {flag} {kib}"), "", &RUN).exit(2).says("", &refused);
    }
    assert_eq!(namespaces(&project), 0);
    run(&project, "ulimit -v 2097152; ulimit -d 524288", "", &RUN).exit(0);
    run(&project, "ulimit -v 2097152; ulimit -d 524288", "", &[&RUN[..], &["--local"]].concat()).exit(0);
    // A script meets its own limit first.
    let large = "let all = []; loop { let s = \"x\"; for i in 0..19 { s += s; } all.push(s); }";
    project.write("recipes/main.rhai", large);
    run(&project, "ulimit -v 2097152", "", &RUN)
        .exit(1)
        .kept("too little memory is refused before anything is done");
}

#[test]
fn closed_streams_hide_what_is_said_and_nothing_else() {
    for redirect in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        let project = served();
        run(&project, ":", redirect, &RUN).exit(0);
        assert_eq!((namespaces(&project), reported(&project)), (1, 0.into()), "{redirect}");
        project.write("recipes/main.rhai", "kv::ensure(\"B\"); fail(\"no\");");
        run(&project, ":", redirect, &RUN).exit(1);
        assert_eq!(reported(&project), 1, "{redirect}");
        let local = [&RUN[..], &["--local"]].concat();
        project.write(
            "recipes/main.rhai",
            "kv::ensure(\"B\"); d1::ensure(\"d\").execute(\"CREATE TABLE t (x)\");",
        );
        run(&project, ":", redirect, &local).exit(0);
        assert!(project.local().resources().unwrap().len() == 2, "{redirect}");
    }
}

#[test]
fn a_stream_that_takes_nothing_is_told_by_the_exit() {
    let project = served();
    run(&project, ":", "> /dev/full", &RUN)
        .exit(4)
        .says("", "error: can't write to standard output: no storage space\n");
    assert_eq!(reported(&project), 4);
    run(&project, ":", "2> /dev/full", &RUN).exit(0);
    run(&project, ":", "> /dev/full 2>&1", &RUN).exit(1);
}

#[test]
fn a_limit_on_time_is_a_signal() {
    let project = Project::new(PLAIN)
        .recipe("let a = [];\nfor i in 0..40000 { a.push(i); }\nloop { let b = a + a; b.sort(); }\n")
        .served();
    run(&project, "ulimit -S -t 1", "", &RUN).exit(143).kept("a limit on time is a signal");
    assert_eq!(reported(&project), 143);
}

#[test]
fn what_is_asked_for_and_can_not_be_printed_is_no_success() {
    let project = served();
    for (code, arguments) in [
        (1, &["eval", "1 + 1"][..]),
        (4, &["eval", "--write", "kv::ensure(\"FULL\").id"]),
        (1, &["ls"]),
        (1, &["get", "kv", "FULL"]),
        (1, &["recipes", "--format", "json"]),
        (1, &["doc"]),
        (1, &["show", "provision"]),
        (1, &["definitions"]),
        (1, &["check"]),
    ] {
        let full = run(&project, ":", "> /dev/full", arguments).exit(code);
        assert_eq!(full.stderr.matches("can't write to standard output").count(), 1, "{}", full.stderr);
        // Who reads a part of it has what it wants.
        let left = run(&project, ":", "| true", arguments);
        assert!(!left.stderr.contains("can't write"), "{}", left.stderr);
    }
}
