//! The session: through a pipe for its output, through a pseudo-terminal for its behaviour.

use super::outputs::kept;
use super::project::{PLAIN, Project};
use super::terminal::Terminal;
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use rexpect::session::spawn_command;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The prompt of a session that only reads.
const READ_ONLY: &str = "development (read-only)>";

pub fn piped(project: &Project, lines: &str) -> (String, String) {
    let (code, stdout, stderr) = piped_to_its_end(project, lines);
    assert_eq!(code, 0, "{stderr}");
    (stdout, stderr)
}

/// The same with the exit code: the worst of what the entries came to.
pub fn piped_to_its_end(project: &Project, lines: &str) -> (i32, String, String) {
    let mut command = project.command(&["repl", "-e", "dev", "--local"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn state_is_kept_and_nothing_is_written_until_unlocked() {
    let project = Project::new(PLAIN);
    let (stdout, stderr) = piped(
        &project,
        "let a = 20;\nfn double(x) {\n  x * 2\n}\nimport \"std/naming\" as naming;\ndouble(a) + 2\n\
         naming::slug(\"Hello World\")\nkv::ensure(\"LOCKED\");\nkv::list().len\n",
    );
    assert_eq!(stdout, "42\n\"hello-world\"\n+ would create KvNamespace `LOCKED`\n1\n");
    assert_eq!(stderr, "");
    assert!(project.local().resources().unwrap().is_empty());
    let (stdout, stderr) = piped(
        &project,
        ":unlock\nlet real = kv::ensure(\"R\");\nreal.put(\"k\", \"v\");\nreal.get(\"k\")\n:lock\nkv::ensure(\"L\");\n",
    );
    assert_eq!((stdout.as_str(), stderr.as_str()), ("\"v\"\n+ would create KvNamespace `L`\n", ""));
    assert_eq!(names(&project), ["R"]);
}

pub fn names(project: &Project) -> Vec<String> {
    project.local().resources().unwrap().into_iter().map(|(_, one)| one.name).collect()
}

#[test]
fn what_was_only_planned_is_not_sent_as_if_it_were_there() {
    let project = Project::new(PLAIN);
    let (code, stdout, stderr) = piped_to_its_end(
        &project,
        "let planned = kv::ensure(\"P\");\n:unlock\nplanned.put(\"k\", \"v\");\nkv::ensure(\"NEVER\");\n",
    );
    assert_eq!((code, stdout.as_str()), (2, "+ would create KvNamespace `P`\n"));
    kept("what was only planned is not sent as if it were there", &stderr);
    assert_eq!(names(&project), [] as [&str; 0]);
}

#[test]
fn from_a_pipe_the_first_entry_that_fails_ends_the_session_with_its_exit_code() {
    for (lines, expected) in [
        (":unlock\nkv::ensure(\"A\");\nnope\nkv::ensure(\"B\");\n", 4),
        ("nope\nkv::list()\n", 2),
        ("throw \"stop\";\nlog(\"never\");\n", 1),
        (":what\nlog(\"never\");\n", 2),
        (":unlok\nlog(\"never\");\n", 2),
        (":unlock production\nlog(\"never\");\n", 2),
        (":doc kv::esnure\nlog(\"never\");\n", 2),
        (":load gone.rhai\nlog(\"never\");\n", 2),
        (":trace maybe\nlog(\"never\");\n", 2),
        (":env nowhere\nlog(\"never\");\n", 2),
        ("exit(1)\nlog(\"never\");\n", 1),
        ("exit\nlog(\"never\");\n", 0),
        ("quit()\nlog(\"never\");\n", 0),
        ("let a = [1,\n", 2),
        ("let a = `never closed", 2),
        ("1 + 1\n", 0),
    ] {
        let project = Project::new(PLAIN);
        let (code, stdout, stderr) = piped_to_its_end(&project, lines);
        assert_eq!(code, expected, "{lines}: {stdout}{stderr}");
        kept(&format!("from a pipe the first entry that fails ends the session: {lines}"), &stderr);
        assert_ne!(names(&project), ["A", "B"], "{lines}");
    }
}

#[test]
fn each_entry_reads_files_as_they_are_then() {
    let (stdout, stderr) = piped(
        &Project::new(PLAIN),
        ":unlock\nlet db = d1::ensure(\"a\");\ndb.execute(\"CREATE TABLE t (x)\");\ndb.dump(\"x.sql\");\n\
         file::text(\"x.sql\").contains(\"TABLE u\")\ndb.execute(\"CREATE TABLE u (x)\");\ndb.dump(\"x.sql\");\n\
         file::text(\"x.sql\").contains(\"TABLE u\")\n",
    );
    assert_eq!((stdout.as_str(), stderr.as_str()), ("false\ntrue\n", ""));
}

#[test]
fn a_protected_environment_wants_its_name() {
    let config = PLAIN.replace("alias = \"dev\"", "alias = \"dev\"\nprotected = true");
    let project = Project::new(&config);
    let (stdout, stderr) =
        piped(&project, "kv::ensure(\"A\");\n:unlock development\nkv::ensure(\"A\").title\n");
    assert_eq!(stdout, "+ would create KvNamespace `A`\n\"A\"\n");
    assert_eq!(stderr, "development: created KvNamespace `A`\n", "what is written there is said");
    for (line, told) in [
        (":unlock", "`development` is protected\nhint: `:unlock development`\n"),
        // An alias is typed by habit.
        (
            ":unlock dev",
            "`development` is protected and wants its full name, not `dev`\nhint: `:unlock development`\n",
        ),
    ] {
        let (code, stdout, stderr) = piped_to_its_end(&project, &format!("{line}\nkv::ensure(\"B\");\n"));
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (2, "", told));
    }
    assert_eq!(names(&project), ["A"]);
}

#[test]
fn an_entry_is_checked_before_any_of_it_runs() {
    let project = Project::new(PLAIN).file("recipes/lib.rhai", "fn twice(x) { x * 2 }\n");
    let before = "import \"recipes/lib\" as lib;\nfn own(a, b) { a + b }\nlet n = 1;\n:unlock\n";
    for entry in [
        "kv::ensure(\"A\"); kv::ensur(\"B\");",
        "kv::ensure(\"A\"); kv::ensure(\"B\", #{ jurisdictoin: \"eu\" });",
        "kv::ensure(\"A\"); lib::twic(1);",
        "kv::ensure(\"A\"); own(1);",
        "kv::ensure(\"A\"); m;",
        "kv::ensure(\"A\"); kx::ensure(\"B\");",
        "kv::ensure(\"A\"",
    ] {
        let (code, stdout, stderr) = piped_to_its_end(&project, &format!("{before}{entry}\n"));
        assert_eq!((code, stdout.as_str()), (2, ""), "{entry}: {stderr}");
        kept(&format!("an entry is checked before any of it runs: {entry}"), &stderr);
    }
    assert!(project.local().resources().unwrap().is_empty());
    // And what earlier entries left is known.
    let (stdout, _) = piped(&project, &format!("{before}own(lib::twice(n), [1, 2].map(|x| x + n).len)\n"));
    assert_eq!(stdout, "4\n");
}

#[test]
fn an_error_in_what_an_earlier_entry_defined_quotes_that_entry() {
    let project = Project::new(PLAIN);
    let before = "let first = 1;\nfn check(x) {\n  let half = x / 2;\n  fail(\"odd: \" + half)\n}\nlet later = |x| {\n  x + 1;\n  x.nothing\n};\n";
    let told = |entry: &str| {
        let (code, _, stderr) = piped_to_its_end(&project, &format!("{before}{entry}\n"));
        assert_ne!(code, 0);
        stderr
    };
    assert_eq!(
        told("\ncheck(3)"),
        "error: odd: 1\n --> <repl:2>:3:3\n  |\n3 |   fail(\"odd: \" + half)\n  |   ^^^^\n  |\nnote: in this call of `check`\n --> <repl:4>:1:1\n  |\n1 | check(3)\n  | ^^^^^\n"
    );
    kept("an error in a closure of an earlier entry", &told("later.call(#{ a: 1 })"));
    // An op that a function of an earlier entry begins is told at its line, too.
    let op = "fn made(name) {\n  let x = 1;\n  r2::ensure(name)\n}\nmade(\"NOT_ALLOWED\");";
    kept("an error of an op in a function of an earlier entry", &told(op));
}

#[test]
fn a_dead_network_ends_an_entry_and_not_the_session() {
    let project = Project::new(PLAIN)
        .env("CLOUDFLARE_API_TOKEN", "t0ken-t0ken-t0ken")
        .env("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef")
        .env("CLOUDFLARE_API_BASE_URL", "http://127.0.0.1:9");
    let mut terminal = Terminal::start(&project, 80, &["repl", "-e", "dev"]);
    terminal.prompt(READ_ONLY);
    // Names that can't be listed are none, without a word.
    terminal.keys("kv::find(\"S\t");
    terminal.types("x\").title");
    terminal.keys("\r");
    terminal.shows("can't list the namespaces");
    terminal.prompt(READ_ONLY);
    terminal.enters("40 + 2", READ_ONLY);
    terminal.shows("\n42\n");
    terminal.keys("\u{4}");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn a_listing_that_hangs_does_not_hold_the_typing_up() {
    let project = Project::new(PLAIN).served();
    for request in 1..=2 {
        let hang = Fault {
            kind: FaultKind::Hang,
            effect: FaultEffect::NotApplied,
            strike: FaultTarget::Request(request),
        };
        project.account().inject(hang);
    }
    let mut terminal = Terminal::start(&project, 80, &["repl", "-e", "dev"]);
    terminal.prompt(READ_ONLY);
    terminal.keys("kv::find(\"S\t\t\t");
    terminal.types("x\")");
    terminal.keys("\u{3}");
    terminal.prompt(READ_ONLY);
    project.account().heal();
    terminal.enters("40 + 2", READ_ONLY);
    terminal.shows("\n42\n");
}

#[test]
fn nothing_is_asked_before_the_prompt_and_each_service_once() {
    let project = Project::new(PLAIN).served();
    for number in 0..1000 {
        let body = serde_json::json!({ "title": format!("ns-{number:04}") });
        project.api("POST", "/storage/kv/namespaces", &body);
    }
    let before = project.account().history().len();
    let asked = |project: &Project| project.account().history().len() - before;
    let mut terminal = Terminal::start(&project, 80, &["repl", "-e", "dev"]);
    terminal.prompt(READ_ONLY);
    assert_eq!(asked(&project), 0);
    terminal.types("kv::find(\"ns-000");
    terminal.keys("\t");
    terminal.shows("ns-0009");
    let listed = asked(&project);
    assert_eq!(listed, 2, "the account is looked at, and one page has them all");
    terminal.types("4\").title");
    terminal.keys("\r");
    terminal.shows("\"ns-0004\"");
    terminal.prompt(READ_ONLY);
    let read = asked(&project);
    terminal.types("kv::find(\"ns-001");
    terminal.keys("\t");
    terminal.shows("ns-0019");
    assert_eq!(asked(&project), read, "what only read has not changed the account");
    terminal.keys("\u{3}");
    terminal.prompt(READ_ONLY);
}

#[test]
fn signals_end_a_session_at_its_prompt_and_within_an_entry() {
    let project = Project::new(PLAIN);
    for (signal, expected, entry) in
        [("TERM", 143, ""), ("INT", 130, ""), ("HUP", 143, ""), ("INT", 130, "sleep(30);\nlog(\"never\");\n")]
    {
        let mut child = project
            .command(&["repl", "-e", "dev", "--local"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(format!("log(\"ready\");\n{entry}").as_bytes()).unwrap();
        let mut said = [0; 6];
        child.stderr.as_mut().unwrap().read_exact(&mut said).unwrap();
        let kill = format!("kill -{signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{signal} {entry:?}: {stderr}");
        assert!(stderr.contains("interrupted") && !stderr.contains("never"), "{stderr}");
        drop(input);
    }
}

#[test]
fn a_second_ctrl_c_gives_up_what_hangs_and_names_it() {
    let project = Project::new(PLAIN).served();
    // The listing and the account come before the create.
    let hang = Fault { kind: FaultKind::Hang, effect: FaultEffect::Applied, strike: FaultTarget::Request(3) };
    project.account().inject(hang);
    let mut command = project.command(&["repl", "-e", "dev"]);
    command.env("TERM", "xterm").stdin(Stdio::inherit());
    let mut terminal = spawn_command(command, Some(20_000)).unwrap();
    terminal.exp_string("development (read-only)> ").unwrap();
    terminal.send_line(":unlock").unwrap();
    terminal.exp_string("development> ").unwrap();
    terminal.send_line("kv::ensure(\"A\");").unwrap();
    assert!(project.account().wait_until(Duration::from_secs(20), |history| history.len() == 3));
    terminal.send_control('c').unwrap();
    terminal.exp_string("interrupt again to give it up").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("it is not known whether").unwrap();
    // The session goes on, and SIGTERM at its prompt ends it.
    project.account().heal();
    terminal.exp_string("development> ").unwrap();
    terminal.send_line("kv::list().len").unwrap();
    terminal.exp_string("1\r\n").unwrap();
    terminal.exp_string("development> ").unwrap();
    terminal.process_mut().signal(rexpect::process::Signal::SIGTERM).unwrap();
    terminal.exp_string("interrupted").unwrap();
    terminal.exp_eof().unwrap();
    let status = terminal.process().wait().unwrap();
    assert!(format!("{status:?}").contains("143"), "{status:?}");
}

#[test]
fn what_holds_a_secret_is_not_kept_in_the_history() {
    let project = Project::new(PLAIN);
    let (code, _, stderr) = piped_to_its_end(&project, "let kept = 1;\nlet s = secret::env(\"S\");\n");
    assert_eq!(code, 1, "{stderr}");
    let folder = project.path().join(".larder/history");
    assert!(!larder::system::files::exists(&folder), "a pipe is nobody's history");
    let mut terminal = Terminal::start(&project, 80, &["repl", "-e", "dev", "--local"]);
    terminal.prompt(READ_ONLY);
    terminal.enters("let kept = 1;", READ_ONLY);
    terminal.enters("let s = secret::env(\"S\");", READ_ONLY);
    terminal.enters(":unlock development", "development>");
    terminal.keys("\u{4}");
    assert_eq!(terminal.ends(), 0);
    let history = larder::system::files::read_text(&project.path().join(".larder/history"), 1 << 16).unwrap();
    // A name that unlocks is typed each time.
    assert_eq!(history, "#V2\nlet kept = 1;\n");
}

#[test]
fn a_terminal_completes_waits_for_the_rest_and_survives_ctrl_c() {
    let project = Project::new(PLAIN);
    piped(&project, ":unlock\nkv::ensure(\"SESSIONS\");\n");
    let mut command = project.command(&["repl", "-e", "dev", "--local"]);
    command.env("TERM", "xterm").stdin(Stdio::inherit());
    let mut terminal = spawn_command(command, Some(20_000)).unwrap();
    terminal.exp_string("development (read-only)> ").unwrap();
    // A name of the account, completed inside the text.
    terminal.send("kv::find(\"SES\t").unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("SESSIONS").unwrap();
    terminal.send_line("\").title").unwrap();
    terminal.exp_string("\"SESSIONS\"\r\n").unwrap();
    terminal.exp_string("development (read-only)> ").unwrap();
    // An entry over several lines.
    terminal.send_line("let sum = [1,").unwrap();
    terminal.send_line("2, 3];").unwrap();
    terminal.exp_string("development (read-only)> ").unwrap();
    terminal.send_line("sum.len * 14").unwrap();
    terminal.exp_string("42\r\n").unwrap();
    // Ctrl-C stops an entry, and the session goes on; a loop would meet its cap on a busy machine.
    terminal.exp_string("development (read-only)> ").unwrap();
    terminal.send_line("log(\"be\" + \"gun\"); sleep(15);").unwrap();
    terminal.exp_string("begun").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("interrupted").unwrap();
    terminal.exp_string("development (read-only)> ").unwrap();
    terminal.send_line("40 + 2").unwrap();
    terminal.exp_string("42\r\n").unwrap();
    terminal.send_control('d').unwrap();
    terminal.exp_eof().unwrap();
}

#[test]
fn entries_dump_into_one_file_again_and_load_it() {
    let project = Project::new(PLAIN);
    let lines = ":unlock\nlet a = d1::ensure(\"a\");\na.execute(\"CREATE TABLE t (x)\");\na.dump(\"x.sql\");\n\
                 a.execute(\"CREATE TABLE u (x)\");\na.dump(\"x.sql\");\nd1::ensure(\"b\").load(\"x.sql\").statements\n";
    assert_eq!(piped(&project, lines), ("3\n".to_owned(), String::new()));
}
