//! What stands in for GitHub's REST API, as far as comments of pull requests go, by the rules of its documentation.
//!
//! **Invariant:** nothing of Larder is used here: this is what its requests are held against.

use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

pub const TOKEN: &str = "ghs_of-the-job";
pub const REPOSITORY: &str = "acme/jobmatch-ai";

/// GitHub's limit for the body of a comment.
const BODY_CHARS_MAX: usize = 65_536;

/// Whose the token is.
#[derive(Clone, Copy, PartialEq)]
pub enum Owner {
    /// The app of GitHub Actions, which may not ask who it is.
    App,
    /// Somebody with a token of their own.
    Person(&'static str),
}

/// What happens to a request that writes.
#[derive(Clone, Copy, PartialEq)]
pub enum Writes {
    Allowed,
    /// The job lacks `pull-requests: write`.
    Forbidden,
    Limited,
    /// The page of something on the way.
    BadGateway,
    /// It is done, and the answer is lost.
    Lost,
}

#[derive(Clone)]
pub struct Comment {
    pub id: u64,
    pub number: u64,
    pub login: String,
    pub kind: &'static str,
    pub body: String,
}

pub struct State {
    pub comments: Vec<Comment>,
    pub owner: Owner,
    pub writes: Writes,
    /// Of each request: its method and target.
    pub requests: Vec<String>,
    next: u64,
}

#[derive(Clone)]
pub struct Hub {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Hub {
    /// Listens as long as the process lives.
    pub fn start() -> Hub {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            comments: Vec::new(),
            owner: Owner::App,
            writes: Writes::Allowed,
            requests: Vec::new(),
            next: 1,
        };
        let hub = Hub { url, state: Arc::new(Mutex::new(state)) };
        let answering = hub.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let hub = answering.clone();
                std::thread::spawn(move || hub.converse(stream));
            }
        });
        hub
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// A comment of somebody.
    pub fn comment(&self, number: u64, login: &str, kind: &'static str, body: &str) {
        self.state().add(number, login, kind, body);
    }

    /// The comments of one pull request.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.state().comments.iter().filter(|one| one.number == number).cloned().collect()
    }

    pub fn bodies(&self, number: u64) -> Vec<String> {
        self.comments(number).into_iter().map(|one| one.body).collect()
    }

    fn converse(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        while let Some(request) = Request::read(&mut reader) {
            let Some((status, headers, body)) = self.state().answer(&request) else { return };
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
            if stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).is_err() {
                return;
            }
        }
    }
}

struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Json,
}

impl Request {
    fn read(reader: &mut impl BufRead) -> Option<Request> {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
        reader.read_exact(&mut body).ok()?;
        Some(Request { method, target, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

type Answer = (u16, &'static str, String);

fn refused(status: u16, message: &str) -> Answer {
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() });
    (status, "", body.to_string())
}

impl State {
    fn add(&mut self, number: u64, login: &str, kind: &'static str, body: &str) -> u64 {
        let id = self.next;
        self.next += 1;
        self.comments.push(Comment { id, number, login: login.to_owned(), kind, body: body.to_owned() });
        id
    }

    fn shown(&self, id: u64) -> Json {
        let one = self.comments.iter().find(|one| one.id == id).unwrap();
        json!({
            "id": id,
            "html_url": format!("https://github.com/{REPOSITORY}/pull/{}#issuecomment-{id}", one.number),
            "user": { "login": one.login, "type": one.kind },
            "body": one.body,
        })
    }

    /// Nothing where the connection ends without an answer.
    fn answer(&mut self, request: &Request) -> Option<Answer> {
        self.requests.push(format!("{} {}", request.method, request.target));
        if request.header("authorization") != format!("Bearer {TOKEN}") {
            return Some(refused(401, "Bad credentials"));
        }
        if request.header("user-agent").is_empty() {
            return Some(refused(403, "Request forbidden by administrative rules."));
        }
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let rest = path.strip_prefix(&format!("/repos/{REPOSITORY}/issues/")).unwrap_or_default();
        let parts: Vec<&str> = rest.split('/').collect();
        match (request.method.as_str(), path, parts.as_slice()) {
            ("GET", "/user", _) => Some(match self.owner {
                Owner::App => refused(403, "Resource not accessible by integration"),
                Owner::Person(login) => (200, "", json!({ "login": login, "type": "User" }).to_string()),
            }),
            ("GET", _, [number, "comments"]) => Some((200, "", self.list(number.parse().unwrap(), query))),
            ("POST", _, [number, "comments"]) => self.write(request, Place::New(number.parse().unwrap())),
            ("PATCH", _, ["comments", id]) => self.write(request, Place::There(id.parse().unwrap())),
            _ => Some(refused(404, "Not Found")),
        }
    }

    fn list(&self, number: u64, query: &str) -> String {
        let of = |name: &str, default: usize| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.map_or(default, |value| value.parse().unwrap())
        };
        let (per_page, page) = (of("per_page", 30).min(100), of("page", 1));
        let all = self.comments.iter().filter(|one| one.number == number).map(|one| self.shown(one.id));
        Json::Array(all.skip((page - 1) * per_page).take(per_page).collect()).to_string()
    }

    fn write(&mut self, request: &Request, place: Place) -> Option<Answer> {
        match self.writes {
            Writes::Forbidden => return Some(refused(403, "Resource not accessible by integration")),
            Writes::Limited => {
                let (status, _, body) = refused(403, "You have exceeded a secondary rate limit.");
                return Some((status, "retry-after: 60\r\n", body));
            }
            Writes::BadGateway => return Some((502, "", "<html>Bad gateway</html>".into())),
            Writes::Allowed | Writes::Lost => {}
        }
        let body = request.body["body"].as_str().unwrap_or_default();
        if body.is_empty() || body.chars().count() > BODY_CHARS_MAX {
            return Some(refused(422, "Validation Failed"));
        }
        let (login, kind) = match self.owner {
            Owner::App => ("github-actions[bot]", "Bot"),
            Owner::Person(login) => (login, "User"),
        };
        let (status, id) = match place {
            Place::New(number) => (201, self.add(number, login, kind, body)),
            Place::There(id) => {
                let Some(one) = self.comments.iter_mut().find(|one| one.id == id) else {
                    return Some(refused(404, "Not Found"));
                };
                body.clone_into(&mut one.body);
                (200, id)
            }
        };
        (self.writes != Writes::Lost).then(|| (status, "", self.shown(id).to_string()))
    }
}

enum Place {
    New(u64),
    There(u64),
}
