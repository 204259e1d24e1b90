//! The outcome of one write.
//!
//! **Invariant:** outside this room nothing turns it into a mere success or failure: it is matched, with all that it can be.

use super::error::{ApiError, ReadError, TransportError};

/// The four outcomes of a write on the wire (API-13, docs/architecture.md#writes).
#[derive(Debug)]
#[must_use = "a write may have been applied without anybody knowing"]
pub enum Outcome<T> {
    /// The server never saw it.
    NotSent(TransportError),
    /// The server rejected it.
    Rejected(ApiError),
    /// The server applied it.
    Applied(T),
    /// The server may have received it; the effect is unknown.
    Unknown(TransportError),
}

impl<T> Outcome<T> {
    /// The same outcome with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Outcome::NotSent(trouble) => Outcome::NotSent(trouble),
            Outcome::Rejected(error) => Outcome::Rejected(error),
            Outcome::Applied(value) => Outcome::Applied(f(value)),
            Outcome::Unknown(trouble) => Outcome::Unknown(trouble),
        }
    }

    /// For reads, where a lost answer is only a failure.
    pub(super) fn read(self) -> Result<T, ReadError> {
        match self {
            Outcome::Applied(value) => Ok(value),
            Outcome::Rejected(error) => Err(ReadError::Rejected(error)),
            Outcome::NotSent(trouble) | Outcome::Unknown(trouble) => Err(ReadError::Failed(trouble)),
        }
    }
}
