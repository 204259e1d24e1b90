//! What a Worker is bound to and a run has not made: said once, at its end.

use super::{Use, is_ours, use_of, uses_in};
use crate::events::{Event, Sink};
use crate::project::wrangler::Binding;
use crate::run::Selected;
use crate::run::session::short_name;
use crate::script::host::Bound;
use crate::script::run::Recipe;

/// Says what the recipe left out, what Larder does not provision, and what the environment does not inherit.
pub fn tell(selected: &Selected, bound: &Bound, recipe: &Recipe, heard: Vec<Event>, events: &dyn Sink) {
    let workers = || selected.workers.iter().map(|(_, worker)| worker);
    let bindings = workers().flat_map(|worker| &worker.bindings);
    let (ours, others): (Vec<_>, Vec<_>) = bindings.partition(|binding| is_ours(binding));
    let unmade = left_out(selected, bound, ours, &uses_in(heard, |_| false));
    if let Some(first) = unmade.first() {
        let message = message(recipe, &unmade);
        events.emit(Event::Warning { message, at: Some(first.location.clone()) });
    }
    let queues = others.iter().map(|one| (one.kind.as_str(), one.binding.as_str()));
    let rest = workers().flat_map(|worker| &worker.others).map(|one| (one.table, one.binding.as_str()));
    let foreign = listed(queues.chain(rest));
    if !foreign.is_empty() {
        events.emit(Event::Log { message: format!("bound, and not provisioned by Larder: {foreign}") });
    }
    let lost = workers().flat_map(|worker| &worker.not_inherited);
    let lost = listed(lost.map(|one| (one.kind.as_str(), one.binding.as_str())));
    if !lost.is_empty() {
        let environment = &selected.config.environment.name;
        let message = format!("`{environment}` does not inherit bindings of the top level: {lost}");
        events.emit(Event::Log { message });
    }
}

/// The bindings to what the recipe does not make.
pub fn left_out<'a>(
    selected: &Selected,
    bound: &Bound,
    bindings: impl IntoIterator<Item = &'a Binding>,
    uses: &[Use],
) -> Vec<&'a Binding> {
    let is_left_out = |binding: &&Binding| use_of(selected, bound, binding, uses).is_none();
    bindings.into_iter().filter(is_left_out).collect()
}

/// Says which they are.
pub fn message(recipe: &Recipe, unmade: &[&Binding]) -> String {
    let listed = listed(unmade.iter().map(|one| (one.kind.as_str(), one.binding.as_str())));
    format!("bound, and not made by the recipe `{}`: {listed}", short_name(&recipe.name))
}

fn listed<'a>(bindings: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    bindings.map(|(kind, binding)| format!("{kind} `{binding}`")).collect::<Vec<_>>().join(", ")
}
