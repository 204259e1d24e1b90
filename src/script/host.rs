//! The state that host functions of one run share.

use super::choice::StepChoice;
use super::declarations::{DeclarationQuery, Declarations};
use super::diagnostics::{CallPart, Diagnostic, Raised, Sources, Thrown, from_eval_error, site_at};
use super::engine::Meter;
use super::engine::limits::OUTPUT_BYTES_MAX;
use super::file_texts::FileTexts;
use super::naming::Naming;
use crate::events::{Event, Site};
use crate::op::{Failure, Pending, Scheduler, Value};
use crate::project::Databases;
use crate::reconcile::Placeholders;
use crate::secret::Redactor;
use crate::services::Services;
use crate::system::Environment;
use parking_lot::{Mutex, RwLock};
use rhai::{AST, EvalAltResult, NativeCallContext, Position};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// A result of a host function.
pub type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// Names that a Worker's config binds, by kind and logical name.
pub type Bound = BTreeMap<(String, String), String>;

/// The environment variables that the project lets recipes read.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Those that may be text.
    pub process_env: BTreeSet<String>,
    /// Those that are secrets.
    pub secret_env: BTreeSet<String>,
}

/// What a recipe may know of its surroundings.
#[derive(Clone, Default)]
pub struct HostFacts {
    /// `config::`: an object.
    pub config: Json,
    /// `env::`: an object.
    pub env: Json,
    /// Variables that the project lets recipes read.
    pub variables: Variables,
    pub environment: Environment,
    /// Files of the project that recipes have read.
    pub texts: FileTexts,
    /// Names that the Worker's config binds, by kind and logical name.
    pub bound: Bound,
    /// The wrangler configs that the project names and that have its environment.
    pub wrangler: Vec<String>,
    /// The environment in wrangler configs; `None` is the top level.
    pub wrangler_env: Option<String>,
    /// What can be provisioned.
    pub services: Services,
    /// The project's D1 databases, and where their migrations are.
    pub databases: Databases,
    /// Whether `config::steps` is every service, since the project file names no steps.
    pub has_default_steps: bool,
    /// The steps that the run takes.
    pub choice: Arc<StepChoice>,
    /// Where the project's files say what a bundled recipe asks for.
    pub written: Declarations,
}

impl HostFacts {
    /// The steps that `config::steps` names, whatever goes together.
    pub fn steps(&self) -> Vec<String> {
        let groups = self.config["steps"].as_array().into_iter().flatten();
        let names =
            groups.flat_map(|group| group.as_array().map_or(std::slice::from_ref(group), Vec::as_slice));
        names.filter_map(Json::as_str).map(str::to_owned).collect()
    }
}

/// The failures of a run that were not caught.
#[derive(Default)]
pub struct UncaughtFailures {
    pub uncaught: Vec<Arc<Pending>>,
    /// It went on after them.
    pub gone_on_after: Vec<Arc<Pending>>,
    /// Errors that it went on after and no op stands for.
    pub continued: Vec<Diagnostic>,
    /// Where a dry run did not go on.
    pub unknown: Vec<Diagnostic>,
}

/// One run, as host functions see it.
pub struct Host {
    scheduler: RwLock<Arc<Scheduler>>,
    /// `config::` and the like.
    pub facts: HostFacts,
    pub naming: Naming,
    /// Watches the script's time.
    pub meter: Arc<Meter>,
    pub redactor: Arc<Redactor>,
    /// The recipe whose `real_name` is asked.
    pub main: OnceLock<AST>,
    /// The name of the recipe's source.
    pub main_name: String,
    /// The texts in which an error without a place is looked for.
    pub sources: OnceLock<Sources>,
    /// The declared properties of handles, by their type.
    pub properties: OnceLock<Arc<BTreeMap<String, BTreeSet<String>>>>,
    raised: Mutex<Vec<Arc<Pending>>>,
    /// Ops whose failure ends the run.
    fatal: Mutex<Vec<u64>>,
    /// Ops whose failure fails the run, which went on.
    gone_on_after: Mutex<Vec<u64>>,
    continued: Mutex<Vec<Diagnostic>>,
    unknown: Mutex<Vec<Diagnostic>>,
    /// Bytes of all outputs so far.
    output_bytes: AtomicUsize,
}

impl Host {
    pub fn new(
        scheduler: Arc<Scheduler>,
        facts: HostFacts,
        naming: Naming,
        meter: Arc<Meter>,
        redactor: Arc<Redactor>,
        main_name: &str,
    ) -> Arc<Self> {
        Arc::new(Host {
            scheduler: RwLock::new(scheduler),
            facts,
            naming,
            meter,
            redactor,
            main: OnceLock::new(),
            main_name: main_name.to_owned(),
            sources: OnceLock::new(),
            properties: OnceLock::new(),
            raised: Mutex::default(),
            fatal: Mutex::default(),
            gone_on_after: Mutex::default(),
            continued: Mutex::default(),
            unknown: Mutex::default(),
            output_bytes: AtomicUsize::new(0),
        })
    }

    /// The declared properties of handles of a type.
    pub fn properties_of(&self, kind: &str) -> impl Iterator<Item = &str> + use<'_> {
        let of = self.properties.get().and_then(|all| all.get(kind));
        of.into_iter().flatten().map(String::as_str)
    }

    /// The ops of the run.
    pub fn scheduler(&self) -> Arc<Scheduler> {
        self.scheduler.read().clone()
    }

    /// Goes on with another run, as a session does when it is unlocked.
    pub fn continue_with(&self, scheduler: Arc<Scheduler>) {
        *self.scheduler.write() = scheduler;
    }

    /// Where a call stands.
    pub fn site(&self, context: &NativeCallContext) -> Site {
        site_at(context.call_source().unwrap_or(&self.main_name), context.call_position())
    }

    /// Where a call that is about something stands; what a bundled recipe takes from the project's files, in the file.
    pub fn site_about(&self, context: &NativeCallContext, wanted: DeclarationQuery) -> Site {
        let called = self.site(context);
        self.facts.written.instead_of(&called, wanted).unwrap_or(called)
    }

    /// Waits for an op; its failure is raised here and counts as seen.
    pub fn wait(&self, pending: &Arc<Pending>, context: &NativeCallContext) -> Outcome<Value> {
        let waiting = self.meter.waiting();
        let result = self.scheduler().wait(pending);
        drop(waiting);
        match result {
            Ok(value) => {
                value.secrets().iter().for_each(|secret| self.redactor.register(secret));
                Ok(value.clone())
            }
            Err(failure) => {
                self.saw(pending);
                Err(raise_failed(pending, failure, context.call_position()))
            }
        }
    }

    /// Notes that the script has seen a failure: unless it ends the run, the script has caught it.
    pub fn saw(&self, pending: &Arc<Pending>) {
        self.scheduler().catch(pending);
        let mut raised = self.raised.lock();
        if !raised.iter().any(|known| Arc::ptr_eq(known, pending)) {
            raised.push(pending.clone());
        }
    }

    /// The error of a closure, together with ops that failed beside it.
    pub fn with_ops(&self, error: EvalAltResult, ops: &[u64]) -> Box<EvalAltResult> {
        Box::new(match error {
            EvalAltResult::ErrorInFunctionCall(name, source, inner, position) => {
                EvalAltResult::ErrorInFunctionCall(name, source, self.with_ops(*inner, ops), position)
            }
            EvalAltResult::ErrorInModule(name, inner, position) => {
                EvalAltResult::ErrorInModule(name, self.with_ops(*inner, ops), position)
            }
            other => {
                let Some(thrown) = Thrown::of(&other) else {
                    self.fatal.lock().extend(ops);
                    return Box::new(other);
                };
                let mut raised = (*thrown).clone();
                raised.ops.extend(ops.iter().filter(|op| !thrown.ops.contains(op)));
                return Thrown::raise(raised, other.position());
            }
        })
    }

    /// A step failed and the recipe goes on: the run still ends as failed.
    pub fn go_on_after(&self, error: &EvalAltResult) {
        let ops = ops_of(error);
        if ops.is_empty() {
            self.continued.lock().push(self.explain(error));
        }
        self.gone_on_after.lock().extend(ops);
    }

    /// A dry run has not come to the end of a closure, whatever else has failed beside it.
    pub fn end_before(&self, error: &EvalAltResult) {
        self.unknown.lock().push(self.explain(error));
    }

    fn explain(&self, error: &EvalAltResult) -> Diagnostic {
        let (sources, known) =
            (self.sources.get().cloned().unwrap_or_default(), super::known::KnownFunctions::default());
        from_eval_error(error, &self.main_name, &sources, &known)
    }

    /// Tells which failures the script has caught: all it has seen but those that ended the run or failed a step that
    /// the run went on after.
    pub fn settle(&self, error: Option<&EvalAltResult>) -> UncaughtFailures {
        let mut fatal = std::mem::take(&mut *self.fatal.lock());
        fatal.extend(error.map(ops_of).unwrap_or_default());
        let gone_on = std::mem::take(&mut *self.gone_on_after.lock());
        let events = self.scheduler().context().events.clone();
        let mut settled = UncaughtFailures {
            continued: std::mem::take(&mut *self.continued.lock()),
            unknown: std::mem::take(&mut *self.unknown.lock()),
            ..UncaughtFailures::default()
        };
        for pending in std::mem::take(&mut *self.raised.lock()) {
            if fatal.contains(&pending.id) || is_not_known(&pending) {
                settled.uncaught.push(pending);
            } else if gone_on.contains(&pending.id) {
                settled.gone_on_after.push(pending);
            } else {
                events.emit(Event::OpCaught { id: pending.id });
            }
        }
        settled
    }

    /// Whether so many bytes of outputs more are not too many.
    pub fn takes_output(&self, bytes: usize) -> bool {
        self.output_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= OUTPUT_BYTES_MAX
    }

    /// `text` with what a plan can't know replaced, and without marks.
    pub fn shown(&self, text: &str) -> String {
        let placeholders = self.scheduler().context().extension::<Placeholders>();
        placeholders.hide(&super::handle::unmarked(text))
    }
}

/// Nothing catches what is not known.
pub fn is_not_known(pending: &Pending) -> bool {
    pending.peek().is_some_and(|result| result.as_ref().is_err_and(Failure::is_not_known))
}

/// The ops whose failure an error is.
fn ops_of(error: &EvalAltResult) -> Vec<u64> {
    Thrown::of(error).map(|raised| raised.ops.clone()).unwrap_or_default()
}

/// An op's failure as a script error at the place where the op was started.
pub fn raise_failed(pending: &Pending, failure: &Failure, position: Position) -> Box<EvalAltResult> {
    Thrown::raise(Raised::of_op(pending, failure), position)
}

/// A failure of a call, at the line of a file that gives the call what is wrong.
pub fn raise_at(failure: Failure, written: Site, position: Position) -> Box<EvalAltResult> {
    Thrown::raise(Raised::of_call(failure, 0, written).about(CallPart::Call), position)
}

/// A failure of a call, at the call itself.
pub fn raise_here(failure: Failure, shift: usize, site: &Site, position: Position) -> Box<EvalAltResult> {
    Thrown::raise(Raised::of_call(failure, shift, site.clone()), position)
}
