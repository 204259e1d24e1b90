//! Sends many keys in as few requests as KV allows (KV-6).
//!
//! What is sent is the whole new state of its keys, so that a request whose answer was lost, or that leaves keys out, can be
//! sent again.
//!
//! **Invariant:** a key counts as done only where an answer accounts for it.

use super::super::api;
use super::super::entry::Entry;
use super::super::wire::Bulk;
use super::arguments::{count, named};
use crate::events::Action;
use crate::http::{Client, Outcome, TransportError, TransportErrorKind};
use crate::op::{Failure, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::HashSet;
use std::time::Duration;

const KEYS_MAX: usize = 10_000;
/// Half of what a request may have, so that a slow line gets it through.
const BODY_BYTES_MAX: usize = 50_000_000;
/// Pauses before keys that an answer has left out are sent again.
static PAUSES_MS: [u64; 3] = [250, 500, 1_000];

/// What is done to keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyAction {
    Put,
    Delete,
}

/// One key of a request.
pub(super) struct RequestKey {
    key: String,
    /// Its part of the body.
    json: String,
}

impl RequestKey {
    /// A pair of a bulk write.
    pub(super) fn put(key: &str, entry: &Entry) -> Self {
        let pair = |value: &str, is_base64: bool| {
            let mut pair = json!({ "key": key, "value": value });
            if is_base64 {
                pair["base64"] = true.into();
            }
            if let Some((name, number)) = entry.expires.map(super::super::wire::Expires::parameter) {
                pair[name] = number.into();
            }
            if let Some(metadata) = &entry.metadata {
                pair["metadata"] = metadata.clone();
            }
            pair.to_string()
        };
        let mut json = match (entry.base64(), entry.text()) {
            (Some(base64), _) => pair(base64, true),
            (None, text) => pair(text.unwrap_or_default(), false),
        };
        // Control characters take six bytes each as JSON.
        if json.len() > BODY_BYTES_MAX {
            json = pair(&STANDARD.encode(entry.bytes()), true);
        }
        RequestKey { key: key.to_owned(), json }
    }

    /// A key of a bulk delete.
    pub(super) fn delete(key: &str) -> Self {
        RequestKey { key: key.to_owned(), json: json!(key).to_string() }
    }
}

/// The items request by request.
pub(super) fn chunks(items: &[RequestKey]) -> Vec<&[RequestKey]> {
    let (mut chunks, mut from, mut bytes) = (Vec::new(), 0, 0);
    for (at, item) in items.iter().enumerate() {
        let more = item.json.len() + 1;
        if at > from && (at - from == KEYS_MAX || bytes + more > BODY_BYTES_MAX) {
            chunks.push(&items[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes += more;
    }
    chunks.extend((from < items.len()).then(|| &items[from..]));
    chunks
}

/// Why it stopped, and how far it came.
pub(super) struct SendError {
    why: Failure,
    done: usize,
    /// Of so many it is not known.
    unknown: usize,
    all: usize,
}

impl SendError {
    /// Whether nobody knows what became of a request.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.why, Failure::Unknown { .. })
    }

    /// As the failure of an op that does this.
    pub(super) fn failure(self, namespace: &Value, (task, action): (KeyAction, Action)) -> Failure {
        let SendError { why, done, unknown, all } = self;
        if done == 0 && !matches!(why, Failure::Unknown { .. }) {
            return why;
        }
        let verb = if task == KeyAction::Put { "written" } else { "deleted" };
        let told = format!("{done} of {} of `{}` were {verb}", count(all), namespace.text("name"));
        let notes = vec![match unknown {
            0 => told,
            unknown => format!("at least {told}; the outcome of {unknown} is unknown"),
        }];
        Failure::Partly { cause: Box::new(why), action, migrations: Vec::new(), notes }
    }
}

/// Sends all of them.
pub(super) async fn send(
    client: &Client,
    namespace: &Value,
    items: &[RequestKey],
    task: KeyAction,
) -> Result<(), SendError> {
    let mut done = 0;
    for chunk in chunks(items) {
        let (of_chunk, why) = send_chunk(client, namespace, chunk, task).await;
        done += of_chunk;
        if let Some(why) = why {
            let is_unknown = matches!(why, Failure::Unknown { .. });
            let unknown = if is_unknown { chunk.len() - of_chunk } else { 0 };
            return Err(SendError { why, done, unknown, all: items.len() });
        }
    }
    Ok(())
}

/// Sends what fits in one request, again as far as its answer does not account for it; gives how many are done, and why no
/// more.
async fn send_chunk(
    client: &Client,
    namespace: &Value,
    chunk: &[RequestKey],
    task: KeyAction,
) -> (usize, Option<Failure>) {
    let name = namespace.text("name");
    let mut left: Vec<&RequestKey> = chunk.iter().collect();
    let mut lost: Option<TransportError> = None;
    let done = |left: &[&RequestKey]| chunk.len() - left.len();
    for pause in PAUSES_MS.iter().map(Some).chain([None]) {
        match once(client, namespace.text("id"), &left, task).await {
            Outcome::Applied(bulk) => {
                if let Some(out) = left_out(&bulk, &left) {
                    lost = None;
                    left.retain(|item| out.contains(item.key.as_str()));
                } else {
                    let why = at_odds(&bulk, left.len());
                    lost = Some(TransportError::new(TransportErrorKind::Malformed, why));
                }
            }
            Outcome::Rejected(error) => {
                let why = lost.map_or_else(|| Failure::rejected(name, error), |lost| unknown(name, lost));
                return (done(&left), Some(why));
            }
            Outcome::NotSent(trouble) => {
                let why = lost.map_or_else(|| Failure::of_trouble(name, trouble), |lost| unknown(name, lost));
                return (done(&left), Some(why));
            }
            // The client has sent it as often as it may.
            Outcome::Unknown(trouble) if lost.is_some() => {
                return (done(&left), Some(unknown(name, trouble)));
            }
            Outcome::Unknown(trouble) => lost = Some(trouble),
        }
        if left.is_empty() {
            return (chunk.len(), None);
        }
        if let Some(pause) = pause {
            client.pause_before_write(Duration::from_millis(*pause)).await;
        }
    }
    let why = match lost {
        Some(lost) => unknown(name, lost),
        None => refused(name, &left, chunk.len(), task),
    };
    (done(&left), Some(why))
}

async fn once(client: &Client, id: &str, items: &[&RequestKey], task: KeyAction) -> Outcome<Bulk> {
    let parts: Vec<&str> = items.iter().map(|item| item.json.as_str()).collect();
    let body = format!("[{}]", parts.join(","));
    match task {
        KeyAction::Put => api::put_bulk(client, id, body).await,
        KeyAction::Delete => api::delete_bulk(client, id, body).await,
    }
}

/// The keys that an answer says were left out; `None` where it does not account for every key.
fn left_out<'a>(bulk: &'a Bulk, sent: &[&RequestKey]) -> Option<HashSet<&'a str>> {
    let out: HashSet<&str> = bulk.unsuccessful_keys.iter().map(String::as_str).collect();
    let ours = sent.iter().filter(|item| out.contains(item.key.as_str())).count();
    (ours == out.len() && bulk.successful_key_count.saturating_add(ours) == sent.len()).then_some(out)
}

fn at_odds(bulk: &Bulk, sent: usize) -> String {
    let (done, out) = (bulk.successful_key_count, bulk.unsuccessful_keys.len());
    format!("the answer accounts for {done} keys and leaves out {out}, of {sent}")
}

fn unknown(name: &str, trouble: TransportError) -> Failure {
    Failure::Unknown {
        resource: name.to_owned(),
        why: trouble.detail,
        check: "run again: it sends the same values, which does no harm where they are there".into(),
    }
}

fn refused(name: &str, left: &[&RequestKey], all: usize, task: KeyAction) -> Failure {
    let endpoint = if task == KeyAction::Put { &api::PUT_BULK } else { &api::DELETE_BULK };
    let (doing, out) = (endpoint.doing, named(left.iter().map(|item| item.key.as_str())));
    let message = format!(
        "can't {doing} for `{name}`: the service has left out {} of {}, {} times: {out}",
        left.len(),
        count(all),
        PAUSES_MS.len() + 1
    );
    Failure::refused_with_hint("rejected", message, "run again in a while: the others are there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Value;
    use crate::services::scripted_server::{ScriptedReply, ScriptedServer, block_on, no, yes};
    use jiff::Timestamp;
    use serde_json::Value as Json;

    fn item(key: &str, value: Json) -> RequestKey {
        RequestKey::put(key, &Entry::of_map(&Value::from(value), Timestamp::UNIX_EPOCH).unwrap())
    }

    /// How it ends, how many are done, and what was sent.
    fn sent(
        keys: &[&str],
        replies: impl IntoIterator<Item = ScriptedReply>,
    ) -> (Option<String>, usize, Vec<String>) {
        let stage = ScriptedServer::new(replies);
        let items: Vec<RequestKey> = keys.iter().map(|key| RequestKey::delete(key)).collect();
        let namespace = Value::from(json!({ "id": "i", "name": "n" }));
        let ended = block_on(send(&stage.context.client, &namespace, &items, KeyAction::Delete));
        let bodies = stage.sent().iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
        match ended {
            Ok(()) => (None, keys.len(), bodies),
            Err(unsent) => (Some(unsent.why.kind().to_owned()), unsent.done, bodies),
        }
    }

    fn part(count: usize, out: &[&str]) -> ScriptedReply {
        yes(json!({ "successful_key_count": count, "unsuccessful_keys": out }))
    }

    #[test]
    fn requests_hold_so_many_keys_and_so_many_bytes() {
        let lengths =
            |items: &[RequestKey]| chunks(items).iter().map(|chunk| chunk.len()).collect::<Vec<_>>();
        let keys: Vec<RequestKey> =
            (0..20_001).map(|number| RequestKey::delete(&number.to_string())).collect();
        assert_eq!(lengths(&keys), [10_000, 10_000, 1]);
        assert_eq!(lengths(&[]), [0; 0]);
        let large: Vec<RequestKey> =
            (0..5).map(|key| item(&key.to_string(), json!("x".repeat(20 << 20)))).collect();
        assert_eq!(lengths(&large), [2, 2, 1]);
    }

    #[test]
    fn what_json_would_make_too_long_goes_as_base64() {
        let long = item("k", json!("\u{1}".repeat(25 << 20)));
        assert!(long.json.len() < BODY_BYTES_MAX && long.json.contains(r#""base64":true"#));
        assert_eq!(item("k", json!("é\u{1}")).json, "{\"key\":\"k\",\"value\":\"é\\u0001\"}");
    }

    #[test]
    fn what_is_left_out_is_sent_again_and_nothing_else() {
        let (why, done, bodies) =
            sent(&["a", "b", "c"], [part(1, &["a", "c"]), part(1, &["c"]), part(1, &[])]);
        assert_eq!((why, done), (None, 3));
        assert_eq!(bodies, [r#"["a","b","c"]"#, r#"["a","c"]"#, r#"["c"]"#]);
    }

    #[test]
    fn what_is_not_accounted_for_is_unknown_and_what_is_refused_after_it_too() {
        let unclear = || part(1, &[]);
        let (why, done, bodies) = sent(&["a", "b"], [unclear(), unclear(), unclear(), unclear()]);
        assert_eq!((why.as_deref(), done, bodies.len()), (Some("unknown"), 0, 4));
        let (why, done, _) = sent(&["a", "b"], [unclear(), no(404, 10013)]);
        assert_eq!((why.as_deref(), done), (Some("unknown"), 0));
        let (why, done, _) = sent(&["a", "b"], [part(1, &["b"]), no(404, 10013)]);
        assert_eq!((why.as_deref(), done), (Some("rejected"), 1));
        let (why, done, bodies) = sent(&["a", "b"], [unclear(), part(2, &[])]);
        assert_eq!((why, done, bodies.len()), (None, 2, 2));
    }
}
