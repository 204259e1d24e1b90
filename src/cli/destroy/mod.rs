//! `destroy`: delete what a recipe names.

pub mod consent;

use super::Stopped;
use super::command_context::CommandContext;
use super::confirm::Confirm;
use super::run_output::RunOutput;
use super::steps::Steps;
use crate::op::Mode;
use crate::reconcile::DataPolicy;
use crate::report::Exit;
use crate::run::destroy::{DestroyJob, Flags, destroy};
use crate::run::dry_run::DryRun;
use consent::DestroyPrompt;

/// Delete what a recipe names
///
/// Asks the recipe what it names and deletes that, last named first. What other environments name too stays, and so does
/// what carries neither the app nor the environment in its name, unless it is named here. What is gone already is fine.
/// Without a terminal and without --yes the plan is shown and nothing is deleted.
///
/// Examples:
///   larder destroy -e development
///   larder destroy -e preview --set branch=pr-7 --with-data --yes
///   larder destroy -e production --confirm production --with-data --yes
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Destroy {
    /// A recipe of the project or a bundled one, by name or path
    ///
    /// Default: `recipe` of the project file, else `provision`; without a project file, `wrangler`
    recipe: Option<String>,
    /// Delete NAME although it carries neither the app nor the environment; repeatable
    #[arg(long, value_name = "NAME")]
    also: Vec<String>,
    /// Delete NAME although other environments use it too; repeatable
    #[arg(long, value_name = "NAME")]
    with_shared: Vec<String>,
    /// Delete what holds data, too: keys, objects, vectors, rows
    #[arg(long)]
    with_data: bool,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    steps: Steps,
}

impl Destroy {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let selected = shell.needs_chosen()?;
        let root = selected.folder.clone();
        let recipe = shell.chosen_recipe(self.recipe.as_deref(), &root)?;
        let guard = self.confirm.guard(Some(&selected))?;
        let session = &shell.open(Some(&selected), &root)?;
        let info = &session.info(guard);
        let heading = session.heading(Mode::Destroy, &recipe, info);
        session.listen();
        let stage = RunOutput::set(shell, heading.clone(), session.target.clock.elapsed())?;
        let choice = self.steps.choice();
        let run = DryRun { choice, ..DryRun::of_names(session, &recipe, info, stage.events.clone()) };
        let flags = Flags { also: &self.also, with_shared: &self.with_shared };
        let data = if self.with_data { DataPolicy::Lost } else { DataPolicy::Kept };
        let consent = &DestroyPrompt { shell, session, selected: &selected, heading };
        let job = DestroyJob { run: &run, selected: &selected, flags: &flags, data, consent };
        Ok(stage.end(&destroy(&job)?, false))
    }
}
