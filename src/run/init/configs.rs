//! Finds the wrangler configs for a new project: in the folder, else below it.

use crate::project::nested_configs;
use crate::project::wrangler::{self, Binding, WranglerError, WranglerFile};
use crate::run::Workspace;
use crate::run::workspace::schema;
use crate::system::{Environment, plain, repository};
use anyhow::anyhow;
use std::path::{Component, Path, PathBuf};
use toml_edit::{Array, Value};

/// With more than this, nobody means all of them.
const CONFIGS_MAX: usize = 20;

/// One config, and its path from the folder.
pub struct Config {
    pub(super) path: String,
    pub(super) file: WranglerFile,
}

pub struct Configs(pub(super) Vec<Config>, PathBuf);

impl Configs {
    /// Loads them: errors in them are reported before anything is written.
    pub fn read(place: &Workspace) -> anyhow::Result<Self> {
        let here = wrangler::find(&place.folder).is_some();
        let folders = if here { vec![PathBuf::new()] } else { nested_configs::workers_below(&place.folder) };
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
        Ok(Configs(folders.into_iter().filter_map(config).collect::<Result<_, _>>()?, PathBuf::new()))
    }

    /// The same for a project in another folder, whose repository has to hold them, too.
    pub fn from(self, here: &Path, other: &Path, environment: &Environment) -> anyhow::Result<Self> {
        let other = plain(other);
        let Some(first) = self.0.first().filter(|_| other != here) else { return Ok(self) };
        let reach = repository(&other, environment);
        if !here.starts_with(&reach) {
            return Err(anyhow!(
                "a project in `{}` can't name `{}`: no repository holds both\nhint: a folder of the config's repository, or the \
                 folder of the config itself",
                other.display(),
                first.path
            ));
        }
        let common =
            here.components().zip(other.components()).take_while(|(one, other)| one == other).count();
        let up = other.components().skip(common).map(|_| Component::ParentDir);
        let above = up.chain(here.components().skip(common)).collect();
        Ok(Configs(self.0, above))
    }

    pub fn files(&self) -> impl Iterator<Item = &WranglerFile> {
        self.0.iter().map(|config| &config.file)
    }

    /// Their paths as the project file has them; none where there is no config.
    pub fn written(&self) -> Option<Value> {
        let mut paths = self.0.iter().map(|config| self.path(Path::new(&config.path)));
        if self.are_several() {
            return Some(Value::Array(paths.collect::<Array>()));
        }
        paths.next().map(Value::from)
    }

    /// A path from the folder of the configs, from the project's.
    pub(super) fn path(&self, path: &Path) -> String {
        self.1.join(path).to_string_lossy().replace('\\', "/")
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
