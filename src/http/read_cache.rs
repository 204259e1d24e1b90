//! The responses that one pass over a recipe has read, kept for the next pass of the same run.
//!
//! **Invariant:** nothing older than [`AGE_MAX`] is given, and nothing that was read before a write which may have changed it.
//! **Invariant:** a pass is given each answer once, in the order in which they came, and none of its own.
//! **Invariant:** nothing is left for another run.

use super::transport::{RawResponse, WireRequest};
use super::write_scope::WriteScope;
use crate::system::Clock;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// An answer older than this is asked for again (docs/architecture.md#one-reading).
const AGE_MAX: Duration = Duration::from_secs(30);
/// All that is kept, questions and answers: what does not fit is asked for again.
const BYTES_MAX: usize = 64 << 20;

/// The key of a read: the request without its credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ReadKey {
    /// A request that only reads.
    Read {
        method: &'static str,
        path: String,
        query: Vec<(String, String)>,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// A script's `sleep`: its answer is that so long has passed.
    Sleep(Duration),
}

impl ReadKey {
    /// A request's; `None` where it goes to a link, which is made for one use.
    pub(super) fn of(request: &WireRequest) -> Option<Self> {
        request.link.is_none().then(|| ReadKey::Read {
            method: request.endpoint.method,
            path: request.path.clone(),
            query: request.query.clone(),
            headers: request.headers_of_anybody().cloned().collect(),
            body: request.body.clone(),
        })
    }

    /// Whether two are of one list, or of the same thing: pages that were read at different times fit badly together.
    fn is_part_of(&self, other: &ReadKey) -> bool {
        match (self, other) {
            (
                ReadKey::Read { method, path, body, .. },
                ReadKey::Read { method: of_method, path: of_path, body: of_body, .. },
            ) => (method, path, body) == (of_method, of_path, of_body),
            _ => false,
        }
    }

    fn bytes(&self) -> usize {
        let pairs = |pairs: &[(String, String)]| {
            pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
        };
        match self {
            ReadKey::Read { path, query, headers, body, .. } => {
                path.len() + pairs(query) + pairs(headers) + body.len()
            }
            ReadKey::Sleep(_) => 0,
        }
    }
}

struct CachedRead {
    answer: RawResponse,
    /// When it was asked for.
    at: Duration,
    /// The pass that has it: it is for those after.
    pass: u64,
}

#[derive(Default)]
struct State {
    run: String,
    /// The pass that was opened last.
    last: u64,
    /// The pass that began the run, or followed one that could write: older ones keep nothing any more.
    first: u64,
    can_be_outdated: bool,
    /// How often something was written, or was begun to be.
    writes: u64,
    kept: HashMap<ReadKey, VecDeque<CachedRead>>,
    bytes: usize,
    /// What is asked just now, and by which pass: a list that a pass has fetched ahead may come when it is over.
    under_way: Vec<(ReadKey, u64)>,
}

/// The cached reads of a run.
pub struct ReadCache {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    has_come: Notify,
}

/// The access of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassAccess {
    /// It only reads: what it reads is kept for the next.
    Reads,
    /// It writes as well: it is the last one.
    Writes,
}

/// One pass of a run.
pub(super) struct Pass {
    readings: Arc<ReadCache>,
    pub(super) access: PassAccess,
    number: u64,
}

/// A read in progress.
pub(super) struct PendingRead {
    readings: Arc<ReadCache>,
    question: ReadKey,
    pass: u64,
    at: Duration,
    writes: u64,
}

impl Drop for PendingRead {
    fn drop(&mut self) {
        let mut state = self.readings.state.lock();
        let is_this = |(question, pass): &(ReadKey, u64)| (question, *pass) == (&self.question, self.pass);
        if let Some(at) = state.under_way.iter().position(is_this) {
            state.under_way.swap_remove(at);
        }
        drop(state);
        self.readings.has_come.notify_waiters();
    }
}

impl fmt::Debug for ReadCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readings").finish_non_exhaustive()
    }
}

impl ReadCache {
    /// Nothing yet.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(ReadCache { clock, state: Mutex::default(), has_come: Notify::new() })
    }

    /// The next pass of a run; what another run has left goes.
    pub(super) fn pass(self: &Arc<Self>, run: &str, access: PassAccess) -> Pass {
        let mut state = self.state.lock();
        state.last += 1;
        if state.run != run || state.can_be_outdated {
            state.clear();
            state.first = state.last;
            run.clone_into(&mut state.run);
        }
        state.can_be_outdated = access == PassAccess::Writes;
        Pass { readings: self.clone(), access, number: state.last }
    }
}

impl Pass {
    /// The clock for the age of responses.
    pub(super) fn clock(&self) -> &dyn Clock {
        self.readings.clock.as_ref()
    }

    /// What a pass before was answered, or will be: what is under way is waited for.
    pub(super) async fn taken(&self, question: &ReadKey) -> Option<RawResponse> {
        loop {
            let mut has_come = std::pin::pin!(self.readings.has_come.notified());
            has_come.as_mut().enable();
            if let Some(answer) = self.take(question) {
                return Some(answer);
            }
            if !self.readings.state.lock().is_asked_before(self.number, question) {
                return None;
            }
            has_come.await;
        }
    }

    /// What a pass before was answered.
    pub(super) fn take(&self, question: &ReadKey) -> Option<RawResponse> {
        let now = self.readings.clock.elapsed();
        let mut state = self.readings.state.lock();
        if self.number < state.first {
            return None;
        }
        let kept = state.kept.get_mut(question)?;
        let at = kept.iter().position(|kept| kept.pass < self.number && !kept.is_old(now))?;
        if self.access == PassAccess::Reads {
            let kept = &mut kept[at];
            kept.pass = self.number;
            return Some(kept.answer.clone());
        }
        let taken = kept.remove(at)?;
        state.bytes = state.bytes.saturating_sub(taken.bytes(question));
        Some(taken.answer)
    }

    /// A read goes out that was not answered from here: what was read of the same before is older than what comes.
    pub(super) fn ask(&self, question: ReadKey) -> PendingRead {
        let mut state = self.readings.state.lock();
        if self.number > state.first {
            state.retain(|other, kept| kept.pass >= self.number || !question.is_part_of(other));
        }
        state.under_way.push((question.clone(), self.number));
        let (at, writes) = (self.readings.clock.elapsed(), state.writes);
        PendingRead { readings: self.readings.clone(), question, pass: self.number, at, writes }
    }

    /// Keeps an answer for the next pass, unless something was written since it was asked for.
    pub(super) fn keep(&self, asked: &PendingRead, answer: RawResponse) {
        let now = self.readings.clock.elapsed();
        let kept = CachedRead { answer, at: asked.at, pass: self.number };
        let bytes = kept.bytes(&asked.question);
        let mut state = self.readings.state.lock();
        if self.access == PassAccess::Writes || self.number < state.first || asked.writes != state.writes {
            return;
        }
        if state.bytes + bytes > BYTES_MAX {
            state.retain(|_, kept| !kept.is_old(now));
        }
        if state.bytes + bytes <= BYTES_MAX {
            state.bytes += bytes;
            state.kept.entry(asked.question.clone()).or_default().push_back(kept);
        }
    }

    /// Forgets what a write may have changed.
    pub(super) fn forget(&self, touched: &WriteScope) {
        let mut state = self.readings.state.lock();
        state.writes += 1;
        state.retain(|question, kept| match question {
            ReadKey::Read { path, .. } => !touched.covers(path, (200..300).contains(&kept.answer.status)),
            ReadKey::Sleep(_) => false,
        });
    }
}

impl State {
    /// Whether a pass of the same run before that one is asking it.
    fn is_asked_before(&self, pass: u64, question: &ReadKey) -> bool {
        let of_run = self.first..pass;
        self.under_way.iter().any(|(asked, by)| of_run.contains(by) && asked == question)
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
    }

    fn retain(&mut self, stays: impl Fn(&ReadKey, &CachedRead) -> bool) {
        let mut gone = 0;
        self.kept.retain(|question, kept| {
            kept.retain(|kept| {
                let stays = stays(question, kept);
                gone += if stays { 0 } else { kept.bytes(question) };
                stays
            });
            !kept.is_empty()
        });
        self.bytes = self.bytes.saturating_sub(gone);
    }
}

impl CachedRead {
    fn is_old(&self, now: Duration) -> bool {
        now.saturating_sub(self.at) > AGE_MAX
    }

    fn bytes(&self, question: &ReadKey) -> usize {
        let headers = self.answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        question.bytes() + headers + self.answer.body.len()
    }
}

#[cfg(test)]
mod tests;
