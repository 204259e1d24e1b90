//! Indexes: list, create, get, delete, and the progress of their mutations.

use super::invalid;
use crate::local::{ErrorReply, Exchange, Reply};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

const NAME_BYTES_MAX: usize = 64;
const DIMENSIONS_MAX: i64 = 1536;
const METRICS: [&str; 3] = ["cosine", "euclidean", "dot-product"];

/// Models with the dimensions they give (VEC-3); all compare by cosine.
const PRESETS: [(&str, i64); 5] = [
    ("@cf/baai/bge-small-en-v1.5", 384),
    ("@cf/baai/bge-base-en-v1.5", 768),
    ("@cf/baai/bge-large-en-v1.5", 1024),
    ("openai/text-embedding-ada-002", 1536),
    ("cohere/embed-multilingual-v2.0", 768),
];

/// An index as stored.
pub(super) struct Index {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) dimensions: usize,
    pub(super) metric: String,
    created_on: String,
    modified_on: String,
    mutation_id: Option<String>,
    mutated_on: Option<String>,
}

impl Index {
    fn of(row: &Row<'_>) -> rusqlite::Result<Index> {
        Ok(Index {
            name: row.get(0)?,
            description: row.get(1)?,
            dimensions: usize::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
            metric: row.get(3)?,
            created_on: row.get(4)?,
            modified_on: row.get(5)?,
            mutation_id: row.get(6)?,
            mutated_on: row.get(7)?,
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name, "description": self.description,
            "config": {"dimensions": self.dimensions, "metric": self.metric},
            "created_on": self.created_on, "modified_on": self.modified_on,
        })
    }
}

const COLUMNS: &str =
    "name, description, dimensions, metric, created_on, modified_on, mutation_id, mutated_on";

pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let sql = format!("SELECT {COLUMNS} FROM vectorize_indexes ORDER BY name");
    let mut statement = exchange.store().prepare(&sql)?;
    let indexes = statement.query_map([], Index::of)?.collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::ok(indexes.iter().map(Index::to_json).collect::<Vec<_>>()))
}

/// A preset is answered with the dimensions and the metric it stands for.
pub(super) fn create(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let body =
        exchange.json().filter(Value::is_object).ok_or_else(|| invalid("the body is no JSON object"))?;
    let name = body["name"]
        .as_str()
        .filter(|name| is_name(name))
        .ok_or_else(|| invalid("name must have 1 to 64 characters of a-z, 0-9 and dash"))?;
    let description = match &body["description"] {
        Value::Null => "",
        Value::String(text) => text,
        _ => return Err(invalid("description must be a string")),
    };
    let (dimensions, metric) = config(&body["config"])?;
    let store = exchange.store();
    if find(store, name)?.is_some() {
        let message = format!("vectorize.index.duplicate_name - Index name \"{name}\"");
        return Err(ErrorReply::new(400, 3002, message));
    }
    store.execute(
        "INSERT INTO vectorize_indexes (name, description, dimensions, metric, created_on, modified_on)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![name, description, dimensions, metric, exchange.view.now_text()],
    )?;
    Ok(Reply::ok(find(store, name)?.map(|index| index.to_json()).unwrap_or_default()))
}

fn config(config: &Value) -> Result<(i64, &str), ErrorReply> {
    if let Some(preset) = config.get("preset").filter(|preset| !preset.is_null()) {
        let dimensions = PRESETS.iter().find(|(name, _)| preset == name).map(|(_, dimensions)| *dimensions);
        return Ok((dimensions.ok_or_else(|| invalid(format!("unknown preset {preset}")))?, METRICS[0]));
    }
    let dimensions = config["dimensions"]
        .as_i64()
        .filter(|dimensions| (1..=DIMENSIONS_MAX).contains(dimensions))
        .ok_or_else(|| invalid("config.dimensions must be an integer between 1 and 1536"))?;
    let metric = config["metric"]
        .as_str()
        .filter(|metric| METRICS.contains(metric))
        .ok_or_else(|| invalid("config.metric must be one of cosine, euclidean, dot-product"))?;
    Ok((dimensions, metric))
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    Ok(Reply::ok(existing(exchange)?.to_json()))
}

pub(super) fn delete(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    exchange.store().execute("DELETE FROM vectorize_indexes WHERE name = ?1", [index.name])?;
    Ok(Reply::ok(Value::Null))
}

pub(super) fn info(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    let sql = "SELECT count(*) FROM vectorize_vectors WHERE index_name = ?1";
    let count: i64 = exchange.store().query_row(sql, [&index.name], |row| row.get(0))?;
    Ok(Reply::ok(json!({
        "dimensions": index.dimensions, "vectorCount": count,
        "processedUpToMutation": index.mutation_id, "processedUpToDatetime": index.mutated_on,
    })))
}

/// Numbers a mutation and gives its id: mutations are processed here before they are answered, so `info` shows the
/// last one at once.
pub(super) fn mutate(exchange: &Exchange<'_>, index: &Index) -> Result<(String, i64), ErrorReply> {
    let id = exchange.view.new_uuid()?;
    let number = exchange.store().query_row(
        "UPDATE vectorize_indexes SET mutations = mutations + 1, mutation_id = ?2, mutated_on = ?3
         WHERE name = ?1 RETURNING mutations",
        params![index.name, id, exchange.view.now_text()],
        |row| row.get(0),
    )?;
    Ok((id, number))
}

/// The index in the path.
pub(super) fn existing(exchange: &Exchange<'_>) -> Result<Index, ErrorReply> {
    let name = exchange.parameter("index_name");
    find(exchange.store(), name)?.ok_or_else(|| not_found(name))
}

pub(super) fn find(store: &Connection, name: &str) -> Result<Option<Index>, ErrorReply> {
    let sql = format!("SELECT {COLUMNS} FROM vectorize_indexes WHERE name = ?1");
    Ok(store.query_row(&sql, [name], Index::of).optional()?)
}

pub(super) fn not_found(name: &str) -> ErrorReply {
    ErrorReply::new(404, 3000, format!("vectorize.index.not_found - Index name \"{name}\""))
}

fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
