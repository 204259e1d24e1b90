//! `cf::ensure`: reads a path, compares the fields of the body, and writes if something differs.
//!
//! **Invariant:** nothing is written that was not compared first, and a write whose answer was lost is sent again only after
//! reads have not shown it.

use super::super::api::{self, Pair};
use super::super::path::ConfinedPath;
use super::compare::{BodyComparison, compare};
use super::headers::{Given, jurisdiction};
use super::service_paths::is_of_service;
use super::{checked, explained, has_route, key, may_write, own_zone, plain, seen};
use crate::events::{Action, Change, Cost, Event, Evidence, Foreseen};
use crate::http::{Outcome, ReadError, TransportError, TransportErrorKind};
use crate::op::{Call, Context, Failure, Intent, Mode, OpOrder, OpResult, OptionMap, StartedOp, Value};
use crate::reconcile::{Foreseeable, NewPaths, Placeholders};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Pauses between reads for a write that they do not show, before it is sent once more, or counts as not kept.
static EARLY_MS: [u64; 3] = [200, 300, 500];
/// The same where nothing more is sent.
static LATE_MS: [u64; 5] = [500, 1_000, 2_000, 4_000, 8_000];

/// Options of `cf::ensure`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    /// How the body is sent: `"PUT"`, in place of what is there, or `"PATCH"`, into it; `"PUT"` when left out.
    #[serde(default)]
    method: Method,
    /// Headers to send with each request, as for `cf::get`.
    #[serde(default)]
    headers: Given,
}

impl OptionMap for Options {}

/// How a body is sent.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
enum Method {
    /// In place of what is there.
    #[default]
    #[serde(rename = "PUT")]
    Put,
    /// Into what is there.
    #[serde(rename = "PATCH")]
    Patch,
}

impl Method {
    fn pair(self) -> Pair {
        match self {
            Method::Put => Pair { account: &api::CONVERGE_PUT, zone: &api::ZONE_CONVERGE_PUT },
            Method::Patch => Pair { account: &api::CONVERGE_PATCH, zone: &api::ZONE_CONVERGE_PATCH },
        }
    }
}

pub(super) fn ensure(
    call: Call,
    (path, body): (String, BTreeMap<String, Value>),
    options: Options,
) -> Result<StartedOp, Failure> {
    let path = checked(&call, &path, options.headers, 2)?;
    may_write(&path)?;
    let pair = options.method.pair();
    for method in ["GET", pair.account.method] {
        has_route(&call.context, method, &path)?;
    }
    let sent = plain(&Value::Map(body.clone()))?;
    let same = json!([masked(&body), pair.account.method, path.headers, path.query]);
    let (key, is_of_service) = (key(&path), is_of_service(&path.rest));
    let wanted = EnsureRequest { context: call.context, path, body, sent, pair, is_of_service };
    let mut started = StartedOp::new(key, move |_| async move { wanted.ensure().await }).remembering();
    started.order = OpOrder::Alone;
    started.options = Some(same);
    started.is_of_services = is_of_service;
    Ok(started)
}

/// The body as it is compared with that of another call.
fn masked(body: &BTreeMap<String, Value>) -> Json {
    fn of(value: &Value) -> Json {
        match value {
            Value::List(items) => items.iter().map(of).collect(),
            Value::Map(map) => Json::Object(map.iter().map(|(key, item)| (key.clone(), of(item))).collect()),
            other => other.to_json().unwrap_or_else(|| Json::from(other.type_name())),
        }
    }
    of(&Value::Map(body.clone()))
}

struct EnsureRequest {
    context: Arc<Context>,
    path: ConfinedPath,
    body: BTreeMap<String, Value>,
    sent: Json,
    pair: Pair,
    is_of_service: bool,
}

impl EnsureRequest {
    async fn ensure(self) -> Result<OpResult, Failure> {
        // What any account has there is not known, and no reason to end the pass.
        if self.context.run.is_on_any_account {
            return Ok(self.planned(Action::Create, BodyComparison::default()));
        }
        let (paths, of, path) =
            (self.context.extension::<NewPaths>(), jurisdiction(&self.path), self.path.shown());
        let known = paths.of(of, &path);
        let live = self.now(known).await?;
        if let Some(kind) = live.as_ref().and_then(other_than_map) {
            let message = format!("`{path}` gives {kind}; `cf::ensure` compares a map");
            let hint = "`cf::get` reads it, and `cf::put` or `cf::post` writes it, whatever is there";
            return Err(Failure::refused_with_hint("conflict", message, hint));
        }
        let mut found = self.differing(live.as_ref());
        let is_resent =
            !found.secrets.is_empty() && (self.context.run.rewrite_secrets || known == Foreseeable::New);
        if live.is_some() && found.changes.is_empty() && !is_resent {
            let notes = not_compared(&found.secrets).into_iter().collect();
            return Ok(OpResult { notes, ..OpResult::unchanged(self.answer(live.unwrap_or_default())) });
        }
        // What the service itself puts into something new was not there before this run.
        let is_new = live.is_none() || known == Foreseeable::New;
        let action = if is_new { Action::Create } else { Action::Update };
        if is_new {
            found = self.differing(None);
        }
        paths.plan(of, &path, is_new);
        if self.context.mode == Mode::Plan {
            return Ok(self.planned(action, found));
        }
        self.context.allow(&Intent { changes: &found.changes, ..Intent::to(action) })?;
        let mut done = OpResult { changes: found.changes, ..OpResult::written(Value::Unit, action) };
        let written = self.write(&mut done).await;
        if self.is_of_service {
            // Whatever became of it, what was listed before may be stale.
            self.context.clear_shelves();
        }
        done.value = self.answer(written?);
        Ok(done)
    }

    /// What is there; in a dry run, what would be there.
    async fn now(&self, known: Foreseeable) -> Result<Option<Json>, Failure> {
        if self.context.mode == Mode::Plan {
            let is_made_up = self.context.extension::<Placeholders>().stands_in(&self.path.rest);
            match known {
                Foreseeable::New => return Ok(None),
                _ if is_made_up => return Ok(None),
                Foreseeable::NotKnown => {
                    return Err(Failure::not_known(format!("what `{}` holds", self.path.shown())));
                }
                Foreseeable::AsItIs => {}
            }
        }
        own_zone(&self.context, &self.path).await?;
        self.look().await.map_err(|error| explained(&self.context, self.not_read(error)))
    }

    fn planned(&self, action: Action, found: BodyComparison) -> OpResult {
        let notes = not_compared(&found.secrets).into_iter().collect();
        let foreseen = Foreseen { cost: Cost { reads: 1, writes: 1 }, ..Foreseen::default() };
        let is_played = !self.is_of_service;
        OpResult {
            action: Some(action),
            changes: found.changes,
            notes,
            foreseen,
            is_played,
            ..OpResult::not_known()
        }
    }

    /// Sends the body and reads back what came of it; where the answer is lost and reads do not show it, sends it once more.
    async fn write(&self, done: &mut OpResult) -> Result<Json, Failure> {
        let mut lost = None;
        for _ in 0..2 {
            match self.send().await {
                // A yes that has changed nothing at all is taken for none, once.
                Outcome::Applied(answer) => match self.read_back(answer, done).await {
                    WriteResult::As(live) => return Ok(live),
                    WriteResult::Otherwise(live, left)
                        if lost.is_some() || fields(&left) != fields(&done.changes) =>
                    {
                        self.warn(&left, done);
                        return Ok(live);
                    }
                    WriteResult::Otherwise(..) => {
                        let detail = "the answer is a yes, and what is there has not changed";
                        lost = Some(TransportError::new(TransportErrorKind::Malformed, detail));
                    }
                },
                Outcome::NotSent(trouble) => {
                    return match lost {
                        Some(lost) => self.shown_late(&lost, done).await,
                        None => Err(Failure::of_trouble(&self.path.shown(), trouble)),
                    };
                }
                Outcome::Rejected(error) => {
                    let rejected = || explained(&self.context, Failure::rejected(&self.path.shown(), error));
                    return match lost {
                        Some(lost) => self.shown_late(&lost, done).await,
                        None => Err(rejected()),
                    };
                }
                Outcome::Unknown(trouble) => {
                    if let Ok(Some(live)) = self.until_there(&EARLY_MS).await {
                        return Ok(found_after_loss(live, done));
                    }
                    lost = Some(trouble);
                }
            }
        }
        match lost {
            Some(lost) => self.shown_late(&lost, done).await,
            None => Err(Failure::Interrupted),
        }
    }

    async fn send(&self) -> Outcome<Json> {
        api::send(&self.context.client, &self.pair, &self.path, Some(self.sent.clone())).await
    }

    /// Of a write that can't be sent again.
    async fn shown_late(&self, lost: &TransportError, done: &mut OpResult) -> Result<Json, Failure> {
        match self.until_there(&LATE_MS).await {
            Ok(Some(live)) => Ok(found_after_loss(live, done)),
            Ok(None) | Err(_) => Err(self.unknown(lost).while_doing(done.action.unwrap_or(Action::Update))),
        }
    }

    fn unknown(&self, lost: &TransportError) -> Failure {
        Failure::Unknown {
            resource: self.path.shown(),
            why: lost.detail.clone(),
            check: "run again: what differs then is sent again".into(),
        }
    }

    /// What is there after a yes.
    async fn read_back(&self, answer: Json, done: &mut OpResult) -> WriteResult {
        let Ok(live) = self.settled(&EARLY_MS).await else {
            done.notes.push("written, and not read back: it could not be read".into());
            return WriteResult::As(answer);
        };
        let left = self.differing(live.as_ref()).changes;
        let live = live.unwrap_or(answer);
        if left.is_empty() { WriteResult::As(live) } else { WriteResult::Otherwise(live, left) }
    }

    /// What the server keeps otherwise than asked is said, since each run would send it again.
    fn warn(&self, left: &[Change], done: &mut OpResult) {
        for change in left {
            let field = change.field.trim_start_matches('/').replace('/', ".");
            done.notes.push(format!("the server keeps `{field}` at {}", change.from));
        }
        let path = self.path.shown();
        let message = format!(
            "`{path}` is not as `cf::ensure` has written it: each run will write it again, as long as the body asks for what the server does not keep"
        );
        self.context.events.emit(Event::Warning { message, at: None });
    }

    /// What is there, as soon as it is as asked; of secrets, no read tells.
    async fn until_there(&self, pauses_ms: &[u64]) -> Result<Option<Json>, ReadError> {
        if self.body.values().any(|value| !value.secrets().is_empty()) {
            return Ok(None);
        }
        let live = self.settled(pauses_ms).await?;
        let is_there = live.is_some() && self.differing(live.as_ref()).changes.is_empty();
        Ok(live.filter(|_| is_there))
    }

    /// What is there, as soon as it is as asked, or at the end.
    async fn settled(&self, pauses_ms: &[u64]) -> Result<Option<Json>, ReadError> {
        for pause in pauses_ms {
            let live = self.look().await?;
            if live.is_some() && self.differing(live.as_ref()).changes.is_empty() {
                return Ok(live);
            }
            self.context.client.pause(Duration::from_millis(*pause)).await;
        }
        self.look().await
    }

    async fn look(&self) -> Result<Option<Json>, ReadError> {
        api::look(&self.context.client, &self.path).await
    }

    fn differing(&self, live: Option<&Json>) -> BodyComparison {
        compare(&self.path.rest, &self.body, live.unwrap_or(&Json::Null))
    }

    fn answer(&self, live: Json) -> Value {
        Value::Map([("answer".to_owned(), seen(&self.path, live))].into())
    }

    fn not_read(&self, error: ReadError) -> Failure {
        Failure::of_read(&self.path.shown(), error)
    }
}

/// What no body can be compared with; nothing at all is as good as an empty map.
fn other_than_map(live: &Json) -> Option<&'static str> {
    match live {
        Json::Null | Json::Object(_) => None,
        Json::Array(_) => Some("a list"),
        Json::String(_) => Some("a text"),
        Json::Number(_) => Some("a number"),
        Json::Bool(_) => Some("`true` or `false`"),
    }
}

/// What a server makes of what it has said yes to.
enum WriteResult {
    /// It is as asked.
    As(Json),
    /// These fields are not.
    Otherwise(Json, Vec<Change>),
}

fn fields(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.field.as_str()).collect()
}

fn found_after_loss(live: Json, done: &mut OpResult) -> Json {
    done.evidence = Some(Evidence::Probe);
    done.notes.push("the answer to the write was lost; it is there".into());
    live
}

fn not_compared(secrets: &[String]) -> Option<String> {
    (!secrets.is_empty()).then(|| format!("not compared, because it is secret: {}", secrets.join(", ")))
}
