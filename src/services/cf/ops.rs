//! What recipes see of everything else.

use super::api::{self, Pair};
use super::pages;
use super::path::{Confined, confine};
use super::veil;
use crate::events::Action;
use crate::op::{
    Call, Context, Doc, Done, Effect, Failure, Key, NoOptions, Op, Order, Shape, Started, Ty, Typed, Value,
};
use crate::services::written;
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
            shape: Shape::Handle("CfAnswer"),
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
        shape: Shape::Data("data"),
        endpoints: &[&api::GET, &api::ZONE_GET, &api::ZONE],
        doc: Doc {
            summary: "What the API answers for a path that has no functions of its own. A list is read to its end, up to 10,000 items; a path that names `page`, `per_page`, `limit` or `cursor` gives that page alone.",
            params: &[PATH],
            example: r#"cf::get("/storage/kv/namespaces").len"#,
            result: "0",
        },
        run: &Typed(get, PhantomData),
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

fn get(call: Call, (path,): (String,), _: NoOptions) -> Result<Started, Failure> {
    let path = checked(&call, &path)?;
    let context = call.context;
    let mut started = Started::new(Key::new("cf", path.rest.clone()), move |_| async move {
        own_zone(&context, &path).await?;
        let answer = pages::read(&context.client, &path).await?;
        Ok(Done::unchanged(seen(&path, answer)))
    });
    // It may read what any op before it has written.
    started.order = Order::Alone;
    Ok(started)
}

fn post(call: Call, (path, body): (String, Value), _: NoOptions) -> Result<Started, Failure> {
    write(&call, &path, Some(body), &Pair { account: &api::POST, zone: &api::ZONE_POST })
}

fn put(call: Call, (path, body): (String, Value), _: NoOptions) -> Result<Started, Failure> {
    write(&call, &path, Some(body), &Pair { account: &api::PUT, zone: &api::ZONE_PUT })
}

fn patch(call: Call, (path, body): (String, Value), _: NoOptions) -> Result<Started, Failure> {
    write(&call, &path, Some(body), &Pair { account: &api::PATCH, zone: &api::ZONE_PATCH })
}

fn delete(call: Call, (path,): (String,), _: NoOptions) -> Result<Started, Failure> {
    write(&call, &path, None, &Pair { account: &api::DELETE, zone: &api::ZONE_DELETE })
}

fn write(call: &Call, path: &str, body: Option<Value>, pair: &Pair) -> Result<Started, Failure> {
    let path = checked(call, path)?;
    if path.zone.is_none() && path.rest.is_empty() {
        return Err(Failure::refused("denied", "recipes don't write the account itself"));
    }
    let body = body.map(|body| plain(&body)).transpose()?;
    let context = call.context.clone();
    let pair = Pair { account: pair.account, zone: pair.zone };
    let method = pair.account.method;
    let mut started = Started::new(Key::new("cf", path.rest.clone()), move |_| async move {
        own_zone(&context, &path).await?;
        let answer = written(&path.rest, api::send(&context.client, &pair, &path, body).await);
        // Whatever became of it, what was listed before may be stale.
        context.clear_shelves();
        let answer = Value::Map([("answer".to_owned(), seen(&path, answer?))].into());
        Ok(Done::written(answer, Action::Write))
    });
    started.order = Order::Alone;
    Ok(started.about(method))
}

fn checked(call: &Call, path: &str) -> Result<Confined, Failure> {
    confine(path, call.context.client.account())
        .map_err(|error| Failure::refused("denied", error.to_string()))
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
async fn own_zone(context: &Arc<Context>, path: &Confined) -> Result<(), Failure> {
    let Some(zone) = &path.zone else { return Ok(()) };
    let owner = api::account_of_zone(&context.client, zone).await;
    let owner = owner.map_err(|error| Failure::of_read(zone, error))?;
    if owner == context.client.account() {
        return Ok(());
    }
    Err(Failure::refused("denied", format!("the zone `{zone}` belongs to another account")))
}

fn seen(path: &Confined, answer: Json) -> Value {
    veil::veil(&path.rest, Value::from(answer))
}
