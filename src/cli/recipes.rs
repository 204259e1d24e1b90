//! `recipes`, `show` and `eject`: the recipes that can be run by name.

use super::command_context::CommandContext;
use super::{Stopped, formats};
use crate::op::Value;
use crate::report::values::{FIRST, row};
use crate::run::workspace::is_bundled;
use crate::script::resolver::library_text;

/// List the recipes of the project and the bundled ones
///
/// Examples:
///   larder recipes
///   larder recipes --format json
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Recipes {}

impl Recipes {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let root = shell.root()?;
        let mut rows = Vec::new();
        for name in shell.recipe_names(&root)? {
            let recipe = shell.recipe(&name, &root)?;
            let origin = if is_bundled(&recipe.name) { "bundled" } else { "project" };
            let summary = recipe.text.lines().find_map(|line| line.strip_prefix("//! ")).unwrap_or_default();
            rows.push(row([
                ("name", Value::Str(name)),
                ("origin", Value::Str(origin.to_owned())),
                ("summary", Value::Str(summary.to_owned())),
            ]));
        }
        formats::print(shell, rows, FIRST);
        Ok(())
    }
}

/// Print a recipe, or a module of the standard library
///
/// Examples:
///   larder show provision
///   larder show std/provision
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Show {
    /// Its name
    name: String,
}

impl Show {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        match library_text(&self.name) {
            Some(text) => shell.console.data(text),
            None => shell.console.data(&shell.recipe(&self.name, &shell.root()?)?.text),
        }
        Ok(())
    }
}

/// Write a bundled recipe into `recipes/` for editing
///
/// From then on the project's own recipe runs in place of the bundled one. What that one imports from the standard library
/// is written into the same file, so that all of it can be edited.
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
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let written = shell.eject(&self.name)?;
        shell.console.talk(&format!("wrote `{written}`\n"));
        Ok(())
    }
}
