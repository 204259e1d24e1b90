//! Attributes each request to an op, so that events and interruptions find it.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What the client notes about one op.
#[derive(Debug, Default)]
pub struct Scope {
    /// The op's number; 0 for listings fetched ahead.
    pub op: u64,
    attempts: AtomicU64,
    writing: AtomicBool,
    in_doubt: AtomicBool,
    begun: Mutex<Option<Duration>>,
    granted: AtomicBool,
    is_alone: bool,
    is_ahead: bool,
    written: AtomicBool,
}

tokio::task_local! {
    static SCOPE: Arc<Scope>;
}

impl Scope {
    /// The scope of op number `op`.
    pub fn of(op: u64) -> Arc<Self> {
        Arc::new(Scope { op, ..Scope::default() })
    }

    /// The same for an op that runs alone: what it writes to can't be compared with what others name.
    pub fn alone(op: u64) -> Arc<Self> {
        Arc::new(Scope { op, is_alone: true, ..Scope::default() })
    }

    /// The scope of what is read ahead and may not be there: nothing of it is asked twice.
    pub fn ahead() -> Arc<Self> {
        Arc::new(Scope { is_ahead: true, ..Scope::default() })
    }

    /// Requests sent so far, retries included.
    pub fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::SeqCst)
    }

    /// Whether a write is on its way and unanswered, or answered with no more than that it has begun.
    pub fn is_writing(&self) -> bool {
        self.writing.load(Ordering::SeqCst) || self.in_doubt.load(Ordering::SeqCst)
    }

    /// Says that the server works on a write that it has answered, or that it is known what became of it.
    pub fn set_in_doubt(&self, is_in_doubt: bool) {
        self.in_doubt.store(is_in_doubt, Ordering::SeqCst);
    }

    /// Since when the op tries, by the run's clock: since its first request, or since its last write that was answered,
    /// so that a long migration that gets on has time for its next file.
    pub(super) fn begun(&self, now: Duration) -> Duration {
        *self.begun.lock().get_or_insert(now)
    }

    /// A write was answered.
    pub(super) fn got_on(&self, now: Duration) {
        *self.begun.lock() = Some(now);
    }

    /// It had to wait for the request limit: that time is not its own.
    pub(super) fn postpone(&self, wait: Duration) {
        if let Some(begun) = self.begun.lock().as_mut() {
            *begun += wait;
        }
    }

    /// Whether the writes of the op are let through in a run that is held to a plan.
    pub fn set_granted(&self, granted: bool) {
        self.granted.store(granted, Ordering::SeqCst);
    }

    pub(super) fn is_granted(&self) -> bool {
        self.granted.load(Ordering::SeqCst)
    }

    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    pub(super) fn is_ahead(&self) -> bool {
        self.is_ahead
    }

    /// Whether it has sent a write: what it reads from then on is to show what became of it.
    pub(super) fn has_written(&self) -> bool {
        self.written.load(Ordering::SeqCst)
    }

    pub(super) fn sending(&self, write: bool) {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        if write {
            self.written.store(true, Ordering::SeqCst);
            self.writing.store(true, Ordering::SeqCst);
        }
    }

    pub(super) fn answered(&self, write: bool) {
        if write {
            self.writing.store(false, Ordering::SeqCst);
        }
    }
}

/// Runs `future` for that op.
pub async fn scoped<F: Future>(scope: Arc<Scope>, future: F) -> F::Output {
    SCOPE.scope(scope, future).await
}

/// The op that is running here.
pub fn current() -> Arc<Scope> {
    SCOPE.try_with(Arc::clone).unwrap_or_default()
}
