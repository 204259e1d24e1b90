//! Many keys in one call; the bodies of writes and deletes are bare arrays.

use super::entry::{self, Entry, check_key};
use super::invalid_body;
use super::namespaces::existing;
use crate::local::{ErrorReply, Exchange, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const PAIRS_MAX: usize = 10_000;
const BODY_BYTES_MAX: usize = 100 * 1024 * 1024;
const KEYS_READ_MAX: usize = 100;

/// All pairs or none: that keys are left out (KV-6) is a fault of the service, not of a pair.
pub(super) fn put(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let namespace_id = existing(exchange)?;
    let pairs = array(exchange)?;
    for pair in &pairs {
        let key = pair["key"].as_str().ok_or_else(|| invalid_body("a pair without key"))?;
        entry_of(pair, exchange.view.now())?.write(exchange.store(), &namespace_id, key)?;
    }
    Ok(counted(pairs.len()))
}

fn entry_of(pair: &Value, now: Timestamp) -> Result<Entry, ErrorReply> {
    let text = pair["value"].as_str().ok_or_else(|| invalid_body("a value that is no string"))?;
    let value = match &pair["base64"] {
        Value::Bool(true) => STANDARD.decode(text).map_err(|_| invalid_body("a value that is not base64"))?,
        Value::Bool(false) | Value::Null => text.as_bytes().to_vec(),
        _ => return Err(invalid_body("base64 is no boolean")),
    };
    let expiration = entry::expiration(now, pair.get("expiration"), pair.get("expiration_ttl"))?;
    Ok(Entry { value, metadata: pair["metadata"].clone(), expiration })
}

pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let namespace_id = existing(exchange)?;
    let keys = array(exchange)?;
    for key in &keys {
        let key = key.as_str().ok_or_else(|| invalid_body("a key that is no string"))?;
        check_key(key)?;
        exchange
            .store()
            .execute("DELETE FROM kv_entries WHERE namespace_id = ?1 AND key = ?2", [&namespace_id, key])?;
    }
    Ok(counted(keys.len()))
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let namespace_id = existing(exchange)?;
    let body = exchange.json().filter(Value::is_object).ok_or_else(|| invalid_body("not a JSON object"))?;
    let keys = body["keys"].as_array().ok_or_else(|| invalid_body("keys"))?;
    match keys.len() {
        0 => return Err(ErrorReply::new(400, 10029, "minimum keys required: 1")),
        1..=KEYS_READ_MAX => {}
        _ => return Err(invalid_body("at most 100 keys")),
    }
    let as_json = match body["type"].as_str() {
        None if body["type"].is_null() => false,
        Some("text") => false,
        Some("json") => true,
        _ => return Err(invalid_body("type")),
    };
    let with_metadata = body["withMetadata"].as_bool().unwrap_or_default();
    let mut values = Map::new();
    for key in keys {
        let key = key.as_str().ok_or_else(|| invalid_body("a key that is no string"))?;
        let entry = Entry::read(exchange.store(), &namespace_id, key, exchange.view.now())?;
        let shown = entry.map(|entry| shown(&entry, as_json, with_metadata)).transpose()?;
        values.insert(key.to_owned(), shown.unwrap_or_default());
    }
    Ok(Reply::ok(json!({"values": values})))
}

fn shown(entry: &Entry, as_json: bool, with_metadata: bool) -> Result<Value, ErrorReply> {
    let value: Value = if as_json {
        serde_json::from_slice(&entry.value).map_err(|_| invalid_body("a value that is not JSON"))?
    } else {
        String::from_utf8_lossy(&entry.value).into()
    };
    if !with_metadata {
        return Ok(value);
    }
    let mut shown = json!({"value": value, "metadata": entry.metadata});
    if let Some(expiration) = entry.expiration {
        shown["expiration"] = expiration.into();
    }
    Ok(shown)
}

fn array(exchange: &Exchange<'_>) -> Result<Vec<Value>, ErrorReply> {
    if exchange.request.body.len() > BODY_BYTES_MAX {
        return Err(ErrorReply::new(413, 10012, "the request is larger than 100 MB"));
    }
    match exchange.json() {
        Some(Value::Array(items)) if items.len() <= PAIRS_MAX => Ok(items),
        Some(Value::Array(_)) => Err(invalid_body("more than 10,000 pairs")),
        _ => Err(invalid_body("not a JSON array")),
    }
}

fn counted(keys: usize) -> Reply {
    Reply::ok(json!({"successful_key_count": keys, "unsuccessful_keys": []}))
}
