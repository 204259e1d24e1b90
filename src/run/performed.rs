//! What became of a recipe that was run.

use crate::report::Signal;
use crate::script::diagnostics::Sources;
use crate::script::run::Ran;

/// What became of a recipe, and what its diagnostics quote.
#[derive(Default)]
pub struct Performed {
    /// How it ended.
    pub ran: Ran,
    /// The texts.
    pub sources: Sources,
    /// The signal that ended it.
    pub signal: Option<Signal>,
    /// A bug in Larder.
    pub bug: Option<String>,
}

impl Performed {
    /// Whether it is known already that a run would not come to its end.
    pub fn ends_a_run(&self) -> bool {
        self.bug.is_some()
            || self.signal.is_some()
            || (!self.ran.diagnostics.is_empty() && !self.ran.incomplete)
    }

    /// Whether the recipe was run to its end.
    pub fn is_complete(&self) -> bool {
        self.ran.diagnostics.is_empty() && self.signal.is_none() && self.bug.is_none()
    }
}
