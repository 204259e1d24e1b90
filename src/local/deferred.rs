//! Work that a service does after the request's transaction, while the account answers other requests.
//!
//! **Invariant:** what the work is done on is held until the history has its effects, so that for each thing the order in
//! the history is the order of effects.

use super::reply::{ErrorReply, Reply};
use parking_lot::Mutex;
use std::sync::Arc;

/// The result of the work.
pub struct DeferredResult {
    pub reply: Reply,
    /// Whether what it was done on is other than before.
    pub changed: bool,
}

impl DeferredResult {
    /// An answer after which everything is as it was.
    pub fn unchanged(reply: Reply) -> Self {
        DeferredResult { reply, changed: false }
    }
}

type End<'a> = &'a mut dyn FnMut(Result<DeferredResult, ErrorReply>);

/// Work that is still to be done.
pub struct DeferredWork(Box<dyn FnOnce(End<'_>) + Send>);

impl DeferredWork {
    /// Work on something that only one request works on at a time.
    pub fn on<T: Send + 'static>(
        shared: Arc<Mutex<T>>,
        work: impl FnOnce(&mut T) -> Result<DeferredResult, ErrorReply> + Send + 'static,
    ) -> Self {
        DeferredWork(Box::new(move |end| {
            let mut held = shared.lock();
            end(work(&mut held));
        }))
    }

    /// Does it; `end` is called while what it was done on is still held.
    pub(super) fn run(self, end: impl FnOnce(Result<DeferredResult, ErrorReply>) -> Reply) -> Reply {
        let (mut end, mut reply) = (Some(end), None);
        (self.0)(&mut |worked| reply = end.take().map(|end| end(worked)));
        reply.unwrap_or_else(|| ErrorReply::new(500, 10001, "internal error: no answer").into())
    }
}
