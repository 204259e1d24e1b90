//! A `try` that ends while its op still runs, so that it does not catch the op's failure.

use super::{Lint, finding};
use crate::script::check::{View, each, qualified};
use crate::script::diagnostics::Diagnostic;
use rhai::{ASTNode, Expr, Position, Stmt};

/// All of a file.
pub(in crate::script::check) fn unawaited_tries(view: &View) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    each(&view.file.ast, |node| {
        if let ASTNode::Stmt(Stmt::TryCatch(parts, _)) = node {
            found.extend(check(view, parts.body.statements()));
        }
    });
    found
}

fn check(view: &View, body: &[Stmt]) -> Vec<Diagnostic> {
    if waits(body) {
        return Vec::new();
    }
    let started = body.iter().filter_map(|statement| started(view, statement));
    started
        .map(|(name, position)| {
            let title = format!("`{name}` may fail after this `try` is over, and is not caught here then");
            finding(Lint::UnawaitedTry, view.place(position), title)
                .help("wait for it inside: `wait(..)`, or read a property of its handle")
        })
        .collect()
}

/// The op that a statement starts and whose handle it drops.
fn started(view: &View, statement: &Stmt) -> Option<(String, Position)> {
    let background = |name: &str| view.known.background.contains(name);
    match statement {
        Stmt::FnCall(call, position) => {
            let name = qualified(call);
            background(&name).then_some((name, *position))
        }
        Stmt::Expr(expression) => {
            let mut last = &**expression;
            while let Expr::Dot(parts, ..) = last {
                last = &parts.rhs;
            }
            match last {
                Expr::FnCall(call, position) => {
                    let name = qualified(call);
                    background(&name).then_some((name, *position))
                }
                Expr::MethodCall(call, position) => {
                    background(&format!(".{}", call.name)).then(|| (call.name.to_string(), *position))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether anything in the body waits: `wait`, a property, an index.
fn waits(body: &[Stmt]) -> bool {
    let mut found = false;
    for statement in body {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
            found |= match path.last() {
                Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => {
                    call.name == "wait"
                }
                Some(ASTNode::Expr(Expr::Property(..) | Expr::Index(..))) => true,
                _ => false,
            };
            !found
        });
    }
    found
}
