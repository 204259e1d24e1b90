//! Nothing is waited for that may never come: what is no regular file is not opened, and a run that hangs all the same, on
//! a reader that reads no more, is ended by signals.

use super::project::{Output, PLAIN, Project, filtered};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::system::files;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a run is killed after, so that a test ends although the run does not.
const END: &str = "30";
/// What a test waits for comes at once, unless something is broken.
const SOON: Duration = Duration::from_secs(20);

fn pipe(project: &Project, path: &str) {
    let path = project.path().join(path);
    files::make_folder(path.parent().unwrap()).unwrap();
    files::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// The binary, to its end.
#[track_caller]
fn run(project: &Project, arguments: &[&str]) -> Output {
    let binary = project.command(&[]);
    let all = [&["-k", "1", END, binary.get_program().to_str().unwrap()], arguments].concat();
    let output = project.command_of(Path::new("/usr/bin/timeout"), &all).output().unwrap();
    let folder = files::canonical(project.path()).unwrap();
    let text = |bytes: &[u8]| filtered(&String::from_utf8_lossy(bytes), &folder);
    let code = output.status.code().unwrap_or(-1);
    assert!(code != 124 && code != 137, "{arguments:?} does not end: {}", text(&output.stderr));
    Output { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

const IS_PIPE: &str = "it is a named pipe, not a regular file";
const RUN: [&str; 5] = ["run", "main", "-e", "dev", "--local"];

#[test]
fn a_pipe_in_the_place_of_a_file_of_the_project_is_refused() {
    let project = Project::new(PLAIN).recipe("");
    pipe(&project, "recipes/main.rhai");
    for arguments in
        [&RUN[..], &["plan", "main", "-e", "dev", "--local"], &["check"], &["show", "main"], &["recipes"]]
    {
        let refused = format!("error: can't read the recipe `recipes/main.rhai`: {IS_PIPE}\n");
        run(&project, arguments).exit(2).says("", &refused);
    }
    let project = Project::empty().file("recipes/main.rhai", "");
    pipe(&project, "larder.toml");
    for arguments in [&RUN[..], &["check"], &["ids", "-e", "dev"], &["migrations", "status", "-e", "dev"]] {
        let refused = format!("error: cannot read `[DIR]/larder.toml`: {IS_PIPE}\n");
        run(&project, arguments).exit(2).says("", &refused);
    }
    let project = Project::empty();
    pipe(&project, "wrangler.toml");
    for arguments in [&["plan", "--local"][..], &["check"], &["init"], &["ids"]] {
        run(&project, arguments)
            .exit(2)
            .kept(&format!("a pipe in the place of a wrangler config: {}", arguments[0]));
    }
    let project = Project::new(&format!("wrangler = \"w.toml\"\n{PLAIN}")).recipe("");
    pipe(&project, "w.toml");
    run(&project, &RUN).exit(2).kept("a pipe in the place of the config that a project names");
    let project = Project::empty().file("sub/recipes/main.rhai", "");
    pipe(&project, "package.json");
    run(&project, &["-C", "sub", "check"]);
}

#[test]
fn a_pipe_that_a_recipe_reads_is_refused_at_its_line() {
    let project = Project::new(PLAIN);
    pipe(&project, "f.sql");
    pipe(&project, "w.toml");
    pipe(&project, "p.rhai");
    project.write("m/0001_a.sql", "CREATE TABLE a (x);\n");
    pipe(&project, "m/0002_b.sql");
    for recipe in [
        "d1::ensure(\"d\").load(\"f.sql\");",
        "wrangler::config(\"w.toml\");",
        "import \"../p\" as p;",
        "d1::ensure(\"d\").migrate(\"m\");",
    ] {
        project.write("recipes/main.rhai", recipe);
        let refused = run(&project, &RUN);
        refused.kept(&format!("a pipe that a recipe reads is refused at its line: {recipe}"));
        let planned = run(&project, &["plan", "main", "-e", "dev", "--local"]);
        planned.kept(&format!("a pipe that a recipe reads is refused in a plan: {recipe}"));
    }
}

#[test]
fn a_pipe_or_a_socket_that_a_flag_or_a_variable_names_is_refused() {
    let project = Project::new(PLAIN).recipe("");
    pipe(&project, "pipe");
    let _listener = UnixListener::bind(project.path().join("socket")).unwrap();
    for (name, kind) in [("pipe", "a named pipe"), ("socket", "a socket"), ("/dev/zero", "a device")] {
        let said = format!("it is {kind}, not a regular file\n");
        run(&project, &["apply", name, "--local"])
            .exit(2)
            .kept(&format!("no regular file for a plan: {name}"));
        run(&project, &[&RUN[..], &["--env-file", name]].concat())
            .exit(2)
            .says("", &format!("error: cannot read the env file `{name}`: {said}"));
        let full = project.path().join(name);
        let with = Project::new(PLAIN).recipe("").env("CLOUDFLARE_API_TOKEN_FILE", full.to_str().unwrap());
        run(&with.env("CLOUDFLARE_ACCOUNT_ID", &"0".repeat(32)), &RUN[..4]).exit(2).stderr_has(&said);
    }
    // What is written whole takes the place of what was there.
    run(&project, &[&RUN[..], &["--report", "pipe.json"]].concat()).exit(0);
    pipe(&project, "pipe.json");
    run(&project, &[&RUN[..], &["--report", "pipe.json"]].concat()).exit(0);
}

/// The binary, whose output nobody reads any more.
struct Stuck {
    child: Child,
    begun: Instant,
}

impl Stuck {
    /// Starts it, and reads its errors until it says this; then the pipe fills.
    fn start(
        project: &Project,
        arguments: &[&str],
        until: &str,
    ) -> (Stuck, BufReader<std::process::ChildStderr>) {
        let mut command = project.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (begun, mut line) = (Instant::now(), String::new());
        while line.trim_end() != until {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it never said {until:?}");
        }
        let full = || rustix::io::ioctl_fionread(stderr.get_ref()).unwrap() > 60_000;
        while !full() {
            assert!(begun.elapsed() < SOON, "the pipe does not fill");
            std::thread::yield_now();
        }
        (Stuck { child, begun: Instant::now() }, stderr)
    }

    fn signal(mut self, name: &str) -> Self {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        self.begun = Instant::now();
        self
    }

    /// Signals it again and again: of signals that come at once the system keeps one.
    fn until_it_ends(mut self, name: &str) -> (Option<i32>, Duration) {
        let begun = self.begun;
        while self.child.try_wait().unwrap().is_none() {
            self = self.signal(name);
        }
        (self.child.wait().unwrap().code(), begun.elapsed())
    }

    /// Its exit code, and how long after the last signal it ended.
    fn end(mut self) -> (Option<i32>, Duration) {
        (self.child.wait().unwrap().code(), self.begun.elapsed())
    }
}

const FLOOD: &str =
    "log(\"begins\"); let s = \"0123456789\"; for i in 0..6 { s += s; } for i in 0..1000 { log(s); }";

#[test]
fn one_signal_ends_a_run_whose_errors_nobody_reads() {
    let project = Project::new(PLAIN).recipe(&format!("wait(kv::ensure(\"A\")); {FLOOD}")).served();
    let (stuck, _unread) = Stuck::start(&project, &RUN[..4], "begins");
    let (code, took) = stuck.signal("TERM").end();
    assert_eq!(code, Some(143));
    assert!(took < Duration::from_secs(9), "{took:?}");
    assert_eq!(project.report(&["plan", "main", "-e", "dev", "--quiet"])["summary"]["create"], 0);
}

#[test]
fn the_second_signal_ends_it_at_once() {
    let project = Project::new(PLAIN).recipe(&format!("wait(kv::ensure(\"A\")); {FLOOD}")).served();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let arguments = ["eval", "-e", "dev", FLOOD];
        let (stuck, _unread) = Stuck::start(&project, &arguments, "begins");
        let (ended, took) = stuck.signal(signal).until_it_ends(signal);
        assert_eq!(ended, Some(code));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn a_write_that_is_under_way_then_is_in_doubt() {
    let project = Project::new(PLAIN).recipe(&format!("kv::ensure(\"A\"); sleep(2); {FLOOD}")).served();
    let strike = FaultTarget::Request(3);
    project.account().inject(Fault { kind: FaultKind::Hang, effect: FaultEffect::Applied, strike });
    let (stuck, _unread) = Stuck::start(&project, &RUN[..4], "begins");
    assert!(project.account().history().iter().any(|one| one.method == "POST"));
    let (code, took) = stuck.signal("TERM").until_it_ends("TERM");
    assert_eq!(code, Some(5));
    assert!(took < Duration::from_secs(5), "{took:?}");
}
