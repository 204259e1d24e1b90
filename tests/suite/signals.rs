//! Signals: requests in flight are finished, nothing new is started, and exit code and report show the progress.

use super::outputs::kept;
use super::project::{PLAIN, Project, filtered, ops};
use larder::local::RecordedExchange;
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::system::files;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};
use std::time::{Duration, Instant};

const RUN: [&str; 6] = ["run", "main", "-e", "dev", "--report", "report.json"];
/// What a test waits for comes at once, unless something is broken.
const SOON: Duration = Duration::from_secs(20);

/// The binary while it runs.
struct Running<'a> {
    project: &'a Project,
    child: Child,
    stderr: BufReader<ChildStderr>,
}

/// How it ended.
struct Ended {
    code: Option<i32>,
    stderr: String,
    /// Since the last signal.
    took: Duration,
    report: Json,
}

impl<'a> Running<'a> {
    fn start(project: &'a Project, arguments: &[&str]) -> Self {
        let mut child = project.spawn(arguments);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Running { project, child, stderr }
    }

    /// Reads what it says until it says this.
    fn until_it_says(mut self, line: &str) -> Self {
        let mut said = String::new();
        while self.stderr.read_line(&mut said).unwrap() > 0 {
            if said.lines().last() == Some(line) {
                return self;
            }
        }
        panic!("it never said {line:?}: {said}");
    }

    /// Waits until the served account has seen this.
    fn until(self, holds: impl Fn(&[RecordedExchange]) -> bool) -> Self {
        let seen = self.project.account().wait_until(SOON, holds);
        assert!(seen, "{:#?}", self.project.account().history());
        self
    }

    fn signal(self, name: &str) -> Self {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        self
    }

    fn end(mut self) -> Ended {
        let begun = Instant::now();
        let code = self.child.wait().unwrap().code();
        let took = begun.elapsed();
        let mut stderr = String::new();
        self.stderr.read_to_string(&mut stderr).unwrap();
        let path = self.project.path().join("report.json");
        let report = files::read_text(&path, 1 << 20).unwrap_or_else(|error| panic!("{error}: {stderr}"));
        Ended { code, stderr, took, report: serde_json::from_str(&report).unwrap() }
    }
}

impl Ended {
    /// The same exit code in the process and in the report.
    #[track_caller]
    fn exit(&self, code: i32) {
        assert_eq!((self.code, &self.report["exit"]), (Some(code), &json!(code)), "{}", self.stderr);
        assert_eq!(self.report["complete"], false);
    }

    fn statuses(&self) -> Vec<String> {
        let told = ops(&self.report).into_iter();
        told.map(|(_, call, name, action, status)| format!("{call} {name} {action} {status}")).collect()
    }
}

fn served(recipe: &str) -> Project {
    Project::new(PLAIN).recipe(recipe).served()
}

fn slow(recipe: &str, latency_ms: u64) -> Project {
    Project::new(PLAIN).recipe(recipe).served_with(Duration::from_millis(latency_ms), None)
}

/// What the script asks for stands before what it does then.
fn has_looked(history: &[RecordedExchange]) -> bool {
    !history.is_empty()
}

fn is_create(one: &RecordedExchange) -> bool {
    one.method == "POST"
}

#[test]
fn a_computing_recipe_stops_at_once() {
    let project = served("cf::get(\"/storage/kv/namespaces\");\nlet i = 0;\nwhile i >= 0 { i += 1; }\n");
    let ended = Running::start(&project, &RUN).until(has_looked).signal("INT").end();
    ended.exit(130);
    assert_eq!(ended.report["changed"], false);
    assert!(ended.stderr.contains("error: interrupted here\n --> recipes/main.rhai:"), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("exit 130: interrupted; nothing was changed\n"), "{}", ended.stderr);
}

#[test]
fn a_loop_that_catches_all_stops_too() {
    let project =
        served("cf::get(\"/storage/kv/namespaces\");\nloop { try { sleep(1); throw 1; } catch { } }\n");
    let ended = Running::start(&project, &RUN).until(has_looked).signal("TERM").end();
    ended.exit(143);
    assert!(ended.took < Duration::from_millis(900), "{:?}", ended.took);
    assert_eq!(ended.report["changed"], false);
}

#[test]
fn a_write_under_way_is_finished_and_nothing_comes_after_it() {
    let project =
        slow("kv::ensure(\"A\").put(\"k\", \"v\");\nkv::ensure(\"B\");\nr2::ensure(\"abc\");\n", 600);
    let ended = Running::start(&project, &RUN)
        .until(|history| history.iter().filter(|one| is_create(one)).count() == 3)
        .signal("INT")
        .end();
    ended.exit(130);
    let expected = [
        "kv::ensure A create done",
        "kv::put A write skipped",
        "kv::ensure B create done",
        "r2::ensure abc create done",
    ];
    assert_eq!(ended.statuses(), expected);
    assert_eq!((&ended.report["changed"], &ended.report["requests"]["writes"]), (&json!(true), &json!(3)));
    let history = project.account().history();
    assert!(history.iter().all(|one| one.answered.is_some()), "{history:#?}");
    assert!(!history.iter().any(|one| one.path.contains("/values/")), "{history:#?}");
    // And a run afterwards finishes it.
    project.run(&RUN[..4]).exit(0);
    assert_eq!(project.account().history().iter().filter(|one| is_create(one)).count(), 3);
}

#[test]
fn what_waits_for_its_turn_is_not_sent() {
    let mut recipe = String::new();
    for number in 0..40 {
        let _ = writeln!(recipe, "kv::ensure(\"N{number:02}\");");
    }
    let project = slow(&recipe, 800);
    let creates = |history: &[RecordedExchange]| history.iter().filter(|one| is_create(one)).count();
    let ended = Running::start(&project, &RUN).until(|history| creates(history) == 32).signal("INT").end();
    ended.exit(130);
    assert_eq!(creates(&project.account().history()), 32);
    let summary = &ended.report["summary"];
    assert_eq!((&summary["create"], &summary["skipped"]), (&json!(32), &json!(8)));
    assert_eq!(ended.stderr.matches("error: ").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.ends_with("exit 130: interrupted; some changes were made; running again is safe\n"));
}

#[test]
fn a_read_that_waits_for_a_write_is_not_sent_after_it() {
    let project = slow("let space = kv::ensure(\"A\");\nlog(space.get(\"k\"));\n", 600);
    let ended =
        Running::start(&project, &RUN).until(|history| history.iter().any(is_create)).signal("INT").end();
    ended.exit(130);
    assert_eq!(ended.statuses(), ["kv::ensure A create done"]);
    let history = project.account().history();
    assert!(!history.iter().any(|one| one.path.contains("/values/")), "{history:#?}");
    assert!(ended.stderr.ends_with("exit 130: interrupted; some changes were made; running again is safe\n"));
}

#[test]
fn a_second_signal_gives_up_what_is_under_way_and_says_so() {
    let project = served("kv::ensure(\"A\");\nkv::ensure(\"B\");\n");
    // The listing, the accounts, then two creates: the last to come is never answered.
    let hang = Fault { kind: FaultKind::Hang, effect: FaultEffect::Applied, strike: FaultTarget::Request(4) };
    project.account().inject(hang);
    let ended = Running::start(&project, &RUN)
        .until(|history| history.len() == 4 && history[3].applied.is_some() && history[2].answered.is_some())
        .signal("INT")
        .until_it_says("interrupted: waiting for what is under way; interrupt again to give it up")
        .signal("INT")
        .end();
    assert!(ended.took < Duration::from_secs(1), "{:?}", ended.took);
    ended.exit(5);
    let summary = &ended.report["summary"];
    assert_eq!((&summary["unknown"], &summary["create"]), (&json!(1), &json!(1)), "{:?}", ended.statuses());
    assert!(ended.stderr.contains("it is not known whether"), "{}", ended.stderr);
    // It arrived: the next run finds it and writes nothing.
    project.account().heal();
    project.run(&RUN[..4]).exit(0);
    assert_eq!(project.report(&RUN[..4])["changed"], false);
}

#[test]
fn last_words_end_before_a_ci_runner_kills() {
    let project = served("kv::ensure(\"A\");\n");
    let hang =
        Fault { kind: FaultKind::Hang, effect: FaultEffect::NotApplied, strike: FaultTarget::Request(3) };
    project.account().inject(hang);
    let ended = Running::start(&project, &RUN).until(|history| history.len() == 3).signal("TERM").end();
    assert!(ended.took > Duration::from_secs(6) && ended.took < Duration::from_secs(9), "{:?}", ended.took);
    ended.exit(5);
    assert_eq!(ended.statuses(), ["kv::ensure A create unknown"]);
    // It did not arrive: the next run finds nothing and creates it.
    project.account().heal();
    assert_eq!(project.report(&RUN[..4])["summary"]["create"], 1);
}

#[test]
fn a_pause_before_another_attempt_is_cut_short() {
    let project = served("kv::ensure(\"A\");\n");
    let throttled = Fault {
        kind: FaultKind::Throttled(50),
        effect: FaultEffect::NotApplied,
        strike: FaultTarget::Request(3),
    };
    project.account().inject(throttled);
    let ended = Running::start(&project, &RUN)
        .until(|history| history.len() == 3 && history[2].answered.is_some())
        .signal("INT")
        .end();
    assert!(ended.took < Duration::from_secs(3), "{:?}", ended.took);
    ended.exit(130);
    assert_eq!((project.account().history().len(), &ended.report["changed"]), (3, &json!(false)));
}

#[test]
fn a_signal_while_bindings_are_looked_at_ends_the_run_before_it_begins() {
    let config = "app = \"app\"\nwrangler = \"wrangler.toml\"\n[naming]\ntemplate = \"{name}\"\n[kv]\nnamespaces = [\"A\"]\n\
                  [environments.development]\nalias = \"dev\"\nwrangler_env = \"dev\"\n";
    let project = Project::new(config)
        .file(
            "wrangler.toml",
            "name = \"w\"\n[[env.dev.kv_namespaces]]\nbinding = \"A\"\nid = \"0123456789abcdef0123456789abcdef\"\n",
        )
        .recipe("kv::ensure(\"A\");\n")
        .served_with(Duration::from_millis(400), None);
    let ended = Running::start(&project, &RUN).until(|history| !history.is_empty()).signal("INT").end();
    ended.exit(130);
    assert_eq!((&ended.report["changed"], &ended.report["requests"]["writes"]), (&json!(false), &json!(0)));
    // A slow machine is told before it that something is under way.
    assert!(ended.stderr.ends_with("exit 130: interrupted; nothing was changed\n"), "{}", ended.stderr);
    assert!(project.account().history().iter().all(|one| one.method == "GET"));
}

#[test]
fn a_plan_and_an_expression_stop_as_well() {
    let project = served("cf::get(\"/storage/kv/namespaces\");\nsleep(30);\n");
    let plan = ["plan", "main", "-e", "dev", "--exit-code", "--report", "report.json"];
    let ended = Running::start(&project, &plan).until(has_looked).signal("INT").end();
    ended.exit(130);
    let mut running = Running::start(&project, &["eval", "log(\"ready\"); sleep(30)"]);
    running = running.until_it_says("ready").signal("INT");
    assert_eq!(running.child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_look_at_a_token_stops_as_well() {
    for arguments in [&["token", "main", "-e", "dev"][..], &["check", "--online", "main", "-e", "dev"]] {
        let project = served("kv::ensure(\"A\");\n");
        let strike = FaultTarget::From(1);
        project.account().inject(Fault { kind: FaultKind::Hang, effect: FaultEffect::NotApplied, strike });
        let mut running = Running::start(&project, arguments).until(has_looked).signal("TERM");
        assert_eq!(running.child.wait().unwrap().code(), Some(143), "{arguments:?}");
    }
}

#[test]
fn an_import_that_is_interrupted_as_it_reads_ends_by_the_signal() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let project = Project::empty().served();
        let strike = FaultTarget::From(1);
        project.account().inject(Fault { kind: FaultKind::Hang, effect: FaultEffect::NotApplied, strike });
        let mut running = Running::start(&project, &["import"]).until(has_looked).signal(signal);
        assert_eq!(running.child.wait().unwrap().code(), Some(code));
        let mut said = String::new();
        running.stderr.read_to_string(&mut said).unwrap();
        assert!(said.ends_with("\ninterrupted: nothing was written\n") && !said.contains("hint"), "{said}");
        assert!(!files::exists(&project.path().join("larder.toml")));
    }
}

#[test]
fn a_hangup_is_a_signal_like_another() {
    let project = served("cf::get(\"/storage/kv/namespaces\");\nsleep(30);\n");
    let ended = Running::start(&project, &RUN).until(has_looked).signal("HUP").end();
    ended.exit(143);
    assert!(ended.took < Duration::from_millis(900), "{:?}", ended.took);
}

#[test]
fn a_look_for_a_lost_answer_is_given_up_by_the_second_signal() {
    let project = served("kv::ensure(\"A\");\n");
    // The listing, the account, the create whose answer is lost, and the look for it, which hangs.
    let lost =
        Fault { kind: FaultKind::Reset, effect: FaultEffect::Applied, strike: FaultTarget::Request(3) };
    let hang =
        Fault { kind: FaultKind::Hang, effect: FaultEffect::NotApplied, strike: FaultTarget::Request(4) };
    project.account().inject(lost);
    project.account().inject(hang);
    let ended = Running::start(&project, &RUN)
        .until(|history| history.len() == 4)
        .signal("INT")
        .until_it_says("interrupted: waiting for what is under way; interrupt again to give it up")
        .signal("INT")
        .end();
    assert!(ended.took < Duration::from_secs(1), "{:?}", ended.took);
    ended.exit(5);
    assert_eq!(ended.statuses(), ["kv::ensure A create unknown"]);
    let said = filtered(&ended.stderr, project.path());
    kept("a look for a lost answer is given up by the second signal", &said);
    project.account().heal();
    assert_eq!(project.report(&RUN[..4])["changed"], false);
}

#[test]
fn a_signal_within_a_migration_leaves_the_rest_for_the_next_run() {
    let mut project = slow("let db = d1::ensure(\"jobs\");\ndb.migrate(\"migrations\");\n", 300);
    for number in 1..=3 {
        let text = format!("CREATE TABLE t{number} (id INTEGER);\n");
        project = project.file(&format!("migrations/000{number}_t.sql"), &text);
    }
    let is_second = |one: &RecordedExchange| one.path.ends_with("/query") && one.body.contains("t1");
    let ended =
        Running::start(&project, &RUN).until(|history| history.iter().any(is_second)).signal("TERM").end();
    ended.exit(143);
    let again = project.report(&RUN[..4]);
    assert_eq!((&again["exit"], &again["summary"]["create"]), (&json!(0), &json!(0)), "{again:#}");
    assert_eq!(project.report(&RUN[..4])["changed"], false);
}

#[test]
fn a_deletion_under_way_is_finished_and_the_rest_is_left() {
    let steps =
        ["A", "B", "C"].map(|name| format!("step(\"{name}\", || {{ kv::ensure(\"app-{name}\"); }});\n"));
    let project = slow(&steps.concat(), 300);
    project.run(&RUN[..4]).exit(0);
    let destroy = ["destroy", "main", "-e", "dev", "--yes", "--report", "report.json"];
    let ended = Running::start(&project, &destroy)
        .until(|history| history.iter().any(|one| one.method == "DELETE"))
        .signal("INT")
        .end();
    ended.exit(130);
    let expected = [
        "kv::destroy app-C delete done",
        "kv::destroy app-B delete skipped",
        "kv::destroy app-A delete skipped",
    ];
    assert_eq!(ended.statuses(), expected);
    let steps: Vec<&str> = ended.report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["ok", "interrupted", "interrupted"]);
    assert_eq!(project.account().resources().unwrap().len(), 2);
    assert_eq!(project.report(&destroy[..5])["summary"]["delete"], 2);
    assert_eq!(project.account().resources().unwrap().len(), 0);
}

/// What asks a run to end by itself, and what the shell sees then.
#[test]
fn whoever_stops_reading_asks_the_run_to_end() {
    let recipe = "for i in 0..20 { kv::ensure(`N${i}`); }\n";
    let project = served(recipe);
    for format in ["text", "ndjson", "json"] {
        let mut child =
            project.spawn(&["run", "main", "-e", "dev", "--format", format, "--report", "r.json"]);
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{stderr}");
        let code = output.status.code().unwrap();
        let report = files::read_text(&project.path().join("r.json"), 1 << 20).unwrap();
        let report: Json = serde_json::from_str(&report).unwrap();
        assert_eq!(report["exit"], json!(code), "{format}: {stderr}");
        // A document is printed at the end only: by then all is done.
        let expected = if format == "json" { 4 } else { 143 };
        assert_eq!(code, expected, "{format}: {stderr}");
        assert!(stderr.contains("can't write to standard output: broken pipe"), "{format}: {stderr}");
        let created = project.account().history().iter().filter(|one| is_create(one)).count();
        assert_eq!(created, if format == "json" { 20 } else { 0 }, "{format}");
        if format == "text" {
            assert_eq!(report["complete"], false);
        }
    }
}

#[test]
fn a_report_that_finds_no_room_is_no_success() {
    let project = served("kv::ensure(\"A\");\n");
    let run = |expected: i32| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = project.command(&RUN[..4]).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{stderr}");
        kept(&format!("a report that finds no room: {expected}"), &filtered(&stderr, project.path()));
    };
    run(4);
    run(1);
}
