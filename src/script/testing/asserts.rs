//! `assert` and related functions: each failure is reported at its line with the values.

use super::differences::differences;
use super::raised::{Error, assertion, is_assertion};
use super::values::{has_lines, is_same, is_short, line, page};
use super::{Bench, SnapshotResult};
use crate::op::Failure;
use crate::script::builtins::json_of;
use crate::script::diagnostics::{CallPart, Raised, Thrown};
use crate::script::host::{Host, Outcome};
use crate::script::steps;
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};
use serde_json::Value as Json;
use std::sync::Arc;

const UPDATE: &str = "`larder test --update` writes it as it is now";

/// Registers those that need nothing but the script.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    let of = host.clone();
    engine.register_fn("assert", move |context: NativeCallContext, condition: bool| {
        if condition {
            Ok(())
        } else {
            Err(fail(&of, &context, assertion("this does not hold"), CallPart::Arg(0)))
        }
    });
    let of = host.clone();
    engine.register_fn("assert", move |context: NativeCallContext, condition: bool, message: &str| {
        if condition { Ok(()) } else { Err(fail(&of, &context, assertion(message), CallPart::Arg(0))) }
    });
    let of = host.clone();
    engine.register_fn("assert_eq", move |context: NativeCallContext, left: Dynamic, right: Dynamic| {
        equal(&of, &context, &left, &right)
    });
    let of = host.clone();
    engine.register_fn("assert_ne", move |context: NativeCallContext, left: Dynamic, right: Dynamic| {
        different(&of, &context, &left, &right)
    });
    let of = host.clone();
    engine.register_fn("assert_fails", move |context: NativeCallContext, closure: FnPtr| {
        fails(&of, &context, &closure, None)
    });
    let of = host.clone();
    engine.register_fn("assert_fails", move |context: NativeCallContext, closure: FnPtr, error: &str| {
        fails(&of, &context, &closure, Some(error))
    });
}

pub(super) fn register_snapshots(engine: &mut Engine, host: &Arc<Host>, bench: &Arc<dyn Bench>) {
    let (of, bench) = (host.clone(), bench.clone());
    engine.register_fn(
        "assert_snapshot",
        move |context: NativeCallContext, name: &str, value: Dynamic| -> Outcome<()> {
            snapshot(&of, &context, bench.as_ref(), name, &value)
        },
    );
}

fn raised(host: &Host, context: &NativeCallContext, failure: Failure, target: CallPart) -> Raised {
    Raised::of_call(failure, 0, host.site(context)).about(target)
}

fn fail(host: &Host, context: &NativeCallContext, failure: Failure, target: CallPart) -> Box<EvalAltResult> {
    Thrown::raise(raised(host, context, failure, target), context.call_position())
}

fn equal(host: &Host, context: &NativeCallContext, left: &Dynamic, right: &Dynamic) -> Outcome<()> {
    let (left, right) = (json_of(host, context, left)?, json_of(host, context, right)?);
    if is_same(&left, &right) {
        return Ok(());
    }
    let raised = raised(host, context, assertion("left and right are not the same"), CallPart::Call);
    Err(Thrown::raise(beside(raised, ("left", &left), ("right", &right)), context.call_position()))
}

/// Both values: short ones each in a line, long ones by what they differ in.
fn beside(raised: Raised, (left, one): (&str, &Json), (right, other): (&str, &Json)) -> Raised {
    let lines = [line(one), line(other)];
    if lines.iter().all(|line| is_short(line)) && ![one, other].into_iter().any(has_lines) {
        let width = left.len().max(right.len());
        let [one, other] = lines;
        return raised.note(format!("{left:>width$}: {one}")).note(format!("{right:>width$}: {other}"));
    }
    let raised = raised.note(format!("`-` is {left}, `+` is {right}"));
    Raised { below: differences(&page(one), &page(other)), ..raised }
}

fn different(host: &Host, context: &NativeCallContext, left: &Dynamic, right: &Dynamic) -> Outcome<()> {
    let (left, right) = (json_of(host, context, left)?, json_of(host, context, right)?);
    if !is_same(&left, &right) {
        return Ok(());
    }
    let raised = raised(host, context, assertion("left and right are the same"), CallPart::Call);
    Err(Thrown::raise(alone(raised, "both", &left), context.call_position()))
}

/// One value, however long.
fn alone(raised: Raised, word: &str, value: &Json) -> Raised {
    match line(value) {
        short if is_short(&short) => raised.note(format!("{word}: {short}")),
        _ => Raised { below: page(value).lines().map(|line| format!("  {line}")).collect(), ..raised },
    }
}

fn fails(
    host: &Arc<Host>,
    context: &NativeCallContext,
    closure: &FnPtr,
    wanted: Option<&str>,
) -> Outcome<Dynamic> {
    let error = match steps::enclosed(host, context, closure) {
        Ok(_) => return Err(fail(host, context, assertion("this does not fail"), CallPart::Arg(0))),
        Err(error) if steps::is_termination(&error) || is_assertion(&error) => return Err(error),
        Err(error) => Error::of(host, &error),
    };
    match wanted {
        Some(wanted) if !error.is_meant_by(wanted) => {
            let raised = raised(host, context, assertion("this fails with another error"), CallPart::Arg(0));
            let raised = raised.note(format!("expected: {wanted}"));
            let raised = raised.note(format!("   found: {} ({})", error.message, error.kind));
            Err(Thrown::raise(raised, context.call_position()))
        }
        _ => Ok(error.value),
    }
}

fn snapshot(
    host: &Host,
    context: &NativeCallContext,
    bench: &dyn Bench,
    name: &str,
    value: &Dynamic,
) -> Outcome<()> {
    let json = json_of(host, context, value)?;
    // Of what `plan` gives, what people read.
    let text = match (&json["mode"], &json["text"]) {
        (Json::String(mode), Json::String(text)) if mode == "plan" => text.clone(),
        _ => page(&json),
    };
    let text = host.shown(text.trim_end());
    let title = |what: &str| assertion(format!("{what} `{name}`"));
    let raised = match bench.snapshot(name, &text) {
        SnapshotResult::Same => return Ok(()),
        SnapshotResult::Missing => {
            raised(host, context, with_hint(title("there is no snapshot")), CallPart::Arg(0))
        }
        SnapshotResult::Differs(before) => {
            let failure = with_hint(title("this is not the snapshot"));
            let raised = raised(host, context, failure, CallPart::Arg(1));
            let raised = raised.note("`-` is the snapshot, `+` is this");
            Raised { below: differences(&before, &text), ..raised }
        }
        SnapshotResult::Twice => {
            let failure = title("the test has compared something else with the snapshot");
            raised(host, context, failure, CallPart::Arg(0)).note("a name stands for one text")
        }
    };
    Err(Thrown::raise(raised, context.call_position()))
}

fn with_hint(failure: Failure) -> Failure {
    match failure {
        Failure::Refused { kind, basis, message, .. } => {
            Failure::Refused { kind, basis, message, hint: Some(UPDATE.to_owned()) }
        }
        other => other,
    }
}
