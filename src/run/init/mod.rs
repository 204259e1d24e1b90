//! Creates a project file from the wrangler configs in or below the folder, or from given names, with its schema
//! and a first test.
//!
//! **Invariant:** no file that is there is written to, and no link is followed.

mod configs;
mod test;
mod text;

pub(super) use configs::Configs;
pub(super) use text::head;

use super::Workspace;
use super::workspace::schema;
use crate::project::file::PROJECT_FILE;
use crate::system::{files, flag};
use anyhow::{Context as _, anyhow};
use std::path::Path;

/// The schema of the project file, beside it: a team commits both.
pub const SCHEMA_FILE: &str = "larder.schema.json";

/// What a project was started with.
pub struct InitResult {
    /// What was read, one line a config.
    pub read: Vec<String>,
    /// The files that were written.
    pub wrote: Vec<&'static str>,
    /// What to do next.
    pub next: String,
    /// The recipe that it runs.
    pub recipe: &'static str,
}

/// Writes it, for an app of this name if one is given.
pub fn init(place: &Workspace, app: Option<&str>) -> anyhow::Result<InitResult> {
    let path = place.folder.join(PROJECT_FILE);
    if files::exists(&path) {
        return Err(anyhow!("`{PROJECT_FILE}` exists already"));
    }
    let named = app.map(app_name).transpose()?;
    let folder = place.folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let by_folder = || folder.and_then(|name| app_name(&name).ok()).unwrap_or_else(|| "app".to_owned());
    let configs = Configs::read(place)?;
    let plan = |env: Option<&str>| {
        let env = env.map(|name| format!(" {}", flag("-e", name))).unwrap_or_default();
        let local = if place.is_local() { "" } else { " --local" };
        format!("`larder plan{env}{local}{}`", place.options.whereabouts)
    };
    let (text, next, recipe) = if configs.is_empty() {
        let text = text::by_names(place.services, &named.unwrap_or_else(by_folder));
        let next = format!("name what the app needs in it, then {}", plan(Some("development")));
        (text, next, "provision")
    } else {
        // Of several Workers, none has the name of all.
        let app = named.or_else(|| configs.are_several().then(by_folder));
        let text = text::by_bindings(place, app.as_deref(), &configs)?;
        (text, format!("{} shows what would be made", plan(configs.environment().as_deref())), "wrangler")
    };
    let mut wrote = vec![PROJECT_FILE];
    if write_schema(place, &place.folder)? {
        wrote.push(SCHEMA_FILE);
    }
    let env = if configs.is_empty() { Some("development".to_owned()) } else { configs.environment() };
    if test::write(&place.folder, recipe, env.as_deref())? {
        wrote.push(test::FILE);
    }
    if !write_new(&place.folder, PROJECT_FILE, &format!("#:schema ./{SCHEMA_FILE}\n{text}"))? {
        return Err(anyhow!("`{PROJECT_FILE}` exists already"));
    }
    Ok(InitResult { read: configs.summaries(), wrote, next, recipe })
}

/// Writes the schema, where none is; gives whether it did.
pub(super) fn write_schema(place: &Workspace, folder: &Path) -> anyhow::Result<bool> {
    write_new(folder, SCHEMA_FILE, &format!("{:#}\n", schema(place.services).json_schema()))
}

/// Writes a file where none is; gives whether it did.
pub(super) fn write_new(folder: &Path, name: &str, text: &str) -> anyhow::Result<bool> {
    let path = folder.join(name);
    if files::exists(&path) {
        return Ok(false);
    }
    files::write_new(&path, text.as_bytes()).with_context(|| format!("can't write `{name}`"))?;
    Ok(true)
}

/// A text as a name can be part of names.
pub(super) fn app_name(text: &str) -> anyhow::Result<String> {
    const CHARS_MAX: usize = 63;
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let app: String = text.to_lowercase().chars().map(plain).collect();
    let app: String = app.trim_matches('-').chars().take(CHARS_MAX).collect();
    if app.is_empty() {
        return Err(anyhow!("an app's name has letters or digits, found `{text}`"));
    }
    Ok(app)
}
