//! Chooses the exit code. No other module does.

mod report;

use super::check::{BUG, CheckResult, rule};
use super::preflight::PreflightEnd;
use super::problem::problem_of;
use super::test::TestResults;
use super::{Error, RecipeRun};
use crate::events::{Action, Event, Problem, Status};
use crate::op::Failure;
use crate::op::RefusalBasis;
use crate::report::{Exit, RunEnding, Signal};
use crate::script::diagnostics::Severity;
use crate::script::run::ScriptResult;

pub use report::{of_lost_plan, of_lost_report, of_report, told_by};

/// The exit of a script that has no report, from what it wrote.
pub fn of_performed(performed: &RecipeRun, events: &[Event]) -> Exit {
    let exit = of_script(&performed.ran, events);
    match performed {
        RecipeRun { bug: Some(_), .. } => Exit::Bug,
        RecipeRun { signal: Some(signal), .. } => exit.combine(Exit::Interrupted(*signal)),
        _ => exit,
    }
}

/// The same as far as the script itself and what it wrote decide it.
pub fn of_script(ran: &ScriptResult, events: &[Event]) -> Exit {
    let finished = |status: Status| {
        events.iter().any(|event| matches!(event, Event::OpFinished(done) if done.status == status))
    };
    let is_bug =
        |event: &Event| matches!(event, Event::OpFinished(done) if done.error.as_ref().is_some_and(is_bug));
    match ran {
        _ if has_bug(ran) || events.iter().any(is_bug) => Exit::Bug,
        _ if finished(Status::Unknown) => Exit::Unknown,
        ran if ran.diagnostics.is_empty() && !ran.refused => Exit::Done,
        _ if has_changed(events) => Exit::FailedAfterChanges,
        ran if ran.refused || ran.is_wrong_anywhere => Exit::Usage,
        _ => Exit::Failed,
    }
}

/// Whether anything was written.
pub fn has_changed(events: &[Event]) -> bool {
    events.iter().any(|event| {
        matches!(event, Event::OpFinished(done) if done.status == Status::Done
            && done.action != Action::None
            && done.evidence.is_some())
    })
}

/// The exit of what was done and could not be printed.
pub fn of_lost_output(exit: Exit, has_changed: bool) -> Exit {
    exit.combine(if has_changed { Exit::FailedAfterChanges } else { Exit::Failed })
}

/// Whether a task of Larder's panicked, which the recipe was told as a failure of its op.
fn has_bug(ran: &ScriptResult) -> bool {
    ran.diagnostics.iter().filter_map(|diagnostic| diagnostic.cause.as_deref()).any(is_bug)
}

fn is_bug(problem: &Problem) -> bool {
    problem.kind == Failure::BUG
}

/// The exit of a failure that is in no report.
pub fn of_failure(failure: &Failure, signal: Option<Signal>) -> Exit {
    match (failure, failure.status(), signal) {
        (Failure::Bug(_), ..) => Exit::Bug,
        (_, Status::Unknown, _) => Exit::Unknown,
        (.., Some(signal)) => Exit::Interrupted(signal),
        (Failure::Partly { .. }, ..) => Exit::FailedAfterChanges,
        _ => of_refusal(failure.basis()),
    }
}

/// The exit of a refusal before the first write.
pub fn of_refusal(basis: RefusalBasis) -> Exit {
    match basis {
        RefusalBasis::Config => Exit::Usage,
        RefusalBasis::Account => Exit::Failed,
    }
}

/// The exit of a run that may not begin, where there is no report.
pub fn of_end(end: &PreflightEnd) -> Exit {
    match end {
        PreflightEnd::Files(_) => of_refusal(RefusalBasis::Config),
        PreflightEnd::Refused(_, basis) => of_refusal(*basis),
        PreflightEnd::Held(_) => of_refusal(RefusalBasis::Account),
        PreflightEnd::Stopped(performed) => of_performed(performed, &[]),
    }
}

/// The exit of what ends a command early.
pub fn of_error(error: &Error) -> Exit {
    match error {
        Error::Ended(end) => of_end(end),
        Error::Failed { failure, signal } => of_failure(failure, *signal),
        Error::Usage(_) => of_refusal(RefusalBasis::Config),
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

/// The exit of what a signal ended before it could say how far it came.
pub fn of_cut_off(signal: Signal, is_in_doubt: bool) -> Exit {
    if is_in_doubt { Exit::Unknown } else { of_signal(signal) }
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

/// The exit of a server that its client has ended, in the order of the protocol or not.
pub fn of_server(in_order: bool) -> Exit {
    if in_order { Exit::Done } else { Exit::Failed }
}

/// The exit where findings were looked for, or where permissions may be missing.
pub fn of_findings(found: bool) -> Exit {
    if found { Exit::Failed } else { Exit::Done }
}

/// The exit of a check: what it found, or a bug in Larder on which it came.
pub fn of_check(checked: &CheckResult) -> Exit {
    let has_bug = checked.findings.iter().any(|found| rule(&found.diagnostic) == BUG);
    let findings = &checked.findings;
    if has_bug { Exit::Bug } else { of_findings(findings.count(Severity::Error) + findings.lints() > 0) }
}

/// The exit of a comparison; differences count where `--exit-code` asks for it.
pub fn of_differences(is_counted: bool, differs: bool) -> Exit {
    if is_counted && differs { Exit::Differences } else { Exit::Done }
}

/// The end of a report that was refused before anything was written; `complete` if it lists everything that would be
/// done.
pub fn ending_refused(problem: Option<Problem>, basis: RefusalBasis, complete: bool) -> RunEnding {
    RunEnding {
        ms: 0,
        exit: of_refusal(basis),
        error: problem,
        complete,
        interrupted: None,
        count_differences: false,
    }
}

/// How the report of a run ends, whether it could begin or not.
pub fn ending_of(ended: &Result<RecipeRun, PreflightEnd>, count_differences: bool) -> RunEnding {
    match ended {
        Ok(performed) | Err(PreflightEnd::Stopped(performed)) => {
            ending_of_recipe(performed, count_differences)
        }
        Err(PreflightEnd::Files(found)) => {
            let problem = problem_of(&found.diagnostics);
            let problem = problem.map(|problem| Problem { kind: "project".to_owned(), ..problem });
            ending_refused(problem, RefusalBasis::Config, false)
        }
        Err(PreflightEnd::Refused(problem, basis)) => ending_refused(Some(problem.clone()), *basis, false),
        // It is known what it would do: the report contains that.
        Err(PreflightEnd::Held(problem)) => {
            ending_refused(Some(problem.clone()), RefusalBasis::Account, true)
        }
    }
}

/// The same of a recipe that was run.
pub fn ending_of_recipe(performed: &RecipeRun, count_differences: bool) -> RunEnding {
    let error = match &performed.bug {
        Some(bug) => Some(Problem::new("bug", bug)),
        None => problem_of(&performed.ran.diagnostics).filter(|_| performed.signal.is_none()),
    };
    ending(performed, error, count_differences)
}

/// The exit of tests: a bug in Larder, or one that failed.
pub fn of_tested(tested: &TestResults) -> Exit {
    match tested.signal {
        _ if tested.has_bug() => Exit::Bug,
        Some(signal) => Exit::Interrupted(signal),
        None => of_findings(!tested.is_passed()),
    }
}

/// How the report of a recipe ends; `error` is what ended it.
pub fn ending(performed: &RecipeRun, error: Option<Problem>, count_differences: bool) -> RunEnding {
    let ran = &performed.ran;
    let exit = match &performed.bug {
        Some(_) => Exit::Bug,
        None if has_bug(ran) => Exit::Bug,
        None if ran.refused || ran.is_wrong_anywhere => Exit::Usage,
        None if ran.has_errors() && performed.signal.is_none() => Exit::Failed,
        None => Exit::Done,
    };
    RunEnding {
        ms: 0,
        exit,
        error,
        complete: performed.is_complete(),
        interrupted: performed.signal,
        count_differences,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::folders::FolderRefusal;

    #[test]
    fn the_worst_of_several_counts() {
        assert_eq!(worst([]), Exit::Done);
        assert_eq!(worst([Exit::Differences, Exit::Failed, Exit::Done]), Exit::Failed);
        assert_eq!(worst([Exit::Failed, Exit::Interrupted(Signal::Terminate)]).code(), 143);
    }

    #[test]
    fn what_ends_a_command_early_has_one_exit() {
        let failed =
            |failure: Failure, signal| of_error(&Error::Failed { failure: Box::new(failure), signal }).code();
        let refused = || Failure::refused("migration", "no");
        assert_eq!(failed(refused(), None), 1);
        assert_eq!(failed(refused(), Some(Signal::Interrupt)), 130);
        assert_eq!(failed(Failure::Bug("odd".into()), Some(Signal::Interrupt)), 70);
        assert_eq!(of_error(&Error::Usage(anyhow::anyhow!("odd"))).code(), 2);
        assert_eq!(of_error(&PreflightEnd::Files(FolderRefusal::default()).into()).code(), 2);
    }

    #[test]
    fn a_person_has_seen_what_failed_in_a_session() {
        assert_eq!(of_session(Exit::Failed, true, None), Exit::Done);
        assert_eq!(of_session(Exit::Failed, false, None), Exit::Failed);
        assert_eq!(of_session(Exit::Failed, true, Some(Signal::Terminate)).code(), 143);
        assert_eq!(of_session(Exit::Unknown, false, Some(Signal::Interrupt)), Exit::Unknown);
    }

    #[test]
    fn a_no_is_a_refusal_unless_a_signal_came() {
        assert_eq!(of_no(None), Exit::Failed);
        assert_eq!(of_no(Some(Signal::Interrupt)).code(), 130);
    }
}
