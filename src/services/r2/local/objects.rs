//! Objects over REST: enough to fill a bucket, look into it and empty it.

use super::STORAGE_CLASSES;
use super::buckets::existing;
use crate::local::{Exchange, Failure, Reply, sha256_hex};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Map, Value, json};

const PER_PAGE_MAX: usize = 1000;
const KEY_BYTES_MAX: usize = 1024;

/// Request headers that are kept with an object, and their names in `http_metadata`.
const METADATA: [(&str, &str); 6] = [
    ("content-type", "contentType"),
    ("content-encoding", "contentEncoding"),
    ("content-language", "contentLanguage"),
    ("content-disposition", "contentDisposition"),
    ("cache-control", "cacheControl"),
    ("expires", "cacheExpiry"),
];

/// The result is the array itself; what is left is said in `result_info`.
pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let per_page = match exchange.query("per_page").map(|text| text.parse::<usize>()) {
        None => PER_PAGE_MAX,
        Some(Ok(number @ 1..=PER_PAGE_MAX)) => number,
        Some(_) => return Err(Failure::new(400, 10040, "per_page must be between 1 and 1000")),
    };
    let prefix = exchange.query("prefix").unwrap_or_default();
    let after = exchange.query("cursor").or_else(|| exchange.query("start_after")).unwrap_or_default();
    let mut statement = exchange.store().prepare(
        "SELECT key, length(body), etag, uploaded, storage_class, http_metadata FROM r2_objects
         WHERE jurisdiction = ?1 AND bucket = ?2 AND key > ?3 ORDER BY key",
    )?;
    let mut rows: Vec<(String, Value)> =
        statement.query_map(params![jurisdiction, bucket, after], object)?.collect::<Result<_, _>>()?;
    rows.retain(|(key, _)| key.starts_with(&prefix));
    let is_truncated = rows.len() > per_page;
    rows.truncate(per_page);
    let last = rows.last().filter(|_| is_truncated).map(|(key, _)| key.clone());
    let info = json!({
        "cursor": last.unwrap_or_default(), "is_truncated": is_truncated, "per_page": per_page, "delimited": [],
    });
    Ok(Reply::ok_list(rows.into_iter().map(|(_, object)| object).collect::<Vec<_>>(), info))
}

fn object(row: &Row<'_>) -> rusqlite::Result<(String, Value)> {
    let text = |at| row.get::<_, String>(at);
    let key = text(0)?;
    let http_metadata: Value = serde_json::from_str(&text(5)?).unwrap_or_default();
    let object = json!({
        "key": key, "size": row.get::<_, i64>(1)?, "etag": text(2)?, "last_modified": text(3)?,
        "storage_class": text(4)?, "http_metadata": http_metadata, "custom_metadata": {}, "ssec": false,
    });
    Ok((key, object))
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
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

/// The answer gives the size as a string (Cloudflare API notes 3.3).
pub(super) fn put(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let (jurisdiction, bucket, fields) = existing(exchange)?;
    let key = exchange.parameter("object_key");
    if key.len() > KEY_BYTES_MAX {
        return Err(Failure::new(400, 10020, "The specified object name is not valid."));
    }
    let class = match exchange.request.header("cf-r2-storage-class") {
        None => fields["storage_class"].as_str().unwrap_or_default(),
        Some(class) if STORAGE_CLASSES.contains(&class) => class,
        Some(_) => return Err(Failure::new(400, 10062, "The storage class specified is not valid.")),
    };
    let kept = METADATA.into_iter().filter_map(|(header, field)| {
        exchange.request.header(header).map(|value| (field.to_owned(), value.into()))
    });
    let metadata = Value::Object(kept.collect::<Map<_, _>>());
    let body = &exchange.request.body;
    // Opaque to clients; a real one is the MD5, which nothing else here needs.
    let etag = &sha256_hex(body)[..32];
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

pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let key = exchange.parameter("object_key");
    let deleted = exchange.store().execute(
        "DELETE FROM r2_objects WHERE jurisdiction = ?1 AND bucket = ?2 AND key = ?3",
        params![jurisdiction, bucket, key],
    )?;
    if deleted == 0 {
        return Err(no_such_key());
    }
    Ok(Reply::ok(json!({"key": key})))
}

fn no_such_key() -> Failure {
    Failure::new(404, 10007, "The specified key does not exist.")
}
