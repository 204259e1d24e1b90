//! Which services and functions a recipe calls.

use super::{call, each, qualified};
use rhai::{AST, ASTNode, Expr};
use std::collections::BTreeSet;

pub(super) fn used<'a>(trees: impl Iterator<Item = &'a AST>, services: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for ast in trees {
        each(ast, |node| {
            let namespace = call(node).and_then(|(call, _)| call.namespace.path.first());
            if let Some(service) = namespace.filter(|part| services.contains(&part.name.as_str())) {
                found.insert(service.name.to_string());
            }
        });
    }
    found
}

/// Every function that is called somewhere: `kv::ensure`, and `.migrate` for a method.
pub(super) fn calls<'a>(trees: impl Iterator<Item = &'a AST>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for ast in trees {
        each(ast, |node| {
            if let Some((call, _)) = call(node) {
                found.insert(qualified(call));
            }
            if let ASTNode::Expr(Expr::MethodCall(method, _)) = node {
                found.insert(format!(".{}", method.name));
            }
        });
    }
    found
}
