//! The databases that a Worker's config binds.

use super::agree::{Difference, Setting};
use super::path::{from_project, inside, is_same};
use super::{DEFAULT_FOLDER, Database, Holder, SERVICE, Said, Source, Unclaimed};
use crate::project::source::Written;
use crate::project::wrangler::{Binding, Worker, WranglerFile};
use crate::system::files;
use std::collections::BTreeSet;
use std::path::Path;

/// One for each database, in the order of their first bindings.
pub(super) fn read(source: Source, folder: &Path, differences: &mut Vec<Difference>) -> Vec<Database> {
    let is_only = names_of_databases(source.file).len() == 1;
    let groups = groups(source.worker);
    groups.into_iter().map(|bindings| database(source, bindings, is_only, folder, differences)).collect()
}

fn database(
    source: Source,
    bindings: Vec<&Binding>,
    is_only: bool,
    folder: &Path,
    differences: &mut Vec<Difference>,
) -> Database {
    let by = Holder::Config(source.file.format);
    let said =
        |written: &Written, value: String| Said { value, at: written.at.clone(), by, is_written: true };
    let mut one = |setting: Setting| first(&bindings, setting, differences);
    let (dir, pattern, table) = (one(Setting::Folder), one(Setting::Pattern), one(Setting::Table));
    let path = |dir: &str| from_project(source.path, dir, folder);
    let default_folder = is_only.then(|| path(DEFAULT_FOLDER));
    let default = || {
        // Also a link that leads nowhere and a file, which are refused: the migrations have been there.
        let value = default_folder.clone().filter(|path| files::exists(&folder.join(path)))?;
        Some(Said { value, at: bindings[0].location.clone(), by, is_written: false })
    };
    Database {
        logical: bindings[0].binding.clone(),
        is_declared: false,
        real_name: None,
        folder: dir.map(|dir| said(dir, path(&dir.value))).or_else(default),
        pattern: pattern.map(|pattern| {
            said(pattern, inside(&pattern.value, dir.map_or(DEFAULT_FOLDER, |dir| dir.value.as_str())))
        }),
        table: table.map(|table| said(table, table.value.clone())),
        default_folder: default_folder.clone(),
        dir: dir.map(|dir| dir.value.clone()),
        bindings: bindings.into_iter().cloned().collect(),
        is_late_allowed: false,
    }
}

/// The first binding that says it; another that says otherwise is a difference.
fn first<'a>(
    bindings: &[&'a Binding],
    setting: Setting,
    differences: &mut Vec<Difference>,
) -> Option<&'a Written> {
    let mut saying = bindings.iter().filter_map(|binding| Some((binding, setting.of(binding)?)));
    let (binding, first) = saying.next()?;
    for (other, written) in saying.filter(|(_, written)| written.value != first.value) {
        differences.push(Difference::Bindings {
            setting,
            first: binding.binding.clone(),
            first_value: first.clone(),
            other: other.binding.clone(),
            other_value: written.clone(),
        });
    }
    Some(first)
}

/// The D1 bindings of a Worker, those of one database together: by name, or by id where one of them has no name.
fn groups(worker: &Worker) -> Vec<Vec<&Binding>> {
    let mut groups: Vec<Vec<&Binding>> = Vec::new();
    for binding in worker.bindings.iter().filter(|binding| binding.kind.as_str() == SERVICE) {
        match groups.iter_mut().find(|group| group.iter().any(|known| is_one(known, binding))) {
            Some(group) => group.push(binding),
            None => groups.push(vec![binding]),
        }
    }
    groups
}

fn is_one(one: &Binding, other: &Binding) -> bool {
    match (&one.name, &other.name) {
        (Some(one), Some(other)) => one == other,
        _ => one.is_of_one_id(other),
    }
}

/// The databases of all environments of a config, each as the names of its bindings.
fn names_of_databases(file: &WranglerFile) -> Vec<BTreeSet<String>> {
    let environments = file.environments();
    let environments = std::iter::once(None).chain(environments.iter().map(|name| Some(name.as_str())));
    let mut databases: Vec<BTreeSet<String>> = Vec::new();
    for worker in environments.filter_map(|environment| file.readable(environment)) {
        for group in groups(&worker) {
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
pub(super) fn unclaimed(source: Source, folder: &Path, list: &[Database]) -> Option<Unclaimed> {
    let databases = names_of_databases(source.file);
    let path = from_project(source.path, DEFAULT_FOLDER, folder);
    let is_claimed =
        list.iter().filter_map(|one| one.folder.as_ref()).any(|said| is_same(&said.value, &path, folder));
    let first = list.iter().filter(|one| one.folder.is_none()).find_map(|one| one.bindings.first())?;
    let is_sql = |path: &Path| path.extension().is_some_and(|ending| ending == "sql");
    if databases.len() < 2 || is_claimed {
        return None;
    }
    let has_migrations = files::walk(&folder.join(&path)).ok()?.iter().any(|path| is_sql(path));
    has_migrations.then(|| Unclaimed {
        folder: path,
        at: first.location.clone(),
        bindings: databases.into_iter().flatten().collect(),
        format: source.file.format,
    })
}
