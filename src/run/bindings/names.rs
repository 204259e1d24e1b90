//! Decides the name of each binding's resource: the name in the config, else that of the deployed Worker, else
//! wrangler's default (WR-13).
//!
//! **Invariant:** a binding never gets a second resource beside the one that the deployed Worker uses, unless the token may
//! not look, which is said.

use super::deployed::{DeployedName, DeployedWorkers, deployed};
use super::shared_names::{self, BoundName};
use super::unfilled;
use super::{
    BindingCheck, BindingRefusal, DryRunPurpose, RefusalBasis, goes_by_bindings, key, logical_of,
    problem_with,
};
use crate::events::Problem;
use crate::op::{Context, Failure};
use crate::project::local_id::is_local_id;
use crate::project::wrangler::{Binding, BindingKind};
use crate::run::Selected;
use crate::run::workspace::is_bundled;
use crate::script::host::Bound;
use crate::script::run::{Recipe, ScriptRuntime};
use std::cell::OnceCell;
use std::sync::Arc;

/// The names that bindings give where what they bind is there: `destroy` finds gone what it has deleted.
pub fn bound_and_there(look: &BindingCheck, context: &Arc<Context>) -> Result<Bound, Box<BindingRefusal>> {
    let refused = |failure: Box<Failure>| of_account(failure.problem());
    let bindings = look.bindings();
    unfilled::check(look, &bindings)?;
    let deployed = deployed(look, &bindings, context).map_err(refused)?;
    let mut bound = Bound::new();
    for binding in bindings {
        let name = match (&binding.name, &binding.id) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(id)) => name_of(look, context, binding.kind, id).map_err(refused)?,
            (None, None) => match deployed.of(binding) {
                Some(DeployedName::Name(name)) => Some(name),
                Some(DeployedName::Id(id)) => name_of(look, context, binding.kind, &id).map_err(refused)?,
                None => {
                    refuse_nameless(look, binding)?;
                    of_another_worker(look.selected, look.run.recipe, binding)
                }
            },
        };
        bound.extend(name.map(|name| (key(look.selected, binding), name)));
    }
    Ok(bound)
}

/// The names that bindings give; an id is looked up in the account.
pub(super) fn bound(
    look: &BindingCheck,
    bindings: &[&Binding],
    context: &Arc<Context>,
) -> anyhow::Result<Result<Bound, BindingRefusal>> {
    if let Err(refused) = unfilled::check(look, bindings) {
        return Ok(Err(*refused));
    }
    let room = OnceCell::new();
    // What the recipe will need beside what the bindings do, so that both wait for one round trip.
    if bindings.iter().any(|binding| binding.name.is_none()) {
        room.get_or_init(|| room_of(look, context)).read_ahead(look.run.recipe);
    }
    let deployed = match deployed(look, bindings, context) {
        Ok(deployed) => deployed,
        Err(failure) => return Ok(Err(*of_account(failure.problem()))),
    };
    let names = NameSources { look, context, deployed: &deployed, room };
    let (mut bound, mut found) = (Bound::new(), Vec::new());
    for &binding in bindings {
        match names.of(binding, &bound) {
            Ok(name) => {
                bound.extend(name.given().map(|given| (key(look.selected, binding), given.to_owned())));
                found.push((binding, name));
            }
            // What the token may not list, the recipe's own ops will say.
            Err(refused) if look.run.asked == DryRunPurpose::Plan && refused.is_denied() => {}
            Err(refused) => return Ok(Err(*refused)),
        }
    }
    shared_names::warn(look, &found);
    Ok(shared_names::check(&found).map(|()| bound).map_err(|refused| *refused))
}

/// What names rest on.
struct NameSources<'a> {
    look: &'a BindingCheck<'a>,
    context: &'a Arc<Context>,
    deployed: &'a DeployedWorkers,
    /// Where the recipe is asked for the names that it gives, made for the first that it gives.
    room: OnceCell<ScriptRuntime>,
}

fn room_of(look: &BindingCheck, context: &Arc<Context>) -> ScriptRuntime {
    let mut setting = look.run.session.setting(context.clone(), Bound::new());
    setting.facts.choice = look.run.choice.clone();
    ScriptRuntime::new(setting, &look.run.recipe.name)
}

impl NameSources<'_> {
    fn of(&self, binding: &Binding, before: &Bound) -> Result<BoundName, Box<BindingRefusal>> {
        if let Some(name) = &binding.name {
            refuse_broken(self.look, binding, name)?;
            return Ok(BoundName::Known(name.clone()));
        }
        if let Some(id) = &binding.id {
            match self.listed(binding.kind, id)? {
                Some(name) => return Ok(BoundName::Known(name)),
                // It may be replaced: what it would be without it is what is asked for.
                None if self.look.run.asked == DryRunPurpose::Names => {}
                None => return Err(of_account(not_here(self.look, binding, id, self.context))),
            }
        }
        if let Some(first) = &binding.same_as {
            let known = before.get(&key(self.look.selected, first)).cloned();
            let name = known.or_else(|| self.by_recipe(first));
            return Ok(name.map_or(BoundName::UNNAMED, BoundName::Known));
        }
        match self.deployed.of(binding) {
            Some(DeployedName::Name(name)) => Ok(BoundName::Known(name)),
            Some(DeployedName::Id(id)) => match self.listed(binding.kind, &id)? {
                Some(name) => Ok(BoundName::Known(name)),
                None => Err(of_account(self.deployed_is_gone(binding, &id))),
            },
            None => self.default_name(binding),
        }
    }

    /// The name that wrangler gives, where the recipe goes by bindings.
    fn default_name(&self, binding: &Binding) -> Result<BoundName, Box<BindingRefusal>> {
        refuse_nameless(self.look, binding)?;
        if !self.look.goes_by_bindings() {
            return Ok(BoundName::UNNAMED);
        }
        let is_by_recipe = of_another_worker(self.look.selected, self.look.run.recipe, binding).is_none();
        // Where the recipe's policy has none to give, since another has it, it is still wrangler's.
        let own = || Some(&self.look.run.recipe.name).filter(|name| is_bundled(name));
        let name = self.by_recipe(binding).or_else(|| own().and(binding.automatic_name()));
        if let Some(name) = &name {
            refuse_broken(self.look, binding, name)?;
        }
        Ok(BoundName::Default { name, is_by_recipe })
    }

    fn listed(&self, kind: BindingKind, id: &str) -> Result<Option<String>, Box<BindingRefusal>> {
        name_of(self.look, self.context, kind, id).map_err(|failure| of_account(failure.problem()))
    }

    /// The name that the recipe gives; errors of its policy are reported where the recipe runs.
    fn by_recipe(&self, binding: &Binding) -> Option<String> {
        let (selected, recipe) = (self.look.selected, self.look.run.recipe);
        if let Some(name) = of_another_worker(selected, recipe, binding) {
            return Some(name);
        }
        let logical = logical_of(self.look.selected, binding);
        let room = self.room.get_or_init(|| room_of(self.look, self.context));
        room.real_name(recipe, binding.kind.as_str(), &logical).ok()
    }

    /// An id that the deployed Worker uses and the account does not have.
    fn deployed_is_gone(&self, binding: &Binding, id: &str) -> Problem {
        let script = binding.script.as_deref().unwrap_or_default();
        let name = &binding.binding;
        let field = binding.kind.id_field().unwrap_or("id");
        problem_with(
            format!(
                "the deployed Worker `{script}` has the id `{id}` for `{name}`, which is not in this account"
            ),
            binding,
            format!("say which it shall be: `{field}` of one that is there, at {}", binding.location),
        )
    }
}

/// The name that wrangler gives to what a Worker but the first binds, where the recipe goes by bindings: it knows the name of the
/// first alone.
pub fn of_another_worker(selected: &Selected, recipe: &Recipe, binding: &Binding) -> Option<String> {
    let is_another = goes_by_bindings(recipe) && binding.script.as_deref() != selected.script();
    is_another.then(|| binding.automatic_name()).flatten()
}

/// What is wrong with a binding whose id the account does not have, if it has not.
pub(super) fn gone(look: &BindingCheck, binding: &Binding, context: &Arc<Context>) -> Option<Problem> {
    let id = binding.id.as_ref()?;
    let listed = name_of(look, context, binding.kind, id).ok()?;
    listed.is_none().then(|| not_here(look, binding, id, context))
}

/// Whether a text has the form of an id: 32 hexadecimal digits, in groups or not.
fn can_be_id(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_hexdigit).count();
    digits == 32 && text.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-')
}

/// An id of the config that the account does not have.
fn not_here(look: &BindingCheck, binding: &Binding, id: &str, context: &Context) -> Problem {
    let (name, at) = (&binding.binding, &binding.location);
    let flag = look.selected.env_flag();
    if !can_be_id(id) {
        let field = binding.kind.id_field().unwrap_or("id");
        return problem_with(
            format!("the Worker's binding `{name}` has `{id}` for its id, which is none"),
            binding,
            format!(
                "write the id of what is there into `{field}` at {at}, or take it out: then `larder run{flag}` makes what it \
                 binds, and `larder ids{flag} --write` writes its id"
            ),
        );
    }
    if !is_local_id(id) || context.client.met_local_account() {
        return problem_with(
            format!("the Worker's binding `{name}` has the id `{id}`, which is not in this account"),
            binding,
            format!(
                "the binding stands at {at}: run it with the account that has the id, or let `larder ids{flag} --write` \
                 replace it by the id of what is there; where it was deleted, take the id out, and a run makes it anew"
            ),
        );
    }
    let field = binding.kind.id_field().unwrap_or("id");
    problem_with(
        format!("the Worker's binding `{name}` has the id `{id}`, which is one of a local account"),
        binding,
        format!(
            "take `{field}` out at {at}; then `larder run{flag}` makes what it binds, and `larder ids{flag} --write` \
             writes its id"
        ),
    )
}

/// A name is not given to something that has none of its own kind.
pub(super) fn name_of(
    look: &BindingCheck,
    context: &Arc<Context>,
    kind: BindingKind,
    id: &str,
) -> Result<Option<String>, Box<Failure>> {
    let session = look.run.session;
    let Some(service) = session.place.services.named(kind.as_str()).filter(|_| kind.id_field().is_some())
    else {
        return Ok(None);
    };
    let listed = session.runtime().block_on((service.listed)(context.clone()));
    let listed = listed.map_err(|error| Box::new(Failure::of_read("the account", error)))?;
    Ok(listed.into_iter().find(|live| live.id == id).map(|live| live.name))
}

/// The id that the deployed Worker has for a database without id or name; `None` where the recipe names it.
pub fn deployed_database(
    look: &BindingCheck,
    binding: &Binding,
    context: &Arc<Context>,
) -> Result<Option<String>, Box<BindingRefusal>> {
    let deployed = deployed(look, &[binding], context).map_err(|failure| of_account(failure.problem()))?;
    match deployed.of(binding) {
        Some(DeployedName::Id(id) | DeployedName::Name(id)) => Ok(Some(id)),
        None => refuse_nameless(look, binding).map(|()| None),
    }
}

pub(super) fn of_account(problem: Problem) -> Box<BindingRefusal> {
    Box::new(BindingRefusal { problem, basis: RefusalBasis::Account })
}

/// A name that the service does not take.
fn refuse_broken(look: &BindingCheck, binding: &Binding, name: &str) -> Result<(), Box<BindingRefusal>> {
    let service = look.run.session.place.services.named(binding.kind.as_str());
    let Some(rule) = service.and_then(|service| (service.broken_rule)(name)) else { return Ok(()) };
    let title = service.map_or("", |service| service.title);
    let field = binding.kind.name_field().unwrap_or("name");
    let message =
        format!("`{name}`, the name of what `{}` binds, is none for {title}: {rule}", binding.binding);
    let hint = format!("another `{field}` for the binding at {}", binding.location);
    let problem = problem_with(message, binding, hint);
    Err(Box::new(BindingRefusal { problem, basis: RefusalBasis::Config }))
}

/// A binding without id or name in a config without a name has none that wrangler would give.
pub(super) fn refuse_nameless(look: &BindingCheck, binding: &Binding) -> Result<(), Box<BindingRefusal>> {
    if !look.goes_by_bindings() || binding.script.is_some() {
        return Ok(());
    }
    let (message, hint) = nameless(binding);
    Err(Box::new(BindingRefusal {
        problem: problem_with(message, binding, hint),
        basis: RefusalBasis::Config,
    }))
}

/// What is wrong with such a binding, and what to do.
pub fn nameless(binding: &Binding) -> (String, String) {
    let message = format!(
        "the binding `{}` has neither id nor name, and the wrangler config has no `name` to make one of",
        binding.binding
    );
    let hint = format!(
        "it stands at {}: write the Worker's `name` at the top of that file, as it is deployed; `--local` needs none",
        binding.location
    );
    (message, hint)
}
