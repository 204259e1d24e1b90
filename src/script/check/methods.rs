//! Methods with a number of arguments that nothing of that name takes.
//!
//! The type of the receiver is not known before the run, so nothing more is said about methods.

use super::{View, each};
use crate::events::Site;
use crate::script::diagnostics::{Diagnostic, Kind};
use rhai::{ASTNode, Expr, FnCallExpr};

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
        || is_map_key(view, name);
    if fits {
        return None;
    }
    let plural = if count == 1 { "" } else { "s" };
    let title = format!("no method `{name}` takes {count} argument{plural}");
    let forms = view.known.forms(name);
    let found = Diagnostic::error(Kind::Arguments, at.clone(), title);
    Some(forms.into_iter().take(4).fold(found, Diagnostic::note))
}

/// A closure in a map is called like a method: `map.name(..)`.
fn is_map_key(view: &View, name: &str) -> bool {
    let mut found = false;
    for file in view.files.values() {
        each(&file.ast, |node| match node {
            ASTNode::Expr(Expr::Map(entries, _)) => {
                found |= entries.0.iter().any(|(key, _)| key.name == name);
            }
            ASTNode::Expr(Expr::DynamicConstant(value, _)) => {
                found |= value.as_map_ref().is_ok_and(|map| map.contains_key(name));
            }
            ASTNode::Expr(Expr::Property(property, _)) => found |= property.2 == name,
            _ => {}
        });
    }
    found
}
