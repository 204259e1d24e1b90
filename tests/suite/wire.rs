//! What Larder sends for an operation is what real clients were recorded sending: method, path, query, the headers that
//! matter and the body. The answers are compared in `traffic`.

use super::simulation::{Finished, Simulation};
use larder::http::{Endpoint, WireRequest};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::op::Mode;
use larder::services::SERVICES;
use larder::system::files;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A recorded request (file, line) and a recipe that makes Larder send the same on an empty account.
const CASES: &[(&str, usize, &str)] = &[
    ("kv-namespace-create", 0, r#"kv::ensure("sessions");"#),
    ("sdk--kv-namespaces-create", 0, r#"kv::ensure("one");"#),
    ("kv-namespace-list", 0, "kv::list();"),
    ("kv-namespace-delete--by-id", 0, r#"kv::delete(kv::ensure("sessions"));"#),
    ("kv-namespace-delete--by-name", 0, r#"kv::ensure("sessions"); kv::delete("sessions");"#),
    ("kv-namespace-delete--by-name", 1, r#"kv::ensure("sessions"); kv::delete("sessions");"#),
    ("kv-key-put", 0, r#"kv::ensure("sessions").put("greeting", "hello");"#),
    (
        "kv-key-put--ttl-metadata",
        0,
        r#"kv::ensure("sessions").put("a/b c", "hello", #{ ttl: 3600, metadata: #{ m: 1 } });"#,
    ),
    (
        "kv-bulk-put",
        0,
        r#"kv::ensure("sessions").put_all(#{ k1: "v1", k2: #{ value: "v2", metadata: #{ x: 1 } } });"#,
    ),
    ("kv-key-get", 0, r#"kv::ensure("sessions").get("greeting");"#),
    ("kv-key-get--missing", 0, r#"kv::ensure("sessions").get("nope");"#),
    ("kv-key-list", 0, r#"kv::ensure("sessions").keys(#{ prefix: "g" });"#),
    ("r2-bucket-create", 0, r#"r2::ensure("uploads");"#),
    ("sdk--r2-buckets-create", 0, r#"r2::ensure("one");"#),
    (
        "r2-bucket-create--location-class",
        0,
        r#"r2::ensure("hot", #{ location: "weur", storage_class: "InfrequentAccess" });"#,
    ),
    ("r2-bucket-create--jurisdiction", 0, r#"r2::ensure("eu-data", #{ jurisdiction: "eu" });"#),
    ("r2-bucket-list", 0, "r2::list();"),
    ("r2-bucket-delete", 0, r#"r2::delete(r2::ensure("uploads"));"#),
    ("vectorize-create", 0, r#"vectorize::ensure("docs", #{ dimensions: 768, metric: "cosine" });"#),
    (
        "sdk--vectorize-indexes-create",
        0,
        r#"vectorize::ensure("one", #{ dimensions: 768, metric: "cosine" });"#,
    ),
    (
        "vectorize-create--preset",
        0,
        r#"vectorize::ensure("docs2", #{ preset: "@cf/baai/bge-base-en-v1.5", description: "hi" });"#,
    ),
    ("vectorize-list", 0, "vectorize::list();"),
    ("vectorize-info", 0, r#"vectorize::ensure("docs", #{ dimensions: 768, metric: "cosine" }).info();"#),
    (
        "vectorize-delete",
        0,
        r#"vectorize::delete(vectorize::ensure("docs", #{ dimensions: 768, metric: "cosine" }));"#,
    ),
    (
        "vectorize-create-metadata-index",
        0,
        r#"vectorize::ensure("docs", #{ dimensions: 768, metric: "cosine", metadata_indexes: #{ url: "string" } });"#,
    ),
    (
        "vectorize-list-metadata-index",
        0,
        r#"
            cf::post("/vectorize/v2/indexes", #{ name: "docs", config: #{ dimensions: 768, metric: "cosine" } });
            vectorize::ensure("docs", #{ dimensions: 768, metric: "cosine", metadata_indexes: #{ url: "string" } });
        "#,
    ),
    ("sdk--ai-gateway-create", 0, r#"ai_gateway::ensure("gw");"#),
    ("sdk--ai-gateway-list", 0, "ai_gateway::list();"),
    ("d1-create", 0, r#"d1::ensure("appdb");"#),
    (
        "d1-create--jurisdiction-location",
        0,
        r#"d1::ensure("eudb", #{ jurisdiction: "eu", location: "weur" });"#,
    ),
    ("d1-list", 0, "d1::list();"),
    ("d1-delete", 1, r#"d1::delete(d1::ensure("appdb"));"#),
    (
        "d1-info",
        1,
        r#"
            cf::post("/d1/database", #{ name: "appdb" });
            d1::ensure("appdb", #{ read_replication: "auto" });
        "#,
    ),
    ("d1-export", 1, r#"d1::ensure("app-db").dump("app.sql");"#),
    (
        "d1-execute--command",
        1,
        r#"d1::ensure("appdb").execute("create table t(a); insert into t values(1); select * from t");"#,
    ),
    // A plan would know that a new database has no such table.
    (
        "d1-execute--show-migrations",
        0,
        r#"let db = d1::ensure("appdb"); cf::get("/r2/buckets"); db.query("select * from d1_migrations");"#,
    ),
];

/// The same where the recipe's first write loses its answer: Larder looks whether it is there.
const PROBES: &[(&str, usize, &str)] = &[
    ("r2-bucket-info", 0, r#"r2::ensure("uploads");"#),
    ("r2-bucket-info--missing", 0, r#"r2::ensure("nope");"#),
    ("vectorize-get", 0, r#"vectorize::ensure("docs", #{ dimensions: 768, metric: "cosine" });"#),
    ("sdk--ai-gateway-get--missing", 0, r#"ai_gateway::ensure("nope");"#),
    ("d1-info", 0, r#"d1::ensure("appdb");"#),
];

/// Endpoints whose requests nobody recorded; their shapes are held by the local account and `docs/facts` alone.
const NOT_RECORDED: &[&str] = &[
    "DELETE /ai-gateway/gateways/{gateway_id}",
    "GET /d1/database/{database_id}/time_travel/bookmark",
    "GET {signed_url}",
    "PATCH /d1/database/{database_id}",
    "PATCH /r2/buckets/{bucket_name}",
    "POST /d1/database/{database_id}/import",
    "POST /d1/database/{database_id}/time_travel/restore",
    "POST /storage/kv/namespaces/{namespace_id}/bulk/delete",
    "POST /storage/kv/namespaces/{namespace_id}/bulk/get",
    "PUT /ai-gateway/gateways/{gateway_id}",
    "PUT {upload_url}",
];

/// Query parameters in which clients differ: the size of a page and the way to the next one; and that `wrangler` asks
/// for two `fields` of a database where Larder reads it whole.
const LEFT_OUT: &[&str] = &["page", "per_page", "cursor", "fields"];

/// A request without who sent it, which ids it names and how its body is laid out.
#[derive(Debug, PartialEq)]
struct Essence {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Body,
}

#[derive(Debug, PartialEq)]
enum Body {
    Nothing,
    Json(Value),
    /// By name.
    Parts(BTreeMap<String, String>),
    Text {
        content_type: String,
        text: String,
    },
}

impl Essence {
    fn of(method: &str, path: &str, query: &str, headers: &[(String, String)], body: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let content_type = headers.iter().find(|(name, _)| name == "content-type");
        Essence {
            method: method.to_owned(),
            path: path.split('/').map(without_id).collect::<Vec<_>>().join("/"),
            query: pairs.filter(|(key, _)| !LEFT_OUT.contains(&key.as_str())).collect(),
            headers: headers.iter().filter(|(name, _)| name.starts_with("cf-")).cloned().collect(),
            body: Body::of(content_type.map_or("", |(_, value)| value), body),
        }
    }

    fn sent(request: &WireRequest) -> Self {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.query).finish();
        let body = String::from_utf8(request.body.clone()).unwrap();
        Essence::of(request.endpoint.method, &request.path, &query, &request.headers, &body)
    }

    fn recorded(file: &str, line: usize) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/traffic/{file}.jsonl"));
        let lines = files::read_text(&path, 1 << 20).unwrap();
        let recorded: Value = serde_json::from_str(lines.lines().nth(line).unwrap()).unwrap();
        let text = |field: &str| recorded[field].as_str().unwrap_or_default().to_owned();
        let headers = recorded["headers"].as_object().unwrap().iter();
        let headers: Vec<(String, String)> =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        Essence::of(&text("method"), &text("path"), &text("query"), &headers, &text("body"))
    }
}

impl Body {
    /// What a body says; that `wrangler` calls some of its JSON text makes no difference (WR-1).
    fn of(content_type: &str, text: &str) -> Self {
        if text.is_empty() {
            return Body::Nothing;
        }
        if let Some((_, boundary)) = content_type.split_once("boundary=") {
            return Body::Parts(parts(text, boundary));
        }
        match serde_json::from_str(text) {
            Ok(json) => Body::Json(json),
            Err(_) => Body::Text { content_type: content_type.to_owned(), text: text.to_owned() },
        }
    }
}

/// The parts of a form by name.
fn parts(text: &str, boundary: &str) -> BTreeMap<String, String> {
    let (inner, end) = text.rsplit_once(&format!("--{boundary}--")).unwrap();
    assert_eq!(end.trim(), "");
    let mark = format!("--{boundary}\r\n");
    inner
        .split(&mark)
        .skip(1)
        .map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").unwrap();
            let name = head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            (name.to_owned(), content.strip_suffix("\r\n").unwrap().to_owned())
        })
        .collect()
}

/// `{id}` for 32 hex characters or a UUID.
fn without_id(segment: &str) -> &str {
    let hex = segment.bytes().filter(u8::is_ascii_hexdigit).count();
    if hex == 32 && matches!(segment.len(), 32 | 36) { "{id}" } else { segment }
}

/// The endpoints of ops of a service, by method and path.
fn endpoints() -> BTreeSet<String> {
    let ops = SERVICES.iter().flat_map(|service| service.ops);
    ops.flat_map(|op| op.endpoints).map(|endpoint| title(endpoint)).collect()
}

fn title(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method, endpoint.path.trim_start_matches("/accounts/{account_id}"))
}

/// What a recipe sends; `lost` is the number of the request whose answer does not arrive.
fn run(recipe: &str, lost: Option<u64>) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let simulation = Simulation::new(1);
    if let Some(number) = lost {
        let strike = FaultTarget::Request(number);
        simulation.account.inject(Fault { kind: FaultKind::Reset, effect: FaultEffect::Applied, strike });
    }
    simulation.script(folder.path(), Mode::Apply, recipe)
}

/// The number of the first request that can change the account.
fn first_write(recipe: &str) -> u64 {
    let sent = run(recipe, None).sent;
    1 + sent.iter().position(|request| request.endpoint.is_write()).unwrap() as u64
}

#[test]
fn requests_are_those_of_real_clients() {
    let plain = CASES.iter().map(|case| (case, None));
    let probes = PROBES.iter().map(|case| (case, Some(first_write(case.2))));
    let mut wrong = Vec::new();
    let mut compared = BTreeSet::new();
    for ((file, line, recipe), lost) in plain.chain(probes) {
        let finished = run(recipe, lost);
        let recorded = Essence::recorded(file, *line);
        if let Some(request) = finished.sent.iter().find(|request| Essence::sent(request) == recorded) {
            compared.insert(title(request.endpoint));
        } else {
            let sent: Vec<Essence> = finished.sent.iter().map(Essence::sent).collect();
            wrong.push(format!("{file}:{}: {recorded:?}\nsent: {sent:#?}\n{:?}", line + 1, finished.said));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let left: Vec<String> = endpoints().into_iter().filter(|title| !compared.contains(title)).collect();
    assert_eq!(left, NOT_RECORDED);
}
