//! Replays the recorded requests of real clients against the local account, in the order in which each recorded server
//! saw them, and compares status, keys, types and values. Ids and times differ: a recorded id is exchanged for the one
//! that stands in its place, and must stay the same from then on.

use larder::local::{Account, AccountOptions, DEFAULT_ACCOUNT_ID, Reply, Request};
use larder::services;
use larder::system::ManualClock;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Which files are replayed, by the beginnings of their names.
const REPLAYED: &[&str] = &[
    "d1-",
    "kv-",
    "r2-",
    "vectorize-",
    "whoami",
    "sdk--d1-",
    "sdk--kv-",
    "sdk--r2-",
    "sdk--vectorize-",
    "sdk--ai-",
];

/// D1 databases that a stand-in had from the start of a file, and what was in them.
const PREPARED: &[(&str, &str, &str)] = &[
    ("d1-export", "app-db", "CREATE TABLE t(a); INSERT INTO t VALUES (1)"),
    ("d1-migrations-apply--no-name-no-id", "app-db", "SELECT 1"),
    ("sdk--d1-database-list", "appdb", "SELECT 1"),
];

/// Answers of which only the status is compared, and why: file, request in it.
const OWN_WORDS: &[(&str, usize)] = &[
    // Observed words (D1-26); the stand-in had its own.
    ("d1-create--exists", 0),
    // Cloudflare's own table stands in every schema, with real D1 as with ours.
    ("d1-execute--after-failure", 0),
    // The stand-in did not count what an import did.
    ("d1-execute--file", 3),
    // D1 takes a file in at once that it has already; the stand-in asked for it again.
    ("d1-execute--file-error", 1),
    // The text of an export: D1's has no transaction control.
    ("d1-export", 2),
];

/// Keys under which a server says what it measured, named or made up itself: only the type is compared. `changed_db` is
/// among them because the stand-in held `CREATE TABLE IF NOT EXISTS` for a change always.
const SERVERS_OWN: &[&str] = &[
    "applied_at",
    "at_bookmark",
    "changed_db",
    "duration",
    "file_size",
    "filename",
    "final_bookmark",
    "rows_read",
    "served_by",
    "signed_url",
    "size_after",
    "sql_duration_ms",
    "upload_url",
];

/// Where the local account answers otherwise than the recorded stand-in, and why: file, request in it, our status.
const KNOWN_BETTER: &[(&str, usize, u16)] = &[
    // Observed on the real service: 400 (VEC-5). The stand-in assumed 409.
    ("vectorize-create--exists", 0, 400),
];

/// One recorded request.
struct Recorded {
    file: String,
    index: usize,
    line: Value,
}

impl Recorded {
    fn text(&self, field: &str) -> &str {
        self.line[field].as_str().unwrap_or_default()
    }

    /// `kv` of `kv-key-get` and of `sdk--kv-namespaces-list`.
    fn service(&self) -> &str {
        let command = self.file.strip_prefix("sdk--").unwrap_or(&self.file);
        command.split('-').next().unwrap_or(command)
    }

    fn status(&self) -> u64 {
        self.line["response"]["status"].as_u64().unwrap()
    }

    /// Failures that the stand-in was told to give say nothing about the service.
    fn is_injected(&self) -> bool {
        self.text("route") == "UNROUTED" && self.status() >= 400
    }
}

/// Each recorded request that a route answers: who sent it, its method, and the path of the route.
pub fn asked() -> BTreeSet<(&'static str, String, &'static str)> {
    let replay = Replay::new();
    let recorded = recorded().into_values().flatten();
    let route = |recorded: Recorded| {
        let client = if recorded.file.starts_with("sdk--") { "TypeScript SDK" } else { "wrangler" };
        let (method, path) = (recorded.text("method").to_owned(), replay.target(&recorded));
        let request = Request::new(&method, &path);
        replay.account.answer(&request.with_header("authorization", &format!("Bearer {}", replay.token)));
        let route = replay.account.history().last().and_then(|seen| seen.route)?;
        Some((client, method, route))
    };
    recorded.filter_map(route).collect()
}

#[test]
fn the_local_account_answers_recorded_traffic() {
    let servers = recorded();
    let mut compared = BTreeMap::<&str, usize>::new();
    for requests in servers.values() {
        let mut replay = Replay::new();
        for recorded in requests {
            for (_, name, sql) in PREPARED.iter().filter(|(file, ..)| *file == recorded.file) {
                replay.prepare(recorded, name, sql);
            }
            replay.send(recorded);
            *compared.entry(recorded.service()).or_default() += 1;
        }
    }
    let compared: Vec<(&str, usize)> = compared.into_iter().collect();
    assert_eq!(compared, [("ai", 4), ("d1", 70), ("kv", 34), ("r2", 21), ("vectorize", 14), ("whoami", 12)]);
}

/// Every request of the replayed files that is no injected failure, by recorded server, in order of time.
fn recorded() -> BTreeMap<String, Vec<Recorded>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traffic");
    let mut servers = BTreeMap::<String, Vec<Recorded>>::new();
    let mut seen = BTreeSet::new();
    for path in larder::system::files::walk(&folder).unwrap() {
        let name = path.to_str().unwrap();
        let Some(file) = name.strip_suffix(".jsonl") else { continue };
        if !REPLAYED.iter().any(|prefix| file.starts_with(prefix)) {
            continue;
        }
        let text = larder::system::files::read_text(&folder.join(name), 1 << 20).unwrap();
        for (index, line) in text.lines().enumerate() {
            let line: Value = serde_json::from_str(line).unwrap();
            let recorded = Recorded { file: file.to_owned(), index, line };
            if !recorded.is_injected() {
                let server = recorded.line["headers"]["host"].as_str().unwrap().to_owned();
                servers.entry(server).or_default().push(recorded);
            }
        }
        seen.insert(file.to_owned());
    }
    for requests in servers.values_mut() {
        requests.sort_by(|a, b| a.text("ts").cmp(b.text("ts")));
    }
    let listed = KNOWN_BETTER.iter().map(|(file, ..)| file).chain(OWN_WORDS.iter().map(|(file, _)| file));
    for file in listed.chain(PREPARED.iter().map(|(file, ..)| file)) {
        assert!(seen.contains(*file), "no such file: {file}");
    }
    servers
}

/// One account, and which of its ids stands for which recorded one.
struct Replay {
    account: Account,
    token: String,
    ids: BTreeMap<String, String>,
}

impl Replay {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::seeded(1));
        let account =
            Account::open(None, &services::Services::default().locals(), clock, AccountOptions::default())
                .unwrap();
        let token = account.session_token().expose_secret().to_owned();
        let ids = BTreeMap::from([(DEFAULT_ACCOUNT_ID.to_owned(), DEFAULT_ACCOUNT_ID.to_owned())]);
        Replay { account, token, ids }
    }

    /// Makes a database before the first request of a file.
    fn prepare(&mut self, recorded: &Recorded, name: &str, sql: &str) {
        if recorded.index > 0 {
            return;
        }
        let post = |path: &str, body: Value| {
            let target = format!("/client/v4/accounts/{DEFAULT_ACCOUNT_ID}/d1/database{path}");
            let request = Request::new("POST", &target)
                .with_header("authorization", &format!("Bearer {}", self.token))
                .with_body(body.to_string());
            let reply = self.account.answer(&request);
            assert_eq!(reply.status, 200, "{target}: {}", reply.to_json());
            reply.to_json()["result"].clone()
        };
        let made = post("", json!({"name": name}));
        post(&format!("/{}/query", made["uuid"].as_str().unwrap()), json!({"sql": sql}));
    }

    /// Where a request went; a link leads to what answers it here.
    fn target(&self, recorded: &Recorded) -> String {
        let links =
            if recorded.text("method") == "PUT" { "/local/d1/uploads/" } else { "/local/d1/exports/" };
        let path = recorded.text("path").replace("/__upload/", links);
        self.ours(&format!("/client/v4{path}?{}", recorded.text("query")))
    }

    fn send(&mut self, recorded: &Recorded) {
        let at = format!("{}:{}", recorded.file, recorded.index + 1);
        let mut request = Request::new(recorded.text("method"), &self.target(recorded))
            .with_body(self.ours(recorded.text("body")))
            .with_header("authorization", &format!("Bearer {}", self.token));
        for (name, value) in recorded.line["headers"].as_object().unwrap() {
            if name != "authorization" {
                request = request.with_header(name, value.as_str().unwrap());
            }
        }
        let reply = self.account.answer(&request);
        self.compare(&at, recorded, &reply);
    }

    fn compare(&mut self, at: &str, recorded: &Recorded, reply: &Reply) {
        let ours = String::from_utf8_lossy(&reply.body);
        let better =
            KNOWN_BETTER.iter().find(|(file, index, _)| (*file, *index) == (&recorded.file, recorded.index));
        let expected = better.map_or(recorded.status(), |(_, _, status)| u64::from(*status));
        assert_eq!(u64::from(reply.status), expected, "{at}: {ours}");
        let success = |status: u64| status < 400;
        let own_words = OWN_WORDS.contains(&(recorded.file.as_str(), recorded.index));
        if own_words || success(expected) != success(recorded.status()) {
            return;
        }
        match &recorded.line["response"]["body"] {
            Value::String(body) => assert_eq!(ours, body.as_str(), "{at}"),
            body => {
                let comparison = Comparison::of(recorded);
                self.alike(at, comparison, body, &reply.to_json());
            }
        }
    }

    /// Compares a recorded value with ours.
    fn alike(&mut self, at: &str, comparison: Comparison, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(found)) => {
                let keys =
                    |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
                let (mut wanted, given) = (keys(recorded), keys(found));
                wanted.retain(|key| !comparison.left_out.contains(&key.as_str()));
                let fits = if comparison.more_keys { wanted.is_subset(&given) } else { wanted == given };
                assert!(fits, "{at}: keys {wanted:?}, ours {given:?}");
                for (key, value) in recorded.iter().filter(|(key, _)| wanted.contains(*key)) {
                    self.alike(&format!("{at}/{key}"), comparison, value, &found[key]);
                }
            }
            (Value::Array(recorded), Value::Array(found)) => {
                assert_eq!(recorded.len(), found.len(), "{at}: {ours}");
                for (index, (recorded, ours)) in recorded.iter().zip(found).enumerate() {
                    self.alike(&format!("{at}/{index}"), comparison, recorded, ours);
                }
            }
            (Value::String(recorded), Value::String(ours)) => self.alike_text(at, comparison, recorded, ours),
            (Value::Number(_), Value::Number(_)) | (Value::Bool(_), Value::Bool(_))
                if SERVERS_OWN.iter().any(|key| at.ends_with(&format!("/{key}"))) => {}
            (Value::Number(_), Value::Number(_))
            | (Value::Bool(_), Value::Bool(_))
            | (Value::Null, Value::Null) => {
                assert_eq!(recorded, ours, "{at}");
            }
            _ => panic!("{at}: recorded {recorded}, ours {ours}"),
        }
    }

    fn alike_text(&mut self, at: &str, comparison: Comparison, recorded: &str, ours: &str) {
        if is_id(recorded) {
            assert!(is_id(ours) && ours.len() == recorded.len(), "{at}: id {recorded}, ours {ours}");
            let known = self.ids.entry(recorded.to_owned()).or_insert_with(|| ours.to_owned());
            assert!(comparison.free_values || known == ours, "{at}: id {recorded} was {known}, is {ours}");
        } else if recorded.parse::<jiff::Timestamp>().is_ok() {
            assert!(ours.parse::<jiff::Timestamp>().is_ok(), "{at}: time {recorded}, ours {ours}");
        } else if SERVERS_OWN.iter().any(|key| at.ends_with(&format!("/{key}"))) {
        } else if at.ends_with("/message") || at.contains("/errors/") {
            // The stand-in cut some messages after the part that clients look at, and knew no places in SQL.
            let ours = without_place(ours);
            assert!(ours.starts_with(recorded), "{at}: message {recorded}, ours {ours}");
        } else if !comparison.free_values {
            assert_eq!(ours, recorded, "{at}");
        }
    }

    /// A recorded text with every known id exchanged for ours.
    fn ours(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (recorded, ours)| text.replace(recorded, ours))
    }
}

/// How strictly an answer is compared.
#[derive(Clone, Copy)]
struct Comparison {
    /// Ours may have more keys: the stand-in echoed the few settings of a gateway that were sent, the service answers
    /// with all (AIG-4), and it left out the `type` of a membership's account, which clients expect.
    more_keys: bool,
    /// Keys that are not compared: the pages of a list of databases are larger than the stand-in's (API-3).
    left_out: &'static [&'static str],
    /// Strings may differ: names and addresses of the account and its user are the local account's own.
    free_values: bool,
}

impl Comparison {
    fn of(recorded: &Recorded) -> Self {
        let path = recorded.text("path");
        Comparison {
            more_keys: ["/ai-gateway/", "/d1/", "/memberships"].iter().any(|part| path.contains(part)),
            left_out: if path.ends_with("/d1/database") && recorded.text("method") == "GET" {
                &["per_page", "total_pages"]
            } else {
                &[]
            },
            free_values: ["/user", "/user/tokens/verify", "/accounts", "/memberships"].contains(&path),
        }
    }
}

/// 32 hex characters, or a UUID.
fn is_id(text: &str) -> bool {
    let hex = text.bytes().filter(u8::is_ascii_hexdigit).count();
    let dashes = text.bytes().filter(|byte| *byte == b'-').count();
    hex == 32 && matches!((text.len(), dashes), (32, 0) | (36, 4))
}

/// `near "x": syntax error at offset 7: SQLITE_ERROR` without its offset.
fn without_place(message: &str) -> String {
    match message.split_once(" at offset ") {
        Some((before, after)) => {
            format!("{before}{}", after.trim_start_matches(|letter: char| letter.is_ascii_digit()))
        }
        None => message.to_owned(),
    }
}
