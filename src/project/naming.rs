//! Makes real names from logical names with one template per kind. Templates are evaluated forward for every
//! environment, and never inverted.
//!
//! **Invariant:** nothing turns a real name back into a logical one; a branch is read out of one in [`branches`] alone.

mod ambiguous;
mod branches;
mod claims;
mod table;
mod template;

pub use table::{Collision, NameTable};

use super::account::AccountId;
use super::meant::did_you_mean;
use super::problem::{ProjectFinding, listed};
use super::source::Sources;
use super::tree::Node;
use std::collections::BTreeMap;
use template::Template;
use thiserror::Error;

/// The template of a kind that the file gives none for, when there is no `template` either.
pub const DEFAULT_TEMPLATE: &str = "{app}-{env}-{name}";

/// What a naming policy knows of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvNames {
    /// `{app}`.
    pub app: String,
    /// `{environment}`.
    pub name: String,
    /// `{env}`.
    pub alias: String,
    /// Whether it is protected.
    pub is_protected: bool,
    /// `{branch}`, of an environment that every branch has for itself.
    pub branch: Branch,
    /// The name of the environment's Worker, where a wrangler config gives it.
    pub worker: Option<String>,
    /// The account, as far as the file says it; names in different accounts are different things.
    pub account_id: Option<AccountId>,
}

impl EnvNames {
    /// Whether one real name in both is one resource: an account that is not known yet may be any.
    pub fn may_share_account(&self, other: &EnvNames) -> bool {
        match (&self.account_id, &other.account_id) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }
}

/// Whether an environment is one for each branch, as previews are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Branch {
    /// There is one for all.
    #[default]
    None,
    /// Each branch has its own, and this run is of none: its names are not known.
    Any,
    Named(String),
}

impl Branch {
    /// The name, if there is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Branch::Named(name) => Some(name),
            Branch::None | Branch::Any => None,
        }
    }
}

/// The templates of every environment.
#[derive(Clone, Debug, Default)]
pub struct NamingPolicy {
    environments: BTreeMap<String, Templates>,
    declared: Vec<Declared>,
}

/// A logical name that an environment's tables declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The environment's full name.
    pub environment: String,
    pub kind: String,
    pub logical: String,
}

/// The templates of one environment, by kind.
#[derive(Clone, Debug)]
pub(super) struct Templates(BTreeMap<String, Template>);

/// Why a name cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NamingError {
    #[error("unknown kind `{kind}`\nhint: {}", hint(.kind, .known))]
    UnknownKind { kind: String, known: Vec<String> },
    #[error("unknown environment `{environment}`")]
    UnknownEnvironment { environment: String },
}

fn hint(kind: &str, known: &[String]) -> String {
    match did_you_mean(kind, known) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known kinds: {}", listed(known)),
    }
}

impl NamingPolicy {
    /// The real name of `logical` in `environment`.
    pub fn name(&self, kind: &str, logical: &str, environment: &EnvNames) -> Result<String, NamingError> {
        let Some(Templates(templates)) = self.environments.get(&environment.name) else {
            return Err(NamingError::UnknownEnvironment { environment: environment.name.clone() });
        };
        match templates.get(kind) {
            Some(template) => Ok(template.fill(logical, environment)),
            None => Err(NamingError::UnknownKind {
                kind: kind.to_owned(),
                known: templates.keys().cloned().collect(),
            }),
        }
    }

    /// What the tables of every environment declare.
    pub fn declared(&self) -> &[Declared] {
        &self.declared
    }

    pub(super) fn set(&mut self, environment: &str, templates: Templates, declared: Vec<(String, String)>) {
        self.environments.insert(environment.to_owned(), templates);
        let of = |(kind, logical)| Declared { environment: environment.to_owned(), kind, logical };
        self.declared.extend(declared.into_iter().map(of));
    }
}

impl Templates {
    /// Whether a name of some kind depends on the branch.
    pub(super) fn need_branch(&self) -> bool {
        self.0.values().any(Template::has_branch)
    }

    /// The templates of a merged `naming` table; a malformed one, reported by [`check`], reads as the default.
    pub(super) fn read(naming: Option<&Node>, kinds: &[String]) -> Self {
        let parsed = |kind: &str| naming?.text(kind).and_then(|text| Template::parse(text).ok());
        let default = parsed("template").unwrap_or_default();
        let of_kind = |kind: &String| (kind.clone(), parsed(kind).unwrap_or_else(|| default.clone()));
        Templates(kinds.iter().map(of_kind).collect())
    }
}

/// Checks every template of a `naming` table.
pub(super) fn check(naming: Option<&Node>, sources: &Sources) -> Vec<ProjectFinding> {
    let mut findings = Vec::new();
    for entry in naming.map(Node::entries).unwrap_or_default() {
        let Some(text) = entry.node.as_str() else { continue };
        if let Err(flaw) = Template::parse(text) {
            let span = flaw.span(text, entry.node.span, sources);
            findings.push(ProjectFinding::new(span, flaw.problem(&entry.key)));
        }
    }
    findings
}
