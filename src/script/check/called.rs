//! Collects the functions that a recipe calls.

use super::{call, each, qualified};
use rhai::{AST, ASTNode, Expr};
use std::collections::BTreeSet;

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
