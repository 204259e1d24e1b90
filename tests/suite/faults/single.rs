//! Every single fault at every request, of a first run and of a run that has nothing to do.

use super::{
    Cut, FaultTarget, Simulation, Struck, all_named, cell, disturbed, invariants, named, nothing_wrong,
    provision,
};
use super::{Mode, told, undisturbed};
use crate::suite::parallel_cases;

/// Statuses of the edge that come to the same: at each request one of them is played.
const EDGE: [&str; 8] =
    ["521-html", "522-html", "523-html", "524-html-applied", "525-html", "526-html", "527-html", "530-html"];

/// Answers of something on the way, which come to the same, too.
const ON_THE_WAY: [&str; 5] =
    ["302-html-applied", "304-empty-applied", "403-html-applied", "404-html-applied", "429-html-applied"];

/// Every fault at each of so many requests, and those that last from there on.
pub fn every(requests: u64) -> Vec<(Struck, u64)> {
    let mut cells = Vec::new();
    for at in 1..=requests {
        let here = FaultTarget::Request(at);
        let number = usize::try_from(at).unwrap();
        let one_of = [EDGE[number % EDGE.len()], ON_THE_WAY[number % ON_THE_WAY.len()]];
        let is_played =
            |name: &&str| one_of.contains(name) || !(EDGE.contains(name) || ON_THE_WAY.contains(name));
        let faults = all_named().filter(is_played);
        cells.extend(faults.map(|name| (named(name, here), at)));
        cells.extend(Cut::ALL.map(|cut| (Struck::Wire(cut, here), at)));
        cells.extend(["401", "403"].map(|name| (named(name, FaultTarget::From(at)), at)));
    }
    cells
}

#[test]
fn every_single_fault_at_every_request() {
    let goal = undisturbed();
    assert!(goal.requests >= 20, "only {} requests", goal.requests);
    let cells = every(goal.requests as u64);
    let wrong = parallel_cases::each(&cells, |(struck, seed)| cell(&[*struck], *seed, &goal));
    nothing_wrong(&wrong, cells.len());
}

#[test]
fn every_single_fault_at_every_request_of_a_run_with_nothing_to_do() {
    let goal = undisturbed();
    let simulation = Simulation::new(1);
    provision(&simulation, simulation.terms(Mode::Apply));
    let idle = provision(&simulation, simulation.terms(Mode::Apply));
    assert_eq!((idle.report.exit, idle.changes(), idle.report.requests.retries), (0, 0, 0));
    assert!(idle.history.len() >= 5, "only {} requests", idle.history.len());
    let cells = every(idle.history.len() as u64);
    let wrong = parallel_cases::each(&cells, |(struck, seed)| {
        let simulation = Simulation::new(*seed);
        provision(&simulation, simulation.terms(Mode::Apply));
        let (finished, mut wrong) = disturbed(&simulation, &[*struck], &goal);
        if finished.changes() > 0 || !goal.is_reached(&simulation.account) {
            wrong.push("a run with nothing to do has changed the account".into());
        }
        wrong.extend(invariants::again(&simulation, &goal, |terms| provision(&simulation, terms)));
        told(&[*struck], wrong)
    });
    nothing_wrong(&wrong, cells.len());
}
