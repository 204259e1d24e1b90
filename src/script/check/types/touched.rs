//! Variables that a piece of a recipe changes.

use super::bodies::Function;
use rhai::{ASTNode, Expr, Stmt};
use std::collections::BTreeSet;

/// The variables of a file that its closures assign to and do not declare.
pub(super) fn in_closures(functions: &[Function]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for function in functions.iter().filter(|function| function.is_closure()) {
        let own = declared(&function.statements);
        found.extend(assigned(&function.statements).into_iter().filter(|name| !own.contains(name)));
    }
    found
}

/// The variables that statements declare.
fn declared(statements: &[Stmt]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each(statements, |node| {
        if let ASTNode::Stmt(Stmt::Var(parts, ..)) = node {
            found.insert(parts.0.name.to_string());
        }
    });
    found
}

/// The variables that statements assign to, in whole or in part.
pub(super) fn assigned(statements: &[Stmt]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each(statements, |node| {
        if let ASTNode::Stmt(Stmt::Assignment(parts)) = node {
            found.extend(root(&parts.1.lhs));
        }
    });
    found
}

/// The variables on which statements call methods.
pub(super) fn called_on(statements: &[Stmt]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each(statements, |node| {
        if let ASTNode::Expr(expression @ (Expr::Dot(..) | Expr::Index(..))) = node {
            found.extend(root(expression));
        }
    });
    found
}

/// The variable that a chain begins with.
pub(super) fn root(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Variable(variable, ..) if variable.2.is_empty() => Some(variable.1.to_string()),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => root(&parts.lhs),
        _ => None,
    }
}

/// Whether statements name `this`.
pub(super) fn uses_this(statements: &[Stmt]) -> bool {
    let mut found = false;
    each(statements, |node| found |= matches!(node, ASTNode::Expr(Expr::ThisPtr(_))));
    found
}

fn each(statements: &[Stmt], mut visit: impl FnMut(&ASTNode)) {
    for statement in statements {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
            path.last().into_iter().for_each(&mut visit);
            true
        });
    }
}
