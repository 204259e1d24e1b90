//! The resources that a run has just created, and the `not found` errors that may be due to replication.
//!
//! With which codes a service says so its create endpoint names; where a refusal has no code, the status says it.

use super::endpoint::{CodeMeaning, Endpoint};
use super::error::ApiError;
use parking_lot::{Mutex, MutexGuard};
use std::time::Duration;

/// After so long it is seen wherever it is asked for.
const YOUTH: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct RecentWrite {
    by: &'static Endpoint,
    path: String,
    at: Duration,
}

/// The resources that a run has created recently.
#[derive(Debug, Default)]
pub(super) struct RecentWrites(Mutex<Vec<RecentWrite>>);

impl RecentWrites {
    /// Notes what that endpoint has made, under each path that it has.
    pub(super) fn note(&self, by: &'static Endpoint, paths: Vec<String>, now: Duration) {
        self.recent(now).extend(paths.into_iter().map(|path| RecentWrite { by, path, at: now }));
    }

    /// Forgets what has gone since.
    pub(super) fn forget(&self, paths: &[String], now: Duration) {
        self.recent(now).retain(|made| !paths.contains(&made.path));
    }

    /// The age of the resource that this error reports as missing; `None` if this run did not create it, or long ago.
    pub(super) fn age(&self, path: &str, error: &ApiError, now: Duration) -> Option<Duration> {
        let made = self.recent(now);
        let recent_writes =
            made.iter().find(|made| is_within(path, &made.path) && is_missing(error, made, path))?;
        Some(now.saturating_sub(recent_writes.at))
    }

    fn recent(&self, now: Duration) -> MutexGuard<'_, Vec<RecentWrite>> {
        let mut made = self.0.lock();
        made.retain(|made| now.saturating_sub(made.at) < YOUTH);
        made
    }
}

/// Whether an error reports the resource itself as missing, and not something in it.
fn is_missing(error: &ApiError, made: &RecentWrite, path: &str) -> bool {
    let mut codes = made.by.meanings.iter().filter(|(_, meaning)| *meaning == CodeMeaning::NotFound);
    let is_named = codes.any(|(code, _)| error.has_code(*code));
    is_named || (error.code() == 0 && path == made.path && matches!(error.status, 404 | 410))
}

fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
