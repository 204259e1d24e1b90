//! The reasons for which a command ends early.

use super::Session;
use super::preflight::PreflightEnd;
use crate::op::Failure;
use crate::report::Signal;

/// Why it ends; not yet reported.
pub enum Error {
    /// The run may not begin, or its recipe does not come to its end.
    Ended(Box<PreflightEnd>),
    /// A request failed, or what was asked for is refused.
    Failed {
        failure: Box<Failure>,
        /// The signal that came before.
        signal: Option<Signal>,
    },
    /// Usage, project file, recipe or credentials; nothing depends on which.
    Usage(anyhow::Error),
}

impl Error {
    /// A failure that is in no report.
    pub fn failed(session: &Session, failure: Failure) -> Self {
        Error::Failed { failure: Box::new(failure), signal: session.signal() }
    }
}

impl From<PreflightEnd> for Error {
    fn from(end: PreflightEnd) -> Self {
        Error::Ended(Box::new(end))
    }
}

impl<E: Into<anyhow::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Error::Usage(error.into())
    }
}
