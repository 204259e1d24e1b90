//! A client of the language server, as plain JSON-RPC: it shares nothing with the server.

use super::super::project::Project;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// However busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Client {
    process: Child,
    input: Option<ChildStdin>,
    answers: Receiver<Json>,
    /// What came and was not asked for yet.
    kept: Vec<Json>,
    last_id: u64,
    /// What `initialize` was answered with.
    pub server: Json,
}

impl Client {
    /// Starts the server without a word.
    pub fn start(project: &Project) -> Self {
        let mut command = project.command(&["lsp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = process.stdin.take();
        Client { process, input, answers, kept: Vec::new(), last_id: 0, server: Json::Null }
    }

    /// Starts it and agrees on what both can, in these folders.
    pub fn of_folders(project: &Project, folders: &[&Path], capabilities: &Json) -> Self {
        let mut client = Client::start(project);
        let folders: Vec<Json> =
            folders.iter().map(|folder| json!({ "uri": uri(folder), "name": "folder" })).collect();
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders });
        client.server = client.ask("initialize", &params);
        client.tell("initialized", &json!({}));
        client
    }

    /// The same in the project's folder.
    pub fn of(project: &Project) -> Self {
        Client::of_folders(project, &[project.path()], &json!({}))
    }

    /// Sends these bytes as the body of a message.
    pub fn send_raw(&mut self, body: &[u8]) {
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
        input.write_all(body).unwrap();
        input.flush().unwrap();
    }

    pub fn send(&mut self, message: &Json) {
        self.send_raw(message.to_string().as_bytes());
    }

    pub fn tell(&mut self, method: &str, params: &Json) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request; gives its number.
    pub fn begin(&mut self, method: &str, params: &Json) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The whole answer to a request.
    pub fn answer(&mut self, id: u64) -> Json {
        self.wait(|message| message["id"] == id && message["method"].is_null())
    }

    /// The result of a request, which succeeds.
    pub fn ask(&mut self, method: &str, params: &Json) -> Json {
        let id = self.begin(method, params);
        let answer = self.answer(id);
        assert_eq!(answer["error"], Json::Null, "{method}");
        answer["result"].clone()
    }

    /// The next message that is meant.
    pub fn wait(&mut self, is_it: impl Fn(&Json) -> bool) -> Json {
        if let Some(at) = self.kept.iter().position(&is_it) {
            return self.kept.remove(at);
        }
        loop {
            let message = self.answers.recv_timeout(PATIENCE).expect("the server says nothing more");
            if is_it(&message) {
                return message;
            }
            self.kept.push(message);
        }
    }

    /// Opens a text.
    pub fn open(&mut self, uri: &str, text: &str) {
        let language = if uri.ends_with(".toml") { "toml" } else { "rhai" };
        let item = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": item }));
    }

    /// Replaces a text as a whole.
    pub fn replace(&mut self, uri: &str, version: u64, text: &str) {
        self.change(uri, version, &json!([{ "text": text }]));
    }

    pub fn change(&mut self, uri: &str, version: u64, changes: &Json) {
        let params = json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": changes });
        self.tell("textDocument/didChange", &params);
    }

    pub fn close(&mut self, uri: &str) {
        self.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    }

    /// What is shown of a text in that version, or of a file that is not open.
    pub fn shown(&mut self, uri: &str, version: Option<u64>) -> Vec<Json> {
        let found = self.wait(|message| {
            let params = &message["params"];
            message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri
                && params["version"].as_u64() == version
        });
        found["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// Ends the server in the order of the protocol; gives its exit code and what it wrote beside.
    pub fn end(mut self) -> (Option<i32>, String) {
        assert_eq!(self.ask("shutdown", &Json::Null), Json::Null);
        self.tell("exit", &Json::Null);
        self.ended()
    }

    /// Closes the input and waits for the end.
    pub fn ended(mut self) -> (Option<i32>, String) {
        drop(self.input.take());
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.process.wait().unwrap().code(), said)
    }
}

fn read(output: &mut impl BufRead) -> Option<Json> {
    let mut length = None;
    loop {
        let mut header = String::new();
        if output.read_line(&mut header).unwrap_or(0) == 0 {
            return None;
        }
        match header.trim_end() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ").map(|text| text.parse().unwrap()),
        }
    }
    let mut body = vec![0; length.unwrap()];
    output.read_exact(&mut body).ok()?;
    let message: Json = serde_json::from_slice(&body).unwrap();
    assert_eq!(message["jsonrpc"], "2.0");
    Some(message)
}

/// A file as clients call it.
pub fn uri(path: &Path) -> String {
    url::Url::from_file_path(path).unwrap().to_string()
}
