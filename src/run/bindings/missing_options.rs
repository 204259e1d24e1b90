//! Bindings that need options which only the project file can give, such as the dimensions of an index. If the
//! resource is missing, the lines for the project file are shown.

use super::{BindingCheck, BindingRefusal, RefusalBasis, problem_with};
use crate::events::Event;
use crate::op::{Context, Failure};
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler::Binding;
use crate::run::Selected;
use crate::services::Service;
use crate::system::files;
use std::fmt::Write as _;
use std::sync::Arc;

/// Refuses what is bound and not there; with `--local` it is a warning.
pub fn check(look: &BindingCheck, context: &Arc<Context>) -> Option<BindingRefusal> {
    if !look.goes_by_bindings() {
        return None;
    }
    look.run.session.place.services.iter().find_map(|service| check_of(look, context, service))
}

fn check_of(look: &BindingCheck, context: &Arc<Context>, service: &Service) -> Option<BindingRefusal> {
    let mut open = undescribed(look.selected);
    open.retain(|binding| binding.kind.as_str() == service.name);
    let first = *open.first()?;
    let listed = match look.run.session.runtime().block_on((service.listed)(context.clone())) {
        Ok(listed) => listed,
        Err(error) => {
            let failure = Failure::of_read("the account", error);
            let bound = names(&open);
            let message = format!("whether what is bound by {bound} is there is not known: {failure}");
            look.run.events.emit(Event::Warning { message, at: Some(first.location.clone()) });
            return None;
        }
    };
    let is_there = |name: &str| listed.iter().any(|live| live.name == name);
    let missing: Vec<&Binding> = open
        .into_iter()
        .filter(|binding| binding.name.as_deref().is_some_and(|name| !is_there(name)))
        .collect();
    let first = *missing.first()?;
    let message = message(service, &missing);
    if look.run.session.place.is_local() {
        look.run.events.emit(Event::Warning { message, at: Some(first.location.clone()) });
        for line in way_out(look.selected, &missing).lines() {
            look.run.events.emit(Event::Log { message: line.to_owned() });
        }
        return None;
    }
    let hint = format!("it stands at {}: {}", first.location, way_out(look.selected, &missing));
    let problem = problem_with(message, first, hint);
    Some(BindingRefusal { problem, basis: RefusalBasis::Account })
}

/// Bindings that the project file does not describe, and that cannot be provisioned from the binding alone.
pub fn undescribed(selected: &Selected) -> Vec<&Binding> {
    let bindings = selected.workers.iter().flat_map(|(_, worker)| &worker.bindings);
    let is_open = |binding: &&Binding| {
        let (kind, services) = (binding.kind, &selected.config.services);
        let entries = kind.described_in().and_then(|key| services.get(kind.as_str())?.get(key));
        let is_described = |name: &str| entries.is_some_and(|entries| entries.get(name).is_some());
        kind.needs().is_some()
            && !is_described(&binding.binding)
            && !binding.name.as_deref().is_some_and(is_described)
    };
    bindings.filter(is_open).collect()
}

fn message(service: &Service, missing: &[&Binding]) -> String {
    let names: Vec<String> =
        missing.iter().map(|one| format!("`{}`", one.name.as_deref().unwrap_or_default())).collect();
    let (noun, verb) = if missing.len() == 1 { (service.resource, "is") } else { (service.resources, "are") };
    format!(
        "the {noun} {} {verb} bound and not there, and a wrangler config does not say what to make",
        names.join(", ")
    )
}

/// The lines that would make them. Without a project file they are the whole of one, whose recipe stays `wrangler`.
pub fn way_out(selected: &Selected, missing: &[&Binding]) -> String {
    let is_new = !files::exists(&selected.folder.join(PROJECT_FILE));
    let what =
        if is_new { "begin `larder.toml` with these lines" } else { "add these lines to `larder.toml`" };
    let mut text = format!("{what}, with your {}:\n", yours(missing));
    if is_new {
        text.push_str("recipe = \"wrangler\"\n");
    }
    for binding in missing {
        let (kind, name) = (binding.kind, toml_edit::Key::new(&binding.binding));
        let (entries, lines) = (kind.described_in().unwrap_or_default(), kind.needs().unwrap_or_default());
        let _ = write!(text, "\n[{kind}.{entries}.{name}]\n{lines}");
    }
    text.trim_end().to_owned()
}

/// The keys whose values are samples.
fn yours(missing: &[&Binding]) -> String {
    let lines = missing.iter().filter_map(|one| one.kind.needs()).flat_map(str::lines);
    let mut keys: Vec<&str> = lines.filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.join(" and ")
}

fn names(bindings: &[&Binding]) -> String {
    bindings.iter().map(|one| format!("`{}`", one.binding)).collect::<Vec<_>>().join(", ")
}
