//! Gateways: list, create, get, replace, delete, and the provider URL of one.

use super::invalid;
use super::settings::settings;
use crate::local::{ErrorReply, Exchange, Page, PageBounds, Reply};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Map, Value, json};

const PAGE: PageBounds = PageBounds { default: 20, min: 1, max: 100 };
const ID_CHARS_MAX: usize = 64;
const COLUMNS: &str = "id, internal_id, settings, created_at, modified_at";

pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let page = page(exchange)?;
    let search = exchange.query("search").unwrap_or_default();
    let sql = format!("SELECT {COLUMNS} FROM ai_gateway_gateways WHERE instr(id, ?1) ORDER BY id");
    let mut statement = exchange.store().prepare(&sql)?;
    let rows = statement.query_map([search], |row| gateway(row, exchange))?.collect::<Result<_, _>>()?;
    let (rows, info) = page.cut(rows);
    Ok(Reply::ok_list(rows, info))
}

/// A known id is refused under the same code as a wrong field (AIG-3).
pub(super) fn create(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body = body(exchange)?;
    let id = body["id"].as_str().filter(|id| is_id(id)).ok_or_else(|| {
        invalid("body", "id", "Invalid: 1 to 64 characters of a-z, 0-9 and dash, the first not a dash")
    })?;
    let settings = settings(&body)?;
    if find(exchange, id)?.is_some() {
        return Err(invalid("body", "id", format!("Gateway with id {id} already exists")));
    }
    exchange.store().execute(
        "INSERT INTO ai_gateway_gateways (id, internal_id, settings, created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?4)",
        params![id, exchange.view.new_uuid()?, Value::Object(settings).to_string(), exchange.view.now_text()],
    )?;
    Ok(Reply::ok(find(exchange, id)?.unwrap_or_default()))
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    Ok(Reply::ok(existing(exchange)?))
}

pub(super) fn replace(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    existing(exchange)?;
    let settings = settings(&body(exchange)?)?;
    exchange.store().execute(
        "UPDATE ai_gateway_gateways SET settings = ?2, modified_at = ?3 WHERE id = ?1",
        params![
            exchange.parameter("gateway_id"),
            Value::Object(settings).to_string(),
            exchange.view.now_text()
        ],
    )?;
    Ok(Reply::ok(existing(exchange)?))
}

/// Answers with what was deleted.
pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let gateway = existing(exchange)?;
    exchange
        .store()
        .execute("DELETE FROM ai_gateway_gateways WHERE id = ?1", [exchange.parameter("gateway_id")])?;
    Ok(Reply::ok(gateway))
}

pub(super) fn url(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    existing(exchange)?;
    let (account, gateway) = (exchange.view.account_id, exchange.parameter("gateway_id"));
    let provider = exchange.parameter("provider");
    Ok(Reply::ok(format!("https://gateway.ai.cloudflare.com/v1/{account}/{gateway}/{provider}")))
}

/// The page that a request asks for.
pub(super) fn page(exchange: &Exchange<'_>) -> Result<Page, ErrorReply> {
    Page::of(exchange, PAGE).map_err(|error| invalid("query", error.parameter, error.to_string()))
}

fn body(exchange: &Exchange<'_>) -> Result<Value, ErrorReply> {
    exchange
        .json()
        .filter(Value::is_object)
        .ok_or_else(|| ErrorReply::new(400, 7001, "Expected object").with("path", json!(["body"])))
}

/// The gateway in the path.
pub(super) fn existing(exchange: &Exchange<'_>) -> Result<Value, ErrorReply> {
    find(exchange, exchange.parameter("gateway_id"))?
        .ok_or_else(|| ErrorReply::new(404, 7002, "Gateway not found"))
}

fn find(exchange: &Exchange<'_>, id: &str) -> Result<Option<Value>, ErrorReply> {
    let sql = format!("SELECT {COLUMNS} FROM ai_gateway_gateways WHERE id = ?1");
    Ok(exchange.store().query_row(&sql, [id], |row| gateway(row, exchange)).optional()?)
}

fn gateway(row: &Row<'_>, exchange: &Exchange<'_>) -> rusqlite::Result<Value> {
    let text = |at| row.get::<_, String>(at);
    let mut gateway: Map<String, Value> = serde_json::from_str(&text(2)?).unwrap_or_default();
    let account = exchange.view.account_id;
    let read_only = [
        ("id", json!(text(0)?)),
        ("internal_id", json!(text(1)?)),
        ("account_id", json!(account)),
        ("account_tag", json!(account)),
        ("is_default", json!(false)),
        ("created_at", json!(text(3)?)),
        ("modified_at", json!(text(4)?)),
    ];
    gateway.extend(read_only.map(|(name, value)| (name.to_owned(), value)));
    Ok(Value::Object(gateway))
}

fn is_id(id: &str) -> bool {
    (1..=ID_CHARS_MAX).contains(&id.len())
        && !id.starts_with('-')
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
