//! What a Worker is bound to and a run has not made: said once, at its end.

use super::{Use, is_ours, site, use_of};
use crate::cli::place::Selected;
use crate::events::{Event, Sink};

/// Says what the recipe left out, what Larder does not provision, and what the environment does not inherit.
pub fn tell(selected: &Selected, recipe: &str, uses: &[Use], events: &dyn Sink) {
    let Some((_, worker)) = &selected.worker else { return };
    let (ours, others): (Vec<_>, Vec<_>) = worker.bindings.iter().partition(|binding| is_ours(binding));
    let unmade: Vec<_> =
        ours.into_iter().filter(|binding| use_of(selected, binding, uses).is_none()).collect();
    if let Some(first) = unmade.first() {
        let listed = listed(unmade.iter().map(|one| (one.kind.as_str(), one.binding.as_str())));
        let message = format!("bound, and not made by the recipe `{recipe}`: {listed}");
        events.emit(Event::Warning { message, at: Some(site(first)) });
    }
    let queues = others.iter().map(|one| (one.kind.as_str(), one.binding.as_str()));
    let rest = worker.others.iter().map(|one| (one.table, one.binding.as_str()));
    let foreign = listed(queues.chain(rest));
    if !foreign.is_empty() {
        events.emit(Event::Log { message: format!("bound, and not provisioned by Larder: {foreign}") });
    }
    let lost = listed(worker.not_inherited.iter().map(|one| (one.kind.as_str(), one.binding.as_str())));
    if !lost.is_empty() {
        let environment = &selected.config.environment.name;
        let message = format!("`{environment}` does not inherit bindings of the top level: {lost}");
        events.emit(Event::Log { message });
    }
}

fn listed<'a>(bindings: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    bindings.map(|(kind, binding)| format!("{kind} `{binding}`")).collect::<Vec<_>>().join(", ")
}
