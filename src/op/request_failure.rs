//! Converts outcomes of requests to failures of ops.

use super::failure::Failure;
use crate::http::{ApiError, ReadError, TransportError, TransportErrorKind};

impl Failure {
    /// The error of a response that rejects the request.
    pub fn rejected(resource: &str, error: ApiError) -> Self {
        Failure::Rejected { resource: resource.to_owned(), error: Box::new(error), hint: None }
    }

    /// A failed read about `resource`.
    pub fn of_read(resource: &str, error: ReadError) -> Self {
        match error {
            ReadError::Rejected(error) => Failure::rejected(resource, error),
            ReadError::Failed(trouble) => Failure::of_trouble(resource, trouble),
        }
    }

    /// Trouble that changed nothing.
    pub fn of_trouble(resource: &str, trouble: TransportError) -> Self {
        match trouble.kind {
            TransportErrorKind::Interrupted => Failure::Interrupted,
            _ => Failure::Unreachable { resource: resource.to_owned(), trouble },
        }
    }
}
