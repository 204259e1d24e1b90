//! Records every request and its effect. Tests and reports are checked against it.
//!
//! **Invariant:** of the headers only the name of the client is kept, so no credential is.

use super::request::Request;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::time::Duration;

/// Bytes of a body that are kept.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Requests that are kept; a server that runs for days drops the oldest.
const REQUESTS_MAX: usize = 10_000;

/// One request and what became of it. Times are by the account's clock, since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedExchange {
    /// From 1, in order of arrival.
    pub sequence: u64,
    /// Upper-case.
    pub method: String,
    /// As sent, without query.
    pub path: String,
    /// As sent.
    pub query: String,
    /// The first word of its `User-Agent`: `wrangler/4.164.0`.
    pub client: String,
    /// The pattern of the route that answered; `None` when no route did, or none yet.
    pub route: Option<&'static str>,
    /// The body as text, up to 64 KiB.
    pub body: String,
    /// Of the answer; `None` until the request was applied.
    pub status: Option<u16>,
    /// Cloudflare's code of the first error.
    pub code: Option<i64>,
    /// Whether the account changed.
    pub changed: bool,
    /// When the request was complete.
    pub received: Duration,
    /// When its effects, if any, were committed. Two requests never are applied to one thing at once, so for each thing this
    /// is their real order.
    pub applied: Option<Duration>,
    /// When the answer was handed over; `None` when it never was, as after a lost connection.
    pub answered: Option<Duration>,
}

/// What applying a request led to.
pub(super) struct Applied {
    pub(super) route: Option<&'static str>,
    pub(super) status: u16,
    pub(super) code: Option<i64>,
    pub(super) changed: bool,
}

#[derive(Default)]
pub(super) struct History {
    entries: Mutex<(u64, VecDeque<RecordedExchange>)>,
    grown: Condvar,
}

impl History {
    /// Notes an arrival and gives its sequence number.
    pub(super) fn receive(&self, request: &Request, received: Duration) -> u64 {
        let mut entries = self.entries.lock();
        entries.0 += 1;
        let sequence = entries.0;
        let client =
            request.header("user-agent").and_then(|agent| agent.split(' ').next()).unwrap_or_default();
        let body = &request.body[..request.body.len().min(BODY_BYTES_MAX)];
        entries.1.push_back(RecordedExchange {
            sequence,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            client: client.to_owned(),
            route: None,
            body: String::from_utf8_lossy(body).into_owned(),
            status: None,
            code: None,
            changed: false,
            received,
            applied: None,
            answered: None,
        });
        if entries.1.len() > REQUESTS_MAX {
            entries.1.pop_front();
        }
        self.grown.notify_all();
        sequence
    }

    pub(super) fn apply(&self, sequence: u64, at: Duration, applied: &Applied) {
        self.with(sequence, |entry| {
            entry.route = applied.route;
            entry.status = Some(applied.status);
            entry.code = applied.code;
            entry.changed = applied.changed;
            entry.applied = Some(at);
        });
    }

    pub(super) fn answer(&self, sequence: u64, at: Duration) {
        self.with(sequence, |entry| entry.answered = Some(at));
    }

    pub(super) fn all(&self) -> Vec<RecordedExchange> {
        self.entries.lock().1.iter().cloned().collect()
    }

    /// Blocks until this holds of the history, or the time is over; gives whether it holds.
    pub(super) fn wait_until(&self, limit: Duration, holds: impl Fn(&[RecordedExchange]) -> bool) -> bool {
        let is_awaited =
            |entries: &mut (u64, VecDeque<RecordedExchange>)| !holds(entries.1.make_contiguous());
        !self.grown.wait_while_for(&mut self.entries.lock(), is_awaited, limit).timed_out()
    }

    fn with(&self, sequence: u64, note: impl FnOnce(&mut RecordedExchange)) {
        let mut entries = self.entries.lock();
        let first = entries.1.front().map_or(0, |entry| entry.sequence);
        let at = sequence.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(entry) = at.and_then(|at| entries.1.get_mut(at)) {
            note(entry);
        }
        self.grown.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_and_numbers_go_on() {
        let history = History::default();
        let request = Request::new("GET", "/x").with_body(vec![b'a'; BODY_BYTES_MAX + 1]);
        assert_eq!(history.receive(&request, Duration::ZERO), 1);
        assert_eq!(history.all()[0].body.len(), BODY_BYTES_MAX);
        for _ in 0..REQUESTS_MAX {
            history.receive(&Request::default(), Duration::ZERO);
        }
        let last = REQUESTS_MAX as u64 + 1;
        history.answer(1, Duration::ZERO);
        history.answer(last, Duration::from_secs(1));
        let all = history.all();
        assert_eq!((all.len(), all[0].sequence), (REQUESTS_MAX, 2));
        assert_eq!(all[REQUESTS_MAX - 1].answered, Some(Duration::from_secs(1)));
        assert_eq!(all.iter().filter(|entry| entry.answered.is_some()).count(), 1);
    }
}
