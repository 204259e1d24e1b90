//! `--only` and `--skip`: a run of some steps of a recipe.
//!
//! What steps a recipe has is known once it was run: it is planned first, silently. So a name that is no step, and a step
//! that needs one that is left out, end the run before its first write.

use super::Stopped;
use super::bindings::RequestsOnly;
use crate::events::{Problem, Sink};
use crate::op::{Context, RunInfo};
use crate::report::Plan;
use crate::run::Performed;
use crate::run::setting::setting;
use crate::run::{Place, Selected, Target, perform};
use crate::script::choice::{Choice, ChoiceError};
use crate::script::host::Bound;
use crate::script::run::Recipe;
use std::path::Path;
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
    pub fn choice(&self) -> Arc<Choice> {
        Arc::new(Choice::new(self.only.clone(), self.skip.clone()))
    }
}

/// What a silent plan needs to know.
pub struct Rehearsal<'a> {
    /// Where the command works.
    pub place: &'a Place,
    /// The project and its environment, if there is one.
    pub selected: Option<&'a Selected>,
    /// The account.
    pub target: &'a Target,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The project's folder.
    pub root: &'a Path,
    /// Hears of the requests.
    pub events: Arc<dyn Sink>,
    /// The plan that it is compared with.
    pub held: Option<&'a Plan>,
}

impl Rehearsal<'_> {
    /// Plans the recipe with the steps of `choice`, silently.
    pub fn plan(
        &self,
        info: RunInfo,
        bound: Bound,
        choice: &Arc<Choice>,
    ) -> Result<(Performed, Arc<Context>), Stopped> {
        let Rehearsal { place, selected, target, recipe, root, .. } = *self;
        let requests: Arc<dyn Sink> = Arc::new(RequestsOnly(self.events.clone()));
        let context = target.rehearsal(self.held, requests, root, info)?;
        let mut setting = setting(place, selected, context.clone(), target, root, bound);
        setting.facts.choice = choice.clone();
        Ok((perform(target, setting, recipe), context))
    }
}

/// For the report.
pub fn problem(error: &ChoiceError) -> Problem {
    let text = error.to_string();
    let (message, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
    Problem {
        kind: "step".into(),
        message: message.to_owned(),
        code: None,
        ray: None,
        hint: Some(hint.to_owned()),
        findings: Vec::new(),
    }
}
