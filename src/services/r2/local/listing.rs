//! Lists the objects of a bucket, one level of them where a delimiter is given (R2-11).
//!
//! **Invariant:** a listing that is followed by its cursor to the end names each object, or the prefix that stands for
//! it, exactly once.

use super::buckets::existing;
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::{Row, params};
use serde_json::{Value, json};

const PER_PAGE_MAX: usize = 1000;

/// The result is the array itself; the prefixes, and what is left, are in `result_info`.
pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let per_page = match exchange.query("per_page").map(|text| text.parse::<usize>()) {
        None => PER_PAGE_MAX,
        Some(Ok(number @ 1..=PER_PAGE_MAX)) => number,
        Some(_) => return Err(ErrorReply::new(400, 10040, "per_page must be between 1 and 1000")),
    };
    let prefix = exchange.query("prefix").unwrap_or_default();
    let delimiter = exchange.query("delimiter").unwrap_or_default();
    let cursor = exchange.query("cursor").filter(|cursor| !cursor.is_empty());
    let after = cursor.or_else(|| exchange.query("start_after")).unwrap_or_default();
    // One bound, so that it is where the index is entered. No key is empty.
    let (from, begins) = if after < prefix { (&prefix, ">=") } else { (&after, ">") };
    let sql = format!(
        "SELECT key, length(body), etag, uploaded, storage_class, http_metadata FROM r2_objects
         WHERE jurisdiction = ?1 AND bucket = ?2 AND key {begins} ?3 ORDER BY key"
    );
    let mut statement = exchange.store().prepare_cached(&sql)?;
    let mut rows = statement.query(params![jurisdiction, bucket, from])?;
    let mut page = Page::default();
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        let Some(rest) = key.strip_prefix(&prefix) else { break };
        let group = folded(rest, &delimiter).map(|length| key[..prefix.len() + length].to_owned());
        let is_of_last = group.is_some() && page.delimited.last() == group.as_ref();
        if !is_of_last && page.objects.len() + page.delimited.len() == per_page {
            page.is_truncated = true;
            break;
        }
        match group {
            Some(group) if !is_of_last => page.delimited.push(group),
            Some(_) => {}
            None => page.objects.push(object(&key, row)?),
        }
        // Of a prefix it is the last object that it stands for.
        page.last = key;
    }
    let Page { objects, delimited, last, is_truncated } = page;
    let cursor = if is_truncated { last } else { String::new() };
    let info = json!({
        "cursor": cursor, "is_truncated": is_truncated, "per_page": per_page, "delimited": delimited,
    });
    Ok(Reply::ok_list(objects, info))
}

#[derive(Default)]
struct Page {
    objects: Vec<Value>,
    delimited: Vec<String>,
    /// The last key that an object or a prefix of this page stands for.
    last: String,
    is_truncated: bool,
}

/// How much of a key, after the prefix that was asked for, is the prefix that stands for it.
fn folded(rest: &str, delimiter: &str) -> Option<usize> {
    if delimiter.is_empty() {
        return None;
    }
    rest.find(delimiter).map(|at| at + delimiter.len())
}

fn object(key: &str, row: &Row<'_>) -> rusqlite::Result<Value> {
    let text = |at| row.get::<_, String>(at);
    let http_metadata: Value = serde_json::from_str(&text(5)?).unwrap_or_default();
    Ok(json!({
        "key": key, "size": row.get::<_, i64>(1)?, "etag": text(2)?, "last_modified": text(3)?,
        "storage_class": text(4)?, "http_metadata": http_metadata, "custom_metadata": {}, "ssec": false,
    }))
}
