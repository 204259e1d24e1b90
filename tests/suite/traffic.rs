//! Replays the recorded requests of real clients against the local account, in the order in which each recorded server
//! saw them, and compares status, keys, types and values. Ids and times differ: a recorded id is exchanged for the one
//! that stands in its place, and must stay the same from then on.

use larder::local::{Account, DEFAULT_ACCOUNT_ID, Options, Reply, Request};
use larder::services;
use larder::system::ManualClock;
use secrecy::ExposeSecret;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Which files are replayed, by the beginnings of their names.
const REPLAYED: &[&str] =
    &["kv-", "r2-", "vectorize-", "whoami", "sdk--kv-", "sdk--r2-", "sdk--vectorize-", "sdk--ai-"];

/// Where the local account answers otherwise than the recorded stand-in, and why: file, request in it, our status.
const KNOWN_BETTER: &[(&str, usize, u16)] = &[
    // Observed on the real service: 400 (Cloudflare API notes 4). The stand-in assumed 409.
    ("vectorize-create--exists", 0, 400),
    // The SDK names the jurisdiction in the body; the stand-in did not look there and saw a bucket of that name.
    ("sdk--r2-buckets-create--jurisdiction", 0, 200),
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

#[test]
fn the_local_account_answers_recorded_traffic() {
    let servers = recorded();
    let mut compared = BTreeMap::<&str, usize>::new();
    for requests in servers.values() {
        let mut replay = Replay::new();
        for recorded in requests {
            replay.send(recorded);
            *compared.entry(recorded.service()).or_default() += 1;
        }
    }
    let compared: Vec<(&str, usize)> = compared.into_iter().collect();
    assert_eq!(compared, [("ai", 4), ("kv", 34), ("r2", 21), ("vectorize", 14), ("whoami", 12)]);
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
    for (file, _, _) in KNOWN_BETTER {
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
        let account = Account::open(None, services::LOCAL, clock, Options::default()).unwrap();
        let token = account.session_token().expose_secret().to_owned();
        let ids = BTreeMap::from([(DEFAULT_ACCOUNT_ID.to_owned(), DEFAULT_ACCOUNT_ID.to_owned())]);
        Replay { account, token, ids }
    }

    fn send(&mut self, recorded: &Recorded) {
        let at = format!("{}:{}", recorded.file, recorded.index + 1);
        let target = format!("/client/v4{}?{}", recorded.text("path"), recorded.text("query"));
        let mut request = Request::new(recorded.text("method"), &self.ours(&target))
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
        if success(expected) != success(recorded.status()) {
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
                let (wanted, given) = (keys(recorded), keys(found));
                let fits = if comparison.more_keys { wanted.is_subset(&given) } else { wanted == given };
                assert!(fits, "{at}: keys {wanted:?}, ours {given:?}");
                for (key, value) in recorded {
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
        } else if at.ends_with("/message") {
            // The stand-in cut some messages after the part that clients look at.
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
    /// with all (Cloudflare API notes 5.1).
    more_keys: bool,
    /// Strings may differ: names and addresses of the account and its user are the local account's own.
    free_values: bool,
}

impl Comparison {
    fn of(recorded: &Recorded) -> Self {
        let path = recorded.text("path");
        Comparison {
            more_keys: path.contains("/ai-gateway/"),
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
