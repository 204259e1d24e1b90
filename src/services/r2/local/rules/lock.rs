//! Lock rules: an object that a rule covers cannot be deleted or overwritten (R2-6).

use super::super::part::moment;
use super::{BodyPart, LOCK, stored};
use crate::local::{ErrorReply, Exchange};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde_json::Value;

pub(super) fn check(rule: &BodyPart<'_>) -> Result<(), ErrorReply> {
    rule.field("id").word()?;
    rule.field("enabled").flag()?;
    rule.field("prefix").optional().map_or(Ok(""), |prefix| prefix.text())?;
    let condition = rule.field("condition").object()?;
    match condition.field("type").one_of(&["Age", "Date", "Indefinite"])? {
        "Age" => condition.field("maxAgeSeconds").number(u64::MAX).map(drop),
        "Date" => condition.field("date").date().map(drop),
        _ => Ok(()),
    }
}

/// Refuses to touch an object that is there and locked.
pub(in super::super) fn refuses(
    exchange: &Exchange<'_>,
    jurisdiction: &str,
    bucket: &str,
    key: &str,
) -> Result<(), ErrorReply> {
    let Some(rules) = stored(exchange, jurisdiction, bucket, &LOCK)? else { return Ok(()) };
    let sql = "SELECT uploaded FROM r2_objects WHERE jurisdiction = ?1 AND bucket = ?2 AND key = ?3";
    let uploaded = exchange
        .store()
        .query_row(sql, params![jurisdiction, bucket, key], |row| row.get::<_, String>(0))
        .optional()?;
    let Some(uploaded) = uploaded.as_deref().and_then(moment) else { return Ok(()) };
    let rules = rules.as_array().map_or(&[][..], Vec::as_slice);
    if rules.iter().any(|rule| locks(rule, key, uploaded, exchange.view.now())) {
        return Err(ErrorReply::new(403, 10069, "The object is locked by the bucket policy."));
    }
    Ok(())
}

fn locks(rule: &Value, key: &str, uploaded: Timestamp, now: Timestamp) -> bool {
    let covers = rule["enabled"] == true && key.starts_with(rule["prefix"].as_str().unwrap_or_default());
    let condition = &rule["condition"];
    covers
        && match condition["type"].as_str() {
            Some("Age") => {
                let seconds = condition["maxAgeSeconds"].as_u64().unwrap_or_default();
                let age = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
                // A time that there is no date for never comes.
                !uploaded.checked_add(age).is_ok_and(|end| end <= now)
            }
            Some("Date") => condition["date"].as_str().and_then(moment).is_some_and(|end| now < end),
            _ => true,
        }
}
