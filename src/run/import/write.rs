//! Writes the imported files, and refuses to replace existing ones.

use crate::project::file::PROJECT_FILE;
use crate::run::Workspace;
use crate::run::init::{SCHEMA_FILE, write_new, write_schema};
use crate::system::files;
use anyhow::{Context as _, anyhow};
use std::path::Path;

/// The recipe of what tables can't say.
pub(super) const RECIPE: &str = "imported";

pub const NAME: &str = "recipes/imported.rhai";

/// Refuses a folder that is a project already.
pub fn refuse_project(place: &Workspace, folder: &Path) -> anyhow::Result<()> {
    refuse(place, folder, PROJECT_FILE)
}

fn refuse(place: &Workspace, folder: &Path, name: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    if files::exists(&path) || files::is_link(&path) {
        return Err(anyhow!(
            "`{name}` exists already\nhint: `--out DIR` writes elsewhere, to be compared and merged by hand; `larder ls --unnamed{}` \
             lists what the project does not name",
            place.options.whereabouts
        ));
    }
    Ok(())
}

/// Writes them, the project file last: without it nothing of them counts.
pub(super) fn write(
    place: &Workspace,
    folder: &Path,
    project: &str,
    recipe: Option<&str>,
) -> anyhow::Result<Vec<String>> {
    files::make_folder(folder).with_context(|| format!("can't make the folder `{}`", folder.display()))?;
    let mut wrote = Vec::new();
    if let Some(recipe) = recipe {
        let path = folder.join(NAME);
        // What an import that was interrupted has left is as good.
        let is_left = files::read_text(&path, recipe.len() as u64).is_ok_and(|text| text == recipe);
        if !is_left {
            refuse(place, folder, NAME)?;
            if files::is_link(&folder.join("recipes")) {
                return Err(anyhow!(
                    "can't write `{NAME}`: `recipes` is a link, and nothing is written through one"
                ));
            }
            files::make_folder(&folder.join("recipes")).context("can't make the folder `recipes`")?;
            write_new(folder, NAME, recipe)?;
        }
        wrote.push(NAME.to_owned());
    }
    if write_schema(place, folder)? {
        wrote.push(SCHEMA_FILE.to_owned());
    }
    if !write_new(folder, PROJECT_FILE, &format!("#:schema ./{SCHEMA_FILE}\n{project}"))? {
        return Err(anyhow!("`{PROJECT_FILE}` exists already"));
    }
    wrote.push(PROJECT_FILE.to_owned());
    Ok(wrote)
}
