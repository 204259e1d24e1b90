//! `ensure`: probes, compares, then creates, updates, leaves or refuses.

use super::diff::{Difference, diff};
use super::foresee::{asked, new_fields, observed};
use super::inventory::Inventory;
use super::lookup::look;
use super::new_paths::NewPaths;
use super::overlay::overlaid;
use super::placeholder::Placeholders;
use super::pointer::put;
use super::resource::{Policy, Resource};
use crate::events::{Action, Change, Evidence, Foreseen};
use crate::http::{ApiError, CodeMeaning, Outcome, ReadError, TransportError, TransportErrorKind};
use crate::op::{Context, Failure, Intent, Key, Mode, OpResult, Value};
use serde_json::Value as Json;
use std::time::Duration;

/// Pauses between probes for a create whose answer was lost, before it is sent once more: a late first one then fails by
/// its name, which is unique.
static EARLY_MS: [u64; 3] = [200, 300, 500];
/// The same where nothing more is sent: 30 s in all (docs/architecture.md#writes).
static PAUSES_MS: [u64; 6] = [500, 1_000, 2_000, 4_000, 8_000, 14_500];
/// Where the server has said that it is there: 75 s in all, since a list that lags is the only way in which it is not seen.
static CERTAIN_MS: [u64; 9] = [500, 1_000, 2_000, 4_000, 8_000, 14_500, 15_000, 15_000, 15_000];
/// So many of them where a refusal may as well mean that the input is wrong: 3.5 s.
const DOUBTFUL: usize = 3;

/// What the script sees of a live resource: the server's last answer, with `id`, `name`, and what an option sets under
/// the option's own name.
pub fn value_of<R: Resource>(live: &R::Live) -> Value {
    let mut json = serde_json::to_value(live).unwrap_or_default();
    for field in R::FIELDS {
        // What the server itself says under that name stays; `""` is the whole.
        if json.pointer(field.desired).is_none()
            && let Some(value) = json.pointer(field.live).cloned()
        {
            put(&mut json, field.desired, value);
        }
    }
    if let Some(object) = json.as_object_mut() {
        object.insert("id".into(), Json::from(R::id(live)));
        object.insert("name".into(), Json::from(R::name(live)));
    }
    Value::from(json)
}

/// The whole procedure for one resource.
pub async fn ensure<R: Resource>(
    context: &Context,
    key: &Key,
    options: &R::Options,
) -> Result<OpResult, Failure> {
    let inventory = context.extension::<Inventory<R>>();
    let read = |error: ReadError| Failure::of_read(&key.name, error);
    let found = inventory.find(context, key).await.map_err(read)?;
    if context.mode == Mode::Destroy {
        return Ok(named::<R>(context, key, options, found));
    }
    if let Some(live) = found {
        return converge::<R>(context, key, options, live, None).await;
    }
    refuse_elsewhere::<R>(context, &inventory, key).await?;
    if context.mode == Mode::Plan {
        return Ok(planned::<R>(context, key, options));
    }
    let changes = new_fields::<R>(options, &R::planned(key, options));
    context.allow(&Intent { changes: &changes, ..Intent::to(Action::Create) })?;
    let (live, origin) = create::<R>(context, key, options).await?;
    context.client.has_made(R::CREATE, &[R::id(&live), R::name(&live)]);
    note_path::<R>(context, key, &live);
    inventory.note(key, Some(&live));
    let ended = converge::<R>(context, key, options, live, Some(origin)).await;
    ended.map_err(|failure| after_create(failure, origin))
}

/// What was created is reported as created, whatever became of the rest.
fn after_create(failure: Failure, origin: CreationOrigin) -> Failure {
    match failure {
        partly @ Failure::Partly { .. } => partly,
        failure if origin == CreationOrigin::Rival => failure,
        failure => {
            let (cause, action) = (Box::new(failure), Action::Create);
            let notes = vec!["it was created".to_owned()];
            Failure::Partly { cause, action, migrations: Vec::new(), notes }
        }
    }
}

/// What a recipe names and does not get made: as it is there, whatever the recipe asks of it, or to be imagined.
fn named<R: Resource>(
    context: &Context,
    key: &Key,
    options: &R::Options,
    found: Option<R::Live>,
) -> OpResult {
    match found {
        Some(live) => OpResult::unchanged(value_of::<R>(&live)),
        None => planned::<R>(context, key, options),
    }
}

fn planned<R: Resource>(context: &Context, key: &Key, options: &R::Options) -> OpResult {
    let live = R::planned(key, options);
    // Where the name is the id, it is known.
    if R::id(&live) != key.name {
        context.extension::<Placeholders>().add(R::id(&live));
    }
    note_path::<R>(context, key, &live);
    context.extension::<Inventory<R>>().plan(key, &live);
    let changes = new_fields::<R>(options, &live);
    let (asked, cost) = (asked::<R>(options, &live), R::cost_of_create(options));
    let foreseen = Foreseen { asked, cost, ..Foreseen::default() };
    let (value, action) = (value_of::<R>(&live), Some(Action::Create));
    OpResult { value, action, changes, foreseen, ..OpResult::default() }
}

/// Notes under which paths it is new in this run.
fn note_path<R: Resource>(context: &Context, key: &Key, live: &R::Live) {
    let paths = context.extension::<NewPaths>();
    for name in [R::id(live), R::name(live)] {
        paths.make_by(R::CREATE, key.jurisdiction.as_deref(), name);
    }
}

/// How something came to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CreationOrigin {
    /// The server answered our create.
    Created,
    /// The answer was lost, and it is there.
    Found,
    /// The server answered that it exists already.
    Rival,
}

async fn create<R: Resource>(
    context: &Context,
    key: &Key,
    options: &R::Options,
) -> Result<(R::Live, CreationOrigin), Failure> {
    let lost = match sent::<R>(context, key, options).await {
        Outcome::Applied(live) => return Ok((live, CreationOrigin::Created)),
        Outcome::NotSent(trouble) => return Err(Failure::of_trouble(&key.name, trouble)),
        Outcome::Rejected(error) => {
            return match after_refusal::<R>(context, key, &error).await {
                Ok(Some(live)) => Ok((live, CreationOrigin::Rival)),
                Ok(None) => Err(Failure::rejected(&key.name, error)),
                Err(error) => Err(Failure::of_read(&key.name, error)),
            };
        }
        Outcome::Unknown(lost) => lost,
    };
    match probe_until_there::<R>(context, key, &EARLY_MS).await {
        Ok(Some(live)) => return Ok((live, CreationOrigin::Found)),
        Ok(None) => {}
        Err(_) => return Err(unknown(key, &lost)),
    }
    // At most one more create, since probes have found nothing and the name is unique.
    match sent::<R>(context, key, options).await {
        Outcome::Applied(live) => Ok((live, CreationOrigin::Created)),
        Outcome::NotSent(_) => found_late::<R>(context, key, &lost, &PAUSES_MS).await,
        Outcome::Rejected(error) => {
            // What is refused now says of the create before at most that it is there.
            let is_there = error.meaning() == Some(CodeMeaning::Exists);
            let pauses = if is_there { CERTAIN_MS.as_slice() } else { PAUSES_MS.as_slice() };
            found_late::<R>(context, key, &lost, pauses).await
        }
        Outcome::Unknown(lost) => found_late::<R>(context, key, &lost, &PAUSES_MS).await,
    }
}

async fn sent<R: Resource>(context: &Context, key: &Key, options: &R::Options) -> Outcome<R::Live> {
    about_the_key::<R>(context, key, R::create(&context.client, key, options).await)
}

/// An answer that names another than it was asked to create leaves open what was created. The client has compared the
/// names; here the id is compared with those of others, and the place with the one that was asked for.
fn about_the_key<R: Resource>(context: &Context, key: &Key, sent: Outcome<R::Live>) -> Outcome<R::Live> {
    let live = match sent {
        Outcome::Applied(live) => live,
        other @ (Outcome::NotSent(_) | Outcome::Rejected(_) | Outcome::Unknown(_)) => return other,
    };
    let words = match context.extension::<Inventory<R>>().other_name(key, &live) {
        Some(other) => format!("the answer has the id `{}`, which is that of `{other}`", R::id(&live)),
        None if R::id(&live).is_empty() => "the answer has no id".to_owned(),
        None if R::name(&live) != key.name => {
            format!("the answer is about `{}`, not about `{}`", R::name(&live), key.name)
        }
        None => match other_place::<R>(key, &live) {
            Some(words) => words,
            None => return Outcome::Applied(live),
        },
    };
    Outcome::Unknown(TransportError {
        endpoint: Some(R::CREATE),
        ..TransportError::new(TransportErrorKind::Malformed, words)
    })
}

/// A field of the key whose value differs.
fn other_place<R: Resource>(key: &Key, live: &R::Live) -> Option<String> {
    let places = R::FIELDS.iter().filter(|field| field.policy == Policy::Place);
    let have = serde_json::to_value(live).ok()?;
    let asked = key.jurisdiction.as_deref().unwrap_or("default");
    let said = places.filter_map(|field| have.pointer(field.live)?.as_str());
    let other = said.into_iter().find(|said| !said.eq_ignore_ascii_case(asked))?;
    Some(format!("the answer is about the jurisdiction `{other}`, not about `{asked}`"))
}

/// What became of a create whose answer was lost and that can't be sent again.
async fn found_late<R: Resource>(
    context: &Context,
    key: &Key,
    lost: &TransportError,
    pauses_ms: &[u64],
) -> Result<(R::Live, CreationOrigin), Failure> {
    match probe_until_there::<R>(context, key, pauses_ms).await {
        Ok(Some(live)) => Ok((live, CreationOrigin::Found)),
        Ok(None) | Err(_) => Err(unknown(key, lost)),
    }
}

/// How long a refusal is doubted: what exists for certain only has to show itself.
fn patience(error: &ApiError) -> &'static [u64] {
    if error.meaning() == Some(CodeMeaning::MayExist) { &PAUSES_MS[..DOUBTFUL] } else { &CERTAIN_MS }
}

/// A refusal that may mean that it exists is answered by a probe.
async fn after_refusal<R: Resource>(
    context: &Context,
    key: &Key,
    error: &ApiError,
) -> Result<Option<R::Live>, ReadError> {
    match error.meaning() {
        Some(CodeMeaning::Exists | CodeMeaning::MayExist) => {
            probe_until_there::<R>(context, key, patience(error)).await
        }
        Some(CodeMeaning::NotFound | CodeMeaning::Blocked(_)) | None => Ok(None),
    }
}

/// Lists may lag behind a create; a short patience keeps that from looking like absence.
async fn probe_until_there<R: Resource>(
    context: &Context,
    key: &Key,
    pauses_ms: &[u64],
) -> Result<Option<R::Live>, ReadError> {
    for pause in pauses_ms {
        if let Some(live) = look::<R>(&context.client, key).await? {
            return Ok(Some(live));
        }
        context.client.pause(Duration::from_millis(*pause)).await;
    }
    look::<R>(&context.client, key).await
}

fn unknown(key: &Key, trouble: &TransportError) -> Failure {
    let unknown = Failure::Unknown {
        resource: key.name.clone(),
        why: trouble.detail.clone(),
        check: "run again: what was created is found, what was not is created".into(),
    };
    unknown.while_doing(Action::Create)
}

fn not_updated(key: &Key, why: &str, done: &OpResult) -> Failure {
    let unknown = Failure::Unknown {
        resource: key.name.clone(),
        why: why.to_owned(),
        check: "run again: what differs then is sent again".into(),
    };
    unknown.while_doing(done.action.unwrap_or(Action::Update))
}

/// The same name in another name space is a mismatch, not an absence.
async fn refuse_elsewhere<R: Resource>(
    context: &Context,
    inventory: &Inventory<R>,
    key: &Key,
) -> Result<(), Failure> {
    // In its own, nothing was found.
    for scope in R::SCOPES {
        let other = Key { jurisdiction: scope.map(str::to_owned), ..key.clone() };
        match inventory.find(context, &other).await {
            Ok(Some(_)) => {}
            // An account that has no such jurisdiction says no: then nothing is there.
            Ok(None) | Err(ReadError::Rejected(_)) => continue,
            Err(error @ ReadError::Failed(_)) => return Err(Failure::of_read(&key.name, error)),
        }
        let word = |jurisdiction: &Option<String>| Json::from(jurisdiction.as_deref().unwrap_or("default"));
        return Err(Failure::Conflict {
            kind: R::HANDLE,
            key: key.clone(),
            changes: vec![Change {
                field: "/jurisdiction".into(),
                from: word(&other.jurisdiction),
                to: word(&key.jurisdiction),
            }],
        });
    }
    Ok(())
}

/// Updates the resource to the requested state, or returns why that is impossible.
async fn converge<R: Resource>(
    context: &Context,
    key: &Key,
    options: &R::Options,
    live: R::Live,
    origin: Option<CreationOrigin>,
) -> Result<OpResult, Failure> {
    let read = |error: ReadError| Failure::of_read(&key.name, error);
    let live = R::detail(context, live, options).await.map_err(read)?;
    let Difference { updates, fixed, hints, write_only } = diff::<R>(options, &live);
    if !fixed.is_empty() {
        return Err(Failure::Conflict { kind: R::HANDLE, key: key.clone(), changes: fixed });
    }
    let mut done = OpResult { notes: notes(&hints), ..OpResult::default() };
    done.foreseen.asked = asked::<R>(options, &live);
    if context.mode == Mode::Plan {
        done.foreseen.observed = observed::<R>(&live);
    }
    begun(origin, &mut done);
    let resend = context.run.rewrite_secrets && origin.is_none() && !write_only.is_empty();
    if updates.is_empty() && !resend {
        done.notes.extend(origin.is_none().then(|| not_compared(&write_only)).flatten());
        done.value = value_of::<R>(&live);
        return Ok(done);
    }
    if origin.is_none_or(|origin| origin == CreationOrigin::Rival) {
        done.action = Some(Action::Update);
        done.changes = updates.into_iter().chain(write_only).collect();
    }
    let inventory = context.extension::<Inventory<R>>();
    let observed = observed::<R>(&live);
    if context.mode == Mode::Plan {
        done.foreseen.cost = R::cost_of_update(&done.changes);
        let live = overlaid::<R>(&live, options);
        inventory.plan(key, &live);
        done.value = value_of::<R>(&live);
        return Ok(done);
    }
    if done.action == Some(Action::Update) {
        let (id, changes) = (Some(R::id(&live)), &done.changes[..]);
        context.allow(&Intent { id, changes, observed: &observed, ..Intent::to(Action::Update) })?;
    }
    let (live, evidence) = updated::<R>(context, key, options, &live, &done).await?;
    let left = diff::<R>(options, &live);
    if evidence == Evidence::Probe {
        done.evidence = Some(evidence);
    }
    if evidence == Evidence::Probe && !left.updates.is_empty() {
        let why = "the answer to the update was lost, and the old values are still there";
        return Err(not_updated(key, why, &done));
    }
    done.notes.extend(left.updates.iter().map(|change| {
        format!("the server keeps `{}` at {}", change.field.trim_start_matches('/'), change.from)
    }));
    inventory.note(key, Some(&live));
    done.value = value_of::<R>(&live);
    Ok(done)
}

/// How it came to be there.
fn begun(origin: Option<CreationOrigin>, done: &mut OpResult) {
    match origin {
        Some(CreationOrigin::Created) => {
            done.action = Some(Action::Create);
            done.evidence = Some(Evidence::Response);
        }
        Some(CreationOrigin::Found) => {
            done.action = Some(Action::Create);
            done.evidence = Some(Evidence::Probe);
            done.notes.push("the answer to the create was lost; it is there".into());
        }
        Some(CreationOrigin::Rival) => done.notes.push("created by somebody else at the same moment".into()),
        None => {}
    }
}

/// Sends the update; where its answer is lost and early probes do not find it done, once more: what an update writes is
/// replaced or has a name of its own, so that it can't be there twice. With the live resource comes what it rests on.
async fn updated<R: Resource>(
    context: &Context,
    key: &Key,
    options: &R::Options,
    live: &R::Live,
    done: &OpResult,
) -> Result<(R::Live, Evidence), Failure> {
    let lost = match R::update(&context.client, key, live, options).await {
        Outcome::Applied(live) => return Ok((live, Evidence::Response)),
        Outcome::NotSent(trouble) => return Err(Failure::of_trouble(&key.name, trouble)),
        Outcome::Rejected(error) => return Err(Failure::rejected(&key.name, error)),
        Outcome::Unknown(trouble) => trouble,
    };
    let seen = probe_until_updated::<R>(context, key, options, &EARLY_MS).await;
    let Some(seen) = seen else { return Err(not_updated(key, &lost.detail, done)) };
    if diff::<R>(options, &seen).updates.is_empty() {
        return Ok((seen, Evidence::Probe));
    }
    match R::update(&context.client, key, &seen, options).await {
        Outcome::Applied(live) => Ok((live, Evidence::Response)),
        // What is refused now may be there by the first.
        Outcome::NotSent(_) | Outcome::Rejected(_) | Outcome::Unknown(_) => {
            let seen = probe_until_updated::<R>(context, key, options, &PAUSES_MS).await;
            let seen = seen.ok_or_else(|| not_updated(key, &lost.detail, done))?;
            Ok((seen, Evidence::Probe))
        }
    }
}

/// What is there, as soon as nothing is left to be updated, or at the end; `None` where that can't be read.
async fn probe_until_updated<R: Resource>(
    context: &Context,
    key: &Key,
    options: &R::Options,
    pauses_ms: &[u64],
) -> Option<R::Live> {
    let mut seen = None;
    for pause in pauses_ms.iter().map(Some).chain([None]) {
        let live = look::<R>(&context.client, key).await.ok()??;
        let live = R::detail(context, live, options).await.ok()?;
        let is_updated = diff::<R>(options, &live).updates.is_empty();
        seen = Some(live);
        match pause {
            Some(pause) if !is_updated => {
                context.client.pause(Duration::from_millis(*pause)).await;
            }
            _ => break,
        }
    }
    seen
}

fn notes(hints: &[Change]) -> Vec<String> {
    let note = |change: &Change| {
        let field = change.field.trim_start_matches('/');
        format!("`{field}` is {}, not {} as asked: the server chooses it at creation", change.from, change.to)
    };
    hints.iter().map(note).collect()
}

fn not_compared(write_only: &[Change]) -> Option<String> {
    let names: Vec<&str> = write_only.iter().map(|change| change.field.trim_start_matches('/')).collect();
    (!names.is_empty())
        .then(|| format!("not compared, because the API never returns it: {}", names.join(", ")))
}
