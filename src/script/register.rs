//! Registers the ops with the engine: `kv::ensure(..)`, methods of handles, `kv::put(handle or id, ..)`.
//!
//! Every name is registered for any number of arguments of any type, so that a wrong call reaches our own message and
//! not Rhai's.

use super::convert::{dynamic_of, value_of};
use super::declarations::{DeclarationQuery, option_of};
use super::handle::Handle;
use super::host::{Host, Outcome, raise_at, raise_here};
use crate::op::{Call, CallOrigin, Effect, Failure, FromArg, HandleOrId, Mode, Op, ReturnShape, Ty, Value};
use rhai::{Dynamic, Engine, FuncRegistration, Module, NativeCallContext, RhaiFunc, Shared};
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// More arguments than any op takes; a call with more of them meets Rhai's message.
pub(super) const ARGUMENTS_MAX: usize = 6;

/// Registers all of them, and what handles can do.
pub fn register(engine: &mut Engine, host: &Arc<Host>, ops: impl Iterator<Item = &'static Op>) {
    let mut modules = BTreeMap::<&str, Module>::new();
    let mut methods = BTreeMap::<&str, Vec<&'static Op>>::new();
    for op in ops {
        let module = modules.entry(op.service).or_default();
        for count in 0..=ARGUMENTS_MAX {
            let host = host.clone();
            let func = Shared::new(move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
                let Some(context) = context else { return Ok(Dynamic::UNIT) };
                function(op, &host, &context, args)
            });
            let func = RhaiFunc::Pure { func, has_context: true, is_pure: true, is_volatile: true };
            FuncRegistration::new(op.name).set_into_module_raw(
                module,
                vec![TypeId::of::<Dynamic>(); count],
                func,
            );
        }
        if op.receiver.is_some() {
            methods.entry(op.name).or_default().push(op);
        }
    }
    for (name, ops) in methods {
        for count in 0..=ARGUMENTS_MAX {
            let (host, ops) = (host.clone(), ops.clone());
            let mut types = vec![TypeId::of::<Dynamic>(); count + 1];
            types[0] = TypeId::of::<Handle>();
            engine.register_raw_fn(
                name,
                types,
                move |context: NativeCallContext, args: &mut [&mut Dynamic]| {
                    method(name, &ops, &host, &context, args)
                },
            );
        }
    }
    for (name, module) in modules {
        engine.register_static_module(name, module.into());
    }
    handles(engine, host);
}

/// `kv::ensure(..)`, or `kv::put(handle or id, ..)`.
pub(super) fn function(
    op: &'static Op,
    host: &Arc<Host>,
    context: &NativeCallContext,
    args: &mut [&mut Dynamic],
) -> Outcome<Dynamic> {
    let mut values: Vec<Value> = args.iter().map(|arg| value_of(arg)).collect();
    let Some(receiver) = op.receiver else {
        return start(op, host, context, None, values, 0);
    };
    let here = |failure: Failure| raise_here(failure, 0, &host.site(context), context.call_position());
    if values.is_empty() {
        return Err(here(arity(op, 1, 0)));
    }
    let first = values.remove(0);
    match HandleOrId::read(&first) {
        Some(HandleOrId::Handle(pending)) if pending.kind != receiver => {
            let message = format!("argument 1 must be a {receiver} or an id, not a {}", pending.kind);
            Err(here(Failure::refused("argument", message)))
        }
        Some(target) => start(op, host, context, Some(target), values, 1),
        None => Err(here(Failure::Argument { index: 0, expected: Ty::Target, found: first.type_name() })),
    }
}

/// `handle.put(..)`: the handle's kind picks the entry.
fn method(
    name: &str,
    ops: &[&'static Op],
    host: &Arc<Host>,
    context: &NativeCallContext,
    args: &mut [&mut Dynamic],
) -> Outcome<Dynamic> {
    let Some(handle) = args[0].read_lock::<Handle>().map(|handle| handle.clone()) else {
        return Ok(Dynamic::UNIT);
    };
    let values = args[1..].iter().map(|arg| value_of(arg)).collect();
    if let Some(op) = ops.iter().find(|op| op.receiver == Some(handle.0.kind)) {
        start(op, host, context, Some(HandleOrId::Handle(handle.0)), values, 0)
    } else {
        let failure = Failure::refused("argument", format!("a {} has no `{name}`", handle.0.kind));
        Err(raise_here(failure, 0, &host.site(context), context.call_position()))
    }
}

fn arity(op: &Op, shift: usize, got: usize) -> Failure {
    let least = op.run.types().len() + shift;
    let most = least + usize::from(op.run.takes_options());
    let takes = match (least, most) {
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} or {most} arguments"),
    };
    Failure::Arity {
        op: if shift == 0 && op.receiver.is_some() { op.title() } else { op.path() },
        takes,
        got,
    }
}

/// Starts an op that is called here; gives its handle, or what it reads.
pub(super) fn start(
    op: &'static Op,
    host: &Arc<Host>,
    context: &NativeCallContext,
    receiver: Option<HandleOrId>,
    values: Vec<Value>,
    shift: usize,
) -> Outcome<Dynamic> {
    let called = host.site(context);
    let here = |failure: Failure| raise_here(failure, shift, &called, context.call_position());
    let least = op.run.types().len();
    if values.len() < least || values.len() > least + usize::from(op.run.takes_options()) {
        return Err(here(arity(op, shift, values.len() + shift)));
    }
    if host.naming.is_giving() {
        return Err(here(Failure::refused("denied", "`real_name` only gives names: it calls no op")));
    }
    let scheduler = host.scheduler();
    let named = match (&receiver, values.first()) {
        (Some(HandleOrId::Handle(pending)), _) | (None, Some(Value::Handle(pending))) => {
            Some(pending.key.name.clone())
        }
        (None, Some(Value::Str(name))) => Some(name.clone()),
        _ => None,
    };
    let known = named.as_ref().and_then(|name| host.naming.logical_of(op.service, name));
    let (logical, shared) = known.map_or((None, false), |(logical, shared)| (Some(logical), shared));
    let about = logical.clone().or(named).unwrap_or_default();
    let here = |failure: Failure| {
        let wanted = DeclarationQuery { kind: op.service, name: &about, option: option_of(&failure) };
        match host.facts.written.instead_of(&called, wanted) {
            Some(written) => raise_at(failure, written, context.call_position()),
            None => here(failure),
        }
    };
    // The silent plan before the run compares all it sees; this is for what it could not come to.
    if scheduler.context().mode == Mode::Apply
        && op.effect == Effect::Ensure
        && op.receiver.is_none()
        && let (Some(Value::Str(real)), Some(logical)) = (values.first(), &logical)
        && let Some(bound) = host.facts.bound.get(&(op.service.to_owned(), logical.clone()))
        && bound != real
    {
        let message =
            format!("the Worker is bound to `{bound}` for `{logical}`, the recipe would use `{real}`");
        return Err(here(Failure::refused("binding", message)));
    }
    let call = Call { context: scheduler.context().clone(), op, receiver, logical: logical.clone() };
    let at = host.site_about(context, DeclarationQuery { kind: op.service, name: &about, option: &[] });
    let origin = CallOrigin { at, logical, shared, holds: None };
    let pending = scheduler.start(op, call, values, origin).map_err(here)?;
    if !op.shape.waits() {
        return Ok(Dynamic::from(Handle(pending)));
    }
    let value = host.wait(&pending, context)?;
    let unknown = || here(Failure::not_known(format!("what `{}` gives", op.path())));
    dynamic_of(&value).ok_or_else(unknown)
}

/// What every handle can do in a script.
fn handles(engine: &mut Engine, host: &Arc<Host>) {
    engine.register_type_with_name::<Handle>("Handle");
    let of = host.clone();
    engine.register_indexer_get(move |context: NativeCallContext, handle: &mut Handle, name: &str| {
        property(&of, &context, handle, name)
    });
    let of = host.clone();
    engine.register_indexer_set(
        move |context: NativeCallContext, handle: &mut Handle, name: &str, _: Dynamic| -> Outcome<()> {
            let hint = "what can be changed is an option of `ensure`, which updates what is there";
            let message = format!("`{name}` of a {} can't be set: a handle is read only", handle.0.kind);
            let failure = Failure::refused_with_hint("property", message, hint);
            Err(raise_here(failure, 0, &of.site(&context), context.call_position()))
        },
    );
    engine
        .register_fn("to_string", |handle: &mut Handle| handle.text())
        .register_fn("to_debug", |handle: &mut Handle| handle.text())
        .register_fn("==", |one: &mut Handle, other: Handle| Arc::ptr_eq(&one.0, &other.0))
        .register_fn("!=", |one: &mut Handle, other: Handle| !Arc::ptr_eq(&one.0, &other.0));
    for joined in ["+", "+="] {
        let of = host.clone();
        engine.register_fn(joined, move |context: NativeCallContext, _: &str, handle: Handle| {
            Err::<String, _>(joined_error(&of, &context, handle.0.kind))
        });
    }
}

fn joined_error(host: &Host, context: &NativeCallContext, kind: &str) -> Box<rhai::EvalAltResult> {
    let hint = "write `.name` or `.id`, or pass the handle itself";
    let failure = Failure::refused_with_hint("argument", format!("a {kind} can't be joined into text"), hint);
    raise_here(failure, 0, &host.site(context), context.call_position())
}

fn property(host: &Host, context: &NativeCallContext, handle: &Handle, name: &str) -> Outcome<Dynamic> {
    let here = |failure: Failure| raise_here(failure, 0, &host.site(context), context.call_position());
    let value = host.wait(&handle.0, context)?;
    let not_known = || Failure::not_known(format!("`{name}` of {}", super::handle::unmarked(&handle.text())));
    match &value {
        Value::NotKnown => Err(here(not_known())),
        Value::Map(map) => match map.get(name) {
            Some(found) => dynamic_of(found).ok_or_else(|| here(not_known())),
            None if handle.0.is_planned() && host.scheduler().context().mode != Mode::Apply => {
                Err(here(not_known()))
            }
            // A listing leaves out what the service has nothing to say of.
            None if host.properties_of(handle.0.kind).any(|said| said == name) => Ok(Dynamic::UNIT),
            None => {
                let said = host.properties_of(handle.0.kind);
                let names: BTreeSet<&str> = said.chain(map.keys().map(String::as_str)).collect();
                let near = crate::project::did_you_mean(name, names.iter().copied());
                let hint = near.map_or_else(
                    || format!("it has: {}", Vec::from_iter(names).join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("a {} has no property `{name}`", handle.0.kind);
                Err(here(Failure::refused_with_hint("property", message, hint)))
            }
        },
        _ => Err(here(Failure::refused("property", format!("a {} has no properties", handle.0.kind)))),
    }
}

/// Whether a call of this shape needs its value waited for by name, as `check` warns.
pub fn starts_work(op: &Op) -> bool {
    !matches!(op.shape, ReturnShape::Data(_))
}
