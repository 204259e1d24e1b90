//! `--only` and `--skip`: select the steps of a recipe that run.
//!
//! What steps a recipe has is known once it was run: a dry run comes first. So a name that is no step, and a step that
//! needs one that is left out, end the run before its first write.

use crate::script::choice::StepChoice;
use std::sync::Arc;

/// The flags.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Steps {
    /// Take this step of the recipe and no other; repeatable
    #[arg(long, value_name = "STEP")]
    pub(super) only: Vec<String>,
    /// Leave this step of the recipe out; repeatable
    #[arg(long, value_name = "STEP")]
    pub(super) skip: Vec<String>,
}

impl Steps {
    /// What they choose.
    pub fn choice(&self) -> Arc<StepChoice> {
        Arc::new(StepChoice::new(self.only.clone(), self.skip.clone()))
    }
}
