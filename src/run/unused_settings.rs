//! Warns about project-file settings that the recipe `wrangler` does not use.

use super::Selected;
use crate::events::Site;
use crate::project::wrangler::{Binding, BindingKind};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};
use crate::services::Services;
use serde_json::Value as Json;

/// What a service can't say, because it is not one's.
const TABLES: &[(&str, &str)] = &[
    ("steps", "all that is bound is made in one step"),
    ("naming", "names are those of the wrangler config, or those that wrangler gives"),
];

/// Warnings of what is not used, and errors where both files say something different.
pub fn found(services: Services, selected: &Selected) -> Vec<Diagnostic> {
    let table =
        |key: &str, shown: &str, why: &str| Some(not_used(selected.config.location(&[key])?, shown, why));
    let mut all = Vec::new();
    let kinds = services.binding_kinds();
    for service in services.iter() {
        let kind = kinds.of_service(service.name);
        if let Some((kind, key)) = kind.and_then(|kind| Some((kind, kind.described_in()?))) {
            all.extend(entries(selected, kind, key));
            continue;
        }
        let (resources, name) = (service.resources, service.name);
        let why = kind.map_or_else(
            || format!("a wrangler config binds no {resources}: the recipe `provision` makes them"),
            |kind| format!("{resources} are made for the `{}` of the wrangler config", kind.table()),
        );
        all.extend(table(name, &format!("[{name}]"), &why));
    }
    for (key, why) in TABLES {
        let shown = if *key == "steps" { (*key).to_owned() } else { format!("[{key}]") };
        all.extend(table(key, &shown, why));
    }
    all
}

fn entries(selected: &Selected, kind: BindingKind, key: &str) -> Vec<Diagnostic> {
    let service = kind.as_str();
    let Some(table) = selected.config.services.get(service).map(|table| &table[key]) else {
        return Vec::new();
    };
    let Some(entries) = table.as_object() else {
        let at = selected.config.location(&[service, key]);
        let why = format!("a table of their bindings says what it can't: `[{service}.{key}.BINDING]`");
        let is_list = table.as_array().is_some_and(|names| !names.is_empty());
        let found = at.filter(|_| is_list).map(|at| not_used(at, &format!("{service}.{key}"), &why));
        return found.into_iter().collect();
    };
    let mut all = Vec::new();
    for (name, settings) in entries {
        let bindings = bindings(selected).filter(|(binding, _)| binding.kind == kind);
        let bound: Vec<(&Binding, bool)> =
            bindings.filter(|(binding, _)| is_of(name, settings, binding)).collect();
        let path = [service, key, name.as_str()];
        if bound.is_empty() {
            let why = "the wrangler config has no binding and nothing bound of this name";
            let found = selected.config.location(&path);
            all.extend(found.map(|at| not_used(at, &format!("[{service}.{key}.{name}]"), why)));
        }
        let said = settings["jurisdiction"].as_str();
        let differs = |binding: &Binding| {
            binding.jurisdiction.as_deref().zip(said).is_some_and(|(theirs, ours)| theirs != ours)
        };
        if let Some((binding, _)) = bound.iter().find(|(binding, is_here)| *is_here && differs(binding)) {
            let path = [&path[..], &["jurisdiction"]].concat();
            let theirs = binding.jurisdiction.as_deref().unwrap_or_default();
            let title = format!("the binding `{}` has the jurisdiction `{theirs}`", binding.binding);
            let found = selected.config.location(&path);
            let help = format!("write the same in both; the other stands at {}", binding.location);
            all.extend(found.map(|at| Diagnostic::error(DiagnosticKind::Value, at, title).help(help)));
        }
    }
    all
}

/// The bindings of every environment, and whether it is this one.
fn bindings(selected: &Selected) -> impl Iterator<Item = (&Binding, bool)> {
    let here = selected.workers.iter().flat_map(|(_, worker)| &worker.bindings);
    let others = selected.other_workers.iter().flat_map(|(_, worker)| &worker.bindings);
    here.map(|binding| (binding, true)).chain(others.map(|binding| (binding, false)))
}

fn is_of(name: &str, settings: &Json, binding: &Binding) -> bool {
    settings["binding"].as_str().unwrap_or(name) == binding.binding || binding.name.as_deref() == Some(name)
}

fn not_used(at: Site, what: &str, why: &str) -> Diagnostic {
    let title = format!("the recipe `wrangler` does not use `{what}`: {why}");
    let found = Diagnostic::error(DiagnosticKind::Value, at, title);
    found.warning().help("take it out, or leave `recipe = \"wrangler\"` out for the recipe `provision`")
}
