//! Checks the migration folders of a project before anything is sent: files that would be ignored or applied twice
//! are refused.

use super::bindings::goes_by_bindings;
use super::runtime_settings::{offline_room, run_environment};
use super::{Selected, Workspace};
use super::{branch_collision, unread_config, unused_settings};
use crate::events::Site;
use crate::events::{Event, Sink};
use crate::project::databases::{Database, Difference, MigrationSetting, SettingsFile, assign, way};
use crate::project::problem::REACH;
use crate::script::check::check;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, Severity, Sources};
use crate::script::run::Recipe;
use crate::services::d1::migrations::{MigrationError, Migrations, Settings, Tables};
use crate::system::{Root, RootError, files, flag, plain};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is wrong, and the texts to show it in.
#[derive(Default)]
pub struct FolderRefusal {
    /// Each at its place in the project file or the wrangler config.
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

impl FolderRefusal {
    /// Makes sure that the text of a diagnostic's file is there.
    pub fn quote(&self, place: &Workspace, selected: &Selected, diagnostic: &Diagnostic) {
        let name = &diagnostic.at.file;
        if let Ok(text) = place.text_of(name, &selected.folder) {
            self.sources.add(name, &text);
        }
    }
}

/// Whether a folder must be there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FolderExpectation {
    /// What is named and not there is refused.
    There,
    Anything,
}

/// What is wrong with the migrations of some databases of a project; `None` where nothing is.
pub fn refused(
    place: &Workspace,
    selected: &Selected,
    databases: &[&Database],
    expect: FolderExpectation,
) -> anyhow::Result<Option<FolderRefusal>> {
    let root = place.repository(&selected.folder)?;
    let differences = selected.databases.differences.iter().map(of_difference);
    let tables = databases.iter().filter_map(|database| {
        let said = database.table.as_ref()?;
        let error = Tables::named(Some(&said.value)).err()?;
        Some(Diagnostic::error(DiagnosticKind::Value, said.at.clone(), error.to_string()).help(error.hint()))
    });
    let of_folders = databases.iter().filter_map(|database| {
        let said = database.folder.as_ref()?;
        match look(&root, database, said) {
            Some(FolderError::Missing) if expect == FolderExpectation::Anything => None,
            Some(wrong) => Some(wrong.diagnostic(place, &root, selected, database, said)),
            None => None,
        }
    });
    let diagnostics: Vec<Diagnostic> = differences.chain(tables).chain(of_folders).collect();
    if diagnostics.is_empty() {
        return Ok(None);
    }
    let found = FolderRefusal { diagnostics, sources: Sources::default() };
    found.diagnostics.iter().for_each(|diagnostic| found.quote(place, selected, diagnostic));
    Ok(Some(found))
}

/// The same for a run of a recipe, if the recipe migrates at all.
pub fn refused_for(
    place: &Workspace,
    selected: &Selected,
    recipe: &Recipe,
) -> anyhow::Result<Option<FolderRefusal>> {
    let all: Vec<&Database> = selected.databases.list.iter().collect();
    let found = refused(place, selected, &all, FolderExpectation::There)?;
    Ok(match found {
        Some(found) if uses(place, selected, recipe)?.migrates => Some(found),
        _ => None,
    })
}

/// The same before a run, with a warning of what it will leave out.
pub fn preflight(
    place: &Workspace,
    selected: &Selected,
    recipe: &Recipe,
    events: &dyn Sink,
) -> anyhow::Result<Option<FolderRefusal>> {
    if let Some(found) = refused_for(place, selected, recipe)? {
        return Ok(Some(found));
    }
    let unused =
        if goes_by_bindings(recipe) { unused_settings::found(place.services, selected) } else { Vec::new() };
    let (errors, unused): (Vec<_>, Vec<_>) =
        unused.into_iter().partition(|one| one.severity == Severity::Error);
    if !errors.is_empty() {
        let found = FolderRefusal { diagnostics: errors, sources: Sources::default() };
        found.diagnostics.iter().for_each(|diagnostic| found.quote(place, selected, diagnostic));
        return Ok(Some(found));
    }
    let unread = unread_config::warning(place, selected)?;
    let one_name = if goes_by_bindings(recipe) { None } else { branch_collision::warning(selected) };
    for warning in warning(place, selected, recipe)?.into_iter().chain(unused).chain(one_name).chain(unread) {
        let message = format!("{}: {}", warning.title, warning.helps.join("; "));
        events.emit(Event::Warning { message, at: Some(warning.at) });
    }
    Ok(None)
}

/// What a recipe does with migrations.
pub struct MigrationUse {
    pub migrates: bool,
    /// It names their folders itself.
    pub names_folders: bool,
}

/// Looks through a recipe and what it imports.
pub fn uses(place: &Workspace, selected: &Selected, recipe: &Recipe) -> anyhow::Result<MigrationUse> {
    let room = offline_room(place, &selected.folder, recipe)?;
    let checked = check(&room.engine, &recipe.name, &recipe.text, &room.resolver, &room.known);
    let calls = checked.calls();
    let migrates = calls.contains(".migrate") || calls.contains("d1::migrate");
    let takes_config = calls.contains("wrangler::config");
    let takes_parts = checked.files().any(|name| name == "std/provision");
    Ok(MigrationUse { migrates: migrates || takes_parts, names_folders: migrates && !takes_config })
}

/// The warning of migrations that no database gets, unless the recipe names their folder itself.
pub fn warning(
    place: &Workspace,
    selected: &Selected,
    recipe: &Recipe,
) -> anyhow::Result<Option<Diagnostic>> {
    let Some((location, words, hint)) = left_out(selected) else { return Ok(None) };
    let uses = uses(place, selected, recipe)?;
    if !uses.migrates || uses.names_folders {
        return Ok(None);
    }
    Ok(Some(Diagnostic::error(DiagnosticKind::Value, location, words).warning().help(hint)))
}

/// Where other tools keep migrations, beside wrangler's default.
const ELSEWHERE: [&str; 4] = ["drizzle", "db/migrations", "prisma/migrations", "drizzle/migrations"];

/// The first of them below a folder with `.sql` files.
pub fn elsewhere(beside: &Path) -> Option<&'static str> {
    let is_sql = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "sql");
    let holds = |folder: &&str| files::walk(&beside.join(folder)).is_ok_and(|files| files.iter().any(is_sql));
    ELSEWHERE.into_iter().find(holds)
}

/// Migrations that are applied to no database: where, what is so, what to do.
fn left_out(selected: &Selected) -> Option<(Site, String, String)> {
    if let Some(unclaimed) = &selected.databases.unclaimed {
        return Some((unclaimed.at.clone(), unclaimed.to_string(), unclaimed.hint()));
    }
    selected.databases.list.iter().find_map(|database| {
        let default = database.default_folder.as_ref().filter(|_| database.folder.is_none())?;
        let binding = database.bindings.first()?;
        let beside = Path::new(default).parent().unwrap_or(Path::new(""));
        let found = elsewhere(&selected.folder.join(beside))?;
        let holder = selected.workers.iter().find(|(file, _)| file.name() == binding.location.file);
        let format = holder.map(|(file, _)| file.format);
        let words = format!(
            "no folder of migrations is known for `{}`, and `{found}` holds `.sql` files: they are not applied",
            binding.name.as_ref().unwrap_or(&binding.binding)
        );
        let line = assign(format, "migrations_dir", found);
        Some((binding.location.clone(), words, format!("`{line}` in its entry, if they are its migrations")))
    })
}

/// What is wrong with one folder.
enum FolderError {
    Missing,
    NoFolder,
    Reach(RootError),
    NoMatch { message: String, would: Option<String> },
}

fn look(root: &Root, database: &Database, said: &MigrationSetting) -> Option<FolderError> {
    let real = match root.name(&said.value) {
        Ok(real) => real,
        Err(RootError::Unreadable { source, .. }) if is_absent(&source) => return Some(FolderError::Missing),
        Err(error) => return Some(FolderError::Reach(error)),
    };
    if files::is_regular_file(&real) {
        return Some(FolderError::NoFolder);
    }
    let settings = Settings {
        folder: &said.value,
        pattern: database.pattern.as_ref().map(|said| said.value.as_str()),
        ..Settings::default()
    };
    match Migrations::discover(root, &settings) {
        Err(error @ MigrationError::NoMatch { .. }) => {
            let message = error.to_string();
            let MigrationError::NoMatch { would, .. } = error else { return None };
            Some(FolderError::NoMatch { message, would })
        }
        // What else is wrong with the files is told by who applies them.
        _ => None,
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

impl FolderError {
    fn diagnostic(
        self,
        place: &Workspace,
        root: &Root,
        selected: &Selected,
        database: &Database,
        said: &MigrationSetting,
    ) -> Diagnostic {
        let error = |title: String| Diagnostic::error(DiagnosticKind::Value, said.at.clone(), title);
        match self {
            FolderError::Missing => {
                let found = error(format!("there is no folder `{}`", said.value));
                let found = match meant(root, database, said) {
                    Some(line) => found.help(format!("did you mean `{line}`?")),
                    None => found,
                };
                found.help(format!(
                    "correct the path, which begins at {}; for a folder that is yet to be filled, `larder migrations new NAME {}{}` makes it with its first file",
                    beginning(said),
                    flag("--database", &database.logical),
                    run_environment(place, Some(selected)).flags()
                ))
            }
            FolderError::NoFolder => error(format!("`{}` is a file, not a folder of migrations", said.value))
                .help("name the folder that holds it"),
            FolderError::Reach(reason @ RootError::Unreadable { .. }) => {
                error(reason.to_string()).help("whoever runs Larder must be able to read it")
            }
            FolderError::Reach(reason) => error(reason.to_string()).help(REACH),
            FolderError::NoMatch { message, would } => {
                let place = database.pattern_place().unwrap_or(&said.at);
                let found = Diagnostic::error(DiagnosticKind::Value, place.clone(), message);
                match would {
                    Some(pattern) => {
                        let settings = database.pattern_settings(&pattern).join("` and `");
                        found.help(format!("`{settings}` finds what is there"))
                    }
                    None => found.help("name a pattern that matches the migrations and nothing else"),
                }
            }
        }
    }
}

/// The setting that was probably meant: the same path from the project's folder or from the repository.
fn meant(root: &Root, database: &Database, said: &MigrationSetting) -> Option<String> {
    let (format, key, written) = match said.by {
        SettingsFile::Project => (None, "migrations", said.value.as_str()),
        SettingsFile::Config(format) => (Some(format), "migrations_dir", database.dir.as_deref()?),
    };
    let stem = written.trim_start_matches("./").trim_start_matches("../").trim_matches('/');
    let wanted = [root.path(), root.repository()].map(|folder| plain(&folder.join(stem)));
    let found = wanted.iter().find(|path| files::walk(path).is_ok())?;
    let value = way(&plain(&root.path().join(holder(said))), found);
    (value != written).then(|| assign(format, key, &value))
}

/// The folder that the path of a setting begins at, from the project's.
fn holder(said: &MigrationSetting) -> &Path {
    let config = (said.by != SettingsFile::Project).then_some(Path::new(&said.at.file));
    config.and_then(Path::parent).unwrap_or(Path::new(""))
}

fn beginning(said: &MigrationSetting) -> String {
    match holder(said).to_string_lossy() {
        folder if folder.is_empty() => "the project's folder".to_owned(),
        folder => format!("`{folder}`"),
    }
}

fn of_difference(difference: &Difference) -> Diagnostic {
    Diagnostic::error(DiagnosticKind::Value, difference.at().clone(), difference.to_string())
        .help(difference.hint())
}
