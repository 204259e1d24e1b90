//! Real processes, ended with SIGKILL when the account has seen a request of theirs.

use super::*;
use crate::suite::project::Project;
use std::time::Duration;

const RUN: [&str; 3] = ["run", "-e", "development"];

/// What an undisturbed process comes to: the state, and how many requests it takes.
fn undisturbed() -> (String, u64) {
    let project = Project::example().served();
    project.run(&RUN).exit(0);
    (invariants::state(project.account()), project.account().history().len() as u64)
}

fn killed(at: u64, effect: FaultEffect, goal: &str) {
    let project = Project::example().served();
    // It is held, so that the process waits for the answer when it is killed.
    project.account().inject(Fault { kind: FaultKind::Hang, effect, strike: FaultTarget::Request(at) });
    let mut child = project.spawn(&RUN);
    let came = |history: &[larder::local::RecordedExchange]| {
        let seen = history.iter().find(|one| one.sequence == at);
        seen.is_some_and(|one| effect == FaultEffect::NotApplied || one.applied.is_some())
    };
    let has_come = project.account().wait_until(Duration::from_mins(1), came);
    child.kill().unwrap();
    assert!(has_come && !child.wait().unwrap().success());
    project.account().heal();
    assert_eq!(invariants::account(project.account()), Vec::<String>::new());
    let second = project.report(&RUN);
    assert_eq!(
        (&second["exit"], invariants::state(project.account()).as_str()),
        (&0.into(), goal),
        "{second:#}"
    );
    let third = project.report(&RUN);
    assert_eq!(
        (&third["exit"], &third["changed"], &third["requests"]["writes"]),
        (&0.into(), &false.into(), &0.into())
    );
    assert_eq!(invariants::account(project.account()), Vec::<String>::new());
    assert_eq!(invariants::orphans(project.path()), Vec::<String>::new());
}

#[test]
fn processes_are_killed_at_a_sample_of_requests() {
    let (goal, requests) = undisturbed();
    let effects = [FaultEffect::Applied, FaultEffect::NotApplied];
    let cells: Vec<(u64, FaultEffect)> = (1..=requests)
        .step_by(5)
        .zip(effects.into_iter().cycle())
        .chain([(requests, FaultEffect::Applied)])
        .collect();
    for (at, effect) in cells {
        killed(at, effect, &goal);
    }
}
