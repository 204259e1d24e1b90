//! The permit of a run that applies a plan: what each op may write, and why another write is refused.
//!
//! An op of the run belongs to the op of the plan with the same call on the same resource; where there are several, the
//! first to the first. Ids that a plan made up stand for those that the run's own creates give.
//!
//! A run that is planned again before it is applied is compared with the list op by op as it goes, and what has moved is
//! kept.
//!
//! **Invariant:** an op that the plan does not list, or lists with another action, other fields, other contents or other
//! migrations, gets no leave.

use super::failure::Failure;
use super::key::Key;
use crate::events::{Action, Change, Cost, Finding, OpFinished, PendingFile, Site};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// One op of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// `kv`, `r2`, ...
    pub service: String,
    /// `ensure`, `put`, ...
    pub op: String,
    /// The handle's type, e.g. `KvNamespace`.
    pub kind: String,
    /// The name before the naming policy.
    pub logical: Option<String>,
    /// The name in the account.
    pub resource: String,
    /// The jurisdiction that is part of the key.
    pub jurisdiction: Option<String>,
    /// What would be done to the resource.
    pub action: Action,
    /// The id in the account; made up where a creation is planned.
    pub id: Option<String>,
    /// Fields that would be set.
    pub changes: Vec<Change>,
    /// Fields that the account had, where something would be changed or removed.
    pub observed: BTreeMap<String, Json>,
    /// Which of many entries would be written.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub entries: BTreeSet<String>,
    /// SHA-256 of what a raw write would send, its secrets left out.
    pub contents: Option<String>,
    /// The folder of the migrations, from the project's folder.
    pub folder: Option<String>,
    /// The migrations that would be applied, in order.
    pub migrations: Vec<PendingFile>,
    /// Requests that it takes, beside those of the plan itself.
    pub cost: Cost,
    /// Where the recipe asks for it.
    pub at: Site,
}

/// What an op is about to do.
#[derive(Debug)]
pub struct Intent<'a> {
    pub action: Action,
    /// The id of what is there.
    pub id: Option<&'a str>,
    /// Fields that it would set.
    pub changes: &'a [Change],
    /// Fields that the account has.
    pub observed: &'a BTreeMap<String, Json>,
    /// Which of many entries it would write.
    pub entries: &'a BTreeSet<String>,
    /// The migrations that it would apply.
    pub migrations: &'a [PendingFile],
}

impl Intent<'_> {
    pub fn to(action: Action) -> Intent<'static> {
        static NOTHING: BTreeMap<String, Json> = BTreeMap::new();
        static NONE: BTreeSet<String> = BTreeSet::new();
        Intent { action, id: None, changes: &[], observed: &NOTHING, entries: &NONE, migrations: &[] }
    }
}

/// A plan, as the run that applies it goes through it.
#[derive(Debug)]
pub struct Permit {
    listed: Vec<Planned>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By number of the run's op.
    begun: HashMap<u64, StartedWrite>,
    used: Vec<bool>,
    /// Those that are not used yet, in order, by what they are about.
    unused: HashMap<Subject, VecDeque<usize>>,
    /// Ids of this run, and what the plan made up in their place.
    ids: Vec<(String, String)>,
    /// By number of the run's op.
    moved: BTreeMap<u64, Finding>,
}

/// Service, op, resource and jurisdiction.
type Subject = (String, String, String, Option<String>);

#[derive(Clone, Debug)]
struct StartedWrite {
    listed: Option<usize>,
    call: String,
    contents: Option<String>,
}

impl Permit {
    /// Of the ops of a plan, in order.
    pub fn new(listed: Vec<Planned>) -> Self {
        let mut state = State { used: vec![false; listed.len()], ..State::default() };
        for (index, one) in listed.iter().enumerate() {
            let subject =
                (one.service.clone(), one.op.clone(), one.resource.clone(), one.jurisdiction.clone());
            state.unused.entry(subject).or_default().push_back(index);
        }
        Permit { listed, state: Mutex::new(state) }
    }

    /// What the plan lists and the run has not come to.
    pub fn left(&self) -> Vec<&Planned> {
        let state = self.state.lock();
        let left =
            self.listed.iter().zip(&state.used).filter(|(one, used)| !**used && one.action != Action::None);
        left.map(|(one, _)| one).collect()
    }

    /// Finds the listed op that op number `id` is.
    pub(super) fn begin(&self, id: u64, call: (&str, &str), key: &Key, contents: Option<&str>) {
        let mut state = self.state.lock();
        let resource = state.as_planned(&key.name);
        let subject = (call.0.to_owned(), call.1.to_owned(), resource, key.jurisdiction.clone());
        let listed = state.unused.get_mut(&subject).and_then(VecDeque::pop_front);
        if let Some(index) = listed {
            state.used[index] = true;
        }
        let contents = contents.map(|contents| digest(&state.as_planned(contents)));
        let call = format!("{}::{}", call.0, call.1);
        state.begun.insert(id, StartedWrite { listed, call, contents });
    }

    /// Compares what op number `done.id` would do, in a run that only plans, with what is listed for it.
    pub(super) fn compare(&self, done: &OpFinished, at: &Site) {
        let nothing = BTreeMap::new();
        let is_there = matches!(done.action, Action::Update | Action::Delete);
        let intent = Intent {
            action: done.action,
            id: done.resource_id.as_deref(),
            changes: &done.changes,
            observed: if is_there { &done.foreseen.observed } else { &nothing },
            entries: &done.foreseen.entries,
            migrations: &done.foreseen.pending,
        };
        let message = match done.action {
            Action::None => self.replaced(done.id, done.resource_id.as_deref()),
            _ => self.check(done.id, &intent).err().map(|failure| failure.to_string()),
        };
        if let Some(message) = message {
            self.state.lock().moved.insert(done.id, Finding { at: at.clone(), message, hint: None });
        }
    }

    /// What has moved, in the order of starting.
    pub fn moved(&self) -> Vec<Finding> {
        self.state.lock().moved.values().cloned().collect()
    }

    /// Whether what is left as it is is another thing of the same name.
    fn replaced(&self, id: u64, live: Option<&str>) -> Option<String> {
        let state = self.state.lock();
        let begun = state.begun.get(&id)?;
        let one = &self.listed[begun.listed?];
        let (planned, live) = (one.id.as_deref()?, live?);
        let is_other = one.action != Action::Create && state.as_planned(live) != planned;
        is_other.then(|| unlike(&begun.call, one, &other_id(planned, live)))
    }

    /// Notes what op number `id` came to; a note where what was planned is there already.
    pub(super) fn end(&self, id: u64, action: Action, real: &str) -> Option<String> {
        let mut state = self.state.lock();
        let one = &self.listed[state.begun.get(&id)?.listed?];
        if let Some(planned) = one.id.as_deref().filter(|planned| !real.is_empty() && *planned != real) {
            state.ids.push((real.to_owned(), planned.to_owned()));
        }
        let is_there = action == Action::None && one.action != Action::None;
        is_there.then(|| match one.action {
            Action::Delete => "gone already, as planned".to_owned(),
            _ => "there already, as planned".to_owned(),
        })
    }

    /// Whether op number `id` may do it.
    pub(super) fn check(&self, id: u64, intent: &Intent<'_>) -> Result<(), Failure> {
        let state = self.state.lock();
        let begun = state.begun.get(&id).cloned();
        let call = begun.as_ref().map_or("a write", |begun| begun.call.as_str());
        let Some(one) = begun.as_ref().and_then(|begun| Some(&self.listed[begun.listed?])) else {
            return Err(moved(format!(
                "the plan does not list this `{call}`, which would {}",
                word(intent.action)
            )));
        };
        let wrong =
            self.difference(&state, one, begun.as_ref().and_then(|begun| begun.contents.as_deref()), intent);
        match wrong {
            None => Ok(()),
            Some(words) => Err(moved(unlike(call, one, &words))),
        }
    }

    fn difference(
        &self,
        state: &State,
        one: &Planned,
        contents: Option<&str>,
        intent: &Intent<'_>,
    ) -> Option<String> {
        if one.action != intent.action {
            let fields = fields(intent.changes);
            return Some(format!(
                "the plan would {}, and now it would {}{fields}",
                word(one.action),
                word(intent.action)
            ));
        }
        if let (Some(planned), Some(live)) = (&one.id, intent.id)
            && state.as_planned(live) != *planned
        {
            return Some(other_id(planned, live));
        }
        if one.contents.as_deref() != contents {
            return Some("it would send something else".into());
        }
        let now: Vec<Change> = intent.changes.iter().map(|change| state.change(change)).collect();
        let mut moved = moved_fields(&one.changes, &now);
        let fields: BTreeSet<&String> = one.observed.keys().chain(intent.observed.keys()).collect();
        for field in fields {
            let (was, is) = (one.observed.get(field), intent.observed.get(field));
            if was != is && !moved.contains_key(field.as_str()) {
                let show = |value: Option<&Json>| value.cloned().unwrap_or_default();
                let words = format!("{} was {}, and is {} now", name(field), show(was), show(is));
                moved.insert(field, words);
            }
        }
        let of_files = migrations(&one.migrations, intent.migrations);
        let of_entries = entries(&one.entries, intent.entries);
        let all: Vec<String> = moved.into_values().chain(of_entries).chain(of_files).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

impl State {
    /// `text` with the ids of this run as the plan made them up.
    fn as_planned(&self, text: &str) -> String {
        // A run of thousands has as many ids, and most texts are names that hold none.
        let hold = self.ids.iter().filter(|(real, _)| real.len() <= text.len());
        hold.fold(text.to_owned(), |text, (real, planned)| {
            if text.contains(real.as_str()) { text.replace(real.as_str(), planned) } else { text }
        })
    }

    fn change(&self, change: &Change) -> Change {
        Change { field: change.field.clone(), from: self.json(&change.from), to: self.json(&change.to) }
    }

    fn json(&self, value: &Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.as_planned(text)),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.json(item)).collect()),
            Json::Object(map) => {
                Json::Object(map.iter().map(|(key, item)| (key.clone(), self.json(item))).collect())
            }
            other => other.clone(),
        }
    }
}

/// SHA-256, in hexadecimal.
pub(super) fn digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(text))
}

/// What differs, by field.
fn moved_fields<'a>(planned: &'a [Change], now: &'a [Change]) -> BTreeMap<&'a str, String> {
    let of = |changes: &[Change], field: &str| changes.iter().find(|one| one.field == field).cloned();
    let show = |change: Option<Change>| {
        change.map_or_else(|| "unchanged".to_owned(), |change| format!("{} -> {}", change.from, change.to))
    };
    let all = planned.iter().chain(now).map(|change| change.field.as_str());
    let differing = all.filter_map(|field| {
        let (was, is) = (of(planned, field), of(now, field));
        let words = || {
            format!("{} was planned as {}, and is now {}", name(field), show(was.clone()), show(is.clone()))
        };
        (was != is).then(|| (field, words()))
    });
    differing.collect()
}

/// What is written must be what is left of the list: others may have written some of it meanwhile.
fn entries(planned: &BTreeSet<String>, now: &BTreeSet<String>) -> Option<String> {
    let new = now.iter().find(|entry| !planned.contains(*entry))?;
    Some(format!("it would write `{new}`, which the plan does not list"))
}

/// What is pending must be what is left of the list, with the same texts.
fn migrations(planned: &[PendingFile], now: &[PendingFile]) -> Option<String> {
    let edited = now
        .iter()
        .find(|file| planned.iter().any(|other| other.name == file.name && other.sha256 != file.sha256));
    if let Some(file) = edited {
        return Some(format!("the text of `{}` has changed", file.name));
    }
    if planned.ends_with(now) {
        return None;
    }
    let new = now.iter().find(|file| planned.iter().all(|other| other.name != file.name));
    Some(match new {
        Some(file) => format!("`{}` is pending, which the plan does not list", file.name),
        None => "other migrations are pending than the plan lists".to_owned(),
    })
}

fn fields(changes: &[Change]) -> String {
    let all: Vec<String> =
        changes.iter().map(|one| format!("{}: {} -> {}", name(&one.field), one.from, one.to)).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
}

fn name(pointer: &str) -> String {
    format!("`{}`", pointer.trim_start_matches('/').replace('/', "."))
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create it",
        Action::Update => "update it",
        Action::Delete => "delete it",
        Action::Apply => "apply migrations",
        Action::Write => "write",
        Action::None => "leave it as it is",
    }
}

fn unlike(call: &str, one: &Planned, words: &str) -> String {
    format!("`{call}` of `{}` is not what was planned: {words}", one.resource)
}

fn other_id(planned: &str, live: &str) -> String {
    format!("it had the id `{planned}`, and has `{live}` now")
}

fn moved(message: String) -> Failure {
    Failure::refused_with_hint(
        "moved",
        message,
        "nothing was sent for it: look at a new plan, and apply that",
    )
}

#[cfg(test)]
mod tests;
