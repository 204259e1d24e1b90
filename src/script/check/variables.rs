//! Variables behind a namespace; those without one are the parser's business.

use super::View;
use crate::script::diagnostics::{Diagnostic, Place, unknown_module, unknown_variable};
use rhai::Namespace;

pub(super) fn check(view: &View, namespace: &Namespace, name: &str, at: &Place) -> Option<Diagnostic> {
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
    // Where no constant of a namespace is known, the host did not say which there are.
    let prefix = format!("{first}::");
    let listed =
        view.known.constants.range(prefix.clone()..).next().is_some_and(|next| next.starts_with(&prefix));
    let unknown = listed && !view.known.constants.contains(&whole);
    unknown.then(|| unknown_variable(&whole, at.clone(), sources, view.known))
}
