//! `token`: the least permissions that a recipe needs, and whether the present token has them.

pub mod holds;
pub mod needs;
mod show;

use super::Stopped;
use super::globals::Format;
use super::shell::Shell;
use crate::events::Recorder;
use crate::local::DEFAULT_ACCOUNT_ID;
use crate::op::{Failure, Mode};
use crate::project::AccountId;
use crate::project::account::ACCOUNT_VARIABLE;
use crate::project::credentials::{self, CredentialsError};
use crate::report::{Exit, to_pretty};
use crate::run::Selected;
use crate::run::exit;
use crate::run::target::run_info;
use crate::system::{Clock as _, SystemClock};
use anyhow::anyhow;
use holds::Held;
use needs::Needs;
use show::Shown;
use std::path::Path;
use std::sync::Arc;

/// Say which permissions a recipe needs, and whether this token has them
///
/// The recipe is tried on an empty account in memory, so that nothing is sent while it is found out. The present token,
/// if there is one, is compared: by its own rules where it may read them, else by one look at each service.
///
/// Examples:
///   larder token -e production
///   larder token custom -e staging --template
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Token {
    /// The recipe by name or path; default: the one that `run` would take
    recipe: Option<String>,
    /// Print nothing but the JSON that creates such a token
    #[arg(long)]
    template: bool,
    /// Do not look at the present token
    #[arg(long)]
    offline: bool,
}

impl Token {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        let selected = shell.selected()?;
        let root = shell.root()?;
        let recipe = shell.chosen_recipe(self.recipe.as_deref(), &root)?;
        let needs = needs::find(shell, selected.as_ref(), &root, &recipe)?;
        let account = account(shell, selected.as_ref());
        let held =
            if self.offline || self.template { None } else { held(shell, selected.as_ref(), &root, &needs)? };
        let shown = Shown::new(&recipe.name, selected.as_ref(), account, &needs, held.as_ref());
        if self.template {
            shell.console.data(&to_pretty(&shown.template, shell.console.redactor()));
        } else if shell.globals.format == Format::Json {
            shell.console.data(&to_pretty(&shown, shell.console.redactor()));
        } else {
            shell.console.data(&shown.text());
        }
        let lacks = held.is_some_and(|held| !held.is_valid() || held.lacks_something());
        Ok(exit::of_findings(lacks || needs.is_cut_short))
    }
}

/// The account that the token is for, where it is known.
fn account(shell: &Shell, selected: Option<&Selected>) -> Option<String> {
    if shell.is_local() {
        return Some(DEFAULT_ACCOUNT_ID.to_owned());
    }
    let pinned = selected.and_then(|selected| selected.config.environment.account_id.clone());
    let named = || AccountId::parse(shell.environment.get(ACCOUNT_VARIABLE)?.trim());
    pinned.or_else(named).map(|id| id.to_string())
}

/// What the present token holds; nothing where there is none.
fn held(
    shell: &Shell,
    selected: Option<&Selected>,
    root: &Path,
    needs: &Needs,
) -> Result<Option<Held>, Stopped> {
    if shell.globals.local.is_none() {
        let now = SystemClock::default().now();
        if let Err(CredentialsError::NotSet { .. }) = credentials::resolve(&shell.environment, now) {
            shell.console.talk("no credentials are set: there is no token to look at\n");
            return Ok(None);
        }
    }
    let target = shell.open(selected, root)?;
    let info = run_info(target.clock.as_ref());
    let context = target.context(Mode::Plan, Arc::new(Recorder::default()), root, info)?;
    let held = target.runtime.block_on(holds::look(&context.client, target.is_key(), needs));
    Ok(Some(held.map_err(|error| Failure::of_read("the token", error)).map_err(|failure| {
        let hint = failure.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        anyhow!("{failure}{hint}")
    })?))
}
