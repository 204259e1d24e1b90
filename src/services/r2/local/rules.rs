//! The rules of a bucket: for how long what it holds stays, and which web pages may ask for it (Cloudflare API notes 3.2).

use super::buckets::existing;
use crate::local::{Exchange, Failure, Reply};
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

const LIFECYCLE: &str = "lifecycle";
const CORS: &str = "cors";

/// A new bucket ends uploads that were not finished for a week.
pub(super) fn lifecycle(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let rules = stored(exchange, LIFECYCLE)?.unwrap_or_else(|| {
        let condition = json!({ "type": "Age", "maxAge": 604_800 });
        json!([{
            "id": "Default Multipart Abort Rule", "enabled": true, "conditions": { "prefix": "" },
            "abortMultipartUploadsTransition": { "condition": condition }
        }])
    });
    Ok(Reply::ok(json!({ "rules": rules })))
}

pub(super) fn put_lifecycle(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    put(exchange, LIFECYCLE)
}

/// Without rules it is not there.
pub(super) fn cors(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    match stored(exchange, CORS)? {
        Some(rules) => Ok(Reply::ok(json!({ "rules": rules }))),
        None => Err(Failure::new(404, 10059, "The CORS configuration does not exist.")),
    }
}

pub(super) fn put_cors(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    put(exchange, CORS)
}

pub(super) fn delete_cors(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let (jurisdiction, name, _) = existing(exchange)?;
    let sql = "DELETE FROM r2_rules WHERE jurisdiction = ?1 AND name = ?2 AND kind = ?3";
    exchange.store().execute(sql, params![jurisdiction, name, CORS])?;
    Ok(Reply::ok(json!({})))
}

fn stored(exchange: &Exchange<'_>, kind: &str) -> Result<Option<Value>, Failure> {
    let (jurisdiction, name, _) = existing(exchange)?;
    let sql = "SELECT rules FROM r2_rules WHERE jurisdiction = ?1 AND name = ?2 AND kind = ?3";
    let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let text = exchange.store().query_row(sql, params![jurisdiction, name, kind], read).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// All rules are replaced.
fn put(exchange: &mut Exchange<'_>, kind: &str) -> Result<Reply, Failure> {
    let (jurisdiction, name, _) = existing(exchange)?;
    let body = exchange.json().unwrap_or_default();
    let rules = body["rules"].as_array().filter(|rules| rules.iter().all(Value::is_object));
    // No source names the code; this one is assumed.
    let rules =
        rules.ok_or_else(|| Failure::new(400, 10040, "The JSON you provided was not well formed."))?;
    let sql = "INSERT INTO r2_rules (jurisdiction, name, kind, rules) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET rules = excluded.rules WHERE rules <> excluded.rules";
    let rules = Value::Array(rules.clone()).to_string();
    exchange.store().execute(sql, params![jurisdiction, name, kind, rules])?;
    Ok(Reply::ok(json!({})))
}
