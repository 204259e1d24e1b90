//! Every command, found in the program's own list of them: one that is added and not told of here fails the test.

use super::*;
use clap::{Arg, CommandFactory};
use larder::cli::Arguments;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Two environments, a Worker, a database with a secret in it.
const CONFIG: &str = r#"
app = "app"
process_env = ["CANARY", "PEM"]
wrangler = "wrangler.toml"
[d1.databases.db]
binding = "DB"
migrations = "migrations"
[naming]
template = "{app}-{env}-{name}"
[environments.development]
alias = "dev"
[environments.production]
alias = "prod"
[environments.preview]
naming = { template = "{app}-{env}-{branch}-{name}" }
"#;

/// Says what it can and goes on: it has a plan, and can be destroyed.
const RECIPE: &str = r#"
let s = secret::env("CANARY");
let pem = secret::env("PEM");
let both = "Bearer " + s + "-suffix";
log(s); warn(both); print([pem, both]);
try { output("s", s); } catch (e) { log(e.message); }
let ns = kv::ensure(bound("kv", "NAMES") ?? name("kv", "NAMES"));
ns.put("key", both);
ns.put("pem", pem);
let db = d1::ensure(bound("d1", "DB") ?? name("d1", "db"));
db.migrate("migrations");
output("rows", rows_of(db));
db.load("seed.sql");
db.dump("dump.sql");
fn rows_of(db) {
    let rows = db.query("SELECT x FROM t");
    log(rows);
    warn(`${rows}`);
    rows.len
}
"#;

const WORKER: &str = r#"
name = "w"
[env.development]
kv_namespaces = [{ binding = "NAMES" }]
d1_databases = [{ binding = "DB", database_name = "app-dev-db" }]
[env.production]
kv_namespaces = [{ binding = "NAMES" }]
d1_databases = [{ binding = "DB", database_name = "app-prod-db" }]
"#;

const RUN: &str = "run main -e dev";

/// How a command is called so that it has much to say, without spaces in a word.
struct Called {
    /// The command before it.
    before: &'static str,
    arguments: &'static str,
    /// How it ends.
    exit: i32,
    /// Whether it asks the account.
    asks: bool,
}

const fn called(before: &'static str, arguments: &'static str, exit: i32, asks: bool) -> Called {
    Called { before, arguments, exit, asks }
}

fn calls(command: &str) -> Vec<Called> {
    match command {
        "run" | "plan" => vec![called("", "main -e dev", 0, true)],
        "destroy" => {
            vec![called(RUN, "main -e dev", 1, true), called(RUN, "main -e dev --with-data --yes", 0, true)]
        }
        "sweep" => vec![called(
            "run main -e preview --set branch=a",
            "main -e preview --keep b --with-data --yes",
            0,
            true,
        )],
        "apply" => vec![called("plan main -e dev --out plan.json", "plan.json", 0, true)],
        "diff" => vec![called(RUN, "dev prod --recipe main", 0, true)],
        "check" => vec![called("", "", 0, false), called(RUN, "--online main -e dev", 0, true)],
        "ids" => vec![called(RUN, "--recipe main -e dev --write --yes", 0, true)],
        "migrations status" | "migrations baseline" | "repl" => vec![called(RUN, "-e dev", 0, true)],
        "migrations repair" => vec![called(RUN, "-e dev --edited 0001_t.sql", 1, true)],
        "migrations new" => vec![called("", "more", 0, false)],
        "recipes" | "local faults" | "definitions" | "test" => vec![called("", "", 0, false)],
        "show" => vec![called("", "main", 0, false)],
        "eject" => vec![called("eject provision", "provision", 2, false)],
        "ls" => vec![called(RUN, "--recipe main", 0, true)],
        "get" => vec![called(RUN, "--recipe main kv app-dev-NAMES", 0, true)],
        "import" | "init" => vec![called("", "--app other", 2, false)],
        "doc" => vec![called("", "kv", 0, false)],
        "explain" => vec![called("", "conflict", 0, false)],
        "eval" => vec![called(RUN, "-e dev [secret::env(\"CANARY\"),kv::list()[0].get(\"key\")]", 0, true)],
        "token" => vec![called(RUN, "main -e dev", 0, true)],
        "local serve" => vec![called("", "--port 0 --permission nothing", 2, false)],
        "local show" | "local reset" => vec![called("run main -e dev --local", "", 0, false)],
        "comment" => vec![called("", "larder.toml --pull-request 7", 2, false)],
        "completions" => vec![called("", "bash", 0, false)],
        "man" => vec![called("", "run", 0, false)],
        other => panic!("say how `larder {other}` is to be called, so that it is looked at for secrets"),
    }
}

/// Every command that does something, as typed, with its arguments.
fn commands(command: &clap::Command, path: &str, found: &mut Vec<(String, Vec<Arg>)>) {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let path = format!("{path} {}", inner.get_name()).trim_start().to_owned();
        if inner.get_subcommands().next().is_none() {
            found.push((path.clone(), inner.get_arguments().cloned().collect()));
        }
        commands(inner, &path, found);
    }
}

fn every_command() -> Vec<(String, Vec<Arg>)> {
    let mut found = Vec::new();
    commands(&Arguments::command(), "", &mut found);
    // It talks to an editor alone, and is handed no credentials.
    found.retain(|(command, _)| command != "lsp");
    assert!(found.len() >= 23, "{}", found.len());
    found
}

fn project() -> Project {
    let row = CANARY.replace('\'', "''");
    Project::new(CONFIG)
        .recipe(RECIPE)
        .file("wrangler.toml", WORKER)
        .file("migrations/0001_t.sql", "CREATE TABLE t (x);\n")
        .file("seed.sql", &format!("INSERT INTO t VALUES ('{row}');\n"))
        .file("tests/one.test.rhai", &test_of_the_recipe())
        .env("CANARY", CANARY)
        .env("PEM", PEM)
        .served()
}

/// Hands the recipe its secrets, and says what it can.
fn test_of_the_recipe() -> String {
    let secret =
        |name: &str, value: &str| format!("    given::secret(\"{name}\", {});\n", serde_json::json!(value));
    format!(
        "fn test_one() {{\n{}{}    let report = run(\"main\", #{{ env: \"dev\" }});\n    \
         log(report);\n    print(kv::list());\n    assert_eq(report.exit, 0);\n}}\n",
        secret("CANARY", CANARY),
        secret("PEM", PEM)
    )
}

fn words<'a>(parts: &[&'a str]) -> Vec<&'a str> {
    parts.iter().flat_map(|part| part.split(' ')).filter(|word| !word.is_empty()).collect()
}

fn prepare(project: &Project, before: &str) {
    if !before.is_empty() {
        project.run(&words(&[before])).exit(0);
    }
}

/// What is typed into it.
fn input(command: &str) -> &'static str {
    match command {
        "repl" => {
            "let s = secret::env(\"CANARY\")\ns\n:vars\nd1::list()[0].query(\"SELECT x FROM t\")\nkv::list()\n"
        }
        _ => "",
    }
}

const JOB: [(&str, &str); 2] = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push")];

/// What a command leaves behind, with every file it can write and every format, in a job and outside of one.
fn leaks_of_command(command: &str) -> Vec<String> {
    let (mut found, mut reached) = (Vec::new(), 0);
    let (files, formats) = sinks(&project(), command);
    assert!(formats.len() >= 3, "{command}: {formats:?}");
    let spends = ["destroy", "sweep", "apply", "local reset"].contains(&command);
    for call in calls(command) {
        let project = project();
        for (index, format) in formats.iter().map(String::as_str).chain(["text"]).enumerate() {
            if index == 0 || spends {
                prepare(&project, call.before);
            }
            let volume = ["--verbose", "--quiet"][index % 2];
            let mut arguments = words(&[command, call.arguments, "--format", format, volume]);
            arguments.extend(files.iter().map(String::as_str));
            // The last is text once more, for people.
            let job = if index < formats.len() { &JOB[..] } else { &[] };
            let (output, leaks) = leaks_among(&project, &arguments, input(command), job);
            found.extend(leaks);
            let (code, said) = (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned());
            let is_other = said.contains("has no such format");
            if code != Some(call.exit) && !is_other {
                found.push(format!("{arguments:?} ends with {code:?}: {said}"));
            }
            reached += usize::from(!is_other);
            let is_masked = said.lines().any(|line| line.starts_with("::add-mask::"));
            assert_eq!(is_masked, !job.is_empty(), "{arguments:?}: {said}");
        }
    }
    assert!(reached >= 2, "{command} has no format");
    found
}

/// Half of the commands each, so that two can be looked at in parallel.
fn leaks_of_every(half: usize) -> Vec<String> {
    let commands = every_command().into_iter().skip(half).step_by(2);
    commands.flat_map(|(command, _)| leaks_of_command(&command)).collect()
}

#[test]
fn no_command_says_a_secret() {
    let found = leaks_of_every(0);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_other_command_says_a_secret() {
    let found = leaks_of_every(1);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_dump_is_what_the_database_holds() {
    let project = project();
    prepare(&project, RUN);
    project.run(&words(&[RUN])).exit(0).kept("a dump is what the database holds");
    let dump = files::read_text(&project.path().join("dump.sql"), 1 << 20).unwrap();
    assert!(dump.contains(&CANARY.replace('\'', "''")), "{dump}");
}

#[test]
fn no_command_quotes_a_server_that_quotes_the_credential() {
    let mut found = Vec::new();
    for (command, _) in every_command() {
        for call in calls(&command).into_iter().filter(|call| call.asks) {
            for status in [200, 403] {
                let project = project();
                prepare(&project, call.before);
                let asked = Arc::new(AtomicUsize::new(0));
                let counts = asked.clone();
                let address = proxy::start(project.address(), move |_| {
                    counts.fetch_add(1, Ordering::SeqCst);
                    Verdict::Echo(status)
                });
                let url = format!("http://{address}/client/v4");
                let project = project.env("CLOUDFLARE_API_BASE_URL", &url);
                let report = if REPORTS.contains(&command.as_str()) { "--report report.html" } else { "" };
                let arguments = words(&[&command, call.arguments, "--verbose", report]);
                let (output, leaks) = leaks_among(&project, &arguments, input(&command), &JOB);
                found.extend(leaks);
                let said = [output.stdout, output.stderr].concat();
                let said = String::from_utf8_lossy(&said);
                assert!(asked.load(Ordering::SeqCst) > 0, "{arguments:?} asks nobody: {said}");
                if !said.contains("no access with") {
                    found.push(format!("{status} {arguments:?} quotes nothing: {said}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_argument_that_is_the_token_is_not_quoted() {
    let project = project();
    let token = project.variable("CLOUDFLARE_API_TOKEN").unwrap().to_owned();
    let globals = Arguments::command();
    let (mut found, mut quoted) = (Vec::new(), 0);
    for (command, own) in every_command() {
        let shared = globals.get_arguments().filter(|_| command == "run");
        for argument in own.iter().chain(shared).filter(|argument| argument.get_action().takes_values()) {
            let value = match argument.get_long() {
                Some(long) => format!("--{long}={token}"),
                None => token.clone(),
            };
            let arguments = words(&[&command, &value]);
            let (output, leaks) = leaks_of(&project, &arguments, "");
            found.extend(leaks);
            let said = [output.stdout, output.stderr].concat();
            quoted += usize::from(String::from_utf8_lossy(&said).contains("[secret]"));
        }
        let (_, leaks) = leaks_of(&project, &words(&[&command, "one", "two", "three", &token]), "");
        found.extend(leaks);
    }
    let (_, leaks) = leaks_of(&project, &[&token], "");
    found.extend(leaks);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(quoted > 20, "{quoted} quote it at all");
}
