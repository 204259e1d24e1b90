//! `/query` and `/raw`: one body, one transaction, one element of the answer per statement (D1-5, D1-7).

use super::control::{body, type_name};
use super::databases::{Databases, internal};
use super::engine::{Query, StatementOutput};
use super::record::{Record, invalid};
use super::rows::{Results, RowFormat};
use super::values;
use crate::local::{DeferredResult, DeferredWork, ErrorReply, Exchange, Reply};
use serde::Serialize;
use serde_json::{Map, Value};

/// `POST /d1/database/{uuid}/query`
pub(super) fn query(exchange: &mut Exchange<'_>) -> Result<DeferredWork, ErrorReply> {
    answer(exchange, RowFormat::Objects)
}

/// `POST /d1/database/{uuid}/raw`
pub(super) fn raw(exchange: &mut Exchange<'_>) -> Result<DeferredWork, ErrorReply> {
    answer(exchange, RowFormat::Arrays)
}

fn answer(exchange: &mut Exchange<'_>, shape: RowFormat) -> Result<DeferredWork, ErrorReply> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let queries = queries(&body(exchange)?)?;
    let now = exchange.view.now();
    let databases = exchange.view.state::<Databases>()?;
    let (uuid, region) = (record.uuid, record.region);
    databases.call(&uuid, now, move |engine| {
        let answered = engine.run(&queries, now)?;
        let changed = answered.iter().any(|answered| answered.meta.changed_db);
        let elements = answered.into_iter().map(|StatementOutput { columns, rows, meta }| Element {
            results: shape.results(columns, rows),
            success: true,
            meta: meta.to_json(&region),
        });
        let reply = Reply::ok_in_order(&elements.collect::<Vec<_>>()).map_err(internal)?;
        Ok(DeferredResult { reply, changed })
    })
}

/// What one statement brought.
#[derive(Serialize)]
struct Element {
    results: Results,
    success: bool,
    meta: Value,
}

fn queries(body: &Map<String, Value>) -> Result<Vec<Query>, ErrorReply> {
    match body.get("batch") {
        None => Ok(vec![one(body)?]),
        Some(Value::Array(batch)) => batch
            .iter()
            .map(|element| match element {
                Value::Object(element) => one(element),
                other => Err(invalid("batch", &format!("Expected object, received {}", type_name(other)))),
            })
            .collect(),
        Some(other) => Err(invalid("batch", &format!("Expected array, received {}", type_name(other)))),
    }
}

fn one(element: &Map<String, Value>) -> Result<Query, ErrorReply> {
    let sql = match element.get("sql") {
        Some(Value::String(sql)) => sql.clone(),
        None => return Err(invalid("sql", "Required")),
        Some(other) => {
            return Err(invalid("sql", &format!("Expected string, received {}", type_name(other))));
        }
    };
    let params = match element.get("params") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(params)) => params
            .iter()
            .enumerate()
            .map(|(at, value)| values::parameter(at, value))
            .collect::<Result<_, _>>()?,
        Some(other) => {
            return Err(invalid("params", &format!("Expected array, received {}", type_name(other))));
        }
    };
    Ok(Query { sql, params })
}
