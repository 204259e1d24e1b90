//! Every single fault at every request of the recipe that exercises a service, for each service.

use super::single::every;
use super::{Goal, Mode, Simulation, Terms, disturbed_run, invariants, nothing_wrong, told};
use crate::suite::{beacon_service, parallel_cases};

#[test]
fn every_single_fault_at_every_request_of_each_service() {
    for service in beacon_service::services().iter() {
        every_fault_of(service.name, service.exercise);
    }
}

/// Every single fault at every request of a recipe that converges.
pub(super) fn every_fault_of(what: &str, recipe: &str) {
    let folder = tempfile::tempdir().unwrap();
    let run = |lab: &Simulation, terms: Terms| lab.script_on(terms, folder.path(), recipe);
    let lab = Simulation::new(1);
    let goal = Goal::of(&lab, &run(&lab, lab.terms(Mode::Apply)));
    assert!(goal.requests >= 3, "{what}: only {} requests", goal.requests);
    let cells = every(goal.requests as u64);
    let wrong = parallel_cases::each(&cells, |(struck, seed)| {
        let lab = Simulation::new(*seed);
        let (_, mut wrong) = disturbed_run(&lab, &[*struck], &goal, run);
        wrong.extend(invariants::again(&lab, &goal, |terms| run(&lab, terms)));
        told(&[*struck], wrong)
    });
    nothing_wrong(&wrong, cells.len());
}
