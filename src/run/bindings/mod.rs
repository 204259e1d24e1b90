//! Compares the Worker's bindings with the resources of a run before its first write.
//!
//! The recipe is planned once, silently; what it would ensure is compared with what the wrangler config binds.
//!
//! **Invariant:** nothing is written here, whatever the recipe does.

mod unfilled;
mod conflicting_ids;
mod deployed;
mod names;
mod shared_names;
pub mod missing_options;
pub mod not_provisioned;

use super::Selected;
use super::dry_run::{DryRun, DryRunPurpose, DryRunResult};
use super::session::short_name;
use crate::events::{Action, Event, Finding, OpStarted, Problem, Recorder, Status};
use crate::op::{Context, Failure, RefusalBasis};
use crate::project::wrangler::Binding;
use crate::project::{Branch, wrangler_defaults};
use crate::reconcile::Placeholders;
use crate::script::host::Bound;
use crate::script::run::Recipe;
pub use conflicting_ids::contradicted;
pub use deployed::other_workers;
pub use names::{bound_and_there, deployed_database, nameless, of_another_worker};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A resource that a run would make sure of.
pub struct PlannedResource {
    pub op: OpStarted,
    /// Its id; `None` where it does not exist yet.
    pub id: Option<String>,
    /// Whether the account was seen to have it, or not to.
    pub is_seen: bool,
}

/// What a comparison without a difference leaves behind.
#[derive(Default)]
pub struct CheckedBindings {
    /// What the bindings give the recipe.
    pub bound: Bound,
    /// The silent plan, where there was one.
    pub looked: Option<SilentPlan>,
}

/// What a silent plan leaves behind.
pub struct SilentPlan {
    /// What the recipe would make sure of.
    pub uses: Vec<PlannedResource>,
    pub played: DryRunResult,
}

/// A dry run in an environment, and what its Worker's config binds.
pub struct BindingCheck<'a> {
    pub run: &'a DryRun<'a>,
    /// The project and its environment.
    pub selected: &'a Selected,
}

/// What the bindings give the recipe, or why it may not run.
pub fn preflight(look: &BindingCheck) -> anyhow::Result<Result<CheckedBindings, BindingRefusal>> {
    let bindings = look.bindings();
    let is_named =
        |binding: &&Binding| !is_open(binding) || binding.same_as.is_some() || !binding.blanks.is_empty();
    if bindings.is_empty() || (!look.goes_by_bindings() && !bindings.iter().any(is_named)) {
        return Ok(Ok(CheckedBindings::default()));
    }
    let (recorder, context) = look.run.context()?;
    let bound = match names::bound(look, &bindings, &context)? {
        Ok(bound) => bound,
        Err(refused) => return Ok(Err(refused)),
    };
    let looked = play(look.run, bound.clone(), &recorder, context);
    for binding in bindings {
        if let Some(found) = use_of(look.selected, &bound, binding, &looked.uses)
            && let Some(problem) = difference(binding, found)
        {
            let problem = match names::gone(look, binding, &looked.played.context) {
                Some(_) if look.run.asked == DryRunPurpose::Names => continue,
                Some(gone) => gone,
                None => problem,
            };
            return Ok(Err(BindingRefusal { problem, basis: RefusalBasis::Account }));
        }
    }
    Ok(Ok(CheckedBindings { bound, looked: Some(looked) }))
}

/// The same for a recipe that will make what is bound: what it can't make from the binding alone and is not there ends it, too.
pub fn agree(look: &BindingCheck) -> anyhow::Result<Result<CheckedBindings, BindingRefusal>> {
    let found = preflight(look)?;
    let missing = match &found {
        Ok(CheckedBindings { looked: Some(looked), .. }) => {
            missing_options::check(look, &looked.played.context)
        }
        _ => None,
    };
    Ok(missing.map_or(found, Err))
}

/// Why the bindings do not let a recipe run.
pub struct BindingRefusal {
    pub problem: Problem,
    /// On what that rests.
    pub basis: RefusalBasis,
}

impl BindingRefusal {
    /// Whether the token may not see what it rests on.
    fn is_denied(&self) -> bool {
        self.problem.kind == Failure::DENIED
    }
}

/// The bindings of an environment to what Larder provisions.
pub fn of(selected: &Selected) -> Vec<&Binding> {
    let bindings = selected.workers.iter().flat_map(|(_, worker)| &worker.bindings);
    bindings.filter(|binding| is_ours(binding)).collect()
}

/// Whether a recipe makes what the wrangler config binds, and no more: the bundled one, or a team's own copy of it.
pub fn goes_by_bindings(recipe: &Recipe) -> bool {
    short_name(&recipe.name) == wrangler_defaults::RECIPE
}

/// Whether the config has neither name nor id for a binding, so that the deployed Worker is asked.
pub fn is_open(binding: &Binding) -> bool {
    is_ours(binding) && binding.name.is_none() && binding.id.is_none()
}

fn is_ours(binding: &Binding) -> bool {
    binding.kind.is_provisioned()
}

/// Everything that a recipe would make sure of, from a dry run.
pub fn uses(run: &DryRun, bound: Bound) -> anyhow::Result<SilentPlan> {
    let (recorder, context) = run.context()?;
    Ok(play(run, bound, &recorder, context))
}

fn play(run: &DryRun, bound: Bound, recorder: &Recorder, context: Arc<Context>) -> SilentPlan {
    let played = run.play(recorder, context, bound);
    let planned = played.context.extension::<Placeholders>();
    let uses = uses_in(&played.heard, |id| planned.contains(id));
    SilentPlan { uses, played }
}

/// What a recipe makes sure of, from what was heard of it; what would be created has no id yet, and an id that
/// `is_planned` is none.
pub fn uses_in(events: &[Event], is_planned: impl Fn(&str) -> bool) -> Vec<PlannedResource> {
    let mut uses = Vec::new();
    let mut ids = BTreeMap::new();
    for event in events {
        match event {
            Event::OpStarted(op) if op.op == "ensure" => uses.push(op.clone()),
            Event::OpFinished(done) => {
                let is_seen = done.status != Status::Skipped;
                let is_there = (done.action, done.status) != (Action::Create, Status::Planned);
                let id = done.resource_id.clone().filter(|id| is_there && !is_planned(id));
                ids.insert(done.id, (id, is_seen));
            }
            _ => {}
        }
    }
    let found = uses.into_iter().map(|op| {
        let (id, is_seen) = ids.remove(&op.id).unwrap_or_default();
        PlannedResource { op, id, is_seen }
    });
    found.collect()
}

/// What a binding is for: matched by its own name, then by the name of what it binds.
pub fn use_of<'a>(
    selected: &Selected,
    bound: &Bound,
    binding: &Binding,
    uses: &'a [PlannedResource],
) -> Option<&'a PlannedResource> {
    let kind = binding.kind.as_str();
    let of_kind = || uses.iter().filter(move |found| found.op.service == kind);
    let logical = |name: &str| of_kind().find(|found| found.op.logical.as_deref() == Some(name));
    let real = |name: &str| of_kind().find(|found| found.op.resource == name);
    let known = bound.get(&key(selected, binding)).or(binding.name.as_ref());
    let by_logical = || logical(&logical_of(selected, binding));
    if let Some(alias) = &binding.alias {
        // What is bound under this name by another Worker is another thing, unless nothing else fits.
        return logical(alias).or_else(|| real(known?)).or_else(by_logical);
    }
    by_logical().or_else(|| {
        if let Some(name) = known {
            return real(name);
        }
        // A recipe of one's own may make it by the name that wrangler would give, or by the binding's.
        let automatic = binding.automatic_name();
        automatic.and_then(|name| real(&name)).or_else(|| namesake(binding, of_kind()))
    })
}

/// The only one that a recipe names directly, as the binding is called: `my-cache` for `MY_CACHE`.
fn namesake<'a>(
    binding: &Binding,
    uses: impl Iterator<Item = &'a PlannedResource>,
) -> Option<&'a PlannedResource> {
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let wanted = plain(&binding.binding);
    let mut alike = uses.filter(|found| found.op.logical.is_none() && plain(&found.op.resource) == wanted);
    let found = alike.next()?;
    alike.next().is_none().then_some(found)
}

/// What a recipe asks for the name of a binding with.
pub fn key(selected: &Selected, binding: &Binding) -> (String, String) {
    let logical = binding.alias.clone().unwrap_or_else(|| logical_of(selected, binding));
    (binding.kind.as_str().to_owned(), logical)
}

/// The logical name that a binding belongs to: the one whose settings name it, or its own name.
pub(super) fn logical_of(selected: &Selected, binding: &Binding) -> String {
    let table = selected.config.services.get(binding.kind.as_str()).and_then(Json::as_object);
    let named = table.into_iter().flat_map(|table| table.values().filter_map(Json::as_object)).flatten();
    let mut named =
        named.filter(|(_, settings)| settings["binding"].as_str() == Some(binding.binding.as_str()));
    named.next().map_or_else(|| binding.binding.clone(), |(logical, _)| logical.clone())
}

impl BindingCheck<'_> {
    /// The bindings to what Larder provisions; of a branch, no config says what they are bound to.
    pub fn bindings(&self) -> Vec<&Binding> {
        if self.selected.config.branch == Branch::None { of(self.selected) } else { Vec::new() }
    }

    fn goes_by_bindings(&self) -> bool {
        goes_by_bindings(self.run.recipe)
    }
}

fn difference(binding: &Binding, found: &PlannedResource) -> Option<Problem> {
    let (kind, real) = (&found.op.kind, &found.op.resource);
    if let Some(name) = binding.name.as_ref().filter(|name| *name != real) {
        return Some(problem(
            format!(
                "the Worker is bound to `{name}` by `{}`, the recipe would use the {kind} `{real}`",
                binding.binding
            ),
            binding,
        ));
    }
    let id = binding.id.as_ref()?;
    match &found.id {
        Some(live) if live == id => None,
        Some(live) => Some(problem(
            format!(
                "the Worker's binding `{}` has the id `{id}`, but `{real}` has `{live}`",
                binding.binding
            ),
            binding,
        )),
        None if !found.is_seen => None,
        None => Some(problem(
            format!(
                "the Worker's binding `{}` has the id `{id}`, but there is no {kind} `{real}`",
                binding.binding
            ),
            binding,
        )),
    }
}

/// That a binding is at odds with something.
pub fn problem(message: String, binding: &Binding) -> Problem {
    problem_with(message, binding, format!("make the two agree: the binding stands at {}", binding.location))
}

fn problem_with(message: String, binding: &Binding, hint: String) -> Problem {
    let (at, message, hint) = (binding.location.clone(), message, Some(hint));
    let problem = Problem { hint: hint.clone(), ..Problem::new("binding", message.clone()) };
    Problem { findings: vec![Finding { at, message, hint }], ..problem }
}
