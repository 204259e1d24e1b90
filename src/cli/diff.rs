//! `diff`: the recipe planned in two environments, side by side.

use super::Stopped;
use super::command_context::CommandContext;
use super::globals::Format;
use crate::report::{Comparison, Exit, Report, Warning, to_pretty};
use crate::run::{Pace, diff, exit};
use anyhow::anyhow;

/// Show what differs between two environments
///
/// Plans the recipe in both, without writing, and compares what it asks for and what is there by kind and logical name;
/// the names in the account differ by intention and are not compared.
///
/// Examples:
///   larder diff staging production
///   larder diff staging production --format json --exit-code
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Diff {
    /// An environment, by name or alias
    #[arg(value_name = "ENV_A")]
    a: String,
    /// Another one
    #[arg(value_name = "ENV_B")]
    b: String,
    /// The recipe that is planned; default: the one that `run` would take
    #[arg(long)]
    recipe: Option<String>,
    /// End with 3 when they differ
    #[arg(long)]
    exit_code: bool,
}

impl Diff {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        if shell.options.env.is_some() {
            return Err(anyhow!("`diff` takes its environments as arguments\nhint: leave `--env` out").into());
        }
        let mut pace = None;
        let a = self.planned(shell, &self.a, &mut pace)?;
        let b = self.planned(shell, &self.b, &mut pace)?;
        if a.env == b.env {
            let name = a.env.unwrap_or_default();
            return Err(anyhow!("`{}` and `{}` are both `{name}`", self.a, self.b).into());
        }
        let comparison = Comparison::of(&a, &b);
        warn(shell, &a);
        warn(shell, &b);
        shell.console.data(&match shell.globals.format {
            Format::Json => to_pretty(&comparison, &shell.redactor),
            _ => comparison.text(&shell.redactor),
        });
        Ok(exit::of_differences(self.exit_code, comparison.differs))
    }

    /// The plan of one environment; both have one deadline.
    fn planned(&self, shell: &CommandContext, env: &str, pace: &mut Option<Pace>) -> Result<Report, Stopped> {
        let shell = &shell.with(Some(env.to_owned()), shell.options.sets.clone());
        let selected = &shell.needs_selected()?;
        let recipe = shell.chosen_recipe(self.recipe.as_deref(), &selected.folder)?;
        let session = shell.open(Some(selected), &selected.folder)?;
        let session = match pace.take() {
            Some(pace) => session.at(pace),
            None => session,
        };
        *pace = Some(session.target.pace());
        Ok(diff::planned(&session, &recipe)?)
    }
}

/// Says what a plan of one environment warns of: what is no part of the comparison, such as a schema that the files don't give.
fn warn(shell: &CommandContext, plan: &Report) {
    let env = plan.env.as_deref().unwrap_or_default();
    for Warning { message, at } in &plan.warnings {
        let at = at.as_ref().map(|at| format!("  --> {at}\n")).unwrap_or_default();
        shell.console.talk(&format!("warning: in `{env}`: {message}\n{at}"));
    }
}
