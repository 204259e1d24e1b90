//! The environments that a project file declares.
//!
//! **Invariant:** after the file was checked, a name or alias means one environment, and a branch at most one.

use super::account::AccountId;
use super::problem::{ProjectFinding, ProjectProblem};
use super::source::{LocatedText, Sources};
use super::tree::{Entry, Node};
use super::unfilled::{self, Unfilled};
use crate::events::Site;

/// The environment that stands for the top level of a wrangler config, where there is no project file.
pub const TOP_LEVEL: &str = "top-level";

/// An entry of `[environments]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// The full name, `{environment}` in templates.
    pub name: String,
    /// The short name, `{env}` in templates; the full name if none is given.
    pub alias: String,
    /// A run of this branch in CI is a run of this environment.
    pub branch: Option<String>,
    /// Whether destroying and restoring need a confirmation.
    pub is_protected: bool,
    /// The account, from the environment or else from the top of the file.
    pub account_id: Option<AccountId>,
    /// What stands for the account until it is substituted.
    pub account_blank: Option<LocatedText>,
    /// The environment of the wrangler config: `None` is its top level.
    pub wrangler_env: Option<String>,
    /// Where it is declared.
    pub location: Site,
}

impl Environment {
    /// Whether a person means this one by `name`.
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.alias == name
    }
}

/// Reads all environments of a file, sorted by name; wrong types were reported by the schema and read as absent.
pub(super) fn read(root: &Node) -> impl Iterator<Item = &Entry> {
    root.get("environments").map(Node::entries).unwrap_or_default().iter()
}

/// One environment as declared, with `account_id` inherited.
pub(super) fn environment(entry: &Entry, root: &Node, sources: &Sources) -> Environment {
    let node = &entry.node;
    let account = node.get("account_id").or_else(|| root.get("account_id"));
    let account_id = account.and_then(Node::as_str);
    let unsubstituted = account_id.filter(|text| unfilled::of_id(text) == Some(Unfilled::Unsubstituted));
    let account_blank = unsubstituted
        .zip(account)
        .map(|(text, node)| LocatedText { value: text.to_owned(), at: sources.location(node.span) });
    let wrangler_env = node.text("wrangler_env").unwrap_or(&entry.key);
    Environment {
        name: entry.key.clone(),
        alias: node.text("alias").unwrap_or(&entry.key).to_owned(),
        branch: node.text("branch").map(str::to_owned),
        is_protected: node.get("protected").is_some_and(|node| node.to_json() == true),
        account_id: account_id.and_then(AccountId::written),
        account_blank,
        wrangler_env: (!wrangler_env.is_empty()).then(|| wrangler_env.to_owned()),
        location: sources.location(entry.key_span),
    }
}

/// What the schema cannot say: names, and that no two environments can be confused.
pub(super) fn check(root: &Node, sources: &Sources) -> Vec<ProjectFinding> {
    let entries: Vec<&Entry> = read(root).collect();
    let mut findings = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if !is_identifier(&entry.key) {
            let problem =
                ProjectProblem::BadIdentifier { what: "environment name", found: entry.key.clone() };
            findings.push(ProjectFinding::new(entry.key_span, problem));
        }
        check_alias(entry, &entries, sources, &mut findings);
        for before in &entries[..index] {
            check_pair(before, entry, sources, &mut findings);
        }
    }
    findings
}

fn check_alias(entry: &Entry, entries: &[&Entry], sources: &Sources, findings: &mut Vec<ProjectFinding>) {
    let Some((node, alias)) = entry.node.get("alias").and_then(|node| Some((node, node.as_str()?))) else {
        return;
    };
    if !is_identifier(alias) {
        findings.push(ProjectFinding::new(
            node.span,
            ProjectProblem::BadIdentifier { what: "alias", found: alias.to_owned() },
        ));
    }
    if let Some(other) = entries.iter().find(|other| other.key == alias && other.key != entry.key) {
        let problem = ProjectProblem::AliasIsName {
            alias: alias.to_owned(),
            environment: entry.key.clone(),
            other_at: sources.location(other.key_span),
        };
        findings.push(ProjectFinding::new(node.span, problem));
    }
}

/// The finding stands at the one that comes later in the file.
fn check_pair(one: &Entry, other: &Entry, sources: &Sources, findings: &mut Vec<ProjectFinding>) {
    for (what, key) in [("alias", "alias"), ("branch", "branch")] {
        let (Some(a), Some(b)) = (one.node.get(key), other.node.get(key)) else { continue };
        let Some(value) = a.as_str().filter(|value| b.as_str() == Some(value)) else { continue };
        let ((first, a), (second, b)) =
            if a.span < b.span { ((one, a), (other, b)) } else { ((other, b), (one, a)) };
        let problem = ProjectProblem::SameTwice {
            what,
            value: value.to_owned(),
            first: first.key.clone(),
            second: second.key.clone(),
            first_at: sources.location(a.span),
        };
        findings.push(ProjectFinding::new(b.span, problem));
    }
}

/// Names that go into resource names, flags and file names.
pub fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')
        && text.len() <= 63
}
