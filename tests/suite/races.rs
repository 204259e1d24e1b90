//! Several runs at once on one account. The transport decides from a seed whose request is next, so that a failing order
//! can be played again: a failure prints its seed, and `sweep/seeds.txt` keeps what has failed once.
//!
//! `LARDER_SEEDS=10000 cargo test --locked races` plays more of them.

use super::counted_migrations;
use super::interceptors::{Barrier, Leaving, Turns};
use super::invariants::{self, Goal};
use super::parallel_cases::each_seed;
use super::simulation::{Finished, Interceptor, Simulation};
use larder::events::Status;
use larder::http::WireRequest;
use larder::op::Mode;
use std::path::Path;
use std::sync::Arc;

mod destroy;
mod migrations;
mod names;
mod processes;
mod recipes;

/// Runs on threads of their own, each on its road.
pub fn at_once(
    simulation: &Simulation,
    roads: &[Arc<dyn Interceptor>],
    run: impl Fn(super::simulation::Terms, usize) -> Finished + Sync,
) -> Vec<Finished> {
    std::thread::scope(|scope| {
        let runs: Vec<_> = roads
            .iter()
            .enumerate()
            .map(|(number, road)| {
                let mut terms = simulation.terms(Mode::Apply);
                terms.road = road.clone();
                let run = &run;
                scope.spawn(move || {
                    let _leaving = Leaving(road.as_ref());
                    run(terms, number)
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

/// Seats or lanes as roads.
pub fn roads<R: Interceptor + 'static>(places: &[Arc<R>]) -> Vec<Arc<dyn Interceptor>> {
    places.iter().map(|place| place.clone() as Arc<dyn Interceptor>).collect()
}

/// Each order of `0..number`.
fn permutations(number: usize) -> Vec<Vec<usize>> {
    if number == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(number - 1);
    let put = |rest: Vec<usize>| {
        (0..number).map(move |at| {
            let mut order = rest.clone();
            order.insert(at, number - 1);
            order
        })
    };
    shorter.into_iter().flat_map(put).collect()
}
