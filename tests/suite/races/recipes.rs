//! Several runs of the bundled recipe on one account: nothing is there twice, and every run ends with 0.

use super::*;

fn race(runs: usize, seed: u64, goal: &Goal) -> Vec<String> {
    let lab = Simulation::new(seed);
    let seats = Turns::seeded(runs, seed);
    let all = at_once(&lab, &roads(&seats), |terms, _| lab.provision_on(terms, "development"));
    let mut wrong = invariants::account(&lab.account);
    for finished in &all {
        wrong.extend(invariants::run(finished, goal, &lab.account));
        if finished.report.exit != 0 {
            wrong.push(format!("a run ends with {}: {:?}", finished.report.exit, finished.said));
        }
    }
    let created: usize =
        all.iter().map(|finished| usize::try_from(finished.report.summary.create).unwrap()).sum();
    if created != lab.account.resources().unwrap().len() {
        wrong.push(format!("T2: {created} are reported as created by all runs together"));
    }
    wrong.extend(invariants::again(&lab, goal, |terms| lab.provision_on(terms, "development")));
    wrong
}

fn races(runs: usize, number: u64) {
    let lab = Simulation::new(1);
    let finished = lab.provision(Mode::Apply, "development");
    let goal = Goal::of(&lab, &finished);
    each_seed(&format!("recipes-{runs}"), number, |seed| race(runs, seed, &goal));
}

#[test]
fn two_runs_of_the_bundled_recipe() {
    races(2, 40);
}

#[test]
fn four_runs_of_the_bundled_recipe() {
    races(4, 15);
}

#[test]
fn eight_runs_of_the_bundled_recipe() {
    races(8, 6);
}

#[test]
fn thirty_two_runs_of_the_bundled_recipe() {
    races(32, 1);
}
