//! Vectors: insert (existing ids are skipped), upsert (existing ids are replaced), read, delete, list.

use super::indexes::{Index, existing, mutate};
use super::invalid;
use crate::local::{ErrorReply, Exchange, Reply, parts};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

const VECTORS_MAX: usize = 5000;
const ID_BYTES_MAX: usize = 64;
const METADATA_BYTES_MAX: usize = 10 * 1024;
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1000;

/// A vector as stored.
pub(super) struct Vector {
    pub(super) id: String,
    pub(super) namespace: Option<String>,
    /// Cut to single precision, as the service does (VEC-7).
    pub(super) values: Vec<f32>,
    /// Null when there is none.
    pub(super) metadata: Value,
    /// The mutation that wrote it.
    pub(super) mutation: i64,
}

impl Vector {
    fn parse(line: &Value, index: &Index) -> Result<Vector, ErrorReply> {
        let id = line["id"].as_str().filter(|id| (1..=ID_BYTES_MAX).contains(&id.len()));
        let id = id.ok_or_else(|| invalid("a vector's id must have 1 to 64 bytes"))?;
        let values =
            components(&line["values"]).ok_or_else(|| invalid("a vector's values must be numbers"))?;
        let (given, dimensions) = (values.len(), index.dimensions);
        if given != dimensions {
            // The words are those of a query with the wrong length; no source has code or words for a write.
            let message = format!(
                "invalid vector for id=\"{id}\", expected {dimensions} dimensions, and got {given} dimensions"
            );
            return Err(ErrorReply::new(400, 40012, message));
        }
        let metadata = line["metadata"].clone();
        if !(metadata.is_null() || metadata.is_object()) || metadata.to_string().len() > METADATA_BYTES_MAX {
            return Err(invalid("a vector's metadata must be an object of at most 10 KiB"));
        }
        let namespace = match &line["namespace"] {
            Value::Null => None,
            Value::String(name) if name.len() <= ID_BYTES_MAX => Some(name.clone()),
            _ => return Err(invalid("a vector's namespace must have at most 64 bytes")),
        };
        Ok(Vector { id: id.to_owned(), namespace, values, metadata, mutation: 0 })
    }

    fn to_json(&self) -> Value {
        let mut vector = json!({"id": self.id, "values": self.values});
        if let Some(namespace) = &self.namespace {
            vector["namespace"] = namespace.as_str().into();
        }
        if !self.metadata.is_null() {
            vector["metadata"] = self.metadata.clone();
        }
        vector
    }
}

pub(super) fn insert(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    write(exchange, "INSERT OR IGNORE")
}

pub(super) fn upsert(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    write(exchange, "INSERT OR REPLACE")
}

/// Lines of JSON, raw or as the field `vectors` of a form.
fn write(exchange: &Exchange<'_>, verb: &str) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    let request = exchange.request;
    let form = parts(request.header("content-type"), &request.body);
    let lines = match &form {
        Some(parts) => parts.iter().find(|part| part.name == "vectors").map(|part| part.body),
        None => Some(request.body.as_slice()),
    };
    let lines = lines.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let lines = lines.ok_or_else(|| invalid("no vectors in the body"))?;
    let discards = exchange.query("unparsable-behavior").as_deref() == Some("discard");
    let mut vectors = Vec::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str::<Value>(line) {
            Ok(value) => vectors.push(Vector::parse(&value, &index)?),
            Err(_) if discards => {}
            Err(error) => return Err(invalid(format!("a line is not JSON: {error}"))),
        }
    }
    if vectors.len() > VECTORS_MAX {
        return Err(invalid("at most 5000 vectors in one call"));
    }
    let (mutation_id, mutation) = mutate(exchange, &index)?;
    let sql = format!(
        "{verb} INTO vectorize_vectors (index_name, id, namespace, components, metadata, mutation)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    );
    let mut statement = exchange.store().prepare(&sql)?;
    for vector in vectors {
        let Vector { id, namespace, values, metadata, .. } = vector;
        let values = json!(values).to_string();
        statement.execute(params![index.name, id, namespace, values, metadata.to_string(), mutation])?;
    }
    Ok(Reply::ok(json!({"mutationId": mutation_id})))
}

pub(super) fn get_by_ids(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    let ids = ids(exchange)?;
    let found = all(exchange.store(), &index.name)?;
    let found = found.iter().filter(|vector| ids.contains(&vector.id)).map(Vector::to_json);
    Ok(Reply::ok(found.collect::<Vec<_>>()))
}

pub(super) fn delete_by_ids(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    for id in ids(exchange)? {
        exchange
            .store()
            .execute("DELETE FROM vectorize_vectors WHERE index_name = ?1 AND id = ?2", [&index.name, &id])?;
    }
    let (mutation_id, _) = mutate(exchange, &index)?;
    Ok(Reply::ok(json!({"mutationId": mutation_id})))
}

/// Ids only, in order; the cursor is the last id of the page before.
pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    let count = match exchange.query("count").map(|text| text.parse::<usize>()) {
        None => PAGE_DEFAULT,
        Some(Ok(count @ 1..=PAGE_MAX)) => count,
        Some(_) => return Err(invalid("count must be between 1 and 1000")),
    };
    let cursor = exchange.query("cursor").unwrap_or_default();
    let all = all(exchange.store(), &index.name)?;
    let total = all.len();
    let after: Vec<&Vector> = all.iter().filter(|vector| vector.id > cursor).collect();
    let page = &after[..after.len().min(count)];
    let is_truncated = after.len() > page.len();
    let next = page.last().filter(|_| is_truncated).map(|vector| vector.id.as_str());
    let ids: Vec<Value> = page.iter().map(|vector| json!({"id": vector.id})).collect();
    Ok(Reply::ok(json!({
        "count": ids.len(), "totalCount": total, "isTruncated": is_truncated,
        "nextCursor": next, "cursorExpirationTimestamp": null, "vectors": ids,
    })))
}

/// Every vector of an index, by id.
pub(super) fn all(store: &Connection, index_name: &str) -> Result<Vec<Vector>, ErrorReply> {
    let mut statement = store.prepare(
        "SELECT id, namespace, components, metadata, mutation FROM vectorize_vectors
         WHERE index_name = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([index_name], |row| {
        let json = |at| Ok::<_, rusqlite::Error>(serde_json::from_str(&row.get::<_, String>(at)?));
        Ok(Vector {
            id: row.get(0)?,
            namespace: row.get(1)?,
            values: json(2)?.ok().as_ref().and_then(components).unwrap_or_default(),
            metadata: json(3)?.unwrap_or_default(),
            mutation: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An array of numbers, in single precision.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn components(values: &Value) -> Option<Vec<f32>> {
    values.as_array()?.iter().map(|value| value.as_f64().map(|value| value as f32)).collect()
}

fn ids(exchange: &Exchange<'_>) -> Result<Vec<String>, ErrorReply> {
    let body = exchange.json().unwrap_or_default();
    let ids = body["ids"].as_array().ok_or_else(|| invalid("ids must be an array of strings"))?;
    ids.iter()
        .map(|id| id.as_str().map(str::to_owned).ok_or_else(|| invalid("ids must be an array of strings")))
        .collect()
}
