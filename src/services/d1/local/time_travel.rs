//! `/time_travel`: bookmarks, and restoring one (D1-25).

use super::databases::Databases;
use super::engine::Engine;
use super::record::{Record, invalid};
use crate::local::{DeferredResult, DeferredWork, ErrorReply, Exchange, Reply};
use jiff::Timestamp;
use serde_json::json;

/// `GET /d1/database/{uuid}/time_travel/bookmark?timestamp=`: of now, without a timestamp.
pub(super) fn bookmark(exchange: &mut Exchange<'_>) -> Result<DeferredWork, ErrorReply> {
    let timestamp = exchange.query("timestamp");
    call(exchange, move |engine, _| {
        let bookmark = match timestamp {
            None => engine.versions().bookmark(),
            Some(timestamp) => bookmark_at(engine, &timestamp)?,
        };
        Ok(DeferredResult::unchanged(Reply::ok(json!({"bookmark": bookmark}))))
    })
}

/// `POST /d1/database/{uuid}/time_travel/restore?bookmark=` or `?timestamp=`: no body.
pub(super) fn restore(exchange: &mut Exchange<'_>) -> Result<DeferredWork, ErrorReply> {
    let (bookmark, timestamp) = (exchange.query("bookmark"), exchange.query("timestamp"));
    call(exchange, move |engine, now| {
        let wanted = match (bookmark, timestamp) {
            (Some(bookmark), _) => bookmark,
            (None, Some(timestamp)) => bookmark_at(engine, &timestamp)?,
            (None, None) => return Err(invalid("bookmark", "Required")),
        };
        let unknown = || invalid("bookmark", "Invalid bookmark");
        let version = engine.versions().find(&wanted).ok_or_else(unknown)?;
        let previous = engine.versions().bookmark();
        if !engine.restore(version, now)? {
            return Err(unknown());
        }
        let reply = Reply::ok(json!({
            "bookmark": engine.versions().bookmark(),
            "previous_bookmark": previous,
            "message": format!("Restored to bookmark {wanted}"),
        }));
        Ok(DeferredResult { reply, changed: true })
    })
}

fn call(
    exchange: &mut Exchange<'_>,
    work: impl FnOnce(&mut Engine, Timestamp) -> Result<DeferredResult, ErrorReply> + Send + 'static,
) -> Result<DeferredWork, ErrorReply> {
    let record = Record::by_uuid(exchange.store(), exchange.parameter("database"))?;
    let now = exchange.view.now();
    exchange.view.state::<Databases>()?.call(&record.uuid, now, move |engine| work(engine, now))
}

fn bookmark_at(engine: &Engine, timestamp: &str) -> Result<String, ErrorReply> {
    let time: Timestamp = timestamp.parse().map_err(|_| invalid("timestamp", "Invalid datetime"))?;
    engine.versions().at(time).ok_or_else(|| invalid("timestamp", "Timestamp is too old"))
}
