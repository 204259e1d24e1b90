//! A `destroy` that is not alone: beside another, and beside a run that makes what it deletes.

use super::{Mode, Turns, at_once, each_seed, invariants, roads};
use crate::suite::invariants::gone::{self, Before};
use crate::suite::shop_account;

/// Each ends with 0, whoever was first, and what one has deleted the other reports as gone, or as looked for.
#[test]
fn two_destroys_at_once() {
    let simulation = shop_account::simulation(1);
    let requests = simulation.destroy(simulation.terms(Mode::Apply)).history.len();
    each_seed("destroys", 60, |seed| {
        let simulation = shop_account::simulation(seed);
        let before = Before::of(&simulation.account);
        let both =
            at_once(&simulation, &roads(&Turns::seeded(2, seed)), |terms, _| simulation.destroy(terms));
        let mut wrong: Vec<String> = Vec::new();
        for finished in &both {
            wrong.extend(gone::destroyed(finished, &before, &simulation.account, requests));
            let (exit, said) = (finished.report.exit, &finished.said);
            wrong.extend((exit != 0).then(|| format!("one ends with {exit}: {said:?}")));
        }
        wrong.extend(gone::once_more(&simulation, &before, requests));
        wrong
    });
}

/// What a run makes again may be left or not; nothing else is touched, every exit is true of what its own run did, and
/// once the run is over a `destroy` leaves nothing.
#[test]
fn a_destroy_beside_a_run_of_the_same_recipe() {
    let simulation = shop_account::simulation(1);
    let requests = simulation.destroy(simulation.terms(Mode::Apply)).history.len();
    each_seed("destroy beside a run", 40, |seed| {
        let simulation = shop_account::simulation(seed);
        let before = Before::of(&simulation.account);
        let both = at_once(&simulation, &roads(&Turns::seeded(2, seed)), |terms, number| {
            if number == 0 { simulation.destroy(terms) } else { simulation.supply(terms) }
        });
        let [destroyed, supplied] = &both[..] else { unreachable!("two runs") };
        let mut wrong = gone::untouched(destroyed, &before, &simulation.account);
        wrong.extend(gone::entries(destroyed, &before, None));
        // Its resources may be deleted under its hands: that it says so is all that can be asked.
        let (exit, changed) = (supplied.report.exit, supplied.changes() > 0);
        if !matches!(exit, 0 | 1 | 4 | 5) || (exit == 1 && changed) || (changed && !supplied.report.changed) {
            wrong.push(format!("the run ends with {exit}, changes: {changed}: {:?}", supplied.said));
        }
        wrong.extend(invariants::account(&simulation.account));
        // What the run has made anew has other ids.
        let before = Before::of(&simulation.account);
        wrong.extend(gone::once_more(&simulation, &before, requests));
        wrong
    });
}
