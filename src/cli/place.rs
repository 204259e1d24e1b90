//! Where a command works: the folder, the project file in it, the environment variables, the console.

use super::globals::Globals;
use super::{Stopped, elsewhere};
use crate::project::databases::{self, Databases};
use crate::project::{
    self, Branch, Config, EnvNames, NamingPolicy, ProjectFile, ProjectSchema, ServiceTable, by_wrangler,
    nearby,
};
use crate::report::{Console, GitHub, tell_panics};
use crate::script::resolver::library_text;
use crate::script::run::Recipe;
use crate::secret::Redactor;
use crate::services::SERVICES;
use crate::system::{Environment, Root, RootError, files};
use anyhow::{Context as _, anyhow};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A recipe is written by hand (reliability notes 8).
const RECIPE_BYTES_MAX: u64 = 256 * 1024;

/// No file that a run rests on is larger.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// The recipe that goes by the project file.
const PROVISION: &str = "provision";

/// The recipes that are compiled in.
pub const BUNDLED: &[(&str, &str)] = &[
    (PROVISION, include_str!("../../recipes/provision.rhai")),
    (by_wrangler::RECIPE, include_str!("../../recipes/wrangler.rhai")),
];

/// Whether a recipe of that name is one that is compiled in.
pub fn is_bundled(name: &str) -> bool {
    name.starts_with("bundled/")
}

/// What a Worker without a name is called in a local account.
fn nameless(environment: &project::Environment) -> String {
    let of = environment.wrangler_env.as_ref().map(|name| format!("-{name}"));
    format!("worker{}", of.unwrap_or_default())
}

/// Where a command works.
pub struct Place {
    /// The flags of every command.
    pub globals: Globals,
    /// The environment variables, env files included.
    pub environment: Environment,
    /// The only thing that prints.
    pub console: Arc<Console>,
    /// Knows every secret.
    pub redactor: Arc<Redactor>,
    /// The folder in which the command was started, or the one that `-C` names.
    pub folder: PathBuf,
    /// The job of GitHub Actions that this is a part of, unless that is not wanted.
    pub github: Option<GitHub>,
    /// The arguments as typed.
    command_line: Vec<String>,
}

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
        let current = &self.config.environment.name;
        self.environments.iter().find(|names| names.name == *current)?.worker.as_deref()
    }

    /// What a command line needs to mean this environment.
    pub fn env_flag(&self) -> String {
        let name = &self.config.environment.name;
        if name == project::file::TOP_LEVEL { String::new() } else { format!(" -e {name}") }
    }
}

impl Place {
    /// Reads the env files; nothing else happens yet.
    pub fn new(
        globals: Globals,
        mut environment: Environment,
        command_line: Vec<String>,
    ) -> Result<Place, (Arc<Console>, anyhow::Error)> {
        let redactor = Arc::new(Redactor::default());
        let console = Arc::new(Console::of_process(globals.color(), &environment, redactor.clone()));
        tell_panics(console.clone());
        let mut given = globals.env_files.iter();
        let loaded = given.try_for_each(|file| project::env_file::load(file, &mut environment));
        let github = GitHub::detect(&environment).filter(|_| !globals.no_github);
        if github.is_some() {
            GitHub::mask_all(&console, &redactor);
        }
        // Whatever a command does with them, whichever of them it uses, and whatever is wrong with the rest.
        for secret in project::credentials::secrets(&environment) {
            redactor.register(&secret);
        }
        if let Err(error) = loaded {
            return Err((console, error.into()));
        }
        let folder = globals.directory.clone().unwrap_or_else(|| PathBuf::from("."));
        match files::canonical(&folder) {
            Ok(folder) => Ok(Place { globals, environment, console, redactor, folder, github, command_line }),
            Err(error) => Err((console, anyhow!("can't enter the folder `{}`: {error}", folder.display()))),
        }
    }

    /// The project file of this folder or the nearest one above it; with `-C`, of exactly that folder.
    pub fn project(&self) -> Result<Option<ProjectFile>, Stopped> {
        let folder = if self.globals.directory.is_some() {
            files::exists(&self.folder.join(project::file::PROJECT_FILE)).then(|| self.folder.clone())
        } else {
            project::file::find(&self.folder).and_then(|path| path.parent().map(Path::to_owned))
        };
        let Some(folder) = folder else { return Ok(None) };
        Ok(Some(ProjectFile::load(&folder, project::file::PROJECT_FILE, schema())?))
    }

    /// What a wrangler config makes of a folder without a project file.
    fn worker_alone(&self) -> Result<Option<ProjectFile>, Stopped> {
        let Some(path) = project::wrangler::find(&self.folder) else { return Ok(None) };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let wrangler = project::wrangler::WranglerFile::load(&path, &name)?;
        Ok(Some(ProjectFile::of_wrangler(&wrangler, schema())?))
    }

    /// The recipe that a command takes: the one that is named, else the project's.
    pub fn chosen_recipe(&self, asked: Option<&str>, root: &Path) -> Result<Recipe, Stopped> {
        let is_project = || Ok::<_, Stopped>(self.project()?.is_some() || self.is_worker_alone());
        let Some(asked) = asked else {
            if !is_project()? {
                return Err(self.nowhere());
            }
            return self.recipe(&self.default_recipe()?, root);
        };
        let recipe = self.recipe(asked, root)?;
        // A recipe of one's own may need no project; a bundled one makes what a project names.
        if is_bundled(&recipe.name) && !is_project()? { Err(self.nowhere()) } else { Ok(recipe) }
    }

    /// The recipe of a project where none is named: the one that the project file names, else `provision`; `wrangler` where
    /// a wrangler config alone makes the project.
    fn default_recipe(&self) -> Result<String, Stopped> {
        Ok(match self.project()? {
            Some(file) => file.recipe().unwrap_or(PROVISION).to_owned(),
            None => by_wrangler::RECIPE.to_owned(),
        })
    }

    /// Whether a run here would, by default, make what a wrangler config binds.
    pub fn goes_by_wrangler(&self) -> Result<bool, Stopped> {
        Ok(match self.project()? {
            Some(file) => file.recipe() == Some(by_wrangler::RECIPE),
            None => self.is_worker_alone(),
        })
    }

    fn is_worker_alone(&self) -> bool {
        project::wrangler::find(&self.folder).is_some()
    }

    /// Why a command that rests on a project can't work here, with the commands that would.
    fn nowhere(&self) -> Stopped {
        let below = nearby::projects_below(&self.folder);
        let commands = below.iter().map(|found| elsewhere::command_in(&self.command_line, found)).collect();
        let folder = self.folder.clone();
        Stopped::from(project::ProjectError::Nowhere { folder, commands })
    }

    /// The project and its environment; a wrangler config alone makes a project, too.
    pub fn selected(&self) -> Result<Option<Selected>, Stopped> {
        let file = match self.project()? {
            Some(file) => Some(file),
            None => self.worker_alone()?,
        };
        let Some(file) = file else { return Ok(None) };
        let default = file.default_environment().filter(|_| !self.names_environment());
        let flag = self.globals.env.as_deref().or(default);
        let environment = file.select(flag, &self.environment)?;
        Ok(Some(self.select(&file, environment)?))
    }

    /// The one that is named, or every environment of the project.
    pub fn every_environment(&self) -> Result<Vec<Selected>, Stopped> {
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

    fn names_environment(&self) -> bool {
        self.globals.env.is_some() || self.environment.get(project::select::ENVIRONMENT_VARIABLE).is_some()
    }

    fn select(&self, file: &ProjectFile, environment: &project::Environment) -> Result<Selected, Stopped> {
        let config = file.config(environment, &self.globals.sets)?;
        if config.branch == Branch::Any {
            let name = &config.environment.name;
            return Err(anyhow!(
                "the environment `{name}` is one for each branch\nhint: `--set branch=NAME`"
            )
            .into());
        }
        self.selected_as(file, environment, config)
    }

    /// The same, also where the branch of its environment is not known.
    fn selected_as(
        &self,
        file: &ProjectFile,
        environment: &project::Environment,
        config: Config,
    ) -> Result<Selected, Stopped> {
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
                Some(project::wrangler::WranglerFile::load(&file.folder.join(name), name)?)
            }
        };
        if let Some(wrangler) = &wrangler {
            file.name_workers(&mut environments, wrangler);
        }
        if self.globals.local.is_some() {
            for (names, of) in environments.iter_mut().zip(file.environments()) {
                names.worker.get_or_insert_with(|| nameless(of));
            }
        }
        let databases = databases(&config, wrangler.as_ref(), &policy, &environments, &file.folder);
        let others = file.environments().iter().filter(|other| other.name != environment.name);
        let worker = |other: &project::Environment| {
            let worker = wrangler.as_ref()?.worker(other.wrangler_env.as_deref()).ok()?;
            Some((other.name.clone(), worker))
        };
        let other_workers = others.filter_map(worker).collect();
        let worker = match wrangler {
            // What a branch has of its own no file can name.
            Some(wrangler) if config.branch == Branch::None => {
                let worker = wrangler.worker(config.environment.wrangler_env.as_deref())?;
                let worker = if self.globals.local.is_some() { worker.without_ids() } else { worker };
                Some((wrangler, worker))
            }
            _ => None,
        };
        let folder = file.folder.clone();
        Ok(Selected { folder, config, policy, environments, worker, other_workers, databases })
    }

    /// Every environment, or the one that is named, for what can be said of them without an account; a branch need not be
    /// known. None where there is no project.
    pub fn environments_to_check(&self) -> Result<Vec<Selected>, Stopped> {
        let file = match self.project()? {
            Some(file) => Some(file),
            None => self.worker_alone()?,
        };
        let Some(file) = file else { return Ok(Vec::new()) };
        let all = if self.names_environment() {
            vec![file.select(self.globals.env.as_deref(), &self.environment)?]
        } else {
            file.environments().iter().collect()
        };
        let selected = |environment: &project::Environment| {
            let config = file.config(environment, &self.globals.sets)?;
            self.selected_as(&file, environment, config)
        };
        all.into_iter().map(selected).collect()
    }

    /// A project's folder, in its repository.
    pub fn repository(&self, folder: &Path) -> Result<Root, Stopped> {
        Ok(Root::in_repository(folder, &self.environment).context("can't enter the project's folder")?)
    }

    /// The same, where a command can't do without.
    pub fn needs_selected(&self) -> Result<Selected, Stopped> {
        self.selected()?.ok_or_else(|| self.nowhere())
    }

    /// The project's folder, or this one.
    pub fn root(&self) -> Result<PathBuf, Stopped> {
        Ok(self.project()?.map_or_else(|| self.folder.clone(), |file| file.folder))
    }

    /// A recipe by name or path; one of the project wins over a bundled one.
    pub fn recipe(&self, name: &str, root: &Path) -> Result<Recipe, Stopped> {
        let is_path = Path::new(name).extension().is_some_and(|ending| ending == "rhai");
        let relative =
            if is_path { PathBuf::from(name) } else { Path::new("recipes").join(format!("{name}.rhai")) };
        let path = if is_path { self.folder.join(&relative) } else { root.join(&relative) };
        if is_path || files::exists(&path) {
            let text = files::read_text(&path, RECIPE_BYTES_MAX)
                .with_context(|| format!("can't read the recipe `{}`", relative.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(&relative).to_string_lossy().replace('\\', "/");
            return Ok(Recipe { name: shown, text });
        }
        if let Some((name, text)) = BUNDLED.iter().find(|(bundled, _)| *bundled == name) {
            return Ok(Recipe { name: format!("bundled/{name}.rhai"), text: (*text).to_owned() });
        }
        let known = self.recipe_names(root);
        let near = crate::script::diagnostics::did_you_mean(name, known.iter().map(String::as_str));
        let hint = near.map_or_else(
            || format!("there are: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Err(anyhow!("there is no recipe `{name}`\nhint: {hint}").into())
    }

    /// The text of a recipe, an import or a config, by the name of its source.
    pub fn text_of(&self, name: &str, root: &Path) -> Result<String, Stopped> {
        let bundled = BUNDLED.iter().find(|(bundled, _)| name == format!("bundled/{bundled}.rhai"));
        if let Some(text) = bundled.map(|(_, text)| *text).or_else(|| library_text(name)) {
            return Ok(text.to_owned());
        }
        let path = [root, &self.folder].map(|folder| folder.join(name));
        let path = path.iter().find(|path| files::exists(path)).unwrap_or(&path[0]);
        let text = files::read_text(path, TEXT_BYTES_MAX);
        Ok(text.with_context(|| format!("can't read `{name}`"))?)
    }

    /// The same place, with another environment and other settings.
    pub fn with(&self, env: Option<String>, sets: Vec<String>) -> Place {
        let mut globals = self.globals.clone();
        (globals.env, globals.sets) = (env, sets);
        Place {
            globals,
            environment: self.environment.clone(),
            console: self.console.clone(),
            redactor: self.redactor.clone(),
            folder: self.folder.clone(),
            github: self.github.clone(),
            command_line: self.command_line.clone(),
        }
    }

    /// Every recipe that can be run by name, sorted.
    pub fn recipe_names(&self, root: &Path) -> Vec<String> {
        let own = files::walk(&root.join("recipes")).unwrap_or_default();
        let own = own.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rhai"));
        let mut names: Vec<String> =
            own.map(|path| path.with_extension("").to_string_lossy().replace('\\', "/")).collect();
        names.extend(BUNDLED.iter().map(|(name, _)| (*name).to_owned()));
        names.sort();
        names.dedup();
        names
    }
}

/// What the project file and the wrangler config say of D1 databases.
fn databases(
    config: &Config,
    wrangler: Option<&project::wrangler::WranglerFile>,
    policy: &NamingPolicy,
    environments: &[EnvNames],
    folder: &Path,
) -> Databases {
    // Of a branch, the config names no database, but may say where its migrations are.
    let file =
        wrangler.and_then(|file| Some((file, file.worker(config.environment.wrangler_env.as_deref()).ok()?)));
    let path = config.wrangler.as_deref().unwrap_or_default();
    let source = file.as_ref().map(|(file, worker)| databases::Source { path, file, worker });
    let names = environments.iter().find(|names| names.name == config.environment.name);
    let real_name = |logical: &str| policy.name("d1", logical, names?).ok();
    Databases::of_project(config, source, folder, &real_name)
}

/// The shape of the project file, from the services.
pub fn schema() -> ProjectSchema {
    let table = |service: &&crate::services::Service| ServiceTable {
        name: service.name,
        schema: (service.table)().to_value(),
    };
    ProjectSchema::new(SERVICES.iter().map(table).collect())
}

/// `config::` where there is no project: every service's table, empty.
pub fn empty_config() -> serde_json::Value {
    // A file must name its app; what it is called here is taken away again.
    let empty = ProjectFile::parse(Path::new(""), "", "app = \"none\"\n[environments.none]\n", schema());
    let config = empty.ok().and_then(|file| {
        let environment = file.environments().first()?.clone();
        file.config(&environment, &[]).ok()
    });
    let mut config = config.map(|config| config.to_json()).unwrap_or_default();
    config.insert("app".into(), "".into());
    config.insert("steps".into(), all_steps());
    serde_json::Value::Object(config)
}

/// The order where none is given: that of the services.
pub fn all_steps() -> serde_json::Value {
    SERVICES.iter().map(|service| service.name).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_project_every_table_is_there_and_empty() {
        let config = empty_config();
        for service in SERVICES {
            assert!(config[service.name].is_object(), "{}: {config}", service.name);
        }
    }
}
