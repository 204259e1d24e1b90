//! The wrangler config of a Worker: reads its bindings, and writes ids into it.
//!
//! Facts: WR-8, WR-9, WR-10, WR-11.
//!
//! **Invariant:** bindings are not inherited between environments, as in wrangler; what only the top level has is a note.

mod parsed_environments;
mod binding;
mod edit;
mod edit_json;
mod edit_toml;
mod faults;
mod id_edit;
mod kind;
mod other_entries;
mod splice;
mod several_workers;
mod worker;

pub use binding::{Binding, MigrationSettings, UnfilledField};
pub use edit::write_ids;
pub use id_edit::{EditError, IdEdit};
pub use kind::{BindingForm, BindingKind, BindingKinds, DeployedForm, Entries};
pub use other_entries::{OtherEntry, Provisioner};
pub use several_workers::{forget_ids, tell_apart};
pub use worker::Worker;

use super::findings::ProjectFindings;
use super::meant::did_you_mean;
use super::problem::{ProjectProblem, REACH, listed};
use super::source::Sources;
use super::tree::{Node, jsonc, toml};
use crate::system::{Root, RootError, files};
use parsed_environments::ParsedEnvironments;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// In one folder, the first of these counts (WR-8).
const FILE_NAMES: [&str; 3] = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

const BYTES_MAX: u64 = 1024 * 1024;

/// The language of a config file, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.toml`.
    Toml,
    /// `.json` and `.jsonc`: comments and trailing commas are allowed in both.
    Json,
}

/// A wrangler config that is one, whatever is wrong in an environment.
#[derive(Clone, Debug)]
pub struct WranglerFile {
    /// Where it lies; its paths are relative to that folder.
    pub path: PathBuf,
    pub format: Format,
    sources: Sources,
    root: Arc<Node>,
    kinds: BindingKinds,
    as_read: Arc<ParsedEnvironments>,
}

/// Why a wrangler config is of no use.
#[derive(Debug, Error)]
pub enum WranglerError {
    #[error("`{}` is not a wrangler config\nhint: its name ends in `.toml`, `.json` or `.jsonc`", path.display())]
    UnknownFormat { path: PathBuf },
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot read `{name}`: {error}\nhint: {REACH}")]
    OutOfReach { name: String, error: RootError },
    #[error(transparent)]
    Wrong(#[from] ProjectFindings),
    #[error("`{file}` has no environment `{asked}`\nhint: {}", hint(.asked, .known))]
    UnknownEnvironment { file: String, asked: String, known: Vec<String> },
}

fn hint(asked: &str, known: &[String]) -> String {
    if known.is_empty() {
        return "it has no environments; `wrangler_env = \"\"` in the table of the environment takes its top level".to_owned();
    }
    match did_you_mean(asked, known) {
        Some(name) => format!("did you mean `wrangler_env = \"{name}\"`?"),
        None => format!("`wrangler_env` is one of {}", listed(known)),
    }
}

/// The wrangler config in exactly this folder.
pub fn find(folder: &Path) -> Option<PathBuf> {
    FILE_NAMES.iter().map(|name| folder.join(name)).find(|path| files::exists(path))
}

impl WranglerFile {
    /// Loads and checks a config, out of whose repository no link leads; messages call it `name`.
    pub fn load(root: &Root, path: &Path, name: &str, kinds: &BindingKinds) -> Result<Self, WranglerError> {
        let unreadable = |source| WranglerError::Unreadable { path: path.to_owned(), source };
        let real = match root.follow(path) {
            Err(RootError::Unreadable { source, .. }) => Err(unreadable(source)),
            real => real.map_err(|error| WranglerError::OutOfReach { name: name.to_owned(), error }),
        };
        let text = files::read_text(&real?, BYTES_MAX).map_err(unreadable)?;
        Self::parse(path, name, &text, kinds)
    }

    /// Reads the text of a config; what is wrong in an environment is told to who asks for that environment.
    pub fn parse(path: &Path, name: &str, text: &str, kinds: &BindingKinds) -> Result<Self, WranglerError> {
        let format = match path.extension().and_then(|ending| ending.to_str()) {
            Some("toml") => Format::Toml,
            Some("json" | "jsonc") => Format::Json,
            _ => return Err(WranglerError::UnknownFormat { path: path.to_owned() }),
        };
        let sources = Sources::of(name, text);
        let (root, mut findings) = match format {
            Format::Toml => toml::parse(&sources, 0),
            Format::Json => jsonc::parse(&sources, 0),
        };
        findings.retain(|finding| matches!(finding.problem, ProjectProblem::Syntax { .. }));
        if !root.has_key_of(&kinds.shape()) {
            findings.truncate(1);
        }
        if findings.is_empty() {
            findings = faults::of_file(&root, kinds);
        }
        ProjectFindings::check(&sources, findings)?;
        let (path, root, kinds) = (path.to_owned(), Arc::new(root), kinds.clone());
        Ok(WranglerFile { path, format, sources, root, kinds, as_read: Arc::default() })
    }

    /// The environments that the file declares, sorted.
    pub fn environments(&self) -> Vec<String> {
        let mut names: Vec<String> = environments(&self.root).map(|(name, _)| name.to_owned()).collect();
        names.sort();
        names
    }

    /// The Worker's name at the top level.
    pub fn worker_name(&self) -> Option<&str> {
        name_of(&self.root)
    }

    /// The first binding to what a service has, in whatever environment.
    pub fn first_binding(&self, service: &str) -> Option<String> {
        let tables = [&*self.root].into_iter().chain(environments(&self.root).map(|(_, node)| node));
        let mut bindings = tables.flat_map(|table| binding::read(table, &self.sources, &self.kinds));
        bindings.find(|binding| binding.kind.as_str() == service).map(|binding| binding.binding)
    }

    /// The name of the file in messages.
    pub fn name(&self) -> String {
        self.sources.location(self.root.span).file
    }
}

/// The name that a table gives its Worker.
fn name_of(table: &Node) -> Option<&str> {
    table.text("name").filter(|name| !name.is_empty())
}

fn environments(root: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let entries = root.get("env").map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.as_str(), &entry.node))
}

#[cfg(test)]
mod tests;
