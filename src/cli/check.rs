//! `check`: compile and lint recipes, without a request.

use super::shell::Shell;
use super::{Stopped, online};
use crate::project::wrangler::Binding;
use crate::report::Exit;
use crate::run::bindings::indexes;
use crate::run::exit;
use crate::run::setting::offline_room;
use crate::run::unused;
use crate::run::{folders, migrations};
use crate::script::check::check as lint;
use crate::script::diagnostics::{Color, Diagnostic, Severity, render};
use crate::script::run::Recipe;
use anyhow::anyhow;

/// Compile and lint recipes, offline
///
/// Finds unknown functions, modules, variables and options, wrong argument counts, and more, before anything runs.
/// With --online it looks at the token, the account and the permissions instead, and at nothing else.
///
/// Examples:
///   larder check
///   larder check --online -e production
///   larder check recipes/custom.rhai
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// Recipes by name or path; default: all of the project, or the bundled ones
    recipes: Vec<String>,
    /// Ask the API whether a run could begin; of one recipe, by default the one that `run` would take
    #[arg(long)]
    online: bool,
}

impl Check {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<Exit, Stopped> {
        if self.online {
            return match self.recipes.as_slice() {
                [] => online::check(shell, None),
                [one] => online::check(shell, Some(one)),
                _ => Err(anyhow!("`--online` takes one recipe").into()),
            };
        }
        let root = shell.root()?;
        let names = if self.recipes.is_empty() { shell.recipe_names(&root) } else { self.recipes };
        let mut count = 0;
        let mut recipes = Vec::new();
        for name in &names {
            let recipe = shell.recipe(name, &root)?;
            let room = offline_room(shell, &root, &recipe)?;
            let linted = lint(&room.engine, &recipe.name, &recipe.text, &room.resolver, &room.known);
            for diagnostic in &linted.diagnostics {
                count += usize::from(diagnostic.severity == Severity::Error);
                shell.console.talk(&format!("{}\n", render(diagnostic, &room.sources, Color::Always)));
            }
            recipes.push(recipe);
        }
        let warnings = migrations::warnings(shell);
        for warning in &warnings {
            shell.console.talk(&format!("warning: {warning}\n"));
        }
        if !warnings.is_empty() {
            shell.console.talk("hint: they are applied in the order of their names; give the one that is not applied anywhere the next number\n");
        }
        count += wrong_folders(shell, &recipes)?;
        let recipes =
            if names.len() == 1 { "1 recipe".to_owned() } else { format!("{} recipes", names.len()) };
        warn_of_indexes(shell)?;
        if count == 0 {
            shell.console.data(&format!("checked {recipes}: no errors\n"));
            return Ok(exit::of_findings(false));
        }
        let errors = if count == 1 { "1 error".to_owned() } else { format!("{count} errors") };
        shell.console.data(&format!("checked {recipes}: {errors}\n"));
        Ok(exit::of_findings(true))
    }
}

/// Warns of indexes that the recipe `wrangler` could not make, in any environment.
fn warn_of_indexes(shell: &Shell) -> Result<(), Stopped> {
    if !shell.goes_by_wrangler()? {
        return Ok(());
    }
    let environments = shell.every_environment()?;
    let mut open: Vec<&Binding> = Vec::new();
    for binding in environments.iter().flat_map(indexes::undescribed) {
        if open.iter().all(|known| known.binding != binding.binding) {
            open.push(binding);
        }
    }
    if let (Some(first), Some(selected)) = (open.first(), environments.first()) {
        let names: Vec<String> = open.iter().map(|one| format!("`{}`", one.binding)).collect();
        let (at, way_out) = (&first.location, indexes::way_out(selected, &open));
        shell.console.talk(&format!(
            "warning: an index that is bound and not there can't be made: {}\n --> {at}\nhint: {way_out}\n",
            names.join(", ")
        ));
    }
    Ok(())
}

/// Shows what is wrong with the migrations that the project's files name, in every environment; gives the number of errors.
fn wrong_folders(shell: &Shell, recipes: &[Recipe]) -> Result<usize, Stopped> {
    let (mut told, mut errors) = (Vec::new(), 0);
    for selected in shell.environments_to_check()? {
        let mut found = folders::Refused::default();
        for recipe in recipes {
            if let Some(refused) = folders::refused_for(shell, &selected, recipe)? {
                found = refused;
                break;
            }
        }
        let own = recipes.iter().find(|recipe| !recipe.name.starts_with("bundled/"));
        if let Some(recipe) = own.or(recipes.first())
            && let Some(warning) = folders::warning(shell, &selected, recipe)?
        {
            found.quote(shell, &selected, &warning);
            found.diagnostics.push(warning);
        }
        let unused = if shell.goes_by_wrangler()? { unused::found(&selected) } else { Vec::new() };
        for unused in unused {
            found.quote(shell, &selected, &unused);
            found.diagnostics.push(unused);
        }
        for diagnostic in found.diagnostics {
            // Hints differ by environment, what is wrong does not.
            let is_it = |known: &Diagnostic| (&known.at, &known.title) == (&diagnostic.at, &diagnostic.title);
            if !told.iter().any(is_it) {
                errors += usize::from(diagnostic.severity == Severity::Error);
                shell.console.talk(&format!("{}\n", render(&diagnostic, &found.sources, Color::Always)));
                told.push(diagnostic);
            }
        }
    }
    Ok(errors)
}
