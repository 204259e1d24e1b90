//! The same for keys that are written and deleted at once, which each run does again, and for a path that is made to converge.

use super::services::every_fault_of;
use super::single::every;
use super::{Goal, Mode, Simulation, Terms, disturbed_run, invariants, nothing_wrong, told};
use crate::suite::parallel_cases;

const KEYS: &str = r#"let ns = kv::ensure("name"); ns.put_all(#{ a: "1", b: "2" }); ns.delete_keys(["b"]);"#;
const PATH: &str =
    r#"let b = r2::ensure("name"); cf::ensure(`/r2/buckets/${b.name}/domains/managed`, #{ enabled: true });"#;

#[test]
fn every_single_fault_at_every_request_of_raw_writes_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    let run = |simulation: &Simulation, terms: Terms| simulation.script_on(terms, folder.path(), KEYS);
    let simulation = Simulation::new(1);
    let goal = Goal::of(&simulation, &run(&simulation, simulation.terms(Mode::Apply)));
    let cells = every(goal.requests as u64);
    let wrong = parallel_cases::each(&cells, |(struck, seed)| {
        let simulation = Simulation::new(*seed);
        let (_, mut wrong) = disturbed_run(&simulation, &[*struck], &goal, run);
        // A deletion comes to the same when it comes twice, whatever its method.
        wrong.retain(|rule| !(rule.starts_with("S4") && rule.contains("/bulk/delete")));
        let after = run(&simulation, simulation.terms(Mode::Apply));
        wrong.extend(invariants::account(&simulation.account));
        if after.report.exit != 0 || !goal.is_reached(&simulation.account) {
            wrong.push(format!("L1: the run after it ends with {}: {:?}", after.report.exit, after.said));
        }
        told(&[*struck], wrong)
    });
    nothing_wrong(&wrong, cells.len());
}

#[test]
fn every_single_fault_at_every_request_of_a_path_that_converges() {
    every_fault_of("a path", PATH);
}
