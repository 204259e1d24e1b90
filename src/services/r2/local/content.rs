//! The content of a bucket.

use crate::local::{ErrorReply, Resource, View};
use rusqlite::{Params, params};
use serde_json::{Value, json};

pub(super) fn content(view: &View<'_>, bucket: &Resource) -> Result<Value, ErrorReply> {
    let key = params![bucket.jurisdiction, bucket.name];
    let fields = view.store.query_row(
        "SELECT location, storage_class,
             EXISTS (SELECT 1 FROM r2_public WHERE jurisdiction = ?1 AND name = ?2)
         FROM r2_buckets WHERE jurisdiction = ?1 AND name = ?2",
        key,
        |row| {
            let (location, class): (String, String) = (row.get(0)?, row.get(1)?);
            let is_public: bool = row.get(2)?;
            Ok(json!({"location": location, "storage_class": class, "is_public": is_public}))
        },
    )?;
    let objects = rows(
        view,
        "SELECT json_array(key, etag, storage_class, http_metadata) FROM r2_objects
         WHERE jurisdiction = ?1 AND bucket = ?2 ORDER BY key",
        key,
    )?;
    let mut content = json!({"bucket": fields, "objects": objects});
    let mut statement = view
        .store
        .prepare("SELECT kind, rules FROM r2_rules WHERE jurisdiction = ?1 AND name = ?2 ORDER BY kind")?;
    let mut rules = statement.query(key)?;
    while let Some(row) = rules.next()? {
        content[row.get::<_, String>(0)?] = row.get::<_, String>(1)?.into();
    }
    for (field, sql) in [
        ("domains", "SELECT settings FROM r2_domains WHERE jurisdiction = ?1 AND name = ?2 ORDER BY domain"),
        ("sippy", "SELECT settings FROM r2_sippy WHERE jurisdiction = ?1 AND name = ?2"),
        (
            "notifications",
            "SELECT json_array(queue_id, json_remove(settings, '$.createdAt')) FROM r2_notifications
             WHERE jurisdiction = ?1 AND name = ?2 ORDER BY 1",
        ),
    ] {
        let found = rows(view, sql, key)?;
        if !found.is_empty() {
            content[field] = found.into();
        }
    }
    Ok(content)
}

/// The JSON in the first column of each row.
fn rows(view: &View<'_>, sql: &str, parameters: impl Params) -> Result<Vec<Value>, ErrorReply> {
    let mut statement = view.store.prepare(sql)?;
    let texts = statement.query_map(parameters, |row| row.get::<_, String>(0))?;
    texts.map(|text| Ok(serde_json::from_str(&text?).unwrap_or_default())).collect()
}
