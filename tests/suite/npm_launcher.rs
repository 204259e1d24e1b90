//! What npm installs as `larder`: it starts the program of this machine's package, and ends as that ends.

use super::npm_package::platform;
use super::packed::{VERSION, path_of_process, script, write};
use super::source_tree::read;
use larder::system::files;
use rexpect::session::spawn_command;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// A program that does what its first argument asks for.
const PROGRAM: &str = r#"#!/bin/sh
case "$1" in
  exit) exit "$2" ;;
  arguments) shift; printf '<%s>' "$@" ;;
  copy) cat; echo done >&2 ;;
  die) kill -"$2" $$ ;;
  wait)
    tail -f /dev/null &
    trap 'kill $! 2> /dev/null' EXIT
    trap 'echo INT' INT
    trap 'echo TERM; exit 7' TERM
    trap 'echo HUP; exit 8' HUP
    echo ready
    while :; do wait; done
    ;;
esac
"#;

/// A project with the packages where pnpm puts them: real folders apart, and links to what each may see.
struct Laid {
    folder: tempfile::TempDir,
    platform: String,
}

impl Laid {
    fn new() -> Self {
        let laid =
            Laid { folder: tempfile::tempdir().unwrap(), platform: format!("larder-cli-{}", platform()) };
        let mut manifest: serde_json::Value =
            serde_json::from_str(&read("packaging/npm/larder-cli/package.json")).unwrap();
        manifest["version"] = json!(VERSION);
        manifest["optionalDependencies"][&laid.platform] = json!(VERSION);
        let main = laid.real("larder-cli");
        write(&main.join("package.json"), manifest.to_string().as_bytes());
        write(&main.join("larder.js"), read("packaging/npm/larder-cli/larder.js").as_bytes());
        let of_platform = laid.real(&laid.platform);
        let manifest = json!({ "name": laid.platform, "version": VERSION });
        write(&of_platform.join("package.json"), manifest.to_string().as_bytes());
        script(&of_platform.join("bin/larder"), PROGRAM);
        symlink(&of_platform, main.parent().unwrap().join(&laid.platform)).unwrap();
        symlink(&main, laid.folder.path().join("node_modules/larder-cli")).unwrap();
        laid
    }

    fn real(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("node_modules/.pnpm/{name}@{VERSION}/node_modules/{name}"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut node = Command::new("node");
        node.arg(self.folder.path().join("node_modules/larder-cli/larder.js")).args(arguments);
        node.env_clear().env("PATH", path_of_process()).current_dir(self.folder.path());
        node
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Refused with exactly this.
    #[track_caller]
    fn refuses(&self, mut command: Command, message: &str) {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let folder = self.folder.path().canonicalize().unwrap();
        let said = String::from_utf8(output.stderr).unwrap().replace(folder.to_str().unwrap(), "[DIR]");
        assert_eq!((said.as_str(), output.status.code(), output.stdout.len()), (message, Some(2), 0));
    }
}

#[test]
fn arguments_streams_and_exit_codes_are_those_of_the_program() {
    let laid = Laid::new();
    for code in [0, 1, 2, 3, 4, 5, 70, 130, 143] {
        assert_eq!(laid.run(&["exit", &code.to_string()]).status.code(), Some(code));
    }
    let output = laid.run(&["arguments", "", "a b", "--x=$HOME", "*", "ä", "--", "-V"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "<><a b><--x=$HOME><*><ä><--><-V>");
    let mut child = piped(&laid, &["copy"]);
    child.stdin.take().unwrap().write_all(b"from outside").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"from outside"[..], &b"done\n"[..]));
}

#[test]
fn a_program_that_a_signal_ends_ends_the_launcher_by_that_signal() {
    let laid = Laid::new();
    for (name, number) in [("KILL", 9), ("TERM", 15), ("INT", 2), ("HUP", 1), ("SEGV", 11)] {
        assert_eq!(laid.run(&["die", name]).status.signal(), Some(number), "{name}");
    }
}

fn piped(laid: &Laid, arguments: &[&str]) -> Child {
    let mut command = laid.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(process: u32, name: &str) {
    let kill = format!("kill -{name} {process}");
    assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
}

#[test]
fn signals_are_passed_on_and_the_end_is_waited_for() {
    let laid = Laid::new();
    let ends = |signals: &[&str]| -> (Vec<String>, ExitStatus) {
        let mut child = piped(&laid, &["wait"]);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(lines.next().as_deref(), Some("ready"));
        let mut said = Vec::new();
        for name in signals {
            signal(child.id(), name);
            said.push(lines.next().unwrap());
        }
        said.extend(lines);
        (said, child.wait().unwrap())
    };
    let (said, status) = ends(&["TERM"]);
    assert_eq!((said, status.code()), (vec!["TERM".to_owned()], Some(7)));
    let (said, status) = ends(&["INT", "INT", "HUP"]);
    assert_eq!((said, status.code()), (["INT", "INT", "HUP"].map(str::to_owned).to_vec(), Some(8)));
}

#[test]
fn ctrl_c_in_a_terminal_reaches_the_program_once() {
    let laid = Laid::new();
    let mut terminal = spawn_command(laid.command(&["wait"]), Some(30_000)).unwrap();
    terminal.exp_string("ready").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("INT").unwrap();
    terminal.process_mut().signal(rexpect::process::Signal::SIGTERM).unwrap();
    let rest = terminal.exp_eof().unwrap();
    assert_eq!(rest.replace(['\r', '\n'], ""), "TERM", "a second SIGINT would make a run give up");
}

#[test]
fn without_the_package_of_this_machine_the_way_out_is_named() {
    let laid = Laid::new();
    let name = laid.platform.clone();
    files::remove_file(&laid.real("larder-cli").parent().unwrap().join(&name)).unwrap();
    let missing = format!(
        "error: the package `{name}`, which holds the program for this machine, is not installed\n\
         hint: install again on this machine and with optional dependencies (without `--omit=optional` or `--no-optional`); \
         if it is still missing, the lock file was written without it: `npm install --no-save {name}@{VERSION}`\n"
    );
    laid.refuses(laid.command(&["run"]), &missing);
    // On a machine that no release is built for.
    let preload = laid.folder.path().join("preload.js");
    let other = "for (const [name, value] of [['arch', 'riscv64'], ['platform', 'linux']]) \
                 Object.defineProperty(process, name, { value });";
    write(&preload, other.as_bytes());
    let mut node = Command::new("node");
    node.arg("--require").arg(&preload).arg(laid.folder.path().join("node_modules/larder-cli/larder.js"));
    node.env_clear().env("PATH", path_of_process());
    let message = "error: there is no Larder for `linux-riscv64` on npm\n\
                   hint: build it with Rust: `cargo install --locked larder`\n";
    laid.refuses(node, message);
}

#[test]
fn a_package_that_does_not_fit_is_refused() {
    let laid = Laid::new();
    let of_platform = laid.real(&laid.platform);
    let name = &laid.platform;
    std::fs::set_permissions(of_platform.join("bin/larder"), PermissionsExt::from_mode(0o644)).unwrap();
    let program = format!("[DIR]/node_modules/.pnpm/{name}@{VERSION}/node_modules/{name}/bin/larder");
    let starts_not = format!(
        "error: `{program}` does not start: spawn {program} EACCES\nhint: install the package again\n"
    );
    laid.refuses(laid.command(&["run"]), &starts_not);
    let manifest = json!({ "name": name, "version": "9.9.9" });
    write(&of_platform.join("package.json"), manifest.to_string().as_bytes());
    let other = format!(
        "error: `larder-cli` is version {VERSION}, and `{name}` is version 9.9.9\n\
         hint: install both anew: `npm install larder-cli@{VERSION}`\n"
    );
    laid.refuses(laid.command(&["run"]), &other);
}
