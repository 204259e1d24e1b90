//! Finds unknown functions, and calls with a wrong number of arguments.

use super::{View, namespace, qualified};
use crate::events::Site;
use crate::project::did_you_mean;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, function_meant, uncallable, unknown_module};
use rhai::FnCallExpr;
use std::collections::BTreeSet;

pub(super) fn check(view: &View, call: &FnCallExpr, at: &Site) -> Option<Diagnostic> {
    // The parser's own word for what a closure captures; recipes cannot write it.
    if call.name == "curry" {
        return None;
    }
    let namespace = namespace(call);
    if view.file.imports.contains_key(&namespace) {
        return imported(view, &namespace, call, at);
    }
    if !namespace.is_empty() && !view.is_namespace(&namespace) {
        let at = view.place(call.namespace.position());
        return Some(unknown_module(&namespace, at, view.resolver.sources(), view.known));
    }
    let name = qualified(call);
    let forms = view.known.functions.get(&name).map_or(&[][..], Vec::as_slice);
    let own = if namespace.is_empty() { view.file.functions.get(&name) } else { None };
    let count = call.args.len();
    // A script function hides a native one of the same number of parameters only, so both count.
    if own.is_some_and(|own| own.contains(&count)) || forms.iter().any(|form| form.takes(count)) {
        return None;
    }
    if let Some(own) = own {
        let found = wrong_count(&name, own, count, at);
        return Some(view.known.forms(&name).into_iter().fold(found, Diagnostic::note));
    }
    if forms.is_empty() {
        let found = uncallable(&name, None, at.clone(), view.resolver.sources(), view.known);
        // The file's own functions are no part of what the engine knows.
        let near = found.helps.is_empty() && namespace.is_empty();
        return Some(if near { found.suggest(&name, view.file.named_functions()) } else { found });
    }
    let counts: BTreeSet<usize> = forms
        .iter()
        .flat_map(|form| (0..=form.params.len() + 1).filter(|count| form.takes(*count)))
        .collect();
    let found = wrong_count(&name, &counts, count, at);
    Some(view.known.forms(&name).into_iter().take(4).fold(found, Diagnostic::note))
}

/// A function of an imported file.
fn imported(view: &View, alias: &str, call: &FnCallExpr, at: &Site) -> Option<Diagnostic> {
    let file = view.imported(alias)?;
    let name = call.name.as_str();
    let whole = format!("{alias}::{name}");
    if file.private.contains(name) {
        return Some(
            Diagnostic::error(DiagnosticKind::Name, at.clone(), format!("`{whole}` is private to its file"))
                .help("remove the word `private` there, or call another function"),
        );
    }
    let Some(counts) = file.functions.get(name) else {
        let found =
            Diagnostic::error(DiagnosticKind::Name, at.clone(), format!("unknown function `{whole}`"));
        let public: Vec<&str> = file.named_functions().filter(|name| !file.private.contains(*name)).collect();
        return Some(match did_you_mean(name, public.iter().copied()) {
            Some(near) => found.help(format!("did you mean `{alias}::{near}`?")),
            None if public.is_empty() => {
                found.note(format!("`{alias}` has no function that others can call"))
            }
            None => found.note(format!("`{alias}` has: {}", public.join(", "))),
        });
    };
    (!counts.contains(&call.args.len())).then(|| wrong_count(&whole, counts, call.args.len(), at))
}

fn wrong_count(name: &str, takes: &BTreeSet<usize>, given: usize, at: &Site) -> Diagnostic {
    let takes: Vec<String> = takes.iter().map(ToString::to_string).collect();
    let (takes, plural) = match takes.as_slice() {
        [one] => (one.clone(), if one == "1" { "" } else { "s" }),
        [first @ .., last] => (format!("{} or {last}", first.join(", ")), "s"),
        [] => (String::from("no"), "s"),
    };
    let takes = if takes == "0" { String::from("no") } else { takes };
    let given = if given == 0 { String::from("none") } else { given.to_string() };
    let title = format!("`{name}` takes {takes} argument{plural}, not {given}");
    let found = Diagnostic::error(DiagnosticKind::Arguments, at.clone(), title);
    function_meant(name).into_iter().fold(found, Diagnostic::help)
}
