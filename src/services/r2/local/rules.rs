//! The rules of a bucket, each replaced as a whole: CORS, lifecycle and locks (R2-6).

mod cors;
mod lifecycle;
mod lock;

pub(super) use lock::refuses as locked;

use super::buckets::existing;
use super::part::BodyPart;
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

/// One kind of rules.
struct RuleKind {
    /// As in the path.
    name: &'static str,
    /// Rules that a bucket may have.
    rules_max: usize,
    /// Refuses a rule that is none.
    check: fn(&BodyPart<'_>) -> Result<(), ErrorReply>,
}

const CORS: RuleKind = RuleKind { name: "cors", rules_max: usize::MAX, check: cors::check };
const LIFECYCLE: RuleKind = RuleKind { name: "lifecycle", rules_max: 1000, check: lifecycle::check };
const LOCK: RuleKind = RuleKind { name: "lock", rules_max: 1000, check: lock::check };

pub(super) fn lifecycle(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let rules = stored(exchange, jurisdiction, &bucket, &LIFECYCLE)?.unwrap_or_else(lifecycle::at_first);
    Ok(Reply::ok(json!({ "rules": rules })))
}

pub(super) fn put_lifecycle(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    put(exchange, &LIFECYCLE)
}

/// Without rules it is not there.
pub(super) fn cors(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    match stored(exchange, jurisdiction, &bucket, &CORS)? {
        Some(rules) => Ok(Reply::ok(json!({ "rules": rules }))),
        None => Err(ErrorReply::new(404, 10059, "The CORS configuration does not exist.")),
    }
}

pub(super) fn put_cors(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    put(exchange, &CORS)
}

pub(super) fn delete_cors(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, name, _) = existing(exchange)?;
    let sql = "DELETE FROM r2_rules WHERE jurisdiction = ?1 AND name = ?2 AND kind = ?3";
    exchange.store().execute(sql, params![jurisdiction, name, CORS.name])?;
    Ok(Reply::ok(json!({})))
}

pub(super) fn lock(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let rules = stored(exchange, jurisdiction, &bucket, &LOCK)?.unwrap_or_else(|| json!([]));
    Ok(Reply::ok(json!({ "rules": rules })))
}

pub(super) fn put_lock(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    put(exchange, &LOCK)
}

fn stored(
    exchange: &Exchange<'_>,
    jurisdiction: &str,
    bucket: &str,
    kind: &RuleKind,
) -> Result<Option<Value>, ErrorReply> {
    let sql = "SELECT rules FROM r2_rules WHERE jurisdiction = ?1 AND name = ?2 AND kind = ?3";
    let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let text = exchange.store().query_row(sql, params![jurisdiction, bucket, kind.name], read).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// All rules are replaced. They are kept as they were sent.
fn put(exchange: &mut Exchange<'_>, kind: &RuleKind) -> Result<Reply, ErrorReply> {
    let (jurisdiction, name, _) = existing(exchange)?;
    let body = exchange.json().unwrap_or_default();
    let list = BodyPart::body(&body).field("rules");
    let rules = list.items()?;
    if rules.len() > kind.rules_max {
        return Err(list.malformed());
    }
    let mut ids = Vec::new();
    for rule in rules {
        let rule = rule.object()?;
        (kind.check)(&rule)?;
        let Some(id) = rule.field("id").optional() else { continue };
        let text = id.word()?;
        if ids.contains(&text) {
            return Err(id.malformed());
        }
        ids.push(text);
    }
    let sql = "INSERT INTO r2_rules (jurisdiction, name, kind, rules) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET rules = excluded.rules WHERE rules <> excluded.rules";
    exchange.store().execute(sql, params![jurisdiction, name, kind.name, body["rules"].to_string()])?;
    Ok(Reply::ok(json!({})))
}
