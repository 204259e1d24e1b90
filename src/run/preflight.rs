//! What may end a run before its first write: it is played over a transport that only reads, and what is known to be wrong
//! then ends it there.

use super::bindings::{self, Agreed, Look};
use super::dry_run::{Asked, DryRun, Played};
use super::job::Job;
use super::{Performed, Session, credentials, folders, held};
use crate::events::Problem;
use crate::op::{Failure, Ground, Mode};
use crate::script::host::Bound;

/// What a run may begin with.
pub struct Cleared {
    /// What the bindings give the recipe.
    pub bound: Bound,
    /// The dry run.
    pub played: Played,
}

/// How a run ends that may not begin.
pub enum End {
    /// What is wrong in the project's files.
    Files(folders::Refused),
    /// What is wrong otherwise, and on what that rests.
    Refused(Problem, Ground),
    /// What it would do is told, and may not be done.
    Held(Problem),
    /// The recipe does not come to its end, or it was interrupted.
    Stopped(Performed),
}

impl From<bindings::Refused> for End {
    fn from(refused: bindings::Refused) -> Self {
        End::Refused(refused.problem, refused.ground)
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        End::Refused(failure.problem(), failure.ground())
    }
}

impl End {
    /// The end by a signal that came before anything was run.
    pub fn interrupted(session: &Session) -> Option<Self> {
        let signal = Some(session.signal()?);
        Some(End::Stopped(Performed { signal, ..Performed::default() }))
    }
}

/// Whether a run may begin.
pub fn preflight(session: &Session, job: &Job) -> anyhow::Result<Result<Cleared, End>> {
    if let Some(selected) = session.selected
        && let Some(found) = folders::preflight(session.place, selected, job.recipe, &*job.events)?
    {
        return Ok(Err(End::Files(found)));
    }
    if let Some(plan) = job.held
        && let Some(problem) = held::moved(plan, session)
    {
        return Ok(Err(End::Refused(problem, Ground::Account)));
    }
    let run = job.dry_run(session);
    let Agreed { bound, looked } = match session.selected {
        None => Agreed::default(),
        Some(selected) => {
            let found = bindings::agree(&Look { run: &run, selected })?;
            if let Some(end) = End::interrupted(session) {
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
    Ok(judge(job, blind(played)).map(|played| Cleared { bound, played }).map_err(|end| *end))
}

/// A plan that was let see nothing at all has failed: the credentials are wrong.
fn blind(mut played: Played) -> Played {
    if played.performed.ran.incomplete && played.has_seen_nothing() {
        played.performed.ran.fail();
    }
    played
}

/// Whether a dry run lets a run begin: it fits the plan, nothing in it is wrong, and every step that was named is one of its
/// own.
fn judge(job: &Job, played: Played) -> Result<Played, Box<End>> {
    if let Some(problem) = held::differs(&played.performed, &played.context) {
        return Err(Box::new(End::Refused(problem, Ground::Account)));
    }
    match (played.performed.ends_a_run(), job.mode) {
        (true, Mode::Apply) => {
            played.tell(&*job.events);
            Err(Box::new(End::Stopped(played.performed)))
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

impl Job<'_> {
    fn dry_run<'a>(&'a self, session: &'a Session<'a>) -> DryRun<'a> {
        DryRun {
            session,
            recipe: self.recipe,
            info: &self.info,
            events: self.events.clone(),
            choice: self.choice.clone(),
            held: self.held,
            asked: if self.mode == Mode::Plan { Asked::Plan } else { Asked::Run },
        }
    }
}
