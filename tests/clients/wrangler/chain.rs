//! Plays a chain of scenarios and holds what comes of each to what is written; `LARDER_BLESS=1` writes it anew, to be read
//! before it is kept.
//!
//! Before its command a scenario may say:
//! - `@ fault KIND`: the command's first request meets this fault; `@ fault KIND 2` its second, `@ fault KIND 1+` all;
//! - `@ token GROUP, GROUP`: it goes by a token with these permissions, or with none;
//! - `@ with NAME=VALUE`, `@ without NAME`: its environment;
//! - `@ stdin TEXT`: what it reads;
//! - `@ remove PATH`: a file is gone;
//! - `@ api METHOD PATH BODY`: somebody else sends a request before it.

use super::super::installed::wrangler;
use super::super::project::Project;
use super::super::ran::Part;
use super::super::source_tree::root;
use super::corpus::{AFTERWARDS, Corpus, Scenario, Step, path, words};
use super::filter::{filtered, requests, tidy};
use larder::local::RecordedExchange;
use larder::system::files;
use parking_lot::Mutex;
use regex::{Captures, Regex};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};

static NAMED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<(bookmark of )?([\w-]+)>").unwrap());

/// Plays the chain of this name from an empty account on.
pub fn play(name: &str) {
    let _part = Part::begin(&format!("wrangler, {name}"));
    let corpus = Corpus::of(name);
    let chain = Chain::begin();
    let mut now = corpus.head.clone();
    for scenario in &corpus.scenarios {
        let Scenario { title, input, .. } = scenario;
        let _ = write!(now, "\n\n=== {title}\n{input}\n{}", chain.outcome(scenario));
    }
    let _ = write!(now, "\n\n=== {AFTERWARDS}\n{}\n", chain.holds());
    if std::env::var_os("LARDER_BLESS").is_some() {
        files::write_whole(&root().join(path(name)), now.as_bytes()).unwrap();
    }
    let written = super::super::source_tree::read(&path(name));
    if written != now {
        let differs = written.lines().zip(now.lines()).position(|(written, now)| written != now);
        let line = differs.unwrap_or(written.lines().count().min(now.lines().count()));
        let part = |text: &str| text.lines().skip(line).take(12).collect::<Vec<_>>().join("\n");
        let path = path(name);
        panic!("{path}:{}: written\n{}\n\nand now\n{}", line + 1, part(&written), part(&now));
    }
}

/// An account, a folder, and what the server said of requests that it has no route for.
struct Chain {
    project: Project,
    heard: Arc<Mutex<Vec<String>>>,
}

/// What a client's run is given beside its arguments.
#[derive(Default)]
struct Given {
    env: Vec<(String, Option<String>)>,
    stdin: String,
}

impl Chain {
    fn begin() -> Self {
        let project = Project::empty().served();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = heard.clone();
        project.account().on_unroutable(move |line| listener.lock().push(line.to_owned()));
        Chain { project, heard }
    }

    /// What a scenario leads to, as text.
    fn outcome(&self, scenario: &Scenario) -> String {
        let mut given = Given::default();
        let mut outcome = String::new();
        for step in scenario.steps() {
            match step {
                Step::File { path, text } => self.project.write(&path, &self.named(&text)),
                Step::Prepare(what) => self.prepare(&what, &mut given),
                Step::Run(command) => outcome = self.run(&self.named(&command), &given),
            }
        }
        self.project.account().heal();
        outcome
    }

    fn prepare(&self, what: &str, given: &mut Given) {
        let account = self.project.account();
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        match verb {
            "fault" => {
                let (kind, strikes) = rest.split_once(' ').unwrap_or((rest, "1"));
                let (number, from) = strikes.strip_suffix('+').map_or((strikes, ""), |number| (number, "+"));
                let at = account.history().len() + number.parse::<usize>().unwrap();
                account.inject(format!("{kind}@{at}{from}").parse().unwrap());
            }
            "token" => {
                let groups: Vec<&str> = rest.split(", ").filter(|group| !group.is_empty()).collect();
                let token = account.issue_token(&groups).unwrap().expose_secret().to_owned();
                given.env.push(("CLOUDFLARE_API_TOKEN".into(), Some(token)));
            }
            "with" => {
                let (name, value) = rest.split_once('=').unwrap();
                given.env.push((name.to_owned(), Some(value.to_owned())));
            }
            "without" => given.env.push((rest.to_owned(), None)),
            "remove" => files::remove_file(&self.project.path().join(rest)).unwrap(),
            "stdin" => rest.clone_into(&mut given.stdin),
            "api" => {
                let mut parts = rest.splitn(3, ' ');
                let (method, path) = (parts.next().unwrap(), self.named(parts.next().unwrap()));
                let body = parts.next().map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
                self.project.api(method, &path, &body);
            }
            _ => panic!("@ {what}: not known"),
        }
    }

    /// A text with the ids of what it names.
    fn named(&self, text: &str) -> String {
        let id = |found: &Captures<'_>| {
            let resources = self.project.account().resources().unwrap();
            let named = resources.into_iter().find(|(_, resource)| resource.name == found[2]);
            let id = named.unwrap_or_else(|| panic!("nothing is named {}", &found[2])).1.id;
            if found.get(1).is_none() {
                return id;
            }
            let mark =
                self.project.api("GET", &format!("/d1/database/{id}/time_travel/bookmark"), &Value::Null);
            mark["bookmark"].as_str().unwrap().to_owned()
        };
        NAMED.replace_all(text, id).into_owned()
    }

    fn run(&self, command: &str, given: &Given) -> String {
        let before = self.files();
        let seen = self.project.history().unwrap().len();
        let all = words(command);
        let arguments: Vec<&str> = all.iter().skip(1).map(String::as_str).collect();
        let mut client = wrangler(&self.project, &arguments);
        for (name, value) in &given.env {
            match value {
                Some(value) => client.env(name, value),
                None => client.env_remove(name),
            };
        }
        let (code, stdout, stderr) = finish(client, &given.stdin);
        let sent: Vec<RecordedExchange> = self.project.history().unwrap().split_off(seen);
        let mut outcome = format!("--- exit {code}");
        for request in requests(&sent, self.project.account().id()) {
            let _ = write!(outcome, "\n> {}", filtered(&request, self.project.path()));
        }
        let heard = std::mem::take(&mut *self.heard.lock()).join("\n");
        for (name, text) in [("stdout", stdout), ("stderr", stderr), ("server", heard)] {
            let text = tidy(&filtered(&text, self.project.path()));
            if !text.is_empty() {
                let _ = write!(outcome, "\n--- {name}\n{text}");
            }
        }
        for (path, text) in changed(&before, &self.files()) {
            let _ = write!(outcome, "\n--- file {path}\n{}", tidy(&filtered(&text, self.project.path())));
        }
        outcome
    }

    /// The files of the folder, without what wrangler keeps for itself.
    fn files(&self) -> BTreeMap<String, String> {
        let folder = self.project.path();
        let paths = files::walk(folder).unwrap();
        let seen = paths.iter().map(|path| path.to_str().unwrap()).filter(|path| !path.starts_with('.'));
        seen.map(|path| (path.to_owned(), files::read_text(&folder.join(path), 1 << 20).unwrap())).collect()
    }

    /// What the account holds.
    fn holds(&self) -> String {
        let contents = self.project.account().contents().unwrap();
        let lines = contents.iter().map(|(service, resource, content)| {
            let within = resource.jurisdiction.as_deref().filter(|name| *name != "default");
            let within = within.map(|name| format!(" ({name})")).unwrap_or_default();
            let line = format!("{service} {} {}{within} {content}", resource.kind, resource.name);
            filtered(&line, self.project.path())
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines.join("\n")
    }
}

/// Files that are new, other or gone.
fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let new = after.iter().filter(|(path, text)| before.get(*path) != Some(text));
    let mut changed: Vec<_> = new.map(|(path, text)| (path.clone(), text.clone())).collect();
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    changed.extend(gone.map(|path| (path.clone(), "is gone".to_owned())));
    changed
}

/// Exit code and what was written.
fn finish(mut client: Command, stdin: &str) -> (i32, String, String) {
    if !stdin.is_empty() {
        client.stdin(Stdio::piped());
    }
    let mut child = client.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(stdin.as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}
