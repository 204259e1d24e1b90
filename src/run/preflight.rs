//! The checks before the first write: a dry run over a read-only transport. What it finds to be wrong ends the run
//! with nothing changed.

use super::bindings::{self, BindingCheck, CheckedBindings};
use super::dry_run::{DryRun, DryRunPurpose, DryRunResult};
use super::job::RunJob;
use super::{RecipeRun, Session, credentials, folders, plan_inputs};
use crate::events::Problem;
use crate::op::{Failure, Mode, RefusalBasis};
use crate::script::host::Bound;

/// What a run may begin with.
pub struct PreflightResult {
    /// What the bindings give the recipe.
    pub bound: Bound,
    pub played: DryRunResult,
}

/// How a run ends that may not begin.
pub enum PreflightEnd {
    /// What is wrong in the project's files.
    Files(folders::FolderRefusal),
    /// What is wrong otherwise, and on what that rests.
    Refused(Problem, RefusalBasis),
    /// The plan is shown, and may not be carried out.
    Held(Problem),
    /// The recipe does not come to its end, or it was interrupted.
    Stopped(RecipeRun),
}

impl From<bindings::BindingRefusal> for PreflightEnd {
    fn from(refused: bindings::BindingRefusal) -> Self {
        PreflightEnd::Refused(refused.problem, refused.basis)
    }
}

impl From<Failure> for PreflightEnd {
    fn from(failure: Failure) -> Self {
        PreflightEnd::Refused(failure.problem(), failure.basis())
    }
}

impl PreflightEnd {
    /// The end by a signal that came before anything was run.
    pub fn interrupted(session: &Session) -> Option<Self> {
        let signal = Some(session.signal()?);
        Some(PreflightEnd::Stopped(RecipeRun { signal, ..RecipeRun::default() }))
    }
}

/// Whether a run may begin.
pub fn preflight(session: &Session, job: &RunJob) -> anyhow::Result<Result<PreflightResult, PreflightEnd>> {
    if let Some(selected) = session.selected
        && let Some(found) = folders::preflight(session.place, selected, job.recipe, &*job.events)?
    {
        return Ok(Err(PreflightEnd::Files(found)));
    }
    if let Some(plan) = job.held
        && let Some(problem) = plan_inputs::moved(plan, session)
    {
        return Ok(Err(PreflightEnd::Refused(problem, RefusalBasis::Account)));
    }
    let run = job.dry_run(session);
    let CheckedBindings { bound, looked } = match session.selected {
        None => CheckedBindings::default(),
        Some(selected) => {
            let found = bindings::agree(&BindingCheck { run: &run, selected })?;
            if let Some(end) = PreflightEnd::interrupted(session) {
                return Ok(Err(end));
            }
            match found {
                Ok(agreed) => agreed,
                Err(refused) => return Ok(Err(refused.into())),
            }
        }
    };
    let mut played = match looked {
        Some(looked) => looked.played,
        None => run.played(bound.clone())?,
    };
    credentials::explain(&mut played, session.runtime());
    Ok(judge(job, blind(played)).map(|played| PreflightResult { bound, played }).map_err(|end| *end))
}

/// A plan that was let see nothing at all has failed: the credentials are wrong.
fn blind(mut played: DryRunResult) -> DryRunResult {
    if played.performed.ran.incomplete && played.has_seen_nothing() {
        played.performed.ran.fail();
    }
    played
}

/// Whether a dry run lets a run begin: it fits the plan, nothing in it is wrong, and every step that was named is one of its
/// own.
fn judge(job: &RunJob, played: DryRunResult) -> Result<DryRunResult, Box<PreflightEnd>> {
    if let Some(problem) = plan_inputs::differs(&played.performed, &played.context) {
        return Err(Box::new(PreflightEnd::Refused(problem, RefusalBasis::Account)));
    }
    match (played.performed.ends_a_run(), job.mode) {
        (true, Mode::Apply) => {
            played.tell(&*job.events);
            Err(Box::new(PreflightEnd::Stopped(played.performed)))
        }
        // A plan shows itself how far it comes.
        (true, _) => Ok(played),
        // What the recipe did not come to may be a step that was named.
        (false, _) if played.performed.ran.incomplete => Ok(played),
        (false, _) => match job.choice.check() {
            Ok(()) => Ok(played),
            Err(failure) => Err(Box::new(failure.into())),
        },
    }
}

impl RunJob<'_> {
    fn dry_run<'a>(&'a self, session: &'a Session<'a>) -> DryRun<'a> {
        DryRun {
            session,
            recipe: self.recipe,
            info: &self.info,
            events: self.events.clone(),
            choice: self.choice.clone(),
            held: self.held,
            asked: if self.mode == Mode::Plan { DryRunPurpose::Plan } else { DryRunPurpose::Run },
        }
    }
}
