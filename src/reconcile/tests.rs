mod browsing;
mod creation;
mod deletion;
mod fields;
mod listings;
mod ops;
mod updates;

use super::*;
use crate::events::Change;
use crate::http::{Class, Client, CodeMeaning, Endpoint, Outcome, ReadError};
use crate::op::{Call, CallOrigin, Context, Failure, Key, Mode, Op, OpResult, OptionError, OptionMap};
use crate::op::{Pending, Scheduler, Value};
use crate::services::scripted_server::{ScriptedReply, ScriptedServer, block_on, no, yes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

const MISSING: (i64, CodeMeaning) = (3, CodeMeaning::NotFound);

const fn endpoint(method: &'static str, path: &'static str, class: Class, doing: &'static str) -> Endpoint {
    let meanings = &[(1, CodeMeaning::Exists), (2, CodeMeaning::MayExist), MISSING];
    Endpoint { method, path, permission: "", class, doing, meanings }
}

const THINGS: &str = "/accounts/{account_id}/things";
const THING: &str = "/accounts/{account_id}/things/{name}";

static LIST: Endpoint = endpoint("GET", THINGS, Class::Read, "list the things");
static PROBE: Endpoint = endpoint("GET", THING, Class::Read, "read the thing");
static CREATE: Endpoint = endpoint("POST", THINGS, Class::Ensure, "create the thing");
static UPDATE: Endpoint = endpoint("PATCH", THING, Class::Ensure, "change the thing");
static DELETE: Endpoint = endpoint("DELETE", THING, Class::Delete, "delete the thing");

/// A kind that has a field of every sort.
struct Thing;

#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
struct Options(Map<String, Json>);

impl OptionMap for Options {}

#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
struct Place {
    jurisdiction: Option<String>,
}

impl OptionMap for Place {}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Live {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    rest: Map<String, Json>,
}

impl Resource for Thing {
    const SERVICE: &'static str = "things";
    const HANDLE: &'static str = "Thing";
    const LIST: &'static Endpoint = &LIST;
    const CREATE: &'static Endpoint = &CREATE;
    const FIELDS: &'static [Field] = &[
        Field::place("/jurisdiction"),
        Field::same("/size", Policy::Update),
        Field::same("/limit", Policy::Update).live("/config/limit"),
        Field::same("/kind", Policy::Fixed),
        Field::same("/region", Policy::Hint).live("/where"),
        Field::same("/secret", Policy::WriteOnly),
        Field::same("/tags", Policy::Grow),
        Field::server("/id"),
        Field::server("/name"),
        Field::server("/made"),
    ];
    const SCOPES: &'static [Option<&'static str>] = &[None, Some("eu")];

    type Options = Options;
    type Place = Place;
    type Live = Live;

    fn broken_rule(name: &str) -> Option<&'static str> {
        name.contains(' ').then_some("a thing has no blank")
    }

    fn place(options: &Options) -> Place {
        Place { jurisdiction: options.0.get("jurisdiction").and_then(Json::as_str).map(str::to_owned) }
    }

    fn scope(place: &Place) -> Option<String> {
        place.jurisdiction.clone()
    }

    fn check(options: &Options) -> Result<(), OptionError> {
        match options.0.get("size") {
            Some(size) if size.as_i64() < Some(0) => Err(OptionError::at("size", "is too small")),
            _ => Ok(()),
        }
    }

    fn id(live: &Live) -> &str {
        &live.id
    }

    fn name(live: &Live) -> &str {
        &live.name
    }

    /// Things whose name ends so are called by it.
    fn planned(key: &Key, options: &Options) -> Live {
        let id = if key.name.ends_with("-id") { key.name.clone() } else { hex32(key) };
        Live { id, name: key.name.clone(), rest: options.0.clone() }
    }

    async fn list(client: &Client, scope: Option<&str>) -> Result<Vec<Live>, ReadError> {
        let call = LIST.call();
        client.read(if let Some(scope) = scope { call.query("in", scope) } else { call }).await
    }

    async fn probe(client: &Client, key: &Key) -> Result<Option<Live>, ReadError> {
        client.find(PROBE.call().path("name", &key.name)).await
    }

    /// What only the thing itself says.
    async fn whole(context: &Context, key: &Key, live: Live) -> Result<Live, ReadError> {
        Ok(Thing::probe(&context.client, key).await?.unwrap_or(live))
    }

    async fn create(client: &Client, key: &Key, options: &Options) -> Outcome<Live> {
        let mut body = options.0.clone();
        body.insert("name".into(), Json::from(key.name.as_str()));
        client.write(CREATE.call().json(Json::Object(body))).await
    }

    async fn update(client: &Client, _: &Key, live: &Live, options: &Options) -> Outcome<Live> {
        client.write(UPDATE.call().path("name", &live.id).json(Json::Object(options.0.clone()))).await
    }

    async fn delete(client: &Client, _: &Key, live: &Live) -> Outcome<()> {
        client.removal(&DELETE.call().path("name", &live.id)).await
    }
}

/// The thing `A`, as the account has it.
fn thing(rest: impl Into<Json>) -> Json {
    let mut all = json!({"id": "i-1", "name": "A"});
    lay_over(&mut all, &rest.into());
    all
}

fn live(rest: impl Into<Json>) -> Live {
    serde_json::from_value(thing(rest)).unwrap()
}

fn options(options: Json) -> Options {
    serde_json::from_value(options).unwrap()
}

fn none() -> ScriptedReply {
    yes(json!([]))
}

fn key(name: &str) -> Key {
    Key::new("things", name)
}

fn change(field: &str, from: impl Into<Json>, to: impl Into<Json>) -> Change {
    Change { field: field.to_owned(), from: from.into(), to: to.into() }
}

/// How long the run has waited.
fn waited_ms(stage: &ScriptedServer) -> u128 {
    stage.context.client.clock().elapsed().as_millis()
}

fn inventory(stage: &ScriptedServer) -> Arc<Inventory<Thing>> {
    stage.context.extension::<Inventory<Thing>>()
}

/// The run with other circumstances.
fn with(mut stage: ScriptedServer, change: impl FnOnce(&mut Context)) -> ScriptedServer {
    change(Arc::get_mut(&mut stage.context).unwrap());
    stage
}

/// A permit to do nothing.
fn forbidden(context: &mut Context) {
    context.permit = Some(crate::op::Permit::new(Vec::new()));
}

/// A run whose ops are started as a script starts them.
struct Started {
    scheduler: Arc<Scheduler>,
    _runtime: tokio::runtime::Runtime,
}

impl Started {
    fn new(stage: &ScriptedServer) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let scheduler = Scheduler::new(stage.context.clone(), runtime.handle().clone());
        Started { scheduler, _runtime: runtime }
    }

    fn start(&self, op: Op, args: Vec<Value>) -> Result<Arc<Pending>, Failure> {
        let op: &'static Op = Box::leak(Box::new(op));
        let call = Call { context: self.scheduler.context().clone(), op, receiver: None, logical: None };
        self.scheduler.start(op, call, args, CallOrigin::default())
    }
}

fn args(args: Json) -> Vec<Value> {
    match Value::from(args) {
        Value::List(args) => args,
        other => vec![other],
    }
}

#[track_caller]
fn partly(failure: Failure) -> (String, crate::events::Action, Vec<String>) {
    let Failure::Partly { cause, action, notes, .. } = failure else { panic!("{failure:?}") };
    (cause.to_string(), action, notes)
}

fn value(done: &OpResult) -> Json {
    done.value.to_json().unwrap()
}
