//! The operations of scripts on secrets: pass them on, and concatenate them to another secret.
//!
//! **Invariant:** no operation gives text or tells whether two secrets are the same.

use super::handle::{ScriptSecret, made_from};
use super::host::{Host, Outcome, raise_here};
use crate::op::Failure;
use crate::secret::Secret;
use rhai::{Dynamic, Engine, NativeCallContext};
use std::sync::Arc;

/// Registers the type and its operators.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    engine
        .register_type_with_name::<ScriptSecret>("Secret")
        .register_fn("to_string", |secret: &mut ScriptSecret| secret.text())
        .register_fn("to_debug", |secret: &mut ScriptSecret| secret.text());
    let of = host.clone();
    engine.register_fn("+", move |one: ScriptSecret, other: ScriptSecret| joined(&of, &one.0, &other.0));
    let of = host.clone();
    engine.register_fn("+", move |context: NativeCallContext, secret: ScriptSecret, text: &str| {
        plain(&of, &context, text).map(|text| joined(&of, &secret.0, &text))
    });
    let of = host.clone();
    engine.register_fn("+", move |context: NativeCallContext, text: &str, secret: ScriptSecret| {
        plain(&of, &context, text).map(|text| joined(&of, &text, &secret.0))
    });
    // Interpolation cannot fail: its text is marked, and refused where it is sent.
    let of = host.clone();
    engine.register_fn("+=", move |context: NativeCallContext, _: &str, _: ScriptSecret| {
        let hint = "`secret + \"text\"` and `\"text\" + secret` make another secret";
        let failure = Failure::refused_with_hint("secret", "a secret can't be joined into text", hint);
        Err::<String, _>(raise_here(failure, 0, &of.site(&context), context.call_position()))
    });
    for compared in ["==", "!=", "<", ">", "<=", ">="] {
        let of = host.clone();
        engine.register_fn(compared, move |context: NativeCallContext, _: ScriptSecret, _: Dynamic| {
            no_comparison(&of, &context)
        });
        let of = host.clone();
        engine.register_fn(compared, move |context: NativeCallContext, _: Dynamic, _: ScriptSecret| {
            no_comparison(&of, &context)
        });
    }
}

fn plain(host: &Host, context: &NativeCallContext, text: &str) -> Outcome<Secret> {
    let Some(what) = made_from(text) else { return Ok(Secret::new(text.to_owned())) };
    let failure = Failure::refused("secret", format!("a secret is joined with a string, not with {what}"));
    Err(raise_here(failure, 0, &host.site(context), context.call_position()))
}

fn joined(host: &Host, one: &Secret, other: &Secret) -> ScriptSecret {
    let both = one.join(other);
    host.redactor.register(&both);
    ScriptSecret(both)
}

fn no_comparison(host: &Host, context: &NativeCallContext) -> Outcome<bool> {
    let failure = Failure::refused("secret", "a secret can't be compared");
    Err(raise_here(failure, 0, &host.site(context), context.call_position()))
}
