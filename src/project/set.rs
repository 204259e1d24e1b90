//! `--set key=value`: sets one value of the merged project file.
//!
//! `branch=NAME` is the one exception: it fills `{branch}` in the names of an environment that each branch has for itself.
//!
//! **Invariant:** what guards a run (`protected`, accounts, the branch that chooses an environment) cannot be reached from
//! the command line.

use super::problem::{ProjectFinding, ProjectProblem};
use super::source::{Sources, Span};
use super::tree::{Entry, Node, NodeValue, toml};

/// The keys that only the file decides.
const FIXED: [&str; 7] =
    ["protected", "account_id", "branch", "alias", "environments", "wrangler", "wrangler_env"];

/// As deep as a file may nest, so that walking the tree needs no more stack.
const KEYS_MAX: usize = 80;

/// Reads an argument as a tree with one leaf; the argument becomes one of the sources, named `--set`.
///
/// The key is dotted as in TOML. The value is TOML if it reads as such, else a string.
pub(super) fn parse(argument: &str, sources: &mut Sources) -> Result<Node, Box<ProjectFinding>> {
    let source = sources.add("--set", argument);
    let whole = Span { source, start: 0, end: argument.len() };
    let malformed = || Box::new(ProjectFinding::new(whole, ProjectProblem::NotAnAssignment));
    let equals = position_of_equals(argument).ok_or_else(malformed)?;
    let keys = toml_edit::Key::parse(&argument[..equals]).map_err(|_| malformed())?;
    if keys.len() > KEYS_MAX {
        return Err(malformed());
    }
    let key_span = Span { end: equals, ..whole };
    if let Some(first) = keys.first().filter(|first| FIXED.contains(&first.get())) {
        let problem = ProjectProblem::NotSettable { key: first.get().to_owned() };
        return Err(Box::new(ProjectFinding::new(key_span, problem)));
    }
    let text = argument[equals + 1..].trim();
    let start = argument.len() - argument[equals + 1..].trim_start().len();
    let leaf = toml::parse_value(text, source, start).unwrap_or_else(|| Node {
        span: Span { start, end: start + text.len(), source },
        value: NodeValue::Leaf(text.into()),
    });
    Ok(keys.iter().rev().fold(leaf, |node, key| {
        let entry = Entry { key: key.get().to_owned(), key_span, node };
        Node { span: whole, value: NodeValue::Table(vec![entry]) }
    }))
}

/// The value of `branch=NAME`, which names the branch in `{branch}`; the key of an environment it never reaches.
pub(super) fn branch(argument: &str) -> Option<&str> {
    let (key, value) = argument.split_once('=')?;
    (key.trim() == "branch").then(|| value.trim().trim_matches('"'))
}

/// The first `=` outside of the key's quotes.
fn position_of_equals(argument: &str) -> Option<usize> {
    let mut quote = None;
    for (position, letter) in argument.char_indices() {
        match (quote, letter) {
            (None, '=') => return Some(position),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(argument: &str) -> Result<serde_json::Value, String> {
        parse(argument, &mut Sources::default())
            .map(|node| node.to_json())
            .map_err(|finding| finding.problem.to_string())
    }

    #[test]
    fn a_value_is_toml_if_it_can_be() {
        assert_eq!(parsed("vars.size=3"), Ok(json!({"vars": {"size": 3}})));
        assert_eq!(parsed("kv.namespaces = [\"A\"]"), Ok(json!({"kv": {"namespaces": ["A"]}})));
        assert_eq!(parsed("vars.\"a=b\".c=x = y"), Ok(json!({"vars": {"a=b": {"c": "x = y"}}})));
        assert_eq!(parsed("vars.day=2026-01-01"), Ok(json!({"vars": {"day": "2026-01-01"}})));
        assert_eq!(parsed("vars.x="), Ok(json!({"vars": {"x": ""}})));
        assert_eq!(parsed("vars.x=1\nprotected=true"), Ok(json!({"vars": {"x": "1\nprotected=true"}})));
    }

    #[test]
    fn guards_and_malformed_arguments_are_refused() {
        assert_eq!(parsed("protected=false"), Err("`--set` cannot change `protected`".into()));
        assert_eq!(parsed("\"account_id\"=x"), Err("`--set` cannot change `account_id`".into()));
        assert_eq!(
            parsed("environments.production.protected=false"),
            Err("`--set` cannot change `environments`".into())
        );
        assert_eq!(parsed("vars"), Err("`--set` needs `key=value`".into()));
        assert_eq!(parsed("=1"), Err("`--set` needs `key=value`".into()));
        assert_eq!(parsed(&format!("{}a=1", "a.".repeat(50_000))), Err("`--set` needs `key=value`".into()));
        assert_eq!(parsed("a b=1"), Err("`--set` needs `key=value`".into()));
    }
}
