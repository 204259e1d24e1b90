//! A server on loopback that nobody of this house wrote: KV namespaces over TLS, by HTTP/2 (the crate `h2`, and raw frames
//! where that one does not misbehave on demand) or HTTP/1.1. It shares nothing with the local account.

mod authority;
mod raw_connection;
mod protocols;

use super::project::Project;
pub use authority::{Authority, Leaf};
use parking_lot::{Mutex, MutexGuard};
use protocols::Respond;
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// The account of every run against it.
pub const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub target: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// What was agreed on in the handshake: `h2`, `http/1.1`, or nothing.
    pub protocol: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The name that is to be created.
    fn title(&self) -> Option<String> {
        let body: Json = serde_json::from_slice(&self.body).ok()?;
        (self.method == "POST").then(|| body["title"].as_str().map(str::to_owned))?
    }
}

/// An answer to be sent.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn of(status: u16, body: &Json) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Reply { status, headers, body: body.to_string().into_bytes() }
    }

    pub fn ok(result: &Json) -> Self {
        let answer = json!({ "success": true, "errors": [], "messages": [], "result": result });
        Reply::of(200, &answer)
    }
}

/// What becomes of the answer to one request of a wave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Answer,
    /// Its stream is reset with this reason.
    Reset(h2::Reason),
    /// Nothing comes for it.
    Silence,
}

/// What then becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Connection {
    Stays,
    /// It goes away after the stream of the write with this place in the wave, moved by so many streams; then it ends.
    GoAway(usize, i64),
    /// It is gone.
    Lost,
}

/// Writes that are gathered until so many are in flight.
pub struct Wave {
    pub writes: usize,
    /// By its place in the wave: whether it takes effect, and how it ends.
    pub fate: Box<dyn Fn(usize) -> (bool, End) + Send>,
    pub connection: Connection,
}

/// What the server holds and has seen.
#[derive(Default)]
pub struct State {
    /// Titles of namespaces, in the order of their creation.
    pub titles: Vec<String>,
    pub requests: Vec<Request>,
    wave: Option<Wave>,
}

impl State {
    /// The titles that were asked to be created, as often as they were.
    pub fn posts(&self) -> Vec<String> {
        self.requests.iter().filter_map(Request::title).collect()
    }

    fn create(&mut self, title: &str) -> Reply {
        if self.titles.iter().any(|known| known == title) {
            let error = json!({ "code": 10014, "message": "a namespace with this account ID and title already exists" });
            return Reply::of(
                400,
                &json!({ "success": false, "errors": [error], "messages": [], "result": null }),
            );
        }
        self.titles.push(title.to_owned());
        Reply::ok(&namespace(self.titles.len(), title))
    }

    fn answer(&mut self, request: &Request) -> Reply {
        let path = request.target.split('?').next().unwrap_or_default();
        match request.title() {
            Some(title) => self.create(&title),
            None if path.ends_with("/storage/kv/namespaces") => {
                let all: Vec<Json> = (1..).zip(&self.titles).map(|(n, title)| namespace(n, title)).collect();
                let info =
                    json!({ "page": 1, "per_page": 1000, "count": all.len(), "total_count": all.len() });
                let answer = json!({ "success": true, "errors": [], "messages": [], "result": all, "result_info": info });
                Reply::of(200, &answer)
            }
            None => Reply::ok(&json!([])),
        }
    }
}

fn namespace(number: usize, title: &str) -> Json {
    json!({ "id": format!("{number:032x}"), "title": title, "supports_url_encoding": true })
}

/// Answers a request in place of the server.
type Rule = Box<dyn FnMut(&Request) -> Option<Reply> + Send>;

/// How it is started.
pub struct Options {
    /// Which protocols it agrees to, best first; none: it knows nothing of the choice.
    pub protocols: &'static [&'static str],
    pub leaf: Leaf,
    pub wave: Option<Wave>,
    pub rule: Rule,
}

impl Default for Options {
    fn default() -> Self {
        Options { protocols: &["h2", "http/1.1"], leaf: Leaf::Right, wave: None, rule: Box::new(|_| None) }
    }
}

/// The server; it ends with this value.
pub struct Foreign {
    pub address: SocketAddr,
    authority: Authority,
    state: Arc<Mutex<State>>,
    runtime: Option<Runtime>,
}

impl Foreign {
    pub fn start(options: Options) -> Self {
        let authority = Authority::new();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { wave: options.wave, ..State::default() }));
        let (arrivals, arrived) = mpsc::unbounded_channel();
        let config = Arc::new(authority.server(options.leaf, options.protocols));
        runtime.spawn(protocols::listen(listener, config, arrivals));
        runtime.spawn(direct(arrived, state.clone(), options.rule));
        Foreign { address, authority, state, runtime: Some(runtime) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub fn base(&self) -> String {
        format!("https://127.0.0.1:{}/client/v4", self.address.port())
    }

    /// Writes the authority's certificate into a folder; gives the path.
    pub fn authority_in(&self, folder: &Path) -> PathBuf {
        let path = folder.join("authority.pem");
        larder::system::files::write_whole(&path, self.authority.pem().as_bytes()).unwrap();
        path
    }

    /// A project that talks to it and does not trust it.
    pub fn distrustful(&self, config: &str) -> Project {
        Project::new(config)
            .env("CLOUDFLARE_API_BASE_URL", &self.base())
            .env("CLOUDFLARE_API_TOKEN", "canary-token-7c1f0e9ab2")
            .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
    }

    /// One that trusts it.
    pub fn project(&self, config: &str) -> Project {
        let project = self.distrustful(config);
        let path = self.authority_in(project.path());
        project.env("SSL_CERT_FILE", path.to_str().unwrap())
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

/// A request, how it is answered, and the connection that it came over.
pub(super) struct Arrival {
    request: Request,
    respond: Respond,
    line: raw_connection::Line,
}

/// Answers what arrives, one after the other.
async fn direct(mut arrived: mpsc::UnboundedReceiver<Arrival>, state: Arc<Mutex<State>>, mut rule: Rule) {
    let mut gathered = Vec::new();
    // Dropped, it would be answered with a reset.
    let mut silent = Vec::new();
    while let Some(arrival) = arrived.recv().await {
        let mut state = state.lock();
        state.requests.push(arrival.request.clone());
        if arrival.request.title().is_some() && state.wave.is_some() {
            gathered.push(arrival);
            if state.wave.as_ref().is_some_and(|wave| wave.writes == gathered.len()) {
                let wave = state.wave.take().unwrap();
                silent.extend(play(&mut state, &wave, std::mem::take(&mut gathered)));
            }
            continue;
        }
        let reply = rule(&arrival.request).unwrap_or_else(|| state.answer(&arrival.request));
        arrival.respond.answer(reply);
    }
}

/// Lets a wave end as it is to end; gives what stays open.
fn play(state: &mut State, wave: &Wave, gathered: Vec<Arrival>) -> Vec<Respond> {
    let lines: Vec<raw_connection::Line> = gathered.iter().map(|arrival| arrival.line.clone()).collect();
    let streams: Vec<u32> = gathered.iter().map(|arrival| arrival.respond.stream()).collect();
    let mut silent = Vec::new();
    for (place, arrival) in gathered.into_iter().enumerate() {
        let (is_applied, end) = (wave.fate)(place);
        let title = arrival.request.title().unwrap();
        let reply = if is_applied { state.create(&title) } else { Reply::ok(&Json::Null) };
        match end {
            End::Answer => arrival.respond.answer(reply),
            End::Reset(reason) => arrival.respond.reset(reason),
            End::Silence => silent.push(arrival.respond),
        }
    }
    match wave.connection {
        Connection::Stays => {}
        Connection::GoAway(place, moved) => {
            let last = u32::try_from(i64::from(streams[place]) + 2 * moved).unwrap_or(0);
            for line in &lines {
                line.go_away(last);
            }
        }
        Connection::Lost => lines.iter().for_each(raw_connection::Line::cut),
    }
    silent
}
