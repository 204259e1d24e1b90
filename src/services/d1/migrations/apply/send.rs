//! Sends one guarded call, as a query, or as an import where D1's splitter might split it wrongly.

use super::super::files::folder::Migration;
use super::super::sql::compound::{QUERY_BYTES_MAX, needs_import};
use crate::events::Event;
use crate::http::{self, Outcome, TransportErrorKind};
use crate::op::Context;
use crate::services::d1::api::{self, transfer};
use crate::services::d1::wire::StatementResult;
use std::time::Duration;

/// Between two attempts while the database is busy; an export or a queue may take so long.
const BUSY_PAUSES_S: [u64; 6] = [1, 2, 4, 8, 16, 30];

/// Sends files with their guard and records. What the server says of an import is proved like any other answer: by the next
/// guard, or by the ledger. While the database is busy and has not begun it, the call is sent again.
pub async fn send(
    context: &Context,
    id: &str,
    unit: &[&Migration],
    sql: &str,
) -> Outcome<Vec<StatementResult>> {
    let client = &context.client;
    if let Some(first) = unit.first() {
        tell(context, format!("`{}`", first.name));
    }
    for pause in BUSY_PAUSES_S {
        match once(context, id, unit, sql).await {
            Outcome::NotSent(trouble) if trouble.kind == TransportErrorKind::Busy => {
                let is_time = tokio::select! {
                    biased;
                    () = client.stop().soft.cancelled() => false,
                    () = client.pause_before_write(Duration::from_secs(pause)) => true,
                };
                if !is_time {
                    return Outcome::NotSent(trouble);
                }
            }
            outcome @ (Outcome::NotSent(_)
            | Outcome::Rejected(_)
            | Outcome::Applied(_)
            | Outcome::Unknown(_)) => return outcome,
        }
    }
    once(context, id, unit, sql).await
}

async fn once(context: &Context, id: &str, unit: &[&Migration], sql: &str) -> Outcome<Vec<StatementResult>> {
    let client = &context.client;
    let is_long = unit.len() > 1 && sql.len() > QUERY_BYTES_MAX;
    if !is_long && !unit.iter().any(|file| needs_import(&file.sql).is_some()) {
        let outcome = api::apply(client, id, sql).await;
        if !is_cut(&outcome) {
            return outcome;
        }
        tell(context, "D1 cut a statement in two, and nothing was applied: sent as an import".to_owned());
    }
    let scope = http::current_scope();
    scope.set_in_doubt(true);
    let outcome = transfer::import_guarded(client, id, sql, &|message| tell(context, message)).await;
    scope.set_in_doubt(matches!(outcome, Outcome::Unknown(_)));
    outcome.map(|_| Vec::new())
}

/// Whether D1's splitter gave SQLite a piece of a statement: the files were rehearsed, so each is whole. Such a call has
/// applied nothing, and what is sent again has its guard (D1-29).
fn is_cut<T>(outcome: &Outcome<T>) -> bool {
    match outcome {
        Outcome::Rejected(error) => {
            error.items.iter().any(|item| item.message.starts_with("incomplete input"))
        }
        Outcome::NotSent(_) | Outcome::Applied(_) | Outcome::Unknown(_) => false,
    }
}

fn tell(context: &Context, message: String) {
    context.events.emit(Event::Progress { op: http::current_scope().op, message });
}
