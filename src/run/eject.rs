//! Copies a bundled recipe, and its imports from the standard library, into the project for editing.

use super::Workspace;
use super::workspace::BUNDLED;
use crate::script::resolver::library_text;
use crate::system::{Root, files};
use anyhow::{Context as _, anyhow};

impl Workspace {
    /// Writes it; gives its path from the project's folder.
    pub fn eject(&self, name: &str) -> anyhow::Result<String> {
        let Some((name, text)) = BUNDLED.iter().find(|(bundled, _)| *bundled == name) else {
            let known: Vec<&str> = BUNDLED.iter().map(|(name, _)| *name).collect();
            return Err(anyhow!("no recipe `{name}` is bundled\nhint: there are: {}", known.join(", ")));
        };
        let root = Root::new(&self.root()?)?;
        let shown = format!("recipes/{name}.rhai");
        if files::exists(&root.path().join(&shown)) {
            return Err(anyhow!("`{shown}` exists already\nhint: it runs in place of the bundled one"));
        }
        let folder = root.path().join("recipes");
        if files::is_link(&folder) {
            return Err(anyhow!(
                "can't write `{shown}`: `recipes` is a link, and nothing is written through one"
            ));
        }
        files::make_folder(&folder).context("can't make the folder `recipes`")?;
        files::write_new(&root.path().join(&shown), whole(text).as_bytes())
            .with_context(|| format!("can't write `{shown}`"))?;
        Ok(shown)
    }
}

/// The recipe in one file: in place of an import of the library, its functions, which are called as the recipe's own.
fn whole(recipe: &str) -> String {
    let mut text = String::new();
    let mut modules = Vec::new();
    for line in recipe.split_inclusive('\n') {
        match imported(line) {
            Some((definitions, alias)) => {
                text += definitions.trim();
                text.push('\n');
                modules.push(format!("{alias}::"));
            }
            None => text += line,
        }
    }
    modules.iter().fold(text, |text, module| text.replace(module, ""))
}

/// The definitions behind `import "std/x" as alias;`, and the alias.
fn imported(line: &str) -> Option<(String, &str)> {
    let (name, rest) = line.strip_prefix("import \"")?.split_once('"')?;
    let alias = rest.trim().strip_prefix("as ")?.strip_suffix(';')?;
    let definitions = library_text(name)?.split_inclusive('\n').filter(|line| !line.starts_with("//!"));
    Some((definitions.collect(), alias))
}
