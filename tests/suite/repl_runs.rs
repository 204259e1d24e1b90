//! What lasts for one entry of a session and what for all: reads, plans, writes.

use super::outputs::kept;
use super::project::{PLAIN, Project};
use super::repl::{names, piped, piped_to_its_end};
use super::terminal::Terminal;
use std::io::Write;
use std::process::Stdio;

#[test]
fn what_was_only_planned_is_dropped_at_unlock_and_no_invented_id_is_written() {
    let project = Project::new(PLAIN);
    let before = "let db = d1::ensure(\"X\");\nlet id = db.id;\nlet text = `id: ${id}`;\nlet list = [[id]];\n\
                  let map = #{ a: #{ b: db } };\nlet f = || text;\nlet n = 7;\nid\n";
    let (code, stdout, stderr) =
        piped_to_its_end(&project, &format!("{before}:unlock\nn\n_\nkv::ensure(\"ZZ\").put(\"db\", id);\n"));
    assert_eq!(
        (code, stdout.as_str()),
        (2, "+ would create D1Database `X`\n(known after apply)\n7\n7\n"),
        "{stderr}"
    );
    kept("what was only planned is dropped at unlock and no invented id is written", &stderr);
    assert_eq!(names(&project), [] as [&str; 0]);
    // The last value, too.
    let (stdout, stderr) = piped(&project, "d1::ensure(\"X\").id\n:unlock\n_\n");
    assert_eq!(
        (stdout.as_str(), stderr.as_str()),
        ("+ would create D1Database `X`\n(known after apply)\n()\n", "")
    );
    // `:lock` begins anew, and what was made stays.
    let (stdout, stderr) = piped(
        &project,
        "let a = kv::ensure(\"A\");\n:lock\nkv::find(\"A\")\n:unlock\nlet b = kv::ensure(\"B\");\n:lock\nb.title\n",
    );
    assert_eq!(stdout, "+ would create KvNamespace `A`\n()\n\"B\"\n");
    assert_eq!(stderr, "dropped, since they hold what was only planned: `a`\n");
}

#[test]
fn each_entry_reads_the_account_as_it_is_then() {
    let project = Project::new(PLAIN).served();
    let mut terminal = Terminal::start(&project, 80, &["repl", "-e", "dev"]);
    let locked = "development (read-only)>";
    terminal.prompt(locked);
    let made = |title: &str| {
        let body = serde_json::json!({ "title": title });
        project.api("POST", "/storage/kv/namespaces", &body);
    };
    made("ONE");
    terminal.enters("kv::list().len + 100", locked);
    terminal.shows("\n101\n");
    made("TWO");
    let before = project.account().history().len();
    terminal.enters("kv::list().len + kv::list().len + 200", locked);
    terminal.shows("\n204\n");
    let asked = project.account().history().len() - before;
    terminal.enters("kv::find(\"TWO\").title + kv::list().len", locked);
    terminal.shows("TWO2");
    assert_eq!(project.account().history().len() - before, 2 * asked, "one listing for each entry");
    terminal.enters(":unlock", "development>");
    made("THREE");
    terminal.enters("kv::list().len + 300", "development>");
    terminal.shows("\n303\n");
}

#[test]
fn what_a_failed_entry_wrote_is_said() {
    let project = Project::new(PLAIN);
    let (code, _, stderr) =
        piped_to_its_end(&project, ":unlock\nkv::ensure(\"P1\"); kv::ensure(\"P2\"); throw \"no\"\n");
    assert_eq!(code, 4);
    assert!(stderr.starts_with("error: no\n"), "{stderr}");
    kept("what a failed entry wrote is said", &stderr);
    let eval =
        project.run(&["eval", "-e", "dev", "--local", "--write", "kv::ensure(\"P3\"); throw \"no\""]).exit(4);
    assert!(eval.stderr.ends_with("created KvNamespace `P3`\n"), "{}", eval.stderr);
    // One that succeeds shows it by its value.
    let (_, stderr) = piped(&project, ":unlock\nkv::ensure(\"P4\");\n");
    assert_eq!(stderr, "");
}

#[test]
fn without_an_environment_a_project_is_only_read() {
    let two = format!("{PLAIN}[environments.production]\nprotected = true\n");
    for lines in [":unlock\n", ":unlock nonsense\n"] {
        let (code, _, stderr) = session(&Project::new(&two), lines);
        assert_eq!(code, 2);
        assert_eq!(
            stderr,
            "the session is in no environment of the project\n\
             hint: `:env NAME` goes to one of development, production, then `:unlock`\n"
        );
    }
    let (_, stdout, _) = session(&Project::new(&two), ":env\n");
    assert_eq!(stdout, "  development\n  production\n");
    // The only one is meant.
    let only = PLAIN.replace("alias = \"dev\"", "alias = \"dev\"\nprotected = true");
    let (code, _, stderr) = session(&Project::new(&only), ":unlock\n");
    assert_eq!((code, stderr.as_str()), (2, "`development` is protected\nhint: `:unlock development`\n"));
}

/// A session without `-e`.
fn session(project: &Project, lines: &str) -> (i32, String, String) {
    let mut command = project.command(&["repl", "--local"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
