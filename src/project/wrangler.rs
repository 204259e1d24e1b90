//! The wrangler config of a Worker: which names and ids its bindings expect, and writing ids back into it.
//!
//! Facts: wrangler notes, part two, 1 to 3 and 8.
//!
//! **Invariant:** bindings are not inherited between environments, as in wrangler; what only the top level has is a note.

mod binding;
mod edit;
mod edit_json;
mod edit_toml;
mod kind;
mod others;

pub use binding::{Binding, MigrationSettings};
pub use edit::{EditError, IdEdit, write_ids};
pub use kind::{BindingForm, BindingKind, BindingKinds, DeployedForm, Entries};
pub use others::Other;

use super::account::{AccountClaim, AccountId};
use super::findings::Findings;
use super::problem::{Finding, Problem, closest, listed};
use super::schema::{Required, validate};
use super::source::Sources;
use super::tree::{Node, jsonc, toml};
use crate::events::Site;
use crate::system::files;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// In one folder, the first of these counts (wrangler notes, part two, 1).
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

/// A checked wrangler config.
#[derive(Clone, Debug)]
pub struct WranglerFile {
    /// Where it lies; its paths are relative to that folder.
    pub path: PathBuf,
    /// Its language.
    pub format: Format,
    sources: Sources,
    root: Node,
    kinds: BindingKinds,
}

/// What a config says about one environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Worker {
    /// The Worker's name in this environment: its own, or the top level's with `-ENVIRONMENT`.
    pub name: Option<String>,
    /// The account, if the config names one.
    pub account: Option<AccountClaim>,
    /// The bindings that this environment declares.
    pub bindings: Vec<Binding>,
    /// Bindings that only the top level has: the environment's Worker will lack them.
    pub not_inherited: Vec<Binding>,
    /// Bindings to what has to be there and Larder does not provision.
    pub others: Vec<Other>,
}

impl Worker {
    /// The same on an account that has none of the config's ids: what has one id is one resource, named after the first.
    #[must_use]
    pub fn without_ids(mut self) -> Self {
        let known = self.bindings.clone();
        for binding in &mut self.bindings {
            let id = binding.id.take().filter(|_| binding.name.is_none());
            let first = id.and_then(|id| {
                known.iter().find(|one| one.kind == binding.kind && one.id.as_deref() == Some(&id))
            });
            let first = first.map(|first| first.binding.clone());
            binding.same_as = first.filter(|first| *first != binding.binding);
        }
        self
    }
}

/// Why a wrangler config is of no use.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum WranglerError {
    #[error("`{}` is not a wrangler config\nhint: its name ends in `.toml`, `.json` or `.jsonc`", path.display())]
    UnknownFormat { path: PathBuf },
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Wrong(#[from] Findings),
    #[error("`{file}` has no environment `{asked}`\nhint: {}", hint(.asked, .known))]
    UnknownEnvironment { file: String, asked: String, known: Vec<String> },
}

fn hint(asked: &str, known: &[String]) -> String {
    if known.is_empty() {
        return "it has no environments; `wrangler_env = \"\"` takes its top level".to_owned();
    }
    match closest(asked, known) {
        Some(name) => format!("did you mean `wrangler_env = \"{name}\"`?"),
        None => format!("`wrangler_env` is one of {}", listed(known)),
    }
}

/// The wrangler config in exactly this folder.
pub fn find(folder: &Path) -> Option<PathBuf> {
    FILE_NAMES.iter().map(|name| folder.join(name)).find(|path| files::exists(path))
}

impl WranglerFile {
    /// Loads and checks a config; messages call it `name`.
    pub fn load(path: &Path, name: &str, kinds: &BindingKinds) -> Result<Self, WranglerError> {
        let text = files::read_text(path, BYTES_MAX)
            .map_err(|source| WranglerError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(path, name, &text, kinds)
    }

    /// Checks the text of a config, of which Larder reads names, accounts and bindings only.
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
        findings.retain(|finding| matches!(finding.problem, Problem::Syntax { .. }));
        if findings.is_empty() {
            findings = validate(&kinds.shape(), &root, Required::Now);
            findings.extend(check(&root, &sources, kinds));
        }
        Findings::check(&sources, findings)?;
        Ok(WranglerFile { path: path.to_owned(), format, sources, root, kinds: kinds.clone() })
    }

    /// The environments that the file declares, sorted.
    pub fn environments(&self) -> Vec<String> {
        let mut names: Vec<String> = environments(&self.root).map(|(name, _)| name.to_owned()).collect();
        names.sort();
        names
    }

    /// What the file says about an environment; `None` is the top level.
    pub fn worker(&self, environment: Option<&str>) -> Result<Worker, WranglerError> {
        let base = name_of(&self.root);
        let Some(asked) = environment else {
            return Ok(self.read(&self.root, base.map(str::to_owned), Vec::new()));
        };
        let Some((_, node)) = environments(&self.root).find(|(name, _)| *name == asked) else {
            return Err(WranglerError::UnknownEnvironment {
                file: self.name(),
                asked: asked.to_owned(),
                known: self.environments(),
            });
        };
        let name = name_of(node).map(str::to_owned).or_else(|| base.map(|base| format!("{base}-{asked}")));
        let own = binding::read(node, &self.sources, &self.kinds);
        let mut above = binding::read(&self.root, &self.sources, &self.kinds);
        above.retain(|lost| !own.iter().any(|kept| kept.kind == lost.kind && kept.binding == lost.binding));
        Ok(self.read(node, name, above))
    }

    fn read(&self, node: &Node, name: Option<String>, not_inherited: Vec<Binding>) -> Worker {
        let account = node.get("account_id").or_else(|| self.root.get("account_id"));
        let claim = |account: &Node| {
            let place = self.sources.location(account.span).to_string();
            Some(AccountClaim { place, id: AccountId::parse(account.as_str()?)? })
        };
        let bindings = binding::read(node, &self.sources, &self.kinds);
        let others = others::read(node, &self.kinds);
        Worker { name, account: account.and_then(claim), bindings, not_inherited, others }
    }

    /// The Worker's name at the top level.
    pub fn worker_name(&self) -> Option<&str> {
        name_of(&self.root)
    }

    /// The first binding to what a service has, in whatever environment.
    pub fn first_binding(&self, service: &str) -> Option<String> {
        let tables = [&self.root].into_iter().chain(environments(&self.root).map(|(_, node)| node));
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

/// What the shape cannot say: accounts, and that a binding is declared once.
fn check(root: &Node, sources: &Sources, kinds: &BindingKinds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in [root].into_iter().chain(environments(root).map(|(_, node)| node)) {
        if let Some((node, id)) = table.get("account_id").and_then(|node| Some((node, node.as_str()?)))
            && AccountId::parse(id).is_none()
        {
            findings.push(Finding::new(node.span, Problem::BadAccountId { found: id.to_owned() }));
        }
        let mut seen: Vec<(&str, Site)> = Vec::new();
        for (_, entry) in kinds.entries(table) {
            let Some((node, name)) = entry.get("binding").and_then(|node| Some((node, node.as_str()?)))
            else {
                continue;
            };
            match seen.iter().find(|(known, _)| *known == name) {
                Some((_, first)) => {
                    let problem = Problem::BindingTwice { binding: name.to_owned(), first_at: first.clone() };
                    findings.push(Finding::new(node.span, problem));
                }
                None => seen.push((name, sources.location(node.span))),
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
