//! The vectors nearest to a given one, by the index's metric, among those that match a filter.

use super::indexes::existing;
use super::vectors::{self, Vector, components};
use super::{invalid, metadata};
use crate::local::{ErrorReply, Exchange, Reply};
use serde_json::{Value, json};

const TOP_DEFAULT: u64 = 5;
const TOP_MAX: u64 = 100;
/// With values or all metadata in the answer.
const TOP_WIDE_MAX: u64 = 20;

pub(super) fn query(exchange: &mut Exchange<'_>) -> Result<Reply, ErrorReply> {
    let index = existing(exchange)?;
    let body =
        exchange.json().filter(Value::is_object).ok_or_else(|| invalid("the body is no JSON object"))?;
    let all = vectors::all(exchange.store(), &index.name)?;
    let wanted = wanted(&body, &all)?;
    let (given, dimensions) = (wanted.len(), index.dimensions);
    if given != dimensions {
        let message =
            format!("invalid query vector, expected {dimensions} dimensions, and got {given} dimensions");
        return Err(ErrorReply::new(400, 40006, message));
    }
    let returns_values = body["returnValues"].as_bool().unwrap_or_default();
    let returned_metadata = match &body["returnMetadata"] {
        Value::Null | Value::Bool(false) => "none",
        Value::Bool(true) => "all",
        Value::String(how) if ["none", "indexed", "all"].contains(&how.as_str()) => how,
        _ => return Err(invalid("returnMetadata must be one of none, indexed, all")),
    };
    let top_max = if returns_values || returned_metadata == "all" { TOP_WIDE_MAX } else { TOP_MAX };
    let top = body.get("topK").map_or(Some(TOP_DEFAULT), Value::as_u64);
    let top = top.filter(|top| (1..=top_max).contains(top));
    let top = top.ok_or_else(|| invalid(format!("topK must be between 1 and {top_max}")))?;

    let filter = Filter::parse(exchange, &index.name, &body["filter"])?;
    let namespace = body["namespace"].as_str();
    let mut matches: Vec<(f64, &Vector)> = all
        .iter()
        .filter(|vector| namespace.is_none() || vector.namespace.as_deref() == namespace)
        .filter(|vector| filter.admits(vector))
        .map(|vector| (score(&index.metric, &wanted, &vector.values), vector))
        .collect();
    matches.sort_by(|(a, _), (b, _)| if index.metric == "cosine" { b.total_cmp(a) } else { a.total_cmp(b) });
    matches.truncate(usize::try_from(top).unwrap_or(usize::MAX));

    let indexed = metadata::all(exchange.store(), &index.name)?;
    let shown: Vec<Value> = matches
        .into_iter()
        .map(|(score, vector)| {
            let mut row = json!({"id": vector.id, "score": score, "namespace": vector.namespace});
            if returns_values {
                row["values"] = json!(vector.values);
            }
            match returned_metadata {
                "all" => row["metadata"] = vector.metadata.clone(),
                "indexed" => {
                    let kept = indexed.iter().filter_map(|(property, _)| {
                        property_of(&vector.metadata, property).map(|value| (property.clone(), value.clone()))
                    });
                    row["metadata"] = Value::Object(kept.collect());
                }
                _ => {}
            }
            row
        })
        .collect();
    Ok(Reply::ok(json!({"count": shown.len(), "matches": shown})))
}

fn wanted(body: &Value, all: &[Vector]) -> Result<Vec<f32>, ErrorReply> {
    if let Some(id) = body["vectorId"].as_str() {
        let found = all.iter().find(|vector| vector.id == id);
        return found
            .map(|vector| vector.values.clone())
            .ok_or_else(|| invalid(format!("vector \"{id}\" does not exist")));
    }
    components(&body["vector"]).ok_or_else(|| invalid("vector must be an array of numbers"))
}

/// Higher is nearer for cosine, lower for the others: dot product is answered negative (VEC-4).
fn score(metric: &str, a: &[f32], b: &[f32]) -> f64 {
    let pairs = || a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let dot = || pairs().map(|(a, b)| a * b).sum::<f64>();
    match metric {
        "euclidean" => pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        "dot-product" => -dot(),
        _ => {
            let length = |vector: &[f32]| vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            let lengths = length(a) * length(b);
            if lengths == 0.0 { 0.0 } else { dot() / lengths }
        }
    }
}

/// Conditions on metadata, all of which must hold; each knows the mutation that made its metadata index.
struct Filter(Vec<(String, String, Value, i64)>);

impl Filter {
    fn parse(exchange: &Exchange<'_>, index_name: &str, filter: &Value) -> Result<Filter, ErrorReply> {
        let properties = match filter {
            Value::Null => return Ok(Filter(Vec::new())),
            Value::Object(properties) if !properties.is_empty() => properties,
            _ => return Err(invalid("filter must be a non-empty object")),
        };
        if filter.to_string().len() >= 2048 {
            return Err(invalid("filter must be smaller than 2048 bytes"));
        }
        let mut conditions = Vec::new();
        for (property, condition) in properties {
            // Without a metadata index nothing is found.
            let made = metadata::made_by(exchange.store(), index_name, property)?.unwrap_or(i64::MAX);
            match condition {
                Value::Object(operators) => {
                    for (operator, operand) in operators {
                        if !OPERATORS.contains(&operator.as_str()) {
                            return Err(invalid(format!("unknown filter operator {operator}")));
                        }
                        conditions.push((property.clone(), operator.clone(), operand.clone(), made));
                    }
                }
                Value::Array(_) => {
                    return Err(invalid("a filter value must be a string, number, boolean or null"));
                }
                equal => conditions.push((property.clone(), "$eq".into(), equal.clone(), made)),
            }
        }
        Ok(Filter(conditions))
    }

    fn admits(&self, vector: &Vector) -> bool {
        self.0.iter().all(|(property, operator, operand, made)| {
            let value = property_of(&vector.metadata, property).unwrap_or(&Value::Null);
            vector.mutation > *made && holds(value, operator, operand)
        })
    }
}

const OPERATORS: [&str; 8] = ["$eq", "$ne", "$in", "$nin", "$lt", "$lte", "$gt", "$gte"];

fn holds(value: &Value, operator: &str, operand: &Value) -> bool {
    let among = || operand.as_array().is_some_and(|values| values.iter().any(|one| equal(value, one)));
    let order = || match (value, operand) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => value.as_f64()?.partial_cmp(&operand.as_f64()?),
    };
    match operator {
        "$eq" => equal(value, operand),
        "$ne" => !equal(value, operand),
        "$in" => among(),
        "$nin" => !among(),
        "$lt" => order().is_some_and(std::cmp::Ordering::is_lt),
        "$lte" => order().is_some_and(std::cmp::Ordering::is_le),
        "$gt" => order().is_some_and(std::cmp::Ordering::is_gt),
        _ => order().is_some_and(std::cmp::Ordering::is_ge),
    }
}

/// Numbers are float64, so `1` is `1.0`.
fn equal(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().is_some_and(|a| b.as_f64() == Some(a))
}

/// A dot in a property's name steps into an object.
fn property_of<'a>(metadata: &'a Value, property: &str) -> Option<&'a Value> {
    property.split('.').try_fold(metadata, |value, step| value.get(step))
}
