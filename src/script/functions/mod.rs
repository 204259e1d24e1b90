//! Functions that send nothing: lists, strings, JSON, project files, time, patterns.
//!
//! Each is one entry with its forms, a sentence, an example and its code. It is registered for any types, so that a wrong
//! call gets a message that names the parameter.
//!
//! **Invariant:** pure, or read once: the same call gives the same in both passes of a run.
//! **Invariant:** what is made of a secret is a secret, or is refused; what a plan made up is never looked into.

mod call;
mod encode;
mod files;
mod json;
mod lists;
mod times;
mod page;
mod patterns;
mod tables;
mod texts;

pub(super) use files::missing_file;

use super::builtins::{BUILTINS, Builtin};
use super::host::{Host, Outcome};
use call::Call;
use rhai::{Dynamic, Engine, FuncRegistration, Module, NativeCallContext, RhaiFunc, Shared};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A function that sends nothing.
pub struct Function {
    /// How it is called.
    ///
    /// The type of a parameter is one of `string`, `secret`, `int`, `array`, `map`, `closure` and `any`, or several of
    /// them with `or` between them. No two forms have the same number of parameters.
    pub builtin: Builtin,
    /// A recipe; a test runs it.
    pub example: &'static str,
    /// What the example gives.
    pub result: &'static str,
    /// What it does, once its arguments have the types of the form.
    run: fn(&Call) -> Outcome<Dynamic>,
}

const TABLES: &[&[Function]] = &[
    lists::FUNCTIONS,
    texts::FUNCTIONS,
    json::FUNCTIONS,
    files::FUNCTIONS,
    times::FUNCTIONS,
    encode::FUNCTIONS,
    patterns::FUNCTIONS,
];

/// Every function that sends nothing.
pub fn all() -> impl Iterator<Item = &'static Function> {
    TABLES.iter().copied().flatten()
}

/// Everything that recipes can call beside the services.
pub fn builtins() -> impl Iterator<Item = &'static Builtin> {
    BUILTINS.iter().chain(all().map(|function| &function.builtin))
}

/// Registers all of them.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    let mut modules = BTreeMap::<&str, Module>::new();
    for function in all() {
        let (namespace, name) =
            function.builtin.name.rsplit_once("::").unwrap_or(("", function.builtin.name));
        let module = modules.entry(namespace).or_default();
        for params in function.builtin.forms {
            let host = host.clone();
            let func = Shared::new(move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
                let Some(context) = context else { return Ok(Dynamic::UNIT) };
                let call = Call::checked(function, params, &host, &context, args)?;
                (function.run)(&call)
            });
            let func = RhaiFunc::Pure { func, has_context: true, is_pure: true, is_volatile: true };
            FuncRegistration::new(name).set_into_module_raw(
                module,
                vec![TypeId::of::<Dynamic>(); params.len()],
                func,
            );
        }
    }
    for (namespace, module) in modules {
        if namespace.is_empty() {
            engine.register_global_module(module.into());
        } else {
            engine.register_static_module(namespace, module.into());
        }
    }
}
