//! Opens, once per command, the workspace, the project and environment, the credentials and the connection, and
//! sets up the runtime of a recipe.

use super::connection::{Pace, run_info};
use super::interrupt::Interrupt;
use super::perform::{RecipeRun, perform};
use super::{AccountConnection, Selected, Workspace, runtime_settings};
use crate::events::Sink;
use crate::op::{Context, Guard, Mode, RunInfo};
use crate::report::{self, Heading, Signal};
use crate::script::diagnostics::{Diagnostic, Sources};
use crate::script::host::Bound;
use crate::script::resolver;
use crate::script::run::{Recipe, RuntimeSettings, ScriptRuntime};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::runtime::Handle;

/// What a command works with.
pub struct Session<'a> {
    pub place: &'a Workspace,
    /// The project and its environment, if there is one.
    pub selected: Option<&'a Selected>,
    /// The project's folder, or the one in which it works.
    pub root: &'a Path,
    pub target: AccountConnection,
}

impl<'a> Session<'a> {
    /// Opens it; nothing is sent.
    pub fn open(
        place: &'a Workspace,
        selected: Option<&'a Selected>,
        root: &'a Path,
        interrupt: Interrupt,
    ) -> anyhow::Result<Self> {
        let target = AccountConnection::open(place, selected, root, interrupt)?;
        Ok(Session { place, selected, root, target })
    }

    /// The same without an account; a request fails, and is noted in `asked`.
    pub fn unreachable(
        place: &'a Workspace,
        selected: Option<&'a Selected>,
        root: &'a Path,
        interrupt: Interrupt,
        asked: Arc<AtomicBool>,
    ) -> anyhow::Result<Self> {
        let target = AccountConnection::unreachable(asked, interrupt)?;
        Ok(Session { place, selected, root, target })
    }

    /// The same on an empty account in memory.
    pub fn trial(
        place: &'a Workspace,
        selected: Option<&'a Selected>,
        root: &'a Path,
        interrupt: Interrupt,
    ) -> anyhow::Result<Self> {
        let target = AccountConnection::trial(place.services, interrupt)?;
        Ok(Session { place, selected, root, target })
    }

    /// The same for a session with a person at it, which may last.
    #[must_use]
    pub fn without_deadline(self) -> Self {
        Session { target: self.target.without_deadline(), ..self }
    }

    /// The same at the pace of an earlier session of the command.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Session { target: self.target.at(pace), ..self }
    }

    pub fn runtime(&self) -> &Handle {
        self.target.runtime.handle()
    }

    /// From now on it can be interrupted.
    pub fn listen(&self) {
        self.target.interrupt.listen(&self.target.stop);
    }

    /// The signal that interrupted it.
    pub fn signal(&self) -> Option<Signal> {
        self.target.interrupt.signal()
    }

    pub fn info(&self, guard: Guard) -> RunInfo {
        RunInfo { guard, ..run_info(self.target.clock.as_ref()) }
    }

    /// A run's context; what only looks gets a transport that lets only reads through.
    pub fn context(&self, mode: Mode, events: Arc<dyn Sink>, info: RunInfo) -> anyhow::Result<Arc<Context>> {
        self.target.context(mode, events, self.root, info)
    }

    /// What a recipe is run in.
    pub fn setting(&self, context: Arc<Context>, bound: Bound) -> RuntimeSettings {
        self.setting_of(self.selected, context, bound)
    }

    /// The same in an environment, whichever the session is for.
    pub fn setting_of(
        &self,
        selected: Option<&Selected>,
        context: Arc<Context>,
        bound: Bound,
    ) -> RuntimeSettings {
        runtime_settings::setting(self.place, selected, context, &self.target, self.root, bound)
    }

    pub fn perform(&self, setting: RuntimeSettings, recipe: &Recipe) -> RecipeRun {
        self.perform_and(setting, recipe, |_| ()).0
    }

    /// The same, with a question to the room when the recipe has ended.
    pub fn perform_and<T: Send>(
        &self,
        setting: RuntimeSettings,
        recipe: &Recipe,
        ask: impl FnOnce(&ScriptRuntime) -> T + Send,
    ) -> (RecipeRun, Option<T>) {
        let (performed, answer) = perform(&self.target, setting, recipe, ask);
        performed.ran.diagnostics.iter().for_each(|found| self.quote(found, &performed.sources));
        (performed, answer)
    }

    /// Adds the text that a diagnostic stands in, where no import has: the project file, a migration.
    fn quote(&self, found: &Diagnostic, sources: &Sources) {
        for file in found.frames.iter().map(|frame| &frame.at.file).chain([&found.at.file]) {
            if sources.get(file).is_none()
                && let Ok(text) = self.place.text_of(file, self.root)
            {
                sources.add(file, &text);
            }
        }
    }

    /// What is known of a run before it begins.
    pub fn heading(&self, mode: Mode, recipe: &Recipe, info: &RunInfo) -> Heading {
        Heading {
            larder: info.version.to_owned(),
            run: info.id.clone(),
            mode: match mode {
                Mode::Apply => report::Mode::Apply,
                Mode::Plan => report::Mode::Plan,
                Mode::Destroy => report::Mode::Destroy,
            },
            recipe: Some(short_name(&recipe.name)),
            env: self.selected.map(|selected| selected.config.environment.name.clone()),
            account: Some(self.target.account.clone()),
            is_local: self.place.is_local(),
            started_at: self.target.clock.now(),
        }
    }
}

/// `provision` for the bundled one and for `recipes/provision.rhai`.
pub fn short_name(name: &str) -> String {
    let stem = name.strip_prefix(resolver::BUNDLED).or_else(|| name.strip_prefix("recipes/")).unwrap_or(name);
    stem.strip_suffix(".rhai").unwrap_or(stem).to_owned()
}
