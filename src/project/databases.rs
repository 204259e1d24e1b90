//! The D1 databases of an environment and the folders of their migrations, merged from the Worker's config and the
//! project file.
//!
//! The binding's settings count; the project file may say what the config does not. Both writing folder or pattern
//! differently is a [`Difference`], and so is another table than the binding's, written or not: with two ledgers,
//! everything would be applied twice.
//!
//! **Invariant:** wrangler's default folder is taken only where all environments of a config bind one database.

mod agree;
mod bound;
mod path;

pub use agree::Difference;
pub use path::way;

use super::config::Config;
use super::problem::listed;
use super::wrangler::{Binding, Format, Worker, WranglerFile};
use crate::events::Site;
use serde_json::{Map, Value};
use std::path::Path;
use thiserror::Error;

/// The ledger's table where none is named (WR-4).
pub const DEFAULT_TABLE: &str = "d1_migrations";

/// The one service whose resources have migrations.
pub const SERVICE: &str = "d1";

/// The folder that wrangler takes where none is named.
pub const DEFAULT_FOLDER: &str = "migrations";

/// A database that a project declares or a Worker's config binds.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Its name in the project file; else that of its first binding.
    pub logical: String,
    /// Whether the project file has it.
    pub is_declared: bool,
    /// The name in the account that the project's templates give it.
    pub real_name: Option<String>,
    pub bindings: Vec<Binding>,
    /// Its folder of migrations, from the project's folder.
    pub folder: Option<MigrationSetting>,
    /// Wrangler's default folder, from the project's folder, where it could only be this database's; whether it is there
    /// or not.
    pub default_folder: Option<String>,
    /// The `migrations_dir` of its binding, as written there.
    pub dir: Option<String>,
    /// Which files are migrations, from the folder.
    pub pattern: Option<MigrationSetting>,
    pub table: Option<MigrationSetting>,
    /// Whether a file may come late.
    pub is_late_allowed: bool,
}

/// A setting, and which file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationSetting {
    pub value: String,
    /// Where; of a default, where the binding stands.
    pub at: Site,
    pub by: SettingsFile,
    /// Whether it is written there.
    pub is_written: bool,
}

/// A file that holds settings of migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsFile {
    /// `larder.toml`.
    Project,
    /// A wrangler config in this language.
    Config(Format),
}

/// A folder of migrations that belongs to none of several databases.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the migrations in `{folder}` are applied to no database: the config binds several, {}",
    listed(bindings)
)]
pub struct Unclaimed {
    /// From the project's folder.
    pub folder: String,
    /// The first binding that it could belong to.
    pub at: Site,
    /// The bindings of all databases.
    pub bindings: Vec<String>,
    /// The file that could say it.
    pub format: Format,
}

impl Unclaimed {
    /// How to say which database they belong to.
    pub fn hint(&self) -> String {
        let line = assign(Some(self.format), "migrations_dir", DEFAULT_FOLDER);
        format!("`{line}` in the entry of the database that they belong to")
    }
}

/// Every database of an environment.
#[derive(Clone, Debug, Default)]
pub struct Databases {
    /// Those of the project file first.
    pub list: Vec<Database>,
    /// What two files say differently.
    pub differences: Vec<Difference>,
    /// Migrations that would be left out.
    pub unclaimed: Option<Unclaimed>,
}

/// A wrangler config, how the project names it, and what it says about one environment.
#[derive(Clone, Copy)]
pub struct ConfigSource<'a> {
    /// From the project's folder.
    pub path: &'a str,
    pub file: &'a WranglerFile,
    pub worker: &'a Worker,
}

impl Databases {
    /// Those that wrangler configs alone bind; `folder` is the project's.
    pub fn of_workers(sources: &[ConfigSource], folder: &Path) -> Self {
        let mut found = Databases::default();
        found.list = bound::read(sources, folder, &mut found.differences);
        found.unclaimed = sources.iter().find_map(|source| bound::unclaimed(*source, folder, &found.list));
        found
    }

    /// Those of a project; `real_name` gives the name that its templates give a logical one.
    pub fn of_project(
        config: &Config,
        sources: &[ConfigSource],
        folder: &Path,
        real_name: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let mut differences = Vec::new();
        let mut bound = bound::read(sources, folder, &mut differences);
        let declared = config.services.get(SERVICE).and_then(|table| table["databases"].as_object());
        let mut list = Vec::new();
        for (logical, settings) in declared.into_iter().flatten() {
            let binding = settings["binding"].as_str().unwrap_or(logical);
            let real = real_name(logical);
            let is_by_binding = |one: &Database| one.bindings.iter().any(|known| known.binding == binding);
            let is_by_name =
                |one: &Database| one.bindings.iter().any(|known| known.name.is_some() && known.name == real);
            let at = bound.iter().position(is_by_binding).or_else(|| bound.iter().position(is_by_name));
            let known = at.map(|at| bound.remove(at));
            let agreed = agree::agree(config, logical, settings, known, folder, &mut differences);
            list.push(Database { real_name: real, ..agreed });
        }
        list.extend(bound);
        let unclaimed = sources.iter().find_map(|source| bound::unclaimed(*source, folder, &list));
        Databases { list, differences, unclaimed }
    }

    /// The database of a binding, and whether it is the binding that stands for all of them.
    pub fn of_binding(&self, binding: &Binding) -> Option<(&Database, bool)> {
        let place = |one: &Database| one.bindings.iter().position(|known| known.location == binding.location);
        self.list.iter().find_map(|one| place(one).map(|place| (one, place == 0)))
    }

    /// Takes what these say of the bindings, which stand where they stood.
    pub fn rebind<'a>(&mut self, bindings: impl Iterator<Item = &'a Binding> + Clone) {
        for known in self.list.iter_mut().flat_map(|one| &mut one.bindings) {
            if let Some(binding) = bindings.clone().find(|binding| binding.location == known.location) {
                known.clone_from(binding);
            }
        }
    }

    /// Lays what the Worker's config says over the tables of the project file, as recipes read them.
    pub fn lay_over(&self, d1: &mut Value) {
        for one in self.list.iter().filter(|one| one.is_declared) {
            let Some(settings) = d1["databases"].get_mut(&one.logical).and_then(Value::as_object_mut) else {
                continue;
            };
            one.lay_over(settings);
        }
    }
}

impl Database {
    fn lay_over(&self, settings: &mut Map<String, Value>) {
        let said = [
            ("migrations", &self.folder),
            ("migrations_pattern", &self.pattern),
            ("migrations_table", &self.table),
        ];
        for (key, said) in said {
            if let Some(said) = said {
                settings.insert(key.to_owned(), said.value.clone().into());
            }
        }
    }

    /// The ledger's table, named or not.
    pub fn table(&self) -> &str {
        self.table.as_ref().map_or(DEFAULT_TABLE, |said| said.value.as_str())
    }

    /// The settings that make `pattern`, from the folder, the pattern of its migrations, in the language of the file that
    /// should have them.
    pub fn pattern_settings(&self, pattern: &str) -> Vec<String> {
        let key = "migrations_pattern";
        let said = self.pattern.as_ref().filter(|_| self.dir.is_some()).or(self.folder.as_ref());
        let Some(SettingsFile::Config(format)) = said.map(|said| said.by) else {
            return vec![assign(None, key, pattern)];
        };
        let dir = self.dir.as_deref().unwrap_or(DEFAULT_FOLDER);
        let pattern = assign(Some(format), key, &format!("{}/{pattern}", dir.trim_end_matches('/')));
        // wrangler takes a pattern only beside its folder.
        let folder = self.dir.is_none().then(|| assign(Some(format), "migrations_dir", dir));
        folder.into_iter().chain([pattern]).collect()
    }

    /// The file and the place in it that should say which files are migrations.
    pub fn pattern_place(&self) -> Option<&Site> {
        self.pattern.as_ref().or(self.folder.as_ref()).map(|said| &said.at)
    }
}

/// `key = "value"`, or `"key": "value"`; no format is the project file's.
pub fn assign(format: Option<Format>, key: &str, value: &str) -> String {
    let value = Value::from(value);
    match format {
        Some(Format::Json) => format!("\"{key}\": {value}"),
        Some(Format::Toml) | None => format!("{key} = {value}"),
    }
}
