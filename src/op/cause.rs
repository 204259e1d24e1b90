//! The reason why a value is not known in a dry run.

use crate::events::Site;

/// An op that would change something in a way that is not played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `cf::put`.
    pub op: String,
    /// Where it was started.
    pub at: Site,
}
