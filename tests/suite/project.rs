//! A project in a temporary folder, and the binary run in it with a cleared environment.

use super::source_tree::{read, root};
use larder::local::{Account, AccountOptions, Server};
use larder::services;
use larder::system::{Environment, SystemClock, files};
use regex::Regex;
use secrecy::ExposeSecret;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// A project with one environment, `development`.
pub const PLAIN: &str =
    "app = \"app\"\n[naming]\ntemplate = \"{name}\"\n[environments.development]\nalias = \"dev\"\n";

/// What differs from run to run, and what tests see in its place.
static FILTERS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[ID]"),
        (r"\b[0-9a-f]{32}\b", "[ID]"),
        (r"\b[0-9]+(\.[0-9]+)? m?s\b", "[TIME]"),
        (r"127\.0\.0\.1:[0-9]+", "127.0.0.1:[PORT]"),
        (r"\b8f[0-9a-f]{14}-LCL\b", "[RAY]"),
        // What is read ahead may or may not have been answered when a run ends early.
        (r"\([0-9]+ reads?,", "([N] reads,"),
    ]
    .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
    .into()
});

/// A folder with a project in it.
pub struct Project {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
    served: Option<Served>,
}

/// A local account in this process, behind a real socket.
pub struct Served {
    pub account: Arc<Account>,
    server: Server,
    runtime: tokio::runtime::Runtime,
}

/// What a run of the binary came to.
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    /// An empty folder.
    pub fn empty() -> Self {
        Project { folder: tempfile::tempdir().unwrap(), env: Vec::new(), served: None }
    }

    /// A folder with this `larder.toml`.
    pub fn new(config: &str) -> Self {
        Project::empty().file("larder.toml", config)
    }

    /// A copy of the example app.
    pub fn example() -> Self {
        let from = super::source_tree::example();
        let mut project = Project::empty();
        for path in super::source_tree::example_files() {
            let text = files::read_text(&from.join(&path), 1 << 20).unwrap();
            project = project.file(path.to_str().unwrap(), &text);
        }
        project
    }

    /// A copy of a folder of the repository.
    pub fn copy_of(folder: &str) -> Self {
        let paths = files::walk(&root().join(folder)).unwrap();
        let file = |project: Project, path: &PathBuf| {
            let path = path.to_str().unwrap();
            project.file(path, &read(&format!("{folder}/{path}")))
        };
        paths.iter().fold(Project::empty(), file)
    }

    /// Puts the binary on the `PATH`, where shell scripts find it.
    pub fn on_path(self) -> Self {
        let tools = self.path().join("tools");
        files::make_folder(&tools).unwrap();
        std::os::unix::fs::symlink(binary(), tools.join("larder")).unwrap();
        let others = Environment::of_process().get("PATH").unwrap().to_owned();
        self.env("PATH", &format!("{}:{others}", tools.display()))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(&path, text.as_bytes()).unwrap();
    }

    /// Writes `recipes/main.rhai`.
    pub fn recipe(self, text: &str) -> Self {
        self.file("recipes/main.rhai", text)
    }

    /// Sets an environment variable.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The variable that the binary is given, the last of that name.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Serves an account in this process and points the binary at it.
    pub fn served(self) -> Self {
        self.served_with(Duration::ZERO, None)
    }

    /// The same, slower, or with a token that may do less.
    pub fn served_with(self, latency: Duration, permissions: Option<&[&str]>) -> Self {
        self.served_as(AccountOptions { latency, ..AccountOptions::default() }, permissions)
    }

    /// The same, with an account that behaves otherwise.
    pub fn served_as(mut self, options: AccountOptions, permissions: Option<&[&str]>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(SystemClock::default());
        let account =
            Arc::new(Account::open(None, &services::Services::default().locals(), clock, options).unwrap());
        let server = Server::start(account.clone(), runtime.handle(), 0).unwrap();
        let token = match permissions {
            None => account.session_token(),
            Some(names) => account.issue_token(names).unwrap(),
        };
        self.env.push(("CLOUDFLARE_API_BASE_URL".into(), server.base_url()));
        self.env.push(("CLOUDFLARE_API_TOKEN".into(), token.expose_secret().to_owned()));
        self.env.push(("CLOUDFLARE_ACCOUNT_ID".into(), account.id().to_owned()));
        self.served = Some(Served { account, server, runtime });
        self
    }

    /// The served account.
    pub fn account(&self) -> &Account {
        &self.served.as_ref().unwrap().account
    }

    /// The served account, for somebody who outlives this borrow.
    pub fn shared_account(&self) -> Arc<Account> {
        self.served.as_ref().unwrap().account.clone()
    }

    /// Where the served account listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.served.as_ref().unwrap().server.address()
    }

    /// What the served account was asked, if one is served.
    pub fn history(&self) -> Option<Vec<larder::local::RecordedExchange>> {
        self.served.as_ref().map(|served| served.account.history())
    }

    /// Sends a request to the served account as somebody else would; gives the `result`.
    pub fn api(&self, method: &str, path: &str, body: &Json) -> Json {
        let answer = self.answer(method, path, body);
        assert_eq!(answer["success"], true, "{method} {path}: {answer}");
        answer["result"].clone()
    }

    /// The same, whatever it comes to; gives the whole answer.
    pub fn answer(&self, method: &str, path: &str, body: &Json) -> Json {
        self.answer_with(&[], method, path, body)
    }

    /// Makes a bucket in a jurisdiction as somebody else would.
    pub fn make_bucket(&self, name: &str, jurisdiction: &str) {
        let header = ("cf-r2-jurisdiction", jurisdiction);
        let body = serde_json::json!({ "name": name });
        assert_eq!(self.answer_with(&[header], "POST", "/r2/buckets", &body)["success"], true);
    }

    fn answer_with(&self, headers: &[(&str, &str)], method: &str, path: &str, body: &Json) -> Json {
        let account = self.account();
        let token = format!("Bearer {}", account.session_token().expose_secret());
        let target = format!("/client/v4/accounts/{}{path}", account.id());
        let request = larder::local::Request::new(method, &target)
            .with_header("authorization", &token)
            .with_body(if body.is_null() { Vec::new() } else { body.to_string().into_bytes() });
        let request = headers.iter().fold(request, |request, (name, value)| request.with_header(name, value));
        account.answer(&request).to_json()
    }

    /// The account that `--local` keeps in the folder.
    pub fn local(&self) -> Account {
        let clock = Arc::new(SystemClock::default());
        let folder = self.path().join(".larder/local");
        Account::open(
            Some(&folder),
            &services::Services::default().locals(),
            clock,
            AccountOptions::default(),
        )
        .unwrap()
    }

    /// The binary with its arguments, in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(&binary(), arguments)
    }

    /// Another program with its arguments, in the folder and with the same environment.
    pub fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", self.path());
        command.envs(self.env.iter().map(|(key, value)| (key, value))).stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    /// The same, with more environment variables.
    pub fn run_with(&self, arguments: &[&str], env: &[(&str, &str)]) -> Output {
        let output = self.command(arguments).envs(env.iter().copied()).output().unwrap();
        let text = |bytes: Vec<u8>| filtered(&String::from_utf8(bytes).unwrap(), &self.real_path());
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Starts the binary.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs the binary and reads its JSON report.
    pub fn report(&self, arguments: &[&str]) -> Json {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        let output = self.command(&all).output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    fn real_path(&self) -> PathBuf {
        files::canonical(self.path()).unwrap()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if let Some(Served { server, runtime, .. }) = self.served.take() {
            drop(server);
            runtime.shutdown_background();
        }
    }
}

/// The binary under test; `LARDER_BINARY` names another one, as of a release.
fn binary() -> PathBuf {
    std::env::var_os("LARDER_BINARY").unwrap_or(env!("CARGO_BIN_EXE_larder").into()).into()
}

/// A text with what differs from run to run replaced.
pub fn filtered(text: &str, folder: &Path) -> String {
    let text = text.replace(folder.to_str().unwrap(), "[DIR]");
    FILTERS.iter().fold(text, |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned())
}

impl Output {
    /// The exit code.
    #[track_caller]
    pub fn exit(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Both streams, exactly.
    #[track_caller]
    pub fn says(self, stdout: &str, stderr: &str) -> Self {
        assert_eq!(self.stdout, stdout, "stderr:\n{}", self.stderr);
        assert_eq!(self.stderr, stderr);
        self
    }

    /// The errors, exactly.
    #[track_caller]
    pub fn stderr(self, stderr: &str) -> Self {
        assert_eq!(self.stderr, stderr, "stdout:\n{}", self.stdout);
        self
    }

    /// The output, exactly.
    #[track_caller]
    pub fn stdout(self, stdout: &str) -> Self {
        assert_eq!(self.stdout, stdout, "stderr:\n{}", self.stderr);
        self
    }

    /// A part of the errors.
    #[track_caller]
    pub fn stderr_has(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "no {part:?} in:\n{}", self.stderr);
        self
    }

    /// A part of the output.
    #[track_caller]
    pub fn stdout_has(self, part: &str) -> Self {
        assert!(self.stdout.contains(part), "no {part:?} in:\n{}", self.stdout);
        self
    }
}

/// Every op of a report, as `(step, op, resource, action, status)`.
pub fn ops(report: &Json) -> Vec<(String, String, String, String, String)> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let steps = report["steps"].as_array().unwrap();
    steps
        .iter()
        .flat_map(|step| {
            step["ops"].as_array().unwrap().iter().map(move |op| {
                let call = format!("{}::{}", text(&op["service"]), text(&op["op"]));
                (text(&step["name"]), call, text(&op["resource"]), text(&op["action"]), text(&op["status"]))
            })
        })
        .collect()
}
