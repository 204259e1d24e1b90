//! A log entry per answered request.
//!
//! **Invariant:** of a request it says method, path, status and time. Query, headers and body stay out of it, and what opens
//! something without a token is shown as the pattern of its route.

use crate::system::Stopwatch;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Upper-case.
    pub method: String,
    /// Below `/client/v4` where it lies there, without query.
    pub path: String,
    /// `None` where no answer was handed over.
    pub status: Option<u16>,
    /// From the last byte of its head to the answer.
    pub took: Duration,
}

type Listener = Box<dyn Fn(&Served) + Send + Sync>;

/// Who hears of requests.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<OnceLock<Listener>>);

impl Log {
    /// Whoever listens first is told.
    pub(super) fn listen(&self, listener: Listener) {
        // A second one hears nothing.
        let _ = self.0.set(listener);
    }

    /// A request has come. It is told when what this gives is dropped, also when the client went away meanwhile.
    pub(super) fn begin(&self, method: &str, path: &str) -> Entry {
        let served = Served { method: method.into(), path: path.into(), status: None, took: Duration::ZERO };
        Entry { log: self.clone(), served, begun: Stopwatch::start() }
    }
}

/// A request that is being answered.
pub(super) struct Entry {
    log: Log,
    served: Served,
    begun: Stopwatch,
}

impl Entry {
    /// That is the status of its answer, if it has one.
    pub(super) fn end(mut self, status: Option<u16>) {
        self.served.status = status;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.served.took = self.begun.elapsed();
        if let Some(listener) = self.log.0.get() {
            listener(&self.served);
        }
    }
}
