//! Opens the account for `ls` and `get`, with the environments that may name its resources.

use super::Stopped;
use super::command_context::CommandContext;
use crate::run::exit;
use crate::run::ls::{Account, AccountReader, Environments, ListRequest};
use crate::services::Service;
use anyhow::anyhow;

/// Looks at what these services have; `show` gets it, with the session and the look.
pub(super) fn looked<T>(
    shell: &CommandContext,
    services: Vec<&'static Service>,
    recipe: Option<&str>,
    show: impl FnOnce(&crate::run::Session, &AccountReader, Account) -> Result<T, Stopped>,
) -> Result<T, Stopped> {
    let root = shell.root()?;
    let environments = Environments::of(shell)?;
    let recipe = match environments.list.is_empty() {
        true if recipe.is_some() => {
            return Err(anyhow!("there is no project whose names a recipe could say").into());
        }
        true => None,
        false => Some(shell.chosen_recipe(recipe, &root)?),
    };
    let mut session = shell.open(environments.chosen(shell)?, &root)?;
    session.listen();
    let look = AccountReader::begin(&session)?;
    let asked = ListRequest { services, environments: &environments, recipe: recipe.as_ref() };
    let account = look.account(&mut session, &asked)?;
    if let Some(signal) = session.signal() {
        return Err(Stopped::Told(exit::of_signal(signal)));
    }
    for note in &account.notes {
        shell.console.talk(&format!("note: {note}\n"));
    }
    for refused in &account.refused {
        shell.console.talk(&format!("error: {}: {}\n", refused.service.name, refused.problem.message));
    }
    show(&session, &look, account)
}
