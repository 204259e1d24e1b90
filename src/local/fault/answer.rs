//! The response to a request on which a fault was injected.

use super::{Delivery, Drift, Fault, FaultKind, replica};
use crate::local::reply::Reply;
use crate::local::request::Request;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What tells two things of a kind apart.
const IDS: [&str; 2] = ["id", "uuid"];

impl Fault {
    /// What comes back for `request`; `answer` is there if it was applied at once.
    pub(in crate::local) fn deliver(
        &self,
        request: &Request,
        answer: Option<Reply>,
        now: jiff::Timestamp,
        ray: &str,
    ) -> Delivery {
        let ok = |body: &str| Reply::raw(200, "application/json", body);
        let reply = match self.kind {
            FaultKind::Reset | FaultKind::Stale { is_lost: true, .. } => return Delivery::Broken,
            FaultKind::Hang | FaultKind::Late(_) => return Delivery::Never,
            FaultKind::SlowBody => {
                let answer = answer.unwrap_or_else(|| Reply::ok(Value::Null));
                return Delivery::Slow(answer.with_header("cf-ray", ray));
            }
            FaultKind::Stale { is_lost: false, .. } | FaultKind::Young(_) => {
                answer.unwrap_or_else(|| Reply::ok(Value::Null))
            }
            FaultKind::Replica => {
                replica::lagging(request, &answer.unwrap_or_else(|| Reply::ok(Value::Null)))
            }
            FaultKind::Drifted(drift) => drifted(drift, &answer.unwrap_or_else(|| Reply::ok(Value::Null))),
            FaultKind::ServerError(status) => no(status, 10001, "internal error"),
            FaultKind::Page(status) => page(status, "gateway"),
            FaultKind::Bodiless(status) => Reply::raw(status, "text/plain", ""),
            FaultKind::Unavailable => no(503, 10043, "unavailable").with_header("retry-after", "1"),
            FaultKind::Throttled(0) => no(429, 10100, "More than 1200 requests per 300 seconds"),
            FaultKind::Throttled(seconds) => {
                no(429, 971, "Please wait and consider throttling your request speed")
                    .with_header("retry-after", &seconds.to_string())
            }
            FaultKind::ThrottledUntil => {
                let until = now.saturating_add(Duration::from_secs(2)).unwrap_or(now);
                let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&until);
                no(429, 971, "Please wait").with_header("retry-after", &date.unwrap_or_default())
            }
            FaultKind::NotJson => ok("upstream said hello"),
            FaultKind::Truncated => ok("{\"success\":true,\"result\":{\"id\":\"0"),
            FaultKind::Empty => ok(""),
            FaultKind::NoResult => Reply::ok(Value::Null),
            FaultKind::Refused => no(200, 10001, "refused"),
            FaultKind::RefusedInside => Reply::ok(refused_inside(request)),
            FaultKind::Expired => no(401, 9109, "Invalid access token"),
            FaultKind::Denied => no(403, 10000, "Authentication error"),
            FaultKind::Challenge => page(403, "challenge").with_header("cf-mitigated", "challenge"),
        };
        Delivery::Reply(if reply.header("cf-ray").is_some() {
            reply
        } else {
            reply.with_header("cf-ray", ray)
        })
    }
}

fn no(status: u16, code: i64, message: &str) -> Reply {
    let errors = json!([{ "code": code, "message": message }]);
    Reply::json(status, &json!({ "success": false, "errors": errors, "messages": [], "result": null }))
}

fn page(status: u16, text: &str) -> Reply {
    Reply::raw(status, "text/html", format!("<html>{text}</html>"))
}

/// As D1 says of one statement that it failed, in an answer that says yes.
fn refused_inside(request: &Request) -> Value {
    let refused = json!({ "success": false, "error": "internal error", "results": [], "meta": {} });
    if ["/query", "/raw"].iter().any(|end| request.path.ends_with(end)) { json!([refused]) } else { refused }
}

fn drifted(drift: Drift, answer: &Reply) -> Reply {
    let mut body = answer.to_json();
    if body["success"] != true {
        return answer.clone();
    }
    match drift {
        Drift::Total | Drift::Cursor => {
            if let Some(info) = body.get_mut("result_info").and_then(Value::as_object_mut) {
                mislead(drift, info);
            }
        }
        Drift::Text => body["result"] = json!("see the new documentation"),
        Drift::Twice => repeat(&mut body["result"]),
        Drift::Other => {
            if let Some(object) = body["result"].as_object_mut().filter(|object| is_thing(object)) {
                rename(object);
            }
        }
        Drift::NoId | Drift::NumericId | Drift::Extra => {
            each_object(&mut body["result"], &mut |object| drift_object(drift, object));
        }
    }
    Reply { body: body.to_string().into_bytes(), ..answer.clone() }
}

/// Says of a list what is not so.
fn mislead(drift: Drift, info: &mut Map<String, Value>) {
    if drift == Drift::Total && info.contains_key("total_count") {
        info.insert("total_count".into(), json!(0));
        let count = info.get("count").cloned().unwrap_or_default();
        info.insert("per_page".into(), count);
    }
    if drift == Drift::Cursor && info.contains_key("cursor") {
        info.insert("cursor".into(), json!("again"));
    }
}

/// The list with its first thing once more, under another id.
fn repeat(result: &mut Value) {
    let list = match result {
        Value::Array(items) => Some(items),
        Value::Object(object) => object.values_mut().find_map(Value::as_array_mut),
        _ => None,
    };
    let Some(items) = list else { return };
    if let Some(first) = items.first().and_then(Value::as_object).filter(|object| is_thing(object)).cloned() {
        items.push(Value::Object(with_another_id(first)));
    }
}

/// Whether an object of an answer is something of the account.
fn is_thing(object: &Map<String, Value>) -> bool {
    IDS.iter().chain(&["name"]).any(|key| object.contains_key(*key))
}

/// Another thing of the same kind.
fn rename(object: &mut Map<String, Value>) {
    for name in ["name", "title"].iter().chain(&IDS) {
        if let Some(Value::String(text)) = object.get_mut(*name) {
            *text = another(text);
        }
    }
}

/// The same thing under another id; where its name is its id, the same once more.
fn with_another_id(mut thing: Map<String, Value>) -> Map<String, Value> {
    let has_name = ["name", "title"].iter().any(|name| thing.contains_key(*name));
    for id in IDS.iter().filter(|_| has_name) {
        if let Some(Value::String(text)) = thing.get_mut(*id) {
            *text = another(text);
        }
    }
    thing
}

/// A text of the same form.
fn another(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_alphanumeric() { 'f' } else { letter }).collect()
}

fn drift_object(drift: Drift, object: &mut Map<String, Value>) {
    match drift {
        Drift::NoId => {
            let had = IDS.iter().filter(|id| object.remove(**id).is_some()).count();
            if had == 0 {
                object.remove("name");
            }
        }
        Drift::NumericId => {
            for id in IDS {
                if object.contains_key(id) {
                    object.insert(id.into(), json!(7));
                }
            }
        }
        Drift::Extra => {
            object.insert("zone_of_tomorrow".into(), json!({ "enabled": [true, null, 1.5] }));
        }
        Drift::Text | Drift::Other | Drift::Twice | Drift::Total | Drift::Cursor => {}
    }
}

/// The object that a result is, or those in the list that it is or holds; the rows of a query are no objects of the API.
fn each_object(result: &mut Value, touch: &mut impl FnMut(&mut Map<String, Value>)) {
    match result {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(touch),
        Value::Object(object) if is_thing(object) => touch(object),
        Value::Object(object) => {
            let lists = object.values_mut().filter_map(Value::as_array_mut).flatten();
            lists.filter_map(Value::as_object_mut).for_each(touch);
        }
        _ => {}
    }
}
