//! The one table of exit codes, and how the code of a run follows from its report.
//!
//! **Invariant:** a run with an unknown write never ends with 0, 1, 3 or 4, and a run that changed something never
//! with 1 or 2.

use super::document::{Ending, Mode, Op, Report};
use crate::events::{Status, StepStatus};
use std::fmt::Write as _;

/// What stopped a run from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0
    Done,
    /// 1
    Failed,
    /// 2
    Usage,
    /// 3
    Differences,
    /// 4
    FailedAfterChanges,
    /// 5
    Unknown,
    /// 70
    Bug,
    /// 130 or 143
    Interrupted(Signal),
}

impl Exit {
    /// Every exit, by code.
    pub const ALL: [Exit; 9] = [
        Exit::Done,
        Exit::Failed,
        Exit::Usage,
        Exit::Differences,
        Exit::FailedAfterChanges,
        Exit::Unknown,
        Exit::Bug,
        Exit::Interrupted(Signal::Interrupt),
        Exit::Interrupted(Signal::Terminate),
    ];

    /// The one with a code.
    pub fn of_code(code: u8) -> Option<Exit> {
        Exit::ALL.into_iter().find(|exit| exit.code() == code)
    }

    /// Nothing where everything asked was done.
    pub fn unless_done(self) -> Option<Exit> {
        Some(self).filter(|exit| *exit != Exit::Done)
    }

    /// The number the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Differences => 3,
            Exit::FailedAfterChanges => 4,
            Exit::Unknown => 5,
            Exit::Bug => 70,
            Exit::Interrupted(Signal::Interrupt) => 130,
            Exit::Interrupted(Signal::Terminate) => 143,
        }
    }

    /// What it means, in one line of the README's table.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "everything asked was done (failures that the recipe caught are in the report)",
            Exit::Failed => {
                "failed or refused, nothing changed; a plan that found a conflict; findings of check or test; \
                 a missing permission"
            }
            Exit::Usage => "usage, project file, recipe or credentials",
            Exit::Differences => {
                "with `--exit-code`: there are differences (plan, diff, migrations status, ids)"
            }
            Exit::FailedAfterChanges => {
                "failed after changes, or the report could not be written after changes; running again is safe, but \
                 for raw writes (`put`, `execute`, `load`, `restore`, `cf::`), which it repeats"
            }
            Exit::Unknown => "the outcome of a write is unknown, also when interrupted",
            Exit::Bug => "a bug in Larder",
            Exit::Interrupted(_) => "interrupted; `changed` in the report says whether anything was written",
        }
    }

    /// What a failure means once the report says whether anything was written.
    pub fn of_failure(report: &Report) -> Exit {
        if report.changed { Exit::FailedAfterChanges } else { Exit::Failed }
    }

    /// The worse of two.
    #[must_use]
    pub fn combine(self, other: Exit) -> Exit {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The exit of a run: the worst of what its ops say, what ended it, and what the caller knows beside them.
    pub fn of_report(report: &Report, ending: &Ending) -> Exit {
        let mut exit = Exit::Done;
        if ending.count_differences && report.differs() {
            exit = exit.combine(Exit::Differences);
        }
        if ending.error.is_some() || has_failure(report) {
            exit = exit.combine(Exit::of_failure(report));
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
        exit
    }

    /// The table of the README, in Markdown.
    pub fn table() -> String {
        let mut table = String::from("| code | meaning |\n|---|---|\n");
        for exit in Exit::ALL.into_iter().filter(|exit| *exit != Exit::Interrupted(Signal::Terminate)) {
            let code = match exit {
                Exit::Interrupted(_) => "130, 143".to_owned(),
                other => other.code().to_string(),
            };
            let _ = writeln!(table, "| {code} | {} |", exit.meaning());
        }
        table
    }

    /// Worst highest. 2 stands above 1 and below 4: it is only possible before the first write.
    fn rank(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Differences => 1,
            Exit::Failed => 2,
            Exit::Usage => 3,
            Exit::FailedAfterChanges => 4,
            Exit::Interrupted(_) => 5,
            Exit::Unknown => 6,
            Exit::Bug => 7,
        }
    }
}

fn has_failure(report: &Report) -> bool {
    let refused = |op: &Op| matches!(op.status, Status::Failed | Status::Conflict);
    report.ops().any(|op| refused(op) && !op.caught)
        // A step fails without a failed op when its own script does, e.g. by `fail(..)`. A plan that meets data it can't
        // know leaves its step unfinished, too, and that is no failure.
        || ((report.mode != Mode::Plan || report.complete) && report.steps.iter().any(|step| {
            matches!(step.status, StepStatus::Failed | StepStatus::Interrupted)
                && !step.ops.iter().any(|op| refused(op) || op.status == Status::Unknown)
        }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Action;
    use crate::report::sample;

    fn ending(exit: Exit) -> Ending {
        Ending { exit, ..sample::ending() }
    }

    /// The exit of a run with one op.
    fn exit_of(action: Action, status: Status, ending: &Ending) -> u8 {
        let mut report = sample::report_of(vec![sample::op(action, status)]);
        report.changed = status == Status::Unknown || (status == Status::Done && action != Action::None);
        Exit::of_report(&report, ending).code()
    }

    #[test]
    fn worst_wins() {
        let order = [70, 5, 130, 4, 2, 1, 3, 0];
        let by_code = |code: u8| Exit::ALL.into_iter().find(|exit| exit.code() == code).unwrap();
        for (at, worse) in order.into_iter().enumerate() {
            for better in order.into_iter().skip(at) {
                assert_eq!(by_code(worse).combine(by_code(better)).code(), worse);
                assert_eq!(by_code(better).combine(by_code(worse)).code(), worse);
            }
        }
        assert_eq!(by_code(143).combine(by_code(4)).code(), 143);
        assert_eq!(by_code(130).combine(by_code(143)).code(), 130, "the first signal counts");
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
    fn differences_count_only_when_asked() {
        let counting = Ending { count_differences: true, ..sample::ending() };
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
        let error = Ending { error: Some(sample::problem("argument")), ..sample::ending() };
        assert_eq!(exit_of(Action::Create, Status::Done, &error), 4);
        assert_eq!(exit_of(Action::None, Status::Done, &error), 1);
        assert_eq!(exit_of(Action::None, Status::Done, &Ending { exit: Exit::Usage, ..error }), 2);
    }

    #[test]
    fn a_signal_never_ends_with_success() {
        let interrupted = Ending { interrupted: Some(Signal::Terminate), ..sample::ending() };
        assert_eq!(exit_of(Action::Create, Status::Done, &interrupted), 143);
        assert_eq!(exit_of(Action::Create, Status::Failed, &interrupted), 143);
        assert_eq!(exit_of(Action::Create, Status::Unknown, &interrupted), 5);
    }

    #[test]
    fn a_caught_failure_is_none_but_a_caught_unknown_is() {
        let caught = |status| {
            let op = Op { caught: true, ..sample::op(Action::Create, status) };
            Exit::of_report(&sample::report_of(vec![op]), &sample::ending()).code()
        };
        assert_eq!(caught(Status::Failed), 0);
        assert_eq!(caught(Status::Conflict), 0);
        assert_eq!(caught(Status::Unknown), 5);
    }

    #[test]
    fn a_step_that_fails_on_its_own_counts() {
        let mut report = sample::report_of(vec![sample::op(Action::None, Status::Done)]);
        report.steps[0].status = StepStatus::Failed;
        assert_eq!(Exit::of_report(&report, &sample::ending()), Exit::Failed);
        report.mode = Mode::Plan;
        report.complete = false;
        assert_eq!(
            Exit::of_report(&report, &sample::ending()),
            Exit::Done,
            "a plan that could not look further"
        );
    }

    #[test]
    fn table_is_the_one_of_the_readme() {
        let table = Exit::table();
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows.len(), 10);
        assert_eq!(rows[..2], ["| code | meaning |", "|---|---|"]);
        assert_eq!(rows[4], "| 2 | usage, project file, recipe or credentials |");
        assert!(rows[9].starts_with("| 130, 143 | interrupted; `changed`"), "{}", rows[9]);
    }
}
