//! Limits the time, memory and operations of a running script, and stops it on request.
//!
//! **Invariant:** reads no clock and no memory by itself; both are given.

use super::limits::{MEMORY_BYTES_MAX, OPERATIONS_MAX, SCRIPT_TIME_MAX, SLEEP_MAX};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Steps between two looks at clock and memory, at most.
const STEPS_BETWEEN_LOOKS: u64 = 64;
/// What one step can add at most: a list of the largest size is about 2 MiB, a copy of it as much again.
const BYTES_PER_STEP: u64 = 4 * 1024 * 1024;

/// Why a script was stopped: the token of Rhai's termination, which no `catch` sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody asked for it.
    Cancelled,
    /// The script took too many steps.
    Operations,
    /// The script's own time is over.
    Time,
    /// The run added too much memory.
    Memory,
    /// All `sleep` together are too long.
    Sleep,
}

/// Time since some start.
type Now = Box<dyn Fn() -> Duration + Send + Sync>;
/// The memory of the process in bytes, where known.
type Resident = Box<dyn Fn() -> Option<u64> + Send + Sync>;

/// The watch over one run at a time; shared by the engine, the host and whoever may cancel.
pub struct Meter {
    now: Now,
    resident: Resident,
    cancelled: AtomicBool,
    started_us: AtomicU64,
    waited_us: AtomicU64,
    slept_us: AtomicU64,
    resident_at_start: AtomicU64,
    looks_in: AtomicU64,
    operations: AtomicU64,
}

impl Meter {
    /// A meter that reads time and memory through these; call [`Meter::begin`] before each run.
    pub fn new(
        now: impl Fn() -> Duration + Send + Sync + 'static,
        resident: impl Fn() -> Option<u64> + Send + Sync + 'static,
    ) -> Self {
        Meter {
            now: Box::new(now),
            resident: Box::new(resident),
            cancelled: AtomicBool::new(false),
            started_us: AtomicU64::new(0),
            waited_us: AtomicU64::new(0),
            slept_us: AtomicU64::new(0),
            resident_at_start: AtomicU64::new(0),
            looks_in: AtomicU64::new(0),
            operations: AtomicU64::new(0),
        }
    }

    /// Starts a run, or the next entry of a session: what was used so far is forgotten. A cancellation stays.
    pub fn begin(&self) {
        self.started_us.store(self.now_us(), Ordering::Relaxed);
        self.waited_us.store(0, Ordering::Relaxed);
        self.slept_us.store(0, Ordering::Relaxed);
        self.resident_at_start.store((self.resident)().unwrap_or(0), Ordering::Relaxed);
        self.looks_in.store(0, Ordering::Relaxed);
        self.operations.store(0, Ordering::Relaxed);
    }

    /// Stops the script at its next step.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Lets a session go on after an interrupted entry.
    pub fn resume(&self) {
        self.cancelled.store(false, Ordering::Relaxed);
    }

    /// Whether [`Meter::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Takes the time until the guard is dropped off the script's account: the script thread waits for
    /// something.
    pub fn waiting(&self) -> Waiting<'_> {
        Waiting { meter: self, since_us: self.now_us() }
    }

    /// The time the script itself has taken since [`Meter::begin`].
    pub fn script_time(&self) -> Duration {
        let since = self.now_us().saturating_sub(self.started_us.load(Ordering::Relaxed));
        Duration::from_micros(since.saturating_sub(self.waited_us.load(Ordering::Relaxed)))
    }

    /// Books a `sleep`; refuses one that makes all of them too long.
    pub(super) fn book_sleep(&self, duration: Duration) -> Result<(), StopReason> {
        let slept = Duration::from_micros(self.slept_us.load(Ordering::Relaxed)).saturating_add(duration);
        if slept > SLEEP_MAX {
            return Err(StopReason::Sleep);
        }
        self.slept_us.store(micros(slept), Ordering::Relaxed);
        Ok(())
    }

    /// Why the run should have ended, if it should: `sort` swallows the error of its closure, a stop
    /// included.
    pub fn stopped(&self) -> Option<StopReason> {
        self.looks_in.store(0, Ordering::Relaxed);
        self.exceeded()
    }

    /// Called before each step of the interpreter.
    ///
    /// Counts steps itself: Rhai forgets those inside a closure that a native function calls (RHAI-14).
    pub(super) fn exceeded(&self) -> Option<StopReason> {
        if self.is_cancelled() {
            return Some(StopReason::Cancelled);
        }
        if self.operations.fetch_add(1, Ordering::Relaxed) >= OPERATIONS_MAX {
            return Some(StopReason::Operations);
        }
        // Only the script thread steps, so the load and the store are not a race.
        let looks_in = self.looks_in.load(Ordering::Relaxed);
        if looks_in > 0 {
            self.looks_in.store(looks_in - 1, Ordering::Relaxed);
            return None;
        }
        if self.script_time() > SCRIPT_TIME_MAX {
            return Some(StopReason::Time);
        }
        let used =
            (self.resident)().unwrap_or(0).saturating_sub(self.resident_at_start.load(Ordering::Relaxed));
        let Some(left) = MEMORY_BYTES_MAX.checked_sub(used) else { return Some(StopReason::Memory) };
        // The closer to the cap, the more often: no run passes it by more than a step's worth.
        self.looks_in.store((left / BYTES_PER_STEP).min(STEPS_BETWEEN_LOOKS), Ordering::Relaxed);
        None
    }

    fn now_us(&self) -> u64 {
        micros((self.now)())
    }
}

/// See [`Meter::waiting`].
pub struct Waiting<'a> {
    meter: &'a Meter,
    since_us: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let waited = self.meter.now_us().saturating_sub(self.since_us);
        self.meter.waited_us.fetch_add(waited, Ordering::Relaxed);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn steered() -> (Arc<AtomicU64>, Arc<AtomicU64>, Meter) {
        let (seconds, mebibytes) = (Arc::new(AtomicU64::new(100)), Arc::new(AtomicU64::new(500)));
        let (now, memory) = (seconds.clone(), mebibytes.clone());
        let meter = Meter::new(
            move || Duration::from_secs(now.load(Ordering::Relaxed)),
            move || Some(memory.load(Ordering::Relaxed) * 1024 * 1024),
        );
        meter.begin();
        (seconds, mebibytes, meter)
    }

    fn after_steps(meter: &Meter, steps: u64) -> Option<StopReason> {
        (0..steps).find_map(|_| meter.exceeded())
    }

    #[test]
    fn waiting_is_not_the_scripts_time() {
        let (seconds, _, meter) = steered();
        let waiting = meter.waiting();
        seconds.fetch_add(1000, Ordering::Relaxed);
        drop(waiting);
        seconds.fetch_add(10, Ordering::Relaxed);
        assert_eq!((meter.script_time(), after_steps(&meter, 200)), (Duration::from_secs(10), None));
        seconds.fetch_add(1, Ordering::Relaxed);
        assert_eq!(after_steps(&meter, 200), Some(StopReason::Time));
        meter.begin();
        assert_eq!(after_steps(&meter, 200), None);
    }

    #[test]
    fn memory_counts_from_the_start_of_the_run() {
        let (_, mebibytes, meter) = steered();
        mebibytes.store(500 + 256, Ordering::Relaxed);
        assert_eq!(after_steps(&meter, 200), None);
        mebibytes.store(500 + 257, Ordering::Relaxed);
        assert_eq!(after_steps(&meter, 1), Some(StopReason::Memory));
    }

    #[test]
    fn cancellation_is_seen_at_the_next_step_and_stays() {
        let (_, _, meter) = steered();
        assert_eq!(after_steps(&meter, 2), None);
        meter.cancel();
        meter.begin();
        assert_eq!(after_steps(&meter, 1), Some(StopReason::Cancelled));
        meter.resume();
        assert_eq!(after_steps(&meter, 1), None);
    }

    #[test]
    fn steps_are_counted_until_the_next_run() {
        let (_, _, meter) = steered();
        assert_eq!(after_steps(&meter, OPERATIONS_MAX), None);
        assert_eq!(
            (after_steps(&meter, 1), meter.stopped()),
            (Some(StopReason::Operations), Some(StopReason::Operations))
        );
        meter.begin();
        assert_eq!(meter.stopped(), None);
    }

    #[test]
    fn sleeps_are_added_up() {
        let (_, _, meter) = steered();
        assert_eq!(meter.book_sleep(Duration::from_secs(59)), Ok(()));
        assert_eq!(meter.book_sleep(Duration::from_secs(2)), Err(StopReason::Sleep));
        assert_eq!(meter.book_sleep(Duration::from_secs(1)), Ok(()));
        assert_eq!(meter.book_sleep(Duration::MAX), Err(StopReason::Sleep));
    }
}
