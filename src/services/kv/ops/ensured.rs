//! `ensure_entries`: reads the values of many keys, and writes those that differ.
//!
//! **Invariant:** a value is in no message, note or plan; keys are.

use super::super::api;
use super::super::entry::Entry;
use super::super::kept::{Left, Remembered, is_new, remembered};
use super::super::wire::Stored;
use super::given::{Entries, count, entries, named, refused};
use super::receiver;
use super::send::{Item, Task, chunks, send};
use crate::events::{Action, Cost, Evidence, Foreseen};
use crate::http::ReadError;
use crate::op::{Call, Context, Done, Failure, Intent, Mode, NoOptions, OptionError, Started, Value};
use futures_util::future::join_all;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keys of one read.
const KEYS_MAX: usize = 100;
/// Values of one read, as far as it is known how long they are: an answer must not become too large.
const BYTES_MAX: usize = 16 << 20;

pub(super) fn ensure_entries(
    call: Call,
    (map,): (BTreeMap<String, Value>,),
    _: NoOptions,
) -> Result<Started, Failure> {
    let context = call.context;
    let entries = entries(&map, context.client.clock().now())?;
    if let Some((key, _)) = entries.iter().find(|(_, entry)| entry.text().is_none()) {
        let words = "can't be compared: many values are read as text, and `put_all` writes bytes";
        return Err(refused(OptionError::at("base64", words).under(key)));
    }
    let receiver = receiver(call.receiver)?;
    let memory = remembered(&context, &receiver);
    Ok(Started::on("kv", receiver, move |namespace| async move {
        Wanted { context, namespace, entries, memory }.ensure().await
    }))
}

struct Wanted {
    context: Arc<Context>,
    namespace: Value,
    entries: Entries,
    memory: Option<Remembered>,
}

impl Wanted {
    async fn ensure(self) -> Result<Done, Failure> {
        let all: Vec<&str> = self.entries.keys().map(String::as_str).collect();
        let differing = self.differing(&all).await?;
        if differing.is_empty() {
            return Ok(Done { is_played: self.memory.is_some(), ..Done::unchanged(Value::Unit) });
        }
        let keys: Vec<&str> = differing.keys().map(String::as_str).collect();
        let words = format!("{} of {}: {}", keys.len(), count(all.len()), named(keys.iter().copied()));
        let observed = BTreeMap::from([("/keys".to_owned(), Json::from(fingerprint(&words, &keys)))]);
        let items: Vec<Item> = differing.iter().map(|(key, entry)| Item::put(key, entry)).collect();
        let mut done = Done::written(Value::Unit, Action::Update);
        done.notes.push(words);
        if self.context.mode == Mode::Plan {
            let cost = Cost::writes(chunks(&items).len() as u64);
            done.foreseen = Foreseen { observed, cost, ..Foreseen::default() };
            if let Some(memory) = &self.memory {
                let kept = memory.kept();
                for (key, entry) in differing {
                    kept.put(&key, entry);
                }
                done.is_played = true;
            }
            return Ok(done);
        }
        self.context.allow(&Intent { observed: &observed, ..Intent::to(Action::Update) })?;
        let Err(unsent) = send(&self.context.client, &self.namespace, &items, Task::Put).await else {
            return Ok(done);
        };
        // What is read may be older than what was written, but not younger.
        if unsent.is_unknown() && self.differing(&keys).await.is_ok_and(|left| left.is_empty()) {
            done.evidence = Some(Evidence::Probe);
            done.notes.push("the answer to the write was lost; the values are there".into());
            return Ok(done);
        }
        Err(unsent.failure(&self.namespace, (Task::Put, Action::Update)))
    }

    /// What is to be written.
    async fn differing(&self, keys: &[&str]) -> Result<Entries, Failure> {
        let kept = self.memory.as_ref().map(Remembered::kept);
        let is_empty = kept.is_some() && is_new(&self.context, &self.namespace);
        let is_asked = |key: &&&str| !is_empty && kept.as_ref().is_none_or(|kept| kept.find(key).is_none());
        let asked: Vec<&str> = keys.iter().filter(is_asked).copied().collect();
        let live = self.read(&asked).await?;
        let mut differing = Entries::new();
        for key in keys {
            let Some(entry) = self.entries.get(*key) else { continue };
            let of_run = kept.as_ref().and_then(|kept| kept.find(key));
            let have = match &of_run {
                Some(Left::Put(entry)) => Have::of_entry(entry),
                Some(Left::Deleted) => None,
                None => live.get(*key).map(Have::of_stored),
            };
            if have.as_ref().is_some_and(|have| have.is(entry)) && self.is_exact(key, entry).await? {
                continue;
            }
            let metadata = entry.metadata.clone().or_else(|| have.and_then(|have| have.metadata.cloned()));
            differing.insert((*key).to_owned(), entry.with_metadata(metadata));
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
                    Err(ReadError::Rejected(error)) if error.status == 413 && keys.len() > 1 => {
                        smaller.extend(keys.chunks(keys.len().div_ceil(2)).map(<[&str]>::to_vec));
                    }
                    Err(error) => return Err(self.not_read(error)),
                }
            }
            left = smaller;
        }
        Ok(found)
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

/// What is under a key, or would be.
struct Have<'a> {
    text: &'a str,
    metadata: Option<&'a Json>,
}

impl<'a> Have<'a> {
    fn of_stored(stored: &'a Stored) -> Self {
        Have { text: &stored.value, metadata: stored.metadata.as_ref() }
    }

    /// `None` of bytes: they differ from any text.
    fn of_entry(entry: &'a Entry) -> Option<Self> {
        Some(Have { text: entry.text()?, metadata: entry.metadata.as_ref() })
    }

    fn is(&self, wanted: &Entry) -> bool {
        let metadata = wanted.metadata.as_ref();
        wanted.text() == Some(self.text)
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

/// What tells these keys from others, in a plan that is applied later.
fn fingerprint(words: &str, keys: &[&str]) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(keys.join("\0"));
    let hex = digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("{words} ({hex})")
}
