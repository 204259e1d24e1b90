//! `/time_travel`: the bookmark of a time, and the way back to one (Cloudflare API notes 6.7).

use super::databases::{Databases, internal};
use super::engine::Engine;
use super::record::{Record, invalid};
use crate::local::{Exchange, Failure, Reply};
use jiff::Timestamp;
use serde_json::json;

/// `GET /d1/database/{uuid}/time_travel/bookmark?timestamp=`: of now, without a timestamp.
pub(super) fn bookmark(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let timestamp = exchange.query("timestamp");
    let engine = engine(exchange)?;
    let bookmark = match timestamp {
        None => engine.versions().bookmark(),
        Some(timestamp) => bookmark_at(engine, &timestamp)?,
    };
    Ok(Reply::ok(json!({"bookmark": bookmark})))
}

/// `POST /d1/database/{uuid}/time_travel/restore?bookmark=` or `?timestamp=`: no body.
pub(super) fn restore(exchange: &mut Exchange<'_>) -> Result<Reply, Failure> {
    let (bookmark, timestamp) = (exchange.query("bookmark"), exchange.query("timestamp"));
    let now = exchange.view.now();
    let engine = engine(exchange)?;
    let wanted = match (bookmark, timestamp) {
        (Some(bookmark), _) => bookmark,
        (None, Some(timestamp)) => bookmark_at(engine, &timestamp)?,
        (None, None) => return Err(invalid("bookmark", "Required")),
    };
    let version = engine.versions().find(&wanted).ok_or_else(|| invalid("bookmark", "Invalid bookmark"))?;
    let previous = engine.versions().bookmark();
    if !engine.restore(version, now).map_err(internal)? {
        return Err(invalid("bookmark", "Invalid bookmark"));
    }
    let bookmark = engine.versions().bookmark();
    exchange.mark_changed();
    Ok(Reply::ok(json!({
        "bookmark": bookmark,
        "previous_bookmark": previous,
        "message": format!("Restored to bookmark {wanted}"),
    })))
}

fn engine<'a>(exchange: &'a mut Exchange<'_>) -> Result<&'a mut Engine, Failure> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let now = exchange.view.now();
    exchange.view.state::<Databases>()?.free_engine(&record.uuid, now)
}

fn bookmark_at(engine: &Engine, timestamp: &str) -> Result<String, Failure> {
    let time: Timestamp = timestamp.parse().map_err(|_| invalid("timestamp", "Invalid datetime"))?;
    engine.versions().at(time).ok_or_else(|| invalid("timestamp", "Timestamp is too old"))
}
