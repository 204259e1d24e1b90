//! Time and random numbers, injected: real ones for users, controlled ones for tests.
//!
//! **Invariant:** nothing outside this file asks the operating system for the time.

use jiff::Timestamp;
use parking_lot::Mutex;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// What a run knows of time and chance.
pub trait Clock: Send + Sync {
    /// Wall clock, for reports and ledgers.
    fn now(&self) -> Timestamp;
    /// Time since the clock was made; never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits without blocking a thread.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
    /// A number in `0.0..1.0`, for jitter.
    fn chance(&self) -> f64;
}

/// Real time since it was made, for limits on work that runs on the thread that holds it: no clock that a test steers
/// can end a query that never ends.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// How long ago that was.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The operating system's clock.
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn chance(&self) -> f64 {
        fastrand::f64()
    }
}

/// A clock that jumps over every sleep, and remembers how long each was.
pub struct ManualClock {
    start: Timestamp,
    state: Mutex<(Duration, Vec<Duration>, fastrand::Rng)>,
}

impl ManualClock {
    /// Starts at 2026-01-01T00:00:00Z with the given seed for [`Clock::chance`].
    pub fn seeded(seed: u64) -> Self {
        ManualClock {
            start: Timestamp::from_second(1_767_225_600).unwrap_or_default(),
            state: Mutex::new((Duration::ZERO, Vec::new(), fastrand::Rng::with_seed(seed))),
        }
    }

    /// Every sleep so far, in order.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.state.lock().1.clone()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.start.saturating_add(self.elapsed()).unwrap_or(self.start)
    }

    fn elapsed(&self) -> Duration {
        self.state.lock().0
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut state = self.state.lock();
        state.0 = state.0.saturating_add(duration);
        state.1.push(duration);
        Box::pin(tokio::task::yield_now())
    }

    fn chance(&self) -> f64 {
        self.state.lock().2.f64()
    }
}
