//! One run of a recipe: what may end it before its first write, then the recipe itself, for real or as a plan.

use super::preflight::{Cleared, End, preflight};
use super::session::carry;
use super::{Performed, Session, bindings, held};
use crate::events::{Recorder, Sink, Tee};
use crate::op::{Mode, RunInfo};
use crate::report::Plan;
use crate::script::choice::Choice;
use crate::script::run::Recipe;
use std::sync::Arc;

/// What is to be run.
pub struct Job<'a> {
    /// For real, or as a plan.
    pub mode: Mode,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The run.
    pub info: RunInfo,
    /// Gets what happens.
    pub events: Arc<dyn Sink>,
    /// The steps that are taken.
    pub choice: Arc<Choice>,
    /// The plan that the run is held to.
    pub held: Option<&'a Plan>,
}

/// Runs it, or gives why it may not begin.
pub fn apply(session: &Session, job: &Job) -> anyhow::Result<Result<Performed, End>> {
    let Cleared { bound, played } = match preflight(session, job)? {
        Ok(cleared) => cleared,
        Err(end) => return Ok(Err(end)),
    };
    let heard = Arc::new(Recorder::default());
    let events: Arc<dyn Sink> = Arc::new(Tee(vec![job.events.clone(), heard.clone()]));
    let info = job.info.clone();
    let context = match job.held {
        Some(plan) => session.target.held(plan.permit(), events, session.root, info)?,
        None => session.context(job.mode, events, info)?,
    };
    if let Some(played) = &played {
        carry(&played.context, &context);
    }
    let mut setting = session.setting(context.clone(), bound.clone());
    setting.facts.choice = job.choice.clone();
    let performed = session.perform(setting, job.recipe);
    if performed.ran.diagnostics.is_empty() && performed.signal.is_none() {
        held::tell_left(&context);
        if let Some(selected) = session.selected.filter(|_| !job.choice.is_partial()) {
            bindings::unmade::tell(selected, &bound, job.recipe, heard.events(), job.events.as_ref());
        }
    }
    Ok(Ok(performed))
}
