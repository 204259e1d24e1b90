//! Two faults in one run: all pairs of a core set, of which a sample is tried unless more is asked for.

use super::{FaultTarget, Struck, cell, named, nothing_wrong, number, undisturbed};
use crate::suite::parallel_cases;

/// One of each consequence that a fault can have.
const CORE: [&str; 12] = [
    "reset",
    "reset-applied",
    "hang-applied",
    "late-10s",
    "500-applied",
    "502-html",
    "429-date",
    "truncated-applied",
    "no-id-applied",
    "refused",
    "401",
    "stale-3-reset",
];

/// Every pair, in an order of its own that a sample takes from evenly.
fn all(requests: u64) -> Vec<[Struck; 2]> {
    let mut pairs = Vec::new();
    for first in 1..=requests {
        for second in first + 1..=requests {
            for one in CORE {
                for other in CORE {
                    let at = |name, number| named(name, FaultTarget::Request(number));
                    pairs.push([at(one, first), at(other, second)]);
                }
            }
        }
    }
    fastrand::Rng::with_seed(12).shuffle(&mut pairs);
    pairs
}

#[test]
fn pairs_of_faults() {
    let goal = undisturbed();
    let pairs = all(goal.requests as u64);
    let sample = usize::try_from(number("LARDER_PAIRS", 160)).unwrap().min(pairs.len());
    let cells = &pairs[..sample];
    let wrong = parallel_cases::each(cells, |pair| cell(pair, 1, &goal));
    nothing_wrong(&wrong, cells.len());
}
