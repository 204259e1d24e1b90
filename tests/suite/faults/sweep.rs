//! Every single fault at every request of a `sweep`: what is kept stays whole, what is told is so, and the sweep after it ends
//! the work.

use super::{Limiter, Mode, Simulation, Struck, Terms, WaitPolicy, nothing_wrong, strike, told};
use crate::suite::{parallel_cases, shop_account};
use larder::system::Clock;
use std::sync::Arc;
use std::time::Duration;

/// What the branch has left.
const ALL: usize = 4;

fn simulation() -> Simulation {
    shop_account::branches(1, &["a", "kept"])
}

/// Whether something is what a branch has left that is gone.
fn is_left(name: &str) -> bool {
    name.starts_with("shop-pre-a-")
}

/// All that the account holds, and whether it is to go.
fn held(simulation: &Simulation) -> (Vec<String>, Vec<String>) {
    let contents = simulation.account.contents().unwrap().into_iter();
    let held = contents
        .map(|(service, one, content)| (one.name.clone(), format!("{service} {} {content}", one.name)));
    let (left, kept): (Vec<_>, Vec<_>) = held.partition(|(name, _)| is_left(name));
    let words = |list: Vec<(String, String)>| list.into_iter().map(|(_, words)| words).collect();
    (words(left), words(kept))
}

/// Whether each request of an undisturbed sweep only reads.
fn undisturbed() -> Vec<bool> {
    let simulation = simulation();
    let (left, kept) = held(&simulation);
    assert_eq!((left.len(), kept.len()), (ALL, 8));
    let finished = simulation.sweep(simulation.terms(Mode::Apply), "kept");
    assert_eq!(
        (finished.report.exit, finished.report.summary.delete),
        (0, ALL as u64),
        "{:?}",
        finished.said
    );
    assert_eq!(held(&simulation), (Vec::new(), kept));
    finished.history.iter().map(|one| one.method != "DELETE").collect()
}

fn cell(struck: Struck) -> Vec<String> {
    let simulation = simulation();
    let kept = held(&simulation).1;
    let deadline = Some(simulation.clock.elapsed() + Duration::from_mins(8));
    let limiter = Arc::new(Limiter::new(WaitPolicy { deadline, is_short: false }, None));
    let terms =
        Terms { road: Arc::new(strike(&simulation, &[struck])), limiter, ..simulation.terms(Mode::Apply) };
    let finished = simulation.sweep(terms, "kept");
    simulation.account.heal();
    if held(&simulation).1 != kept {
        return vec!["what is kept was touched".into()];
    }
    let (left, changes, exit) = (held(&simulation).0.len(), finished.changes(), finished.report.exit);
    let mut wrong = Vec::new();
    // Of a yes to a deletion that did nothing only the next sweep can tell.
    let is_true = !matches!(struck, Struck::Account("no-result", _));
    let fits = match exit {
        0 => left == 0 || !is_true,
        1 => changes == 0 && left == ALL,
        4 | 5 => !is_true || left > 0,
        _ => false,
    };
    if !fits {
        wrong.push(format!("it ends with {exit}, {left} are left, {changes} changes: {:?}", finished.said));
    }
    let deleted = finished.report.summary.delete;
    if is_true && exit != 5 && deleted != (ALL - left) as u64 {
        wrong.push(format!("{deleted} are told to be deleted, {left} are left"));
    }
    if left == 0 || (changes == 0 && left == ALL) {
        // As after an undisturbed one, or as before: those that follow were looked at once.
        return wrong;
    }
    let next = simulation.sweep(simulation.terms(Mode::Apply), "kept");
    if next.report.exit != 0 || !held(&simulation).0.is_empty() {
        wrong.push(format!("the next ends with {}: {:?}", next.report.exit, next.said));
    }
    let last = simulation.sweep(simulation.terms(Mode::Apply), "kept");
    if (last.report.exit, last.changes(), last.report.changed) != (0, 0, false) {
        wrong.push(format!("the last ends with {}", last.report.exit));
    }
    if held(&simulation).1 != kept {
        wrong.push("what is kept was touched afterwards".into());
    }
    wrong
}

#[test]
fn every_single_fault_at_every_request_of_a_sweep() {
    let requests = undisturbed();
    let mut cells = super::single::every(requests.len() as u64);
    // Of a request that only reads, nothing takes effect: with or without comes to the same.
    let has_twin = |name: &str| name.ends_with("-applied") || name.starts_with("late-");
    cells.retain(|(struck, at)| match struck {
        Struck::Account(name, _) => !(has_twin(name) && requests[usize::try_from(*at).unwrap() - 1]),
        Struck::Wire(..) => true,
    });
    let wrong = parallel_cases::each(&cells, |(struck, _)| told(&[*struck], cell(*struck)));
    nothing_wrong(&wrong, cells.len());
}
