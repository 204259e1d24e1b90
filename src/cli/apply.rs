//! `apply`: what a plan file lists, and nothing else.

use super::Stopped;
use super::command_context::CommandContext;
use super::confirm::Confirm;
use super::run::{Migrating, RunRequest};
use super::steps::Steps;
use crate::op::Mode;
use crate::report::{Exit, Plan};
use anyhow::anyhow;
use std::path::PathBuf;

/// Apply a plan that `larder plan --out FILE` wrote
///
/// Runs the recipe again with the plan as its permit: a write that the plan does not list, or lists with other fields,
/// is refused before it is sent. Environment, account and `--set` are those of the plan. A plan whose recipe, project
/// file or migrations have changed since is refused as a whole, and so is one whose resources have moved in the account:
/// all that has is listed, before the first write.
///
/// Examples:
///   larder plan -e production --out plan.json
///   larder apply plan.json
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Apply {
    /// The plan
    #[arg(value_name = "FILE")]
    plan: PathBuf,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    migrating: Migrating,
}

impl Apply {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let Apply { plan, confirm, migrating } = self;
        let plan = Plan::load(&shell.folder.join(&plan), &plan.display().to_string())?;
        if !shell.options.sets.is_empty() {
            return Err(anyhow!("the plan has its own `--set`\nhint: plan again with these").into());
        }
        let asked = shell.options.env.clone();
        let shell = shell.with(plan.env.clone(), plan.sets.clone());
        if let (Some(asked), Some(selected)) = (asked, shell.selected()?) {
            let environment = selected.config.environment;
            if asked != environment.name && asked != environment.alias {
                return Err(anyhow!(
                    "the plan is of `{}`, not of `{asked}`\nhint: leave `--env` out",
                    environment.name
                )
                .into());
            }
        }
        let steps = Steps { only: plan.only.clone(), skip: plan.skip.clone() };
        let job = RunRequest {
            steps,
            rewrite_secrets: plan.rewrite_secrets,
            confirm,
            migrating,
            held: Some(plan),
            ..RunRequest::new(Mode::Apply)
        };
        job.run(&shell, None)
    }
}
