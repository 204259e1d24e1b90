//! Every single fault at every request of steps that run together: no migration is there without what it waits for.

use super::single::every;
use super::{Goal, Simulation, Terms, disturbed_run, invariants, nothing_wrong, told};
use crate::suite::{counted_migrations, parallel_cases};
use larder::op::Mode;

const RECIPE: &str = "steps([[\"d1\", \"kv\", \"r2\"]], #{\n    d1: || { d1::ensure(\"db\").migrate(\"migrations\"); },\n    kv: || { kv::ensure(\"A\"); },\n    r2: || { r2::ensure(\"abc\"); },\n});\n";

#[test]
fn every_single_fault_at_every_request_of_steps_that_run_together() {
    let folder = tempfile::tempdir().unwrap();
    larder::system::files::make_folder(&folder.path().join("migrations")).unwrap();
    counted_migrations::write(folder.path(), "1_a.sql", "CREATE TABLE a (x)");
    let run = |simulation: &Simulation, terms: Terms| simulation.script_on(terms, folder.path(), RECIPE);
    let simulation = Simulation::new(1);
    let goal = Goal::of(&simulation, &run(&simulation, simulation.terms(Mode::Apply)));
    assert!(goal.requests >= 8, "only {} requests", goal.requests);
    let cells = every(goal.requests as u64);
    let wrong = parallel_cases::each(&cells, |(struck, seed)| {
        let simulation = Simulation::new(*seed);
        let (_, mut wrong) = disturbed_run(&simulation, &[*struck], &goal, run);
        let there: Vec<&str> =
            simulation.account.resources().unwrap().into_iter().map(|(kind, _)| kind).collect();
        let is_migrated =
            there.contains(&"d1") && !counted_migrations::applied(&simulation.account).is_empty();
        if is_migrated && !(there.contains(&"kv") && there.contains(&"r2")) {
            wrong.push(format!("migrated beside {there:?} alone"));
        }
        wrong.extend(invariants::again(&simulation, &goal, |terms| run(&simulation, terms)));
        told(&[*struck], wrong)
    });
    nothing_wrong(&wrong, cells.len());
}
