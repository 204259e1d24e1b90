//! Finds methods whose closure uses the variable that the method is called on. The engine locks that variable
//! during the call, so the closure fails when it runs, perhaps after writes.

use super::View;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};
use rhai::{BinaryExpr, Expr, FnCallExpr, Position, Stmt};

/// Looks through a chain such as `a.b().map(|x| a.c(x))`, from its first variable on.
pub(super) fn check(view: &View, chain: &BinaryExpr) -> Vec<Diagnostic> {
    let Expr::Variable(variable, ..) = &chain.lhs else { return Vec::new() };
    let (name, mut found) = (variable.1.as_str(), Vec::new());
    let (mut rest, mut is_first) = (Some(&chain.rhs), true);
    while let Some(expression) = rest {
        let (first, next) = match expression {
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => (&parts.lhs, Some(&parts.rhs)),
            last => (last, None),
        };
        if let Expr::MethodCall(call, position) = first
            && (is_first || runs_closures(view, call))
            && call.args.iter().any(|argument| captures(argument, name))
        {
            found.push(race(view, name, call, *position));
        }
        (rest, is_first) = (next, false);
    }
    found
}

/// What only keeps a closure does not run it.
fn runs_closures(view: &View, call: &FnCallExpr) -> bool {
    let forms = view.known.functions.get(call.name.as_str()).into_iter().flatten();
    forms.flat_map(|form| &form.params).any(|param| param.kind == "closure")
}

fn race(view: &View, name: &str, call: &FnCallExpr, position: Position) -> Diagnostic {
    let method = call.name.as_str();
    let title = format!("`{method}` is called on `{name}`, and so its closure can't use `{name}`");
    let found = Diagnostic::error(DiagnosticKind::Value, view.place(position), title);
    found.help(format!(
        "before it, take what `{method}` is called on, or what the closure needs, into another variable"
    ))
}

/// Whether an argument is a closure that takes this variable with it.
fn captures(argument: &Expr, name: &str) -> bool {
    let Expr::Stmt(block) = argument else { return false };
    block.statements().iter().any(|statement| match statement {
        Stmt::Share(variables) => variables.iter().any(|(variable, _)| variable.name == name),
        _ => false,
    })
}
