//! What this run has made a moment ago may not be seen everywhere yet: a refusal which says that it is not there is no
//! answer then, and is waited out (Cloudflare API notes 1.6 and 18).
//!
//! With which codes a service says so its create endpoint names; where a refusal has no code, the status says it.
//!
//! **Invariant:** it is waited for by the run's own clock, and no longer than [`YOUTH`] after it was made.

use super::call::{Call, segment};
use super::client::Client;
use super::endpoint::{Endpoint, Meaning};
use super::envelope::Attempt;
use super::error::ApiError;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After so long it is seen wherever it is asked for.
const YOUTH: Duration = Duration::from_secs(30);
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(4);

/// Something that this run has made.
#[derive(Debug)]
struct Made {
    by: &'static Endpoint,
    path: String,
    at: Duration,
}

/// All that this run has made.
#[derive(Debug, Default)]
pub(super) struct Nursery(Mutex<Vec<Made>>);

impl Nursery {
    fn made(&self) -> MutexGuard<'_, Vec<Made>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Notes that this run has made something with that endpoint, which paths call by these names.
    pub fn has_made(&self, by: &'static Endpoint, names: &[&str]) {
        let now = self.settings.clock.elapsed();
        let mut made = self.nursery.made();
        made.retain(|made| now.saturating_sub(made.at) <= YOUTH);
        let path = |name: &&str| format!("{}/{}", by.call().target(self.account()), segment(name));
        made.extend(names.iter().map(path).map(|path| Made { by, path, at: now }));
    }

    /// How long a refusal is to be doubted; `None` where it counts.
    pub(super) fn not_seen_yet(&self, call: &Call, attempt: &Attempt) -> Option<Duration> {
        let Attempt::Refused(error) = attempt else { return None };
        let (now, path) = (self.settings.clock.elapsed(), call.target(self.account()));
        let mut made = self.nursery.made();
        made.retain(|made| now.saturating_sub(made.at) <= YOUTH);
        let young =
            made.iter().find(|made| is_within(&path, &made.path) && is_missing(error, made, &path))?;
        let age = now.saturating_sub(young.at);
        // Ever rarer: each pause is as long as it is old.
        let pause = age.clamp(FIRST, LONGEST);
        let until = now.saturating_add(pause);
        let in_time =
            age < YOUTH && self.limiter.allows(now, until) && !self.settings.stop.soft.is_cancelled();
        in_time.then_some(pause)
    }
}

/// Whether a refusal says that the thing itself is not there, and not something in it.
fn is_missing(error: &ApiError, made: &Made, path: &str) -> bool {
    let codes = made.by.meanings.iter().filter(|(_, meaning)| *meaning == Meaning::NotFound);
    let is_named = codes.into_iter().any(|(code, _)| error.has_code(*code));
    is_named || (error.code() == 0 && path == made.path && matches!(error.status, 404 | 410))
}

fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
