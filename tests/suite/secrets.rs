//! No secret is in anything that Larder leaves behind: every stream, every file below the project's folder, which also is
//! its home and holds its temporary files, and what other processes can see of it. Sinks are found, not listed: a flag
//! that takes a file to write, a format, a command that is added later is covered from then on.

mod commands;
mod quoted;
mod rotation;

use super::project::{PLAIN, Project};
use super::proxy::{self, Verdict};
use super::scanner::{leaks, without_masks};
use larder::report::tell_panics;
use larder::secret::{Redactor, Secret};
use larder::system::{Environment, files};
use parking_lot::Mutex;
use regex::Regex;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

/// A value that is written differently in every encoding.
const CANARY: &str = "c4n&ry/\"tok\\en+<ż> 'x'";
/// One with lines.
const PEM: &str =
    "-----BEGIN KEY-----\nAbCdEfGhIjKl/+QwErTyUiOp\nzYxWvUtSrQpO9876543210==\n-----END KEY-----";

/// A recipe that does all it can to say a secret.
const TALKATIVE: &str = r#"
let s = secret::env("CANARY");
let pem = secret::env("PEM");
let both = "Bearer " + s + "-suffix";
let all = [s, #{ key: both }, pem];
log(s); log(all); warn(both); print(s); debug(all);
let failures = [];
try { log(`${s}`); } catch (e) { failures.push(e.message); }
try { output("s", s); } catch (e) { failures.push(e.message); }
try { output("all", all); } catch (e) { failures.push(e.message); }
try { log(all.to_json()); } catch (e) { failures.push(e.message); }
try { kv::ensure(s); } catch (e) { failures.push(e.message); }
try { kv::ensure("A", #{ jurisdiction: s }); } catch (e) { failures.push(e.message); }
try { if s == "x" { } } catch (e) { failures.push(e.message); }
try { throw s; } catch (e) { failures.push(`${type_of(e)}`); }
try { cf::get("/" + s); } catch (e) { failures.push(e.message); }
let ns = kv::ensure("NAMES");
ns.put("key", both);
ns.put("pem", pem);
let back = ns.get("key");
wait(ns);
cf::post("/storage/kv/namespaces", #{ title: "RAW" });
log(failures.len);
throw [both, s];
"#;

fn talkative() -> Project {
    Project::new(&PLAIN.replace("[naming]", "process_env = [\"CANARY\", \"PEM\"]\n[naming]"))
        .recipe(TALKATIVE)
        .env("CANARY", CANARY)
        .env("PEM", PEM)
        .served()
}

/// What must not be seen of a project: its token, and what the tests gave it.
fn canaries(project: &Project) -> Vec<String> {
    let token = project.variable("CLOUDFLARE_API_TOKEN").unwrap_or_default().to_owned();
    [token, CANARY.to_owned()]
        .into_iter()
        .chain(PEM.lines().map(str::to_owned))
        .filter(|c| c.len() > 9)
        .collect()
}

/// Runs it where everything it could say is asked for, and gives every leak.
fn leaks_of(project: &Project, arguments: &[&str], input: &str) -> (Output, Vec<String>) {
    leaks_among(project, arguments, input, &[])
}

/// The same, with more environment variables.
fn leaks_among(
    project: &Project,
    arguments: &[&str],
    input: &str,
    env: &[(&str, &str)],
) -> (Output, Vec<String>) {
    files::make_folder(&project.path().join("tmp")).unwrap();
    let files = ["github_output", "github_env", "github_step_summary", "github_path", "github_state"];
    let mut command = project.command(arguments);
    for name in files {
        project.write(name, "");
        command.env(name.to_ascii_uppercase(), project.path().join(name));
    }
    command
        .envs(env.iter().copied())
        .env("TMPDIR", project.path().join("tmp"))
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .env("RUST_LIB_BACKTRACE", "full")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let canaries = canaries(project);
    let mut found = leaks("stdout", &output.stdout, &canaries);
    found.extend(leaks("stderr", &without_masks(&output.stderr, &canaries), &canaries));
    for path in everything_below(project.path()) {
        // Given, or a database as it is, and not left behind.
        let is_given =
            ["canary.env", "seed.sql", "dump.sql", "one.test.rhai"].iter().any(|given| path.ends_with(given));
        if is_given || path.starts_with(project.path().join(".larder/local")) {
            continue;
        }
        let bytes = files::read_bytes(&path, 1 << 26).unwrap();
        found.extend(leaks(&path.display().to_string(), &bytes, &canaries));
    }
    let found = found.into_iter().map(|leak| format!("{}: {leak}", arguments.join(" "))).collect();
    (output, found)
}

/// Every file, hidden ones, too.
fn everything_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { everything_below(&path) } else { vec![path] }).collect()
}

/// Flags that name a file which is there already: every other one is written to.
const READ: [&str; 7] =
    ["--env-file", "--to", "--edited", "--renamed", "--unrecorded", "--removed", "--keep-file"];

/// What takes `--report`: every other command refuses it.
const REPORTS: [&str; 6] = ["run", "plan", "destroy", "sweep", "apply", "check"];

/// Every flag of a command that names a file to write, with one; and every format that it takes.
fn sinks(project: &Project, command: &str) -> (Vec<String>, Vec<String>) {
    let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
    let help = String::from_utf8(project.command(&words).output().unwrap().stdout).unwrap();
    let flags = Regex::new(r"(?m)^\s+(?:-\w, )?(--[a-z-]+) <FILE>").unwrap();
    let flags = flags.captures_iter(&help).map(|flag| flag[1].to_owned());
    let is_written = |flag: &String| match flag.as_str() {
        "--report" => REPORTS.contains(&command),
        other => !READ.contains(&other),
    };
    let files = flags.filter(is_written);
    // The copy of a config is in the config's language.
    let ending = if command == "ids" { ["--out", "toml"] } else { ["", ""] };
    let ending = |flag: &str| if flag == ending[0] { ending[1] } else { "json" };
    let files = files.flat_map(|flag| [flag.clone(), format!("written{flag}.{}", ending(&flag))]).collect();
    let listed = help.split("--format <FORMAT>").nth(1).unwrap().split("[default").next().unwrap();
    let format = Regex::new(r"(?m)^\s+- (\w+):").unwrap();
    let formats = format.captures_iter(listed);
    (files, formats.map(|format| format[1].to_owned()).collect())
}

#[test]
fn a_recipe_cannot_say_a_secret() {
    let project = talkative();
    let mut found = Vec::new();
    for command in ["run", "plan"] {
        let (files, formats) = sinks(&project, command);
        assert!(files.contains(&"--report".to_owned()) && formats.len() >= 3, "{files:?} {formats:?}");
        for format in &formats {
            for volume in ["--quiet", "--yes", "--verbose"] {
                let mut arguments = vec![command, "main", "-e", "dev", "--format", format, volume];
                arguments.extend(files.iter().map(String::as_str));
                let (output, leaks) = leaks_of(&project, &arguments, "");
                let (code, said) =
                    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned());
                assert!([0, 1, 2, 4].map(Some).contains(&code), "{code:?} {said}");
                found.extend(leaks);
            }
        }
    }
    assert_eq!(found, [] as [String; 0]);
    let report = files::read_text(&project.path().join("written--report.json"), 1 << 20).unwrap();
    assert!(report.contains("larder.report/1"), "{report}");
    // It was sent, so it could have been said.
    let history = project.account().history();
    assert!(history.iter().any(|one| one.body.contains("Bearer c4n&ry")), "{history:#?}");
}

#[test]
fn nobody_listens_to_what_libraries_trace() {
    let project = Project::new(PLAIN).recipe("kv::ensure(\"A\");\n").served();
    let traced =
        project.command(&["run", "main", "-e", "dev", "-v"]).env("RUST_LOG", "trace").output().unwrap();
    let traced = String::from_utf8(traced.stderr).unwrap();
    let request = Regex::new(r"^(GET|POST) /\S+ 200 in [0-9]+ ms$").unwrap();
    assert!(traced.lines().count() >= 2 && traced.lines().all(|line| request.is_match(line)), "{traced}");
    let lock = files::read_text(&super::source_tree::root().join("Cargo.lock"), 1 << 22).unwrap();
    for library in ["tracing-subscriber", "env_logger", "simple_logger", "fern", "log4rs"] {
        assert!(!lock.contains(&format!("name = \"{library}\"")), "{library} could turn them on");
    }
}

#[test]
fn a_server_that_quotes_the_credential_is_not_quoted() {
    let mut found = Vec::new();
    for status in [200, 400, 401, 403, 404, 409, 429, 500] {
        let project = talkative();
        let address = proxy::start(project.address(), move |_| Verdict::Echo(status));
        let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
        let runs: &[(&[&str], &str)] = &[
            (&["run", "main", "-e", "dev", "-v", "--format", "ndjson", "--report", "report.json"], ""),
            (&["eval", "-e", "dev", "try { kv::list() } catch (e) { throw e.message }"], ""),
            (&["repl", "-e", "dev"], "kv::list()\n:unlock\nkv::ensure(\"A\")\n:vars\n"),
        ];
        // A server that is down or busy is asked again: one command stands for all.
        let runs = if status < 429 { runs } else { &runs[1..2] };
        for (arguments, input) in runs {
            let (output, leaks) = leaks_of(&project, arguments, input);
            found.extend(leaks);
            let said = [output.stdout, output.stderr].concat();
            // Of 429 only the status counts.
            assert!(
                status == 429 || String::from_utf8_lossy(&said).contains("[secret]"),
                "{status} {arguments:?}"
            );
        }
    }
    assert_eq!(found, [] as [String; 0]);
}

/// Answers every connection alike and keeps what it was sent.
fn deaf(answer: String) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keeps = heard.clone();
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let mut head = [0; 8192];
            let size = client.read(&mut head).unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..size]).into_owned();
            let quoted =
                head.lines().find(|line| line.to_lowercase().contains("authorization")).unwrap_or_default();
            let answer = answer.replace("[QUOTED]", quoted);
            keeps.lock().push(head.clone());
            let _ = client.write_all(answer.as_bytes());
        }
    });
    (address, heard)
}

#[test]
fn a_redirect_is_not_followed_and_the_credential_not_sent_again() {
    let (elsewhere, heard) = deaf("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into());
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{elsewhere}/client/v4/x?[QUOTED]");
        let (first, asked) = deaf(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ));
        let project = talkative().env("CLOUDFLARE_API_BASE_URL", &format!("http://{first}/client/v4"));
        let (output, found) = leaks_of(&project, &["eval", "-e", "dev", "kv::ensure(\"A\")", "--write"], "");
        assert_eq!(found, [] as [String; 0]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(asked.lock()[0].to_lowercase().contains("authorization: bearer"));
    }
    assert_eq!(*heard.lock(), [] as [String; 0]);
}

#[test]
fn a_proxy_that_refuses_does_not_betray_its_password() {
    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"[QUOTED]\"\r\n\
                   content-length: 0\r\nconnection: close\r\n\r\n";
    let (address, heard) = deaf(refusal.into());
    let project = talkative()
        .env("CLOUDFLARE_API_BASE_URL", "https://api.cloudflare.com/client/v4")
        .env("HTTPS_PROXY", &format!("http://larder:{}@{address}", "pr0xy%2Fpassw0rd-canary"));
    let (output, mut found) = leaks_of(&project, &["eval", "-e", "dev", "kv::list()", "-v"], "");
    for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        found.extend(leaks(
            name,
            stream,
            &["pr0xy%2Fpassw0rd-canary".into(), "pr0xy/passw0rd-canary".into()],
        ));
    }
    assert_eq!(found, [] as [String; 0]);
    let heard = heard.lock();
    // The tunnel is never opened, so the API's credential does not even leave.
    assert!(
        heard[0].starts_with("CONNECT api.cloudflare.com:443") && heard[0].contains("Basic "),
        "{heard:?}"
    );
    assert!(!heard.iter().any(|head| head.contains("Bearer")), "{heard:?}");
}

#[test]
fn what_is_read_from_files_is_a_secret_as_well() {
    let token = "t0ken-that-nobody-issued-0123456789";
    let project = talkative()
        .file("canary.env", &format!("CLOUDFLARE_API_KEY={token}\nCANARY_TWO=\"{CANARY}\n"))
        .file("ok/canary.env", &format!("export CF_API_TOKEN='{token}'\n"));
    for arguments in [
        &["run", "main", "-e", "dev", "--env-file", "canary.env"][..],
        &["run", "main", "-e", "dev", "--env-file", "ok/canary.env"],
        &["check", "--env-file", "ok/canary.env"],
        &["run", token, "-e", "dev", "--env-file", "ok/canary.env"],
    ] {
        let (output, mut found) = leaks_of(&project, arguments, "");
        for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            found.extend(leaks(name, stream, &[token.to_owned()]));
        }
        assert_eq!(found, [] as [String; 0]);
    }
}

#[test]
fn a_session_keeps_no_secret() {
    let project = talkative();
    let token = project.variable("CLOUDFLARE_API_TOKEN").unwrap().to_owned();
    let lines = format!(
        "let s = secret::env(\"CANARY\");\ns\n:vars\n[s, \"a\" + s]\nlet t = \"{token}\";\nt\nthrow s;\nkv::ensure(\"{token}\");\n"
    );
    let (output, found) = leaks_of(&project, &["repl", "-e", "dev"], &lines);
    assert_eq!(found, [] as [String; 0]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("Secret"));
}

#[cfg(target_os = "linux")]
#[test]
fn other_processes_see_no_secret_and_a_crash_leaves_no_memory() {
    let project = talkative();
    project.write(
        "recipes/main.rhai",
        "kv::ensure(\"A\"); let s = secret::env(\"CANARY\"); log(\"ready\"); sleep(30);\n",
    );
    let mut child = project.spawn(&["run", "main", "-e", "dev"]);
    let mut said = [0; 6];
    child.stderr.as_mut().unwrap().read_exact(&mut said).unwrap();
    let read = |name: &str| files::read_bytes(Path::new(&format!("/proc/{}/{name}", child.id())), 1 << 20);
    let found = leaks("command line", &read("cmdline").unwrap(), &canaries(&project));
    let limits = String::from_utf8(read("limits").unwrap()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(found, [] as [String; 0]);
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    assert_eq!(core.split_whitespace().nth(5), Some("0"), "{core}");
}

const CHILD: &str = "LARDER_TEST_PANICS";

/// Run by the next test in a process of its own: what a panic says, with values in its message.
#[test]
fn panics_in_a_child() {
    if Environment::of_process().get(CHILD).is_none() {
        return;
    }
    let redactor = Arc::new(Redactor::default());
    redactor.register(&Secret::new(CANARY.into()));
    let environment: Environment = [("CI", "true")].into_iter().collect();
    let console = larder::report::Console::of_process(larder::report::Color::Never, &environment, redactor);
    tell_panics(Arc::new(console));
    for (_, write) in super::scanner::WRITINGS {
        let text = write(CANARY);
        let told =
            larder::script::engine::run_on_big_stack(|| -> () { panic!("value {text} of jo@example.com") });
        assert!(told.is_err());
    }
}

#[test]
fn a_panic_is_told_without_its_values() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["suite::secrets::panics_in_a_child", "--exact", "--nocapture"]);
    let output = command.env(CHILD, "1").env("RUST_BACKTRACE", "1").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(leaks("stderr", &output.stderr, &[CANARY.to_owned()]), [] as [String; 0]);
    let said = "panic in the thread `script` at tests/suite/secrets.rs:";
    assert_eq!(stderr.matches(said).count(), super::scanner::WRITINGS.len(), "{stderr}");
    assert!(stderr.contains("value [secret] of [email]\n"), "{stderr}");
    assert!(stderr.contains("panics_in_a_child"), "there is a backtrace: {stderr}");
}

#[test]
fn public_logs_name_neither_account_nor_address() {
    let recipe = "log(account::id); warn(\"by jo.doe@example.com\"); output(\"account\", account::id);\n\
                  log(\"/accounts/ffffffffffffffffffffffffffffffff/queues\");\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    let id = project.account().id().to_owned();
    for format in ["text", "json", "ndjson"] {
        let run = ["run", "main", "-e", "dev", "-v", "--format", format, "--report", "report.json"];
        let said = |variable: &str| {
            let output = project.command(&run).env(variable, "true").output().unwrap();
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
        };
        for public in ["CI", "GITHUB_ACTIONS"] {
            let said = said(public);
            assert!(!said.contains(&id) && !said.contains("jo.doe@example.com"), "{said}");
            assert!(!said.contains(&"f".repeat(32)), "{said}");
            assert!(said.contains("[account]") && said.contains("[email]"), "{said}");
        }
        assert!(said("NOTHING").contains(&id));
        // Files keep what they need.
        let report = files::read_text(&project.path().join("report.json"), 1 << 20).unwrap();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(
            (&report["account"], &report["outputs"]["account"]),
            (&id.clone().into(), &id.clone().into())
        );
    }
}

#[test]
fn a_secret_makes_another_secret_and_never_text() {
    let config = PLAIN.replace("[naming]", "process_env = [\"CANARY\"]\n[naming]");
    let project = |recipe: &str| Project::new(&config).recipe(recipe).env("CANARY", CANARY).served();
    let joins = "let s = secret::env(\"CANARY\");\nlet url = \"https://x/\" + s + \"?a=\" + s;\nurl += \"#end\";\n\
                 kv::ensure(\"A\").put(\"k\", url);\n";
    let project_ = project(joins);
    project_.run(&["run", "main", "-e", "dev"]).exit(0);
    let history = project_.account().history();
    let sent = format!("https://x/{CANARY}?a={CANARY}#end");
    assert!(history.iter().any(|one| one.body.contains(&sent)), "{history:#?}");
    for line in [
        "let t = \"x\"; t += s;",
        "if s == \"x\" { }",
        "if \"x\" == s { }",
        "if s < s { }",
        "log([\"x\"].contains(s));",
    ] {
        let recipe = format!("let s = secret::env(\"CANARY\");\n{line}\n");
        let output = project(&recipe).run(&["run", "main", "-e", "dev"]);
        output.kept(&format!("a secret makes another secret and never text: {line}"));
    }
    // Only the word would be sent.
    let interpolated = "let s = secret::env(\"CANARY\");\nkv::ensure(\"A\").put(\"k\", `x${s}`);\n";
    let project = project(interpolated);
    project.run(&["run", "main", "-e", "dev"]).kept("a secret makes another secret and never text");
}
