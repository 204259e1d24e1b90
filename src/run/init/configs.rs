//! The wrangler configs of a folder that is to become a project: the one in it, else those below it.

use crate::project::nearby;
use crate::project::wrangler::{self, Binding, WranglerError, WranglerFile};
use crate::run::Place;
use crate::run::place::schema;
use anyhow::anyhow;
use std::path::{Path, PathBuf};

/// With more than this, nobody means all of them.
const CONFIGS_MAX: usize = 20;

/// One config, and its path from the folder.
pub struct Config {
    pub(super) path: String,
    pub(super) file: WranglerFile,
}

/// All of them.
pub struct Configs(pub(super) Vec<Config>);

impl Configs {
    /// Loads them: what is wrong in one is told before anything is written.
    pub fn read(place: &Place) -> anyhow::Result<Self> {
        let here = wrangler::find(&place.folder).is_some();
        let folders = if here { vec![PathBuf::new()] } else { nearby::workers_below(&place.folder) };
        if folders.len() > CONFIGS_MAX {
            return Err(anyhow!(
                "there are {} wrangler configs below this folder, more than are taken for one project\n\
                 hint: `larder init` in the folder of one of them, or of a few",
                folders.len()
            ));
        }
        let schema = schema(place.services);
        let root = place.repository(&place.folder)?;
        let config = |folder: PathBuf| {
            let path = wrangler::find(&place.folder.join(&folder))?;
            let name = folder.join(path.file_name()?);
            let name = name.to_string_lossy().replace('\\', "/");
            let load = || {
                let file = WranglerFile::load(&root, &path, &name, schema.bindings())?;
                file.check()?;
                Ok::<_, WranglerError>(file)
            };
            Some(load().map(|file| Config { path: name.clone(), file }))
        };
        Ok(Configs(folders.into_iter().filter_map(config).collect::<Result<_, _>>()?))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// An environment to begin with: the first that all have, else the first of any; none where there are none.
    pub(super) fn environment(&self) -> Option<String> {
        let of_each: Vec<Vec<String>> = self.0.iter().map(|config| config.file.environments()).collect();
        let is_in_all = |name: &&String| of_each.iter().all(|names| names.contains(name));
        let mut names = of_each.iter().flatten();
        names.clone().find(is_in_all).or_else(|| names.next()).cloned()
    }

    /// What was read, one line each.
    pub(super) fn summaries(&self) -> Vec<String> {
        self.0.iter().map(Config::summary).collect()
    }
}

impl Config {
    /// The folder in which it lies, from the project's.
    pub(super) fn folder(&self) -> &Path {
        Path::new(&self.path).parent().unwrap_or(Path::new(""))
    }

    /// The bindings of its top level and all its environments, each name once.
    pub(super) fn bindings(&self) -> Vec<Binding> {
        let environments = self.file.environments();
        let names = std::iter::once(None).chain(environments.iter().map(|name| Some(name.as_str())));
        let mut all: Vec<Binding> = Vec::new();
        for binding in names.filter_map(|name| self.file.worker(name).ok()).flat_map(|worker| worker.bindings)
        {
            if all.iter().all(|known| (known.kind, &known.binding) != (binding.kind, &binding.binding)) {
                all.push(binding);
            }
        }
        all
    }

    fn summary(&self) -> String {
        let listed = |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let bindings = self.bindings().iter().map(|one| format!("{} `{}`", one.kind, one.binding)).collect();
        let environments = self.file.environments().iter().map(|name| format!("`{name}`")).collect();
        format!("`{}`: bindings: {}; environments: {}", self.path, listed(bindings), listed(environments))
    }
}
