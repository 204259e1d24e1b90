//! Every single fault at every request of a `destroy`, and deletions whose answers are lost for good.

use super::{Limiter, Mode, Simulation, Struck, Terms, WaitPolicy, nothing_wrong, strike, told};
use crate::suite::invariants::attributed;
use crate::suite::invariants::gone::{self, Before};
use crate::suite::simulation::{Arrival, Interceptor};
use crate::suite::{parallel_cases, shop_account};
use larder::events::Status;
use larder::http::{TransportError, TransportErrorKind, WireRequest};
use larder::local::fault::NAMED;
use larder::system::Clock;
use std::sync::Arc;
use std::time::Duration;

/// Deletions of the shop: five resources, and the two objects of a bucket in one.
const DELETIONS: usize = 6;

/// The requests of an undisturbed `destroy`, and whether each only reads; it leaves nothing and finds nothing the next
/// time.
fn undisturbed() -> Vec<bool> {
    let simulation = shop_account::simulation(1);
    let before = Before::of(&simulation.account);
    let finished = simulation.destroy(simulation.terms(Mode::Apply));
    let (exit, retries) = (finished.report.exit, finished.report.requests.retries);
    assert_eq!((exit, retries, finished.changes()), (0, 0, DELETIONS), "{:?}", finished.said);
    let requests = finished.history.len();
    assert!(requests >= 20, "only {requests} requests");
    let mut wrong = gone::destroyed(&finished, &before, &simulation.account, requests);
    wrong.extend(gone::once_more(&simulation, &before, requests));
    assert_eq!(wrong, Vec::<String>::new());
    let reads: Vec<bool> = finished.history.iter().map(|one| one.method != "DELETE").collect();
    assert_eq!(reads.iter().filter(|read| !**read).count(), DELETIONS);
    reads
}

/// A `destroy` on a road, and the clean ones that follow; `is_true` says that the server's answers are.
fn cell(simulation: &Simulation, road: Arc<dyn Interceptor>, requests: usize, is_true: bool) -> Vec<String> {
    let before = Before::of(&simulation.account);
    // As patient as the command is unless told otherwise.
    let deadline = Some(simulation.clock.elapsed() + Duration::from_mins(8));
    let limiter = Arc::new(Limiter::new(WaitPolicy { deadline, is_short: false }, None));
    let finished = simulation.destroy(Terms { road, limiter, ..simulation.terms(Mode::Apply) });
    let mut wrong = if is_true {
        gone::destroyed(&finished, &before, &simulation.account, requests)
    } else {
        gone::untouched(&finished, &before, &simulation.account)
    };
    if gone::left(&simulation.account).is_empty() && finished.report.exit != 0 {
        let ops = finished.report.ops().map(|op| format!("{} {:?}", op.resource, op.status));
        let ops: Vec<String> = ops.collect();
        wrong.push(format!("T1: all is gone, and it ends with {}: {ops:?}", finished.report.exit));
    }
    let unknown = finished.report.ops().any(|op| op.status == Status::Unknown);
    if unknown && !finished.carried.iter().any(gone::is_open) {
        wrong.push("T2: every answer to a deletion was clear, and one is called unknown".into());
    }
    wrong.extend(attributed(&finished));
    simulation.account.heal();
    wrong.extend(gone::afterwards(simulation, &before, requests));
    wrong
}

#[test]
fn every_single_fault_at_every_request_of_a_destroy() {
    let requests = undisturbed();
    let mut cells = super::single::every(requests.len() as u64);
    // Of a request that only reads, nothing takes effect: with or without comes to the same.
    let is_named = |plain: &str| NAMED.iter().any(|(name, ..)| *name == plain);
    let has_twin =
        |name: &str| name.strip_suffix("-applied").is_some_and(is_named) || name.starts_with("late-");
    cells.retain(|(struck, at)| match struck {
        Struck::Account(name, _) => !(has_twin(name) && requests[usize::try_from(*at).unwrap() - 1]),
        Struck::Wire(..) => true,
    });
    let requests = requests.len();
    let wrong = parallel_cases::each(&cells, |(struck, _)| {
        let simulation = shop_account::simulation(1);
        // `success: true` and no result is what a deletion is answered with: here nothing was deleted, and only the
        // next run can tell.
        let is_true = !matches!(struck, Struck::Account("no-result", _));
        told(&[*struck], cell(&simulation, Arc::new(strike(&simulation, &[*struck])), requests, is_true))
    });
    nothing_wrong(&wrong, cells.len());
}

/// No answer to a deletion comes back, from one on or to those of one path.
struct Lossy {
    state: parking_lot::Mutex<(usize, Option<String>)>,
    at: usize,
    only: bool,
    arrives: bool,
}

impl Interceptor for Lossy {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if request.endpoint.method != "DELETE" {
            return deliver();
        }
        let mut state = self.state.lock();
        if state.1.as_ref() != Some(&request.path) {
            *state = (state.0 + 1, Some(request.path.clone()));
        }
        if state.0 < self.at || (self.only && state.0 > self.at) {
            return deliver();
        }
        if self.arrives {
            let _ = deliver();
        }
        Err(TransportError::new(TransportErrorKind::Broken, "connection reset"))
    }
}

/// However often a deletion is sent: what is gone is reported as deleted, and what is there as unknown.
#[test]
fn deletions_whose_answers_never_come() {
    let requests = undisturbed().len();
    let mut cells = Vec::new();
    for at in 1..=DELETIONS {
        cells.extend([(true, true), (true, false), (false, true), (false, false)].map(|(a, b)| (at, a, b)));
    }
    let wrong = parallel_cases::each(&cells, |(at, only, arrives)| {
        let simulation = shop_account::simulation(1);
        let road = Lossy { state: parking_lot::Mutex::default(), at: *at, only: *only, arrives: *arrives };
        let before = Before::of(&simulation.account);
        let finished = simulation.destroy(Terms { road: Arc::new(road), ..simulation.terms(Mode::Apply) });
        let mut wrong = gone::destroyed(&finished, &before, &simulation.account, requests);
        let unknown = finished.report.ops().filter(|op| op.status == Status::Unknown).count();
        let (exit, left) = (finished.report.exit, gone::left(&simulation.account).len());
        if *arrives && (exit, unknown, left) != (0, 0, 0) {
            wrong.push(format!("all is gone, and it ends with {exit}, {unknown} unknown, {left} left"));
        }
        // Where the deletion of several objects at once comes to nothing, each is deleted alone.
        let is_alone = |one: &crate::suite::simulation::Carried| one.request.path.contains("/objects/");
        if *only && finished.carried.iter().any(is_alone) {
            if (exit, unknown, left) != (0, 0, 0) {
                wrong.push(format!("there was another way, and it ends with {exit}, {left} left"));
            }
        } else if !*arrives && (exit != 5 || unknown == 0 || unknown != left || (*only && left != 1)) {
            wrong.push(format!("it ends with {exit}, {unknown} unknown, {left} left"));
        }
        wrong.extend(gone::afterwards(&simulation, &before, requests));
        let cell = format!("at {at}, only that: {only}, arrives: {arrives}: {}", wrong.join("; "));
        if wrong.is_empty() { Ok(()) } else { Err(cell) }
    });
    nothing_wrong(&wrong, cells.len());
}
