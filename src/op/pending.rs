//! An op on its way: what a handle points at.

use super::failure::Failure;
use super::key::Key;
use super::value::Value;
use crate::events::Site;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// Set once, waited for by scripts (blocking) and by other ops (asynchronously).
pub struct Pending {
    /// As in events; 0 for what a listing gave.
    pub id: u64,
    /// The handle's type, e.g. `KvNamespace`.
    pub kind: &'static str,
    /// What it is about.
    pub key: Key,
    /// Where it was started.
    pub at: Site,
    cell: OnceLock<Result<Value, Failure>>,
    done: watch::Sender<bool>,
    caught: AtomicBool,
    planned: AtomicBool,
}

impl Pending {
    /// One that is not finished.
    pub fn new(id: u64, kind: &'static str, key: Key, at: Site) -> Arc<Self> {
        Arc::new(Pending {
            id,
            kind,
            key,
            at,
            cell: OnceLock::new(),
            done: watch::channel(false).0,
            caught: AtomicBool::new(false),
            planned: AtomicBool::new(false),
        })
    }

    /// One that a listing gave.
    pub fn found(kind: &'static str, key: Key, value: Value) -> Arc<Self> {
        let pending = Pending::new(0, kind, key, Site::default());
        pending.finish(Ok(value));
        pending
    }

    /// Ends it; only the first call counts.
    pub fn finish(&self, result: Result<Value, Failure>) {
        let _ = self.cell.set(result);
        self.done.send_replace(true);
    }

    /// The result, if it is there.
    pub fn peek(&self) -> Option<&Result<Value, Failure>> {
        self.cell.get()
    }

    /// Blocks the script thread until it is over.
    pub fn wait(&self) -> &Result<Value, Failure> {
        self.cell.wait()
    }

    /// Waits without blocking a thread.
    pub async fn ready(&self) -> &Result<Value, Failure> {
        let _ = self.done.subscribe().wait_for(|done| *done).await;
        self.cell.wait()
    }

    /// The script has seen its failure, or that of an op it depends on, and gone on.
    pub fn set_caught(&self) {
        self.caught.store(true, Ordering::SeqCst);
    }

    /// Whether the script has seen its failure, or that of an op it depends on, and gone on.
    pub fn is_caught(&self) -> bool {
        self.caught.load(Ordering::SeqCst)
    }

    /// What an op comes to that depends on this one, which failed: the first of a chain is to blame.
    pub(super) fn skips(&self, failure: &Failure) -> Failure {
        match failure {
            // What is not known is known of nothing that rests on it.
            Failure::Skipped { .. } => failure.clone(),
            _ if failure.is_not_known() => failure.clone(),
            _ => Failure::Skipped { because: format!("`{}`", self.key) },
        }
    }

    /// A plan would create or change it.
    pub fn set_planned(&self) {
        self.planned.store(true, Ordering::SeqCst);
    }

    /// Whether a plan would create or change it.
    pub fn is_planned(&self) -> bool {
        self.planned.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.kind, self.key)
    }
}
