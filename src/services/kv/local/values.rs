//! Single keys: list, read, write, delete. Values are raw bytes in both directions; only errors are envelopes.

use super::bad_parameter;
use super::entry::{self, Entry, KeyQuery, ListedKey, check_key};
use super::invalid_body;
use super::namespaces::existing;
use crate::local::{ErrorReply, Exchange, Reply, parts};
use serde_json::{Map, Value, json};

const LIMIT_DEFAULT: usize = 1000;

pub(super) fn keys(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let namespace_id = existing(exchange)?;
    let limit = match exchange.query("limit").map(|text| text.parse::<usize>()) {
        None => LIMIT_DEFAULT,
        Some(Ok(limit @ 10..=1000)) => limit,
        Some(_) => return Err(bad_parameter("limit must be between 10 and 1000")),
    };
    let prefix = exchange.query("prefix").unwrap_or_default();
    let cursor = exchange.query("cursor").unwrap_or_default();
    let wanted = KeyQuery { prefix: &prefix, cursor: &cursor, limit };
    let (keys, next) = entry::page(exchange.store(), &namespace_id, exchange.view.now(), &wanted)?;
    let rows: Vec<Value> = keys.into_iter().map(key_json).collect();
    let info = json!({"count": rows.len(), "cursor": next});
    Ok(Reply::ok_list(rows, info))
}

fn key_json(listed: ListedKey) -> Value {
    let mut row = Map::from_iter([("name".to_owned(), Value::String(listed.key))]);
    if let Some(expiration) = listed.expiration {
        row.insert("expiration".into(), expiration.into());
    }
    if !listed.metadata.is_null() {
        row.insert("metadata".into(), listed.metadata);
    }
    row.into()
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let entry = read(exchange)?;
    let reply = Reply::raw(200, "application/octet-stream", entry.value);
    Ok(match entry.expiration {
        Some(expiration) => reply.with_header("expiration", &expiration.to_string()),
        None => reply,
    })
}

pub(super) fn metadata(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    Ok(Reply::ok(read(exchange)?.metadata))
}

fn read(exchange: &Exchange<'_>) -> Result<Entry, ErrorReply> {
    let namespace_id = existing(exchange)?;
    let key = exchange.parameter("key");
    check_key(key)?;
    Entry::read(exchange.store(), &namespace_id, key, exchange.view.now())?
        .ok_or_else(|| ErrorReply::new(404, 10009, "get: 'key not found'"))
}

/// The body is the value, or a form with `value` and, as JSON, `metadata`.
pub(super) fn put(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let namespace_id = existing(exchange)?;
    let content_type = exchange.request.header("content-type");
    let (value, metadata) = match parts(content_type, &exchange.request.body) {
        Some(parts) => {
            let part = |name: &str| parts.iter().find(|part| part.name == name).map(|part| part.body);
            let value = part("value").ok_or_else(|| invalid_body("part `value` is missing"))?;
            (value, part("metadata"))
        }
        None => (exchange.request.body.as_slice(), None),
    };
    let metadata = match metadata {
        Some(text) => serde_json::from_slice(text).map_err(|_| invalid_body("metadata is not JSON"))?,
        None => Value::Null,
    };
    let parameter = |name: &str| exchange.query(name).map(Value::from);
    let (end, ttl) = (parameter("expiration"), parameter("expiration_ttl"));
    let expiration = entry::expiration(exchange.view.now(), end.as_ref(), ttl.as_ref())?;
    let entry = Entry { value: value.to_vec(), metadata, expiration };
    entry.write(exchange.store(), &namespace_id, exchange.parameter("key"))?;
    Ok(Reply::ok(Value::Null))
}

/// A key that is not there is deleted with success.
pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let namespace_id = existing(exchange)?;
    let key = exchange.parameter("key");
    check_key(key)?;
    exchange
        .store()
        .execute("DELETE FROM kv_entries WHERE namespace_id = ?1 AND key = ?2", [&namespace_id, key])?;
    Ok(Reply::ok(Value::Null))
}
