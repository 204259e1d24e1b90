//! Objects over REST: put, get and delete, one or several.

use super::STORAGE_CLASSES;
use super::buckets::existing;
use super::rules::locked;
use crate::local::{ErrorReply, Exchange, Reply, md5_hex};
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value, json};

const KEY_BYTES_MAX: usize = 1024;

/// Keys in one call that deletes several.
const KEYS_MAX: usize = 1000;

/// Request headers that are kept with an object, and their names in `http_metadata`.
const METADATA: [(&str, &str); 6] = [
    ("content-type", "contentType"),
    ("content-encoding", "contentEncoding"),
    ("content-language", "contentLanguage"),
    ("content-disposition", "contentDisposition"),
    ("cache-control", "cacheControl"),
    ("expires", "cacheExpiry"),
];

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let found = exchange
        .store()
        .query_row(
            "SELECT body, etag, http_metadata FROM r2_objects
             WHERE jurisdiction = ?1 AND bucket = ?2 AND key = ?3",
            params![jurisdiction, bucket, exchange.parameter("object_key")],
            |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
        )
        .optional()?;
    let (body, etag, metadata) = found.ok_or_else(no_such_key)?;
    let metadata: Value = serde_json::from_str(&metadata).unwrap_or_default();
    let content_type = metadata["contentType"].as_str().unwrap_or("application/octet-stream");
    Ok(Reply::raw(200, content_type, body).with_header("etag", &format!("\"{etag}\"")))
}

/// The answer gives the size as a string (R2-12).
pub(super) fn put(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, fields) = existing(exchange)?;
    let key = exchange.parameter("object_key");
    if key.len() > KEY_BYTES_MAX {
        return Err(ErrorReply::new(400, 10020, "The specified object name is not valid."));
    }
    let class = match exchange.request.header("cf-r2-storage-class") {
        None => fields["storage_class"].as_str().unwrap_or_default(),
        Some(class) if STORAGE_CLASSES.contains(&class) => class,
        Some(_) => return Err(ErrorReply::new(400, 10062, "The storage class specified is not valid.")),
    };
    locked(exchange, jurisdiction, &bucket, key)?;
    let kept = METADATA.into_iter().filter_map(|(header, field)| {
        exchange.request.header(header).map(|value| (field.to_owned(), value.into()))
    });
    let metadata = Value::Object(kept.collect::<Map<_, _>>());
    let body = &exchange.request.body;
    let etag = md5_hex(body);
    let (version, uploaded) = (exchange.view.new_uuid()?, exchange.view.now_text());
    exchange.store().execute(
        "INSERT OR REPLACE INTO r2_objects
             (jurisdiction, bucket, key, body, etag, version, uploaded, storage_class, http_metadata)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![jurisdiction, bucket, key, body, etag, version, uploaded, class, metadata.to_string()],
    )?;
    Ok(Reply::ok(json!({
        "key": key, "etag": etag, "size": body.len().to_string(), "version": version,
        "storage_class": class, "uploaded": uploaded,
    })))
}

pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let key = exchange.parameter("object_key");
    locked(exchange, jurisdiction, &bucket, key)?;
    let deleted = exchange.store().execute(
        "DELETE FROM r2_objects WHERE jurisdiction = ?1 AND bucket = ?2 AND key = ?3",
        params![jurisdiction, bucket, key],
    )?;
    if deleted == 0 {
        return Err(no_such_key());
    }
    Ok(Reply::ok(json!({"key": key})))
}

/// Takes a list of keys, and names those that it has deleted (R2-13); one that is not there is no failure,
/// as with S3, whose limit is assumed as well: no source says either.
pub(super) fn delete_several(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let malformed = || ErrorReply::new(400, 10040, "The JSON you provided was not well formed.");
    let keys: Vec<String> =
        exchange.json().and_then(|body| serde_json::from_value(body).ok()).ok_or_else(malformed)?;
    if keys.is_empty() || keys.len() > KEYS_MAX {
        return Err(malformed());
    }
    // One that is locked keeps the others, too: no source says.
    keys.iter().try_for_each(|key| locked(exchange, jurisdiction, &bucket, key))?;
    let mut statement = exchange
        .store()
        .prepare_cached("DELETE FROM r2_objects WHERE jurisdiction = ?1 AND bucket = ?2 AND key = ?3")?;
    let mut deleted: Vec<Value> = Vec::new();
    for key in &keys {
        if statement.execute(params![jurisdiction, bucket, key])? > 0 {
            deleted.push(json!({ "key": key }));
        }
    }
    Ok(Reply::ok(deleted))
}

fn no_such_key() -> ErrorReply {
    ErrorReply::new(404, 10007, "The specified key does not exist.")
}
