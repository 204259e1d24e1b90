//! Sets up the Rhai engine: the allowed language, its limits, and its hooks.
//!
//! **Invariant:** built from `new_raw`: a default engine reads any file and prints to stdout (RHAI-8).
//! **Invariant:** every cap ends a script with a located error that the script cannot catch, or, where it is
//! one value that is too large, can.

pub mod limits;
mod meter;
mod overrides;
mod stack;
mod words;

pub use meter::{Meter, StopReason, Waiting};
pub use stack::{Panicked, STACK_BYTES, run_on_big_stack};
pub use words::DISABLED_WORDS;

use super::diagnostics::{Diagnostic, Sources, Thrown, from_parse_error, site_at};
use super::known::KnownFunctions;
use crate::events::Site;
use rhai::module_resolvers::DummyModuleResolver;
use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Engine, ModuleResolver, OptimizationLevel, ParseError, Scope};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The output of a recipe by `print` and `debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptOutput {
    /// `print(text)`.
    Print(String),
    /// `debug(value)`, with where it stands.
    Debug(String, Site),
}

/// Whether a `sleep` came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slept {
    /// The time is over.
    Fully,
    /// The run was cancelled meanwhile.
    Interrupted,
    /// It waits for what only applying does.
    InVain,
}

/// What the engine reaches the outside through.
#[derive(Clone)]
pub struct EngineHooks {
    /// Receives the output of `print` and `debug`, and masks secrets in it.
    pub say: Arc<dyn Fn(ScriptOutput) + Send + Sync>,
    /// Blocks the script thread; returns early when the run is cancelled.
    pub sleep: Arc<dyn Fn(Duration) -> Slept + Send + Sync>,
    /// Limits time and memory, and handles cancellation.
    pub meter: Arc<Meter>,
}

/// What the language has beside its syntax: the same for every engine of the process.
static LANGUAGE: LazyLock<StandardPackage> = LazyLock::new(StandardPackage::new);

/// An engine with all caps set, the language's own functions, and no module resolver.
pub fn engine(hooks: &EngineHooks) -> Engine {
    let mut engine = bare();
    LANGUAGE.register_into_engine(&mut engine);
    overrides::register(&mut engine, hooks);
    Thrown::register(&mut engine);
    caught(&mut engine);
    let meter = hooks.meter.clone();
    engine.on_progress(move |_| meter.exceeded().map(rhai::Dynamic::from));
    engine
}

/// A variable that holds a caught error of the engine reads as a failure of a host function does: the engine makes a map of
/// its own of it, and does not ask.
#[expect(
    deprecated,
    reason = "marked so to say that it may change: an update of the engine runs the tests of it"
)]
fn caught(engine: &mut Engine) {
    engine.on_var(|name, _, context| {
        let value = context.scope().get(name).filter(|value| value.is_map());
        Ok(value.and_then(super::diagnostics::caught))
    });
}

/// The same with a resolver for `import`.
pub fn engine_with(hooks: &EngineHooks, resolver: impl ModuleResolver + 'static) -> Engine {
    let mut engine = engine(hooks);
    engine.set_module_resolver(resolver);
    engine
}

/// An engine with the language's own functions and nothing else: what it has is written down for people.
pub(super) fn language() -> Engine {
    let mut engine = bare();
    LANGUAGE.register_into_engine(&mut engine);
    Thrown::register(&mut engine);
    engine
}

/// An engine that only parses, and goes on after a variable or module it does not know: `check` walks what it
/// makes.
pub(super) fn lenient() -> Engine {
    let mut engine = bare();
    engine.set_strict_variables(false);
    engine
}

/// The language's settings, without any function.
fn bare() -> Engine {
    let mut engine = Engine::new_raw();
    limits::set(&mut engine);
    engine
        // `check` has to see branches that the optimizer would delete (RHAI-3).
        .set_optimization_level(OptimizationLevel::None)
        .set_strict_variables(true)
        // Built-in operators come after registered ones: one of these joins text and `()`.
        .set_fast_operators(false)
        .set_fail_on_invalid_map_property(true)
        .set_module_resolver(DummyModuleResolver::new());
    for word in DISABLED_WORDS {
        engine.disable_symbol(*word);
    }
    engine
}

/// Compiles a recipe and remembers its text under `name`.
pub fn compile(
    engine: &Engine,
    name: &str,
    text: &str,
    sources: &Sources,
    known: &KnownFunctions,
) -> Result<AST, Box<Diagnostic>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    sources.add(name, text);
    parse(engine, name, text, &Scope::new()).map_err(|error| {
        Box::new(from_parse_error(error.err_type(), site_at(name, error.position()), sources, known))
    })
}

/// Compiles a text whose diagnostics somebody else makes.
pub(super) fn parse(engine: &Engine, name: &str, text: &str, scope: &Scope) -> Result<AST, ParseError> {
    let mut ast = engine.compile_with_scope(scope, text)?;
    ast.set_source(name);
    Ok(ast)
}

#[cfg(test)]
mod tests;
