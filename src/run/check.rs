//! Recipes compiled and linted, and what the project's files say of migrations and indexes; nothing is sent.

use super::bindings::undescribed;
use super::place::is_bundled;
use super::setting::offline_room;
use super::{Place, folders, migrations, unused};
use crate::events::Site;
use crate::project::wrangler::Binding;
use crate::script::check::check as lint;
use crate::script::diagnostics::{Diagnostic, Severity, Sources};
use crate::script::run::Recipe;

/// What is found.
pub enum Finding<'a> {
    /// In a file, at its place.
    At(&'a Diagnostic, &'a Sources),
    /// Of the project as a whole.
    Warning {
        /// One sentence.
        message: String,
        /// Where it shows.
        at: Option<Site>,
        /// The way out.
        hint: Option<String>,
    },
}

/// Gets what is found.
type Found<'a> = &'a mut dyn FnMut(Finding);

/// What was looked at.
pub struct Checked {
    /// How many recipes.
    pub recipes: usize,
    /// How many errors are in them and in the project's files.
    pub errors: usize,
}

/// Checks the recipes that are named, or all; `found` gets each finding at once.
pub fn check(place: &Place, names: Vec<String>, found: Found) -> anyhow::Result<Checked> {
    let root = place.root()?;
    let names = if names.is_empty() { place.recipe_names(&root) } else { names };
    let (mut errors, mut recipes) = (0, Vec::new());
    for name in &names {
        let recipe = place.recipe(name, &root)?;
        let room = offline_room(place, &root, &recipe)?;
        let linted = lint(&room.engine, &recipe.name, &recipe.text, &room.resolver, &room.known);
        for diagnostic in &linted.diagnostics {
            errors += usize::from(diagnostic.severity == Severity::Error);
            found(Finding::At(diagnostic, &room.sources));
        }
        recipes.push(recipe);
    }
    warn_of_numbers(place, found);
    errors += wrong_files(place, &recipes, found)?;
    warn_of_undescribed(place, found)?;
    Ok(Checked { recipes: recipes.len(), errors })
}

/// Warns of migrations that share a number.
fn warn_of_numbers(place: &Place, found: Found) {
    let mut warnings = migrations::warnings(place).into_iter().peekable();
    while let Some(message) = warnings.next() {
        let hint = "they are applied in the order of their names; give the one that is not applied anywhere the next number";
        let hint = warnings.peek().is_none().then(|| hint.to_owned());
        found(Finding::Warning { message, at: None, hint });
    }
}

/// Warns of what the recipe `wrangler` could not make from its binding alone, in any environment.
fn warn_of_undescribed(place: &Place, found: Found) -> anyhow::Result<()> {
    if !place.goes_by_wrangler()? {
        return Ok(());
    }
    let environments = place.every_environment()?;
    let mut open: Vec<&Binding> = Vec::new();
    for binding in environments.iter().flat_map(undescribed::undescribed) {
        if open.iter().all(|known| known.binding != binding.binding) {
            open.push(binding);
        }
    }
    if let (Some(first), Some(selected)) = (open.first(), environments.first()) {
        let names: Vec<String> = open.iter().map(|one| format!("{} `{}`", one.kind, one.binding)).collect();
        let message =
            format!("what is bound and not there can't be made from its binding: {}", names.join(", "));
        let (at, hint) = (Some(first.location.clone()), Some(undescribed::way_out(selected, &open)));
        found(Finding::Warning { message, at, hint });
    }
    Ok(())
}

/// What is wrong with the migrations that the project's files name, in every environment; gives the number of errors.
fn wrong_files(place: &Place, recipes: &[Recipe], found: Found) -> anyhow::Result<usize> {
    let (mut told, mut errors) = (Vec::new(), 0);
    for selected in place.environments_to_check()? {
        let mut wrong = folders::Refused::default();
        for recipe in recipes {
            if let Some(refused) = folders::refused_for(place, &selected, recipe)? {
                wrong = refused;
                break;
            }
        }
        let own = recipes.iter().find(|recipe| !is_bundled(&recipe.name));
        let mut more = Vec::new();
        if let Some(recipe) = own.or(recipes.first()) {
            more.extend(folders::warning(place, &selected, recipe)?);
        }
        if place.goes_by_wrangler()? {
            more.extend(unused::found(place.services, &selected));
        }
        for diagnostic in more {
            wrong.quote(place, &selected, &diagnostic);
            wrong.diagnostics.push(diagnostic);
        }
        for diagnostic in wrong.diagnostics {
            // Hints differ by environment, what is wrong does not.
            let is_it = |known: &Diagnostic| (&known.at, &known.title) == (&diagnostic.at, &diagnostic.title);
            if !told.iter().any(is_it) {
                errors += usize::from(diagnostic.severity == Severity::Error);
                found(Finding::At(&diagnostic, &wrong.sources));
                told.push(diagnostic);
            }
        }
    }
    Ok(errors)
}
