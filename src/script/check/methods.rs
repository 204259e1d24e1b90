//! Finds method calls with a number of arguments that no method of that name takes.

use super::{View, each};
use crate::events::Site;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};
use rhai::{AST, ASTNode, Expr, FnCallExpr};
use std::collections::BTreeSet;

pub(super) fn check(view: &View, call: &FnCallExpr, at: &Site) -> Option<Diagnostic> {
    let name = call.name.as_str();
    let count = call.args.len();
    // A script function gets the receiver as `this`, a native one as its first argument.
    let native = view.known.functions.get(name).map_or(&[][..], Vec::as_slice);
    let scripted = view.files.values().find_map(|file| file.functions.get(name));
    if native.is_empty() && scripted.is_none() {
        return None;
    }
    let fits = native.iter().any(|form| form.takes(count + 1))
        || scripted.is_some_and(|counts| counts.contains(&count))
        || view.files.values().any(|file| file.keys.contains(name));
    if fits {
        return None;
    }
    let plural = if count == 1 { "" } else { "s" };
    let title = format!("no method `{name}` takes {count} argument{plural}");
    let forms = view.known.forms(name);
    let found = Diagnostic::error(DiagnosticKind::Arguments, at.clone(), title);
    Some(forms.into_iter().take(4).fold(found, Diagnostic::note))
}

/// The keys of the maps that a file writes out, and the properties that it names: a closure in a map is called like a
/// method, `map.name(..)`.
pub(super) fn keys(ast: &AST) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each(ast, |node| match node {
        ASTNode::Expr(Expr::Map(entries, _)) => {
            found.extend(entries.0.iter().map(|(key, _)| key.name.to_string()));
        }
        ASTNode::Expr(Expr::DynamicConstant(value, _)) => {
            if let Ok(map) = value.as_map_ref() {
                found.extend(map.keys().map(ToString::to_string));
            }
        }
        ASTNode::Expr(Expr::Property(property, _)) => {
            found.insert(property.2.to_string());
        }
        _ => {}
    });
    found
}
