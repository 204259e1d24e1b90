//! Sippy: incremental migration from another provider. Nothing is fetched here (R2-9).
//!
//! **Invariant:** no key of a provider is kept.

use super::buckets::existing;
use super::part::BodyPart;
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

/// A provider: what it is asked with, and which of that an answer shows.
struct Provider {
    name: &'static str,
    shown: &'static [&'static str],
    secret: &'static [&'static str],
}

const PROVIDERS: [Provider; 4] = [
    Provider { name: "aws", shown: &["bucket", "region"], secret: &["accessKeyId", "secretAccessKey"] },
    Provider { name: "gcs", shown: &["bucket"], secret: &["clientEmail", "privateKey"] },
    Provider { name: "s3", shown: &["bucketUrl"], secret: &["accessKeyId", "secretAccessKey"] },
    // With an account key or a shared access signature.
    Provider { name: "azure", shown: &["container"], secret: &["accountName"] },
];

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let sql = "SELECT settings FROM r2_sippy WHERE jurisdiction = ?1 AND name = ?2";
    let settings = exchange
        .store()
        .query_row(sql, params![jurisdiction, bucket], |row| row.get::<_, String>(0))
        .optional()?;
    let settings = settings.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    Ok(Reply::ok(settings.unwrap_or_else(off)))
}

pub(super) fn put(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let body = exchange.json().unwrap_or_default();
    let part = BodyPart::body(&body).object()?;
    let source = source(&part.field("source").object()?)?;
    let destination = part.field("destination").object()?;
    destination.field("provider").one_of(&["r2"])?;
    destination.field("secretAccessKey").word()?;
    let destination = json!({
        "provider": "r2", "bucket": bucket, "account": exchange.view.account_id,
        "accessKeyId": destination.field("accessKeyId").word()?,
    });
    let settings = json!({ "enabled": true, "source": source, "destination": destination });
    let sql = "INSERT INTO r2_sippy (jurisdiction, name, settings) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET settings = excluded.settings WHERE settings <> excluded.settings";
    exchange.store().execute(sql, params![jurisdiction, bucket, settings.to_string()])?;
    Ok(Reply::ok(settings))
}

pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let sql = "DELETE FROM r2_sippy WHERE jurisdiction = ?1 AND name = ?2";
    exchange.store().execute(sql, params![jurisdiction, bucket])?;
    Ok(Reply::ok(off()))
}

fn off() -> Value {
    json!({ "enabled": false })
}

/// What an answer shows of a source.
fn source(part: &BodyPart<'_>) -> Result<Value, ErrorReply> {
    let names = PROVIDERS.map(|provider| provider.name);
    let name = part.field("provider").one_of(&names)?;
    let mut shown = json!({ "provider": name });
    for provider in PROVIDERS.iter().filter(|provider| provider.name == name) {
        for field in provider.secret {
            part.field(field).word()?;
        }
        for field in provider.shown {
            shown[field] = part.field(field).word()?.into();
        }
    }
    if name == "azure" {
        match (part.field("accountKey").optional(), part.field("sasToken").optional()) {
            (Some(secret), None) | (None, Some(secret)) => secret.word()?,
            _ => return Err(part.field("accountKey").malformed()),
        };
    }
    Ok(shown)
}
