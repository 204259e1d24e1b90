//! `recipes`, `show` and `eject`: the recipes that can be run by name.

use super::Stopped;
use super::shell::Shell;
use crate::run::place::{BUNDLED, is_bundled};
use crate::system::files;
use anyhow::{Context as _, anyhow};

/// List the recipes of the project and the bundled ones
///
/// Examples:
///   larder recipes
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Recipes {}

impl Recipes {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<(), Stopped> {
        let root = shell.root()?;
        for name in shell.recipe_names(&root) {
            let recipe = shell.recipe(&name, &root)?;
            let origin = if is_bundled(&recipe.name) { "bundled" } else { "project" };
            let summary = recipe.text.lines().find_map(|line| line.strip_prefix("//! ")).unwrap_or_default();
            shell.console.data(&format!("{name:<16} {origin}  {summary}\n"));
        }
        Ok(())
    }
}

/// Print a recipe
///
/// Examples:
///   larder show provision
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Show {
    /// Its name
    name: String,
}

impl Show {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<(), Stopped> {
        let recipe = shell.recipe(&self.name, &shell.root()?)?;
        shell.console.data(&recipe.text);
        Ok(())
    }
}

/// Write a bundled recipe into `recipes/` for editing
///
/// From then on the project's own recipe runs in place of the bundled one.
///
/// Examples:
///   larder eject provision
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Eject {
    /// Its name
    name: String,
}

impl Eject {
    /// Runs it.
    pub fn run(self, shell: &Shell) -> Result<(), Stopped> {
        let Some((name, text)) = BUNDLED.iter().find(|(bundled, _)| *bundled == self.name) else {
            let known: Vec<&str> = BUNDLED.iter().map(|(name, _)| *name).collect();
            return Err(anyhow!(
                "no recipe `{}` is bundled\nhint: there are: {}",
                self.name,
                known.join(", ")
            )
            .into());
        };
        let folder = shell.root()?.join("recipes");
        let path = folder.join(format!("{name}.rhai"));
        if files::exists(&path) {
            return Err(anyhow!(
                "`recipes/{name}.rhai` exists already\nhint: it runs in place of the bundled one"
            )
            .into());
        }
        files::make_folder(&folder).context("can't make the folder `recipes`")?;
        files::write_whole(&path, text.as_bytes())
            .with_context(|| format!("can't write `recipes/{name}.rhai`"))?;
        shell.console.talk(&format!("wrote `recipes/{name}.rhai`\n"));
        Ok(())
    }
}
