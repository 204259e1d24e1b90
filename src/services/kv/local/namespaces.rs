//! Namespaces: list, create, get, rename, delete.

use super::{bad_parameter, invalid_body};
use crate::local::{ErrorReply, Exchange, Page, PageBounds, Reply};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Value, json};

const PAGE: PageBounds = PageBounds { default: 20, min: 1, max: 1000 };
const TITLE_CHARS_MAX: usize = 512;
const NAMESPACES_MAX: i64 = 1000;
const JURISDICTIONS: [&str; 3] = ["eu", "us", "fedramp"];

pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let page = Page::of(exchange, PAGE).map_err(|error| bad_parameter(error.to_string()))?;
    let column = one_of(exchange, "order", ["id", "title"])?;
    let direction = one_of(exchange, "direction", ["asc", "desc"])?;
    let sql = format!("SELECT id, title, jurisdiction FROM kv_namespaces ORDER BY {column} {direction}");
    let mut statement = exchange.store().prepare(&sql)?;
    let rows = statement.query_map([], namespace)?.collect::<Result<_, _>>()?;
    let (rows, info) = page.cut(rows);
    Ok(Reply::ok_list(rows, info))
}

pub(super) fn create(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body = exchange.json().filter(Value::is_object).ok_or_else(|| invalid_body("not a JSON object"))?;
    let title = title(&body)?;
    let jurisdiction = match &body["jurisdiction"] {
        Value::Null => None,
        Value::String(name) if JURISDICTIONS.contains(&name.as_str()) => Some(name.clone()),
        _ => return Err(invalid_body("jurisdiction")),
    };
    let store = exchange.store();
    if title_is_taken(exchange, &title, "")? {
        return Err(duplicate());
    }
    let count: i64 = store.query_row("SELECT count(*) FROM kv_namespaces", [], |row| row.get(0))?;
    if count >= NAMESPACES_MAX {
        // No source is sure of the code (KV-8).
        return Err(ErrorReply::new(400, 10026, "the account has reached its limit of namespaces"));
    }
    let id = exchange.view.new_id()?;
    store.execute(
        "INSERT INTO kv_namespaces (id, title, jurisdiction) VALUES (?1, ?2, ?3)",
        params![id, title, jurisdiction],
    )?;
    Ok(Reply::ok(find(exchange, &id)?.unwrap_or_default()))
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let id = existing(exchange)?;
    Ok(Reply::ok(find(exchange, &id)?.unwrap_or_default()))
}

pub(super) fn rename(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let id = existing(exchange)?;
    let body = exchange.json().filter(Value::is_object).ok_or_else(|| invalid_body("not a JSON object"))?;
    let title = title(&body)?;
    if title_is_taken(exchange, &title, &id)? {
        return Err(duplicate());
    }
    exchange.store().execute("UPDATE kv_namespaces SET title = ?2 WHERE id = ?1", params![id, title])?;
    Ok(Reply::ok(find(exchange, &id)?.unwrap_or_default()))
}

/// Takes the keys along; there is no protection of a namespace that holds some.
pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let id = existing(exchange)?;
    exchange.store().execute("DELETE FROM kv_namespaces WHERE id = ?1", [id])?;
    Ok(Reply::ok(Value::Null))
}

/// The id in the path, if there is such a namespace.
pub(super) fn existing(exchange: &Exchange<'_>) -> Result<String, ErrorReply> {
    let id = exchange.parameter("namespace_id");
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ErrorReply::new(400, 10011, "could not parse UUID from request's namespace_id"));
    }
    match find(exchange, id)? {
        Some(_) => Ok(id.to_owned()),
        None => Err(ErrorReply::new(404, 10013, "namespace not found")),
    }
}

fn find(exchange: &Exchange<'_>, id: &str) -> Result<Option<Value>, ErrorReply> {
    let sql = "SELECT id, title, jurisdiction FROM kv_namespaces WHERE id = ?1";
    Ok(exchange.store().query_row(sql, [id], namespace).optional()?)
}

fn namespace(row: &Row<'_>) -> rusqlite::Result<Value> {
    let (id, title): (String, String) = (row.get(0)?, row.get(1)?);
    let mut namespace = json!({"id": id, "title": title, "supports_url_encoding": true});
    if let Some(jurisdiction) = row.get::<_, Option<String>>(2)? {
        namespace["jurisdiction"] = jurisdiction.into();
    }
    Ok(namespace)
}

fn title(body: &Value) -> Result<String, ErrorReply> {
    match body["title"].as_str() {
        Some(title) if !title.is_empty() && title.chars().count() <= TITLE_CHARS_MAX => Ok(title.to_owned()),
        _ => Err(ErrorReply::new(400, 10019, "namespace title must have 1 to 512 characters")),
    }
}

fn title_is_taken(exchange: &Exchange<'_>, title: &str, by_other_than: &str) -> Result<bool, ErrorReply> {
    Ok(exchange.store().query_row(
        "SELECT EXISTS (SELECT 1 FROM kv_namespaces WHERE title = ?1 AND id <> ?2)",
        [title, by_other_than],
        |row| row.get(0),
    )?)
}

fn duplicate() -> ErrorReply {
    ErrorReply::new(400, 10014, "a namespace with this account ID and title already exists")
}

/// A query parameter with a fixed set of values, the first of which is the default.
fn one_of(
    exchange: &Exchange<'_>,
    parameter: &str,
    allowed: [&'static str; 2],
) -> Result<&'static str, ErrorReply> {
    let Some(given) = exchange.query(parameter) else { return Ok(allowed[0]) };
    allowed
        .into_iter()
        .find(|value| *value == given)
        .ok_or_else(|| bad_parameter(format!("{parameter} must be one of {}", allowed.join(", "))))
}
