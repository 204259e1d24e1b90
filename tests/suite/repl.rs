//! The session: through a pipe for what is printed, through a pseudo-terminal for how it feels.

use super::project::{PLAIN, Project};
use larder::local::fault::{Effect, Fault, Kind, Strike};
use rexpect::session::spawn_command;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

fn piped(project: &Project, lines: &str) -> (String, String) {
    let (code, stdout, stderr) = piped_to_its_end(project, lines);
    assert_eq!(code, 0, "{stderr}");
    (stdout, stderr)
}

/// The same with the exit code: the worst of what the entries came to.
fn piped_to_its_end(project: &Project, lines: &str) -> (i32, String, String) {
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
    let (code, stdout, stderr) = piped_to_its_end(
        &project,
        "let planned = kv::ensure(\"P\");\n:unlock\nplanned.put(\"k\", \"v\");\nlet real = kv::ensure(\"R\");\n\
         real.put(\"k\", \"v\");\nreal.get(\"k\")\nnope\n1 + 1\n:lock\nkv::ensure(\"L\");\n:what\n",
    );
    assert_eq!(code, 4, "an entry failed after changes");
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
        piped(&project, ":unlock\nkv::ensure(\"A\");\n:unlock development\nkv::ensure(\"A\").title\n");
    assert_eq!(stdout, "+ would create KvNamespace `A`\n\"A\"\n");
    assert!(stderr.contains("hint: `:unlock development`"), "{stderr}");
}

#[test]
fn an_entry_is_checked_before_any_of_it_runs() {
    let project = Project::new(PLAIN).file("recipes/lib.rhai", "fn twice(x) { x * 2 }\n");
    let before = "import \"recipes/lib\" as lib;\nfn own(a, b) { a + b }\nlet n = 1;\n:unlock\n";
    for (entry, told) in [
        ("kv::ensure(\"A\"); kv::ensur(\"B\");", "unknown function `kv::ensur`"),
        ("kv::ensure(\"A\"); kv::ensure(\"B\", #{ jurisdictoin: \"eu\" });", "has no option `jurisdictoin`"),
        ("kv::ensure(\"A\"); lib::twic(1);", "unknown function `lib::twic`"),
        ("kv::ensure(\"A\"); own(1);", "`own` takes 2 arguments, not 1"),
        ("kv::ensure(\"A\"); m;", "unknown variable `m`"),
        ("kv::ensure(\"A\"); kx::ensure(\"B\");", "unknown module `kx`"),
        ("kv::ensure(\"A\"", "error"),
    ] {
        let (code, stdout, stderr) = piped_to_its_end(&project, &format!("{before}{entry}\n"));
        assert!(stderr.contains(told), "{entry}: {stderr}");
        assert!(code == 2, "{entry}: {code} {stdout} {stderr}");
    }
    assert!(project.local().resources().unwrap().is_empty());
    // And what earlier entries left is known.
    let (stdout, _) = piped(&project, &format!("{before}own(lib::twice(n), [1, 2].map(|x| x + n).len)\n"));
    assert_eq!(stdout, "4\n");
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
    let hang = Fault { kind: Kind::Hang, effect: Effect::Applied, strike: Strike::Request(3) };
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

#[test]
fn entries_dump_into_one_file_again_and_load_it() {
    let project = Project::new(PLAIN);
    let lines = ":unlock\nlet a = d1::ensure(\"a\");\na.execute(\"CREATE TABLE t (x)\");\na.dump(\"x.sql\");\n\
                 a.execute(\"CREATE TABLE u (x)\");\na.dump(\"x.sql\");\nd1::ensure(\"b\").load(\"x.sql\").statements\n";
    assert_eq!(piped(&project, lines), ("3\n".to_owned(), String::new()));
}
