//! Runs that are killed: at each request, before it leaves, after it has arrived, after it was answered; and at each step
//! of each file write. The next run reaches the state of an undisturbed one, and one more writes nothing.
//!
//! In process, a killed run is one of which nothing reaches the account any more; a sample of the same, and all file
//! writes, are done with real processes.

use super::counted_migrations;
use super::interceptors::{Death, Landing, Moment};
use super::invariants::{self, Goal};
use super::parallel_cases::each;
use super::simulation::{Finished, Simulation, Terms};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::op::Mode;
use std::path::Path;

mod destroy;
mod files;
mod local;
mod processes;

/// A run that can be killed and repeated.
struct Subject<'a> {
    new: &'a (dyn Fn() -> Simulation + Sync),
    run: &'a (dyn Fn(&Simulation, Terms) -> Finished + Sync),
    goal: Goal,
    /// The requests of an undisturbed run that may write, from 1.
    writes: Vec<u64>,
}

impl<'a> Subject<'a> {
    fn new(
        new: &'a (dyn Fn() -> Simulation + Sync),
        run: &'a (dyn Fn(&Simulation, Terms) -> Finished + Sync),
    ) -> Self {
        let simulation = new();
        let before = simulation.account.history().len() as u64;
        let finished = run(&simulation, simulation.terms(Mode::Apply));
        let goal = Goal::of(&simulation, &finished);
        let writes = finished.history.iter().filter(|one| one.changed).map(|one| one.sequence - before);
        Subject { new, run, goal, writes: writes.collect() }
    }

    fn requests(&self) -> u64 {
        self.goal.requests as u64
    }

    /// Runs and is killed; whether it came so far.
    fn kill(&self, simulation: &Simulation, at: u64, moment: Moment) -> bool {
        let mut terms = simulation.terms(Mode::Apply);
        let death = Death::at(at, moment, &terms.stop);
        terms.road = death.clone();
        (self.run)(simulation, terms);
        death.has_come()
    }

    /// What is wrong after a kill, and after the runs that follow.
    fn after(&self, simulation: &Simulation) -> Vec<String> {
        let mut wrong = invariants::account(&simulation.account);
        wrong.extend(invariants::again(simulation, &self.goal, |terms| (self.run)(simulation, terms)));
        wrong
    }

    /// Kills at every request and moment.
    fn killed_anywhere(&self) {
        let moments = [Moment::Before, Moment::Sent, Moment::Answered];
        let cells: Vec<(u64, Moment)> =
            (1..=self.requests()).flat_map(|at| moments.map(|moment| (at, moment))).collect();
        let wrong = each(&cells, |(at, moment)| {
            let simulation = (self.new)();
            let has_come = self.kill(&simulation, *at, *moment);
            let mut wrong = self.after(&simulation);
            wrong.extend((!has_come).then(|| "it did not come so far".to_owned()));
            told(wrong, &format!("killed at {at}, {moment:?}"))
        });
        assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    }

    /// Kills at a write that takes effect only while the next run is at work, before its request number `landing`.
    fn late(&self, cells: &[(u64, u64)]) {
        let wrong = each(cells, |(at, landing)| {
            let simulation = (self.new)();
            let before = simulation.account.history().len() as u64;
            let strike = FaultTarget::Request(before + at);
            simulation.account.inject(Fault {
                kind: FaultKind::Late(29),
                effect: FaultEffect::Applied,
                strike,
            });
            self.kill(&simulation, *at, Moment::Sent);
            simulation.account.heal();
            let mut terms = simulation.terms(Mode::Apply);
            terms.road = Landing::before(*landing, &simulation.clock);
            let second = (self.run)(&simulation, terms);
            let mut wrong = invariants::run(&second, &self.goal, &simulation.account);
            if second.report.exit != 0 {
                wrong.push(format!("the next run ends with {}: {:?}", second.report.exit, second.said));
            }
            wrong.extend(self.after(&simulation));
            told(wrong, &format!("killed at {at}, which lands before {landing} of the next run"))
        });
        assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    }
}

fn told(wrong: Vec<String>, cell: &str) -> Result<(), String> {
    if wrong.is_empty() { Ok(()) } else { Err(format!("{cell}: {}", wrong.join("\n  "))) }
}

fn provision(simulation: &Simulation, terms: Terms) -> Finished {
    simulation.provision_on(terms, "development")
}

#[test]
fn the_bundled_recipe_is_killed_at_every_request() {
    Subject::new(&|| Simulation::new(1), &provision).killed_anywhere();
}

#[test]
fn a_create_of_a_killed_run_lands_during_the_next() {
    let subject = Subject::new(&|| Simulation::new(1), &provision);
    let requests = subject.requests();
    // Two moments for each write, which together are spread over the next run.
    let cells = |at: &u64| [(*at, at * 7 % requests + 1), (*at, at * 11 % requests + 1)];
    subject.late(&subject.writes.iter().flat_map(cells).collect::<Vec<_>>());
}

/// Six files on the database of a running app.
fn with_six(test: impl FnOnce(&Subject, &Path)) {
    let folder = counted_migrations::folder();
    let path = folder.path();
    test(
        &Subject::new(&|| counted_migrations::simulation(1, path), &|simulation, terms| {
            counted_migrations::migrate(simulation, terms, path)
        }),
        path,
    );
}

#[test]
fn six_migrations_are_killed_at_every_request() {
    with_six(|subject, _| subject.killed_anywhere());
}

#[test]
fn a_migration_of_a_killed_run_lands_during_the_next() {
    with_six(|subject, _| {
        let landings = 1..=subject.requests();
        let cells: Vec<(u64, u64)> = subject
            .writes
            .iter()
            .flat_map(|at| landings.clone().map(move |landing| (*at, landing)))
            .collect();
        subject.late(&cells);
    });
}

#[test]
fn six_migrations_are_killed_twice() {
    with_six(|subject, _| {
        let requests = subject.requests();
        let cells: Vec<(u64, u64)> =
            (1..=requests).flat_map(|first| (1..=requests).map(move |second| (first, second))).collect();
        let wrong = each(&cells, |(first, second)| {
            let simulation = (subject.new)();
            subject.kill(&simulation, *first, Moment::Sent);
            subject.kill(&simulation, *second, Moment::Sent);
            told(subject.after(&simulation), &format!("killed at {first}, and at {second} of the next run"))
        });
        assert!(wrong.is_empty(), "{} of {} cells:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    });
}
