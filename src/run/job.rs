//! What is to be run, and who is asked before it writes.

use super::Session;
use super::dry_run::Played;
use crate::events::Sink;
use crate::op::{Mode, RunInfo};
use crate::report::Plan;
use crate::script::choice::Choice;
use crate::script::run::Recipe;
use std::sync::Arc;

/// What is to be run.
pub struct Job<'a> {
    /// For real, or as a plan.
    pub mode: Mode,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The run.
    pub info: RunInfo,
    /// Gets what happens.
    pub events: Arc<dyn Sink>,
    /// The steps that are taken.
    pub choice: Arc<Choice>,
    /// The plan that the run is held to.
    pub held: Option<&'a Plan>,
    /// Asked before anything is written.
    pub consent: &'a dyn Consent,
}

/// Who is asked before a run writes.
pub trait Consent {
    /// Whether it may do what the dry run would.
    fn agrees(&self, session: &Session, planned: &Played) -> bool;
}

/// Asks nobody.
pub struct Yes;

impl Consent for Yes {
    fn agrees(&self, _: &Session, _: &Played) -> bool {
        true
    }
}
