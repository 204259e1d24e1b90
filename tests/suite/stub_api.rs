//! A small stand-in for the API that shares nothing with the local account: it has things of five kinds in lists, says so
//! over a raw socket, and a test may have it answer otherwise.

use super::project::{Output, PLAIN, Project};
use super::simulation::{Arrival, Finished, Interceptor, Simulation, Terms};
use larder::http::{RawResponse, WireRequest};
use larder::op::Mode;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// A kind of thing, as its list is paged, its names are called and its absence is said.
#[derive(Clone, Copy)]
pub struct Kind {
    pub service: &'static str,
    pub collection: &'static str,
    pub name: &'static str,
    pub id: &'static str,
    /// The property of the `result` that holds the list.
    within: &'static str,
    pub missing: i64,
    exists: i64,
    /// A recipe's line that ensures one called `name-a`.
    pub ensures: &'static str,
}

/// All of them.
pub const KINDS: [Kind; 5] = [
    Kind {
        service: "kv",
        collection: "/storage/kv/namespaces",
        name: "title",
        id: "id",
        within: "",
        missing: 10013,
        exists: 10014,
        ensures: r#"kv::ensure("name-a")"#,
    },
    Kind {
        service: "r2",
        collection: "/r2/buckets",
        name: "name",
        id: "name",
        within: "buckets",
        missing: 10006,
        exists: 10004,
        ensures: r#"r2::ensure("name-a")"#,
    },
    Kind {
        service: "vectorize",
        collection: "/vectorize/v2/indexes",
        name: "name",
        id: "name",
        within: "",
        missing: 3000,
        exists: 3002,
        ensures: r#"vectorize::ensure("name-a", #{ dimensions: 3, metric: "cosine" })"#,
    },
    Kind {
        service: "ai_gateway",
        collection: "/ai-gateway/gateways",
        name: "id",
        id: "id",
        within: "",
        missing: 7002,
        exists: 7001,
        ensures: r#"ai_gateway::ensure("name-a")"#,
    },
    Kind {
        service: "d1",
        collection: "/d1/database",
        name: "name",
        id: "uuid",
        within: "",
        missing: 7404,
        exists: 7502,
        ensures: r#"d1::ensure("name-a")"#,
    },
];

/// A request.
#[derive(Clone)]
pub struct Asked {
    pub method: String,
    /// Below the account.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Json,
}

impl Asked {
    pub fn is(&self, method: &str, path: &str) -> bool {
        (self.method.as_str(), self.path.as_str()) == (method, path)
    }

    /// A number of the query.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.query.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok())
    }
}

/// Status and body.
pub type Answer = (u16, Vec<u8>);

pub fn yes(result: &Json, info: &Json) -> Answer {
    let body = json!({"success": true, "errors": [], "messages": [], "result": result, "result_info": info});
    (200, body.to_string().into_bytes())
}

pub fn no(status: u16, code: i64) -> Answer {
    let errors = json!([{"code": code, "message": "no"}]);
    let body = json!({"success": false, "errors": errors, "messages": [], "result": null});
    (status, body.to_string().into_bytes())
}

/// What is there, and what was asked.
#[derive(Default)]
pub struct Holds {
    pub things: Vec<(Kind, Json)>,
    /// `METHOD path`, in order.
    pub asked: Vec<String>,
    made: u32,
}

impl Holds {
    /// Adds one.
    pub fn make(&mut self, kind: Kind, body: &Json) -> Json {
        self.made += 1;
        let mut thing = body.clone();
        match kind.service {
            "kv" => thing["id"] = json!(format!("{:032x}", 0xabc0 + self.made)),
            "d1" => thing["uuid"] = json!(format!("11111111-2222-4333-8444-{:012x}", self.made)),
            _ => {}
        }
        self.things.push((kind, thing.clone()));
        thing
    }

    /// How often something was asked.
    pub fn count(&self, is_meant: impl Fn(&str) -> bool) -> usize {
        self.asked.iter().filter(|line| is_meant(line)).count()
    }

    /// Those of a kind.
    pub fn of(&self, kind: Kind) -> Vec<Json> {
        let same = |(other, _): &&(Kind, Json)| other.service == kind.service;
        self.things.iter().filter(same).map(|(_, thing)| thing.clone()).collect()
    }

    /// The true answer.
    pub fn answer(&mut self, asked: &Asked) -> Answer {
        let found = KINDS.iter().find_map(|kind| Some((*kind, asked.path.strip_prefix(kind.collection)?)));
        let Some((kind, rest)) = found else { return yes(&json!([{ "id": ACCOUNT }]), &Json::Null) };
        let mut parts = rest.splitn(3, '/').skip(1);
        match (parts.next(), parts.next()) {
            (None, _) if asked.method == "POST" => {
                let is_taken = self.of(kind).iter().any(|thing| thing[kind.name] == asked.body[kind.name]);
                if is_taken { no(409, kind.exists) } else { yes(&self.make(kind, &asked.body), &Json::Null) }
            }
            (None, _) => {
                let all = self.of(kind);
                let info = json!({"page": 1, "per_page": 1000, "count": all.len(), "total_count": all.len()});
                match kind.within {
                    "" => yes(&Json::from(all), &info),
                    within => yes(&json!({ within: all }), &json!({ "cursor": "" })),
                }
            }
            (Some(name), more) => self.about(kind, name, more, asked),
        }
    }

    fn about(&mut self, kind: Kind, name: &str, more: Option<&str>, asked: &Asked) -> Answer {
        let is_it = |(other, thing): &(Kind, Json)| {
            other.service == kind.service && (thing[kind.id] == name || thing[kind.name] == name)
        };
        let Some(at) = self.things.iter().position(is_it) else { return no(404, kind.missing) };
        let rows = json!([{"results": [{"n": 1}], "success": true, "meta": {"served_by_primary": true}}]);
        match (asked.method.as_str(), more) {
            ("GET", None) => yes(&self.things[at].1, &Json::Null),
            ("DELETE", None) => {
                self.things.remove(at);
                yes(&Json::Null, &Json::Null)
            }
            (_, None) => {
                let fields = asked.body.as_object().cloned().unwrap_or_default();
                self.things[at].1.as_object_mut().unwrap().extend(fields);
                yes(&self.things[at].1, &Json::Null)
            }
            (_, Some("query")) => yes(&rows, &Json::Null),
            (_, Some("metadata_index/list")) => yes(&json!({ "metadataIndexes": [] }), &Json::Null),
            (_, Some("keys" | "objects")) => yes(&json!([]), &Json::Null),
            (_, Some(_)) => yes(&json!({}), &Json::Null),
        }
    }
}

/// Answers otherwise, or not.
type Twist = dyn FnMut(&Asked, &mut Holds) -> Option<Answer> + Send;

/// It.
#[derive(Clone)]
pub struct StandIn {
    holds: Arc<Mutex<Holds>>,
    twist: Arc<Mutex<Box<Twist>>>,
}

impl StandIn {
    /// One that answers with what `twist` gives, else truly.
    pub fn new(twist: impl FnMut(&Asked, &mut Holds) -> Option<Answer> + Send + 'static) -> Self {
        StandIn { holds: Arc::default(), twist: Arc::new(Mutex::new(Box::new(twist))) }
    }

    /// What it holds.
    pub fn look<T>(&self, look: impl FnOnce(&mut Holds) -> T) -> T {
        look(&mut self.holds.lock())
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let mut holds = self.holds.lock();
        holds.asked.push(format!("{} {}", asked.method, asked.path));
        let twisted = (self.twist.lock())(asked, &mut holds);
        twisted.unwrap_or_else(|| holds.answer(asked))
    }

    /// The project, in front of it.
    pub fn serves(&self, project: Project) -> Project {
        let address = self.listen();
        project
            .env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"))
            .env("CLOUDFLARE_API_TOKEN", "stand-in-token-0001")
            .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
    }

    /// Listens as long as the process lives.
    fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (address, itself) = (listener.local_addr().unwrap(), self.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let itself = itself.clone();
                std::thread::spawn(move || itself.serve(client.unwrap()));
            }
        });
        address
    }

    fn serve(&self, mut client: TcpStream) {
        while let Some(asked) = receive(&mut client) {
            let (status, body) = self.answer(&asked);
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n", body.len());
            if client.write_all(&[head.as_bytes(), &body].concat()).is_err() {
                return;
            }
        }
    }
}

/// Runs a script in this process, against a stand-in.
pub fn run(stand_in: &StandIn, script: &str) -> Finished {
    let (simulation, folder) = (Simulation::new(1), tempfile::tempdir().unwrap());
    let terms = Terms { road: Arc::new(stand_in.clone()), ..simulation.terms(Mode::Apply) };
    simulation.script_on(terms, folder.path(), script)
}

/// Runs it with the binary.
pub fn run_binary(stand_in: &StandIn, script: &str) -> (Project, Output) {
    let project = stand_in.serves(Project::new(PLAIN).recipe(script));
    let output = project.run(&["run", "main", "-e", "dev", "--report", "report.json"]);
    (project, output)
}

pub fn report(project: &Project) -> Json {
    let text = larder::system::files::read_text(&project.path().join("report.json"), 1 << 20).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// In this process, it stands where the lab's account would.
impl Interceptor for StandIn {
    fn travel(&self, request: &WireRequest, _: &mut dyn FnMut() -> Arrival) -> Arrival {
        let path = request.path.split_once("/accounts/").map_or("", |(_, rest)| rest);
        let asked = Asked {
            method: request.endpoint.method.to_owned(),
            path: path.split_once('/').map_or_else(String::new, |(_, rest)| format!("/{rest}")),
            query: request.query.clone(),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
        };
        let (status, body) = self.answer(&asked);
        Ok(RawResponse { status, body, ..RawResponse::default() })
    }
}

fn receive(client: &mut TcpStream) -> Option<Asked> {
    let mut raw = Vec::new();
    let mut byte = [0];
    while !raw.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        raw.push(byte[0]);
    }
    let head = String::from_utf8(raw).unwrap();
    let length = |line: &str| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
    let mut body = vec![0; head.lines().find_map(length).unwrap_or(0)];
    client.read_exact(&mut body).ok()?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let below = path.split_once(ACCOUNT).map_or("", |(_, below)| below).to_owned();
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Some(Asked { method, path: below, query, body: serde_json::from_slice(&body).unwrap_or_default() })
}
