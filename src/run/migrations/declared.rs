//! The databases of a project that have migrations, and which of them a command is about.

use crate::project;
use crate::project::wrangler::Binding;
use crate::run::preflight::PreflightEnd;
use crate::run::{Error, Selected, Workspace, folders};
use crate::services::d1::migrations::LatePolicy;
use anyhow::anyhow;

/// A database as the project declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    pub logical: String,
    /// Its folder of migrations, from the project's folder.
    pub folder: String,
    /// Wrangler's `migrations_pattern`.
    pub pattern: Option<String>,
    /// Wrangler's `migrations_table`.
    pub table: Option<String>,
    /// Whether a file may come late.
    pub late: LatePolicy,
    /// What binds it in the Worker's config.
    pub binding: Option<Binding>,
}

/// Every database with migrations that a project declares; without such, those of the wrangler config.
pub fn declared(selected: &Selected) -> Vec<Declared> {
    let (of_project, bound): (Vec<_>, Vec<_>) =
        selected.databases.list.iter().partition(|database| database.is_declared);
    let [of_project, bound] =
        [of_project, bound].map(|list| list.into_iter().filter_map(of).collect::<Vec<_>>());
    if of_project.is_empty() { bound } else { of_project }
}

/// Wrangler's default folder counts also where it is yet to be made.
fn of(database: &project::Database) -> Option<Declared> {
    let folder = database.folder.as_ref().map(|said| said.value.clone());
    Some(Declared {
        logical: database.logical.clone(),
        folder: folder.or_else(|| database.default_folder.clone())?,
        pattern: database.pattern.as_ref().map(|said| said.value.clone()),
        table: Some(database.table().to_owned()),
        late: if database.is_late_allowed { LatePolicy::Allow } else { LatePolicy::Refuse },
        binding: database.bindings.first().cloned(),
    })
}

/// Refuses what a run would refuse of these databases' folders.
pub fn check(
    place: &Workspace,
    selected: &Selected,
    declared: &[Declared],
    expect: folders::FolderExpectation,
) -> Result<(), Error> {
    let is_meant = |database: &&project::Database| declared.iter().any(|one| one.logical == database.logical);
    let meant: Vec<&project::Database> = selected.databases.list.iter().filter(is_meant).collect();
    let found = folders::refused(place, selected, &meant, expect)?;
    found.map_or(Ok(()), |found| Err(PreflightEnd::Files(found).into()))
}

/// The declared ones, or the one that is named; their folders are there.
pub fn chosen(place: &Workspace, selected: &Selected, name: Option<&str>) -> Result<Vec<Declared>, Error> {
    let chosen = named(selected, name)?;
    check(place, selected, &chosen, folders::FolderExpectation::There)?;
    Ok(chosen)
}

/// The environments that have the database which is named, or any with migrations where none is.
pub fn having<'a>(environments: &'a [Selected], name: Option<&str>) -> Result<Vec<&'a Selected>, Error> {
    let known: Vec<Vec<Declared>> = environments.iter().map(|one| candidates(one, name)).collect();
    let has = |list: &Vec<Declared>| list.iter().any(|one| name.is_none_or(|name| one.logical == name));
    let found: Vec<&Selected> =
        environments.iter().zip(&known).filter(|(_, list)| has(list)).map(|(one, _)| one).collect();
    let mut all: Vec<Declared> = Vec::new();
    for one in known.into_iter().flatten() {
        if !all.iter().any(|known| known.logical == one.logical) {
            all.push(one);
        }
    }
    match name.filter(|_| found.is_empty() && !all.is_empty()) {
        Some(name) => Err(unknown(name, &all)),
        // Where there is none at all, the first says why.
        None if found.is_empty() => Ok(environments.iter().take(1).collect()),
        None => Ok(found),
    }
}

fn unknown(name: &str, all: &[Declared]) -> Error {
    let known = list(all);
    anyhow!("the project has no database `{name}` with migrations\nhint: it has: {known}").into()
}

/// What may be named: also what is only bound, beside what the project declares.
fn candidates(selected: &Selected, name: Option<&str>) -> Vec<Declared> {
    match name {
        None => declared(selected),
        Some(_) => selected.databases.list.iter().filter_map(of).collect(),
    }
}

/// All of them, or the one that is named.
pub fn named(selected: &Selected, name: Option<&str>) -> Result<Vec<Declared>, Error> {
    let all = candidates(selected, name);
    if let Some(unclaimed) = selected.databases.unclaimed.as_ref().filter(|_| all.is_empty()) {
        return Err(anyhow!("{unclaimed}\nhint: {}", unclaimed.hint()).into());
    }
    if all.is_empty() {
        return Err(anyhow!(
            "the project has no database with migrations\nhint: `[d1.databases.db]` with `migrations = \"migrations\"` in larder.toml"
        )
        .into());
    }
    let Some(name) = name else { return Ok(all) };
    match all.iter().find(|one| one.logical == name) {
        Some(found) => Ok(vec![found.clone()]),
        None => Err(unknown(name, &all)),
    }
}

pub fn only(mut chosen: Vec<Declared>) -> Result<Declared, Error> {
    let known = list(&chosen);
    match (chosen.pop(), chosen.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => {
            Err(anyhow!("the project has several databases with migrations\nhint: name one of {known}")
                .into())
        }
    }
}

fn list(declared: &[Declared]) -> String {
    declared.iter().map(|one| format!("`{}`", one.logical)).collect::<Vec<_>>().join(", ")
}
