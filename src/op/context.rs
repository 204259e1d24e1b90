//! What every op of a run can reach.

use super::failure::Failure;
use super::files::Files;
use super::ledgers::DeclaredLedger;
use super::memory::Memory;
use super::permit::{Intent, Permit};
use crate::events::Sink;
use crate::http::{self, Client};
use crate::system::{Root, flag};
use parking_lot::Mutex;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// The environment of a run, as far as ops ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnvironment {
    /// Its full name; `None` where there is no project.
    pub environment: Option<String>,
    /// What loses data there must be confirmed by its name.
    pub is_protected: bool,
    /// What a command line needs to work there: ` -C app --local`.
    pub whereabouts: String,
    /// The project's settings for the migrations of its databases.
    pub ledgers: Vec<DeclaredLedger>,
}

impl RunEnvironment {
    /// What a command line needs to mean this environment: ` -e staging --local`.
    pub fn flags(&self) -> String {
        let environment =
            self.environment.as_ref().map(|name| format!(" {}", flag("-e", name))).unwrap_or_default();
        format!("{environment}{}", self.whereabouts)
    }

    /// What it needs besides to lose or correct something there.
    pub fn confirmation(&self) -> String {
        let protected = self.environment.as_ref().filter(|_| self.is_protected);
        protected.map(|name| format!(" {}", flag("--confirm", name))).unwrap_or_default()
    }
}

/// Which methods and paths a local account answers, where the run is on one of this process.
#[derive(Clone)]
pub struct Routes(pub Arc<RouteCheck>);

/// Of what is not answered, the methods that are.
type RouteCheck = dyn Fn(&str, &str) -> Result<(), Vec<&'static str>> + Send + Sync;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Apply,
    /// Say what would be done.
    Plan,
    /// Ask a recipe what it names, and nothing else: what it ensures is looked up, what else it writes is left out.
    Destroy,
}

/// Whether a run may do what loses data for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Guard {
    /// The environment is not protected.
    #[default]
    Open,
    /// It is, and `--confirm` named it.
    Confirmed,
    /// It is, and nobody has confirmed.
    Closed { environment: String },
}

impl Guard {
    /// Refuses what would lose data of a protected environment; `doing` is an infinitive: `destroy it`.
    pub fn check(&self, doing: &str) -> Result<(), Failure> {
        match self {
            Guard::Open | Guard::Confirmed => Ok(()),
            Guard::Closed { environment } => Err(Failure::refused_with_hint(
                "protected",
                format!("`{environment}` is protected: can't {doing} without a confirmation"),
                format!("`{}`", flag("--confirm", environment)),
            )),
        }
    }
}

/// What ledgers and reports say about the run.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // Each is a switch of its own.
pub struct RunInfo {
    /// Unique and sortable by time.
    pub id: String,
    pub version: &'static str,
    /// The moment that recipes take for its start: one for the planning and the writing pass, and that of the plan where
    /// one is applied.
    pub now: jiff::Timestamp,
    /// Send write-only fields although nothing else differs.
    pub rewrite_secrets: bool,
    /// Whether it may do what loses data for good.
    pub guard: Guard,
    /// Apply migrations that come late.
    pub allow_out_of_order: bool,
    pub skip_rehearsal: bool,
    /// What the token may not see is not known, and no failure.
    pub is_blind: bool,
    /// It is played on an empty account that stands for any: what is there beside what the recipe makes is not known.
    pub is_on_any_account: bool,
    /// Writes of ops into the project's folder are reported and not done.
    pub writes_no_file: bool,
}

/// A run, as ops see it.
pub struct Context {
    /// The API.
    pub client: Client,
    /// What the run is for.
    pub mode: Mode,
    pub events: Arc<dyn Sink>,
    /// The project's folder, out of which no path of a recipe leads.
    pub root: Root,
    pub run: RunInfo,
    /// Set once, before the first op, where it is known.
    pub run_environment: OnceLock<RunEnvironment>,
    /// Set once, before the first op, where a local account of this process is worked with.
    pub routes: OnceLock<Routes>,
    /// The plan that the run is held to, if it is.
    pub permit: Option<Permit>,
    /// What ops write into the project's folder.
    pub files: Files,
    /// What a dry run would have written.
    pub memory: Memory,
    shelves: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Context {
    pub fn new(client: Client, mode: Mode, events: Arc<dyn Sink>, root: Root, run: RunInfo) -> Arc<Self> {
        Arc::new(Context::of(client, mode, events, root, run))
    }

    /// The context of a run that is held to a plan: one that applies it and nothing else, or one that only plans and is
    /// compared with it.
    pub fn held(
        client: Client,
        mode: Mode,
        events: Arc<dyn Sink>,
        root: Root,
        run: RunInfo,
        permit: Permit,
    ) -> Arc<Self> {
        Arc::new(Context { permit: Some(permit), ..Context::of(client, mode, events, root, run) })
    }

    fn of(client: Client, mode: Mode, events: Arc<dyn Sink>, root: Root, run: RunInfo) -> Self {
        Context {
            client,
            mode,
            events,
            root,
            run,
            run_environment: OnceLock::new(),
            routes: OnceLock::new(),
            permit: None,
            files: Files::default(),
            memory: Memory::default(),
            shelves: Mutex::default(),
        }
    }

    /// Asks for leave to write, before the first request of a write: in a run that is held to a plan, the op that runs
    /// here may do what the plan lists for it, and its writes are let through from then on.
    pub fn allow(&self, intent: &Intent<'_>) -> Result<(), Failure> {
        let Some(permit) = &self.permit else { return Ok(()) };
        let scope = http::current_scope();
        let allowed = permit.check(scope.op, intent);
        scope.set_granted(allowed.is_ok());
        allowed
    }

    /// What a plan may not see is no failure of it.
    pub(super) fn unless_blind(&self, failure: Failure) -> Failure {
        match failure.kind() {
            Failure::DENIED if self.run.is_blind => Failure::Unseen { cause: Box::new(failure) },
            _ => failure,
        }
    }

    /// The run's one value of type `T`, made when it is first asked for: rooms above keep what they know of the account
    /// here without this room knowing them.
    pub fn extension<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut shelves = self.shelves.lock();
        let kept = shelves.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default())).clone();
        drop(shelves);
        kept.downcast::<T>().unwrap_or_default()
    }

    /// Forgets what was kept of type `T`.
    pub fn clear_shelves(&self) {
        self.shelves.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closed_guard_refuses() {
        assert!(Guard::Open.check("restore it").is_ok() && Guard::Confirmed.check("restore it").is_ok());
        let refused = Guard::Closed { environment: "production".into() }.check("restore it").unwrap_err();
        assert_eq!(refused.to_string(), "`production` is protected: can't restore it without a confirmation");
        assert_eq!(refused.hint().as_deref(), Some("`--confirm production`"));
    }
}
