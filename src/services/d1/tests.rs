//! D1 over a scripted API: the requests of each op, and how it handles the answers.

use super::ops::OPS;
use crate::events::{Recorder, Site};
use crate::http::{Client, Credentials, InProcess, RawResponse, ReadOnly, Settings, Stop, Transport};
use crate::op::{Call, CallOrigin, Context, Failure, HandleOrId, Mode, Pending, RunInfo, Scheduler, Value};
use crate::secret::Secret;
use crate::system::{ManualClock, Root, files};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// What is expected, in order: `METHOD path-below-database body`, and the answer.
type Script = VecDeque<(&'static str, u16, Json)>;

struct Run {
    scheduler: Arc<Scheduler>,
    script: Arc<Mutex<Script>>,
    _runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Run {
    fn new(mode: Mode, script: Vec<(&'static str, u16, Json)>) -> Self {
        let script = Arc::new(Mutex::new(Script::from(script)));
        let expected = script.clone();
        let answer = InProcess(move |request: crate::http::WireRequest| {
            let (_, below) = request.path.split_once("/d1/database").unwrap();
            let body = String::from_utf8(request.body).unwrap();
            let seen = format!("{} {below} {body}", request.endpoint.method);
            let (line, status, result) = expected.lock().pop_front().expect(&seen);
            assert_eq!(seen.trim_end(), line);
            let body = match status {
                200 => json!({ "success": true, "result": result }),
                _ => json!({ "success": false, "errors": [result] }),
            };
            Ok(RawResponse { status, body: body.to_string().into_bytes(), ..RawResponse::default() })
        });
        let transport: Arc<dyn Transport> = match mode {
            Mode::Apply => Arc::new(answer),
            Mode::Plan | Mode::Destroy => Arc::new(ReadOnly(Arc::new(answer))),
        };
        let events = Arc::new(Recorder::default());
        let client = Client::new(Settings {
            transport,
            account: "acc".into(),
            credentials: Credentials::Token(Secret::new("token".into())),
            clock: Arc::new(ManualClock::seeded(1)),
            events: events.clone(),
            stop: Stop::default(),
        });
        let folder = tempfile::tempdir().unwrap();
        files::make_folder(&folder.path().join("m")).unwrap();
        files::write_whole(&folder.path().join("m/0001_a.sql"), b"CREATE TABLE a (x);").unwrap();
        let info = RunInfo { id: "01J".into(), version: "0.1.0", ..RunInfo::default() };
        let context = Context::new(client, mode, events, Root::new(folder.path()).unwrap(), info);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let scheduler = Scheduler::new(context, runtime.handle().clone());
        Run { scheduler, script, _runtime: runtime, _folder: folder }
    }

    fn start(&self, name: &str, on: Option<&Arc<Pending>>, args: Json) -> Result<Arc<Pending>, Failure> {
        let op = OPS.iter().find(|op| op.name == name).unwrap();
        let receiver = on.map(|pending| HandleOrId::Handle(pending.clone()));
        let call = Call { context: self.scheduler.context().clone(), op, receiver, logical: None };
        let Value::List(args) = Value::from(args) else { panic!("a list") };
        self.scheduler.start(op, call, args, CallOrigin { at: Site::default(), ..CallOrigin::default() })
    }

    fn ensure(&self, args: Json) -> Arc<Pending> {
        self.start("ensure", None, args).unwrap()
    }

    fn value(&self, pending: &Pending) -> Json {
        let value = pending.wait().as_ref().unwrap().to_json().unwrap();
        assert!(self.script.lock().is_empty(), "{:?}", self.script.lock());
        value
    }
}

fn jobs(mode: &str) -> Json {
    json!({"uuid": "u-1", "name": "jobs", "read_replication": {"mode": mode}, "running_in_region": "WEUR"})
}

#[test]
fn replication_is_set_by_a_second_call() {
    let run = Run::new(
        Mode::Apply,
        vec![
            ("GET", 200, json!([])),
            (r#"POST  {"name":"jobs","primary_location_hint":"weur"}"#, 200, jobs("disabled")),
            (r#"PATCH /u-1 {"read_replication":{"mode":"auto"}}"#, 200, jobs("auto")),
        ],
    );
    let database = run.ensure(json!(["jobs", {"location": "weur", "read_replication": "auto"}]));
    assert_eq!(run.value(&database)["id"], "u-1");
}

#[test]
fn what_a_listing_leaves_out_is_read_only_when_it_is_named() {
    let listed = json!([{"uuid": "u-1", "name": "jobs", "jurisdiction": null}]);
    let run = Run::new(Mode::Apply, vec![("GET", 200, listed.clone())]);
    assert_eq!(run.value(&run.ensure(json!(["jobs"])))["name"], "jobs");
    let run = Run::new(Mode::Apply, vec![("GET", 200, listed), ("GET /u-1", 200, jobs("auto"))]);
    let database = run.ensure(json!(["jobs", {"read_replication": "auto", "location": "weur"}]));
    assert_eq!(run.value(&database)["read_replication"]["mode"], "auto");
}

#[test]
fn a_taken_name_is_looked_up_by_name_and_an_id_does_not_pass_for_it() {
    let taken = json!({"code": 7502, "message": "A database with that name already exists"});
    let run = Run::new(
        Mode::Apply,
        vec![
            ("GET", 200, json!([])),
            (r#"POST  {"name":"jobs"}"#, 400, taken),
            ("GET /jobs", 200, json!({"uuid": "jobs", "name": "other"})),
            ("GET /jobs", 400, json!({"code": 7400, "message": "Invalid uuid"})),
            ("GET /jobs", 200, jobs("disabled")),
        ],
    );
    assert_eq!(run.value(&run.ensure(json!(["jobs"])))["id"], "u-1");
}

#[test]
fn rows_and_results() {
    let run = Run::new(
        Mode::Apply,
        vec![
            ("GET", 200, json!([{"uuid": "u-1", "name": "jobs"}])),
            (
                r#"POST /u-1/query {"params":[1,"a",null],"sql":"SELECT * FROM t WHERE x = ?1"}"#,
                200,
                json!([{"success": true, "results": [{"x": 1}], "meta": {}}]),
            ),
            (
                r#"POST /u-1/query {"sql":"DELETE FROM t; INSERT INTO t VALUES (7) RETURNING x"}"#,
                200,
                json!([
                    {"success": true, "results": [], "meta": {"changes": 2, "last_row_id": 0}},
                    {"success": true, "results": [{"x": 7}], "meta": {"changes": 1, "last_row_id": 3}},
                ]),
            ),
        ],
    );
    let database = run.ensure(json!(["jobs"]));
    let query = json!(["SELECT * FROM t WHERE x = ?1", [1, "a", null]]);
    let rows = run.start("query", Some(&database), query).unwrap();
    assert_eq!(rows.wait().as_ref().unwrap().to_json().unwrap(), json!([{"x": 1}]));
    let sql = "DELETE FROM t; INSERT INTO t VALUES (7) RETURNING x";
    let result = run.start("execute", Some(&database), json!([sql])).unwrap();
    assert_eq!(
        run.value(&result),
        json!({"id": "u-1", "name": "jobs", "changes": 3, "last_row_id": 3, "rows": [{"x": 7}], "statements": 2})
    );
    let refused = run.start("query", Some(&database), json!(["DELETE FROM t"])).unwrap_err();
    assert_eq!(refused.to_string(), "`query` only reads, and statement 1 may write");
}

#[test]
fn a_plan_of_a_new_database_asks_nothing_of_it() {
    let run = Run::new(Mode::Plan, vec![("GET", 200, json!([]))]);
    let database = run.ensure(json!(["jobs"]));
    let migrations = run.start("migrate", Some(&database), json!(["m"])).unwrap();
    assert_eq!(run.value(&migrations)["applied"], json!(["0001_a.sql"]));
    assert!(migrations.is_planned());
    let refused = run.start("migrate", Some(&database), json!(["n"])).unwrap_err();
    assert_eq!(
        (refused.kind(), refused.hint().unwrap().as_str()),
        ("migration", "the path is read from the project's folder and must stay inside it")
    );
}
