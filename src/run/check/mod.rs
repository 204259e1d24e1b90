//! `check`: compiles and lints recipes, plays them on an empty account, and checks the project's settings of
//! migrations and indexes. Nothing is sent.

mod empty_account;
pub mod while_editing;
mod finding;
mod lint;
mod recipe_guard;
mod unreadable_files;

pub use finding::{BUG, CheckFinding, CheckFindings, extent, rule};

use super::interrupt::Interrupt;
use super::workspace::is_bundled;
use super::{Selected, Workspace, test};
use crate::events::Site;
use crate::project::file::PROJECT_FILE;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, Sources};
use crate::script::run::Recipe;
use crate::script::testing::is_test;
use std::path::Path;

/// What was looked at, and what came of it.
pub struct CheckResult {
    pub recipes: usize,
    /// How many test files.
    pub tests: usize,
    /// The environments in which they were played.
    pub environments: Vec<String>,
    /// What was found, in the order of looking.
    pub findings: CheckFindings,
}

/// Checks the recipes that are named, or all.
pub fn check(place: &Workspace, names: Vec<String>, interrupt: Interrupt) -> anyhow::Result<CheckResult> {
    let checked = of_project(place, names, interrupt);
    // Without a project to read there are no recipes to run in it.
    checked.or_else(|error| {
        let mut findings = CheckFindings::default();
        match unreadable_files::in_files(&error) {
            Some(found) => findings.add_all(found),
            None => return Err(error),
        }
        Ok(CheckResult { recipes: 0, tests: 0, environments: Vec::new(), findings })
    })
}

/// A run needs one.
fn no_environment(place: &Workspace, folder: &Path) -> CheckFinding {
    let sources = Sources::default();
    if let Ok(text) = place.text_of(PROJECT_FILE, folder) {
        sources.add(PROJECT_FILE, &text);
    }
    let at = Site { file: PROJECT_FILE.to_owned(), line: 1, column: 1 };
    let found = Diagnostic::error(DiagnosticKind::Value, at, "the project file declares no environment");
    CheckFinding::of(found.help("add `[environments.development]`"), &sources)
}

fn of_project(place: &Workspace, names: Vec<String>, interrupt: Interrupt) -> anyhow::Result<CheckResult> {
    // Ids of the config belong to an account, and none is asked.
    let place = &place.on_local_account();
    let root = place.root()?;
    let is_asked = !names.is_empty();
    let (tests, names): (Vec<String>, Vec<String>) = if is_asked {
        names.into_iter().partition(|name| is_test(name))
    } else {
        (test::names(&root)?, place.recipe_names(&root)?)
    };
    let recipes = names.iter().map(|name| place.recipe(name, &root)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut findings = CheckFindings::default();
    let declared = place.declared()?;
    for recipe in &recipes {
        findings.add_all(lint::recipe(place, &root, recipe, declared.as_ref())?);
    }
    for name in &tests {
        let name = if is_asked { test::below(place, &root, name)? } else { name.clone() };
        findings.add_all(lint::test_file(place, &root, &name, declared.as_ref())?);
    }
    findings.add_all(lint::numbers(place));
    let all = place.environments_to_check()?;
    if all.is_empty()
        && let Some(file) = place.project()?
    {
        findings.add_all([no_environment(place, &file.folder)]);
    }
    let environments: Vec<String> = all.iter().map(|(environment, _)| environment.name.clone()).collect();
    let mut selected = Vec::new();
    for (environment, found) in all {
        match found {
            Ok(found) => selected.push(found),
            Err(error) => findings.add_all(unreadable_files::environment(&environment, &error)),
        }
    }
    for selected in &selected {
        findings.add_all(lint::files(place, selected, &recipes)?);
    }
    findings.add_all(lint::undescribed(place, &selected)?);
    let is_project = !environments.is_empty();
    let mut default = None;
    if is_project {
        match place.chosen_recipe(None, &root) {
            Ok(recipe) => default = Some(recipe.name),
            Err(error) => findings.add_all([unreadable_files::default_recipe(place, &root, &error)]),
        }
    }
    let is_played = |recipe: &&Recipe| {
        !is_bundled(&recipe.name) || (is_project && is_asked) || default.as_ref() == Some(&recipe.name)
    };
    let played: Vec<&Recipe> = recipes.iter().filter(is_played).collect();
    let places: Vec<Option<&Selected>> =
        if is_project { selected.iter().map(Some).collect() } else { vec![None] };
    findings.add_all(empty_account::played(place, &root, &places, &played, interrupt)?);
    findings.say_where(environments.len());
    Ok(CheckResult { recipes: recipes.len(), tests: tests.len(), environments, findings })
}
