//! Every single fault at every request of the bundled recipe: what the report says is what the account's history says, a
//! clean run afterwards reaches the state of an undisturbed one, and a third run writes nothing.

use super::checker::{self, Goal};
use super::lab::{Finished, Lab, Terms};
use larder::local::fault::{Fault, NAMED, Strike};
use larder::op::Mode;

fn provision(lab: &Lab, terms: Terms) -> Finished {
    lab.provision_on(terms, "development")
}

/// What an undisturbed run comes to.
fn undisturbed() -> Goal {
    let lab = Lab::new(1);
    let finished = provision(&lab, lab.terms(Mode::Apply));
    Goal::of(&lab, &finished)
}

/// One cell of the sweep: the fault, then a clean run, then a third.
fn cell(fault: Fault, name: &str, seed: u64, goal: &Goal) -> Result<(), String> {
    let lab = Lab::new(seed);
    lab.account.inject(fault);
    let first = provision(&lab, lab.terms(Mode::Apply));
    let mut wrong = checker::run(&first, goal, &lab.account);
    lab.account.heal();
    wrong.extend(checker::again(&lab, goal, |terms| provision(&lab, terms)));
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{name} at {:?}: {}", fault.strike, wrong.join("; ")))
}

/// Runs cells on all cores; gives what is wrong.
fn sweep(cells: &[(Fault, &'static str, u64)], goal: &Goal) -> Vec<String> {
    super::sweep::each(cells, |(fault, name, seed)| cell(*fault, name, *seed, goal))
}

#[test]
fn every_single_fault_at_every_request() {
    let goal = undisturbed();
    let requests = goal.requests as u64;
    assert!(requests >= 20, "only {requests} requests");
    let cells: Vec<(Fault, &'static str, u64)> = NAMED
        .iter()
        .flat_map(|(name, kind, effect)| {
            (1..=requests).map(move |at| {
                (Fault { kind: *kind, effect: *effect, strike: Strike::Request(at) }, *name, at)
            })
        })
        .collect();
    let wrong = sweep(&cells, &goal);
    assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}

#[test]
fn every_fault_on_all_requests() {
    let goal = undisturbed();
    let cells: Vec<(Fault, &'static str, u64)> = NAMED
        .iter()
        .map(|(name, kind, effect)| (Fault { kind: *kind, effect: *effect, strike: Strike::All }, *name, 1))
        .collect();
    let wrong = sweep(&cells, &goal);
    assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}
