//! What stands in the way of a lab's runs: turns that a seed decides, a barrier in front of the first write, lost
//! answers, a death.

use super::simulation::{Arrival, Interceptor};
use larder::http::{Stop, TransportError, TransportErrorKind, WireRequest};
use larder::system::{Clock, ManualClock};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

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
pub struct Leaving<'a>(pub &'a dyn Interceptor);

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
        let mut table = self.turns.table.lock();
        self.turns.moved.wait_while(&mut table, |table| table.next != self.number);
        drop(table);
        let result = act();
        self.turns.table.lock().choose();
        self.turns.moved.notify_all();
        result
    }
}

impl Interceptor for Seat {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        self.take(deliver)
    }

    fn pause(&self, pass: &mut dyn FnMut()) {
        self.take(pass);
    }

    /// Gets up: the others go on alone.
    fn leave(&self) {
        let mut table = self.turns.table.lock();
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

impl Interceptor for Lane {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if !(self.barrier.is_meant)(request) || self.passed.swap(true, Ordering::SeqCst) {
            return deliver();
        }
        let Barrier { state, moved, .. } = &*self.barrier;
        let mut gate = state.lock();
        gate.awaited -= 1;
        moved.notify_all();
        let is_held = |gate: &mut Gate| gate.awaited > 0 || gate.order[0] != self.number;
        moved.wait_while(&mut gate, is_held);
        let arrival = deliver();
        gate.order.remove(0);
        moved.notify_all();
        arrival
    }

    /// Nobody waits for a run that ends without having come to it.
    fn leave(&self) {
        if !self.passed.swap(true, Ordering::SeqCst) {
            let mut gate = self.barrier.state.lock();
            gate.awaited -= 1;
            gate.order.retain(|number| *number != self.number);
            self.barrier.moved.notify_all();
        }
    }
}

/// When a run dies, seen from one of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The request never leaves.
    Before,
    /// It arrives; nobody is there for the answer.
    Sent,
    /// The answer arrives, and nothing is done with it.
    Answered,
}

/// The end of a run at one of its requests: from then on nothing of it reaches the account, and no time passes for it.
/// For the account that is what a killed process is; what the run makes of it is thrown away.
pub struct Death {
    at: u64,
    moment: Moment,
    stop: Stop,
    seen: AtomicU64,
    is_dead: AtomicBool,
}

impl Death {
    /// At request number `at`, from 1; `stop` is the run's own, so that it ends soon.
    pub fn at(at: u64, moment: Moment, stop: &Stop) -> Arc<Self> {
        let (seen, is_dead) = (AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Death { at, moment, stop: stop.clone(), seen, is_dead })
    }

    /// Whether the run came so far.
    pub fn has_come(&self) -> bool {
        self.is_dead.load(Ordering::SeqCst)
    }

    fn die(&self) {
        self.is_dead.store(true, Ordering::SeqCst);
        self.stop.soft.cancel();
        self.stop.hard.cancel();
    }
}

impl Interceptor for Death {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let gone = || Err(TransportError::new(TransportErrorKind::Interrupted, "the run is dead"));
        if self.has_come() {
            return gone();
        }
        if self.seen.fetch_add(1, Ordering::SeqCst) + 1 != self.at {
            return deliver();
        }
        let arrival = if self.moment == Moment::Before { gone() } else { deliver() };
        self.die();
        if self.moment == Moment::Answered { arrival } else { gone() }
    }

    fn pause(&self, pass: &mut dyn FnMut()) {
        if !self.has_come() {
            pass();
        }
    }
}

/// Lets time pass before one request of a run, so that what is under way from before takes effect then.
pub struct Landing {
    before: u64,
    clock: Arc<ManualClock>,
    seen: AtomicU64,
}

impl Landing {
    /// Before request number `before`, from 1.
    pub fn before(before: u64, clock: &Arc<ManualClock>) -> Arc<Self> {
        Arc::new(Landing { before, clock: clock.clone(), seen: AtomicU64::new(0) })
    }
}

impl Interceptor for Landing {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.before {
            drop(self.clock.sleep(Duration::from_mins(1)));
        }
        deliver()
    }
}

/// Where nobody answers, the connection breaks at once: a request that takes effect late is then looked for before it has.
pub struct Impatient;

impl Interceptor for Impatient {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        deliver().map_err(|trouble| match trouble.kind {
            TransportErrorKind::Timeout => {
                TransportError::new(TransportErrorKind::Broken, "connection reset")
            }
            _ => trouble,
        })
    }
}

/// From one request on no answer comes back; that one arrives, nothing after it does.
pub struct CutOff {
    from: u64,
    seen: AtomicU64,
}

impl CutOff {
    /// From request number `from`, from 1.
    pub fn from(from: u64) -> Arc<Self> {
        Arc::new(CutOff { from, seen: AtomicU64::new(0) })
    }
}

impl Interceptor for CutOff {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        if number <= self.from {
            let arrival = deliver();
            if number < self.from {
                return arrival;
            }
        }
        Err(TransportError::new(TransportErrorKind::Broken, "connection reset"))
    }
}

/// One request arrives twice, as behind a proxy that tries again; the answer to one of the two comes back.
pub struct Twice {
    at: u64,
    first: bool,
    seen: AtomicU64,
}

impl Twice {
    /// Request number `at`, from 1; `first` says which answer comes back.
    pub fn at(at: u64, first: bool) -> Arc<Self> {
        Arc::new(Twice { at, first, seen: AtomicU64::new(0) })
    }
}

impl Interceptor for Twice {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if self.seen.fetch_add(1, Ordering::SeqCst) + 1 != self.at {
            return deliver();
        }
        let (one, other) = (deliver(), deliver());
        if self.first { one } else { other }
    }
}

/// Two roads, one behind the other.
pub struct Both(pub Arc<dyn Interceptor>, pub Arc<dyn Interceptor>);

impl Interceptor for Both {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        self.0.travel(request, &mut || self.1.travel(request, deliver))
    }

    fn pause(&self, pass: &mut dyn FnMut()) {
        self.0.pause(&mut || self.1.pause(pass));
    }

    fn leave(&self) {
        self.0.leave();
        self.1.leave();
    }
}
