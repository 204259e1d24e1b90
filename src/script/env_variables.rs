//! `process::env(..)` and `secret::env(..)`: the environment variables that the project lets recipes read, as text or as secrets.

use super::handle::ScriptSecret;
use super::host::{Host, Outcome, Variables, raise_here};
use crate::op::Failure;
use crate::secret::Secret;
use rhai::{Dynamic, Engine, FuncRegistration, Module, NativeCallContext};
use std::sync::Arc;

/// What a recipe wants of a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VariableKind {
    Text,
    Secret,
}

pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    let mut process = Module::new();
    let of = host.clone();
    FuncRegistration::new("env").set_into_module(
        &mut process,
        move |context: NativeCallContext, name: &str| -> Outcome<Dynamic> {
            Ok(value(&of, &context, name, VariableKind::Text)?.map_or(Dynamic::UNIT, Dynamic::from))
        },
    );
    let of = host.clone();
    FuncRegistration::new("env").set_into_module(
        &mut process,
        move |context: NativeCallContext, name: &str, default: &str| -> Outcome<String> {
            Ok(value(&of, &context, name, VariableKind::Text)?.unwrap_or_else(|| default.to_owned()))
        },
    );
    engine.register_static_module("process", process.into());

    let mut secret = Module::new();
    let of = host.clone();
    FuncRegistration::new("env").set_into_module(
        &mut secret,
        move |context: NativeCallContext, name: &str| -> Outcome<ScriptSecret> {
            let is_on_any_account = of.scheduler().context().run.is_on_any_account;
            let placeholder = || is_on_any_account.then(|| format!("value-of-{name}"));
            let Some(value) = value(&of, &context, name, VariableKind::Secret)?.or_else(placeholder) else {
                let failure =
                    Failure::refused("secret", format!("the environment variable `{name}` is not set"));
                return Err(raise_here(failure, 0, &of.site(&context), context.call_position()));
            };
            let value = Secret::new(value);
            of.redactor.register(&value);
            Ok(ScriptSecret(value))
        },
    );
    engine.register_static_module("secret", secret.into());
}

/// The value of a variable that the project allows; Larder's own credentials are never among them.
fn value(
    host: &Host,
    context: &NativeCallContext,
    name: &str,
    wanted: VariableKind,
) -> Outcome<Option<String>> {
    let Variables { process_env, secret_env } = &host.facts.variables;
    let (is_secret, is_text) = (secret_env.contains(name), process_env.contains(name));
    // What may be text may be taken for a secret, too; a secret is never text.
    let is_allowed =
        if wanted == VariableKind::Secret { is_secret || is_text } else { is_text && !is_secret };
    if is_allowed {
        return Ok(host.facts.environment.get(name).map(str::to_owned));
    }
    let (message, hint) = match wanted {
        VariableKind::Text if is_secret => (
            format!("`secret_env` of the project file makes the environment variable `{name}` a secret"),
            format!("read it with `secret::env(\"{name}\")`"),
        ),
        VariableKind::Text => {
            (denied(name), format!("allow it in the project file: process_env = [\"{name}\"]"))
        }
        VariableKind::Secret => {
            (denied(name), format!("allow it in the project file: secret_env = [\"{name}\"]"))
        }
    };
    let failure = Failure::refused_with_hint("denied", message, hint);
    Err(raise_here(failure, 0, &host.site(context), context.call_position()))
}

fn denied(name: &str) -> String {
    format!("recipes may not read the environment variable `{name}`")
}
