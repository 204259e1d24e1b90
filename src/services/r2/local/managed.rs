//! The managed domain of a bucket (`r2.dev`), which makes it public.

use super::buckets::existing;
use super::part::BodyPart;
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::params;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, name, _) = existing(exchange)?;
    Ok(Reply::ok(domain(exchange, jurisdiction, &name)?))
}

pub(super) fn put(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, name, _) = existing(exchange)?;
    let body = exchange.json().unwrap_or_default();
    let is_enabled = BodyPart::body(&body).field("enabled").flag()?;
    let sql = if is_enabled {
        "INSERT OR IGNORE INTO r2_public (jurisdiction, name) VALUES (?1, ?2)"
    } else {
        "DELETE FROM r2_public WHERE jurisdiction = ?1 AND name = ?2"
    };
    exchange.store().execute(sql, params![jurisdiction, name])?;
    Ok(Reply::ok(domain(exchange, jurisdiction, &name)?))
}

fn domain(exchange: &Exchange<'_>, jurisdiction: &str, name: &str) -> Result<Value, ErrorReply> {
    let sql = "SELECT EXISTS (SELECT 1 FROM r2_public WHERE jurisdiction = ?1 AND name = ?2)";
    let is_enabled: bool = exchange.store().query_row(sql, [jurisdiction, name], |row| row.get(0))?;
    let digest = Sha256::digest(format!("{}/{jurisdiction}/{name}", exchange.view.account_id));
    let id = hex::encode(&digest[..16]);
    Ok(json!({ "bucketId": id, "domain": format!("pub-{id}.r2.dev"), "enabled": is_enabled }))
}
