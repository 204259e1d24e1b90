//! What host functions of one run share.

use super::choice::Choice;
use super::diagnostics::{Diagnostic, Failure as Fault, Sources, Target, Thrown, from_eval_error, site_at};
use super::engine::Meter;
use super::engine::limits::OUTPUT_BYTES_MAX;
use super::naming::Naming;
use crate::events::{Event, Site};
use crate::op::{Failure, Mismatch, OptionError, Pending, Scheduler, Value};
use crate::project::Databases;
use crate::reconcile::Placeholders;
use crate::secret::Redactor;
use crate::services::Services;
use crate::system::Environment;
use rhai::{AST, EvalAltResult, NativeCallContext, Position};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

/// A result of a host function.
pub type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// Names that a Worker's config binds, by kind and logical name.
pub type Bound = BTreeMap<(String, String), String>;

/// What a recipe may know of its surroundings.
#[derive(Clone, Default)]
pub struct Facts {
    /// `config::`: an object.
    pub config: Json,
    /// `env::`: an object.
    pub env: Json,
    /// Variables that the project lets recipes read.
    pub readable: BTreeSet<String>,
    /// The process environment.
    pub environment: Environment,
    /// Names that the Worker's config binds, by kind and logical name.
    pub bound: Bound,
    /// The wrangler config that the project names, and its environment.
    pub wrangler: Option<(String, Option<String>)>,
    /// What can be provisioned.
    pub services: Services,
    /// The project's D1 databases, and where their migrations are.
    pub databases: Databases,
    /// The steps that the run takes.
    pub choice: Arc<Choice>,
}

/// The failures of a run that were not caught.
#[derive(Default)]
pub struct Settled {
    /// They ended it.
    pub uncaught: Vec<Arc<Pending>>,
    /// It went on after them.
    pub gone_on_after: Vec<Arc<Pending>>,
    /// Errors that it went on after and no op stands for.
    pub continued: Vec<Diagnostic>,
}

/// One run, as host functions see it.
pub struct Host {
    scheduler: RwLock<Arc<Scheduler>>,
    /// `config::` and the like.
    pub facts: Facts,
    /// The naming policy.
    pub naming: Naming,
    /// Watches the script's time.
    pub meter: Arc<Meter>,
    /// Knows every secret.
    pub redactor: Arc<Redactor>,
    /// The recipe whose `real_name` is asked.
    pub main: OnceLock<AST>,
    /// The name of the recipe's source.
    pub main_name: String,
    raised: Mutex<Vec<Arc<Pending>>>,
    /// Ops whose failure ends the run.
    fatal: Mutex<Vec<u64>>,
    /// Ops whose failure fails the run, which went on.
    gone_on_after: Mutex<Vec<u64>>,
    continued: Mutex<Vec<Diagnostic>>,
    /// Bytes of all outputs so far.
    output_bytes: AtomicUsize,
}

impl Host {
    /// For one run.
    pub fn new(
        scheduler: Arc<Scheduler>,
        facts: Facts,
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
            raised: Mutex::default(),
            fatal: Mutex::default(),
            gone_on_after: Mutex::default(),
            continued: Mutex::default(),
            output_bytes: AtomicUsize::new(0),
        })
    }

    /// The ops of the run.
    pub fn scheduler(&self) -> Arc<Scheduler> {
        self.scheduler.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on with another run, as a session does when it is unlocked.
    pub fn continue_with(&self, scheduler: Arc<Scheduler>) {
        *self.scheduler.write().unwrap_or_else(PoisonError::into_inner) = scheduler;
    }

    /// Where a call stands.
    pub fn site(&self, context: &NativeCallContext) -> Site {
        site_at(context.call_source().unwrap_or(&self.main_name), context.call_position())
    }

    /// Waits for an op; its failure is raised here and counts as seen.
    pub fn wait(&self, pending: &Arc<Pending>, context: &NativeCallContext) -> Outcome<Value> {
        let waiting = self.meter.waiting();
        let result = pending.wait();
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
        let mut raised = lock(&self.raised);
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
            EvalAltResult::ErrorRuntime(value, position)
            | EvalAltResult::ErrorTerminated(value, position)
                if value.is::<Thrown>() =>
            {
                let fault = value.read_lock::<Thrown>().map(|thrown| (*thrown.0).clone());
                let mut fault = fault.unwrap_or_default();
                let others: Vec<u64> = ops.iter().filter(|op| !fault.ops.contains(op)).copied().collect();
                fault.ops.extend(others);
                return Thrown::raise(fault, position);
            }
            other => {
                lock(&self.fatal).extend(ops);
                other
            }
        })
    }

    /// A step failed and the recipe goes on: the run still ends as failed.
    pub fn go_on_after(&self, error: &EvalAltResult) {
        let ops = ops_of(error);
        if ops.is_empty() {
            let known = super::known::Known::default();
            let found = from_eval_error(error, &self.main_name, &Sources::default(), &known);
            lock(&self.continued).push(found);
        }
        lock(&self.gone_on_after).extend(ops);
    }

    /// Tells which failures the script has caught: all it has seen but those that ended the run or failed a step that
    /// the run went on after.
    pub fn settle(&self, error: Option<&EvalAltResult>) -> Settled {
        let mut fatal = std::mem::take(&mut *lock(&self.fatal));
        fatal.extend(error.map(ops_of).unwrap_or_default());
        let gone_on = std::mem::take(&mut *lock(&self.gone_on_after));
        let events = self.scheduler().context().events.clone();
        let mut settled =
            Settled { continued: std::mem::take(&mut *lock(&self.continued)), ..Settled::default() };
        for pending in std::mem::take(&mut *lock(&self.raised)) {
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
        let placeholders = self.scheduler().context().shelf::<Placeholders>();
        placeholders.hide(&super::handle::unmarked(text))
    }
}

/// Nothing catches what is not known.
pub fn is_not_known(pending: &Pending) -> bool {
    matches!(pending.peek(), Some(Err(failure)) if failure.is_not_known())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The ops whose failure an error is.
fn ops_of(error: &EvalAltResult) -> Vec<u64> {
    Thrown::of(error).map(|fault| fault.ops.clone()).unwrap_or_default()
}

/// An op's failure as a script error at the place where the op was started.
pub fn raise_failed(pending: &Pending, failure: &Failure, position: Position) -> Box<EvalAltResult> {
    let mut fault = fault_of(failure, 0);
    fault.service = Some(pending.key.service.to_owned());
    fault.resource = Some(pending.key.name.clone());
    fault.place = pending.at.clone();
    fault.ops = vec![pending.id];
    Thrown::raise(fault, position)
}

/// A failure of a synchronous half, at the call itself.
pub fn raise_here(failure: &Failure, shift: usize, site: &Site, position: Position) -> Box<EvalAltResult> {
    let mut fault = fault_of(failure, shift);
    fault.place = site.clone();
    Thrown::raise(fault, position)
}

/// The same of what is wrong before anything is asked of the account.
pub fn raise_wrong(failure: &Failure, shift: usize, site: &Site, position: Position) -> Box<EvalAltResult> {
    let mut fault = fault_of(failure, shift);
    fault.place = site.clone();
    // The environment is to be confirmed, or an earlier op to be applied.
    fault.is_wrong_anywhere = !matches!(failure.kind(), "protected" | Fault::NOT_KNOWN);
    Thrown::raise(fault, position)
}

/// A failure as scripts and diagnostics see it; `shift` is 1 where a receiver is the call's first argument.
pub fn fault_of(failure: &Failure, shift: usize) -> Fault {
    let mut fault = Fault {
        kind: failure.kind().to_owned(),
        message: failure.to_string(),
        code: failure.code(),
        hint: failure.hint(),
        ..Fault::default()
    };
    match failure {
        Failure::Argument { index, .. } => fault.target = Target::Arg(index + shift),
        Failure::Option { index, error } => {
            let index = index + shift;
            (fault.target, fault.label) = option_target(index, error);
        }
        Failure::Name { .. } => fault.target = Target::Arg(shift),
        Failure::Rejected { error, .. } => {
            fault.notes.extend(error.ray.as_ref().map(|ray| format!("ray id: {ray}")));
            if error.code() != 0 {
                fault.notes.push(format!(
                    "the API answered with code {}, HTTP status {}",
                    error.code(),
                    error.status
                ));
            }
        }
        Failure::Findings { notes, .. } => fault.notes.clone_from(notes),
        Failure::NotKnown { after, .. } => {
            fault
                .notes
                .extend(after.iter().map(|cause| format!("`{}` at {} comes before it", cause.op, cause.at)));
        }
        Failure::Unreachable { trouble, .. } => {
            fault.notes.extend(trouble.ray.as_ref().map(|ray| format!("ray id: {ray}")));
        }
        _ => {}
    }
    fault
}

fn option_target(index: usize, error: &OptionError) -> (Target, String) {
    match &error.mismatch {
        Mismatch::UnknownKey { key, known } => {
            let near = super::diagnostics::did_you_mean(key, known.iter().map(String::as_str));
            let label = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
            (Target::Key(index, error.path.clone()), label)
        }
        Mismatch::UnknownWord { word, known } => {
            let near = super::diagnostics::did_you_mean(word, known.iter().map(String::as_str));
            let label = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
            (Target::Value(index, error.path.clone()), label)
        }
        Mismatch::Missing(_) => (Target::Arg(index), String::new()),
        Mismatch::Type { .. } | Mismatch::Other(_) if error.path.is_empty() => {
            (Target::Arg(index), String::new())
        }
        Mismatch::Type { .. } | Mismatch::Other(_) => {
            (Target::Value(index, error.path.clone()), String::new())
        }
    }
}
