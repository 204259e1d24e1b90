//! Checks variables in namespaces. The parser checks the others.

use super::View;
use crate::events::Site;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, unknown_module, unknown_variable};
use rhai::Namespace;

pub(super) fn check(view: &View, namespace: &Namespace, name: &str, at: &Site) -> Option<Diagnostic> {
    let first = namespace.path.first()?.name.as_str();
    let whole = format!("{first}::{name}");
    let sources = view.resolver.sources();
    if first == "global" {
        let known = view.file.constants.contains(name);
        return (!known).then(|| unknown_variable(&whole, at.clone(), sources, view.known));
    }
    if !view.is_namespace(first) {
        return Some(unknown_module(first, view.place(namespace.position()), sources, view.known));
    }
    if view.file.imports.contains_key(first) {
        return Some(of_another_file(view, first, name, at));
    }
    // Where no constant of a namespace is known, the host did not say which there are.
    let prefix = format!("{first}::");
    let listed =
        view.known.constants.range(prefix.clone()..).next().is_some_and(|next| next.starts_with(&prefix));
    let unknown = listed && !view.known.constants.contains(&whole);
    unknown.then(|| unknown_variable(&whole, at.clone(), sources, view.known))
}

/// A file gives others its functions, to be called, and nothing else.
fn of_another_file(view: &View, alias: &str, name: &str, at: &Site) -> Diagnostic {
    let whole = format!("{alias}::{name}");
    let file = view.imported(alias);
    if file.is_some_and(|file| file.functions.contains_key(name)) {
        return Diagnostic::error(
            DiagnosticKind::Name,
            at.clone(),
            format!("`{whole}` is no value: it is a function of another file"),
        )
        .help(format!("call it from a closure of this file: `|..| {whole}(..)`"));
    }
    let found = Diagnostic::error(DiagnosticKind::Name, at.clone(), format!("unknown variable `{whole}`"));
    if file.is_some_and(|file| file.constants.contains(name)) {
        return found.help("a constant is seen in its own file alone: let a function there return it");
    }
    found
}
