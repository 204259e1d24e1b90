//! Event notifications of a bucket to queues. There are no queues: any well-formed id is
//! accepted. A bucket with rules cannot be deleted (R2-7).
//!
//! **Invariant:** no two rules of a bucket take one event.

use super::custom::is_id;
use super::part::BodyPart;
use super::{buckets, jurisdiction};
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::params;
use serde_json::{Map, Value, json};

/// Rules that a bucket may have.
const RULES_MAX: usize = 100;
const ACTIONS: [&str; 6] = [
    "PutObject",
    "CopyObject",
    "DeleteObject",
    "CompleteMultipartUpload",
    "LifecycleDeletion",
    "AbortMultipartUpload",
];

/// A rule as it is kept.
struct Rule {
    queue_id: String,
    id: String,
    settings: Map<String, Value>,
}

pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket) = existing(exchange)?;
    let rules = rules(exchange, jurisdiction, &bucket)?;
    if rules.is_empty() {
        return Err(ErrorReply::new(404, 11015, "The bucket has no event notification configuration."));
    }
    let mut queues: Vec<&str> = Vec::new();
    for rule in &rules {
        if !queues.contains(&rule.queue_id.as_str()) {
            queues.push(&rule.queue_id);
        }
    }
    let queues: Vec<Value> = queues.into_iter().map(|queue| queue_of(queue, &rules)).collect();
    Ok(Reply::ok(json!({ "bucketName": bucket, "queues": queues })))
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket) = existing(exchange)?;
    let queue = queue(exchange)?;
    let rules = rules(exchange, jurisdiction, &bucket)?;
    if !rules.iter().any(|rule| rule.queue_id == queue) {
        return Err(no_configuration());
    }
    Ok(Reply::ok(queue_of(queue, &rules)))
}

/// Rules are added to those that are there.
pub(super) fn put(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket) = existing(exchange)?;
    let queue = queue(exchange)?.to_owned();
    let body = exchange.json().unwrap_or_default();
    let list = BodyPart::body(&body).field("rules");
    let added = list.items().map_err(invalid)?;
    let mut known = rules(exchange, jurisdiction, &bucket)?;
    if added.is_empty() || known.len() + added.len() > RULES_MAX {
        return Err(invalid(list.malformed()));
    }
    for part in added {
        let mut settings = settings(part).map_err(invalid)?;
        if known.iter().any(|rule| overlap(&rule.settings, &settings)) {
            return Err(ErrorReply::new(409, 11020, "The rule overlaps with another rule of the bucket."));
        }
        settings.insert("createdAt".into(), exchange.view.now_text().into());
        let rule = Rule { queue_id: queue.clone(), id: exchange.view.new_id()?, settings };
        exchange.store().execute(
            "INSERT INTO r2_notifications (jurisdiction, name, queue_id, rule_id, settings)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                jurisdiction,
                bucket,
                rule.queue_id,
                rule.id,
                Value::Object(rule.settings.clone()).to_string()
            ],
        )?;
        known.push(rule);
    }
    Ok(Reply::ok(json!({})))
}

/// The rules that the body names; all of the queue where it names none.
pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket) = existing(exchange)?;
    let queue = queue(exchange)?;
    let body = exchange.json().unwrap_or_default();
    let ids = match BodyPart::body(&body).field("ruleIds").optional() {
        Some(ids) => Some(ids.texts().map_err(invalid)?),
        None => None,
    };
    let mut chosen = rules(exchange, jurisdiction, &bucket)?;
    chosen.retain(|rule| {
        rule.queue_id == queue && ids.as_ref().is_none_or(|ids| ids.contains(&rule.id.as_str()))
    });
    if chosen.is_empty() || ids.is_some_and(|ids| ids.len() != chosen.len()) {
        return Err(no_configuration());
    }
    for rule in chosen {
        exchange.store().execute("DELETE FROM r2_notifications WHERE rule_id = ?1", [rule.id])?;
    }
    Ok(Reply::ok(json!({})))
}

/// Jurisdiction and name of the bucket in the path; events have their own code for one that is not there.
fn existing(exchange: &Exchange<'_>) -> Result<(&'static str, String), ErrorReply> {
    let (jurisdiction, name) = (jurisdiction(exchange)?, exchange.parameter("bucket_name"));
    match buckets::find(exchange, jurisdiction, name)? {
        Some(_) => Ok((jurisdiction, name.to_owned())),
        None => Err(ErrorReply::new(404, 10085, "The specified bucket does not exist.")),
    }
}

fn queue<'a>(exchange: &'a Exchange<'_>) -> Result<&'a str, ErrorReply> {
    let id = exchange.parameter("queue_id");
    if is_id(id) { Ok(id) } else { Err(ErrorReply::new(404, 11000, "The specified queue does not exist.")) }
}

fn rules(exchange: &Exchange<'_>, jurisdiction: &str, bucket: &str) -> Result<Vec<Rule>, ErrorReply> {
    let mut statement = exchange.store().prepare(
        "SELECT queue_id, rule_id, settings FROM r2_notifications
         WHERE jurisdiction = ?1 AND name = ?2 ORDER BY rowid",
    )?;
    let rows = statement.query_map(params![jurisdiction, bucket], |row| {
        let settings = serde_json::from_str(&row.get::<_, String>(2)?).unwrap_or_default();
        Ok(Rule { queue_id: row.get(0)?, id: row.get(1)?, settings })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn queue_of(queue: &str, rules: &[Rule]) -> Value {
    let rules: Vec<Value> = rules
        .iter()
        .filter(|rule| rule.queue_id == queue)
        .map(|rule| {
            let mut shown = rule.settings.clone();
            shown.insert("ruleId".into(), rule.id.clone().into());
            Value::Object(shown)
        })
        .collect();
    json!({ "queueId": queue, "queueName": queue, "rules": rules })
}

fn settings(part: BodyPart<'_>) -> Result<Map<String, Value>, ErrorReply> {
    let rule = part.object()?;
    let actions = rule.field("actions");
    actions.some_of(&ACTIONS)?;
    let mut settings = Map::new();
    settings.insert("actions".into(), actions.texts()?.into());
    for field in ["prefix", "suffix", "description"] {
        if let Some(text) = rule.field(field).optional() {
            settings.insert(field.into(), text.text()?.into());
        }
    }
    Ok(settings)
}

/// Whether some event of some key would go by both.
fn overlap(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let text = |rule: &Map<String, Value>, field: &str| {
        rule.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let actions = |rule: &Map<String, Value>| rule.get("actions").and_then(Value::as_array).cloned();
    let (a, b) = (actions(one).unwrap_or_default(), actions(other).unwrap_or_default());
    let (before, other_before) = (text(one, "prefix"), text(other, "prefix"));
    let (after, other_after) = (text(one, "suffix"), text(other, "suffix"));
    a.iter().any(|action| b.contains(action))
        && (before.starts_with(&other_before) || other_before.starts_with(&before))
        && (after.ends_with(&other_after) || other_after.ends_with(&after))
}

/// A configuration that is none, under the code that events have for it.
fn invalid(failure: ErrorReply) -> ErrorReply {
    let message = failure.errors.first().and_then(|error| error["message"].as_str()).unwrap_or_default();
    ErrorReply::new(400, 11014, message)
}

fn no_configuration() -> ErrorReply {
    ErrorReply::new(404, 11011, "The event notification configuration does not exist.")
}
