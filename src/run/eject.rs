//! A bundled recipe, written into the project for editing.

use super::Place;
use super::place::BUNDLED;
use crate::system::files;
use anyhow::{Context as _, anyhow};

impl Place {
    /// Writes it; gives its path from the project's folder.
    pub fn eject(&self, name: &str) -> anyhow::Result<String> {
        let Some((name, text)) = BUNDLED.iter().find(|(bundled, _)| *bundled == name) else {
            let known: Vec<&str> = BUNDLED.iter().map(|(name, _)| *name).collect();
            return Err(anyhow!("no recipe `{name}` is bundled\nhint: there are: {}", known.join(", ")));
        };
        let folder = self.root()?.join("recipes");
        let (path, shown) = (folder.join(format!("{name}.rhai")), format!("recipes/{name}.rhai"));
        if files::exists(&path) {
            return Err(anyhow!("`{shown}` exists already\nhint: it runs in place of the bundled one"));
        }
        files::make_folder(&folder).context("can't make the folder `recipes`")?;
        files::write_whole(&path, text.as_bytes()).with_context(|| format!("can't write `{shown}`"))?;
        Ok(shown)
    }
}
