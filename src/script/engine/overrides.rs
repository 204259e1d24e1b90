//! Replaces unsafe functions of Rhai's packages, and implements `print` and `debug`.

use super::{EngineHooks, ScriptOutput, Slept, StopReason, limits::TEXT_BYTES_MAX};
use crate::op::Failure;
use crate::script::diagnostics::{Raised, Thrown, site_at};
use crate::script::handle::NOTHING_MARK;
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};
use std::time::Duration;

type Outcome<T> = Result<T, Box<EvalAltResult>>;

pub(super) fn register(engine: &mut Engine, hooks: &EngineHooks) {
    let say = hooks.say.clone();
    engine.on_print(move |text| say(ScriptOutput::Print(text.to_owned())));
    let say = hooks.say.clone();
    engine.on_debug(move |text, source, position| {
        say(ScriptOutput::Debug(text.to_owned(), site_at(source.unwrap_or_default(), position)));
    });
    sleep(engine, hooks);
    replace(engine);
    nothing(engine);
}

/// Rhai's text of `()` is empty, so that a name silently lacks what is missing. Interpolation can't refuse it: there its text is
/// marked, and refused where it is sent (RHAI-4).
fn nothing(engine: &mut Engine) {
    fn refused(context: &NativeCallContext) -> Outcome<String> {
        let position = context.call_position();
        let at = site_at(context.call_source().unwrap_or_default(), position);
        let hint = "`x ?? \"..\"` stands in for a missing value";
        let failure = Failure::refused_with_hint("argument", "`()` can't be joined into text", hint);
        Err(Thrown::raise(Raised::of_call(failure, 0, at), position))
    }
    engine
        .register_fn("+", |context: NativeCallContext, _: &str, (): ()| refused(&context))
        .register_fn("+", |context: NativeCallContext, (): (), _: &str| refused(&context))
        .register_fn("+=", |context: NativeCallContext, _: &mut ImmutableString, (): ()| {
            refused(&context).map(|_| ())
        })
        .register_fn("to_string", |(): ()| format!("{NOTHING_MARK}()"))
        .register_fn("print", |(): ()| "()");
}

/// Rhai's `sleep` blocks the thread, whatever the caps say (RHAI-11).
fn sleep(engine: &mut Engine, hooks: &EngineHooks) {
    let around = hooks.clone();
    engine.register_fn("sleep", move |context: NativeCallContext, seconds: i64| -> Outcome<()> {
        let duration = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        sleep_for(&around, duration, &context)
    });
    let around = hooks.clone();
    engine.register_fn("sleep", move |context: NativeCallContext, seconds: f64| -> Outcome<()> {
        let duration = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
        sleep_for(&around, duration, &context)
    });
}

fn sleep_for(around: &EngineHooks, duration: Duration, context: &NativeCallContext) -> Outcome<()> {
    let position = context.call_position();
    let stop = |stop: StopReason| Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(stop), position));
    around.meter.book_sleep(duration).map_err(stop)?;
    let waiting = around.meter.waiting();
    let slept = (around.sleep)(duration);
    drop(waiting);
    match slept {
        Slept::Fully => Ok(()),
        Slept::Interrupted => Err(stop(StopReason::Cancelled)),
        Slept::InVain => {
            let at = site_at(context.call_source().unwrap_or_default(), position);
            let failure = Failure::not_known("what this waits for");
            Err(Thrown::raise(Raised::of_call(failure, 0, at), position))
        }
    }
}

/// Rhai's `replace` builds the new text before its size is looked at: two texts of 1 MiB make one of 1 TiB,
/// and a failed allocation ends the process (RHAI-12).
fn replace(engine: &mut Engine) {
    fn checked(text: &mut ImmutableString, old: &str, new: &str) -> Outcome<()> {
        let count = if text.is_empty() { 0 } else { text.matches(old).count() };
        let grown = count.saturating_mul(new.len()).saturating_add(text.len()) - count * old.len();
        if grown > TEXT_BYTES_MAX {
            return Err(Box::new(EvalAltResult::ErrorDataTooLarge(
                String::from("Length of string"),
                Position::NONE,
            )));
        }
        if count > 0 {
            *text = text.replace(old, new).into();
        }
        Ok(())
    }
    engine
        .register_fn("replace", |text: &mut ImmutableString, old: &str, new: &str| checked(text, old, new))
        .register_fn("replace", |text: &mut ImmutableString, old: &str, new: char| {
            checked(text, old, new.encode_utf8(&mut [0; 4]))
        })
        .register_fn("replace", |text: &mut ImmutableString, old: char, new: &str| {
            checked(text, old.encode_utf8(&mut [0; 4]), new)
        })
        .register_fn("replace", |text: &mut ImmutableString, old: char, new: char| {
            checked(text, old.encode_utf8(&mut [0; 4]), new.encode_utf8(&mut [0; 4]))
        });
}
