//! Metadata indexes: the properties by which queries may filter.

use super::indexes::{existing, mutate};
use super::invalid;
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

const TYPES: [&str; 3] = ["string", "number", "boolean"];
const INDEXES_MAX: usize = 10;
const PROPERTY_CHARS_MAX: usize = 512;

pub(super) fn create(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    let body = exchange.json().unwrap_or_default();
    let property = property(&body)?;
    let kind = body["indexType"]
        .as_str()
        .filter(|kind| TYPES.contains(kind))
        .ok_or_else(|| invalid("indexType must be one of string, number, boolean"))?;
    let known = all(exchange.store(), &index.name)?;
    if known.iter().any(|(name, _)| name == property) {
        return Err(invalid(format!("metadata index for property \"{property}\" already exists")));
    }
    if known.len() >= INDEXES_MAX {
        return Err(invalid("an index has at most 10 metadata indexes"));
    }
    let (mutation_id, mutation) = mutate(exchange, &index)?;
    exchange.store().execute(
        "INSERT INTO vectorize_metadata_indexes (index_name, property, type, mutation) VALUES (?1, ?2, ?3, ?4)",
        params![index.name, property, kind, mutation],
    )?;
    Ok(Reply::ok(json!({"mutationId": mutation_id})))
}

pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    let known = all(exchange.store(), &index.name)?;
    let rows: Vec<Value> =
        known.iter().map(|(name, kind)| json!({"propertyName": name, "indexType": kind})).collect();
    Ok(Reply::ok(json!({"metadataIndexes": rows})))
}

/// A POST, not a DELETE.
pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    let body = exchange.json().unwrap_or_default();
    let property = property(&body)?;
    let deleted = exchange.store().execute(
        "DELETE FROM vectorize_metadata_indexes WHERE index_name = ?1 AND property = ?2",
        [&index.name, property],
    )?;
    if deleted == 0 {
        return Err(invalid(format!("metadata index for property \"{property}\" does not exist")));
    }
    let (mutation_id, _) = mutate(exchange, &index)?;
    Ok(Reply::ok(json!({"mutationId": mutation_id})))
}

/// Property and type of every metadata index, by property.
pub(super) fn all(store: &Connection, index_name: &str) -> Result<Vec<(String, String)>, ErrorReply> {
    let mut statement = store.prepare(
        "SELECT property, type FROM vectorize_metadata_indexes WHERE index_name = ?1 ORDER BY property",
    )?;
    let rows = statement.query_map([index_name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The mutation that made the metadata index of a property: only vectors of later ones are in it.
pub(super) fn made_by(
    store: &Connection,
    index_name: &str,
    property: &str,
) -> Result<Option<i64>, ErrorReply> {
    use rusqlite::OptionalExtension as _;
    let sql = "SELECT mutation FROM vectorize_metadata_indexes WHERE index_name = ?1 AND property = ?2";
    Ok(store.query_row(sql, [index_name, property], |row| row.get(0)).optional()?)
}

fn property(body: &Value) -> Result<&str, ErrorReply> {
    body["propertyName"]
        .as_str()
        .filter(|name| (1..=PROPERTY_CHARS_MAX).contains(&name.chars().count()))
        .ok_or_else(|| invalid("propertyName must have 1 to 512 characters"))
}
