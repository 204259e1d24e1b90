//! `given::`: creates resources before a run, with the `ensure` of each service.

use super::{Bench, Counted};
use crate::op::{Failure, HandleOrId, Op, OptionMap, Value, read_options};
use crate::script::catalog;
use crate::script::convert::value_of;
use crate::script::handle::Handle;
use crate::script::host::{Host, Outcome, raise_here};
use crate::script::known::{FunctionForm, Param};
use crate::script::register;
use crate::secret::Secret;
use crate::services::Services;
use rhai::{
    Dynamic, Engine, EvalAltResult, FuncRegistration, Map, Module, NativeCallContext, RhaiFunc, Shared,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::any::TypeId;
use std::sync::Arc;

const MODULE: &str = "given";

/// What fills a namespace with entries.
const ENTRIES: (&str, &str) = ("kv", "put_all");

/// What runs SQL in a database.
const SQL: (&str, &str) = ("d1", "execute");

/// Registers all of them.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>, services: Services, bench: &Arc<dyn Bench>) {
    let mut module = Module::new();
    for (service, ensure) in made(services) {
        let sql = (service == SQL.0).then(|| op(services, SQL)).flatten();
        for count in 0..=register::ARGUMENTS_MAX {
            let host = host.clone();
            let func = Shared::new(move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
                let Some(context) = context else { return Ok(Dynamic::UNIT) };
                there(&host, &context, ensure, sql, args)
            });
            let func = RhaiFunc::Pure { func, has_context: true, is_pure: true, is_volatile: true };
            FuncRegistration::new(service).set_into_module_raw(
                &mut module,
                vec![TypeId::of::<Dynamic>(); count],
                func,
            );
        }
    }
    entries(&mut module, host, services);
    surroundings(&mut module, host, bench);
    faults(&mut module, host, bench);
    engine.register_static_module(MODULE, module.into());
}

/// What is known of those that make something.
pub fn forms(services: Services) -> Vec<(String, Vec<FunctionForm>)> {
    let of = |(service, ensure): (&'static str, &'static Op)| {
        let mut forms = catalog::forms(ensure);
        if service == SQL.0 {
            let mut with_sql = forms.first().cloned().unwrap_or_default();
            with_sql.options = None;
            with_sql.params.push(Param { name: "sql".to_owned(), kind: "string".to_owned() });
            forms.push(with_sql);
        }
        (format!("{MODULE}::{service}"), forms)
    };
    made(services).map(of).collect()
}

/// The services, and what makes one of what they have.
fn made(services: Services) -> impl Iterator<Item = (&'static str, &'static Op)> {
    services.iter().filter_map(|service| Some((service.name, op_of(service.ops, "ensure")?)))
}

fn op_of(ops: &'static [Op], name: &str) -> Option<&'static Op> {
    ops.iter().find(|op| op.name == name)
}

fn op(services: Services, (service, name): (&str, &str)) -> Option<&'static Op> {
    op_of(services.named(service)?.ops, name)
}

/// `given::kv("SESSIONS")`; of a database also with the SQL that fills it.
fn there(
    host: &Arc<Host>,
    context: &NativeCallContext,
    ensure: &'static Op,
    sql: Option<&'static Op>,
    args: &mut [&mut Dynamic],
) -> Outcome<Dynamic> {
    let fill = match (sql, args.get(1)) {
        (Some(execute), Some(text)) if text.is_string() => Some((execute, value_of(text))),
        _ => None,
    };
    let Some((execute, text)) = fill else { return register::function(ensure, host, context, args) };
    let made = register::function(ensure, host, context, &mut args[..1])?;
    on_handle(host, context, execute, &made, text)?;
    Ok(made)
}

/// Calls a method of a handle.
fn on_handle(
    host: &Arc<Host>,
    context: &NativeCallContext,
    op: &'static Op,
    handle: &Dynamic,
    value: Value,
) -> Outcome<()> {
    let pending = handle.read_lock::<Handle>().map(|handle| handle.0.clone());
    register::start(op, host, context, pending.map(HandleOrId::Handle), vec![value], 1).map(|_| ())
}

fn entries(module: &mut Module, host: &Arc<Host>, services: Services) {
    let (Some(ensure), Some(put)) = (op(services, (ENTRIES.0, "ensure")), op(services, ENTRIES)) else {
        return;
    };
    let of = host.clone();
    let fill = move |context: NativeCallContext, namespace: Dynamic, entries: Map| -> Outcome<Dynamic> {
        let mut namespace = namespace;
        let made = if namespace.is::<Handle>() {
            namespace
        } else {
            register::function(ensure, &of, &context, &mut [&mut namespace])?
        };
        on_handle(&of, &context, put, &made, value_of(&Dynamic::from_map(entries)))?;
        Ok(made)
    };
    FuncRegistration::new("entries").set_into_module(module, fill);
}

/// What runs see beside the account.
fn surroundings(module: &mut Module, host: &Arc<Host>, bench: &Arc<dyn Bench>) {
    let to = bench.clone();
    FuncRegistration::new("env").set_into_module(module, move |name: &str, value: &str| {
        to.variable(name, &Secret::new(value.to_owned()));
    });
    let (to, of) = (bench.clone(), host.clone());
    FuncRegistration::new("secret").set_into_module(module, move |name: &str, value: &str| {
        let value = Secret::new(value.to_owned());
        of.redactor.register(&value);
        to.variable(name, &value);
    });
}

/// `given::fault("reset-applied", 3)`, or `#{ write: 1 }`.
fn faults(module: &mut Module, host: &Arc<Host>, bench: &Arc<dyn Bench>) {
    let (to, of) = (bench.clone(), host.clone());
    FuncRegistration::new("fault").set_into_module(
        module,
        move |context: NativeCallContext, fault: &str| -> Outcome<()> {
            to.fault(fault, Counted::Requests).map_err(|failure| at(&of, &context, failure))
        },
    );
    let (to, of) = (bench.clone(), host.clone());
    FuncRegistration::new("fault").set_into_module(
        module,
        move |context: NativeCallContext, fault: &str, request: i64| -> Outcome<()> {
            let fault = format!("{fault}@{request}");
            to.fault(&fault, Counted::Requests).map_err(|failure| at(&of, &context, failure))
        },
    );
    let (to, of) = (bench.clone(), host.clone());
    FuncRegistration::new("fault").set_into_module(
        module,
        move |context: NativeCallContext, fault: &str, place: Map| -> Outcome<()> {
            let read = read_options::<Place>(&value_of(&Dynamic::from_map(place)));
            let place = read.map_err(|error| at(&of, &context, Failure::Option { index: 1, error }))?;
            let (counted, number) = match place {
                Place { request: Some(number), write: None } => (Counted::Requests, number),
                Place { request: None, write: Some(number) } => (Counted::Writes, number),
                _ => {
                    let message = "a fault strikes one request: `#{ request: 3 }` or `#{ write: 1 }`";
                    return Err(at(&of, &context, Failure::refused("test", message)));
                }
            };
            let fault = format!("{fault}@{number}");
            to.fault(&fault, counted).map_err(|failure| at(&of, &context, failure))
        },
    );
}

/// What a fault strikes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    /// The request of that number, from 1.
    request: Option<u64>,
    /// The write of that number, from 1.
    write: Option<u64>,
}

impl OptionMap for Place {}

fn at(host: &Host, context: &NativeCallContext, failure: Failure) -> Box<EvalAltResult> {
    raise_here(failure, 0, &host.site(context), context.call_position())
}
