//! Runs a recipe: the check, the prefetch, the script on its thread, the last join.

use super::builtins;
use super::catalog;
use super::check::check;
use super::diagnostics::{Diagnostic, Failure as Fault, Sources, Thrown, from_eval_error};
use super::engine::{self, Meter, Said, Slept, Surroundings};
use super::host::{Facts, Host, fault_of, place_of};
use super::known::Known;
use super::naming::Naming;
use super::register;
use super::resolver::Resolver;
use super::secrets;
use super::steps;
use super::worker;
use crate::events::Event;
use crate::op::{Context, Failure, Op, Pending, Scheduler};
use crate::secret::Redactor;
use crate::system::{Stopwatch, memory};
use rhai::{AST, Dynamic, Engine, EvalAltResult, Position, Scope};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle as Runtime;

/// A recipe's text and the name of its source.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// `recipes/provision.rhai`, `<eval>`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// What a script room is made of.
pub struct Setting {
    /// The run.
    pub context: Arc<Context>,
    /// Where ops run.
    pub runtime: Runtime,
    /// What recipes may know.
    pub facts: Facts,
    /// The naming policy.
    pub naming: Naming,
    /// Knows every secret.
    pub redactor: Arc<Redactor>,
    /// The project's folder; without it only the library can be imported.
    pub folder: Option<PathBuf>,
    /// The texts that diagnostics quote; they outlive the room.
    pub sources: Sources,
    /// Every op there is.
    pub ops: fn() -> Box<dyn Iterator<Item = &'static Op>>,
}

/// An engine with everything a recipe can reach.
pub struct Room {
    /// The engine.
    pub engine: Engine,
    /// What its host functions share.
    pub host: Arc<Host>,
    /// What can be called.
    pub known: Known,
    /// Finds imports.
    pub resolver: Resolver,
    /// The texts that diagnostics quote.
    pub sources: Sources,
    runtime: Runtime,
}

/// How a recipe ended.
#[derive(Debug, Default)]
pub struct Ran {
    /// Its value, if it came to its end.
    pub value: Option<Dynamic>,
    /// Why not, and every op that failed; the first is the cause.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it was told to stop.
    pub interrupted: bool,
    /// A plan came to something that only applying would tell.
    pub incomplete: bool,
    /// Whether the recipe was refused before it began.
    pub refused: bool,
}

impl Room {
    /// Builds it; nothing is sent.
    pub fn new(setting: Setting, main_name: &str) -> Room {
        let Setting { context, runtime, facts, naming, redactor, folder, sources, ops } = setting;
        // Real time: a clock that jumps while the script goes on would be held against the script.
        let watch = Stopwatch::start();
        let meter = Arc::new(Meter::new(move || watch.elapsed(), memory::resident_bytes));
        let scheduler = Scheduler::new(context.clone(), runtime.clone());
        let host = Host::new(scheduler, facts, naming, meter.clone(), redactor, main_name);
        let resolver = Resolver::new(folder.as_deref(), sources.clone());
        let surroundings = surroundings(&host, &runtime, meter);
        let mut engine = engine::engine_with(&surroundings, resolver.clone());
        register::register(&mut engine, &host, ops());
        secrets::register(&mut engine, &host);
        builtins::register(&mut engine, &host);
        worker::register(&mut engine, &host);
        steps::register(&mut engine, &host);
        let known = catalog::known(&engine, ops(), &host.facts);
        Room { engine, host, known, resolver, sources, runtime }
    }

    /// The names that a service has in the account; none where it can't be asked.
    pub fn names(&self, service: &str) -> Vec<String> {
        let listed = self.engine.eval::<rhai::Array>(&format!("{service}::list().map(|one| one.name)"));
        listed.unwrap_or_default().into_iter().filter_map(|name| name.into_string().ok()).collect()
    }

    /// Checks, runs and joins a recipe, on the calling thread.
    pub fn run(&self, recipe: &Recipe, services: &[&'static crate::services::Service]) -> Ran {
        let names: Vec<&str> = services.iter().map(|service| service.name).collect();
        let checked = check(&self.engine, &recipe.name, &recipe.text, &self.resolver, &self.known);
        if !checked.is_runnable() {
            return Ran { diagnostics: checked.diagnostics, refused: true, ..Ran::default() };
        }
        let context = self.host.scheduler().context().clone();
        for warning in &checked.diagnostics {
            let at = crate::events::Site {
                file: warning.at.file.clone(),
                line: warning.at.line,
                column: warning.at.column,
            };
            context.events.emit(Event::Warning { message: warning.title.clone(), at: Some(at) });
        }
        let used = checked.services_used(&names);
        for service in services.iter().filter(|service| used.contains(service.name)) {
            (service.prefetch)(&context, &self.runtime);
        }
        let compiled = engine::compile(&self.engine, &recipe.name, &recipe.text, &self.sources, &self.known);
        match compiled {
            Ok(ast) => self.eval(&ast, &mut Scope::new()),
            Err(diagnostic) => Ran { diagnostics: vec![*diagnostic], refused: true, ..Ran::default() },
        }
    }

    /// Runs a compiled recipe and joins what it started.
    pub fn eval(&self, ast: &AST, scope: &mut Scope) -> Ran {
        // `real_name` is asked for from imported files, too, so the recipe's functions are kept apart.
        let _ = self.host.main.set(ast.clone_functions_only());
        self.host.meter.begin();
        let mut result = self.engine.eval_ast_with_scope::<Dynamic>(scope, ast);
        if let (Ok(_), Some(stop)) = (&result, self.host.meter.stopped()) {
            result = Err(Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(stop), Position::NONE)));
        }
        self.end(result)
    }

    /// The last join, and what came of it all.
    fn end(&self, result: Result<Dynamic, Box<EvalAltResult>>) -> Ran {
        let scheduler = self.host.scheduler();
        while let Some(frame) = scheduler.close_step() {
            scheduler.join(frame, true);
        }
        let joined = scheduler.join(scheduler.take_root(), result.is_err());
        let error = result.as_ref().err().map(AsRef::as_ref);
        let (uncaught, continued) = self.host.settle(error);
        let stop = scheduler.context().client.stop();
        let mut ran = Ran { interrupted: stop.soft.is_cancelled(), ..Ran::default() };
        if let Some(error) = error {
            let found = from_eval_error(error, &self.host.main_name, &self.sources, &self.known);
            ran.incomplete = thrown_kind(error).as_deref() == Some("not_known");
            ran.diagnostics.push(found);
        }
        ran.diagnostics.extend(continued);
        let failed = uncaught.iter().filter_map(|pending| Some((pending, pending.peek()?.as_ref().err()?)));
        let late = joined.failures.iter().map(|(pending, failure)| (pending, failure));
        for (pending, failure) in failed.chain(late) {
            let found = diagnostic(pending, failure);
            // Of all that an interruption left undone, one stands for the rest.
            if matches!(failure, Failure::Interrupted) && !ran.diagnostics.is_empty() {
                continue;
            }
            if !ran.diagnostics.iter().any(|known| known.at == found.at && known.title == found.title) {
                ran.diagnostics.push(found);
            }
            ran.incomplete |= matches!(failure, Failure::NotKnown { .. });
        }
        // What depended on a failure is skipped quietly, even if the script waited for it.
        if ran.diagnostics.len() > 1 && error.and_then(thrown_kind).as_deref() == Some("skipped") {
            ran.diagnostics.remove(0);
        }
        if ran.diagnostics.is_empty() {
            ran.value = result.ok();
        }
        ran
    }
}

/// The failure of an op that nobody waited for, at the line that started it.
fn diagnostic(pending: &Pending, failure: &Failure) -> Diagnostic {
    let fault = Fault {
        service: Some(pending.key.service.to_owned()),
        resource: Some(pending.key.name.clone()),
        place: place_of(&pending.at),
        ..fault_of(failure, 0)
    };
    Thrown(Arc::new(fault)).diagnostic(place_of(&pending.at))
}

fn thrown_kind(error: &EvalAltResult) -> Option<String> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(value, _) => {
            value.read_lock::<Thrown>().map(|thrown| thrown.0.kind.clone())
        }
        _ => None,
    }
}

fn surroundings(host: &Arc<Host>, runtime: &Runtime, meter: Arc<Meter>) -> Surroundings {
    let of = host.clone();
    let say = move |said: Said| {
        let message = match said {
            Said::Print(text) => text,
            Said::Debug(text, place) => format!("{}:{}: {text}", place.file, place.line),
        };
        of.scheduler().context().events.emit(Event::Log { message: of.shown(&message) });
    };
    let (of, runtime) = (host.clone(), runtime.clone());
    let sleep = move |duration: Duration| {
        let context = of.scheduler().context().clone();
        let stop = context.client.stop().soft.clone();
        runtime.block_on(async {
            tokio::select! {
                () = context.client.clock().sleep(duration) => Slept::Fully,
                () = stop.cancelled() => Slept::Interrupted,
            }
        })
    };
    Surroundings { say: Arc::new(say), sleep: Arc::new(sleep), meter }
}
