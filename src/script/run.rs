//! Runs a recipe: check, prefetch, script thread, and the final join.

use super::builtins;
use super::catalog;
use super::check::{RecipeCheck, TakenSteps, check};
use super::diagnostics::{Diagnostic, Raised, Severity, Sources, Thrown, from_eval_error};
use super::engine::{self, EngineHooks, Meter, ScriptOutput, Slept};
use super::functions;
use super::host::{Host, HostFacts, UncaughtFailures};
use super::known::KnownFunctions;
use super::naming::Naming;
use super::register;
use super::resolver::Resolver;
use super::secrets;
use super::show::ends_in_value;
use super::steps;
use super::worker;
use crate::events::Event;
use crate::op::{Context, Failure, Mode, RefusalBasis, Scheduler};
use crate::secret::Redactor;
use crate::services::Services;
use crate::system::{Stopwatch, Unsaved, cpu, memory};
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
    pub text: String,
}

/// What a script room is made of.
pub struct RuntimeSettings {
    pub context: Arc<Context>,
    pub runtime: Runtime,
    /// What recipes may know.
    pub facts: HostFacts,
    pub naming: Naming,
    pub redactor: Arc<Redactor>,
    /// The project's folder; without it only the library can be imported.
    pub folder: Option<PathBuf>,
    /// The texts that diagnostics quote; they outlive the room.
    pub sources: Sources,
    /// What can be provisioned.
    pub services: Services,
    /// Texts that are open in an editor.
    pub unsaved: Unsaved,
}

/// An engine with everything a recipe can reach.
pub struct ScriptRuntime {
    pub engine: Engine,
    /// What its host functions share.
    pub host: Arc<Host>,
    /// What can be called.
    pub known: KnownFunctions,
    pub resolver: Resolver,
    /// The texts that diagnostics quote.
    pub sources: Sources,
    /// What can be provisioned.
    pub services: Services,
    runtime: Runtime,
}

/// How a recipe ended.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // Each is an answer of its own.
pub struct ScriptResult {
    /// Its value, if it came to its end.
    pub value: Option<Dynamic>,
    /// Whether it is meant to have one: it ends in an expression, and no semicolon keeps it back.
    pub ends_in_value: bool,
    /// Why not, and every op that failed; the first is the cause. Last, where a dry run came to something that only
    /// applying would tell, a note of that.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// A dry run came to something that only applying would tell.
    pub incomplete: bool,
    /// Whether something failed that the recipe neither caught nor went on after.
    pub failed: bool,
    /// Whether that is wrong for any account.
    pub is_wrong_anywhere: bool,
    /// Whether the recipe was refused before it began.
    pub refused: bool,
}

impl ScriptResult {
    /// What is not known is a failure.
    pub fn fail(&mut self) {
        self.failed = true;
        self.incomplete = false;
        for note in &mut self.diagnostics {
            note.severity = Severity::Error;
        }
    }

    /// Whether anything has failed.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

impl ScriptRuntime {
    /// Builds it; nothing is sent.
    pub fn new(setting: RuntimeSettings, main_name: &str) -> ScriptRuntime {
        let RuntimeSettings { context, runtime, facts, naming, redactor, folder, sources, services, unsaved } =
            setting;
        // What the thread computes: a busy machine is not held against the script, nor is a clock that jumps. Where the
        // system does not say it, real time.
        let watch = Stopwatch::start();
        let computed = move || cpu::thread_time().unwrap_or_else(|| watch.elapsed());
        let meter = Arc::new(Meter::new(computed, memory::resident_bytes));
        let scheduler = Scheduler::new(context.clone(), runtime.clone());
        let host = Host::new(scheduler, facts, naming, meter.clone(), redactor, main_name);
        let _ = host.sources.set(sources.clone());
        let resolver = Resolver::over(folder.as_deref(), sources.clone(), unsaved);
        let hooks = hooks(&host, &runtime, meter);
        let mut engine = engine::engine_with(&hooks, resolver.clone());
        register::register(&mut engine, &host, services.ops());
        secrets::register(&mut engine, &host);
        builtins::register(&mut engine, &host);
        functions::register(&mut engine, &host);
        worker::register(&mut engine, &host);
        steps::register(&mut engine, &host);
        let known = catalog::known(&engine, services, &host.facts);
        let _ = host.properties.set(known.properties.clone());
        ScriptRuntime { engine, host, known, resolver, sources, services, runtime }
    }

    /// The names that a service has in the account; none where it can't be asked.
    pub fn names(&self, service: &str) -> Vec<String> {
        let listed = self.engine.eval::<rhai::Array>(&format!("{service}::list().map(|one| one.name)"));
        listed.unwrap_or_default().into_iter().filter_map(|name| name.into_string().ok()).collect()
    }

    /// Reads ahead what a recipe will need; nothing where it is refused before its first request.
    pub fn read_ahead(&self, recipe: &Recipe) {
        let checked = check(&self.engine, &recipe.name, &recipe.text, &self.resolver, &self.known);
        if checked.is_runnable() {
            self.prefetch(&checked);
        }
    }

    fn prefetch(&self, checked: &RecipeCheck) {
        let facts = &self.host.facts;
        let order = facts.steps();
        let taken = TakenSteps { choice: &facts.choice, order: &order };
        let reached = checked.reached(&self.services.names(), taken);
        self.services.prefetch(&reached, self.host.scheduler().context(), &self.runtime);
    }

    /// Checks, runs and joins a recipe, on the calling thread.
    pub fn run(&self, recipe: &Recipe) -> ScriptResult {
        let checked = check(&self.engine, &recipe.name, &recipe.text, &self.resolver, &self.known);
        if !checked.is_runnable() {
            return ScriptResult {
                diagnostics: checked.diagnostics,
                refused: true,
                ..ScriptResult::default()
            };
        }
        let context = self.host.scheduler().context().clone();
        // What a function would refuse, it refuses where the run comes to it.
        for warning in checked.diagnostics.iter().filter(|found| found.cause.is_none()) {
            let (message, at) = (warning.title.clone(), Some(warning.at.clone()));
            context.events.emit(Event::Warning { message, at });
        }
        self.prefetch(&checked);
        let compiled = engine::compile(&self.engine, &recipe.name, &recipe.text, &self.sources, &self.known);
        match compiled {
            Ok(ast) => {
                let mut ran = self.eval(&ast, &mut Scope::new());
                ran.ends_in_value = ends_in_value(&recipe.text, &ast);
                ran.diagnostics.iter_mut().for_each(|found| checked.origins.explain(found));
                ran
            }
            Err(diagnostic) => {
                ScriptResult { diagnostics: vec![*diagnostic], refused: true, ..ScriptResult::default() }
            }
        }
    }

    /// Runs a compiled recipe and joins what it started.
    pub fn eval(&self, ast: &AST, scope: &mut Scope) -> ScriptResult {
        self.joined(ast, |engine| engine.eval_ast_with_scope::<Dynamic>(scope, ast))
    }

    /// Runs a function of a compiled file, which takes no arguments, and joins what it started.
    pub fn call(&self, ast: &AST, function: &str) -> ScriptResult {
        self.joined(ast, |engine| engine.call_fn::<Dynamic>(&mut Scope::new(), ast, function, ()))
    }

    fn joined(
        &self,
        ast: &AST,
        run: impl FnOnce(&Engine) -> Result<Dynamic, Box<EvalAltResult>>,
    ) -> ScriptResult {
        // `real_name` is asked for from imported files, too, so the recipe's functions are kept apart.
        let _ = self.host.main.set(ast.clone_functions_only());
        self.host.meter.begin();
        let mut result = run(&self.engine);
        if let (Ok(_), Some(stop)) = (&result, self.host.meter.stopped()) {
            result = Err(Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(stop), Position::NONE)));
        }
        self.end(result)
    }

    /// The last join, and what came of it all.
    fn end(&self, result: Result<Dynamic, Box<EvalAltResult>>) -> ScriptResult {
        let scheduler = self.host.scheduler();
        while let Some(frame) = scheduler.close_step() {
            scheduler.join(frame, true);
        }
        let joined = scheduler.join(scheduler.take_root(), result.is_err());
        let error = result.as_ref().err().map(AsRef::as_ref);
        let UncaughtFailures { uncaught, gone_on_after, continued, mut unknown } = self.host.settle(error);
        let stop = scheduler.context().client.stop();
        let mut ran = ScriptResult { interrupted: stop.soft.is_cancelled(), ..ScriptResult::default() };
        let mut unseen = Vec::new();
        if let Some(error) = error {
            let found = from_eval_error(error, &self.host.main_name, &self.sources, &self.known);
            let thrown = Thrown::of(error);
            if thrown.as_ref().is_some_and(|thrown| thrown.failure.is_not_known()) {
                unknown.push(found);
            } else {
                ran.failed = true;
                ran.is_wrong_anywhere =
                    thrown.is_some_and(|thrown| thrown.failure.basis() == RefusalBasis::Config);
                ran.diagnostics.push(found);
            }
        }
        ran.diagnostics.extend(continued);
        let failed = uncaught.iter().map(|pending| (pending, true));
        let failed = failed.chain(gone_on_after.iter().map(|pending| (pending, false)));
        let failed =
            failed.filter_map(|(pending, ends)| Some((pending, pending.peek()?.as_ref().err()?, ends)));
        let late = joined.failures.iter().map(|(pending, failure)| (pending, failure, true));
        for (pending, failure, ends) in failed.chain(late) {
            let found = Raised::of_op(pending, failure).diagnostic(pending.at.clone());
            if failure.is_not_known() {
                let is_unseen = matches!(failure, Failure::Unseen { .. });
                let notes = if is_unseen { &mut unseen } else { &mut unknown };
                notes.push(found);
                continue;
            }
            // Of all that an interruption left undone, one stands for the rest.
            if matches!(failure, Failure::Interrupted) && !ran.diagnostics.is_empty() {
                continue;
            }
            ran.failed |= ends;
            if !ran.diagnostics.iter().any(|known| known.at == found.at && known.title == found.title) {
                ran.diagnostics.push(found);
            }
        }
        // What depended on a failure is skipped quietly, even if the script waited for it.
        let is_skipped =
            |error| Thrown::of(error).is_some_and(|thrown| matches!(thrown.failure, Failure::Skipped { .. }));
        if ran.diagnostics.len() > 1 && error.is_some_and(is_skipped) {
            ran.diagnostics.remove(0);
        }
        // The first says where the dry run ends; what the token may not see is named one by one.
        let first = unknown.into_iter().next().filter(|first| !unseen.iter().any(|one| one.at == first.at));
        let notes: Vec<Diagnostic> = unseen.into_iter().chain(first).collect();
        if ran.diagnostics.is_empty() && notes.is_empty() {
            ran.value = result.ok();
        }
        ran.incomplete = !notes.is_empty();
        // A recipe that can't even be asked for its names has failed.
        let is_plan = scheduler.context().mode == Mode::Plan;
        ran.diagnostics.extend(notes.into_iter().map(|note| if is_plan { note.as_note() } else { note }));
        ran
    }
}

fn hooks(host: &Arc<Host>, runtime: &Runtime, meter: Arc<Meter>) -> EngineHooks {
    let of = host.clone();
    let say = move |said: ScriptOutput| {
        let message = match said {
            ScriptOutput::Print(text) => text,
            ScriptOutput::Debug(text, place) => format!("{}:{}: {text}", place.file, place.line),
        };
        of.scheduler().context().events.emit(Event::Log { message: of.shown(&message) });
    };
    let (of, runtime) = (host.clone(), runtime.clone());
    let sleep = move |duration: Duration| {
        let scheduler = of.scheduler();
        let context = scheduler.context();
        if context.mode == Mode::Plan && scheduler.would_do_anything() {
            return Slept::InVain;
        }
        // Nothing is there that time could change.
        if context.run.is_on_any_account {
            return Slept::Fully;
        }
        let stop = context.client.stop().soft.clone();
        runtime.block_on(async {
            tokio::select! {
                () = context.client.sleep(duration) => Slept::Fully,
                () = stop.cancelled() => Slept::Interrupted,
            }
        })
    };
    EngineHooks { say: Arc::new(say), sleep: Arc::new(sleep), meter }
}
