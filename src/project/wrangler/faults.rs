//! Errors of a config, by environment: an error in one environment does not affect another.

use super::kind::BindingKinds;
use crate::events::Site;
use crate::project::account::AccountId;
use crate::project::environment::is_identifier;
use crate::project::problem::{ProjectFinding, ProjectProblem};
use crate::project::schema::{Required, validate};
use crate::project::source::Sources;
use crate::project::tree::{Entry, Node, NodeValue};
use crate::project::unfilled;

/// The keys of the top level that an environment inherits, as far as they are read.
const INHERITED: [&str; 2] = ["name", "account_id"];

/// What concerns every environment: that the file is a table, and its environments are.
pub(super) fn of_file(root: &Node, kinds: &BindingKinds) -> Vec<ProjectFinding> {
    let env = root.entry("env").filter(|entry| !matches!(entry.node.value, NodeValue::Table(_)));
    validate(&kinds.shape(), &part(root, env.cloned()), Required::Now)
}

/// What concerns one; `None` is the top level.
pub(super) fn of_environment(
    root: &Node,
    sources: &Sources,
    kinds: &BindingKinds,
    environment: Option<&str>,
) -> Vec<ProjectFinding> {
    let (part, table) = match environment {
        None => {
            let own = root.entries().iter().filter(|entry| entry.key != "env").cloned();
            (part(root, own), root)
        }
        Some(name) => {
            let Some(table) = root.get("env").and_then(|all| all.get(name)) else { return Vec::new() };
            let is_inherited = |key: &str| INHERITED.contains(&key) && table.get(key).is_none();
            let inherited = root.entries().iter().filter(|entry| is_inherited(&entry.key)).cloned();
            let env = root.entry("env").map(|all| Entry {
                node: self::part(&all.node, all.node.entry(name).cloned()),
                ..all.clone()
            });
            (part(root, inherited.chain(env)), table)
        }
    };
    let mut findings = validate(&kinds.shape(), &part, Required::Now);
    findings.extend(twice(table, sources, kinds));
    findings
}

/// An account that is none, and does not ask to be replaced.
pub(super) fn of_account(root: &Node, environment: Option<&str>) -> Vec<ProjectFinding> {
    let own = environment.and_then(|name| root.get("env")?.get(name)?.get("account_id"));
    let account = own.or_else(|| root.get("account_id"));
    let wrong = account.and_then(|node| {
        let found =
            node.as_str().filter(|id| AccountId::parse(id).is_none() && unfilled::of_id(id).is_none())?;
        Some(ProjectFinding::new(node.span, ProjectProblem::BadAccountId { found: found.to_owned() }))
    });
    wrong.into_iter().collect()
}

/// Environments whose names no project can have.
pub(super) fn of_names(root: &Node) -> Vec<ProjectFinding> {
    let entries = root.get("env").map(Node::entries).unwrap_or_default();
    let wrong = entries.iter().filter(|entry| !is_identifier(&entry.key));
    let problem =
        |entry: &Entry| ProjectProblem::BadIdentifier { what: "environment name", found: entry.key.clone() };
    wrong.map(|entry| ProjectFinding::new(entry.key_span, problem(entry))).collect()
}

/// The table with these of its entries alone.
fn part(table: &Node, entries: impl IntoIterator<Item = Entry>) -> Node {
    match table.value {
        NodeValue::Table(_) => {
            Node { span: table.span, value: NodeValue::Table(entries.into_iter().collect()) }
        }
        _ => table.clone(),
    }
}

/// Bindings that are declared twice.
fn twice(table: &Node, sources: &Sources, kinds: &BindingKinds) -> Vec<ProjectFinding> {
    let mut findings = Vec::new();
    let mut seen: Vec<(&str, Site)> = Vec::new();
    for (_, entry) in kinds.entries(table) {
        let Some((node, name)) = entry.get("binding").and_then(|node| Some((node, node.as_str()?))) else {
            continue;
        };
        match seen.iter().find(|(known, _)| *known == name) {
            Some((_, first)) => {
                let problem =
                    ProjectProblem::BindingTwice { binding: name.to_owned(), first_at: first.clone() };
                findings.push(ProjectFinding::new(node.span, problem));
            }
            None => seen.push((name, sources.location(node.span))),
        }
    }
    findings
}
