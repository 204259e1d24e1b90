//! `ensure_entries`: reads the values of many keys and writes those that differ.
//!
//! **Invariant:** a value is in no message, note or plan; keys are.

use super::super::api;
use super::super::entry::Entry;
use super::super::planned_values::{NamespaceMemory, PlannedValue, is_new, remembered};
use super::super::secret_keys::SecretKeys;
use super::super::wire::{Expires, Key, Stored};
use super::arguments::{Entries, count, entries, named, refused};
use super::receiver;
use super::send::{KeyAction, RequestKey, chunks, send};
use crate::events::{Action, Cost, Evidence, Foreseen};
use crate::http::{ReadError, TransportErrorKind};
use crate::op::{Call, Context, Failure, Intent, Mode, NoOptions, OpResult, OptionError, StartedOp, Value};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Keys of one read.
const KEYS_MAX: usize = 100;
/// Values of one read, as far as it is known how long they are: an answer must not become too large.
const BYTES_MAX: usize = 4 << 20;

pub(super) fn ensure_entries(
    call: Call,
    (map,): (BTreeMap<String, Value>,),
    _: NoOptions,
) -> Result<StartedOp, Failure> {
    let context = call.context;
    let entries = entries(&map, context.client.clock().now())?;
    if let Some((key, _)) = entries.iter().find(|(_, entry)| entry.text().is_none()) {
        let words = "can't be compared: many values are read as text, and `put_all` writes bytes";
        return Err(refused(OptionError::at("base64", words).under(key)));
    }
    let receiver = receiver(call.receiver)?;
    let memory = remembered(&context, &receiver);
    Ok(StartedOp::on("kv", receiver, move |namespace| async move {
        EnsureRequest { context, namespace, entries, memory }.ensure().await
    }))
}

struct EnsureRequest {
    context: Arc<Context>,
    namespace: Value,
    entries: Entries,
    memory: Option<NamespaceMemory>,
}

impl EnsureRequest {
    async fn ensure(self) -> Result<OpResult, Failure> {
        let sealed = SecretKeys::of(&self.context, &self.namespace);
        for (key, _) in self.entries.iter().filter(|(_, entry)| entry.is_secret()) {
            sealed.note(key);
        }
        let all: Vec<&str> = self.entries.keys().map(String::as_str).collect();
        let differing = self.differing(&all).await?;
        if differing.is_empty() {
            return Ok(OpResult { is_played: self.memory.is_some(), ..OpResult::unchanged(Value::Unit) });
        }
        let keys: Vec<&str> = differing.keys().map(String::as_str).collect();
        let words = format!("{} of {}: {}", keys.len(), count(all.len()), named(keys.iter().copied()));
        let names: BTreeSet<String> = differing.keys().cloned().collect();
        let items: Vec<RequestKey> =
            differing.iter().map(|(key, entry)| RequestKey::put(key, entry)).collect();
        let mut done = OpResult::written(Value::Unit, Action::Update);
        done.notes.push(words);
        if self.context.mode == Mode::Plan {
            let cost = Cost::writes(chunks(&items).len() as u64);
            done.foreseen = Foreseen { entries: names, cost, ..Foreseen::default() };
            if let Some(memory) = &self.memory {
                let kept = memory.kept();
                for (key, entry) in differing {
                    kept.put(&key, entry);
                }
                done.is_played = true;
            }
            return Ok(done);
        }
        self.context.allow(&Intent { entries: &names, ..Intent::to(Action::Update) })?;
        let Err(unsent) = send(&self.context.client, &self.namespace, &items, KeyAction::Put).await else {
            return Ok(done);
        };
        // What is read may be older than what was written, but not younger.
        if unsent.is_unknown() && self.differing(&keys).await.is_ok_and(|left| left.is_empty()) {
            done.evidence = Some(Evidence::Probe);
            done.notes.push("the answer to the write was lost; the values are there".into());
            return Ok(done);
        }
        Err(unsent.failure(&self.namespace, (KeyAction::Put, Action::Update)))
    }

    /// What is to be written.
    async fn differing(&self, keys: &[&str]) -> Result<Entries, Failure> {
        let kept = self.memory.as_ref().map(NamespaceMemory::kept);
        let is_empty = kept.is_some() && is_new(&self.context, &self.namespace);
        let is_asked = |key: &&&str| !is_empty && kept.as_ref().is_none_or(|kept| kept.find(key).is_none());
        let asked: Vec<&str> = keys.iter().filter(is_asked).copied().collect();
        let live = self.read(&asked).await?;
        let now = self.context.client.clock().now();
        let mut differing = Entries::new();
        for key in keys {
            let Some(entry) = self.entries.get(*key) else { continue };
            let of_run = kept.as_ref().and_then(|kept| kept.find(key));
            let have = match &of_run {
                Some(PlannedValue::Put(entry)) => Some(CurrentValue::of_entry(entry)),
                Some(PlannedValue::Deleted) => None,
                None => live.get(*key).map(|stored| CurrentValue::of_stored(stored, now)),
            };
            if have.as_ref().is_some_and(|have| have.is(entry)) && self.is_exact(key, entry).await? {
                continue;
            }
            let beside = |have: &CurrentValue| (have.metadata.cloned(), have.expires);
            let (metadata, expires) = have.as_ref().map(beside).unwrap_or_default();
            let (metadata, expires) = (entry.metadata.clone().or(metadata), entry.expires.or(expires));
            differing.insert((*key).to_owned(), entry.with(metadata, expires));
        }
        Ok(differing)
    }

    /// Bytes that are no text are read as U+FFFD: only such a value has to be read by itself.
    async fn is_exact(&self, key: &str, entry: &Entry) -> Result<bool, Failure> {
        let text = entry.text().unwrap_or_default();
        if !text.contains('\u{fffd}')
            || self.memory.as_ref().is_some_and(|own| own.kept().find(key).is_some())
        {
            return Ok(true);
        }
        let found = api::get_value(&self.context.client, self.namespace.text("id"), key).await;
        let found = found.map_err(|error| self.not_read(error))?;
        Ok(found.as_deref() == Some(text.as_bytes()))
    }

    /// What is there, a hundred keys in one request; where the values are too large for one answer, fewer.
    async fn read(&self, keys: &[&str]) -> Result<BTreeMap<String, Stored>, Failure> {
        let (client, id) = (&self.context.client, self.namespace.text("id"));
        let mut found = BTreeMap::new();
        let mut left = self.groups(keys);
        while !left.is_empty() {
            let answers = join_all(left.iter().map(|keys| api::get_bulk(client, id, keys))).await;
            let mut smaller = Vec::new();
            for (keys, answer) in left.iter().zip(answers) {
                match answer {
                    Ok(stored) => found.extend(stored),
                    Err(error) if is_too_large(&error) => match keys[..] {
                        [key] => found.extend(self.read_beside(key).await?),
                        _ => smaller.extend(keys.chunks(keys.len().div_ceil(2)).map(<[&str]>::to_vec)),
                    },
                    Err(error) => return Err(self.not_read(error)),
                }
            }
            left = smaller;
        }
        Ok(found)
    }

    /// What stands beside a value that no answer can hold: it is longer than any that a recipe has.
    async fn read_beside(&self, key: &str) -> Result<Option<(String, Stored)>, Failure> {
        let found = api::find_key(&self.context.client, self.namespace.text("id"), key).await;
        let stored = |listed: Key| Stored {
            value: None,
            metadata: listed.rest.get("metadata").cloned(),
            expiration: listed.rest.get("expiration").and_then(Json::as_u64),
        };
        Ok(found.map_err(|error| self.not_read(error))?.map(|listed| (key.to_owned(), stored(listed))))
    }

    fn groups<'a>(&self, keys: &[&'a str]) -> Vec<Vec<&'a str>> {
        let mut groups: Vec<Vec<&str>> = Vec::new();
        let mut bytes = 0;
        for key in keys {
            let more = self.entries.get(*key).and_then(Entry::text).map_or(0, str::len);
            match groups.last_mut() {
                Some(group) if group.len() < KEYS_MAX && bytes + more <= BYTES_MAX => {
                    group.push(key);
                    bytes += more;
                }
                _ => {
                    groups.push(vec![*key]);
                    bytes = more;
                }
            }
        }
        groups
    }

    fn not_read(&self, error: ReadError) -> Failure {
        Failure::of_read(self.namespace.text("name"), error)
    }
}

/// Whether an answer that holds less may come.
fn is_too_large(error: &ReadError) -> bool {
    match error {
        ReadError::Rejected(error) => error.status == 413,
        ReadError::Failed(trouble) => trouble.kind == TransportErrorKind::TooLarge,
    }
}

/// What is under a key, or would be.
struct CurrentValue<'a> {
    /// `None` of what differs from any text that a recipe has.
    text: Option<&'a str>,
    metadata: Option<&'a Json>,
    expires: Option<Expires>,
}

impl<'a> CurrentValue<'a> {
    fn of_stored(stored: &'a Stored, now: Timestamp) -> Self {
        CurrentValue {
            text: stored.value.as_deref(),
            metadata: stored.metadata.as_ref(),
            expires: stored.expiration.map(|moment| Expires::kept(moment, now)),
        }
    }

    fn of_entry(entry: &'a Entry) -> Self {
        CurrentValue { text: entry.text(), metadata: entry.metadata.as_ref(), expires: entry.expires }
    }

    fn is(&self, wanted: &Entry) -> bool {
        let metadata = wanted.metadata.as_ref();
        self.text.is_some_and(|text| wanted.text() == Some(text))
            && metadata.is_none_or(|wanted| self.metadata.is_some_and(|have| is_same(have, wanted)))
    }
}

/// The service writes `1.0` as `1`.
fn is_same(have: &Json, wanted: &Json) -> bool {
    match (have, wanted) {
        (Json::Number(have), Json::Number(wanted)) => have == wanted || have.as_f64() == wanted.as_f64(),
        (Json::Array(have), Json::Array(wanted)) => {
            have.len() == wanted.len() && have.iter().zip(wanted).all(|(have, wanted)| is_same(have, wanted))
        }
        (Json::Object(have), Json::Object(wanted)) => {
            let is_there =
                |(key, wanted): (&String, &Json)| have.get(key).is_some_and(|have| is_same(have, wanted));
            have.len() == wanted.len() && wanted.iter().all(is_there)
        }
        _ => have == wanted,
    }
}
