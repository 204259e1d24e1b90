//! From an outcome to an exit code. What a report says of a run's ops is added by the report itself
//! ([`Exit::of_report`]).

use super::preflight::End;
use super::{Error, Performed};
use crate::events::{Action, Event, Problem, Status};
use crate::op::Failure;
use crate::report::{Ending, Exit, Signal};
use crate::script::run::Ran;

/// The exit of a script that has no report, from what it wrote.
pub fn of_performed(performed: &Performed, events: &[Event]) -> Exit {
    let exit = of_script(&performed.ran, events);
    match performed {
        Performed { bug: Some(_), .. } => Exit::Bug,
        Performed { signal: Some(signal), .. } => exit.combine(Exit::Interrupted(*signal)),
        _ => exit,
    }
}

/// The same as far as the script itself and what it wrote decide it.
pub fn of_script(ran: &Ran, events: &[Event]) -> Exit {
    let finished = |status: Status| {
        events.iter().any(|event| matches!(event, Event::OpFinished(done) if done.status == status))
    };
    let changed = events.iter().any(|event| {
        matches!(event, Event::OpFinished(done) if done.status == Status::Done
            && done.action != Action::None
            && done.evidence.is_some())
    });
    match ran {
        _ if finished(Status::Unknown) => Exit::Unknown,
        ran if ran.diagnostics.is_empty() && !ran.refused => Exit::Done,
        _ if changed => Exit::FailedAfterChanges,
        ran if ran.refused || ran.is_wrong_anywhere => Exit::Usage,
        _ => Exit::Failed,
    }
}

/// The exit of a failure that is in no report.
pub fn of_failure(failure: &Failure, signal: Option<Signal>) -> Exit {
    match (failure, failure.status(), signal) {
        (Failure::Bug(_), ..) => Exit::Bug,
        (_, Status::Unknown, _) => Exit::Unknown,
        (.., Some(signal)) => Exit::Interrupted(signal),
        (Failure::Partly { .. }, ..) => Exit::FailedAfterChanges,
        _ => Exit::Failed,
    }
}

/// On what a refusal before the first write rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// On what the project's files or the arguments say, whatever the account holds.
    Config,
    /// On what is in the account.
    Account,
}

/// The exit of a refusal before the first write.
pub fn of_refusal(ground: Ground) -> Exit {
    match ground {
        Ground::Config => Exit::Usage,
        Ground::Account => Exit::Failed,
    }
}

/// The exit of a run that may not begin, where there is no report.
pub fn of_end(end: &End) -> Exit {
    match end {
        End::Files(_) => of_refusal(Ground::Config),
        End::Refused(_, ground) => of_refusal(*ground),
        End::Stopped(performed) => of_performed(performed, &[]),
    }
}

/// The exit of what ends a command early.
pub fn of_error(error: &Error) -> Exit {
    match error {
        Error::Ended(end) => of_end(end),
        Error::Failed { failure, signal } => of_failure(failure, *signal),
        Error::Usage(_) => of_refusal(Ground::Config),
    }
}

/// The exit of several commands in one: the worst.
pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    exits.into_iter().fold(Exit::Done, Exit::combine)
}

/// The exit of a command that shows or writes what it was asked for, and did.
pub fn done((): ()) -> Exit {
    Exit::Done
}

/// The exit where Larder panicked.
pub fn of_panic() -> Exit {
    Exit::Bug
}

/// The exit of what a signal ended.
pub fn of_signal(signal: Signal) -> Exit {
    Exit::Interrupted(signal)
}

/// The exit of a session, from the worst of its entries: a person has seen what failed, whoever reads a pipe's end sees
/// the exit code.
pub fn of_session(worst: Exit, is_interactive: bool, signal: Option<Signal>) -> Exit {
    match signal {
        Some(signal) => worst.combine(of_signal(signal)),
        None if is_interactive => Exit::Done,
        None => worst,
    }
}

/// The exit where a question had to be answered with yes and was not.
pub fn of_no(signal: Option<Signal>) -> Exit {
    signal.map_or(Exit::Failed, of_signal)
}

/// The exit where findings were looked for, or where permissions may be missing.
pub fn of_findings(found: bool) -> Exit {
    if found { Exit::Failed } else { Exit::Done }
}

/// The exit of a comparison; differences count where `--exit-code` asks for it.
pub fn of_differences(is_counted: bool, differs: bool) -> Exit {
    if is_counted && differs { Exit::Differences } else { Exit::Done }
}

/// How a report ends that was refused before anything was written; `complete` where it says all that would be done.
pub fn ending_refused(problem: Option<Problem>, ground: Ground, complete: bool) -> Ending {
    Ending {
        ms: 0,
        exit: of_refusal(ground),
        error: problem,
        complete,
        interrupted: None,
        count_differences: false,
    }
}

/// How the report of a recipe ends; `error` is what ended it.
pub fn ending(performed: &Performed, error: Option<Problem>, count_differences: bool) -> Ending {
    let ran = &performed.ran;
    let exit = match &performed.bug {
        Some(_) => Exit::Bug,
        None if ran.refused || ran.is_wrong_anywhere => Exit::Usage,
        None if ran.has_errors() && performed.signal.is_none() => Exit::Failed,
        None => Exit::Done,
    };
    Ending {
        ms: 0,
        exit,
        error,
        complete: performed.is_complete(),
        interrupted: performed.signal,
        count_differences,
    }
}
