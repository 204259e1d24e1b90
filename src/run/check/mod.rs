//! Recipes compiled, linted and played on an account that stands for any, and what the project's files say of migrations
//! and indexes; nothing is sent.

mod anywhere;
mod finding;
mod lint;

pub use finding::{Finding, Findings, extent, rule};

use super::Place;
use super::interrupt::Interrupt;
use super::place::is_bundled;
use crate::script::run::Recipe;

/// What was looked at, and what came of it.
pub struct Checked {
    /// How many recipes.
    pub recipes: usize,
    /// The environments in which they were played.
    pub environments: Vec<String>,
    /// What was found, in the order of looking.
    pub findings: Findings,
}

/// Checks the recipes that are named, or all.
pub fn check(place: &Place, names: Vec<String>, interrupt: Interrupt) -> anyhow::Result<Checked> {
    // Ids of the config belong to an account, and none is asked.
    let place = &place.on_local_account();
    let root = place.root()?;
    let is_asked = !names.is_empty();
    let names = if is_asked { names } else { place.recipe_names(&root) };
    let recipes = names.iter().map(|name| place.recipe(name, &root)).collect::<anyhow::Result<Vec<_>>>()?;
    let selected = place.environments_to_check()?;
    let mut findings = Findings::default();
    for recipe in &recipes {
        findings.add_all(lint::recipe(place, &root, recipe)?);
    }
    findings.add_all(lint::numbers(place));
    for selected in &selected {
        findings.add_all(lint::files(place, selected, &recipes)?);
    }
    findings.add_all(lint::undescribed(place, &selected)?);
    let default = if selected.is_empty() { None } else { Some(place.chosen_recipe(None, &root)?.name) };
    let is_played = |recipe: &&Recipe| {
        let is_runnable = !is_bundled(&recipe.name) || !selected.is_empty() && is_asked;
        is_runnable || default.as_ref() == Some(&recipe.name)
    };
    let played: Vec<&Recipe> = recipes.iter().filter(is_played).collect();
    findings.add_all(anywhere::played(place, &root, &selected, &played, interrupt)?);
    findings.say_where(selected.len());
    let environments = selected.iter().map(|one| one.config.environment.name.clone()).collect();
    Ok(Checked { recipes: recipes.len(), environments, findings })
}
