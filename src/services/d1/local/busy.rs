//! A database rejects requests while it imports or exports a large file (D1-24).
//!
//! What is done is done before the first answer. Where the account is asked to take as long as D1 would, nobody can see it
//! before the time is up.
//!
//! **Invariant:** a file of less than a second's work closes nothing.

use crate::local::ErrorReply;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::HashMap;

/// An export that nobody asks about for so long is given up.
const UNASKED_MAX: SignedDuration = SignedDuration::from_secs(15);

/// What a database is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransferKind {
    Import,
    Export,
}

impl TransferKind {
    /// As answers name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            TransferKind::Import => "import",
            TransferKind::Export => "export",
        }
    }
}

struct TransferJob {
    kind: TransferKind,
    due: Timestamp,
    asked: Timestamp,
    bookmark: String,
    answer: Value,
}

/// The jobs under way, by database.
#[derive(Default)]
pub(super) struct Jobs(HashMap<String, TransferJob>);

impl Jobs {
    /// Takes on a job of so many seconds; the answer of now, which is `answer` where it takes no time.
    pub(super) fn begin(
        &mut self,
        uuid: &str,
        kind: TransferKind,
        seconds: u64,
        bookmark: &str,
        answer: Value,
        now: Timestamp,
    ) -> Value {
        if seconds == 0 {
            return answer;
        }
        let due = now + SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let job = TransferJob { kind, due, asked: now, bookmark: bookmark.to_owned(), answer };
        let active = job.active();
        self.0.insert(uuid.to_owned(), job);
        active
    }

    /// The answer to somebody who asks about the job; `None` where there is none of that kind.
    pub(super) fn ask(&mut self, uuid: &str, kind: TransferKind, now: Timestamp) -> Option<Value> {
        self.tidy(uuid, now);
        let job = self.0.get_mut(uuid).filter(|job| job.kind == kind)?;
        job.asked = now;
        if now < job.due {
            return Some(job.active());
        }
        self.0.remove(uuid).map(|job| job.answer)
    }

    /// What the database is busy with, in D1's words.
    pub(super) fn refusal(&mut self, uuid: &str, now: Timestamp) -> Option<String> {
        self.tidy(uuid, now);
        let job = self.0.get(uuid).filter(|job| now < job.due)?;
        Some(format!("Currently processing a long-running {}.", job.kind.name()))
    }

    /// Refuses whatever needs the database for itself.
    pub(super) fn refuse(&mut self, uuid: &str, now: Timestamp) -> Result<(), ErrorReply> {
        self.refusal(uuid, now).map_or(Ok(()), |words| Err(ErrorReply::new(400, 7500, words)))
    }

    /// Drops the job of a database.
    pub(super) fn forget(&mut self, uuid: &str) {
        self.0.remove(uuid);
    }

    fn tidy(&mut self, uuid: &str, now: Timestamp) {
        let is_given_up = |job: &TransferJob| {
            job.kind == TransferKind::Export && now.duration_since(job.asked) > UNASKED_MAX
        };
        if self.0.get(uuid).is_some_and(is_given_up) {
            self.0.remove(uuid);
        }
    }
}

impl TransferJob {
    fn active(&self) -> Value {
        json!({
            "success": true, "type": self.kind.name(), "status": "active", "at_bookmark": self.bookmark,
            "messages": [], "error": null,
        })
    }
}

/// The time that a file of so many bytes takes, in whole seconds.
pub(super) fn seconds(bytes: u64, bytes_per_s: Option<u64>) -> u64 {
    bytes_per_s.and_then(|rate| bytes.checked_div(rate)).unwrap_or(0)
}

/// How D1 says inside an accepted call that it does not do it.
pub(super) fn not_done(words: &str) -> Value {
    json!({"success": false, "error": words})
}
