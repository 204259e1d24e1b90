//! Reports, at the end of a run, bindings to resources that the run or Larder does not provision.

use super::{PlannedResource, is_ours, use_of, uses_in};
use crate::events::{Event, Sink, Site};
use crate::project::wrangler::{Binding, Provisioner};
use crate::run::Selected;
use crate::run::session::short_name;
use crate::script::host::Bound;
use crate::script::run::Recipe;

/// Says what the recipe left out, where it came to its end.
pub fn tell(selected: &Selected, bound: &Bound, recipe: &Recipe, heard: &[Event], events: &dyn Sink) {
    let unmade = left_out(selected, bound, super::of(selected), &uses_in(heard, |_| false));
    if let Some(first) = unmade.first() {
        let message = message(recipe, &unmade);
        events.emit(Event::Warning { message, at: Some(first.location.clone()) });
    }
}

/// Says what Larder does not provision, and what the environment does not inherit.
pub fn tell_foreign(selected: &Selected, events: &dyn Sink) {
    let workers = || selected.workers.iter().map(|(_, worker)| worker);
    let bound = workers().flat_map(|worker| &worker.bindings).filter(|binding| !is_ours(binding));
    let bound: Vec<_> = bound.map(|one| (one.kind.as_str(), one.binding.as_str(), &one.location)).collect();
    // What a deploy makes by itself is nobody's trouble.
    let others = workers().flat_map(|worker| &worker.others).filter(|one| one.source == Provisioner::Before);
    let others: Vec<_> = others.map(|one| (one.what.as_str(), one.name.as_str(), &one.at)).collect();
    let warn = |what: &str, named: &[(&str, &str, &Site)]| {
        if let Some((_, _, first)) = named.first() {
            let message = format!("{what}: {}", listed(named.iter().map(|(what, name, _)| (*what, *name))));
            events.emit(Event::Warning { message, at: Some((*first).clone()) });
        }
    };
    let before = [bound, others].concat();
    warn("in the config, and not provisioned by Larder", &before);
    let lost = workers().flat_map(|worker| &worker.not_inherited);
    let lost: Vec<_> = lost.map(|one| (one.what.as_str(), one.name.as_str(), &one.at)).collect();
    let environment = &selected.config.environment.name;
    warn(&format!("`{environment}` does not inherit from the top level"), &lost);
}

/// The bindings to what the recipe does not make.
pub fn left_out<'a>(
    selected: &Selected,
    bound: &Bound,
    bindings: impl IntoIterator<Item = &'a Binding>,
    uses: &[PlannedResource],
) -> Vec<&'a Binding> {
    let is_left_out = |binding: &&Binding| use_of(selected, bound, binding, uses).is_none();
    bindings.into_iter().filter(is_left_out).collect()
}

/// Says which they are.
pub fn message(recipe: &Recipe, unmade: &[&Binding]) -> String {
    let listed = listed(unmade.iter().map(|one| (one.kind.as_str(), one.binding.as_str())));
    format!("bound, and not made by the recipe `{}`: {listed}", short_name(&recipe.name))
}

/// Of one kind more are counted than named.
const NAMED_MAX: usize = 3;

/// By kind, in the order in which kinds come first, each name once.
fn listed<'a>(named: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for (kind, name) in named {
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => kinds.push((kind, vec![name])),
        }
    }
    let of_kind = |(kind, names): &(&str, Vec<&str>)| {
        let shown: Vec<String> = names.iter().take(NAMED_MAX).map(|name| format!("`{name}`")).collect();
        let more = names.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{kind} {}{more}", shown.join(", "))
    };
    kinds.iter().map(of_kind).collect::<Vec<_>>().join(", ")
}
