//! Closures passed to functions of imported files.
//!
//! Rhai 1.27 runs such a closure with the functions and constants of the wrong file, without an error (Rhai
//! notes 5.3).

use super::{View, namespace};
use crate::script::diagnostics::{Diagnostic, Kind, Place, Target};
use rhai::{Dynamic, Expr, FnCallExpr, Stmt};

pub(super) fn check(view: &View, call: &FnCallExpr, at: &Place) -> Vec<Diagnostic> {
    let alias = namespace(call);
    if !view.file.imports.contains_key(&alias) {
        return Vec::new();
    }
    let closures = call.args.iter().enumerate().filter(|(_, argument)| holds_closure(argument));
    closures
        .map(|(index, _)| {
            let title =
                format!("a closure cannot be passed to `{alias}::{}`, a function of another file", call.name);
            Diagnostic::error(Kind::Arguments, at.clone(), title)
                .about(Target::Arg(index))
                .note("it would call the functions of that file in place of those of this one")
                .help("call the host's functions that take closures (`step`, `steps`) from here")
        })
        .collect()
}

/// Whether a closure, or a map or list with one, is written here.
fn holds_closure(expression: &Expr) -> bool {
    match expression {
        Expr::DynamicConstant(value, _) => is_closure(value),
        Expr::FnCall(call, _) => matches!(call.name.as_str(), "curry" | "Fn"),
        Expr::Array(values, _) => values.iter().any(holds_closure),
        Expr::Map(entries, _) => entries.0.iter().any(|(_, value)| holds_closure(value)),
        // A closure that captures is a block that shares the variables first.
        Expr::Stmt(block) => block.statements().iter().any(|statement| match statement {
            Stmt::Expr(inner) => holds_closure(inner),
            Stmt::FnCall(call, _) => call.name == "curry",
            _ => false,
        }),
        _ => false,
    }
}

fn is_closure(value: &Dynamic) -> bool {
    value.is_fnptr()
        || value.as_map_ref().is_ok_and(|map| map.values().any(is_closure))
        || value.as_array_ref().is_ok_and(|list| list.iter().any(is_closure))
}
