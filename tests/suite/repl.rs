//! The session: through a pipe for what is printed, through a pseudo-terminal for how it feels.

use super::project::{PLAIN, Project};
use rexpect::session::spawn_command;
use std::io::Write;
use std::process::Stdio;

fn piped(project: &Project, lines: &str) -> (String, String) {
    let mut command = project.command(&["repl", "-e", "dev", "--local"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
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
        "let planned = kv::ensure(\"P\");\n:unlock\nplanned.put(\"k\", \"v\");\nlet real = kv::ensure(\"R\");\n\
         real.put(\"k\", \"v\");\nreal.get(\"k\")\nnope\n1 + 1\n:lock\nkv::ensure(\"L\");\n:what\n",
    );
    assert_eq!(stdout, "+ would create KvNamespace `P`\n\"v\"\n2\n+ would create KvNamespace `L`\n");
    assert!(stderr.contains("`kv/P`, which was only planned, is only known after apply"), "{stderr}");
    assert!(stderr.contains("--> <repl:2>:1:9"), "{stderr}");
    assert!(
        stderr.contains("unknown variable `nope`") && stderr.contains("unknown command `:what`"),
        "{stderr}"
    );
    let names: Vec<String> =
        project.local().resources().unwrap().into_iter().map(|(_, one)| one.name).collect();
    assert_eq!(names, ["R"]);
}

#[test]
fn a_protected_environment_wants_its_name() {
    let config = PLAIN.replace("alias = \"dev\"", "alias = \"dev\"\nprotected = true");
    let project = Project::new(&config);
    let (stdout, stderr) =
        piped(&project, ":unlock\nkv::ensure(\"A\");\n:unlock development\nkv::ensure(\"A\").title\n");
    assert_eq!(stdout, "+ would create KvNamespace `A`\n\"A\"\n");
    assert!(stderr.contains("hint: `:unlock development`"), "{stderr}");
}

#[test]
fn what_holds_a_secret_is_not_kept_in_the_history() {
    let project = Project::new(PLAIN);
    piped(&project, "let kept = 1;\nlet s = secret::env(\"S\");\n");
    let history = larder::system::files::read_text(&project.path().join(".larder/history"), 1 << 16).unwrap();
    assert!(history.contains("kept") && !history.contains("secret::env"), "{history}");
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
