//! Faults at the requests of the bundled recipe: whatever strikes, what the report says is what the account's history
//! says, a clean run afterwards reaches the state of an undisturbed one, and a third run writes nothing.
//!
//! How many pairs and seeds are tried comes from the environment; `docs/how-tested.md` has the commands for all of them.

mod destroy;
mod documented;
mod entries;
mod group;
mod pairs;
mod persistent;
mod seeds;
mod services;
mod single;
mod sweep;
mod wire;

use super::invariants::{self, Goal};
use super::simulation::{Finished, Simulation, Terms};
use larder::http::{Limiter, WaitPolicy};
use larder::local::fault::{Fault, FaultTarget, NAMED};
use larder::op::Mode;
use larder::system::{Clock, Environment};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use wire::{Cut, Cuts};

/// What strikes a run.
#[derive(Clone, Copy)]
pub enum Struck {
    /// The account plays it.
    Account(&'static str, Fault),
    /// The network does, before the account sees anything.
    Wire(Cut, FaultTarget),
}

impl fmt::Display for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, strike) = match self {
            Struck::Account(name, fault) => ((*name).to_owned(), fault.strike),
            Struck::Wire(cut, strike) => (format!("{cut:?}"), *strike),
        };
        match strike {
            FaultTarget::Request(number) => write!(f, "{name}@{number}"),
            FaultTarget::From(first) => write!(f, "{name}@{first}+"),
            FaultTarget::All => write!(f, "{name}@*"),
        }
    }
}

/// The fault of that name.
fn named(name: &'static str, strike: FaultTarget) -> Struck {
    let (_, kind, effect) = NAMED.iter().find(|(known, ..)| *known == name).unwrap();
    Struck::Account(name, Fault { kind: *kind, effect: *effect, strike })
}

fn all_named() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(name, ..)| *name)
}

fn provision(simulation: &Simulation, terms: Terms) -> Finished {
    simulation.provision_on(terms, "development")
}

/// What an undisturbed run comes to.
fn undisturbed() -> Goal {
    let simulation = Simulation::new(1);
    let finished = provision(&simulation, simulation.terms(Mode::Apply));
    Goal::of(&simulation, &finished)
}

/// Runs with faults; gives what is wrong with that run.
fn disturbed(simulation: &Simulation, faults: &[Struck], goal: &Goal) -> (Finished, Vec<String>) {
    disturbed_run(simulation, faults, goal, provision)
}

/// Plays faults, counted from the next request of the account.
fn strike(simulation: &Simulation, faults: &[Struck]) -> Cuts {
    let begun = simulation.account.history().last().map_or(0, |last| last.sequence);
    let mut cuts = Vec::new();
    for struck in faults {
        match *struck {
            Struck::Account(_, fault) => {
                let strike = match fault.strike {
                    FaultTarget::Request(number) => FaultTarget::Request(begun + number),
                    FaultTarget::From(first) => FaultTarget::From(begun + first),
                    FaultTarget::All => FaultTarget::All,
                };
                simulation.account.inject(Fault { strike, ..fault });
            }
            Struck::Wire(cut, strike) => cuts.push((cut, strike)),
        }
    }
    Cuts::of(cuts)
}

/// The same of any run.
fn disturbed_run(
    simulation: &Simulation,
    faults: &[Struck],
    goal: &Goal,
    run: impl Fn(&Simulation, Terms) -> Finished,
) -> (Finished, Vec<String>) {
    // As patient as the command is unless told otherwise.
    let deadline = Some(simulation.clock.elapsed() + Duration::from_mins(8));
    let limiter = Arc::new(Limiter::new(WaitPolicy { deadline, is_short: false }, None));
    let terms =
        Terms { road: Arc::new(strike(simulation, faults)), limiter, ..simulation.terms(Mode::Apply) };
    let finished = run(simulation, terms);
    let wrong = invariants::run(&finished, goal, &simulation.account);
    simulation.account.heal();
    (finished, wrong)
}

/// A first run with faults, and the clean ones that follow.
fn cell(faults: &[Struck], seed: u64, goal: &Goal) -> Result<(), String> {
    let simulation = Simulation::new(seed);
    let (_, mut wrong) = disturbed(&simulation, faults, goal);
    wrong.extend(invariants::again(&simulation, goal, |terms| provision(&simulation, terms)));
    told(faults, wrong)
}

fn told(faults: &[Struck], wrong: Vec<String>) -> Result<(), String> {
    let names: Vec<String> = faults.iter().map(Struck::to_string).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}: {}", names.join(" "), wrong.join("; "))) }
}

fn nothing_wrong(wrong: &[String], cells: usize) {
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
}

/// A number from the environment of the test run.
fn number(name: &str, otherwise: u64) -> u64 {
    Environment::of_process().get(name).map_or(otherwise, |text| text.parse().unwrap())
}
