//! Runs a recipe over a read-only transport and keeps its events.
//!
//! **Invariant:** nothing is written, whatever the recipe does.

use super::{RecipeRun, Selected, Session};
use crate::events::{Action, Event, Recorder, RequestDone, Sink, Tee};
use crate::http::ACCOUNTS;
use crate::op::{Context, Mode, RunInfo};
use crate::report::Plan;
use crate::script::choice::StepChoice;
use crate::script::host::Bound;
use crate::script::run::{Recipe, ScriptRuntime};
use std::sync::Arc;

/// A recipe, and what a dry run of it needs.
pub struct DryRun<'a> {
    /// What the command works with.
    pub session: &'a Session<'a>,
    pub recipe: &'a Recipe,
    pub info: &'a RunInfo,
    pub events: Arc<dyn Sink>,
    /// The steps that are taken.
    pub choice: Arc<StepChoice>,
    /// The plan that it is compared with.
    pub held: Option<&'a Plan>,
    /// What the recipe is asked for.
    pub asked: DryRunPurpose,
}

/// What a recipe is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRunPurpose {
    /// What it will do.
    Run,
    /// What it would do, as far as the token may see.
    Plan,
    /// What it names: nothing else of it can fail, such as a migration. An id of the config that the account does not have
    /// counts as absent, since it may be replaced.
    Names,
}

/// What a dry run leaves behind.
pub struct DryRunResult {
    pub performed: RecipeRun,
    /// What it took place in.
    pub context: Arc<Context>,
    /// What happened, held back until it is known whether that is the result.
    pub heard: Vec<Event>,
}

impl DryRunResult {
    /// Whether nothing is to be done: it came to its end, and no op would write to the account or to a file.
    pub fn is_idle(&self) -> bool {
        let would_write =
            |event: &Event| matches!(event, Event::OpFinished(done) if done.action != Action::None);
        self.performed.is_complete() && !self.heard.iter().any(would_write)
    }

    /// Whether the account has refused all that it was asked; which accounts there are is asked of none of them.
    pub fn has_seen_nothing(&self) -> bool {
        let answered = self.heard.iter().filter_map(|event| match event {
            Event::Request(request) if request.path != ACCOUNTS.path => request.status,
            _ => None,
        });
        let mut refused = answered.map(|status| matches!(status, 401 | 403)).peekable();
        refused.peek().is_some() && refused.all(|is_refused| is_refused)
    }

    /// Tells what was held back: it is the result.
    pub fn tell(&self, events: &dyn Sink) {
        for event in self.heard.iter().filter(|event| !is_passed_on(event)) {
            events.emit(event.clone());
        }
    }
}

/// What is told at once, whatever comes of a dry run: requests, which every report counts, and why it takes its time.
fn is_passed_on(event: &Event) -> bool {
    matches!(event, Event::Request(_) | Event::Waiting { .. })
}

/// Passes on the events that are reported at once.
pub struct ImmediateEvents(pub Arc<dyn Sink>);

impl Sink for ImmediateEvents {
    fn emit(&self, event: Event) {
        match event {
            // The op of a dry run is not one of the run.
            Event::Request(request) => self.0.emit(Event::Request(RequestDone { op: None, ..request })),
            event if is_passed_on(&event) => self.0.emit(event),
            _ => {}
        }
    }
}

impl<'a> DryRun<'a> {
    /// One that asks the whole of a recipe for its names.
    pub fn of_names(
        session: &'a Session<'a>,
        recipe: &'a Recipe,
        info: &'a RunInfo,
        events: Arc<dyn Sink>,
    ) -> Self {
        DryRun {
            session,
            recipe,
            info,
            events,
            choice: Arc::default(),
            held: None,
            asked: DryRunPurpose::Names,
        }
    }

    /// A context that only reads, and what happens in it.
    pub fn context(&self) -> anyhow::Result<(Arc<Recorder>, Arc<Context>)> {
        let recorder = Arc::new(Recorder::default());
        let requests: Arc<dyn Sink> = Arc::new(ImmediateEvents(self.events.clone()));
        let events = Arc::new(Tee(vec![recorder.clone(), requests]));
        let (session, info) = (self.session, self.info.clone());
        let context = match self.asked {
            DryRunPurpose::Run => session.target.rehearsal(self.held, events, session.root, info)?,
            DryRunPurpose::Plan => session.context(Mode::Plan, events, RunInfo { is_blind: true, ..info })?,
            DryRunPurpose::Names => session.context(Mode::Destroy, events, info)?,
        };
        Ok((recorder, context))
    }

    /// The whole of it.
    pub fn played(&self, bound: Bound) -> anyhow::Result<DryRunResult> {
        let (recorder, context) = self.context()?;
        Ok(self.play(&recorder, context, bound))
    }

    /// Plays the recipe in such a context.
    pub fn play(&self, recorder: &Recorder, context: Arc<Context>, bound: Bound) -> DryRunResult {
        let (performed, _) = self.play_and(&context, bound, |_| ());
        DryRunResult { performed, context, heard: recorder.take() }
    }

    /// The same, with a question to the room when the recipe has ended.
    pub fn play_and<T: Send>(
        &self,
        context: &Arc<Context>,
        bound: Bound,
        ask: impl FnOnce(&ScriptRuntime) -> T + Send,
    ) -> (RecipeRun, Option<T>) {
        self.play_as(self.session.selected, context, bound, ask)
    }

    /// The same in an environment, whichever the session is for.
    pub fn play_as<T: Send>(
        &self,
        selected: Option<&Selected>,
        context: &Arc<Context>,
        bound: Bound,
        ask: impl FnOnce(&ScriptRuntime) -> T + Send,
    ) -> (RecipeRun, Option<T>) {
        let mut setting = self.session.setting_of(selected, context.clone(), bound);
        setting.facts.choice = self.choice.clone();
        self.session.perform_and(setting, self.recipe, ask)
    }
}
