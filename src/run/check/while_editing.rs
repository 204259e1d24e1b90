//! The checks of a text that is being edited. Nothing is played, so they are fast enough for each key.

use super::{CheckFinding, lint, no_environment, unreadable_files};
use crate::run::Workspace;
use crate::script::check::ProjectDeclarations;
use crate::script::run::{Recipe, ScriptRuntime};

/// What is wrong with a recipe and what it imports, and what is hardly meant; its room can check and reaches nothing.
pub fn in_recipe(
    room: &ScriptRuntime,
    recipe: &Recipe,
    declared: Option<&ProjectDeclarations>,
) -> Vec<CheckFinding> {
    // What was imported before may be imported no more.
    room.sources.clear();
    lint::in_room(room, recipe, declared)
}

/// What is wrong with the project file and the files that it names, whatever the recipes say.
pub fn in_project(place: &Workspace) -> Vec<CheckFinding> {
    let place = &place.on_local_account();
    match looked_at(place) {
        Ok(found) => found,
        // What is wrong in no text is told by the command that it ends.
        Err(error) => unreadable_files::in_files(&error).unwrap_or_default(),
    }
}

fn looked_at(place: &Workspace) -> anyhow::Result<Vec<CheckFinding>> {
    let Some(file) = place.project()? else { return Ok(Vec::new()) };
    let root = place.root()?;
    let all = place.environments_to_check()?;
    if all.is_empty() {
        return Ok(vec![no_environment(place, &file.folder)]);
    }
    let mut findings = super::CheckFindings::default();
    let recipe = match place.chosen_recipe(None, &root) {
        Ok(recipe) => Some(recipe),
        Err(error) => {
            findings.add_all([unreadable_files::default_recipe(place, &root, &error)]);
            None
        }
    };
    let count = all.len();
    for (environment, found) in all {
        match found {
            Err(error) => findings.add_all(unreadable_files::environment(&environment, &error)),
            Ok(selected) => {
                if let Some(recipe) = &recipe {
                    findings.add_all(lint::files(place, &selected, std::slice::from_ref(recipe))?);
                }
            }
        }
    }
    findings.say_where(count);
    Ok(findings.into_list())
}
