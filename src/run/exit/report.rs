//! Derives the exit code of a run from its report.
//!
//! **Invariant:** a run in which a task panicked ends with 70, whether or not the recipe caught its failure.
//! **Invariant:** a run with an unknown write never ends with 0, 1, 3 or 4, and a run that changed something never
//! with 1 or 2.

use super::is_bug;
use crate::events::Status;
use crate::report::{Exit, Op, Report, RunEnding};

/// The exit of a run: the worst of what its ops say, what ended it, and what the caller knows beside them.
pub fn of_report(report: &Report, ending: &RunEnding) -> Exit {
    let mut exit = Exit::Done;
    if ending.count_differences {
        exit = exit.combine(counted(report));
    }
    if ending.error.is_some() || has_failure(report) {
        exit = exit.combine(failed(report));
    }
    exit = exit.combine(match ending.exit {
        // A recipe that turns out to be wrong after its first write has failed after changes.
        Exit::Usage | Exit::Failed if report.changed => Exit::FailedAfterChanges,
        told => told,
    });
    if let Some(signal) = ending.interrupted {
        exit = exit.combine(Exit::Interrupted(signal));
    }
    if report.ops().any(|op| op.status == Status::Unknown) {
        exit = exit.combine(Exit::Unknown);
    }
    if report.ops().any(|op| op.error.as_ref().is_some_and(is_bug)) {
        exit = exit.combine(Exit::Bug);
    }
    exit
}

/// The exit code in a report.
pub fn told_by(report: &Report) -> Exit {
    Exit::of_code(report.exit).unwrap_or(Exit::Bug)
}

/// The exit of a run whose report can't be written.
pub fn of_lost_report(exit: Exit, report: &Report) -> Exit {
    exit.combine(failed(report))
}

/// The exit of a plan whose file can't be written.
pub fn of_lost_plan(exit: Exit) -> Exit {
    exit.combine(Exit::Failed)
}

/// Whether there are differences. Where a plan could not see all and found none, that is not known: no difference is said of
/// what nobody has looked at.
fn counted(report: &Report) -> Exit {
    match (report.differs(), report.complete) {
        (true, _) => Exit::Differences,
        (false, true) => Exit::Done,
        (false, false) => failed(report),
    }
}

/// The exit code of a failure, given whether anything was written.
fn failed(report: &Report) -> Exit {
    if report.changed { Exit::FailedAfterChanges } else { Exit::Failed }
}

fn has_failure(report: &Report) -> bool {
    let refused = |op: &Op| matches!(op.status, Status::Failed | Status::Conflict);
    report.ops().any(|op| refused(op) && !op.caught)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Action, StepStatus};
    use crate::report::{Signal, sample};

    fn ending(exit: Exit) -> RunEnding {
        RunEnding { exit, ..sample::ending() }
    }

    /// The exit of a run with one op.
    fn exit_of(action: Action, status: Status, ending: &RunEnding) -> u8 {
        let mut report = sample::report_of(vec![sample::op(action, status)]);
        report.changed = status == Status::Unknown || (status == Status::Done && action != Action::None);
        of_report(&report, ending).code()
    }

    #[test]
    fn follows_from_the_ops() {
        let quiet = ending(Exit::Done);
        assert_eq!(exit_of(Action::Create, Status::Done, &quiet), 0);
        assert_eq!(exit_of(Action::None, Status::Done, &quiet), 0);
        assert_eq!(exit_of(Action::Create, Status::Skipped, &quiet), 0);
        assert_eq!(exit_of(Action::Create, Status::Failed, &quiet), 1);
        assert_eq!(exit_of(Action::None, Status::Conflict, &quiet), 1);
        assert_eq!(exit_of(Action::Create, Status::Unknown, &quiet), 5);
        assert_eq!(exit_of(Action::Create, Status::Unknown, &ending(Exit::Bug)), 70);
    }

    #[test]
    fn a_task_that_panicked_is_a_bug_also_where_its_failure_is_caught() {
        for caught in [false, true] {
            let error = Some(sample::problem(crate::op::Failure::BUG));
            let op = Op { error, caught, ..sample::op(Action::Create, Status::Failed) };
            assert_eq!(of_report(&sample::report_of(vec![op]), &sample::ending()).code(), 70);
        }
    }

    #[test]
    fn differences_count_only_when_asked() {
        let counting = RunEnding { count_differences: true, ..sample::ending() };
        assert_eq!(exit_of(Action::Create, Status::Planned, &ending(Exit::Done)), 0);
        assert_eq!(exit_of(Action::Create, Status::Planned, &counting), 3);
        assert_eq!(exit_of(Action::None, Status::Planned, &counting), 0);
    }

    #[test]
    fn usage_and_failure_after_a_write_are_failures_after_changes() {
        for told in [Exit::Usage, Exit::Failed] {
            assert_eq!(exit_of(Action::Create, Status::Done, &ending(told)), 4);
            assert_eq!(exit_of(Action::None, Status::Done, &ending(told)), told.code());
        }
        let error = RunEnding { error: Some(sample::problem("argument")), ..sample::ending() };
        assert_eq!(exit_of(Action::Create, Status::Done, &error), 4);
        assert_eq!(exit_of(Action::None, Status::Done, &error), 1);
        assert_eq!(exit_of(Action::None, Status::Done, &RunEnding { exit: Exit::Usage, ..error }), 2);
    }

    #[test]
    fn a_signal_never_ends_with_success() {
        let interrupted = RunEnding { interrupted: Some(Signal::Terminate), ..sample::ending() };
        assert_eq!(exit_of(Action::Create, Status::Done, &interrupted), 143);
        assert_eq!(exit_of(Action::Create, Status::Failed, &interrupted), 143);
        assert_eq!(exit_of(Action::Create, Status::Unknown, &interrupted), 5);
    }

    #[test]
    fn a_caught_failure_is_none_but_a_caught_unknown_is() {
        let caught = |status| {
            let op = Op { caught: true, ..sample::op(Action::Create, status) };
            of_report(&sample::report_of(vec![op]), &sample::ending()).code()
        };
        assert_eq!(caught(Status::Failed), 0);
        assert_eq!(caught(Status::Conflict), 0);
        assert_eq!(caught(Status::Unknown), 5);
    }

    #[test]
    fn a_step_that_fails_on_its_own_counts_by_how_the_recipe_ended() {
        let mut report = sample::report_of(vec![sample::op(Action::None, Status::Done)]);
        report.steps[0].status = StepStatus::Failed;
        assert_eq!(of_report(&report, &sample::ending()), Exit::Done, "the recipe caught it");
        let failed = RunEnding { exit: Exit::Failed, ..sample::ending() };
        assert_eq!(of_report(&report, &failed), Exit::Failed);
    }

    #[test]
    fn what_can_t_be_written_fails_the_run_and_never_betters_it() {
        let mut report = sample::report_of(vec![sample::op(Action::Create, Status::Done)]);
        report.changed = false;
        assert_eq!(of_lost_report(Exit::Done, &report), Exit::Failed);
        assert_eq!(of_lost_plan(Exit::Differences), Exit::Failed);
        report.changed = true;
        assert_eq!(of_lost_report(Exit::Done, &report), Exit::FailedAfterChanges);
        assert_eq!(of_lost_report(Exit::Unknown, &report), Exit::Unknown);
    }
}
