//! Writes a project that reproduces an account: the project file, and a recipe for what the file cannot express.
//!
//! Reading order: `things` (what is there, as options), `environments` (what is of another one), `templates` (the names), `slots` (what a service's table takes),
//! `project_text` and `recipe_text` (the two files), `bound` (beside a wrangler config), `write`.
//!
//! **Invariant:** no file that is there is written to, and nothing is written before all of it is known.
//! **Invariant:** a plan of what was imported has nothing to do.

mod bound_resources;
mod environments;
mod config_guard;
mod lines;
mod project_text;
mod recipe_text;
mod slots;
mod templates;
mod account_content;
mod write;

use super::ls::AccountReader;
use super::{Error, Session};
use crate::run::init::Configs;
use crate::services::Service;
use crate::system::flag;
use anyhow::anyhow;
use std::path::PathBuf;

use write::NAME;
pub use write::refuse_project;

/// No file that Larder reads back is larger.
const BYTES_MAX: usize = 256 * 1024;

/// What is imported, and where to.
#[derive(Default)]
pub struct ImportRequest {
    pub env: Option<String>,
    pub app: Option<String>,
    pub services: Vec<&'static Service>,
    pub matching: Option<globset::GlobMatcher>,
    /// What no wrangler config binds, too, and what carries other environments in its name.
    pub all: bool,
    /// The folder that is written to.
    pub folder: PathBuf,
}

#[derive(Debug)]
pub struct Imported {
    /// How many of each service, in words.
    pub brought: Vec<String>,
    /// What is there and was not imported, with the reasons.
    pub left: Vec<String>,
    /// What there is to know besides.
    pub notes: Vec<String>,
    /// What nothing could read.
    pub unread: Vec<String>,
    /// The files that were written, from the folder.
    pub wrote: Vec<String>,
    /// A command line's flag for the environment; empty where none is needed.
    pub env_flag: String,
}

/// The files of a project.
struct Files {
    project: String,
    recipe: Option<String>,
    env_flag: String,
    notes: Vec<String>,
}

pub fn import(session: &Session, request: &ImportRequest) -> Result<Imported, Error> {
    refuse_project(session.place, &request.folder)?;
    let look = AccountReader::begin(session)?;
    let mut found = account_content::find(session, &look, request)?;
    let files = match session.selected.filter(|_| !request.all) {
        Some(selected) => bound_resources::files(session, selected, request, &mut found)?,
        None => by_names(session, request, &found)?,
    };
    for (name, text) in [("larder.toml", Some(&files.project)), (NAME, files.recipe.as_ref())] {
        if text.is_some_and(|text| text.len() > BYTES_MAX) {
            return Err(anyhow!(
                "`{name}` would be larger than the {} KiB that a project's file may have\nhint: import a part: `--only \
                 SERVICE`, `--match 'PREFIX*'`",
                BYTES_MAX / 1024
            )
            .into());
        }
    }
    let secret = |text: &String| session.place.redactor.redact(text) != text.as_str();
    if secret(&files.project) || files.recipe.as_ref().is_some_and(secret) {
        let why = "a name or a setting in the account holds a secret of this process, and would be written into a file\n\
                   hint: give it another name, or leave it out with `--only` or `--match`";
        return Err(anyhow!(why).into());
    }
    let wrote = write::write(session.place, &request.folder, &files.project, files.recipe.as_deref())?;
    Ok(Imported {
        brought: found.counted(),
        notes: files.notes,
        left: found.left.iter().map(ToString::to_string).collect(),
        unread: found.unread(),
        wrote,
        env_flag: files.env_flag,
    })
}

/// The wrangler configs beside, as the new project names them.
fn configs(session: &Session, request: &ImportRequest) -> anyhow::Result<Configs> {
    let place = session.place;
    let configs = Configs::read(place)?;
    configs.from(&place.folder, &request.folder, &place.environment)
}

/// By names alone: there is no wrangler config, or more than it binds is asked for.
fn by_names(
    session: &Session,
    request: &ImportRequest,
    found: &account_content::AccountContent,
) -> Result<Files, Error> {
    let names = templates::find(found, request, &session.place.folder)?;
    let parts = slots::part(&found.things, &names);
    let recipe = (!parts.by_recipe.is_empty()).then(|| recipe_text::text(&parts));
    let guard = configs(session, request).map_or_else(
        |error| config_guard::Guard::unread(&error),
        |configs| config_guard::guard(&configs, found, &names),
    );
    let project = project_text::text(found, &parts, &names, &guard);
    let notes = guard.why_not.into_iter().collect();
    Ok(Files { notes, project, recipe, env_flag: format!(" {}", flag("-e", &names.environment)) })
}
