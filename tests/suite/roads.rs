//! What stands in the way of a lab's runs: turns that a seed decides, a barrier in front of the first write.

use super::lab::{Arrival, Road};
use larder::http::WireRequest;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Puts the requests and pauses of several runs into one order, which the seed alone decides: of those that are still
/// at work, chance says who is next, and nobody else moves until that one has. Between two turns a run only computes, so
/// every order in which requests can reach an account is an order of turns.
pub struct Turns {
    table: Mutex<Table>,
    moved: Condvar,
}

struct Table {
    /// Who is still at work.
    live: Vec<bool>,
    /// Whose turn it is.
    next: usize,
    chance: fastrand::Rng,
}

/// Leaves a road when dropped, also where a run panics: else the others would wait for it.
pub struct Leaving<'a>(pub &'a dyn Road);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// One run's place.
pub struct Seat {
    turns: Arc<Turns>,
    number: usize,
}

impl Turns {
    /// Seats for so many runs.
    pub fn seeded(runs: usize, seed: u64) -> Vec<Arc<Seat>> {
        let mut table = Table { live: vec![true; runs], next: 0, chance: fastrand::Rng::with_seed(seed) };
        table.choose();
        let turns = Arc::new(Turns { table: Mutex::new(table), moved: Condvar::new() });
        (0..runs).map(|number| Arc::new(Seat { turns: turns.clone(), number })).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap()
    }
}

impl Table {
    fn choose(&mut self) {
        let live: Vec<usize> = (0..self.live.len()).filter(|number| self.live[*number]).collect();
        if !live.is_empty() {
            self.next = live[self.chance.usize(..live.len())];
        }
    }
}

impl Seat {
    /// Waits for this run's turn and makes its move.
    pub fn take<T>(&self, act: impl FnOnce() -> T) -> T {
        let table = self.turns.lock();
        drop(self.turns.moved.wait_while(table, |table| table.next != self.number).unwrap());
        let result = act();
        self.turns.lock().choose();
        self.turns.moved.notify_all();
        result
    }
}

impl Road for Seat {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        self.take(deliver)
    }

    fn pause(&self, pass: &mut dyn FnMut()) {
        self.take(pass);
    }

    /// Gets up: the others go on alone.
    fn leave(&self) {
        let mut table = self.turns.lock();
        table.live[self.number] = false;
        if table.next == self.number {
            table.choose();
        }
        drop(table);
        self.turns.moved.notify_all();
    }
}

/// Holds the first request of each run that is meant, until all runs have come to theirs, and lets them through in the
/// given order, one after the other.
pub struct Barrier {
    state: Mutex<Gate>,
    moved: Condvar,
    is_meant: fn(&WireRequest) -> bool,
}

struct Gate {
    /// How many have not come to it yet.
    awaited: usize,
    /// Who is still to go through, next first.
    order: Vec<usize>,
}

/// One run's way through a barrier.
pub struct Lane {
    barrier: Arc<Barrier>,
    number: usize,
    passed: AtomicBool,
}

impl Barrier {
    /// Lanes for as many runs as the order names.
    pub fn lanes(order: &[usize], is_meant: fn(&WireRequest) -> bool) -> Vec<Arc<Lane>> {
        let barrier = Arc::new(Barrier {
            state: Mutex::new(Gate { awaited: order.len(), order: order.to_vec() }),
            moved: Condvar::new(),
            is_meant,
        });
        let lane = |number| Lane { barrier: barrier.clone(), number, passed: AtomicBool::new(false) };
        (0..order.len()).map(|number| Arc::new(lane(number))).collect()
    }
}

impl Road for Lane {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if !(self.barrier.is_meant)(request) || self.passed.swap(true, Ordering::SeqCst) {
            return deliver();
        }
        let Barrier { state, moved, .. } = &*self.barrier;
        let mut gate = state.lock().unwrap();
        gate.awaited -= 1;
        moved.notify_all();
        let is_held = |gate: &mut Gate| gate.awaited > 0 || gate.order[0] != self.number;
        let mut gate = moved.wait_while(gate, is_held).unwrap();
        let arrival = deliver();
        gate.order.remove(0);
        moved.notify_all();
        arrival
    }

    /// Nobody waits for a run that ends without having come to it.
    fn leave(&self) {
        if !self.passed.swap(true, Ordering::SeqCst) {
            let mut gate = self.barrier.state.lock().unwrap();
            gate.awaited -= 1;
            gate.order.retain(|number| *number != self.number);
            self.barrier.moved.notify_all();
        }
    }
}
