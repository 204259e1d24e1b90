//! Each fault on all requests: the run ends in time with the right exit code.

use super::undisturbed;
use super::{
    Cut, FaultTarget, Simulation, Struck, all_named, disturbed, invariants, named, nothing_wrong, provision,
    told,
};
use crate::suite::parallel_cases;
use parking_lot::Mutex;

/// How the runs end that do not fail before their first write, with an answer to a first listing that can't be used. Lists
/// of an empty account have no ids to lack: there the first create is applied, and nothing can tell so. Where only a
/// replica answers for databases, all else is made.
const OTHERS: [(&str, u8); 10] = [
    ("cursor-again@*", 0),
    ("extra-fields-applied@*", 0),
    ("no-id-applied@*", 5),
    ("numeric-id-applied@*", 5),
    ("other-applied@*", 0),
    ("replica@*", 4),
    ("stale-3@*", 0),
    ("twice@*", 0),
    ("wrong-total@*", 0),
    ("young-3@*", 0),
];

#[test]
fn every_fault_on_all_requests() {
    let goal = undisturbed();
    let mut cells: Vec<Struck> = all_named().map(|name| named(name, FaultTarget::All)).collect();
    cells.extend(Cut::ALL.map(|cut| Struck::Wire(cut, FaultTarget::All)));
    let exits = Mutex::new(Vec::new());
    let wrong = parallel_cases::each(&cells, |struck| {
        let simulation = Simulation::new(1);
        let (finished, mut wrong) = disturbed(&simulation, &[*struck], &goal);
        exits.lock().push((struck.to_string(), finished.report.exit));
        wrong.extend(invariants::again(&simulation, &goal, |terms| provision(&simulation, terms)));
        told(&[*struck], wrong)
    });
    nothing_wrong(&wrong, cells.len());
    let mut others: Vec<(String, u8)> = exits.into_inner();
    others.retain(|(_, exit)| *exit != 1);
    others.sort();
    let others: Vec<(&str, u8)> = others.iter().map(|(fault, exit)| (fault.as_str(), *exit)).collect();
    assert_eq!(others, OTHERS);
}
