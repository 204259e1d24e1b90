//! The ops for endpoints without a service module.

mod compare;
mod ensured;
mod headers;
mod service_paths;

use super::api::{self, Pair};
use super::pages;
use super::path::{ConfinedPath, PathError, PathScope, confine};
use super::redaction;
use crate::events::Action;
use crate::local::lacking;
use crate::op::{
    Call, Context, Doc, Effect, Failure, Key, Op, OpOrder, OpResult, ReturnShape, StartedOp, Ty, Typed, Value,
};
use crate::services::written;
use headers::Sent;
use serde_json::Value as Json;
use std::marker::PhantomData;
use std::sync::Arc;

const PATH: (&str, &str) = ("path", "Below this account (`/queues`) or one of its zones (`/zones/ID/...`).");
const BODY: (&str, &str) = ("body", "Data, sent as JSON.");

macro_rules! writing {
    ($name:literal, $run:expr, $account:ident, $zone:ident, $params:expr, $summary:literal, $example:literal, $result:literal) => {
        Op {
            service: "cf",
            name: $name,
            receiver: None,
            effect: Effect::Write,
            shape: ReturnShape::Handle("CfAnswer"),
            endpoints: &[&api::$account, &api::$zone, &api::ZONE],
            doc: Doc { summary: $summary, params: $params, example: $example, result: $result },
            run: $run,
        }
    };
}

/// Every op of the service.
pub static OPS: &[Op] = &[
    Op {
        service: "cf",
        name: "get",
        receiver: None,
        effect: Effect::Read,
        shape: ReturnShape::Data("data"),
        endpoints: &[&api::GET, &api::ZONE_GET, &api::ZONE, &api::ZONES],
        doc: Doc {
            summary: "What the API answers for a path that has no functions of its own. `/zones?name=example.com` finds a zone of this account by its name. A list is read to its end, up to 10,000 items; a path that names `page`, `per_page`, `limit` or `cursor` gives that page alone.",
            params: &[PATH],
            example: r#"cf::get("/storage/kv/namespaces").len"#,
            result: "0",
        },
        run: &Typed(get, PhantomData),
    },
    Op {
        service: "cf",
        name: "ensure",
        receiver: None,
        effect: Effect::Ensure,
        shape: ReturnShape::Handle("CfAnswer"),
        endpoints: &[
            &api::GET,
            &api::ZONE_GET,
            &api::ZONE,
            &api::CONVERGE_PUT,
            &api::CONVERGE_PATCH,
            &api::ZONE_CONVERGE_PUT,
            &api::ZONE_CONVERGE_PATCH,
        ],
        doc: Doc {
            summary: "Makes sure that what a path gives has these fields: reads it, compares what the body names, and sends the body where something differs. Maps are compared field by field, lists as a whole, secrets not at all; what is not there (404) is made. A `PUT` replaces what the body leaves out.",
            params: &[PATH, ("body", "A map, sent as JSON where something of it differs.")],
            example: r#"let b = r2::ensure("acme-logs"); let rules = [#{ id: "expire", enabled: true, conditions: #{ prefix: "logs/" }, deleteObjectsTransition: #{ condition: #{ type: "Age", maxAge: 2592000 } } }]; cf::ensure(`/r2/buckets/${b.name}/lifecycle`, #{ rules: rules }).answer.rules.len"#,
            result: "1",
        },
        run: &Typed(ensured::ensure, PhantomData),
    },
    writing!(
        "post",
        &Typed(post, PhantomData),
        POST,
        ZONE_POST,
        &[PATH, BODY],
        "Posts to a path; sent once, after all that came before it.",
        r#"cf::post("/storage/kv/namespaces", #{ title: "RAW" }).answer.title"#,
        r#""RAW""#
    ),
    writing!(
        "put",
        &Typed(put, PhantomData),
        PUT,
        ZONE_PUT,
        &[PATH, BODY],
        "Puts to a path; sent once, after all that came before it.",
        r#"let ns = kv::ensure("OLD"); cf::put("/storage/kv/namespaces/" + ns.id, #{ title: "NEW" }); kv::find("NEW").title"#,
        r#""NEW""#
    ),
    writing!(
        "patch",
        &Typed(patch, PhantomData),
        PATCH,
        ZONE_PATCH,
        &[PATH, BODY],
        "Patches a path; sent once, after all that came before it.",
        r#"let db = d1::ensure("jobs"); cf::patch("/d1/database/" + db.id, #{ read_replication: #{ mode: "auto" } }).answer.read_replication.mode"#,
        r#""auto""#
    ),
    writing!(
        "delete",
        &Typed(delete, PhantomData),
        DELETE,
        ZONE_DELETE,
        &[PATH],
        "Deletes a path; sent once, after all that came before it.",
        r#"let ns = kv::ensure("OLD"); cf::delete("/storage/kv/namespaces/" + ns.id); kv::list().len"#,
        "0"
    ),
];

fn get(call: Call, (path,): (String,), sent: Sent) -> Result<StartedOp, Failure> {
    let path = checked(&call, &path, sent.headers, 1)?;
    let context = call.context;
    let mut started = StartedOp::new(key(&path), move |_| async move {
        own_zone(&context, &path).await?;
        let read = pages::read(&context.client, &path).await;
        let mut answer = read.map_err(|failure| explained(&context, failure))?;
        if path.within == PathScope::Zones {
            only_own(&mut answer, context.client.account());
        }
        Ok(OpResult::unchanged(seen(&path, answer)))
    });
    // It may read what any op before it has written.
    started.order = OpOrder::Alone;
    Ok(started)
}

fn post(call: Call, (path, body): (String, Value), sent: Sent) -> Result<StartedOp, Failure> {
    write(&call, &path, Some(body), (sent, Pair { account: &api::POST, zone: &api::ZONE_POST }))
}

fn put(call: Call, (path, body): (String, Value), sent: Sent) -> Result<StartedOp, Failure> {
    write(&call, &path, Some(body), (sent, Pair { account: &api::PUT, zone: &api::ZONE_PUT }))
}

fn patch(call: Call, (path, body): (String, Value), sent: Sent) -> Result<StartedOp, Failure> {
    write(&call, &path, Some(body), (sent, Pair { account: &api::PATCH, zone: &api::ZONE_PATCH }))
}

fn delete(call: Call, (path,): (String,), sent: Sent) -> Result<StartedOp, Failure> {
    write(&call, &path, None, (sent, Pair { account: &api::DELETE, zone: &api::ZONE_DELETE }))
}

fn write(
    call: &Call,
    path: &str,
    body: Option<Value>,
    (sent, pair): (Sent, Pair),
) -> Result<StartedOp, Failure> {
    let path = checked(call, path, sent.headers, if body.is_some() { 2 } else { 1 })?;
    may_write(&path)?;
    let method = pair.account.method;
    has_route(&call.context, method, &path)?;
    let body = body.map(|body| plain(&body)).transpose()?;
    let context = call.context.clone();
    let mut started = StartedOp::new(key(&path), move |_| async move {
        own_zone(&context, &path).await?;
        let answer = written(&path.shown(), api::send(&context.client, &pair, &path, body).await);
        // Whatever became of it, what was listed before may be stale.
        context.clear_shelves();
        let answer = answer.map_err(|failure| explained(&context, failure))?;
        let answer = Value::Map([("answer".to_owned(), seen(&path, answer))].into());
        Ok(OpResult::written(answer, Action::Write))
    });
    started.order = OpOrder::Alone;
    Ok(started.about(method))
}

/// A path is known by what it lies in; that of a bucket in a jurisdiction is another one.
fn key(path: &ConfinedPath) -> Key {
    Key { jurisdiction: headers::jurisdiction(path).map(str::to_owned), ..Key::new("cf", path.shown()) }
}

fn checked(call: &Call, path: &str, given: headers::Given, options: usize) -> Result<ConfinedPath, Failure> {
    let confined = confine(path, call.context.client.account()).map_err(|error| match error {
        PathError::ZoneName(ref name) => {
            let hint = format!("`cf::get(\"/zones?name={name}\")[0].id` gives it");
            Failure::refused_with_hint("denied", error.to_string(), hint)
        }
        other => Failure::refused("denied", other.to_string()),
    })?;
    let headers = given.checked().map_err(|error| Failure::Option { index: options, error })?;
    Ok(ConfinedPath { headers, ..confined })
}

fn may_write(path: &ConfinedPath) -> Result<(), Failure> {
    let whole = match path.within {
        PathScope::Account if path.rest.is_empty() => "the account itself",
        PathScope::Zones => "the list of zones",
        PathScope::Account | PathScope::Zone(_) => return Ok(()),
    };
    Err(Failure::refused("denied", format!("recipes don't write {whole}")))
}

/// A local account of this process is known to have no such route: nothing has to be sent, and a plan says so, too.
fn has_route(context: &Context, method: &str, path: &ConfinedPath) -> Result<(), Failure> {
    let shown = path.shown();
    let Some(routes) = context.routes.get() else { return Ok(()) };
    let routed = match path.within {
        PathScope::Account => (routes.0)(method, &path.rest),
        PathScope::Zone(_) | PathScope::Zones => Err(Vec::new()),
    };
    let Err(methods) = routed else { return Ok(()) };
    let hint = if methods.is_empty() { WITHOUT_LOCAL } else { OTHER_METHOD };
    Err(Failure::refused_with_hint("rejected", lacking(method, &shown, &methods), hint))
}

const OTHER_METHOD: &str = "look up which methods the path has; where the API has this one, run it without `--local`, against a real account";

const WITHOUT_LOCAL: &str = "run it without `--local`, against a real account; where it can be left out, `try` and `catch` let the recipe go on";

/// What a local account rejects for want of a route, and what is no JSON, with the way out.
fn explained(context: &Context, failure: Failure) -> Failure {
    match failure {
        Failure::Rejected { resource, error, hint: None }
            if context.client.met_local_account()
                && matches!(error.code(), api::NO_ROUTE | api::NO_METHOD) =>
        {
            let hint = if error.code() == api::NO_METHOD { OTHER_METHOD } else { WITHOUT_LOCAL };
            Failure::Rejected { resource, error, hint: Some(hint.to_owned()) }
        }
        other => other,
    }
}

/// A body is data; secrets in it are sent as they are.
fn plain(value: &Value) -> Result<Json, Failure> {
    Ok(match value {
        Value::Secret(secret) => Json::from(secret.expose()),
        Value::List(items) => Json::Array(items.iter().map(plain).collect::<Result<_, _>>()?),
        Value::Map(map) => {
            let entry = |(key, item): (&String, &Value)| Ok((key.clone(), plain(item)?));
            Json::Object(map.iter().map(entry).collect::<Result<_, Failure>>()?)
        }
        other => other.to_json().ok_or(Failure::Argument {
            index: 1,
            expected: Ty::Data,
            found: other.type_name(),
        })?,
    })
}

/// A zone of another account is refused before anything is sent to it.
async fn own_zone(context: &Arc<Context>, path: &ConfinedPath) -> Result<(), Failure> {
    let PathScope::Zone(zone) = &path.within else { return Ok(()) };
    let owner = api::account_of_zone(&context.client, zone).await;
    let owner = owner.map_err(|error| explained(context, Failure::of_read(zone, error)))?;
    if owner == context.client.account() {
        return Ok(());
    }
    Err(Failure::refused("denied", format!("the zone `{zone}` belongs to another account")))
}

/// Of a list of zones, those of the account, whatever the API has made of the filter.
fn only_own(answer: &mut Json, account: &str) {
    if let Some(zones) = answer.as_array_mut() {
        zones.retain(|zone| zone["account"]["id"] == account);
    }
}

fn seen(path: &ConfinedPath, answer: Json) -> Value {
    redaction::redact(&path.rest, Value::from(answer))
}
