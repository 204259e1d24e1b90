//! Several runs of the bundled recipe on one account: nothing is there twice, and every run ends with 0.

use super::*;

fn race(runs: usize, seed: u64, goal: &Goal) -> Vec<String> {
    let simulation = Simulation::new(seed);
    let seats = Turns::seeded(runs, seed);
    let all = at_once(&simulation, &roads(&seats), |terms, _| simulation.provision_on(terms, "development"));
    let mut wrong = invariants::account(&simulation.account);
    for finished in &all {
        wrong.extend(invariants::run(finished, goal, &simulation.account));
        if finished.report.exit != 0 {
            wrong.push(format!("a run ends with {}: {:?}", finished.report.exit, finished.said));
        }
    }
    let created: usize =
        all.iter().map(|finished| usize::try_from(finished.report.summary.create).unwrap()).sum();
    if created != simulation.account.resources().unwrap().len() {
        wrong.push(format!("T2: {created} are reported as created by all runs together"));
    }
    wrong.extend(invariants::again(&simulation, goal, |terms| simulation.provision_on(terms, "development")));
    wrong
}

fn races(runs: usize, number: u64) {
    let simulation = Simulation::new(1);
    let finished = simulation.provision(Mode::Apply, "development");
    let goal = Goal::of(&simulation, &finished);
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
