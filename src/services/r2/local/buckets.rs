//! Buckets: list, create, get, update (storage class only), delete.

use super::{STORAGE_CLASSES, jurisdiction};
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Value, json};

const PER_PAGE_DEFAULT: usize = 20;
const LOCATIONS: [&str; 6] = ["WEUR", "EEUR", "WNAM", "ENAM", "APAC", "OC"];

/// `result_info` is there when another page is: with few buckets real lists carry none.
pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let per_page = match exchange.query("per_page").map(|text| text.parse::<usize>()) {
        None => PER_PAGE_DEFAULT,
        Some(Ok(number @ 1..=1000)) => number,
        // No source names the code; this one is assumed.
        Some(_) => return Err(ErrorReply::new(400, 10040, "per_page must be between 1 and 1000")),
    };
    let descending = exchange.query("direction").as_deref() == Some("desc");
    let contains = exchange.query("name_contains").unwrap_or_default();
    let after = exchange.query("cursor").or_else(|| exchange.query("start_after"));
    let mut statement = exchange
        .store()
        .prepare("SELECT name, creation_date FROM r2_buckets WHERE jurisdiction = ?1 ORDER BY name")?;
    let mut rows: Vec<(String, String)> = statement
        .query_map([jurisdiction(exchange)?], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    if descending {
        rows.reverse();
    }
    rows.retain(|(name, _)| {
        let is_later = |after: &String| if descending { name < after } else { name > after };
        name.contains(&contains) && after.as_ref().is_none_or(is_later)
    });
    let more = rows.len() > per_page;
    rows.truncate(per_page);
    let last = rows.last().map(|(name, _)| name.clone());
    let buckets: Vec<Value> =
        rows.into_iter().map(|(name, date)| json!({"name": name, "creation_date": date})).collect();
    Ok(match last.filter(|_| more) {
        Some(cursor) => {
            Reply::ok_list(json!({"buckets": buckets}), json!({"cursor": cursor, "per_page": per_page}))
        }
        None => Reply::ok(json!({"buckets": buckets})),
    })
}

/// The body is `camelCase`, the answer `snake_case`. The jurisdiction is in the header; a field of the body is none
/// (R2-1, R2-2).
pub(super) fn create(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body = exchange.json().filter(Value::is_object).ok_or_else(malformed)?;
    let jurisdiction = jurisdiction(exchange)?;
    let name = body["name"]
        .as_str()
        .filter(|name| is_name(name))
        .ok_or_else(|| ErrorReply::new(400, 10005, "The specified bucket name is not valid."))?;
    let storage_class = match &body["storageClass"] {
        Value::Null => "Standard",
        Value::String(class) if STORAGE_CLASSES.contains(&class.as_str()) => class,
        _ => return Err(malformed()),
    };
    let hint = match &body["locationHint"] {
        Value::Null => None,
        Value::String(hint) => Some(location_of(hint).ok_or_else(malformed)?),
        _ => return Err(malformed()),
    };
    if find(exchange, jurisdiction, name)?.is_some() {
        return Err(ErrorReply::new(
            409,
            10004,
            "The bucket you tried to create already exists, and you own it.",
        ));
    }
    let store = exchange.store();
    // The place is chosen once for a name, also when the bucket is deleted meanwhile.
    let location: String = store.query_row(
        "INSERT INTO r2_locations (jurisdiction, name, location) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET location = location RETURNING location",
        params![jurisdiction, name, hint.unwrap_or(LOCATIONS[0])],
        |row| row.get(0),
    )?;
    store.execute(
        "INSERT INTO r2_buckets (jurisdiction, name, creation_date, location, storage_class)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![jurisdiction, name, exchange.view.now_text(), location, storage_class],
    )?;
    Ok(Reply::ok(find(exchange, jurisdiction, name)?.unwrap_or_default()))
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (_, _, bucket) = existing(exchange)?;
    Ok(Reply::ok(bucket))
}

/// Takes the storage class from a header; there is no body.
pub(super) fn update(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, name, _) = existing(exchange)?;
    let class = exchange
        .request
        .header("cf-r2-storage-class")
        .filter(|class| STORAGE_CLASSES.contains(class))
        .ok_or_else(|| ErrorReply::new(400, 10062, "The storage class specified is not valid."))?;
    exchange.store().execute(
        "UPDATE r2_buckets SET storage_class = ?3 WHERE jurisdiction = ?1 AND name = ?2",
        params![jurisdiction, name, class],
    )?;
    Ok(Reply::ok(find(exchange, jurisdiction, &name)?.unwrap_or_default()))
}

pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let (jurisdiction, name, _) = existing(exchange)?;
    let key = params![jurisdiction, name];
    let store = exchange.store();
    // Rules for events keep it as well (R2-5).
    let sql = "SELECT EXISTS (SELECT 1 FROM r2_objects WHERE jurisdiction = ?1 AND bucket = ?2)
             OR EXISTS (SELECT 1 FROM r2_notifications WHERE jurisdiction = ?1 AND name = ?2)";
    if store.query_row(sql, key, |row| row.get(0))? {
        let account = exchange.view.account_id;
        let message = format!("The bucket you tried to delete ({name}) is not empty (account {account}).");
        return Err(ErrorReply::new(409, 10008, message));
    }
    store.execute("DELETE FROM r2_buckets WHERE jurisdiction = ?1 AND name = ?2", key)?;
    Ok(Reply::ok(json!({})))
}

/// Jurisdiction, name and fields of the bucket in the path.
pub(super) fn existing(exchange: &Exchange<'_>) -> Result<(&'static str, String, Value), ErrorReply> {
    let jurisdiction = jurisdiction(exchange)?;
    let name = exchange.parameter("bucket_name");
    let bucket = find(exchange, jurisdiction, name)?
        .ok_or_else(|| ErrorReply::new(404, 10006, "The specified bucket does not exist."))?;
    Ok((jurisdiction, name.to_owned(), bucket))
}

/// The fields of a bucket, where it is there.
pub(super) fn find(
    exchange: &Exchange<'_>,
    jurisdiction: &str,
    name: &str,
) -> Result<Option<Value>, ErrorReply> {
    let sql = "SELECT name, creation_date, location, storage_class, jurisdiction FROM r2_buckets
         WHERE jurisdiction = ?1 AND name = ?2";
    Ok(exchange.store().query_row(sql, [jurisdiction, name], bucket).optional()?)
}

fn bucket(row: &Row<'_>) -> rusqlite::Result<Value> {
    let text = |at| row.get::<_, String>(at);
    Ok(json!({
        "name": text(0)?, "creation_date": text(1)?, "location": text(2)?,
        "storage_class": text(3)?, "jurisdiction": text(4)?,
    }))
}

fn location_of(hint: &str) -> Option<&'static str> {
    LOCATIONS.into_iter().find(|known| known.eq_ignore_ascii_case(hint))
}

fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn malformed() -> ErrorReply {
    ErrorReply::new(400, 10040, "The JSON you provided was not well formed.")
}
