//! The selected environment: its merged project file, its names, and the bindings of its Worker's config.

use super::Workspace;
use super::workers::{self, Ids};
use crate::events::Site;
use crate::project::databases::{self, Databases};
use crate::project::problem::REACH;
use crate::project::wrangler::{Worker, WranglerError, WranglerFile};
use crate::project::{
    self, Branch, Config, EnvNames, NamingPolicy, ProjectFile, StepGroup, wrangler_defaults,
};
use crate::script::check::{EnvironmentName, ProjectDeclarations};
use crate::system::{Root, RootError, flag};
use anyhow::anyhow;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The variable by which wrangler chooses an environment of its config.
const WRANGLER_ENVIRONMENT: &str = "CLOUDFLARE_ENV";

/// A project and one environment of it.
pub struct Selected {
    pub folder: PathBuf,
    pub config: Config,
    pub policy: NamingPolicy,
    pub environments: Vec<EnvNames>,
    /// The wrangler configs that have this environment, and what each binds for it; of a branch, without names and ids.
    pub workers: Vec<(WranglerFile, Worker)>,
    /// What wrangler configs bind for the other environments, by their full names.
    pub other_workers: Vec<(String, Worker)>,
    /// Its D1 databases and where their migrations are.
    pub databases: Databases,
}

impl Selected {
    /// Takes note of what its files name: a recipe may read it, wherever in the repository it lies. What can't be reached
    /// is refused by whoever reads it.
    pub fn name_paths(&self, root: &Root) {
        let folders = self.databases.list.iter().filter_map(|one| one.folder.as_ref());
        let folders = folders.map(|said| said.value.as_str());
        for path in folders.chain(self.config.wrangler.iter().map(String::as_str)) {
            let _ = root.name(path);
        }
    }

    /// The first Worker's name in this environment.
    pub fn script(&self) -> Option<&str> {
        let environment = &self.config.environment.name;
        self.environments.iter().find(|names| names.name == *environment)?.worker.as_deref()
    }

    /// Whether a wrangler config of that name has this environment.
    pub fn has_config(&self, name: &str) -> bool {
        self.workers.iter().any(|(file, _)| file.name() == name)
    }

    /// What a command line needs to mean this environment.
    pub fn env_flag(&self) -> String {
        let name = &self.config.environment.name;
        if name == project::environment::TOP_LEVEL { String::new() } else { format!(" {}", flag("-e", name)) }
    }
}

impl Workspace {
    /// The project file, or what a wrangler config alone makes of one.
    fn file(&self) -> anyhow::Result<Option<Arc<ProjectFile>>> {
        match self.project()? {
            Some(file) => Ok(Some(file)),
            None => self.worker_alone(),
        }
    }

    /// The project and its environment; a wrangler config alone makes a project, too.
    pub fn selected(&self) -> anyhow::Result<Option<Selected>> {
        let Some(file) = self.file()? else { return Ok(None) };
        let default = file.default_environment().filter(|_| !self.names_environment());
        // Where the config alone makes the project, wrangler's own choice counts.
        let chosen = default.and_then(|_| self.environment.get(WRANGLER_ENVIRONMENT));
        let environment = match chosen {
            Some(name) => file
                .select(Some(name), &self.environment)
                .map_err(|error| error.found_in("`CLOUDFLARE_ENV`"))?,
            None => file.select(self.options.env.as_deref().or(default), &self.environment)?,
        };
        Ok(Some(self.select(&file, environment)?))
    }

    /// The same where what is done can't be undone: of several environments that a config has, one is to be named.
    pub fn needs_chosen(&self) -> anyhow::Result<Selected> {
        if let Some(file) = self.file()?
            && file.default_environment().is_some()
            && file.environments().len() > 1
            && !self.names_environment()
            && self.environment.get(WRANGLER_ENVIRONMENT).is_none()
        {
            file.select(None, &self.environment)?;
        }
        self.needs_selected()
    }

    /// The one that is named, or every environment of the project, whatever its branches.
    pub fn every_environment(&self) -> anyhow::Result<Vec<Selected>> {
        if self.names_environment() {
            return Ok(vec![self.needs_selected()?]);
        }
        let file = self.file()?.ok_or_else(|| self.nowhere())?;
        let of =
            |environment: &project::Environment| match file.config(environment, &self.options.sets)?.branch {
                Branch::Any => self.of_branches(&file, environment),
                Branch::None | Branch::Named(_) => self.select(&file, environment),
            };
        file.environments().iter().map(of).collect()
    }

    /// The environment that is named, if one is: what only looks at an account needs none.
    pub fn selected_if_named(&self) -> anyhow::Result<Option<Selected>> {
        if self.names_environment() { self.selected() } else { Ok(None) }
    }

    /// The same; of a project with one environment, that one.
    pub fn selected_or_only(&self) -> anyhow::Result<Option<Selected>> {
        if self.names_environment() {
            return self.selected();
        }
        match self.file()?.map(|file| file.environments().to_vec()).as_deref() {
            Some([only]) => self.with(Some(only.name.clone()), self.options.sets.clone()).selected(),
            _ => Ok(None),
        }
    }

    /// The names of the project's environments, none where there is no project.
    pub fn environment_names(&self) -> Vec<String> {
        let file = self.file().ok().flatten();
        file.iter().flat_map(|file| file.environments()).map(|one| one.name.clone()).collect()
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

    /// The same, also where the branch of its environment is not known.
    fn selected_as(
        &self,
        file: &ProjectFile,
        environment: &project::Environment,
        config: Config,
    ) -> anyhow::Result<Selected> {
        let (policy, mut environments) = file.naming(&config)?;
        let files = self.configs(file, &config)?;
        file.name_workers(&mut environments, &files);
        if self.is_local() {
            for (names, of) in environments.iter_mut().zip(file.environments()) {
                names.worker.get_or_insert_with(|| workers::nameless(of.wrangler_env.as_deref(), 0));
            }
        }
        let account = if self.is_local() { Ids::Absent } else { Ids::Counted };
        let other_workers = workers::others(file, environment, &files, account);
        let mut workers = workers::of(files, &config)?;
        let mut databases = databases(file, &config, &workers, &policy, &environments);
        workers::prepare(&mut workers, &config, account);
        databases.rebind(workers.iter().flat_map(|(_, worker)| &worker.bindings));
        let folder = file.folder.clone();
        Ok(Selected { folder, config, policy, environments, workers, other_workers, databases })
    }

    /// The environment that is named, of a branch that none need have: what is asked of it is asked of all its branches.
    pub fn needs_branches(&self) -> anyhow::Result<Selected> {
        let file = self.file()?.ok_or_else(|| self.nowhere())?;
        let environment = file.select(self.options.env.as_deref(), &self.environment)?;
        self.of_branches(&file, environment)
    }

    /// An environment of a project, of a branch that none need have.
    pub fn of_branches(
        &self,
        file: &ProjectFile,
        environment: &project::Environment,
    ) -> anyhow::Result<Selected> {
        let config = file.config(environment, &self.options.sets)?;
        let name = &config.environment.name;
        match &config.branch {
            Branch::None => Err(anyhow!(
                "the names of `{name}` hold no `{{branch}}`: it has no branches\nhint: `{{branch}}` in the templates of an \
                 environment makes names for each branch"
            )),
            Branch::Named(branch) => {
                Err(anyhow!("`branch={branch}` names one branch of `{name}`\nhint: leave it out"))
            }
            Branch::Any => {
                let any = format!("branch={}", any_branch(file));
                let config = file.config(environment, &[&self.options.sets[..], &[any]].concat())?;
                self.selected_as(file, environment, config)
            }
        }
    }

    /// The wrangler configs that the project names.
    fn configs(&self, file: &ProjectFile, config: &Config) -> anyhow::Result<Vec<WranglerFile>> {
        let mut files = Vec::new();
        let is_written =
            config.location(&["wrangler"]).is_some_and(|at: Site| at.file == project::file::PROJECT_FILE);
        for name in &config.wrangler {
            let root = self.repository(&file.folder)?;
            match root.name(name) {
                // Loading says better what it is.
                Ok(_) | Err(RootError::Unreadable { .. }) => {}
                Err(error) => {
                    let problem = project::problem::ProjectProblem::OutOfReach { reason: error.to_string() };
                    if !is_written {
                        return Err(anyhow!("{problem}\nhint: {REACH}"));
                    }
                    config.wrong_item(&["wrangler"], name, problem)?;
                }
            }
            let path = file.folder.join(name);
            let loaded =
                self.opened.config(&path, || WranglerFile::load(&root, &path, name, file.bindings()));
            if let (Err(WranglerError::Unreadable { source, .. }), true) = (&loaded, is_written) {
                let problem = project::problem::ProjectProblem::Unreadable {
                    name: name.clone(),
                    reason: source.to_string(),
                };
                config.wrong_item(&["wrangler"], name, problem)?;
            }
            files.push(loaded?);
        }
        Ok(files)
    }

    /// Every environment, or the one that is named, for what can be said of them without an account, and what is wrong with
    /// it; a branch need not be known. None where there is no project.
    pub fn environments_to_check(
        &self,
    ) -> anyhow::Result<Vec<(project::Environment, anyhow::Result<Selected>)>> {
        let Some(file) = self.file()? else { return Ok(Vec::new()) };
        let all = if self.names_environment() {
            vec![file.select(self.options.env.as_deref(), &self.environment)?]
        } else {
            file.environments().iter().collect()
        };
        let selected = |environment: &project::Environment| {
            let found = self.selected_on_any_branch(&file, environment, &self.options.sets)?;
            for (config, _) in &found.workers {
                if self.names_environment() {
                    config.check_account(environment.wrangler_env.as_deref())?;
                } else {
                    config.check()?;
                }
            }
            Ok(found)
        };
        Ok(all.into_iter().map(|environment| (environment.clone(), selected(environment))).collect())
    }

    /// Every environment, whichever is named, and what is wrong with it; one of a branch as any branch has it. None where
    /// there is no project.
    pub fn all_environments(&self) -> anyhow::Result<Vec<(project::Environment, anyhow::Result<Selected>)>> {
        let Some(file) = self.file()? else { return Ok(Vec::new()) };
        let is_of_all = |set: &&String| !set.starts_with("branch=");
        let sets: Vec<String> = self.options.sets.iter().filter(is_of_all).cloned().collect();
        let selected =
            |environment: &project::Environment| self.selected_on_any_branch(&file, environment, &sets);
        Ok(file.environments().iter().map(|one| (one.clone(), selected(one))).collect())
    }

    /// One branch of an environment, whichever is chosen.
    pub fn of_branch(&self, environment: &str, branch: &str) -> anyhow::Result<Selected> {
        let file = self.file()?.ok_or_else(|| self.nowhere())?;
        let environment = file.select(Some(environment), &self.environment)?;
        let config =
            file.config(environment, &[&self.options.sets[..], &[format!("branch={branch}")]].concat())?;
        self.selected_as(&file, environment, config)
    }

    fn selected_on_any_branch(
        &self,
        file: &ProjectFile,
        environment: &project::Environment,
        sets: &[String],
    ) -> anyhow::Result<Selected> {
        let mut config = file.config(environment, sets)?;
        if config.branch == Branch::Any {
            let any = format!("branch={}", any_branch(file));
            config = file.config(environment, &[sets, &[any]].concat())?;
        }
        self.selected_as(file, environment, config)
    }

    /// What the project file declares for recipes; `None` where there is none.
    pub fn declared(&self) -> anyhow::Result<Option<ProjectDeclarations>> {
        let Some(file) = self.file()? else { return Ok(None) };
        let called =
            |one: &project::Environment| EnvironmentName { name: one.name.clone(), alias: one.alias.clone() };
        let environments = file.environments().iter().map(called).collect();
        Ok(Some(ProjectDeclarations { steps: self.named_steps(&file), environments }))
    }

    /// The steps that the project file names in any environment; `None` where that is not known.
    fn named_steps(&self, file: &ProjectFile) -> Option<BTreeSet<String>> {
        let mut named = BTreeSet::new();
        for environment in file.environments() {
            let config = file.config(environment, &self.options.sets).ok()?;
            named.extend(config.steps.iter().flat_map(StepGroup::names).map(str::to_owned));
            if config.steps.is_empty() {
                named.extend(self.services.names().into_iter().map(str::to_owned));
            }
        }
        Some(named)
    }

    /// The same, where a command can't do without.
    pub fn needs_selected(&self) -> anyhow::Result<Selected> {
        self.selected()?.ok_or_else(|| self.nowhere())
    }
}

/// A branch that stands for any: none whose name an environment answers to.
fn any_branch(file: &ProjectFile) -> String {
    let is_taken = |name: &String| file.environments().iter().any(|one| one.answers_to(name));
    let mut names = (1..).map(|number| format!("branch-{number}"));
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

/// What the project file and the wrangler config say of D1 databases.
fn databases(
    project: &ProjectFile,
    config: &Config,
    workers: &[(WranglerFile, Worker)],
    policy: &NamingPolicy,
    environments: &[EnvNames],
) -> Databases {
    let paths: Vec<String> = workers.iter().map(|(file, _)| file.name()).collect();
    let with_path = paths.iter().zip(workers);
    let sources: Vec<_> =
        with_path.map(|(path, (file, worker))| databases::ConfigSource { path, file, worker }).collect();
    let names = environments.iter().find(|names| names.name == config.environment.name);
    let goes_by_bindings = project.recipe() == Some(wrangler_defaults::RECIPE);
    // The recipe `wrangler` knows no templates: a name in the project file is the one in the account.
    let real_name = |logical: &str| {
        if goes_by_bindings {
            Some(logical.to_owned())
        } else {
            policy.name(databases::SERVICE, logical, names?).ok()
        }
    };
    Databases::of_project(config, &sources, &project.folder, &real_name)
}
