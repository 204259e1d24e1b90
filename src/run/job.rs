//! The parameters of a run, and the trait that asks before it writes.

use super::Session;
use super::dry_run::DryRunResult;
use crate::events::Sink;
use crate::op::{Mode, RunInfo};
use crate::report::Plan;
use crate::script::choice::StepChoice;
use crate::script::run::Recipe;
use std::sync::Arc;

/// The parameters of a run.
pub struct RunJob<'a> {
    /// For real, or as a plan.
    pub mode: Mode,
    pub recipe: &'a Recipe,
    pub info: RunInfo,
    pub events: Arc<dyn Sink>,
    /// The steps that are taken.
    pub choice: Arc<StepChoice>,
    /// The plan that the run is held to.
    pub held: Option<&'a Plan>,
    /// Asked before anything is written.
    pub consent: &'a dyn RunConsent,
}

/// The confirmation before a run writes.
pub trait RunConsent {
    /// Whether it may do what the dry run would.
    fn agrees(&self, session: &Session, planned: &DryRunResult) -> bool;
}

/// Confirms without a prompt.
pub struct NoPrompt;

impl RunConsent for NoPrompt {
    fn agrees(&self, _: &Session, _: &DryRunResult) -> bool {
        true
    }
}
