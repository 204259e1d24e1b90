//! The functions of an imported file as callers see them.
//!
//! Rhai 1.27 runs such a function among the functions of its caller. Where both files have one of a name, its cache of
//! functions found gives each of them that of the other, and a function that is passed from one to the other is looked up in
//! the wrong file (RHAI-10). So a call from outside goes through a native function here, which runs it with what its
//! own file has and with a cache of its own.
//!
//! **Invariant:** no function is passed from one file to another or comes back as a result.

use crate::op::Failure;
use crate::script::diagnostics::{CallPart, Raised, Thrown, site_at};
use rhai::{
    AST, Caches, Dynamic, Engine, EvalAltResult, EvalContext, FnAccess, FnPtr, FuncRegistration,
    GlobalRuntimeState, Module, NativeCallContext, RhaiFunc, Scope, Shared,
};
use std::any::TypeId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a function does in another file, as a note.
pub(in crate::script) const ELSEWHERE: &str =
    "it would call the functions of that file in place of those of this one";
/// What to do instead.
pub(in crate::script) const STAY_HERE: &str =
    "call the functions that take closures (`step`, `steps`, `each`, `map`, `fold`) from here";

/// Calls between a native function and the script function that it calls, which do not count as the recipe's.
const LEVELS: usize = 2;

type Outcome = Result<Dynamic, Box<EvalAltResult>>;

/// Whether a value is a function, or a list or map that has one inside.
pub(in crate::script) fn holds_function(value: &Dynamic) -> bool {
    value.is::<FnPtr>()
        || value.as_map_ref().is_ok_and(|map| map.values().any(holds_function))
        || value.as_array_ref().is_ok_and(|list| list.iter().any(holds_function))
}

/// Runs the top level of a file called `name`; gives its functions for others.
pub(super) fn run(engine: &Engine, name: &str, ast: &AST) -> Result<Module, Box<EvalAltResult>> {
    let home = Arc::new(top_level(engine, name, ast)?);
    let mut module = Module::new();
    module.set_id(name);
    let mut methods = BTreeSet::new();
    for function in ast.iter_fn_def().filter(|function| function.access == FnAccess::Public) {
        let count = function.params.len();
        if function.this_type.is_some() {
            methods.insert((function.name.to_string(), count));
        } else if !function.name.starts_with("anon$") {
            export(&mut module, &home, &function.name, count, Style::Function);
        }
    }
    for (name, count) in methods {
        export(&mut module, &home, &name, count, Style::Method);
    }
    module.build_index();
    Ok(module)
}

/// What the file's functions run in: each other, its constants and its imports.
fn top_level(engine: &Engine, name: &str, ast: &AST) -> Result<GlobalRuntimeState, Box<EvalAltResult>> {
    let mut global = engine.new_global_runtime_state();
    global.source = Some(name.into());
    global.lib.push(ast.shared_lib().clone());
    // Rhai's way to make a module of a tree keeps what it leaves to itself.
    #[allow(deprecated)]
    let _ =
        engine.eval_statements_raw(&mut global, &mut Caches::new(), &mut Scope::new(), ast.statements())?;
    Ok(global)
}

/// How a function is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `alias::function(..)`.
    Function,
    /// `value.function(..)`, for a type that the function names.
    Method,
}

fn export(module: &mut Module, home: &Arc<GlobalRuntimeState>, name: &str, count: usize, style: Style) {
    let (home, function) = (home.clone(), name.to_owned());
    let call = move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| match context {
        Some(context) => call(&home, &function, style, &context, args),
        None => Ok(Dynamic::UNIT),
    };
    let (has_context, is_pure, is_volatile) = (true, true, true);
    let (registration, count, func) = match style {
        Style::Function => (
            FuncRegistration::new(name).in_internal_namespace(),
            count,
            RhaiFunc::Pure { func: Shared::new(call), has_context, is_pure, is_volatile },
        ),
        Style::Method => (
            FuncRegistration::new(name).in_global_namespace(),
            count + 1,
            RhaiFunc::Method { func: Shared::new(call), has_context, is_pure, is_volatile },
        ),
    };
    registration.set_into_module_raw(module, vec![TypeId::of::<Dynamic>(); count], func);
}

fn call(
    home: &GlobalRuntimeState,
    name: &str,
    style: Style,
    context: &NativeCallContext,
    args: &mut [&mut Dynamic],
) -> Outcome {
    let refuse = |message: String, target: CallPart| {
        let position = context.call_position();
        let at = site_at(context.call_source().unwrap_or_default(), position);
        let failure = Failure::refused_with_hint("argument", message, STAY_HERE);
        Thrown::raise(Raised::of_call(failure, 0, at).about(target).note(ELSEWHERE), position)
    };
    let file = home.source().unwrap_or_default();
    if let Some(index) = args.iter().position(|value| holds_function(value)) {
        let message = format!("a function cannot be passed to `{name}` of `{file}`");
        return Err(refuse(message, CallPart::Arg(index)));
    }
    let here = context.global_runtime_state();
    let mut global = home.clone();
    global.level = here.level.saturating_sub(LEVELS);
    global.num_modules_loaded = here.num_modules_loaded;
    // As with a closure that a native function calls, Rhai counts what is done in there for itself; time and memory are
    // watched all the same.
    global.num_operations = here.num_operations();
    let (mut caches, mut scope) = (Caches::new(), Scope::new());
    let is_method = style == Style::Method;
    let result = EvalContext::new(context.engine(), &mut global, &mut caches, &mut scope, None)
        .call_fn_raw(name, is_method, is_method, args);
    match result {
        Ok(value) if holds_function(&value) => {
            let message = format!("`{name}` of `{file}` cannot give a function to another file");
            Err(refuse(message, CallPart::default()))
        }
        Ok(value) => Ok(value),
        Err(mut error) => {
            if error.position().is_none() {
                error.set_position(context.call_position());
            }
            Err(error)
        }
    }
}
