//! The four ops of every resource, as entries made from its `Resource` impl alone.

use super::delete::delete;
use super::ensure::{ensure, value_of};
use super::inventory::Inventory;
use super::resource::Resource;
use crate::http::Endpoint;
use crate::op::{
    Call, Doc, Effect, Failure, FromOptions, HandleOrName, Key, NameRule, Op, OpOrder, OpResult, Pending,
    ReturnShape, StartedOp, Typed, Value,
};
use std::marker::PhantomData;
use std::sync::Arc;

/// A finished handle of a live resource.
pub fn find_handle<R: Resource>(key: Key, live: &R::Live) -> Arc<Pending> {
    Pending::found(R::HANDLE, key, value_of::<R>(live))
}

/// The same of one that may only be planned.
fn listed_handle<R: Resource>(inventory: &Inventory<R>, key: Key, live: &R::Live) -> Arc<Pending> {
    let is_planned = inventory.is_planned(&key);
    let handle = find_handle::<R>(key, live);
    if is_planned {
        handle.set_planned();
    }
    handle
}

/// The key of a handle, or of a name in a place.
pub fn named_key<R: Resource>(named: &HandleOrName, place: &R::Place) -> Result<Key, Failure> {
    match named {
        HandleOrName::Name(name) => Ok(R::key(name, place)),
        HandleOrName::Handle(pending) if pending.kind == R::HANDLE => Ok(pending.key.clone()),
        HandleOrName::Handle(pending) => Err(Failure::refused(
            "argument",
            format!("argument 1 must be a {} or a name, not a {}", R::HANDLE, pending.kind),
        )),
    }
}

fn check_name<R: Resource>(name: &str) -> Result<(), Failure> {
    match R::broken_rule(name) {
        None => Ok(()),
        Some(rule) => Err(Failure::Name { kind: R::HANDLE, name: name.to_owned(), rule: NameRule { rule } }),
    }
}

fn start_ensure<R: Resource>(
    call: Call,
    (name,): (String,),
    options: R::Options,
) -> Result<StartedOp, Failure> {
    check_name::<R>(&name)?;
    R::check(&options).map_err(|error| Failure::Option { index: 1, error })?;
    let key = R::key(&name, &R::place(&options));
    let asked = serde_json::to_value(&options).ok();
    let (context, of) = (call.context, key.clone());
    let mut started = StartedOp::new(key, move |_| async move { ensure::<R>(&context, &of, &options).await });
    started.options = asked;
    Ok(started)
}

fn start_find<R: Resource>(call: Call, (name,): (String,), place: R::Place) -> Result<StartedOp, Failure> {
    let key = R::key(&name, &place);
    let (context, of) = (call.context, key.clone());
    Ok(StartedOp::new(key, move |_| async move {
        let inventory = context.extension::<Inventory<R>>();
        let found = inventory.find(&context, &of).await;
        let found = found.map_err(|error| Failure::of_read(&of.name, error))?;
        let handle = |live| Value::Handle(listed_handle::<R>(&inventory, of, &live));
        Ok(OpResult::unchanged(found.map_or(Value::Unit, handle)))
    }))
}

fn start_list<R: Resource>(call: Call, (): (), place: R::Place) -> Result<StartedOp, Failure> {
    let key = R::key("", &place);
    let (context, of) = (call.context, key.clone());
    let mut started = StartedOp::new(key, move |_| async move {
        let scope = of.jurisdiction.as_deref();
        let inventory = context.extension::<Inventory<R>>();
        let listed = inventory.all(&context, scope).await;
        let listed = listed.map_err(|error| Failure::of_read("the account", error))?;
        let handle = |live: &R::Live| {
            let key = Key { name: R::name(live).to_owned(), ..of.clone() };
            Value::Handle(listed_handle::<R>(&inventory, key, live))
        };
        Ok(OpResult::unchanged(Value::List(listed.iter().map(handle).collect())))
    });
    started.order = OpOrder::Service;
    Ok(started)
}

fn start_delete<R: Resource>(
    call: Call,
    (named,): (HandleOrName,),
    place: R::Place,
) -> Result<StartedOp, Failure> {
    let key = named_key::<R>(&named, &place)?;
    let (context, of) = (call.context, key.clone());
    Ok(StartedOp::new(key, move |_| async move { delete::<R>(&context, &of).await }))
}

impl Op {
    /// `service::ensure(name, #{..})`.
    pub const fn ensure<R: Resource>(endpoints: &'static [&'static Endpoint], doc: Doc) -> Op {
        Op {
            service: R::SERVICE,
            name: "ensure",
            receiver: None,
            effect: Effect::Ensure,
            shape: ReturnShape::Handle(R::HANDLE),
            endpoints,
            doc,
            run: &Typed(start_ensure::<R>, PhantomData),
        }
    }

    /// `service::find(name)`.
    pub const fn find<R: Resource>(endpoints: &'static [&'static Endpoint], doc: Doc) -> Op
    where
        R::Place: FromOptions,
    {
        Op {
            service: R::SERVICE,
            name: "find",
            receiver: None,
            effect: Effect::Read,
            shape: ReturnShape::Found(R::HANDLE),
            endpoints,
            doc,
            run: &Typed(start_find::<R>, PhantomData),
        }
    }

    /// `service::list()`.
    pub const fn list<R: Resource>(endpoints: &'static [&'static Endpoint], doc: Doc) -> Op {
        Op {
            service: R::SERVICE,
            name: "list",
            receiver: None,
            effect: Effect::Read,
            shape: ReturnShape::Handles(R::HANDLE),
            endpoints,
            doc,
            run: &Typed(start_list::<R>, PhantomData),
        }
    }

    /// `service::delete(handle or name)`.
    pub const fn delete<R: Resource>(endpoints: &'static [&'static Endpoint], doc: Doc) -> Op {
        Op {
            service: R::SERVICE,
            name: "delete",
            receiver: None,
            effect: Effect::Delete,
            shape: ReturnShape::Written(R::HANDLE),
            endpoints,
            doc,
            run: &Typed(start_delete::<R>, PhantomData),
        }
    }
}
