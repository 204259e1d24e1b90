//! The account as a whole: admission, transactions, history, latency, durability, the socket.

use super::testing::{DEFAULT_ACCOUNT_ID, TestAccount};
use super::{
    Account, AccountOptions, DeferredResult, DeferredWork, EMAIL, ErrorReply, Exchange, LocalService,
    OpenError, PermissionGroup, Refusal, Reply, Request, Resource, Route, Server, View,
};
use crate::system::{Clock, ManualClock, SystemClock};
use parking_lot::{Condvar, Mutex};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What work apart is done on.
static SHARED: LazyLock<Arc<Mutex<Vec<&'static str>>>> = LazyLock::new(Arc::default);

/// Holds work until it is let through.
struct Gate {
    state: Mutex<(usize, usize)>,
    moved: Condvar,
}

static GATE: Gate = Gate { state: Mutex::new((0, 0)), moved: Condvar::new() };

impl Gate {
    /// Arrives, and waits until so many were let through.
    fn pass(&self) {
        let mut state = self.state.lock();
        state.0 += 1;
        let number = state.0;
        self.moved.notify_all();
        self.moved.wait_while(&mut state, |state| state.1 < number);
    }

    /// Waits until so many have arrived.
    fn arrived(&self, number: usize) {
        self.moved.wait_while(&mut self.state.lock(), |state| state.0 < number);
    }

    fn open(&self) {
        self.state.lock().1 += 1;
        self.moved.notify_all();
    }
}

/// A service with one table, whose routes fail in every way.
struct Notes;

const PATH: &str = "/accounts/{account_id}/notes";

impl LocalService for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn permissions(&self) -> &'static [PermissionGroup] {
        const { &[PermissionGroup::new("09b2857d1c31407795e75e3fed8617a1", "D1 Write")] }
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE IF NOT EXISTS notes_notes (text TEXT PRIMARY KEY)"
    }

    fn routes(&self) -> Vec<Route> {
        vec![
            Route::new("GET", PATH, "Queues Read", |_| Ok(Reply::ok(Value::Null))),
            Route::new("POST", PATH, "Queues Write", write),
            Route::new("PUT", PATH, "D1 Write", |exchange| {
                write(exchange)?;
                Err(ErrorReply::new(400, 1, "after the write"))
            })
            .forbidding(Refusal { status: 403, code: 7403, message: "not yours" }),
            Route::apart("PATCH", PATH, "D1 Write", |exchange| {
                write(exchange)?;
                Ok(DeferredWork::on(SHARED.clone(), |steps: &mut Vec<&str>| {
                    steps.push("begun");
                    GATE.pass();
                    steps.push("ended");
                    Ok(DeferredResult { reply: Reply::ok(steps.len()), changed: true })
                }))
            }),
            Route::public("GET", "/notes/{link}", |exchange| {
                assert!(exchange.caller.is_none());
                Ok(Reply::raw(200, "text/plain", exchange.base_url()))
            }),
        ]
    }

    fn resources(&self, view: &mut View<'_>) -> Result<Vec<Resource>, ErrorReply> {
        let mut statement = view.store.prepare("SELECT text FROM notes_notes")?;
        let rows = statement.query_map([], |row| {
            let name: String = row.get(0)?;
            Ok(Resource { kind: "note", id: name.clone(), name, jurisdiction: None })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn content(&self, _: &mut View<'_>, resource: &Resource) -> Result<Value, ErrorReply> {
        Ok(json!(resource.name))
    }
}

fn write(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let text = String::from_utf8_lossy(&exchange.request.body).into_owned();
    exchange.store().execute("INSERT INTO notes_notes VALUES (?1)", [&text])?;
    Ok(Reply::ok(text))
}

fn account() -> TestAccount {
    TestAccount::with(&[&Notes])
}

fn bearer(account: &TestAccount, token: &str, method: &str, path: &str) -> (u16, i64) {
    let request = Request::new(method, &format!("/client/v4{path}"))
        .with_header("authorization", &format!("Bearer {token}"))
        .with_body("x");
    let reply = account.send(&request);
    (reply.status, reply.to_json()["errors"][0]["code"].as_i64().unwrap_or_default())
}

#[test]
fn callers_are_refused_as_cloudflare_refuses_them() {
    let account = account();
    let here = format!("/accounts/{DEFAULT_ACCOUNT_ID}/notes");
    let elsewhere = "/accounts/ffffffffffffffffffffffffffffffff/notes";
    let reader = account.account.issue_token(&["Queues Read"]).unwrap();
    let reader = reader.expose_secret();
    for (token, method, path, expected) in [
        ("unknown", "GET", here.as_str(), (403, 10000)),
        ("unknown", "PUT", &here, (403, 10000)),
        ("unknown", "GET", "/user/tokens/verify", (401, 1000)),
        ("unknown", "GET", &format!("/accounts/{DEFAULT_ACCOUNT_ID}/tokens/verify"), (401, 1001)),
        ("unknown", "GET", "/user", (403, 9109)),
        ("unknown", "GET", "/accounts", (403, 9109)),
        (reader, "GET", &here, (200, 0)),
        (reader, "POST", &here, (403, 10000)),
        (reader, "PUT", &here, (403, 7403)),
        (reader, "GET", elsewhere, (403, 10000)),
        (reader, "PUT", elsewhere, (403, 7403)),
        (reader, "GET", "/user", (403, 9109)),
        (reader, "GET", "/memberships", (400, 9106)),
        (reader, "GET", "/user/tokens/verify", (200, 0)),
        (reader, "GET", "/accounts", (200, 0)),
        (reader, "GET", "/accounts/xyz/notes", (400, 7003)),
        (reader, "GET", "/accounts/0123456789ABCDEF0123456789ABCDEF/notes", (400, 7003)),
        (reader, "GET", "/nowhere", (400, 7003)),
        (reader, "DELETE", &here, (405, 10405)),
        (reader, "DELETE", &format!("{here}/"), (405, 10405)),
        ("a b", "GET", &here, (400, 6003)),
        ("a b", "GET", "/nowhere", (400, 6003)),
    ] {
        assert_eq!(bearer(&account, token, method, path), expected, "{token} {method} {path}");
    }
    assert_eq!(account.send(&Request::new("GET", "/notes")).status, 400);
    let unroutable = account.call("GET", "/nowhere", Value::Null).1;
    assert_eq!(unroutable["errors"][1], json!({"code": 7000, "message": "No route for that URI"}));
}

#[test]
fn a_key_with_its_email_may_do_everything() {
    let account = account();
    let key = account.account.issue_key().unwrap();
    let ask = |email: &str, key: &str| {
        let request = Request::new("GET", "/client/v4/user")
            .with_header("x-auth-email", email)
            .with_header("x-auth-key", key);
        account.send(&request).status
    };
    assert_eq!(ask(EMAIL, key.expose_secret()), 200);
    assert_eq!(ask("someone@else.invalid", key.expose_secret()), 403);
    assert_eq!(ask(EMAIL, "0123"), 403);
}

#[test]
fn a_token_knows_what_it_may_do_and_unknown_permissions_are_refused() {
    let account = account();
    let refusal = account.account.issue_token(&["D1 Reed"]).unwrap_err();
    assert_eq!(refusal.to_string(), "no permission group is called `D1 Reed`");
    let token = account.account.issue_token(&["D1 Write", "API Tokens Read"]).unwrap();
    let get = |path: &str| {
        let request = Request::new("GET", &format!("/client/v4{path}"))
            .with_header("authorization", &format!("Bearer {}", token.expose_secret()));
        account.send(&request).to_json()
    };
    let id = get("/user/tokens/verify")["result"]["id"].as_str().unwrap().to_owned();
    let own = get(&format!("/user/tokens/{id}"));
    let groups = own["result"]["policies"][0]["permission_groups"].as_array().unwrap();
    let names: Vec<_> = groups.iter().map(|group| group["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["D1 Write", "API Tokens Read"]);
    assert_eq!(own["result"]["policies"][0]["id"].as_str().map(str::len), Some(32));
}

#[test]
fn lists_of_who_asks_heed_what_the_query_asks_for() {
    let account = account();
    let token = account.account.session_token();
    let count = |path: &str| {
        let request = Request::new("GET", &format!("/client/v4{path}"))
            .with_header("authorization", &format!("Bearer {}", token.expose_secret()));
        account.send(&request).to_json()["result"].as_array().unwrap().len()
    };
    for path in ["/accounts?name=Larder%20local", "/memberships?status=accepted&account.name=Larder%20local"]
    {
        assert_eq!(count(path), 1, "{path}");
    }
    for path in ["/accounts?name=another", "/memberships?status=pending", "/memberships?account.name=another"]
    {
        assert_eq!(count(path), 0, "{path}");
    }
    let groups = "/user/tokens/permission_groups";
    assert_eq!(count(&format!("{groups}?name=API%20Tokens%20Read")), 1);
    assert_eq!(count(&format!("{groups}?name=API%20Tokens%20Read&scope=com.cloudflare.api.account")), 0);
    assert_eq!(count(&format!("{groups}?scope=com.cloudflare.api.user")), 3);
}

#[test]
fn a_refused_request_changes_nothing_and_the_history_says_so() {
    let account = account();
    account.send(&account.request("PUT", "/notes").with_body("lost"));
    assert!(account.account.resources().unwrap().is_empty());
    account.send(&account.request("POST", "/notes").with_body("kept"));
    account.call("GET", "/notes", Value::Null);
    assert_eq!(account.account.resources().unwrap()[0].1.name, "kept");
    // A unique constraint is the store's failure, not an answer of the service.
    assert_eq!(account.send(&account.request("POST", "/notes").with_body("kept")).status, 500);
    let history = account.account.history();
    let seen: Vec<_> = history
        .iter()
        .map(|entry| (entry.sequence, entry.method.as_str(), entry.status, entry.code, entry.changed))
        .collect();
    assert_eq!(
        seen,
        [
            (1, "PUT", Some(400), Some(1), false),
            (2, "POST", Some(200), None, true),
            (3, "GET", Some(200), None, false),
            (4, "POST", Some(500), Some(10001), false),
        ]
    );
    assert_eq!((history[0].route, history[0].body.as_str()), (Some(PATH), "lost"));
}

#[test]
fn every_answer_has_a_ray_that_counts() {
    let account = account();
    let rays: Vec<_> = (0..2)
        .map(|_| account.send(&Request::new("GET", "/x")).header("cf-ray").unwrap().to_owned())
        .collect();
    assert_eq!(rays, ["8f00000000000001-LCL", "8f00000000000002-LCL"]);
}

#[test]
fn public_routes_ask_for_nothing_and_know_where_they_are() {
    let account = account();
    let request = Request::new("GET", "/client/v4/notes/link").with_header("host", "localhost:8787");
    assert_eq!(account.send(&request).body, b"http://localhost:8787/client/v4");
}

#[test]
fn the_digest_tells_states_apart_not_ways() {
    let (one, other) = (account(), account());
    let empty = one.account.digest().unwrap();
    one.send(&one.request("POST", "/notes").with_body("a"));
    one.send(&one.request("POST", "/notes").with_body("b"));
    other.call("GET", "/notes", Value::Null);
    assert_eq!(other.account.digest().unwrap(), empty);
    for text in ["b", "a"] {
        other.send(&other.request("POST", "/notes").with_body(text));
    }
    assert_eq!(other.account.digest().unwrap(), one.account.digest().unwrap());
    assert_ne!(one.account.digest().unwrap(), empty);
}

#[test]
fn a_durable_account_is_found_again_and_keeps_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local");
    let open = || {
        let clock = Arc::new(ManualClock::seeded(1));
        Account::open(Some(&path), &[&Notes], clock, AccountOptions::default())
    };
    let first = open().unwrap();
    let token = first.issue_token(&["Queues Write"]).unwrap();
    let session = first.session_token();
    let post = |account: &Account, token: &str, text: &str| {
        let target = format!("/client/v4/accounts/{DEFAULT_ACCOUNT_ID}/notes");
        let header = format!("Bearer {token}");
        account
            .answer(&Request::new("POST", &target).with_header("authorization", &header).with_body(text))
            .status
    };
    assert_eq!(post(&first, session.expose_secret(), "one"), 200);
    assert!(matches!(open(), Err(OpenError::InUse { .. })));
    let digest = first.digest().unwrap();
    drop(first);
    let again = open().unwrap();
    assert_eq!(again.digest().unwrap(), digest);
    assert_eq!(post(&again, token.expose_secret(), "two"), 200);
    assert_eq!(post(&again, session.expose_secret(), "three"), 403);
    drop(again);
    let bytes = crate::system::files::read_bytes(&path.join("account.sqlite"), 1 << 20).unwrap();
    for value in [&token, &session] {
        let needle = value.expose_secret().as_bytes();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    }
}

#[test]
fn the_account_id_must_be_one() {
    let options = AccountOptions { account_id: "local".into(), ..AccountOptions::default() };
    let refusal = Account::open(None, &[], Arc::new(ManualClock::seeded(1)), options).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the id of a local account has 32 lower-case hex characters, given: `local`"
    );
}

/// A clock whose sleeps never end.
struct Stuck(SystemClock);

impl Clock for Stuck {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
    fn sleep(&self, _: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
    fn chance(&self) -> f64 {
        0.5
    }
}

#[tokio::test]
async fn latency_passes_on_both_ways_and_times_are_apart() {
    let clock = Arc::new(ManualClock::seeded(1));
    let options = AccountOptions { latency: Duration::from_millis(80), ..AccountOptions::default() };
    let account = Arc::new(Account::open(None, &[], clock.clone(), options).unwrap());
    account.clone().exchange(Request::new("GET", "/x")).await;
    let entry = &account.history()[0];
    assert_eq!(entry.received, Duration::ZERO);
    assert_eq!(entry.applied, Some(Duration::from_millis(40)));
    assert_eq!(entry.answered, Some(Duration::from_millis(80)));
    assert_eq!(clock.sleeps(), [Duration::from_millis(40); 2]);
}

#[tokio::test]
async fn a_request_that_waits_blocks_no_other() {
    let stuck = Arc::new(Stuck(SystemClock::default()));
    let options = AccountOptions { latency: Duration::from_secs(1), ..AccountOptions::default() };
    let account = Arc::new(Account::open(None, &[], stuck, options).unwrap());
    let waiting = tokio::spawn(account.clone().exchange(Request::new("GET", "/slow")));
    while account.history().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(account.answer(&Request::new("GET", "/x")).status, 400);
    waiting.abort();
    let history = account.history();
    assert_eq!((history[0].applied, history[0].answered, history[0].status), (None, None, None));
    assert!(history[1].answered.is_some());
}

#[test]
fn work_apart_holds_back_only_what_it_works_on() {
    let account = account();
    let send = |method: &str, body: &str| account.send(&account.request(method, "/notes").with_body(body));
    let applied =
        || account.account.history().iter().map(|entry| entry.applied.is_some()).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| send("PATCH", "a"));
        GATE.arrived(1);
        // The account answers, and what the request did in its transaction is there.
        assert_eq!(send("POST", "b").status, 200);
        assert_eq!(applied(), [false, true]);
        assert_eq!(account.account.resources().unwrap().len(), 2);
        let second = scope.spawn(|| send("PATCH", "c"));
        assert!(account.account.wait_until(Duration::from_mins(1), |history| history.len() == 3));
        GATE.open();
        GATE.arrived(2);
        // The history has the first before the second begins.
        assert_eq!(applied(), [true, true, false]);
        assert_eq!(first.join().unwrap().to_json()["result"], 2);
        GATE.open();
        assert_eq!(second.join().unwrap().to_json()["result"], 4, "one after the other");
    });
    let history = account.account.history();
    assert!(history.iter().all(|entry| entry.changed && entry.status == Some(200)));
}

#[tokio::test]
async fn each_new_connection_waits_once_and_its_later_requests_do_not() {
    let clock = Arc::new(ManualClock::seeded(1));
    let options =
        AccountOptions { connection_latency: Duration::from_millis(80), ..AccountOptions::default() };
    let account = Arc::new(Account::open(None, &[], clock.clone(), options).unwrap());
    let server = Server::start(account.clone(), &tokio::runtime::Handle::current(), 0).unwrap();
    let request = "GET /client/v4/x HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = "GET /client/v4/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answers = over_socket(&server, &format!("{request}{request}{last}")).await;
    assert_eq!(answers.matches("HTTP/1.1 400").count(), 3, "{answers}");
    assert_eq!(clock.sleeps(), [Duration::from_millis(80)]);
    over_socket(&server, last).await;
    assert_eq!(clock.sleeps(), [Duration::from_millis(80); 2]);
    let received: Vec<Duration> = account.history().iter().map(|entry| entry.received).collect();
    assert_eq!(received, [80, 80, 80, 160].map(Duration::from_millis));
}

async fn over_socket(server: &Server, request: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_socket_answers_this_machine_only() {
    let account = account();
    let server = Server::start(account.account.clone(), &tokio::runtime::Handle::current(), 0).unwrap();
    assert_eq!(server.base_url(), format!("http://{}/client/v4", server.address()));
    assert!(server.address().ip().is_loopback());
    let get =
        |host: &str, path: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

    let foreign = over_socket(&server, &get("evil.example", "/")).await;
    assert!(foreign.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{foreign}");
    assert!(foreign.ends_with("\r\n\r\nThis server answers to 127.0.0.1 and localhost only.\n"), "{foreign}");
    assert!(account.account.history().is_empty());

    let route = over_socket(&server, &get("localhost:1", "/client/v4/%3Cb%3E?x=%3C")).await;
    assert!(route.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{route}");
    assert!(route.contains("\r\ncf-ray: 8f00000000000001-LCL\r\n"), "{route}");

    account.send(&account.request("POST", "/notes").with_body("<script>alert(1)</script>"));
    let page = over_socket(&server, &get("127.0.0.1", "/")).await;
    assert!(page.contains("<td>notes<td>note<td>&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    assert!(page.contains("GET /client/v4/%3Cb%3E?x=%3C<td>400<td>6003"), "{page}");
    assert!(!page.contains("<script>"), "{page}");
}
