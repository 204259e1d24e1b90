//! One stored key with value, metadata and expiration, and the rules for it.

use super::{bad_parameter, invalid_body};
use crate::local::ErrorReply;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

const KEY_BYTES_MAX: usize = 512;
const VALUE_BYTES_MAX: usize = 25 * 1024 * 1024;
const METADATA_BYTES_MAX: usize = 1024;
const TTL_SECONDS_MIN: i64 = 60;

/// What a key holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) value: Vec<u8>,
    /// Null when there is none.
    pub(super) metadata: Value,
    /// Seconds since 1970.
    pub(super) expiration: Option<i64>,
}

impl Entry {
    /// Replaces all that the key held: value, metadata and expiration.
    pub(super) fn write(&self, store: &Connection, namespace_id: &str, key: &str) -> Result<(), ErrorReply> {
        check_key(key)?;
        let bytes = self.value.len();
        if bytes > VALUE_BYTES_MAX {
            let message = format!("Value length of {bytes} exceeds limit of {VALUE_BYTES_MAX}.");
            return Err(ErrorReply::new(413, 10012, message));
        }
        let metadata = (!self.metadata.is_null()).then(|| self.metadata.to_string());
        let bytes = metadata.as_ref().map_or(0, String::len);
        if bytes > METADATA_BYTES_MAX {
            let message = format!("Metadata length of {bytes} exceeds limit of {METADATA_BYTES_MAX}.");
            return Err(ErrorReply::new(413, 10012, message));
        }
        store.execute(
            "INSERT INTO kv_entries (namespace_id, key, value, metadata, expiration) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET value = excluded.value, metadata = excluded.metadata,
                 expiration = excluded.expiration",
            params![namespace_id, key, self.value, metadata, self.expiration],
        )?;
        Ok(())
    }

    /// What a key holds now.
    pub(super) fn read(
        store: &Connection,
        namespace_id: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Entry>, ErrorReply> {
        let sql = "SELECT value, metadata, expiration FROM kv_entries
             WHERE namespace_id = ?1 AND key = ?2 AND (expiration IS NULL OR expiration > ?3)";
        let entry = store
            .query_row(sql, params![namespace_id, key, now.as_second()], |row| Entry::of(row, 0))
            .optional()?;
        Ok(entry)
    }

    fn of(row: &Row<'_>, first: usize) -> rusqlite::Result<Entry> {
        Ok(Entry {
            value: row.get(first)?,
            metadata: json_of(row.get(first + 1)?),
            expiration: row.get(first + 2)?,
        })
    }
}

/// Every living entry of a namespace, by key in byte order.
pub(super) fn all(
    store: &Connection,
    namespace_id: &str,
    now: Timestamp,
) -> Result<Vec<(String, Entry)>, ErrorReply> {
    let mut statement = store.prepare(
        "SELECT key, value, metadata, expiration FROM kv_entries
         WHERE namespace_id = ?1 AND (expiration IS NULL OR expiration > ?2) ORDER BY key",
    )?;
    let rows = statement
        .query_map(params![namespace_id, now.as_second()], |row| Ok((row.get(0)?, Entry::of(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keys have 1 to 512 bytes and are not `.` or `..`; what the service says about others is assumed.
pub(super) fn check_key(key: &str) -> Result<(), ErrorReply> {
    match key {
        "" | "." | ".." => Err(invalid_body(&format!("key name cannot be \"{key}\""))),
        _ if key.len() > KEY_BYTES_MAX => {
            let bytes = key.len();
            let message =
                format!("UTF-8 encoded length of {bytes} exceeds key length limit of {KEY_BYTES_MAX}.");
            Err(ErrorReply::new(414, 10012, message))
        }
        _ => Ok(()),
    }
}

/// When an entry ends: `expiration_ttl` wins over `expiration`, both lie at least 60 s ahead.
pub(super) fn expiration(
    now: Timestamp,
    expiration: Option<&Value>,
    ttl: Option<&Value>,
) -> Result<Option<i64>, ErrorReply> {
    let seconds = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    let given = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
    let end = match (given(ttl), given(expiration)) {
        (Some(ttl), _) => seconds(&ttl).map(|ttl| now.as_second().saturating_add(ttl)),
        (None, Some(end)) => seconds(&end),
        (None, None) => return Ok(None),
    };
    match end {
        Some(end) if end >= now.as_second() + TTL_SECONDS_MIN => Ok(Some(end)),
        _ => {
            Err(ErrorReply::new(400, 10034, "invalid expiration ttl: it must lie at least 60 seconds ahead"))
        }
    }
}

/// A key as listings give it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListedKey {
    pub(super) key: String,
    /// Null when there is none.
    pub(super) metadata: Value,
    /// Seconds since 1970.
    pub(super) expiration: Option<i64>,
}

/// What a listing asks for.
#[derive(Clone, Copy)]
pub(super) struct KeyQuery<'a> {
    pub(super) prefix: &'a str,
    /// Of the page before; empty for the first.
    pub(super) cursor: &'a str,
    pub(super) limit: usize,
}

/// The keys of a namespace after a cursor, by key in byte order, and the cursor of the page after them (empty at the end).
///
/// Only the rows of the page are read: the key is the index.
pub(super) fn page(
    store: &Connection,
    namespace_id: &str,
    now: Timestamp,
    wanted: &KeyQuery<'_>,
) -> Result<(Vec<ListedKey>, String), ErrorReply> {
    let KeyQuery { prefix, cursor, limit } = *wanted;
    let after = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| bad_parameter("invalid cursor"))?;
    // One bound, so that it is where the index is entered. No key is empty.
    let (from, begins) = if after.as_str() < prefix { (prefix, ">=") } else { (after.as_str(), ">") };
    let sql = format!(
        "SELECT key, metadata, expiration FROM kv_entries WHERE namespace_id = ?1 AND key {begins} ?2
         AND (expiration IS NULL OR expiration > ?3) ORDER BY key"
    );
    let mut statement = store.prepare_cached(&sql)?;
    let mut rows = statement.query(params![namespace_id, from, now.as_second()])?;
    let mut found: Vec<ListedKey> = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        if !key.starts_with(prefix) {
            break;
        }
        if found.len() == limit {
            let next = found.last().map(|last| URL_SAFE_NO_PAD.encode(&last.key)).unwrap_or_default();
            return Ok((found, next));
        }
        found.push(ListedKey { key, metadata: json_of(row.get(1)?), expiration: row.get(2)? });
    }
    Ok((found, String::new()))
}

fn json_of(metadata: Option<String>) -> Value {
    metadata.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Kv;
    use super::*;
    use crate::local::LocalService as _;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Instructions of SQLite's machine that a listing of ten keys takes among so many.
    fn instructions(keys: usize, wanted: KeyQuery<'_>) -> u64 {
        let mut store = Connection::open_in_memory().unwrap();
        store.execute_batch(Kv.schema()).unwrap();
        let entries = "INSERT INTO kv_namespaces VALUES ('n', 't', NULL);
            INSERT INTO kv_entries WITH RECURSIVE k (a) AS (SELECT 0 UNION ALL SELECT a + 1 FROM k LIMIT ";
        let entries = format!("{entries}{keys}) SELECT 'n', format('key-%06d', a), 'v', NULL, NULL FROM k");
        store.execute_batch(&entries).unwrap();
        let count = Arc::new(AtomicU64::new(0));
        let counter = count.clone();
        let tick = move || counter.fetch_add(1, Ordering::Relaxed) == u64::MAX;
        store.progress_handler(1, Some(tick)).unwrap();
        let (found, next) = page(&store, "n", Timestamp::UNIX_EPOCH, &wanted).unwrap();
        assert_eq!((found.len(), next.is_empty()), (10, false));
        count.load(Ordering::Relaxed)
    }

    #[test]
    fn a_listing_touches_the_keys_of_its_page_however_many_there_are() {
        let cursor = URL_SAFE_NO_PAD.encode("key-000700");
        for wanted in [
            KeyQuery { prefix: "", cursor: "", limit: 10 },
            KeyQuery { prefix: "key-0007", cursor: "", limit: 10 },
            KeyQuery { prefix: "", cursor: &cursor, limit: 10 },
            KeyQuery { prefix: "key-0007", cursor: &cursor, limit: 10 },
        ] {
            let (few, many) = (instructions(1_000, wanted), instructions(100_000, wanted));
            assert_eq!(few, many);
            assert!(many < 300, "{many}");
        }
    }
}
