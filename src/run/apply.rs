//! Runs a recipe: a dry run first, and if something is to be done, the recipe again with writes.

use super::dry_run::DryRunResult;
use super::job::RunJob;
use super::preflight::{PreflightEnd, PreflightResult, preflight};
use super::{RecipeRun, Session, bindings, plan_inputs};
use crate::events::{Event, Problem, Recorder, Sink, Tee};
use crate::op::Mode;
use crate::script::host::Bound;
use std::sync::Arc;

/// Runs it, or gives why it may not begin.
pub fn apply(session: &Session, job: &RunJob) -> anyhow::Result<Result<RecipeRun, PreflightEnd>> {
    let PreflightResult { bound, played } = match preflight(session, job)? {
        Ok(cleared) => cleared,
        Err(end) => return Ok(Err(end)),
    };
    if job.mode == Mode::Plan || played.is_idle() {
        played.tell(&*job.events);
        let DryRunResult { performed, context, heard } = played;
        let ended = FinishedRun { performed: &performed, context: &context, bound: &bound, heard };
        ended.tell(session, job);
        return Ok(Ok(performed));
    }
    if !job.consent.agrees(session, &played) {
        played.tell(&*job.events);
        let no = Problem::new("unasked", "nothing was done: the answer was no");
        let end = PreflightEnd::interrupted(session);
        return Ok(Err(end.unwrap_or(PreflightEnd::Held(no))));
    }
    if played.performed.is_complete() {
        let started = played.heard.iter().filter(|event| matches!(event, Event::OpStarted(_)));
        job.events.emit(Event::Expected { ops: started.count() as u64 });
    }
    let heard = Arc::new(Recorder::default());
    let events: Arc<dyn Sink> = Arc::new(Tee(vec![job.events.clone(), heard.clone()]));
    let info = job.info.clone();
    let context = match job.held {
        Some(plan) => session.target.held(plan.permit(), events, session.root, info)?,
        None => session.context(job.mode, events, info)?,
    };
    let mut setting = session.setting(context.clone(), bound.clone());
    setting.facts.choice = job.choice.clone();
    let performed = session.perform(setting, job.recipe);
    FinishedRun { performed: &performed, context: &context, bound: &bound, heard: heard.take() }
        .tell(session, job);
    Ok(Ok(performed))
}

/// A recipe that was run, or planned.
struct FinishedRun<'a> {
    performed: &'a RecipeRun,
    context: &'a crate::op::Context,
    bound: &'a Bound,
    heard: Vec<Event>,
}

impl FinishedRun<'_> {
    /// Says what was left out.
    fn tell(self, session: &Session, job: &RunJob) {
        let FinishedRun { performed, context, bound, heard } = self;
        if performed.signal.is_some() {
            return;
        }
        let came_to_its_end = performed.ran.diagnostics.is_empty();
        if came_to_its_end {
            plan_inputs::tell_left(context, &*job.events);
            if let Err(failure) = job.choice.check() {
                job.events.emit(Event::Warning { message: failure.to_string(), at: None });
            }
        }
        let Some(selected) = session.selected.filter(|_| !job.choice.is_partial()) else { return };
        if came_to_its_end {
            bindings::not_provisioned::tell(selected, bound, job.recipe, &heard, job.events.as_ref());
        }
        bindings::not_provisioned::tell_foreign(selected, job.events.as_ref());
    }
}
