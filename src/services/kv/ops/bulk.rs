//! Many keys in few requests: `put_all` and `delete_keys`.

use super::super::planned_values::remembered;
use super::super::secret_keys::SecretKeys;
use super::arguments::{self, count, entries};
use super::receiver;
use super::send::{KeyAction, RequestKey, chunks, send};
use crate::events::{Action, Cost, Foreseen};
use crate::op::{Call, Context, Failure, NoOptions, OpResult, StartedOp, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn put_all(
    call: Call,
    (map,): (BTreeMap<String, Value>,),
    _: NoOptions,
) -> Result<StartedOp, Failure> {
    let context = call.context;
    let entries = entries(&map, context.client.clock().now())?;
    let receiver = receiver(call.receiver)?;
    let memory = remembered(&context, &receiver).map(|memory| (memory, entries.clone()));
    let items: Vec<RequestKey> = entries.iter().map(|(key, entry)| RequestKey::put(key, entry)).collect();
    let secret = entries.iter().filter(|(_, entry)| entry.is_secret());
    let secrets: Vec<String> = secret.map(|(key, _)| key.clone()).collect();
    let (subject, cost) = (count(items.len()), cost(&items));
    let started = StartedOp::on("kv", receiver, move |namespace| async move {
        let sealed = SecretKeys::of(&context, &namespace);
        for key in &secrets {
            sealed.note(key);
        }
        write(context, namespace, items, KeyAction::Put).await
    });
    let started = started.about(subject);
    let Some((memory, entries)) = memory else { return Ok(started) };
    Ok(started.playing(move |_| async move {
        let kept = memory.kept();
        for (key, entry) in entries {
            kept.put(&key, entry);
        }
        Ok(Some(OpResult { foreseen: Foreseen { cost, ..Foreseen::default() }, ..OpResult::default() }))
    }))
}

pub(super) fn delete_keys(call: Call, (list,): (Vec<Value>,), _: NoOptions) -> Result<StartedOp, Failure> {
    let keys = arguments::keys(&list)?;
    let context = call.context;
    let receiver = receiver(call.receiver)?;
    let memory = remembered(&context, &receiver).map(|memory| (memory, keys.clone()));
    let items: Vec<RequestKey> = keys.iter().map(|key| RequestKey::delete(key)).collect();
    let (subject, cost) = (format!("deletion of {}", count(items.len())), cost(&items));
    let started =
        StartedOp::on("kv", receiver, move |namespace| write(context, namespace, items, KeyAction::Delete));
    let started = started.about(subject);
    let Some((memory, keys)) = memory else { return Ok(started) };
    Ok(started.playing(move |_| async move {
        let kept = memory.kept();
        for key in &keys {
            kept.delete(key);
        }
        Ok(Some(OpResult { foreseen: Foreseen { cost, ..Foreseen::default() }, ..OpResult::default() }))
    }))
}

fn cost(items: &[RequestKey]) -> Cost {
    Cost::writes(chunks(items).len() as u64)
}

async fn write(
    context: Arc<Context>,
    namespace: Value,
    items: Vec<RequestKey>,
    task: KeyAction,
) -> Result<OpResult, Failure> {
    if items.is_empty() {
        return Ok(OpResult::unchanged(Value::Unit));
    }
    send(&context.client, &namespace, &items, task)
        .await
        .map_err(|unsent| unsent.failure(&namespace, (task, Action::Write)))?;
    Ok(OpResult::written(Value::Unit, Action::Write))
}
