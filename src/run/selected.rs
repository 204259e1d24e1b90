//! The environment that a command works on: the merged project file, its names, what the Worker's config binds.

use super::Place;
use crate::project::databases::{self, Databases};
use crate::project::wrangler::{Worker, WranglerFile};
use crate::project::{self, Branch, Config, EnvNames, NamingPolicy, ProjectFile, by_wrangler};
use crate::system::{Root, RootError};
use anyhow::anyhow;
use std::path::PathBuf;

/// The variable by which wrangler chooses an environment of its config.
const WRANGLER_ENVIRONMENT: &str = "CLOUDFLARE_ENV";

/// A project and one environment of it.
pub struct Selected {
    /// The project's folder.
    pub folder: PathBuf,
    /// The merged file.
    pub config: Config,
    /// The templates.
    pub policy: NamingPolicy,
    /// Every environment.
    pub environments: Vec<EnvNames>,
    /// The wrangler config's bindings for this environment, and its file.
    pub worker: Option<(project::wrangler::WranglerFile, project::wrangler::Worker)>,
    /// What the wrangler config binds for the other environments, by their full names.
    pub other_workers: Vec<(String, project::wrangler::Worker)>,
    /// Its D1 databases and where their migrations are.
    pub databases: Databases,
}

impl Selected {
    /// Takes note of what its files name: a recipe may read it, wherever in the repository it lies. What can't be reached
    /// is refused by whoever reads it.
    pub fn name_paths(&self, root: &Root) {
        let folders = self.databases.list.iter().filter_map(|one| one.folder.as_ref());
        let folders = folders.map(|said| said.value.as_str());
        for path in folders.chain(self.config.wrangler.as_deref()) {
            let _ = root.name(path);
        }
    }

    /// The Worker's name in this environment.
    pub fn script(&self) -> Option<&str> {
        self.script_of(&self.config.environment.name)
    }

    /// The Worker's name in an environment that the project has.
    pub fn script_of(&self, environment: &str) -> Option<&str> {
        self.environments.iter().find(|names| names.name == environment)?.worker.as_deref()
    }

    /// What a command line needs to mean this environment.
    pub fn env_flag(&self) -> String {
        let name = &self.config.environment.name;
        if name == project::file::TOP_LEVEL { String::new() } else { format!(" -e {name}") }
    }
}

impl Place {
    /// The project and its environment; a wrangler config alone makes a project, too.
    pub fn selected(&self) -> anyhow::Result<Option<Selected>> {
        let file = match self.project()? {
            Some(file) => Some(file),
            None => self.worker_alone()?,
        };
        let Some(file) = file else { return Ok(None) };
        let default = file.default_environment().filter(|_| !self.names_environment());
        // Where the config alone makes the project, wrangler's own choice counts.
        let default = default.map(|top| self.environment.get(WRANGLER_ENVIRONMENT).unwrap_or(top));
        let flag = self.options.env.as_deref().or(default);
        let environment = file.select(flag, &self.environment)?;
        Ok(Some(self.select(&file, environment)?))
    }

    /// The one that is named, or every environment of the project.
    pub fn every_environment(&self) -> anyhow::Result<Vec<Selected>> {
        if self.names_environment() {
            return Ok(vec![self.needs_selected()?]);
        }
        let file = match self.project()? {
            Some(file) => Some(file),
            None => self.worker_alone()?,
        };
        let file = file.ok_or_else(|| self.nowhere())?;
        file.environments().iter().map(|environment| self.select(&file, environment)).collect()
    }

    /// The environment that is named, if one is: what only looks at an account needs none.
    pub fn selected_if_named(&self) -> anyhow::Result<Option<Selected>> {
        if self.names_environment() { self.selected() } else { Ok(None) }
    }

    fn names_environment(&self) -> bool {
        self.options.env.is_some() || self.environment.get(project::select::ENVIRONMENT_VARIABLE).is_some()
    }

    /// An environment of a project.
    pub fn select(&self, file: &ProjectFile, environment: &project::Environment) -> anyhow::Result<Selected> {
        let config = file.config(environment, &self.options.sets)?;
        if config.branch == Branch::Any {
            let name = &config.environment.name;
            return Err(anyhow!(
                "the environment `{name}` is one for each branch\nhint: `--set branch=NAME`"
            ));
        }
        self.selected_as(file, environment, config)
    }

    /// What a wrangler config binds for every environment but this one, whether the project file declares it or not.
    fn other_workers(
        &self,
        file: &ProjectFile,
        environment: &project::Environment,
        wrangler: &WranglerFile,
    ) -> Vec<(String, Worker)> {
        let declared = file.environments();
        let names = |of: &Option<String>| {
            let declared = declared.iter().filter(|one| one.wrangler_env == *of).map(|one| one.name.clone());
            let mut names: Vec<String> = declared.collect();
            if names.is_empty() {
                names.push(of.clone().unwrap_or_else(|| format!("the top level of {}", wrangler.name())));
            }
            names
        };
        let all = wrangler.environments().into_iter().map(Some).chain([None]);
        let read = |of: Option<String>| {
            let worker = wrangler.readable(of.as_deref())?;
            Some((names(&of), if self.is_local() { worker.without_ids() } else { worker }))
        };
        let each = all
            .filter_map(read)
            .flat_map(|(names, worker)| names.into_iter().map(move |name| (name, worker.clone())));
        each.filter(|(name, _)| *name != environment.name).collect()
    }

    /// The same, also where the branch of its environment is not known.
    fn selected_as(
        &self,
        file: &ProjectFile,
        environment: &project::Environment,
        config: Config,
    ) -> anyhow::Result<Selected> {
        let (policy, mut environments) = file.naming(&config)?;
        let wrangler = match &config.wrangler {
            None => None,
            Some(name) => {
                match self.repository(&file.folder)?.name(name) {
                    // Loading says better what it is.
                    Ok(_) | Err(RootError::Unreadable { .. }) => {}
                    Err(error) => {
                        let problem = project::problem::Problem::OutOfReach { reason: error.to_string() };
                        config.wrong(&["wrangler"], problem)?;
                    }
                }
                Some(project::wrangler::WranglerFile::load(&file.folder.join(name), name, file.bindings())?)
            }
        };
        if let Some(wrangler) = &wrangler {
            file.name_workers(&mut environments, wrangler);
        }
        if self.is_local() {
            for (names, of) in environments.iter_mut().zip(file.environments()) {
                names.worker.get_or_insert_with(|| nameless(of));
            }
        }
        let databases = databases(file, &config, wrangler.as_ref(), &policy, &environments);
        let other_workers = wrangler
            .as_ref()
            .map_or_else(Vec::new, |wrangler| self.other_workers(file, environment, wrangler));
        let worker = match wrangler {
            // What a branch has of its own no file can name.
            Some(wrangler) if config.branch == Branch::None => {
                let worker = wrangler.worker(config.environment.wrangler_env.as_deref())?;
                let worker = if self.is_local() { worker.without_ids() } else { worker };
                Some((wrangler, worker))
            }
            _ => None,
        };
        let folder = file.folder.clone();
        Ok(Selected { folder, config, policy, environments, worker, other_workers, databases })
    }

    /// Every environment, or the one that is named, for what can be said of them without an account; a branch need not be
    /// known. None where there is no project.
    pub fn environments_to_check(&self) -> anyhow::Result<Vec<Selected>> {
        let file = match self.project()? {
            Some(file) => Some(file),
            None => self.worker_alone()?,
        };
        let Some(file) = file else { return Ok(Vec::new()) };
        let all = if self.names_environment() {
            vec![file.select(self.options.env.as_deref(), &self.environment)?]
        } else {
            file.environments().iter().collect()
        };
        let selected = |environment: &project::Environment| {
            let config = file.config(environment, &self.options.sets)?;
            self.selected_as(&file, environment, config)
        };
        let found: Vec<Selected> = all.into_iter().map(selected).collect::<anyhow::Result<_>>()?;
        for one in &found {
            let Some((config, _)) = &one.worker else { continue };
            match self.names_environment() {
                true => config.check_account(one.config.environment.wrangler_env.as_deref())?,
                false => config.check()?,
            }
        }
        Ok(found)
    }

    /// The same, where a command can't do without.
    pub fn needs_selected(&self) -> anyhow::Result<Selected> {
        self.selected()?.ok_or_else(|| self.nowhere())
    }
}

/// What a Worker without a name is called in a local account.
fn nameless(environment: &project::Environment) -> String {
    let of = environment.wrangler_env.as_ref().map(|name| format!("-{name}"));
    format!("worker{}", of.unwrap_or_default())
}

/// What the project file and the wrangler config say of D1 databases.
fn databases(
    project: &ProjectFile,
    config: &Config,
    wrangler: Option<&project::wrangler::WranglerFile>,
    policy: &NamingPolicy,
    environments: &[EnvNames],
) -> Databases {
    // Of a branch, the config names no database, but may say where its migrations are.
    let file =
        wrangler.and_then(|file| Some((file, file.readable(config.environment.wrangler_env.as_deref())?)));
    let path = config.wrangler.as_deref().unwrap_or_default();
    let source = file.as_ref().map(|(file, worker)| databases::Source { path, file, worker });
    let names = environments.iter().find(|names| names.name == config.environment.name);
    let goes_by_bindings = project.recipe() == Some(by_wrangler::RECIPE);
    // The recipe `wrangler` knows no templates: a name in the project file is the one in the account.
    let real_name = |logical: &str| {
        if goes_by_bindings {
            Some(logical.to_owned())
        } else {
            policy.name(databases::SERVICE, logical, names?).ok()
        }
    };
    Databases::of_project(config, source, &project.folder, &real_name)
}
