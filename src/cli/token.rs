//! `token`: lists the permissions that a recipe needs, and checks whether the current token has them.

mod show;

use super::command_context::CommandContext;
use super::diagnostics::draw;
use super::globals::Format;
use super::{Stopped, interrupt};
use crate::report::{Exit, to_pretty};
use crate::run::permissions::token_permissions::{self, TokenPermissions};
use crate::run::permissions::{self, Needs};
use crate::run::{Selected, exit};
use crate::script::run::Recipe;
use show::Shown;
use std::path::Path;

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
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let selected = shell.selected()?;
        let root = shell.root()?;
        let recipe = shell.chosen_recipe(self.recipe.as_deref(), &root)?;
        let needs = needs(shell, selected.as_ref(), &root, &recipe)?;
        let account = permissions::account(shell, selected.as_ref());
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

/// What the recipe needs; what went wrong in its trial is shown.
pub fn needs(
    shell: &CommandContext,
    selected: Option<&Selected>,
    root: &Path,
    recipe: &Recipe,
) -> Result<Needs, Stopped> {
    let trial = permissions::find(shell, selected, root, recipe, interrupt::silent())?;
    draw(&trial.performed, &shell.console);
    if trial.needs.is_cut_short {
        shell.console.talk("warning: the trial ended there, so more may be needed\n");
    }
    Ok(trial.needs)
}

/// What the present token holds; nothing where there is none.
fn held(
    shell: &CommandContext,
    selected: Option<&Selected>,
    root: &Path,
    needs: &Needs,
) -> Result<Option<TokenPermissions>, Stopped> {
    if !token_permissions::is_there(shell) {
        shell.console.talk("no credentials are set: there is no token to look at\n");
        return Ok(None);
    }
    let session = shell.open(selected, root)?;
    session.listen();
    let looked = token_permissions::held(&session, needs);
    match session.signal() {
        Some(signal) => Err(Stopped::Told(exit::of_signal(signal))),
        None => Ok(Some(looked?)),
    }
}
