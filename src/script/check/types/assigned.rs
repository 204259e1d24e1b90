//! Finds the variables that a part of a recipe assigns.

use super::super::bodies::Function;
use rhai::{ASTNode, Expr, Stmt};
use std::collections::BTreeSet;

/// Variables of a file whose type depends on the order of execution.
pub(super) struct Changing {
    /// Closures assign to them, or the recipe asks for their type: they may have any at any time.
    pub(super) anywhere: BTreeSet<String>,
    /// They are assigned to somewhere: a closure that took one with it may be called before or after.
    pub(super) assigned: BTreeSet<String>,
}

impl Changing {
    pub(super) fn of(top: &[Stmt], functions: &[Function]) -> Self {
        let mut found = Changing { anywhere: asked(top), assigned: assigned(top) };
        for function in functions {
            found.anywhere.extend(asked(&function.body));
            let assigned = assigned(&function.body);
            if function.is_closure() {
                let own = declared(&function.body);
                found.anywhere.extend(assigned.iter().filter(|name| !own.contains(*name)).cloned());
            }
            found.assigned.extend(assigned);
        }
        found
    }
}

/// The variables whose type statements ask for.
fn asked(statements: &[Stmt]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each(statements, |node| match node {
        ASTNode::Expr(Expr::FnCall(call, _)) if call.name == "type_of" => {
            found.extend(call.args.iter().filter_map(root));
        }
        ASTNode::Expr(Expr::Dot(parts, ..)) => {
            if matches!(&parts.rhs, Expr::MethodCall(call, _) if call.name == "type_of") {
                found.extend(root(&parts.lhs));
            }
        }
        _ => {}
    });
    found
}

/// Whether statements go one way or another: what one way does with a value says nothing of the other.
pub(super) fn branches(statements: &[Stmt]) -> bool {
    let mut found = false;
    each(statements, |node| {
        found |= matches!(
            node,
            ASTNode::Stmt(Stmt::If(..) | Stmt::Switch(..) | Stmt::TryCatch(..))
                | ASTNode::Expr(Expr::And(..) | Expr::Or(..) | Expr::Coalesce(..))
        );
    });
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
