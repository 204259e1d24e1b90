//! The databases that Workers bind.

use super::agree::{Difference, SettingKind};
use super::path::{from_project, inside, is_same};
use super::{
    ConfigSource, DEFAULT_FOLDER, DEFAULT_TABLE, Database, MigrationSetting, SERVICE, SettingsFile, Unclaimed,
};
use crate::project::source::LocatedText;
use crate::project::wrangler::{Binding, Worker, WranglerFile};
use crate::system::files;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

/// One for each database, in the order of their first bindings.
pub(super) fn read(
    sources: &[ConfigSource],
    folder: &Path,
    differences: &mut Vec<Difference>,
) -> Vec<Database> {
    let all = sources.iter().flat_map(|source| of_worker(source.worker).map(|binding| (*source, binding)));
    let owned = all.map(|(source, binding)| BoundDatabase::read(source, binding, folder));
    let groups = grouped(owned, |owned| owned.binding);
    groups.into_iter().map(|group| database(&group, folder, differences)).collect()
}

/// A binding of a database, with what its config says of migrations, from the project's folder.
struct BoundDatabase<'a> {
    source: ConfigSource<'a>,
    binding: &'a Binding,
    dir: Option<MigrationSetting>,
    pattern: Option<MigrationSetting>,
    table: Option<MigrationSetting>,
    /// Wrangler's default folder, where the config binds this database alone.
    default_folder: Option<String>,
}

impl<'a> BoundDatabase<'a> {
    fn read(source: ConfigSource<'a>, binding: &'a Binding, folder: &Path) -> Self {
        let by = SettingsFile::Config(source.file.format);
        let said = |written: &LocatedText, value: String| MigrationSetting {
            value,
            at: written.at.clone(),
            by,
            is_written: true,
        };
        let path = |dir: &str| from_project(source.path, dir, folder);
        let of = |setting: SettingKind| setting.of(binding);
        let written_dir = of(SettingKind::Folder).map_or(DEFAULT_FOLDER, |dir| dir.value.as_str());
        let is_only = source.file.databases(|| names_of_databases(source.file)).len() == 1;
        BoundDatabase {
            source,
            binding,
            dir: of(SettingKind::Folder).map(|dir| said(dir, path(&dir.value))),
            pattern: of(SettingKind::Pattern).map(|one| said(one, inside(&one.value, written_dir))),
            table: of(SettingKind::Table).map(|table| said(table, table.value.clone())),
            default_folder: is_only.then(|| path(DEFAULT_FOLDER)),
        }
    }

    fn said(&self, setting: SettingKind) -> Option<MigrationSetting> {
        match setting {
            SettingKind::Folder => self.dir.clone(),
            SettingKind::Pattern => self.pattern.clone(),
            // Who names migrations has a ledger for them, named or not.
            SettingKind::Table => self.table.clone().or_else(|| {
                self.dir.as_ref().or(self.pattern.as_ref())?;
                Some(self.default(DEFAULT_TABLE.to_owned()))
            }),
        }
    }

    fn default(&self, value: String) -> MigrationSetting {
        let by = SettingsFile::Config(self.source.file.format);
        MigrationSetting { value, at: self.binding.location.clone(), by, is_written: false }
    }

    /// The default folder, if it is there; also a link that leads nowhere and a file, which are refused: the migrations have
    /// been there.
    fn found_folder(&self, folder: &Path) -> Option<MigrationSetting> {
        let value = self.default_folder.clone().filter(|path| files::exists(&folder.join(path)))?;
        Some(self.default(value))
    }
}

fn database(group: &[BoundDatabase], folder: &Path, differences: &mut Vec<Difference>) -> Database {
    let mut one =
        |setting: SettingKind| first(group, setting, differences, |owned| owned.said(setting), folder);
    let (dir, pattern, table) =
        (one(SettingKind::Folder), one(SettingKind::Pattern), one(SettingKind::Table));
    let is_written = dir.is_some();
    let found = |owned: &BoundDatabase| owned.found_folder(folder).filter(|_| !is_written);
    let default = first(group, SettingKind::Folder, differences, found, folder);
    let default_folder = group.iter().find_map(|owned| owned.default_folder.clone());
    let written = group.iter().find_map(|owned| owned.binding.migrations.dir.as_ref());
    Database {
        logical: group[0].binding.label().to_owned(),
        is_declared: false,
        real_name: None,
        default_folder: default.as_ref().map(|said| said.value.clone()).or(default_folder),
        folder: dir.or(default),
        pattern,
        table: table.filter(|said| said.is_written),
        dir: written.map(|dir| dir.value.clone()),
        bindings: group.iter().map(|owned| owned.binding.clone()).collect(),
        is_late_allowed: false,
    }
}

/// What the first binding says that says anything; another that says otherwise is a difference.
fn first(
    group: &[BoundDatabase],
    setting: SettingKind,
    differences: &mut Vec<Difference>,
    says: impl Fn(&BoundDatabase) -> Option<MigrationSetting>,
    folder: &Path,
) -> Option<MigrationSetting> {
    let mut saying = group.iter().filter_map(|owned| Some((owned, says(owned)?)));
    let (first, said) = saying.next()?;
    let is_equal = |other: &MigrationSetting| match setting {
        SettingKind::Folder => is_same(&said.value, &other.value, folder),
        SettingKind::Pattern | SettingKind::Table => said.value == other.value,
    };
    let written = |said: &MigrationSetting| LocatedText { value: said.value.clone(), at: said.at.clone() };
    for (other, theirs) in saying.filter(|(_, theirs)| !is_equal(theirs)) {
        differences.push(Difference::Bindings {
            setting,
            first: first.binding.label().to_owned(),
            first_value: written(&said),
            other: other.binding.label().to_owned(),
            other_value: written(&theirs),
        });
    }
    Some(said)
}

fn of_worker(worker: &Worker) -> impl Iterator<Item = &Binding> {
    worker.bindings.iter().filter(|binding| binding.kind.as_str() == SERVICE)
}

/// Bindings of one database together: by name, or by id.
fn grouped<T>(all: impl Iterator<Item = T>, binding: impl Fn(&T) -> &Binding) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for one in all {
        match groups.iter_mut().find(|group| group.iter().any(|known| is_one(binding(known), binding(&one))))
        {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

fn is_one(one: &Binding, other: &Binding) -> bool {
    one.name.is_some() && one.name == other.name || one.is_of_one_id(other)
}

/// The databases of all environments of a config, each as the names of its bindings.
fn names_of_databases(file: &WranglerFile) -> Vec<BTreeSet<String>> {
    let environments = file.environments();
    let environments = std::iter::once(None).chain(environments.iter().map(|name| Some(name.as_str())));
    let mut databases: Vec<BTreeSet<String>> = Vec::new();
    for worker in environments.filter_map(|environment| file.readable(environment)) {
        for group in grouped(of_worker(&worker), |binding| *binding) {
            let mut names: BTreeSet<String> = group.iter().map(|binding| binding.binding.clone()).collect();
            let (known, others): (Vec<_>, Vec<_>) =
                databases.into_iter().partition(|known| !known.is_disjoint(&names));
            databases = others;
            names.extend(known.into_iter().flatten());
            databases.push(names);
        }
    }
    databases
}

/// Wrangler's default folder, where there is one with migrations in it and nothing says which database it belongs to.
pub(super) fn unclaimed(source: ConfigSource, folder: &Path, list: &[Database]) -> Option<Unclaimed> {
    let databases = source.file.databases(|| names_of_databases(source.file));
    let path = from_project(source.path, DEFAULT_FOLDER, folder);
    let is_claimed =
        list.iter().filter_map(|one| one.folder.as_ref()).any(|said| is_same(&said.value, &path, folder));
    let first = list.iter().filter(|one| one.folder.is_none()).find_map(|one| one.bindings.first())?;
    let is_sql = |path: &Path| path.extension().is_some_and(|ending| ending == "sql");
    if databases.len() < 2 || is_claimed {
        return None;
    }
    let has_migrations = match files::walk(&folder.join(&path)) {
        Ok(found) => found.iter().any(|path| is_sql(path)),
        // What can't be looked through may hold some.
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    };
    has_migrations.then(|| Unclaimed {
        folder: path,
        at: first.location.clone(),
        bindings: databases.iter().flatten().cloned().collect(),
        format: source.file.format,
    })
}
