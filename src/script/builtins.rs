//! The built-in functions and values of recipes: `config::`, `env::`, `name`, `output`, `secret::env`, `log`, ...

use super::convert::{dynamic_of, value_of};
use super::declarations::DeclarationQuery;
use super::diagnostics::{CallPart, Raised, Thrown};
use super::engine::limits::OUTPUT_BYTES_MAX;
use super::env_variables;
use super::handle::made_from;
use super::host::{Host, Outcome, raise_at, raise_here};
use super::naming::NamingError;
use super::resolver::BUNDLED;
use crate::events::Event;
use crate::op::{Failure, Value};
use crate::project::wrangler::BindingKind;
use crate::project::{EnvNames, wrangler_defaults};
use rhai::{
    AST, CallFnOptions, Dynamic, Engine, EvalAltResult, Map, Module, NativeCallContext, Scope,
    ScriptFnMetadata,
};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::sync::Arc;

/// A function that every recipe can call, for docs and checks.
pub struct Builtin {
    pub name: &'static str,
    /// Its forms: the parameters of each.
    pub forms: &'static [&'static [&'static str]],
    pub summary: &'static str,
}

/// All of them; a test compares this with what is registered.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        name: "step",
        forms: &[
            &["title: string", "closure: closure"],
            &["title: string", "options: map", "closure: closure"],
        ],
        summary: "Runs a closure and waits for all it started; `#{ on_error: \"continue\" }` lets the run go on.",
    },
    Builtin {
        name: "steps",
        forms: &[&["order: array", "closures: map"]],
        summary: "Runs the named closures in this order; names in an inner array run together.",
    },
    Builtin {
        name: "wait",
        forms: &[&["handles: handle or array"]],
        summary: "Waits here, and throws here what failed.",
    },
    Builtin {
        name: "name",
        forms: &[&["kind: string", "logical: string"]],
        summary: "The name in the account for a logical name, by the naming policy.",
    },
    Builtin {
        name: "bound",
        forms: &[&["kind: string", "logical: string"]],
        summary: "The name that the Worker's config binds for a logical name, or `()`.",
    },
    Builtin {
        name: "output",
        forms: &[&["key: string", "value: data"]],
        summary: "Adds a value to the outputs of the run; waits for handles in it.",
    },
    Builtin { name: "log", forms: &[&["message: any"]], summary: "Says something in the run's log." },
    Builtin { name: "warn", forms: &[&["message: any"]], summary: "Adds a warning to the report." },
    Builtin { name: "fail", forms: &[&["message: any"]], summary: "Ends the recipe with this error." },
    Builtin {
        name: "to_json",
        forms: &[&["value: data"]],
        summary: "Any value as JSON text; waits for handles in it.",
    },
    Builtin {
        name: "secret::env",
        forms: &[&["name: string"]],
        summary: "An environment variable that `secret_env` of the project file allows, as a secret: it can be passed on, joined into another secret with `+`, and never be shown.",
    },
    Builtin {
        name: "wrangler::config",
        forms: &[&[], &["path: string"]],
        summary: "The first Worker's `name` and the `bindings` of all for this environment, from the project's wrangler configs or a given one.",
    },
    Builtin {
        name: "process::env",
        forms: &[&["name: string"], &["name: string", "default: string"]],
        summary: "An environment variable that `process_env` of the project file allows, or `()`.",
    },
];

/// Registers all of them.
pub fn register(engine: &mut Engine, host: &Arc<Host>) {
    variables(engine, host);
    speech(engine, host);
    env_variables::register(engine, host);
    let of = host.clone();
    engine.register_fn("name", move |context: NativeCallContext, kind: &str, logical: &str| {
        name(&of, &context, kind, logical)
    });
    let of = host.clone();
    engine.register_fn("bound", move |kind: &str, logical: &str| -> Dynamic {
        let Some(real) = of.facts.bound.get(&(kind.to_owned(), logical.to_owned())) else {
            return Dynamic::UNIT;
        };
        // In `real_name` it is looked at and not used.
        if !of.naming.is_giving() {
            of.naming.note_bound(kind, logical, real);
        }
        Dynamic::from(real.clone())
    });
    let of = host.clone();
    engine.register_fn(
        "output",
        move |context: NativeCallContext, key: &str, value: Dynamic| -> Outcome<()> {
            let json = json_of(&of, &context, &value)?;
            let value = hidden(&of, json);
            if !of.takes_output(key.len() + value.to_string().len()) {
                let message =
                    format!("the outputs of a run are larger than {OUTPUT_BYTES_MAX} bytes together");
                let failure = Failure::refused("argument", message);
                return Err(raise_here(failure, 0, &of.site(&context), context.call_position()));
            }
            of.scheduler().context().events.emit(Event::Output { key: key.to_owned(), value });
            Ok(())
        },
    );
    // Rhai has one of its own for maps, which drops what it does not know (RHAI-13).
    let of = host.clone();
    engine.register_fn("to_json", move |context: NativeCallContext, value: Map| {
        json_of(&of, &context, &Dynamic::from_map(value)).map(|json| json.to_string())
    });
    let of = host.clone();
    engine.register_fn("to_json", move |context: NativeCallContext, value: Dynamic| {
        json_of(&of, &context, &value).map(|json| json.to_string())
    });
}

/// `config::`, `env::` and `account::` as static modules: visible in functions, closures and imported files.
fn variables(engine: &mut Engine, host: &Arc<Host>) {
    let account = serde_json::json!({ "id": host.scheduler().context().client.account() });
    for (name, json) in [("config", &host.facts.config), ("env", &host.facts.env), ("account", &account)] {
        let mut module = Module::new();
        for (key, value) in json.as_object().into_iter().flatten() {
            if let Some(value) = dynamic_of(&Value::from(value.clone())) {
                module.set_var(key.as_str(), value);
            }
        }
        engine.register_static_module(name, module.into());
    }
}

fn speech(engine: &mut Engine, host: &Arc<Host>) {
    let of = host.clone();
    let log = move |context: NativeCallContext, message: Dynamic| -> Outcome<()> {
        let message = of.shown(&words(&context, message)?);
        of.scheduler().context().events.emit(Event::Log { message });
        Ok(())
    };
    // Rhai has a `log` of its own for numbers with a point, which is called `ln` as well (RHAI-13).
    let of_float = log.clone();
    engine.register_fn("log", move |context: NativeCallContext, message: f64| {
        of_float(context, message.into())
    });
    engine.register_fn("log", log);
    let of = host.clone();
    engine.register_fn("warn", move |context: NativeCallContext, message: Dynamic| -> Outcome<()> {
        let at = Some(of.site(&context));
        let message = of.shown(&words(&context, message)?);
        of.scheduler().context().events.emit(Event::Warning { message, at });
        Ok(())
    });
    let of = host.clone();
    engine.register_fn("fail", move |context: NativeCallContext, message: Dynamic| -> Outcome<Dynamic> {
        let failure = Failure::refused(Failure::FAILED, of.shown(&words(&context, message)?));
        Err(raise_here(failure, 0, &of.site(&context), context.call_position()))
    });
}

/// A value as `print` says it: what has no text of its own in Rhai, such as a caught failure, has one here.
fn words(context: &NativeCallContext, mut message: Dynamic) -> Outcome<String> {
    let text = context.call_native_fn_raw("to_string", true, &mut [&mut message])?;
    Ok(text.to_string())
}

/// The naming policy: the recipe's own function, or the templates. What the function throws is kept.
struct NamingPolicyDocs<'a> {
    host: &'a Host,
    engine: &'a Engine,
    thrown: RefCell<Option<Box<EvalAltResult>>>,
}

impl NamingPolicyDocs<'_> {
    fn ask(&self, kind: &str, logical: &str, environment: &EnvNames) -> Result<String, String> {
        let Some(main) = own_policy(self.host) else {
            return (self.host.naming.template)(kind, logical, environment);
        };
        let mut env = Map::new();
        env.insert("app".into(), environment.app.clone().into());
        env.insert("name".into(), environment.name.clone().into());
        env.insert("alias".into(), environment.alias.clone().into());
        let branch = environment.branch.name().map(|name| Dynamic::from(name.to_owned()));
        env.insert("branch".into(), branch.unwrap_or(Dynamic::UNIT));
        let worker = environment.worker.clone().map(Dynamic::from);
        env.insert("worker".into(), worker.unwrap_or(Dynamic::UNIT));
        let options = CallFnOptions::new().eval_ast(false).rewind_scope(true);
        let args = (kind.to_owned(), logical.to_owned(), env);
        let scope = &mut Scope::new();
        let real = self.engine.call_fn_with_options::<Dynamic>(options, scope, main, "real_name", args);
        let real = real.map_err(|error| {
            self.thrown.replace(Some(error));
            String::new()
        })?;
        let real =
            real.into_string().map_err(|kind| format!("`real_name` must give a string, not {kind}"))?;
        match made_from(&real) {
            None => Ok(real),
            Some(what) => Err(format!("`real_name` must give a string, not {what}")),
        }
    }
}

/// The recipe's functions, where `real_name` is one of them.
fn own_policy(host: &Host) -> Option<&AST> {
    let is_it = |function: &ScriptFnMetadata| function.name == "real_name" && function.params.len() == 3;
    host.main.get().filter(|main| main.iter_functions().any(|function| is_it(&function)))
}

/// Whether the recipe gives names by a function of its own.
pub fn has_own_policy(host: &Host) -> bool {
    own_policy(host).is_some()
}

/// Evaluates the naming policy for what every environment declares.
pub fn fill_names(host: &Host, engine: &Engine) {
    let policy = NamingPolicyDocs { host, engine, thrown: RefCell::new(None) };
    host.naming.fill(&|kind, logical, environment| policy.ask(kind, logical, environment));
}

fn name(host: &Arc<Host>, context: &NativeCallContext, kind: &str, logical: &str) -> Outcome<String> {
    if let Some(what) = made_from(logical) {
        let failure = Failure::refused("argument", format!("a logical name is a string, not {what}"));
        let raised = Raised::of_call(failure, 0, host.site(context)).about(CallPart::Arg(1));
        return Err(Thrown::raise(raised, context.call_position()));
    }
    fill_names(host, context.engine());
    // An error of the recipe's own function is told as it is, with its place there.
    let own = NamingPolicyDocs { host, engine: context.engine(), thrown: RefCell::new(None) };
    let policy = |kind: &str, logical: &str, environment: &EnvNames| own.ask(kind, logical, environment);
    host.naming.give(kind, logical, &policy).map_err(|error| {
        if let Some(thrown) = own.thrown.take() {
            // A cap has no place of its own in there.
            if thrown.is_system_exception() {
                return thrown;
            }
            let (name, source) = (String::from("real_name"), host.main_name.clone());
            let call = EvalAltResult::ErrorInFunctionCall(name, source, thrown, context.call_position());
            return Box::new(call);
        }
        let message = error.to_string();
        let failure = match error {
            NamingError::Collision(_) => {
                Failure::refused_with_hint("name", message, apart(host, kind, logical))
            }
            NamingError::Policy(_) => match message.split_once("\nhint: ") {
                Some((message, hint)) => Failure::refused_with_hint("name", message, hint),
                None => Failure::refused("name", message),
            },
        };
        let called = host.site(context);
        if let Some(written) =
            host.facts.written.instead_of(&called, DeclarationQuery { kind, name: logical, option: &[] })
        {
            return raise_at(failure, written, context.call_position());
        }
        let raised = Raised::of_call(failure, 0, called).about(CallPart::Arg(1));
        Thrown::raise(raised, context.call_position())
    })
}

/// How two logical names get two real ones; the bundled recipe `wrangler` gives names that no project file changes.
fn apart(host: &Host, kind: &str, logical: &str) -> String {
    if host.main_name != format!("{BUNDLED}{}.rhai", wrangler_defaults::RECIPE) {
        return "give each its own name: `[naming]` of the project file, or `real_name` of the recipe"
            .to_owned();
    }
    let configs: Vec<String> = host.facts.wrangler.iter().map(|name| format!("`{name}`")).collect();
    let configs = configs.join(", ");
    let bound = host.facts.services.binding_kinds().of_service(kind);
    match bound.and_then(BindingKind::name_field) {
        Some(field) => format!("give `{logical}` a `{field}` of its own in {configs}"),
        None => format!("rename the binding `{logical}` in {configs}"),
    }
}

/// Plain data of a script's value; handles are waited for.
pub fn json_of(host: &Host, context: &NativeCallContext, value: &Dynamic) -> Outcome<Json> {
    resolved(host, context, &value_of(value))
}

fn resolved(host: &Host, context: &NativeCallContext, value: &Value) -> Outcome<Json> {
    let refuse = |message: String| {
        raise_here(Failure::refused("argument", message), 0, &host.site(context), context.call_position())
    };
    Ok(match value {
        Value::Handle(pending) => {
            let value = host.wait(pending, context)?;
            resolved(host, context, &value)?
        }
        Value::List(items) => {
            Json::Array(items.iter().map(|item| resolved(host, context, item)).collect::<Outcome<_>>()?)
        }
        Value::Map(map) => {
            let entry = |(key, item): (&String, &Value)| Ok((key.clone(), resolved(host, context, item)?));
            Json::Object(map.iter().map(entry).collect::<Outcome<_>>()?)
        }
        Value::Secret(_) => return Err(refuse("a secret can't be shown".into())),
        Value::Other(what) => return Err(refuse(format!("a {what} is no data"))),
        Value::Float(number) if !number.is_finite() => {
            return Err(refuse(format!("the number `{number}` is no data")));
        }
        Value::NotKnown => Json::from(crate::reconcile::KNOWN_AFTER_APPLY),
        plain => plain.to_json().unwrap_or_default(),
    })
}

/// The same with what a plan can't know replaced.
fn hidden(host: &Host, json: Json) -> Json {
    match json {
        Json::String(text) => Json::String(host.shown(&text)),
        Json::Array(items) => Json::Array(items.into_iter().map(|item| hidden(host, item)).collect()),
        Json::Object(map) => {
            Json::Object(map.into_iter().map(|(key, item)| (key, hidden(host, item))).collect())
        }
        other => other,
    }
}
