//! A `destroy` that is killed: at each request, at each moment of it. The next one ends the work.

use super::{Mode, Moment, told};
use crate::suite::interceptors::Death;
use crate::suite::invariants::gone::{self, Before};
use crate::suite::{parallel_cases, shop_account};

#[test]
fn a_destroy_is_killed_at_every_request() {
    let simulation = shop_account::simulation(1);
    let requests = simulation.destroy(simulation.terms(Mode::Apply)).history.len();
    assert_eq!(gone::left(&simulation.account), Vec::<String>::new());
    let moments = [Moment::Before, Moment::Sent, Moment::Answered];
    let cells: Vec<(u64, Moment)> =
        (1..=requests as u64).flat_map(|at| moments.map(|moment| (at, moment))).collect();
    let wrong = parallel_cases::each(&cells, |(at, moment)| {
        let simulation = shop_account::simulation(1);
        let before = Before::of(&simulation.account);
        let mut terms = simulation.terms(Mode::Apply);
        let death = Death::at(*at, *moment, &terms.stop);
        terms.road = death.clone();
        let killed = simulation.destroy(terms);
        let mut wrong = gone::untouched(&killed, &before, &simulation.account);
        wrong.extend((!death.has_come()).then(|| "it did not come so far".to_owned()));
        wrong.extend(gone::once_more(&simulation, &before, requests));
        told(wrong, &format!("killed at {at}, {moment:?}"))
    });
    assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}
