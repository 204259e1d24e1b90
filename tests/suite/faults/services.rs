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
    let run = |simulation: &Simulation, terms: Terms| simulation.script_on(terms, folder.path(), recipe);
    let simulation = Simulation::new(1);
    let goal = Goal::of(&simulation, &run(&simulation, simulation.terms(Mode::Apply)));
    assert!(goal.requests >= 3, "{what}: only {} requests", goal.requests);
    let cells = every(goal.requests as u64);
    let wrong = parallel_cases::each(&cells, |(struck, seed)| {
        let simulation = Simulation::new(*seed);
        let (_, mut wrong) = disturbed_run(&simulation, &[*struck], &goal, run);
        wrong.extend(invariants::again(&simulation, &goal, |terms| run(&simulation, terms)));
        told(&[*struck], wrong)
    });
    nothing_wrong(&wrong, cells.len());
}
