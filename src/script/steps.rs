//! `step`, `steps` and `wait`: native, because the engine mixes up closures that cross imported files (RHAI-10).

use super::convert::value_of;
use super::declarations::{DeclarationQuery, STEPS};
use super::diagnostics::{CallPart, Raised, Thrown};
use super::handle::Handle;
use super::host::{Host, Outcome, is_not_known, raise_here};
use crate::events::{Event, Site};
use crate::op::{Failure, Joined, OptionError, OptionMap, Pending, StepFrame, Value, read_options};
use crate::project::did_you_mean;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Options of `step`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct StepOptions {
    /// What a failure of the step means for the run.
    #[serde(default)]
    on_error: OnError,
}

impl OptionMap for StepOptions {}

#[derive(Clone, Copy, Deserialize, JsonSchema, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum OnError {
    /// It ends the run.
    #[default]
    Stop,
    /// The run goes on, and still ends as failed.
    Continue,
}

pub fn register(engine: &mut Engine, host: &Arc<Host>) {
    let of = host.clone();
    engine.register_fn("step", move |context: NativeCallContext, title: &str, closure: FnPtr| {
        step(&of, &context, title, OnError::Stop, &closure)
    });
    let of = host.clone();
    engine.register_fn(
        "step",
        move |context: NativeCallContext, title: &str, options: Map, closure: FnPtr| {
            let options = read_options::<StepOptions>(&value_of(&Dynamic::from_map(options)));
            let options = options.map_err(|error| {
                raise_here(
                    Failure::Option { index: 1, error },
                    0,
                    &of.site(&context),
                    context.call_position(),
                )
            })?;
            step(&of, &context, title, options.on_error, &closure)
        },
    );
    let of = host.clone();
    engine.register_fn("steps", move |context: NativeCallContext, order: Array, closures: Map| {
        steps(&of, &context, &order, &closures)
    });
    let of = host.clone();
    engine.register_fn("wait", move |context: NativeCallContext, handle: Handle| -> Outcome<Handle> {
        of.wait(&handle.0, &context)?;
        Ok(handle)
    });
    let of = host.clone();
    engine.register_fn("wait", move |context: NativeCallContext, list: Array| -> Outcome<Array> {
        wait_all(&of, &context, &list)?;
        Ok(list)
    });
}

fn step(
    host: &Arc<Host>,
    context: &NativeCallContext,
    title: &str,
    on_error: OnError,
    closure: &FnPtr,
) -> Outcome<Dynamic> {
    let scheduler = host.scheduler();
    let choice = &host.facts.choice;
    if !choice.takes(title) {
        scheduler.context().events.emit(Event::StepSkipped { name: title.to_owned() });
        return Ok(Dynamic::UNIT);
    }
    scheduler.open_step(title, scheduler.next_group());
    choice.enter();
    let result = closure.call_within_context::<Dynamic>(context, ());
    choice.leave();
    let Some(frame) = scheduler.close_step() else { return result };
    let (joined, result) = join(host, frame, result);
    let (value, thrown) = match result {
        Ok(value) => (value, None),
        Err(error) => (Dynamic::UNIT, Some(error)),
    };
    match finish(host, context, vec![joined], thrown) {
        Ok(()) => Ok(value),
        Err(error) if on_error == OnError::Continue && !is_termination(&error) => {
            host.go_on_after(&error);
            Ok(Dynamic::UNIT)
        }
        Err(error) => Err(error),
    }
}

/// Runs a closure and waits for all it started; what fails in it is seen by whoever asks.
pub(super) fn enclosed(host: &Arc<Host>, context: &NativeCallContext, closure: &FnPtr) -> Outcome<Dynamic> {
    let scheduler = host.scheduler();
    scheduler.open_step("", scheduler.next_group());
    let result = closure.call_within_context::<Dynamic>(context, ());
    let Some(frame) = scheduler.close_step() else { return result };
    let (joined, result) = join(host, frame, result);
    let (value, thrown) = match result {
        Ok(value) => (value, None),
        Err(error) => (Dynamic::UNIT, Some(error)),
    };
    finish(host, context, vec![joined], thrown).map(|()| value)
}

/// Waits for what was started outside of every step.
pub(super) fn join_root(host: &Arc<Host>, context: &NativeCallContext) -> Outcome<()> {
    let frame = host.scheduler().take_root();
    let (joined, _) = join(host, frame, Ok(Dynamic::UNIT));
    finish(host, context, vec![joined], None)
}

type ClosureResult = Outcome<Dynamic>;

fn join(host: &Host, frame: StepFrame, result: ClosureResult) -> (Joined, ClosureResult) {
    let waiting = host.meter.waiting();
    let joined = host.scheduler().join(frame, result.as_ref().is_err_and(|error| !is_not_known_yet(error)));
    drop(waiting);
    (joined, result)
}

/// All failures of steps that ran together, as one error; an error of a closure itself comes first.
fn finish(
    host: &Host,
    context: &NativeCallContext,
    joined: Vec<Joined>,
    thrown: Option<Box<EvalAltResult>>,
) -> Outcome<()> {
    let failed: Vec<(String, Arc<Pending>, Failure)> = joined
        .into_iter()
        .flat_map(|step| {
            let name = step.name;
            step.failures.into_iter().map(move |(pending, failure)| (name.clone(), pending, failure))
        })
        .collect();
    for (_, pending, _) in &failed {
        host.saw(pending);
    }
    // What a plan may not see says nothing of what comes after it.
    let failed: Vec<_> =
        failed.into_iter().filter(|(_, _, failure)| !matches!(failure, Failure::Unseen { .. })).collect();
    let ops: Vec<u64> = failed.iter().map(|(_, pending, _)| pending.id).collect();
    if let Some(error) = thrown {
        return Err(if ops.is_empty() { error } else { host.with_ops(*error, &ops) });
    }
    // What is not known ends a dry run, whatever else has failed.
    let unknown = failed.iter().find(|(_, pending, _)| is_not_known(pending));
    let Some((name, pending, failure)) = unknown.or(failed.first()) else { return Ok(()) };
    let raised = Raised::of_op(pending, failure);
    let raised = if name.is_empty() { raised } else { raised.note(format!("in step `{name}`")) };
    Err(Thrown::raise(Raised { ops, ..raised }, context.call_position()))
}

/// A dry run has come to something that only applying would tell.
fn is_not_known_yet(error: &EvalAltResult) -> bool {
    Thrown::of(error).is_some_and(|raised| raised.failure.is_not_known())
}

/// A cap or an interruption: no closure after it runs.
pub(super) fn is_termination(error: &EvalAltResult) -> bool {
    error.unwrap_inner().is_system_exception()
}

fn steps(host: &Arc<Host>, context: &NativeCallContext, order: &Array, closures: &Map) -> Outcome<Map> {
    let groups = read_order(order, closures).map_err(|(step, raised)| {
        let raised = if is_default(host, order) { raised.note(default_note(closures)) } else { *raised };
        let at = host.site(context);
        let wanted = DeclarationQuery { kind: STEPS, name: &step, option: &[] };
        let raised = match host.facts.written.instead_of(&at, wanted) {
            Some(at) => Raised { at, ..raised }.about(CallPart::Call),
            None => Raised { at, ..raised },
        };
        Thrown::raise(raised, context.call_position())
    })?;
    let choice = &host.facts.choice;
    let chosen = |group: &Vec<String>| group.iter().filter(|name| choice.takes(name)).cloned().collect();
    let groups: Vec<Vec<String>> = groups.iter().map(chosen).collect();
    let mut values = Map::new();
    let mut left: Vec<&str> = closures.keys().map(AsRef::as_ref).collect();
    let ended =
        groups.iter().try_for_each(|group| together(host, context, group, closures, &mut left, &mut values));
    // What the order leaves out, and what the run did not come to.
    for name in left {
        host.scheduler().context().events.emit(Event::StepSkipped { name: name.to_owned() });
    }
    ended.map(|()| values)
}

/// Whether an order is `config::steps` of a project file that names no steps.
fn is_default(host: &Host, order: &Array) -> bool {
    let order = Value::List(order.iter().map(value_of).collect()).to_json();
    host.facts.has_default_steps && order.as_ref() == Some(&host.facts.config["steps"])
}

fn default_note(closures: &Map) -> String {
    let own: Vec<String> = closures.keys().map(|name| format!("\"{name}\"")).collect();
    let own = own.join(", ");
    format!(
        "`larder.toml` names no steps, so `config::steps` is every service: `steps = [{own}]` there names the recipe's own"
    )
}

/// Runs closures one after the other, each in its own frame, and joins the frames together; takes their names and gives
/// their values.
fn together(
    host: &Arc<Host>,
    context: &NativeCallContext,
    group: &[String],
    closures: &Map,
    left: &mut Vec<&str>,
    values: &mut Map,
) -> Outcome<()> {
    let scheduler = host.scheduler();
    let number = scheduler.next_group();
    let mut open = Vec::new();
    let mut broken = None;
    if group.len() > 1 {
        scheduler.open_group(number);
    }
    for name in group {
        let Some(closure) = closures.get(name.as_str()).and_then(Dynamic::read_lock::<FnPtr>) else {
            continue;
        };
        left.retain(|other| other != name);
        scheduler.open_step(name, number);
        host.facts.choice.enter();
        let result = closure.call_within_context::<Dynamic>(context, ());
        host.facts.choice.leave();
        if result.is_err() {
            broken.get_or_insert_with(|| name.clone());
        }
        // What one does not know says nothing of the others, which run together with it.
        let terminated =
            result.as_ref().is_err_and(|error| is_termination(error) && !is_not_known_yet(error));
        // A closure that shares no variable with the others needs nothing of them.
        let is_own = closure.curry().is_empty();
        open.extend(scheduler.close_step().map(|frame| (name, frame, result, is_own)));
        if terminated {
            break;
        }
    }
    scheduler.close_group(number, broken);
    let mut joined = Vec::new();
    let mut thrown: Option<Box<EvalAltResult>> = None;
    for (name, frame, result, is_own) in open {
        let (step, result) = join(host, frame, result);
        joined.push(step);
        match result {
            Ok(value) => {
                values.insert(name.as_str().into(), value);
            }
            Err(error) => {
                let is_unknown = is_not_known_yet(&error);
                let counts = match &thrown {
                    None => true,
                    // What is not known to one may be what the script of another misses.
                    Some(first) => is_not_known_yet(first) && is_own && !is_unknown,
                };
                if counts {
                    if let Some(before) = thrown.replace(error) {
                        host.end_before(&before);
                    }
                } else if is_unknown {
                    host.end_before(&error);
                }
            }
        }
    }
    finish(host, context, joined, thrown)
}

/// The order as groups of names, each of which has a closure.
///
/// What is wrong comes with the step that it is about.
fn read_order(order: &Array, closures: &Map) -> Result<Vec<Vec<String>>, (String, Box<Raised>)> {
    let of = |step: &str, failure, target| {
        (step.to_owned(), Box::new(Raised::of_call(failure, 0, Site::default()).about(target)))
    };
    let refused =
        |step: &str, message: String| of(step, Failure::refused("steps", message), CallPart::Arg(0));
    let wrong = || refused("", "the order is an array of step names, or of arrays of them".into());
    let mut seen: Vec<String> = Vec::new();
    let mut groups = Vec::new();
    for item in order {
        let names = match value_of(item) {
            Value::Str(name) => vec![name],
            Value::List(items) => items
                .into_iter()
                .map(|item| if let Value::Str(name) = item { Some(name) } else { None })
                .collect::<Option<Vec<String>>>()
                .ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
        for name in &names {
            if seen.contains(name) {
                return Err(refused(name, format!("the order names the step `{name}` twice")));
            }
            let Some(closure) = closures.get(name.as_str()) else {
                let known: Vec<&str> = closures.keys().map(AsRef::as_ref).collect();
                let near = did_you_mean(name, known.iter().copied());
                let hint = near.map_or_else(
                    || format!("there are: {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("the order names the step `{name}`, which has no closure");
                return Err(of(name, Failure::refused_with_hint("steps", message, hint), CallPart::Arg(0)));
            };
            if !closure.is::<FnPtr>() {
                let hint = format!("put `||` before what is to be done: `{name}: || ..`");
                let failure =
                    Failure::refused_with_hint("steps", format!("the step `{name}` is no closure"), hint);
                return Err(of(name, failure, CallPart::Value(1, vec![name.clone()])));
            }
            seen.push(name.clone());
        }
        groups.push(names);
    }
    Ok(groups)
}

fn wait_all(host: &Host, context: &NativeCallContext, list: &Array) -> Outcome<()> {
    let mut pendings = Vec::new();
    for item in list {
        let Some(handle) = item.read_lock::<Handle>() else {
            let error = OptionError::at("", "only handles can be waited for");
            let failure = Failure::Option { index: 0, error };
            return Err(raise_here(failure, 0, &host.site(context), context.call_position()));
        };
        pendings.push(handle.0.clone());
    }
    let mut first = None;
    for pending in pendings {
        if let Err(error) = host.wait(&pending, context) {
            first.get_or_insert(error);
        }
    }
    first.map_or(Ok(()), Err)
}
