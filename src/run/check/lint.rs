//! The checks that run nothing.

use super::CheckFinding;
use crate::events::Site;
use crate::project::wrangler::Binding;
use crate::run::bindings::missing_options as open;
use crate::run::runtime_settings::offline_room;
use crate::run::workspace::is_bundled;
use crate::run::{
    Selected, Workspace, branch_collision, folders, migrations, nameless_workers, test, unread_config,
    unused_settings,
};
use crate::script::check::{ProjectDeclarations, check};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, Sources};
use crate::script::run::{Recipe, ScriptRuntime};
use crate::script::testing;
use std::path::Path;

/// What is wrong with a recipe and what it imports, and what is hardly meant.
pub(super) fn recipe(
    place: &Workspace,
    root: &Path,
    recipe: &Recipe,
    declared: Option<&ProjectDeclarations>,
) -> anyhow::Result<Vec<CheckFinding>> {
    let room = offline_room(place, root, recipe)?;
    Ok(in_room(&room, recipe, declared))
}

/// The same in a room that is made already; of a test file as well.
pub(super) fn in_room(
    room: &ScriptRuntime,
    recipe: &Recipe,
    declared: Option<&ProjectDeclarations>,
) -> Vec<CheckFinding> {
    let found = if testing::is_test(&recipe.name) {
        testing::linted(room, recipe, declared)
    } else {
        let checked = check(&room.engine, &recipe.name, &recipe.text, &room.resolver, &room.known);
        checked.linted(&room.resolver, &room.known, declared)
    };
    found.into_iter().map(|found| CheckFinding::of(found, &room.sources)).collect()
}

/// The same of a test file.
pub(super) fn test_file(
    place: &Workspace,
    root: &Path,
    name: &str,
    declared: Option<&ProjectDeclarations>,
) -> anyhow::Result<Vec<CheckFinding>> {
    let recipe = Recipe { name: name.to_owned(), text: place.script(Path::new(name), root)? };
    let room = test::room(place, root, &recipe)?;
    Ok(in_room(&room, &recipe, declared))
}

/// Warnings of migrations that share a number.
pub(super) fn numbers(place: &Workspace) -> Vec<CheckFinding> {
    let warnings = migrations::warnings(place);
    let last = warnings.len();
    let warning = |(index, message): (usize, String)| {
        let found = warning(Site::default(), message);
        let hint = "they are applied in the order of their names; give the one that is not applied anywhere the next number";
        let found = if index + 1 == last { found.help(hint) } else { found };
        CheckFinding::of(found, &Sources::default())
    };
    warnings.into_iter().enumerate().map(warning).collect()
}

/// The warning of what the recipe `wrangler` could not make from its binding alone, in any environment.
pub(super) fn undescribed(
    place: &Workspace,
    environments: &[Selected],
) -> anyhow::Result<Option<CheckFinding>> {
    if !place.goes_by_wrangler()? {
        return Ok(None);
    }
    let mut bindings: Vec<&Binding> = Vec::new();
    for binding in environments.iter().flat_map(open::undescribed) {
        if bindings.iter().all(|known| known.binding != binding.binding) {
            bindings.push(binding);
        }
    }
    let (Some(first), Some(selected)) = (bindings.first(), environments.first()) else { return Ok(None) };
    let names: Vec<String> = bindings.iter().map(|one| format!("{} `{}`", one.kind, one.binding)).collect();
    let message = format!("what is bound and not there can't be made from its binding: {}", names.join(", "));
    let found = warning(first.location.clone(), message).help(open::way_out(selected, &bindings));
    Ok(Some(CheckFinding::of(found, &Sources::default())))
}

/// What is wrong with the files that the project names for an environment.
pub(super) fn files(
    place: &Workspace,
    selected: &Selected,
    recipes: &[Recipe],
) -> anyhow::Result<Vec<CheckFinding>> {
    let mut wrong = folders::FolderRefusal::default();
    for recipe in recipes {
        if let Some(refused) = folders::refused_for(place, selected, recipe)? {
            wrong = refused;
            break;
        }
    }
    let own = recipes.iter().find(|recipe| !is_bundled(&recipe.name));
    let mut more = Vec::from_iter(unread_config::warning(place, selected)?);
    if let Some(recipe) = own.or(recipes.first()) {
        more.extend(folders::warning(place, selected, recipe)?);
    }
    if place.goes_by_wrangler()? {
        more.extend(unused_settings::found(place.services, selected));
        more.extend(nameless_workers::warning(selected));
    } else {
        more.extend(branch_collision::warning(selected));
    }
    for diagnostic in more {
        wrong.quote(place, selected, &diagnostic);
        wrong.diagnostics.push(diagnostic);
    }
    Ok(wrong.diagnostics.into_iter().map(|found| CheckFinding::of(found, &wrong.sources)).collect())
}

fn warning(at: Site, title: String) -> Diagnostic {
    Diagnostic::error(DiagnosticKind::Value, at, title).warning()
}
