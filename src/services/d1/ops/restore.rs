//! `restore`: restores a database to a Time Travel bookmark.
//!
//! A restore takes everything away that was written since, so it is sent once. Where its answer is lost, the bookmark of
//! before says whether anything has happened: it stays as it is until something is written.
//!
//! **Invariant:** the bookmark of before is known before anything is sent, so every restore can be undone.

use super::super::api;
use super::super::resource::Database;
use super::super::wire::Restored;
use crate::events::{Action, Event};
use crate::http::{self, Outcome, TransportError, TransportErrorKind};
use crate::op::{
    Call, Context, Failure, HandleOrId, Key, NoOptions, OpOrder, OpResult, Pending, StartedOp, Value,
};
use crate::reconcile::Resource;
use crate::services::d1::migrations::way_back;
use serde_json::json;
use std::time::Duration;

/// A lost request may still be carried out (D1-20, A3).
const PAUSES_S: [u64; 7] = [0, 1, 2, 4, 8, 16, 5];

pub(super) fn restore(call: Call, (to,): (HandleOrId,), _: NoOptions) -> Result<StartedOp, Failure> {
    call.context.run.guard.check("restore a database")?;
    let context = call.context;
    match to {
        HandleOrId::Id(bookmark) => {
            check(&bookmark)?;
            Ok(StartedOp::on("d1", super::receiver(call.receiver)?, move |database| async move {
                go_back(&context, &database, &bookmark).await
            }))
        }
        HandleOrId::Handle(done) => {
            let receiver = super::receiver(call.receiver)?;
            let (database, order) = match receiver {
                HandleOrId::Handle(database) => (database, OpOrder::Key),
                HandleOrId::Id(id) => {
                    let value = Value::from(json!({ "id": id, "name": id }));
                    (Pending::found(Database::HANDLE, Key::new("d1", id), value), OpOrder::Alone)
                }
            };
            let key = database.key.clone();
            let mut started = StartedOp::new(key, move |have: Vec<Value>| async move {
                let [database, done] = &have[..] else { return Err(Failure::Bug("two handles".into())) };
                let bookmark = done.text("bookmark");
                if bookmark.is_empty() {
                    let hint = "it has written nothing, or into a database that was empty: there is nothing to go back to";
                    let message = "this handle has no bookmark";
                    return Err(Failure::refused_with_hint("argument", message, hint));
                }
                go_back(&context, database, bookmark).await
            });
            started.needs = vec![database, done];
            started.order = order;
            Ok(started)
        }
    }
}

async fn go_back(context: &Context, database: &Value, bookmark: &str) -> Result<OpResult, Failure> {
    let (id, name) = (database.text("id"), database.text("name"));
    let before = api::bookmark(&context.client, id).await;
    let before = before.map_err(|error| Failure::of_read(name, error))?;
    let value =
        |now: &str| Value::from(json!({ "id": id, "name": name, "bookmark": before, "restored": now }));
    if before == bookmark {
        return Ok(OpResult::unchanged(value(&before)));
    }
    context.events.emit(Event::Bookmark { op: http::current_scope().op, bookmark: before.clone() });
    let undo = format!("to undo it: {}", way_back(context.run_environment.get(), id, name, &before));
    let sent = match api::restore(&context.client, id, bookmark).await {
        // Bookmarks sort by time: a history that ended before this one did is another's.
        Outcome::Applied(Restored { previous_bookmark: Some(previous), .. }) if previous < before => {
            Outcome::Unknown(TransportError::new(
                TransportErrorKind::Malformed,
                format!(
                    "the answer is about a database that stood at `{previous}`, and this one stood at `{before}`"
                ),
            ))
        }
        other => other,
    };
    match sent {
        Outcome::Applied(_) => {
            Ok(OpResult { notes: vec![undo], ..OpResult::written(value(bookmark), Action::Write) })
        }
        Outcome::Rejected(error) => Err(Failure::rejected(name, error)),
        Outcome::NotSent(trouble) => Err(Failure::of_trouble(name, trouble)),
        Outcome::Unknown(trouble) => {
            let why = if has_moved(context, id, &before).await {
                format!("{}, and something was written since", trouble.detail)
            } else {
                trouble.detail
            };
            let check = format!(
                "look at the data: if it is as it was at `{bookmark}` the restore was done; {undo}; restoring once more \
                 comes to the same"
            );
            Err(Failure::Unknown { resource: name.to_owned(), why, check })
        }
    }
}

/// Whether the bookmark is another than before, within the time that a lost request has.
async fn has_moved(context: &Context, id: &str, before: &str) -> bool {
    for pause in PAUSES_S {
        if pause > 0 {
            context.client.pause(Duration::from_secs(pause)).await;
        }
        if api::bookmark(&context.client, id).await.is_ok_and(|now| now != before) {
            return true;
        }
    }
    false
}

/// `xxxxxxxx-xxxxxxxx-xxxxxxxx-<32 hex>`: what is none is told before anything is sent (D1-25).
fn check(bookmark: &str) -> Result<(), Failure> {
    let lengths: Vec<usize> = bookmark.split('-').map(str::len).collect();
    let is_hex = bookmark.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    if is_hex && lengths == [8, 8, 8, 32] {
        return Ok(());
    }
    let hint = "a bookmark is in the report of a run that has migrated or loaded, as in `0000000a-00000000-00004c8e-...`";
    Err(Failure::refused_with_hint("argument", format!("`{bookmark}` is no bookmark"), hint))
}
