//! Where a command works: the folder, its project file and recipes, and the environment variables.

use super::project_cache::Read;
pub use super::project_cache::schema;
use super::{ProjectCache, other_folder};
use crate::http::{Protocol, WaitPolicy};
use crate::project::private_files::{is_env_file, is_kept_apart};
use crate::project::{self, ProjectFile, ProjectSchema, nested_configs, wrangler_defaults};
use crate::script::resolver::{self, library_text};
use crate::script::run::Recipe;
use crate::script::testing::is_test;
use crate::secret::Redactor;
use crate::services::Services;
use crate::system::{Environment, Root, RootError, files, flag, plain};
use anyhow::{Context as _, anyhow};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A recipe is written by hand.
pub const RECIPE_BYTES_MAX: u64 = 256 * 1024;

/// No file that a run rests on is larger.
const TEXT_BYTES_MAX: u64 = 1 << 20;

const ENV_FILES: &str =
    "`--env-file` gives the variables of such a file to the run, and `secret::env(..)` reads them";

const LINKED: &str =
    "put the file itself into the project; what a link in it leads to is read only if that lies there, too";

/// The recipe that goes by the project file.
pub(super) const PROVISION: &str = "provision";

/// The recipes that are compiled in.
pub const BUNDLED: &[(&str, &str)] = &[
    (PROVISION, include_str!("../../recipes/provision.rhai")),
    (wrangler_defaults::RECIPE, include_str!("../../recipes/wrangler.rhai")),
];

/// Whether a recipe of that name is one that is compiled in.
pub fn is_bundled(name: &str) -> bool {
    name.starts_with(resolver::BUNDLED)
}

/// What the source of a bundled recipe is called.
fn bundled(recipe: &str) -> String {
    format!("{}{recipe}.rhai", resolver::BUNDLED)
}

/// The options that every command has.
#[derive(Clone, Debug, Default)]
pub struct WorkspaceOptions {
    /// Whether the folder was named: then no folder above it is looked at.
    pub is_folder_named: bool,
    /// The environment, by name or alias.
    pub env: Option<String>,
    /// The embedded local account, in a folder of its own if one is named.
    pub local: Option<Option<PathBuf>>,
    /// How long each answer of the local account takes.
    pub latency: Option<Duration>,
    /// Values of the project file that are set for this run.
    pub sets: Vec<String>,
    /// What a command line needs to work in the same place, on the same account: ` -C app --local`.
    pub whereabouts: String,
    /// A host that may have the credentials.
    pub trust_api: Option<String>,
    /// How long a run may take, and whether it waits.
    pub patience: WaitPolicy,
    /// Which HTTP is spoken with the real API.
    pub protocol: Protocol,
}

/// The folder, environment variables and options of a command.
#[derive(Clone)]
pub struct Workspace {
    /// What is asked for.
    pub options: WorkspaceOptions,
    /// The environment variables, env files included.
    pub environment: Environment,
    pub redactor: Arc<Redactor>,
    /// The folder in which the command was started, or the one that was named.
    pub folder: PathBuf,
    /// The arguments as typed.
    pub command_line: Vec<String>,
    /// The services that it works with.
    pub services: Services,
    /// What was read of the project so far.
    pub opened: Arc<ProjectCache>,
}

impl Workspace {
    /// Whether the account is the embedded one.
    pub fn is_local(&self) -> bool {
        self.options.local.is_some()
    }

    /// The project file of this folder or the nearest one above it; with `-C`, of exactly that folder.
    pub fn project(&self) -> anyhow::Result<Option<Arc<ProjectFile>>> {
        self.opened.project(|| {
            let Some(folder) = self.project_folder() else { return Ok(None) };
            let (root, name) = (self.repository(&folder)?, project::file::PROJECT_FILE);
            let unsaved = self.opened.unsaved.get(&root.path().join(name));
            let file = match unsaved {
                Some(text) => ProjectFile::read(&root, name, &text, self.schema())?,
                None => ProjectFile::load(&root, name, self.schema())?,
            };
            Ok(Some(Arc::new(file)))
        })
    }

    fn schema(&self) -> Arc<ProjectSchema> {
        self.opened.schema(self.services)
    }

    /// `config::` where there is no project: every service's table, empty.
    pub fn empty_config(&self) -> serde_json::Value {
        empty_config(self.services, self.schema())
    }

    /// The folder of the project file, which is not read.
    pub fn project_folder(&self) -> Option<PathBuf> {
        if self.options.is_folder_named {
            return files::exists(&self.folder.join(project::file::PROJECT_FILE))
                .then(|| self.folder.clone());
        }
        project::file::find(&self.folder).and_then(|path| path.parent().map(Path::to_owned))
    }

    /// The folder of a project above that names this config.
    fn project_above(&self, config: &Path) -> Option<PathBuf> {
        let file = project::file::find(self.folder.parent()?)?;
        let folder = file.parent()?.to_owned();
        let real = files::canonical(config).ok()?;
        let is_it = |name: &String| files::canonical(&folder.join(name)).is_ok_and(|path| path == real);
        project::file::configs_of(&file).iter().any(is_it).then_some(folder)
    }

    /// What a wrangler config makes of a folder without a project file.
    pub(super) fn worker_alone(&self) -> Read {
        self.opened.worker_alone(|| self.read_worker_alone())
    }

    fn read_worker_alone(&self) -> Read {
        let Some(path) = project::wrangler::find(&self.folder) else { return Ok(None) };
        if let Some(above) = self.project_above(&path) {
            let (config, in_it) = (path.display(), flag("-C", &above.to_string_lossy()));
            return Err(anyhow!(
                "`{config}` is a config of the project in `{}`, whose rules count for it\nhint: `{in_it}`, or this command \
                 without `-C`",
                above.display()
            ));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let schema = self.schema();
        let root = self.repository(&self.folder)?;
        let wrangler = project::wrangler::WranglerFile::load(&root, &path, &name, schema.bindings())?;
        Ok(Some(Arc::new(ProjectFile::of_wrangler(&wrangler, schema)?)))
    }

    /// The recipe that a command takes: the one that is named, else the project's.
    pub fn chosen_recipe(&self, asked: Option<&str>, root: &Path) -> anyhow::Result<Recipe> {
        let is_project = || Ok::<_, anyhow::Error>(self.project()?.is_some() || self.is_worker_alone());
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
    fn default_recipe(&self) -> anyhow::Result<String> {
        Ok(match self.project()? {
            Some(file) => file.recipe().unwrap_or(PROVISION).to_owned(),
            None => wrangler_defaults::RECIPE.to_owned(),
        })
    }

    /// Whether a run here would, by default, make what a wrangler config binds.
    pub fn goes_by_wrangler(&self) -> anyhow::Result<bool> {
        Ok(match self.project()? {
            Some(file) => file.recipe() == Some(wrangler_defaults::RECIPE),
            None => self.is_worker_alone(),
        })
    }

    fn is_worker_alone(&self) -> bool {
        project::wrangler::find(&self.folder).is_some()
    }

    /// Why a command that rests on a project can't work here, with the commands that would.
    pub(super) fn nowhere(&self) -> anyhow::Error {
        let mut below = nested_configs::projects_below(&self.folder);
        below.extend(nested_configs::worker_above(&self.folder));
        let commands =
            below.iter().map(|found| other_folder::command_in(&self.command_line, found)).collect();
        let folder = self.folder.clone();
        anyhow::Error::from(project::ProjectError::Nowhere { folder, commands })
    }

    /// A project's folder, in its repository.
    pub fn repository(&self, folder: &Path) -> anyhow::Result<Root> {
        Root::in_repository(folder, &self.environment).context("can't enter the project's folder")
    }

    /// What a command line needs to be about the same environment, folder and account: ` -e staging -C jobs --local`.
    pub fn flags(&self) -> String {
        let environment = self.options.env.as_ref().map(|name| format!(" {}", flag("-e", name)));
        [environment.unwrap_or_default().as_str(), &self.options.whereabouts].concat()
    }

    /// The project's folder, or this one.
    pub fn root(&self) -> anyhow::Result<PathBuf> {
        Ok(self.project()?.map_or_else(|| self.folder.clone(), |file| file.folder.clone()))
    }

    /// A recipe by name or path; one of the project wins over a bundled one.
    pub fn recipe(&self, name: &str, root: &Path) -> anyhow::Result<Recipe> {
        let is_path = Path::new(name).extension().is_some_and(|ending| ending == "rhai");
        let relative =
            if is_path { PathBuf::from(name) } else { Path::new("recipes").join(format!("{name}.rhai")) };
        let path = if is_path { self.folder.join(&relative) } else { root.join(&relative) };
        if is_path || files::exists(&path) {
            let text = self
                .recipe_text(&path, root)
                .with_context(|| format!("can't read the recipe `{}`", relative.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(&relative).to_string_lossy().replace('\\', "/");
            return Ok(Recipe { name: shown, text });
        }
        if let Some((name, text)) = BUNDLED.iter().find(|(bundled, _)| *bundled == name) {
            return Ok(Recipe { name: bundled(name), text: (*text).to_owned() });
        }
        let known = self.recipe_names(root).unwrap_or_default();
        let near = crate::project::did_you_mean(name, known.iter().map(String::as_str));
        let hint = near.map_or_else(
            || format!("there are: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Err(anyhow!("there is no recipe `{name}`\nhint: {hint}"))
    }

    /// The recipe of a plan, by the name of its source.
    pub fn recipe_of_plan(&self, name: &str, root: &Path) -> anyhow::Result<Recipe> {
        if is_bundled(name) {
            return Ok(Recipe { name: name.to_owned(), text: self.text_of(name, root)? });
        }
        if Path::new(name).extension().is_none_or(|ending| ending != "rhai") {
            return Err(anyhow!("the plan names `{name}`, which is no recipe"));
        }
        let paths = [root, &self.folder].map(|folder| folder.join(name));
        let path = paths.iter().find(|path| files::exists(path)).unwrap_or(&paths[0]);
        let text = self.recipe_text(path, root).with_context(|| format!("can't read the recipe `{name}`"))?;
        Ok(Recipe { name: name.to_owned(), text })
    }

    /// As for imports, no link leads out of the project; out of its folder, nor out of its repository, for one that lies there.
    fn recipe_text(&self, path: &Path, root: &Path) -> anyhow::Result<String> {
        let root = self.repository(root)?;
        let below = plain(path).strip_prefix(root.path()).ok().map(Path::to_owned);
        let real = match below {
            Some(below) => root.resolve(&below.to_string_lossy()),
            None => root.follow(path),
        };
        let real = match real {
            Ok(real) => real,
            Err(RootError::Unreadable { source, .. }) => return Err(source.into()),
            Err(_) => return Err(anyhow!("a link leads out of the project\nhint: {LINKED}")),
        };
        for_scripts(&real, root.path(), path)?;
        Ok(files::read_text(&real, RECIPE_BYTES_MAX)?)
    }

    /// The text of a script that somebody names: `:load FILE`, which begins in the project's folder, or `eval --file`.
    pub fn script(&self, path: &Path, root: &Path) -> anyhow::Result<String> {
        let cannot = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => anyhow!("can't read `{}`: there is no such file", path.display()),
            _ => anyhow!("can't read `{}`: {error}", path.display()),
        };
        let real = files::canonical(&root.join(path)).map_err(cannot)?;
        for_scripts(&real, &files::canonical(root).map_err(cannot)?, path)?;
        match self.repository(root)?.follow(path) {
            Err(RootError::Unreadable { source, .. }) => return Err(cannot(source)),
            followed => followed.with_context(|| format!("can't read `{}`", path.display()))?,
        };
        let text = files::read_text(&real, RECIPE_BYTES_MAX).map_err(cannot)?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// The text of a recipe, an import or a config, by the name of its source; places in it do not count a byte-order mark.
    pub fn text_of(&self, name: &str, root: &Path) -> anyhow::Result<String> {
        let bundled = BUNDLED.iter().find(|(bundled, _)| name == self::bundled(bundled));
        if let Some(text) = bundled.map(|(_, text)| *text).or_else(|| library_text(name)) {
            return Ok(text.to_owned());
        }
        let path = [root, &self.folder].map(|folder| folder.join(name));
        let path = path.iter().find(|path| files::exists(path)).unwrap_or(&path[0]);
        let read = || {
            Ok::<_, anyhow::Error>(files::read_text(&self.repository(root)?.follow(path)?, TEXT_BYTES_MAX)?)
        };
        let text = read().with_context(|| format!("can't read `{name}`"))?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// The same place, with another environment and other settings.
    #[must_use]
    pub fn with(&self, env: Option<String>, sets: Vec<String>) -> Workspace {
        Workspace { options: WorkspaceOptions { env, sets, ..self.options.clone() }, ..self.clone() }
    }

    /// The same place, with an account for which the ids of a config do not count.
    #[must_use]
    pub fn on_local_account(&self) -> Workspace {
        Workspace { options: WorkspaceOptions { local: Some(None), ..self.options.clone() }, ..self.clone() }
    }

    /// Every recipe that can be run by name, sorted.
    pub fn recipe_names(&self, root: &Path) -> anyhow::Result<Vec<String>> {
        let own = match files::walk(&root.join("recipes")) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Vec::new()
            }
            own => own.context("can't read the folder `recipes`")?,
        };
        let is_recipe = |path: &&PathBuf| {
            path.extension().is_some_and(|ending| ending == "rhai") && !is_test(&path.to_string_lossy())
        };
        let own = own.iter().filter(is_recipe);
        let mut names: Vec<String> =
            own.map(|path| path.with_extension("").to_string_lossy().replace('\\', "/")).collect();
        names.extend(BUNDLED.iter().map(|(name, _)| (*name).to_owned()));
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// Refuses what recipes may not read either: a mistake in it would be quoted.
fn for_scripts(real: &Path, root: &Path, named: &Path) -> anyhow::Result<()> {
    if !is_kept_apart(real.strip_prefix(root).unwrap_or(real)) {
        return Ok(());
    }
    let named = named.strip_prefix(root).unwrap_or(named).display();
    Err(anyhow!("`{named}` is no script: it holds secrets, or is a tool's own\nhint: {ENV_FILES}"))
}

/// Refuses the text of an env file where an expression is expected, without a word of it.
pub fn expression(text: String) -> anyhow::Result<String> {
    if is_env_file(&text) {
        return Err(anyhow!("this is an env file, no expression\nhint: {ENV_FILES}"));
    }
    Ok(text)
}

/// `config::` where there is no project: every service's table, empty.
pub(super) fn empty_config(services: Services, schema: Arc<ProjectSchema>) -> serde_json::Value {
    // A file must name its app; what it is called here is taken away again.
    let text = "app = \"none\"\n[environments.none]\n";
    let empty = ProjectFile::parse(Path::new(""), "", text, schema);
    let config = empty.ok().and_then(|file| {
        let environment = file.environments().first()?.clone();
        file.config(&environment, &[]).ok()
    });
    let mut config = config.map(|config| config.to_json()).unwrap_or_default();
    config.insert("app".into(), "".into());
    config.insert("steps".into(), all_steps(services));
    serde_json::Value::Object(config)
}

/// The order where none is given: all services together.
pub fn all_steps(services: Services) -> serde_json::Value {
    serde_json::json!([services.names()])
}
