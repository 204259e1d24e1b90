//! What each binding of a wrangler config is called in the account: what the config says, else what the deployed Worker
//! has there, else what wrangler itself would call it.
//!
//! **Invariant:** a binding never gets a second resource beside the one that the deployed Worker uses, unless the token may
//! not look, which is said.

use super::{Asked, Ground, Look, Refused, logical_of, problem_with, site};
use crate::cli::Stopped;
use crate::cli::perform::setting;
use crate::events::{Event, Problem};
use crate::http::ReadError;
use crate::op::{Context, Failure};
use crate::project::local_id::is_local_id;
use crate::project::wrangler::{Binding, BindingKind};
use crate::reconcile::{Inventory, Resource};
use crate::script::host::Bound;
use crate::script::run::Room;
use crate::services::SERVICES;
use crate::services::d1::resource::Database;
use crate::services::kv::resource::Namespace;
use crate::services::workers::api::settings;
use crate::services::workers::wire::Deployed;
use std::sync::Arc;

/// The names that bindings give where what they bind is there: `destroy` finds gone what it has deleted.
pub fn bound_and_there(look: &Look, context: &Arc<Context>) -> Result<Bound, Box<Refused>> {
    let refused = |failure: Box<Failure>| of_account(failure.problem());
    let bindings = look.bindings();
    let deployed = deployed(look, &bindings, context).map_err(refused)?;
    let mut bound = Bound::new();
    for binding in bindings {
        let name = match (&binding.name, &binding.id) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(id)) => name_of(look, context, binding.kind, id).map_err(refused)?,
            (None, None) => match of_deployed(binding, &deployed) {
                Some(Named::Name(name)) => Some(name),
                Some(Named::Id(id)) => name_of(look, context, binding.kind, &id).map_err(refused)?,
                None if look.goes_by_bindings() && look.selected.script().is_none() => {
                    return Err(Box::new(nameless(binding)));
                }
                None => None,
            },
        };
        bound.extend(name.map(|name| (key(look, binding), name)));
    }
    Ok(bound)
}

/// What bindings give.
pub(super) struct Given {
    /// Names, by kind and logical name.
    pub bound: Bound,
    /// Bindings with an id that the account does not have.
    pub gone: Vec<String>,
}

/// The names that bindings give; an id is looked up in the account.
pub(super) fn bound(
    look: &Look,
    bindings: &[&Binding],
    context: &Arc<Context>,
) -> Result<Result<Given, Refused>, Stopped> {
    let is_looked_up = |binding: &&Binding| binding.name.is_none();
    if bindings.iter().any(is_looked_up) {
        look.prefetch(context)?;
    }
    let deployed = match deployed(look, bindings, context) {
        Ok(deployed) => deployed,
        Err(failure) => return Ok(Err(*of_account(failure.problem()))),
    };
    let names = Names {
        look,
        context,
        deployed: &deployed,
        room: Room::new(
            setting(
                look.place,
                Some(look.selected),
                context.clone(),
                look.target,
                &look.selected.folder,
                Bound::new(),
            ),
            &look.recipe.name,
        ),
    };
    let (mut bound, mut gone) = (Bound::new(), Vec::new());
    for binding in bindings {
        match names.of(binding, &bound) {
            Ok(Source::Name(name)) => {
                bound.insert(key(look, binding), name);
            }
            Ok(Source::Recipe) => {}
            Ok(Source::Gone) => gone.push(binding.binding.clone()),
            Err(refused) => return Ok(Err(*refused)),
        }
    }
    Ok(Ok(Given { bound, gone }))
}

/// Where a name comes from.
enum Source {
    /// From the config, or the deployed Worker.
    Name(String),
    /// From the recipe.
    Recipe,
    /// From the recipe, since the account does not have the id of the config.
    Gone,
}

/// The id that the deployed Worker has for a database without id or name; `None` where the recipe names it.
pub fn deployed_database(
    look: &Look,
    binding: &Binding,
    context: &Arc<Context>,
) -> Result<Option<String>, Box<Refused>> {
    let deployed = deployed(look, &[binding], context).map_err(|failure| of_account(failure.problem()))?;
    match of_deployed(binding, &deployed) {
        Some(Named::Id(id) | Named::Name(id)) => Ok(Some(id)),
        None if look.goes_by_bindings() && look.selected.script().is_none() => {
            Err(Box::new(nameless(binding)))
        }
        None => Ok(None),
    }
}

/// What names rest on.
struct Names<'a> {
    look: &'a Look<'a>,
    context: &'a Arc<Context>,
    deployed: &'a [Deployed],
    /// Where the recipe is asked for the names that it gives.
    room: Room,
}

impl Names<'_> {
    /// The name of what is bound, or who names it.
    fn of(&self, binding: &Binding, before: &Bound) -> Result<Source, Box<Refused>> {
        if let Some(name) = &binding.name {
            refuse_broken(binding, name)?;
            return Ok(Source::Name(name.clone()));
        }
        if let Some(id) = &binding.id {
            return match self.listed(binding.kind, id)? {
                Some(name) => Ok(Source::Name(name)),
                None if self.look.asked == Asked::Names => Ok(Source::Gone),
                None => Err(of_account(self.not_here(binding, id))),
            };
        }
        if let Some(first) = &binding.same_as {
            let bindings = self.look.bindings();
            let first = bindings.into_iter().find(|one| one.kind == binding.kind && one.binding == *first);
            let known = first.and_then(|first| before.get(&key(self.look, first)).cloned());
            let named = known.or_else(|| self.by_recipe(first?));
            return Ok(named.map_or(Source::Recipe, Source::Name));
        }
        match of_deployed(binding, self.deployed) {
            Some(Named::Name(name)) => Ok(Source::Name(name)),
            Some(Named::Id(id)) => match self.listed(binding.kind, &id)? {
                Some(name) => Ok(Source::Name(name)),
                None => Err(of_account(self.deployed_is_gone(binding, &id))),
            },
            None if self.look.goes_by_bindings() => {
                if self.look.selected.script().is_none() {
                    return Err(Box::new(nameless(binding)));
                }
                if let Some(name) = self.by_recipe(binding) {
                    refuse_broken(binding, &name)?;
                }
                Ok(Source::Recipe)
            }
            None => Ok(Source::Recipe),
        }
    }

    fn listed(&self, kind: BindingKind, id: &str) -> Result<Option<String>, Box<Refused>> {
        name_of(self.look, self.context, kind, id).map_err(|failure| of_account(failure.problem()))
    }

    /// The name that the recipe gives; what is wrong with its policy is told where the recipe runs.
    fn by_recipe(&self, binding: &Binding) -> Option<String> {
        let logical = logical_of(self.look.selected, binding);
        self.room.real_name(self.look.recipe, binding.kind.as_str(), &logical).ok()
    }

    /// An id of the config that the account does not have.
    fn not_here(&self, binding: &Binding, id: &str) -> Problem {
        let (name, at) = (&binding.binding, site(binding));
        let flag = self.look.selected.env_flag();
        if !is_local_id(id) || self.context.client.met_local_account() {
            return problem_with(
                format!("the Worker's binding `{name}` has the id `{id}`, which is not in this account"),
                binding,
                format!(
                    "the binding stands at {at}: run it with the account that has the id, or let \
                     `larder ids{flag} --write` replace it"
                ),
            );
        }
        let field = binding.kind.id_field().unwrap_or("id");
        problem_with(
            format!("the Worker's binding `{name}` has the id `{id}`, which is one of a local account"),
            binding,
            format!(
                "take `{field}` out at {at}; then `larder run{flag}` makes what it binds, and \
                 `larder ids{flag} --write` writes its id"
            ),
        )
    }

    /// An id that the deployed Worker uses and the account does not have.
    fn deployed_is_gone(&self, binding: &Binding, id: &str) -> Problem {
        let script = self.look.selected.script().unwrap_or_default();
        let name = &binding.binding;
        let field = binding.kind.id_field().unwrap_or("id");
        problem_with(
            format!(
                "the deployed Worker `{script}` has the id `{id}` for `{name}`, which is not in this account"
            ),
            binding,
            format!("say which it shall be: `{field}` of one that is there, at {}", site(binding)),
        )
    }
}

/// What a deployed Worker has for a binding.
enum Named {
    Id(String),
    Name(String),
}

fn of_deployed(binding: &Binding, deployed: &[Deployed]) -> Option<Named> {
    deployed.iter().find_map(|one| match (binding.kind, one) {
        (BindingKind::Kv, Deployed::KvNamespace { name, namespace_id }) if *name == binding.binding => {
            Some(Named::Id(namespace_id.clone()))
        }
        (BindingKind::D1, Deployed::D1 { name, id }) if *name == binding.binding => {
            Some(Named::Id(id.clone()))
        }
        (BindingKind::R2, Deployed::R2Bucket { name, bucket_name }) if *name == binding.binding => {
            Some(Named::Name(bucket_name.clone()))
        }
        _ => None,
    })
}

/// What the deployed Worker is bound to, where a name may rest on it.
fn deployed(
    look: &Look,
    bindings: &[&Binding],
    context: &Arc<Context>,
) -> Result<Vec<Deployed>, Box<Failure>> {
    let is_open = |binding: &&Binding| binding.name.is_none() && binding.id.is_none();
    let is_local = look.place.globals.local.is_some();
    let Some(script) = look.selected.script().filter(|_| !is_local && look.goes_by_bindings()) else {
        return Ok(Vec::new());
    };
    if !bindings.iter().any(is_open) {
        return Ok(Vec::new());
    }
    let read = look.target.runtime.block_on(settings(&context.client, script));
    match read {
        Ok(Some(settings)) => Ok(settings.bindings),
        Ok(None) => {
            let message = format!(
                "the Worker `{script}` is not deployed: a binding without id or name gets the name that wrangler gives"
            );
            look.events.emit(Event::Log { message });
            Ok(Vec::new())
        }
        Err(ReadError::Rejected(error)) if error.is_denied() => {
            let message = format!(
                "the token may not see what the Worker `{script}` is bound to: a binding without id or name gets the name \
                 that wrangler gives, whatever the Worker uses; `Workers Scripts Read` lets it look"
            );
            look.events.emit(Event::Warning { message, at: None });
            Ok(Vec::new())
        }
        Err(error) => Err(Box::new(Failure::of_read(script, error))),
    }
}

/// What a recipe asks for a name with.
fn key(look: &Look, binding: &Binding) -> (String, String) {
    (binding.kind.as_str().to_owned(), logical_of(look.selected, binding))
}

/// A name is not given to something that has none of its own kind.
fn name_of(
    look: &Look,
    context: &Arc<Context>,
    kind: BindingKind,
    id: &str,
) -> Result<Option<String>, Box<Failure>> {
    match kind {
        BindingKind::Kv => listed::<Namespace>(look, context, id),
        BindingKind::D1 => listed::<Database>(look, context, id),
        BindingKind::R2 | BindingKind::Vectorize | BindingKind::Queue => Ok(None),
    }
}

fn listed<R: Resource>(
    look: &Look,
    context: &Arc<Context>,
    id: &str,
) -> Result<Option<String>, Box<Failure>> {
    let inventory = context.shelf::<Inventory<R>>();
    let listed = look.target.runtime.block_on(inventory.all(context, None));
    let listed = listed.map_err(|error| Box::new(Failure::of_read("the account", error)))?;
    Ok(listed.iter().find(|live| R::id(live) == id).map(|live| R::name(live).to_owned()))
}

fn of_account(problem: Problem) -> Box<Refused> {
    Box::new(Refused { problem, ground: Ground::Account })
}

/// A name that the service does not take.
fn refuse_broken(binding: &Binding, name: &str) -> Result<(), Box<Refused>> {
    let service = SERVICES.iter().find(|service| service.name == binding.kind.as_str());
    let Some(rule) = service.and_then(|service| (service.broken_rule)(name)) else { return Ok(()) };
    let title = service.map_or("", |service| service.title);
    let field = binding.kind.name_field().unwrap_or("name");
    let message =
        format!("`{name}`, the name of what `{}` binds, is none for {title}: {rule}", binding.binding);
    let hint = format!("another `{field}` for the binding at {}", site(binding));
    let problem = problem_with(message, binding, hint);
    Err(Box::new(Refused { problem, ground: Ground::Config }))
}

/// A binding without id or name in a config without a name.
fn nameless(binding: &Binding) -> Refused {
    let message = format!(
        "the binding `{}` has neither id nor name, and the wrangler config has no `name` to make one of",
        binding.binding
    );
    let hint = format!(
        "it stands at {}: write the Worker's `name` at the top of that file, as it is deployed; `--local` needs none",
        site(binding)
    );
    Refused { problem: problem_with(message, binding, hint), ground: Ground::Config }
}
