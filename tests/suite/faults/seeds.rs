//! Runs with faults by chance: each request is struck with a probability of 1 to 30 %, which the seed chooses.

use super::{Cut, FaultTarget, Struck, all_named, cell, named, undisturbed};
use crate::suite::parallel_cases;

/// Requests that can be struck; a run that goes on for longer goes on undisturbed.
const REQUESTS: u64 = 120;

fn faults(seed: u64) -> Vec<Struck> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let probability = 0.01 + 0.29 * chance.f64();
    let kinds: Vec<&str> = all_named().collect();
    let mut faults = Vec::new();
    for at in 1..=REQUESTS {
        if chance.f64() >= probability {
            continue;
        }
        let here = FaultTarget::Request(at);
        faults.push(match chance.usize(..kinds.len() + Cut::ALL.len()) {
            kind if kind < kinds.len() => named(kinds[kind], here),
            cut => Struck::Wire(Cut::ALL[cut - kinds.len()], here),
        });
    }
    faults
}

#[test]
fn faults_by_chance() {
    let goal = undisturbed();
    parallel_cases::each_seed("faults", 160, |seed| {
        cell(&faults(seed), seed, &goal).err().into_iter().collect()
    });
}
