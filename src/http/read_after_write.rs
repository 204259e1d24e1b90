//! Read-after-write delays: a resource that the run has just created may not be visible everywhere yet. A `not
//! found` is then not final, and is retried (API-14).
//!
//! **Invariant:** it is waited for by the run's own clock, and within the run's deadline.

use super::call::{Call, segment};
use super::client::Client;
use super::endpoint::Endpoint;
use super::error::ApiError;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(4);

impl Client {
    /// Notes that this run has made something with that endpoint, which paths call by these names.
    pub fn has_made(&self, by: &'static Endpoint, names: &[&str]) {
        self.recent_writes.note(by, self.paths(by, names), self.settings.clock.elapsed());
    }

    /// Records that it was deleted, or that this run has asked for its deletion.
    pub fn has_removed(&self, by: &'static Endpoint, names: &[&str]) {
        self.recent_writes.forget(&self.paths(by, names), self.settings.clock.elapsed());
    }

    fn paths(&self, by: &'static Endpoint, names: &[&str]) -> Vec<String> {
        let collection = by.call().target(self.account());
        names.iter().map(|name| format!("{collection}/{}", segment(name))).collect()
    }

    /// How long is waited before something is asked again that this run has made and the service does not know yet; `None`
    /// where the refusal counts.
    pub(super) fn not_seen_yet(&self, call: &Call, error: &ApiError) -> Option<Duration> {
        let now = self.settings.clock.elapsed();
        let age = self.recent_writes.age(&call.target(self.account()), error, now)?;
        // Ever rarer: each pause is as long as it is old.
        let pause = age.clamp(FIRST, LONGEST);
        let in_time = self.limiter.allows(now, now.saturating_add(pause));
        (in_time && !self.settings.stop.soft.is_cancelled()).then_some(pause)
    }
}
