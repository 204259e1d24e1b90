//! Custom domains of a bucket. There are no zones: a domain is owned and certified at
//! once, whatever its zone id (R2-8).
//!
//! **Invariant:** a domain leads to one bucket of the account.

use super::buckets::existing;
use super::part::BodyPart;
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value, json};

/// Domains that a bucket may have.
const DOMAINS_MAX: i64 = 50;
const TLS_VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];

pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let mut statement = exchange
        .store()
        .prepare("SELECT settings FROM r2_domains WHERE jurisdiction = ?1 AND name = ?2 ORDER BY domain")?;
    let domains = statement
        .query_map(params![jurisdiction, bucket], |row| row.get::<_, String>(0))?
        .map(|text| Ok(with_status(&settings_of(&text?))))
        .collect::<Result<Vec<_>, ErrorReply>>()?;
    Ok(Reply::ok(json!({ "domains": domains })))
}

pub(super) fn add(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let body = exchange.json().unwrap_or_default();
    let part = BodyPart::body(&body).object()?;
    let name = part.field("domain");
    let domain = name.text()?.to_ascii_lowercase();
    if !is_host_name(&domain) {
        return Err(name.malformed());
    }
    let zone = part.field("zoneId");
    if !is_id(zone.text()?) {
        return Err(zone.malformed());
    }
    let store = exchange.store();
    let sql = "SELECT EXISTS (SELECT 1 FROM r2_domains WHERE domain = ?1)";
    if store.query_row(sql, [&domain], |row| row.get(0))? {
        // No source names the code; this one is assumed.
        return Err(ErrorReply::new(409, 10040, format!("The domain is already in use: {domain}")));
    }
    let sql = "SELECT count(*) FROM r2_domains WHERE jurisdiction = ?1 AND name = ?2";
    if store.query_row(sql, params![jurisdiction, bucket], |row| row.get::<_, i64>(0))? >= DOMAINS_MAX {
        // No source names the code; this one is assumed.
        return Err(ErrorReply::new(400, 10040, "The bucket has as many custom domains as it may have."));
    }
    let mut settings = Map::new();
    settings.insert("domain".into(), domain.clone().into());
    settings.insert("zoneId".into(), zone.text()?.into());
    settings.insert("enabled".into(), true.into());
    settings.insert("minTLS".into(), TLS_VERSIONS[0].into());
    edit(&mut settings, &part)?;
    let settings = Value::Object(settings);
    store.execute(
        "INSERT INTO r2_domains (jurisdiction, name, domain, settings) VALUES (?1, ?2, ?3, ?4)",
        params![jurisdiction, bucket, domain, settings.to_string()],
    )?;
    Ok(Reply::ok(settings))
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (_, settings) = found(exchange)?;
    Ok(Reply::ok(with_status(&settings)))
}

/// What the body leaves out stays; domain and zone are fixed.
pub(super) fn update(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (domain, mut settings) = found(exchange)?;
    let body = exchange.json().unwrap_or_default();
    edit(&mut settings, &BodyPart::body(&body).object()?)?;
    let kept = Value::Object(settings.clone()).to_string();
    let sql = "UPDATE r2_domains SET settings = ?2 WHERE domain = ?1 AND settings <> ?2";
    exchange.store().execute(sql, params![domain, kept])?;
    settings.remove("zoneId");
    Ok(Reply::ok(Value::Object(settings)))
}

pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (domain, _) = found(exchange)?;
    exchange.store().execute("DELETE FROM r2_domains WHERE domain = ?1", [&domain])?;
    Ok(Reply::ok(json!({ "domain": domain })))
}

/// The domain in the path, and its settings.
fn found(exchange: &Exchange<'_>) -> Result<(String, Map<String, Value>), ErrorReply> {
    let (jurisdiction, bucket, _) = existing(exchange)?;
    let domain = exchange.parameter("domain").to_ascii_lowercase();
    let sql = "SELECT settings FROM r2_domains WHERE jurisdiction = ?1 AND name = ?2 AND domain = ?3";
    let settings = exchange
        .store()
        .query_row(sql, params![jurisdiction, bucket, domain], |row| row.get::<_, String>(0))
        .optional()?
        .ok_or_else(|| ErrorReply::new(404, 10053, "The specified domain does not exist."))?;
    Ok((domain, settings_of(&settings)))
}

fn edit(settings: &mut Map<String, Value>, body: &BodyPart<'_>) -> Result<(), ErrorReply> {
    if let Some(enabled) = body.field("enabled").optional() {
        settings.insert("enabled".into(), enabled.flag()?.into());
    }
    if let Some(version) = body.field("minTLS").optional() {
        settings.insert("minTLS".into(), version.one_of(&TLS_VERSIONS)?.into());
    }
    if let Some(ciphers) = body.field("ciphers").optional() {
        settings.insert("ciphers".into(), ciphers.texts()?.into());
    }
    Ok(())
}

fn settings_of(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn with_status(settings: &Map<String, Value>) -> Value {
    let mut domain = settings.clone();
    domain.insert("status".into(), json!({ "ownership": "active", "ssl": "active" }));
    Value::Object(domain)
}

fn is_host_name(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label)
}

/// The form of the ids of zones and queues.
pub(super) fn is_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
