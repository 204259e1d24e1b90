//! List, create, get, change and delete databases (D1-3, D1-26).

use super::databases::Databases;
use super::record::{Record, invalid};
use crate::local::{DeferredWork, ErrorReply, Exchange, Page, PageBounds, Reply};
use serde_json::{Map, Value};

const PAGES: PageBounds = PageBounds { default: 1000, min: 10, max: 10_000 };

const HINTS: &[&str] = &["wnam", "enam", "weur", "eeur", "apac", "oc"];

/// Each with the region a database of that jurisdiction runs in.
const JURISDICTIONS: &[(&str, &str)] = &[("eu", "WEUR"), ("fedramp", "ENAM"), ("us", "ENAM")];

const MODES: &[&str] = &["auto", "disabled"];

/// Where a database runs of which nobody said where.
const REGION: &str = "WEUR";

/// Of a paid account (D1-27).
const DATABASES_MAX: i64 = 50_000;

/// `GET /d1/database`; `name` is a search, not a comparison.
pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let page = Page::of(exchange, PAGES).map_err(|error| invalid(error.parameter, &error.to_string()))?;
    let name = exchange.query("name").unwrap_or_default();
    let mut records = Record::all(exchange.store())?;
    records.retain(|record| record.name.contains(&name));
    let now = exchange.view.now();
    let (records, info) = page.cut(records);
    let databases = exchange.view.state::<Databases>()?;
    let rows = records.iter().map(|record| Ok(record.listed(&databases.facts(&record.uuid, now)?)));
    Ok(Reply::ok_list(rows.collect::<Result<Vec<_>, ErrorReply>>()?, info))
}

/// `POST /d1/database`
pub(super) fn create(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body = body(exchange)?;
    let name = name_of(&body)?;
    let jurisdiction = one_of(&body, "jurisdiction", JURISDICTIONS.iter().map(|(name, _)| *name))?;
    let hint = one_of(&body, "primary_location_hint", HINTS.iter().copied())?;
    let replication = replication_of(&body)?.unwrap_or("disabled");
    let store = exchange.store();
    if Record::named(store, name)?.is_some() {
        return Err(ErrorReply::new(400, 7502, "A database with that name already exists"));
    }
    if Record::count(store)? >= DATABASES_MAX {
        let message = format!("System limit reached: databases per account ({DATABASES_MAX})");
        return Err(ErrorReply::new(400, 7406, message));
    }
    let ruled = JURISDICTIONS.iter().find(|(name, _)| Some(*name) == jurisdiction);
    let record = Record {
        uuid: exchange.view.new_uuid()?,
        name: name.to_owned(),
        created_at: exchange.view.now_text(),
        jurisdiction: jurisdiction.map(str::to_owned),
        region: ruled.map_or_else(
            || hint.map_or_else(|| REGION.to_owned(), str::to_ascii_uppercase),
            |(_, region)| (*region).to_owned(),
        ),
        replication: replication.to_owned(),
    };
    record.insert(store)?;
    let mut result = full(exchange, &record)?;
    result["created_in_region"] = record.region.into();
    Ok(Reply::ok(result))
}

/// `GET /d1/database/{uuid or name}`
pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let record = Record::find(exchange.store(), exchange.parameter("database"))?;
    let mut result = full(exchange, &record)?;
    // Between commas, or the parameter several times, as SDKs send it (CL-3).
    let fields: Vec<String> = exchange.request.queries("fields").collect();
    if let (false, Value::Object(result)) = (fields.is_empty(), &mut result) {
        result
            .retain(|field, _| fields.iter().flat_map(|some| some.split(',')).any(|wanted| wanted == field));
    }
    Ok(Reply::ok(result))
}

/// `PUT /d1/database/{uuid}`: `read_replication` must be given.
pub(super) fn replace(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let body = body(exchange)?;
    let mode = replication_of(&body)?.ok_or_else(|| invalid("read_replication", "Required"))?;
    set_replication(exchange, record, mode)
}

/// `PATCH /d1/database/{uuid}`: an empty body is 7500, even before the database is looked for.
pub(super) fn patch(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body = body(exchange).unwrap_or_default();
    let Some(mode) = replication_of(&body)? else {
        return Err(ErrorReply::new(400, 7500, "Internal error"));
    };
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    set_replication(exchange, record, mode)
}

/// `DELETE /d1/database/{uuid}`
pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<DeferredWork, ErrorReply> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    record.remove(exchange.store())?;
    Ok(exchange.view.state::<Databases>()?.remove(&record.uuid, Reply::ok(Value::Null)))
}

/// The body as an object.
pub(super) fn body(exchange: &Exchange<'_>) -> Result<Map<String, Value>, ErrorReply> {
    match exchange.json() {
        Some(Value::Object(body)) => Ok(body),
        _ => Err(ErrorReply::new(400, 7400, "Invalid JSON in request body")),
    }
}

/// What JSON calls the type of a value, in the words of the service's validator.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn set_replication(exchange: &mut Exchange<'_>, record: Record, mode: &str) -> Result<Reply, ErrorReply> {
    let record = Record { replication: mode.to_owned(), ..record };
    record.save_replication(exchange.store())?;
    Ok(Reply::ok(full(exchange, &record)?))
}

fn full(exchange: &mut Exchange<'_>, record: &Record) -> Result<Value, ErrorReply> {
    let now = exchange.view.now();
    let databases = exchange.view.state::<Databases>()?;
    // Makes the one of a record that is new.
    databases.engine(&record.uuid, now)?;
    Ok(record.full(&databases.facts(&record.uuid, now)?))
}

fn name_of(body: &Map<String, Value>) -> Result<&str, ErrorReply> {
    let name = match body.get("name") {
        None => return Err(invalid("name", "Required")),
        Some(Value::String(name)) => name,
        Some(other) => {
            return Err(invalid("name", &format!("Expected string, received {}", type_name(other))));
        }
    };
    // Cloudflare's document wants no `_` as the first one, but Prisma's adapter names its shadow databases so (CL-4).
    let mut letters = name.bytes();
    let is_valid = letters.next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'-');
    if is_valid { Ok(name) } else { Err(invalid("name", "Invalid")) }
}

fn one_of<'a>(
    body: &'a Map<String, Value>,
    field: &str,
    known: impl Iterator<Item = &'static str>,
) -> Result<Option<&'a str>, ErrorReply> {
    let given = match body.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(given)) => given.as_str(),
        Some(other) => {
            return Err(invalid(field, &format!("Expected string, received {}", type_name(other))));
        }
    };
    let known: Vec<&str> = known.collect();
    if known.contains(&given) {
        return Ok(Some(given));
    }
    let expected = known.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(" | ");
    Err(invalid(field, &format!("Invalid enum value. Expected {expected}, received '{given}'")))
}

fn replication_of(body: &Map<String, Value>) -> Result<Option<&str>, ErrorReply> {
    match body.get("read_replication") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(replication)) => one_of(replication, "mode", MODES.iter().copied())?
            .map(Some)
            .ok_or_else(|| invalid("read_replication.mode", "Required")),
        Some(other) => {
            let problem = format!("Expected object, received {}", type_name(other));
            Err(invalid("read_replication", &problem))
        }
    }
}
