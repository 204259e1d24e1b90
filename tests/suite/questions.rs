//! Prompts at a terminal: `yes` continues, any other answer changes nothing.

use super::project::Project;
use rexpect::session::{PtySession, spawn_command};
use serde_json::{Value as Json, json};
use std::process::Stdio;

const CONFIG: &str = "app = \"shop\"\n[kv]\nnamespaces = [\"CACHE\", \"SESSIONS\"]\n[d1.databases.db]\n\
                      migrations = \"m\"\n[environments.development]\nalias = \"dev\"\n[environments.production]\n\
                      alias = \"prod\"\nprotected = true\n";

/// The command with a person at it.
fn at_a_terminal(project: &Project, arguments: &[&str]) -> PtySession {
    let mut command = project.command(arguments);
    command.env("TERM", "xterm").env("NO_COLOR", "1").stdin(Stdio::inherit());
    spawn_command(command, Some(20_000)).unwrap()
}

/// What a person does instead of saying yes or no.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Line(&'static str),
    Control(char),
}

/// Waits for the question and replies; gives what is said then, and the exit.
fn reply(mut terminal: PtySession, question: &str, reply: Reply) -> (String, String) {
    terminal.exp_string(question).unwrap();
    match reply {
        Reply::Line(line) => drop(terminal.send_line(line).unwrap()),
        Reply::Control(key) => terminal.send_control(key).unwrap(),
    }
    let said = terminal.exp_eof().unwrap();
    let status = terminal.process().wait().unwrap();
    (said, format!("{status:?}"))
}

/// The exit code in what waiting for the process gives.
fn ends_with(status: &str, code: u8) -> bool {
    status.starts_with("Exited(") && status.ends_with(&format!(", {code})"))
}

/// What does not go on: no, nothing, another word, the end of input, Ctrl-C; and the exit.
const REFUSALS: [(Reply, u8); 5] = [
    (Reply::Line("n"), 1),
    (Reply::Line(""), 1),
    (Reply::Line("yess"), 1),
    (Reply::Control('d'), 1),
    (Reply::Control('c'), 130),
];

fn provisioned(environment: &str) -> Project {
    let project = Project::new(CONFIG).file("m/0001_a.sql", "CREATE TABLE a (x);\n").served();
    project.run(&["run", "-e", environment, "--yes"]).exit(0);
    project
}

fn names(project: &Project) -> Vec<String> {
    let mut names: Vec<String> =
        project.account().resources().unwrap().into_iter().map(|(_, one)| one.name).collect();
    names.sort();
    names
}

fn changes(project: &Project) -> usize {
    project.history().unwrap().iter().filter(|one| one.changed).count()
}

#[test]
fn destroy_asks_and_only_yes_destroys() {
    let project = provisioned("dev");
    let (question, before) = ("delete 3 of `development`? [y/N] ", changes(&project));
    for (answer, exit) in REFUSALS {
        let terminal = at_a_terminal(&project, &["destroy", "-e", "dev"]);
        let (said, status) = reply(terminal, question, answer);
        assert!(ends_with(&status, exit), "{answer:?}: {status} {said}");
        assert_eq!((names(&project).len(), changes(&project)), (3, before), "{answer:?}: {said}");
        let told = if exit == 1 { "nothing was deleted: the answer was no" } else { "nothing was changed" };
        assert!(said.contains(told), "{answer:?}: {said}");
    }
    let mut terminal = at_a_terminal(&project, &["destroy", "-e", "dev"]);
    // What goes is shown before the question.
    terminal.exp_string("- shop-dev-CACHE").unwrap();
    let (said, status) = reply(terminal, question, Reply::Line("y"));
    assert!(ends_with(&status, 0) && said.contains("3 deleted in"), "{status} {said}");
    assert_eq!(names(&project), Vec::<String>::new());
}

#[test]
fn a_protected_environment_is_not_asked_about_without_its_name() {
    let project = provisioned("prod");
    let mut terminal = at_a_terminal(&project, &["destroy", "-e", "prod"]);
    let said = terminal.exp_eof().unwrap();
    let status = format!("{:?}", terminal.process().wait().unwrap());
    assert!(ends_with(&status, 1), "{status} {said}");
    assert!(
        said.contains("`production` is protected") && said.contains("hint: `--confirm production`"),
        "{said}"
    );
    assert!(!said.contains("[y/N]"), "{said}");
    assert_eq!(names(&project).len(), 3);
    let terminal = at_a_terminal(&project, &["destroy", "-e", "prod", "--confirm", "production"]);
    let (said, status) = reply(terminal, "delete 3 of `production`? [y/N] ", Reply::Line("yes"));
    assert!(ends_with(&status, 0), "{status} {said}");
    assert_eq!(names(&project), Vec::<String>::new());
}

#[test]
fn a_run_of_a_protected_environment_asks() {
    let project = Project::new(CONFIG).file("m/0001_a.sql", "CREATE TABLE a (x);\n").served();
    let question = "`production` is protected: apply to it? [y/N] ";
    for (answer, exit) in REFUSALS {
        let (said, status) = reply(at_a_terminal(&project, &["run", "-e", "prod"]), question, answer);
        assert!(ends_with(&status, exit), "{answer:?}: {status} {said}");
        let told = if exit == 1 { "nothing was done: the answer was no" } else { "nothing was changed" };
        assert!(said.contains(told), "{answer:?}: {said}");
        assert_eq!(changes(&project), 0, "{answer:?}: {said}");
        assert!(said.contains("shop-prod-CACHE") && said.contains("to create"), "the plan is shown: {said}");
    }
    let terminal = at_a_terminal(&project, &["run", "-e", "prod"]);
    let (said, status) = reply(terminal, question, Reply::Line("Y"));
    assert!(ends_with(&status, 0), "{status} {said}");
    assert_eq!(names(&project).len(), 3);
}

#[test]
fn a_baseline_asks() {
    let project = Project::new(CONFIG).file("m/0001_a.sql", "CREATE TABLE a (x);\n").served();
    let made = project.api("POST", "/d1/database", &json!({"name": "shop-dev-db"}));
    let path = format!("/d1/database/{}/query", made["uuid"].as_str().unwrap());
    project.api("POST", &path, &json!({"sql": "CREATE TABLE a (x)"}));
    let before = changes(&project);
    let baseline = ["migrations", "baseline", "-e", "dev", "--to", "0001_a.sql"];
    for (answer, exit) in REFUSALS {
        let (said, status) = reply(at_a_terminal(&project, &baseline), "write this? [y/N] ", answer);
        assert!(
            ends_with(&status, exit) && said.contains("nothing was written"),
            "{answer:?}: {status} {said}"
        );
        assert_eq!(changes(&project), before, "{answer:?}: {said}");
    }
    let (said, status) = reply(at_a_terminal(&project, &baseline), "write this? [y/N] ", Reply::Line("y"));
    assert!(ends_with(&status, 0), "{status} {said}");
    let json: Json = project.report(&["migrations", "status", "-e", "dev"]);
    assert_eq!(json["databases"][0]["files"][0]["state"], "applied", "{json}");
}

#[test]
fn a_baseline_asks_for_the_last_file_and_then_whether_to_write() {
    let project = Project::new(CONFIG)
        .file("m/0001_a.sql", "CREATE TABLE a (x);\n")
        .file("m/0002_b.sql", "INSERT INTO a VALUES (1);\n")
        .served();
    let made = project.api("POST", "/d1/database", &json!({"name": "shop-dev-db"}));
    let path = format!("/d1/database/{}/query", made["uuid"].as_str().unwrap());
    project.api("POST", &path, &json!({"sql": "CREATE TABLE a (x)"}));
    let (arguments, question) = (["migrations", "baseline", "-e", "dev"], "the last file that was applied: ");
    let before = changes(&project);
    for (answer, exit, told) in [
        (Reply::Line("y"), 1, "`y` is none of the files that fit"),
        (Reply::Line(""), 1, "nothing was written"),
        (Reply::Control('d'), 1, "nothing was written"),
        (Reply::Control('c'), 130, ""),
    ] {
        let (said, status) = reply(at_a_terminal(&project, &arguments), question, answer);
        assert!(ends_with(&status, exit) && said.contains(told), "{answer:?}: {status} {said}");
    }
    for (answer, exit) in REFUSALS {
        let mut terminal = at_a_terminal(&project, &arguments);
        terminal.exp_string(question).unwrap();
        terminal.send_line("0001_a.sql").unwrap();
        let (said, status) = reply(terminal, "write this? [y/N] ", answer);
        assert!(ends_with(&status, exit), "{answer:?}: {status} {said}");
    }
    assert_eq!(changes(&project), before);
    let mut terminal = at_a_terminal(&project, &arguments);
    terminal.exp_string(question).unwrap();
    terminal.send_line("0001_a.sql").unwrap();
    let (said, status) = reply(terminal, "write this? [y/N] ", Reply::Line("y"));
    assert!(ends_with(&status, 0) && said.contains("written, and read back"), "{status} {said}");
    let rows = project.api("POST", &path, &json!({"sql": "SELECT name FROM d1_migrations"}));
    assert_eq!(rows[0]["results"], json!([{"name": "0001_a.sql"}]));
}
