//! A scripted server for tests: it answers by script and records the requests, with a clock that skips pauses.
//!
//! **Invariant:** a request that the script does not foresee fails the test that sent it.

use crate::events::Recorder;
use crate::http::{
    Client, Credentials, InProcess, RawResponse, Settings, Stop, TransportError, TransportErrorKind,
    WireRequest,
};
use crate::op::{Context, Failure, Mode, OpResult, OptionMap, RunInfo, Value, read_options};
use crate::reconcile::{Resource, ensure};
use crate::secret::Secret;
use crate::system::{ManualClock, Root};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

/// The account of the recordings.
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// What the server does with one request.
pub(crate) enum ScriptedReply {
    Answer(RawResponse),
    /// The request arrives, the answer does not.
    Lost,
}

/// A yes with that `result`.
pub(crate) fn yes(result: impl Into<Json>) -> ScriptedReply {
    page(result, Json::Null)
}

/// A yes with that `result` and `result_info`.
pub(crate) fn page(result: impl Into<Json>, info: impl Into<Json>) -> ScriptedReply {
    answer(200, &json!({"success": true, "errors": [], "result": result.into(), "result_info": info.into()}))
}

/// A no with that code.
pub(crate) fn no(status: u16, code: i64) -> ScriptedReply {
    refused(status, code, "no")
}

/// A no in those words.
pub(crate) fn refused(status: u16, code: i64, message: &str) -> ScriptedReply {
    let errors = [json!({"code": code, "message": message})];
    answer(status, &json!({"success": false, "errors": errors, "result": null}))
}

fn answer(status: u16, body: &Json) -> ScriptedReply {
    ScriptedReply::Answer(RawResponse {
        status,
        body: body.to_string().into_bytes(),
        ..RawResponse::default()
    })
}

/// A run against the scripted server.
pub(crate) struct ScriptedServer {
    pub(crate) context: Arc<Context>,
    sent: Arc<Mutex<Vec<WireRequest>>>,
    left: Arc<Mutex<VecDeque<ScriptedReply>>>,
}

impl ScriptedServer {
    pub(crate) fn new(replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        ScriptedServer::of(Mode::Apply, replies)
    }

    pub(crate) fn of(mode: Mode, replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let left = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let (seen, script) = (sent.clone(), left.clone());
        let transport = InProcess(move |request: WireRequest| {
            let reply = script.lock().pop_front();
            let reply = reply.unwrap_or_else(|| panic!("not foreseen: {}", line(&request)));
            seen.lock().push(request);
            match reply {
                ScriptedReply::Answer(answer) => Ok(answer),
                ScriptedReply::Lost => {
                    Err(TransportError::new(TransportErrorKind::Broken, "the connection broke"))
                }
            }
        });
        let events = Arc::new(Recorder::default());
        let client = Client::new(Settings {
            transport: Arc::new(transport),
            account: ACCOUNT.into(),
            credentials: Credentials::Token(Secret::new("token".into())),
            clock: Arc::new(ManualClock::seeded(1)),
            events: events.clone(),
            stop: Stop::default(),
        });
        let run = RunInfo { id: "run".into(), version: "0", ..RunInfo::default() };
        let root = Root::new(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        ScriptedServer { context: Context::new(client, mode, events, root, run), sent, left }
    }

    /// Ensures a resource; the options are checked as an op checks them.
    pub(crate) fn ensure<R: Resource>(&self, name: &str, options: Json) -> Result<OpResult, Failure>
    where
        R::Options: OptionMap,
    {
        let options: R::Options = read_options(&Value::from(options)).unwrap();
        R::check(&options).unwrap();
        let key = R::key(name, &R::place(&options));
        block_on(ensure::<R>(&self.context, &key, &options))
    }

    /// What was sent since the last call, one line each; the script must be used up.
    pub(crate) fn sent(&self) -> Vec<String> {
        let left = self.left.lock().len();
        assert_eq!(left, 0, "the script foresees {left} more");
        self.sent.lock().drain(..).map(|request| line(&request)).collect()
    }
}

/// Runs to the end on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// `POST /r2/buckets {"name":"a"}`, with the query, and without the account.
fn line(request: &WireRequest) -> String {
    let path = request.path.trim_start_matches("/accounts/").trim_start_matches(ACCOUNT);
    let query: Vec<String> = request.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {path}{query} {body}", request.endpoint.method).trim_end().to_owned()
}

/// One recorded exchange of a real client.
#[derive(Deserialize)]
pub(super) struct Recorded {
    method: String,
    path: String,
    query: String,
    headers: Map<String, Json>,
    body: Option<String>,
    response: RecordedResponse,
}

#[derive(Deserialize)]
struct RecordedResponse {
    status: u16,
    body: Json,
}

/// The meaning of a request: all of it except the sender and the formatting of the JSON.
#[derive(Debug, PartialEq)]
pub(super) struct CanonicalRequest {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Json,
}

fn is_essential(header: &str) -> bool {
    header.starts_with("cf-")
}

impl Recorded {
    /// The only exchange of a recording.
    pub(super) fn read(lines: &str) -> Self {
        let mut exchanges = lines.lines().map(|line| serde_json::from_str(line).unwrap());
        let exchange = exchanges.next().unwrap();
        assert!(exchanges.next().is_none(), "one exchange in the recording");
        exchange
    }

    /// What the server answered.
    pub(super) fn reply(&self) -> ScriptedReply {
        answer(self.response.status, &self.response.body)
    }

    /// What the client sent.
    pub(super) fn canonical(&self) -> CanonicalRequest {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let headers = self.headers.iter().filter(|(name, _)| is_essential(name));
        CanonicalRequest {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
            body: self.body.as_deref().map_or(Json::Null, |body| serde_json::from_str(body).unwrap()),
        }
    }
}

impl ScriptedServer {
    /// The essence of the last request; a JSON body must be called so.
    pub(super) fn canonical(&self) -> CanonicalRequest {
        let sent = self.sent.lock();
        let request = sent.last().unwrap();
        let query: Vec<String> = request.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let json = ("content-type".to_owned(), "application/json".to_owned());
        assert_eq!(request.headers.contains(&json), !request.body.is_empty());
        CanonicalRequest {
            method: request.endpoint.method.to_owned(),
            path: request.path.clone(),
            query: query.join("&"),
            headers: request.headers.iter().filter(|(name, _)| is_essential(name)).cloned().collect(),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
        }
    }
}

/// The recording of that name.
macro_rules! recording {
    ($name:literal) => {
        crate::services::scripted_server::Recorded::read(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/traffic/",
            $name,
            ".jsonl"
        )))
    };
}
pub(super) use recording;
