//! Finds bindings that would be to one resource only since a name that wrangler gives is taken.

use super::{BindingCheck, BindingRefusal, RefusalBasis, is_open, problem_with};
use crate::events::Event;
use crate::project::AccountClaim;
use crate::project::wrangler::{Binding, Worker};

/// The name of what is bound, where it is known, and where it comes from.
pub(super) enum BoundName {
    /// The config or the account has it, or what has the same id.
    Known(String),
    /// wrangler's default. The recipe gives it, where it knows the Worker.
    Default { name: Option<String>, is_by_recipe: bool },
}

impl BoundName {
    /// The recipe gives it, and it is not known yet.
    pub(super) const UNNAMED: BoundName = BoundName::Default { name: None, is_by_recipe: true };

    fn as_str(&self) -> Option<&str> {
        match self {
            BoundName::Known(name) => Some(name),
            BoundName::Default { name, .. } => name.as_deref(),
        }
    }

    /// What the recipe is given.
    pub(super) fn given(&self) -> Option<&str> {
        if matches!(self, BoundName::Default { is_by_recipe: true, .. }) { None } else { self.as_str() }
    }
}

/// The first binding without id or name whose default name is that of what another one binds.
pub(super) fn check(found: &[(&Binding, BoundName)]) -> Result<(), Box<BindingRefusal>> {
    let defaults = found.iter().filter(|(_, name)| matches!(name, BoundName::Default { .. }));
    for (binding, name) in defaults {
        let Some(name) = name.as_str() else { continue };
        let is_other = |(other, taken): &&(&Binding, BoundName)| {
            other.kind == binding.kind && taken.as_str() == Some(name) && !is_one(binding, other)
        };
        if let Some((other, _)) = found.iter().find(is_other) {
            return Err(refused(binding, other, name));
        }
    }
    Ok(())
}

/// Warns of the first whose default name is that of what another environment binds by another name: some want that.
pub(super) fn warn(look: &BindingCheck, found: &[(&Binding, BoundName)]) {
    let session = look.run.session;
    let is_here = |worker: &Worker| {
        let is_account = |claim: &AccountClaim| claim.id.as_str() == session.target.account;
        session.place.is_local() || worker.account.as_ref().is_none_or(is_account)
    };
    let others = look.selected.other_workers.iter().filter(|(_, worker)| is_here(worker));
    let others: Vec<(&String, &Binding)> = others
        .flat_map(|(name, worker)| worker.bindings.iter().map(move |binding| (name, binding)))
        .collect();
    let defaults = found.iter().filter(|(_, name)| matches!(name, BoundName::Default { .. }));
    let mut shared = defaults.filter_map(|(binding, name)| {
        let name = name.as_str()?;
        let is_of_it = |other: &Binding| match &other.name {
            Some(other) => other == name,
            None => is_open(other) && other.automatic_name().as_deref() == Some(name),
        };
        let is_other = |other: &Binding| {
            other.kind == binding.kind && !is_binding_of_one_worker(binding, other) && is_of_it(other)
        };
        let (environment, other) = others.iter().find(|(_, other)| is_other(other))?;
        let message = format!(
            "the binding `{}` has {}, and the name that wrangler gives it is that of what `{}` of `{environment}` at {} \
             binds: `{name}`",
            binding.label(),
            missing(binding),
            other.label(),
            other.location
        );
        Some(Event::Warning { message, at: Some(binding.location.clone()) })
    });
    if let Some(warning) = shared.next() {
        look.run.events.emit(warning);
    }
}

/// Whether they are meant to be one: one id, or one binding of one Worker in two configs.
fn is_one(binding: &Binding, other: &Binding) -> bool {
    let id = |binding: &Binding| binding.same_as.as_deref().unwrap_or(binding).location.clone();
    id(binding) == id(other) || is_binding_of_one_worker(binding, other)
}

fn is_binding_of_one_worker(binding: &Binding, other: &Binding) -> bool {
    (&binding.script, &binding.binding) == (&other.script, &other.binding)
}

fn missing(binding: &Binding) -> String {
    let field = binding.kind.name_field();
    field.map_or_else(|| "neither id nor name".to_owned(), |field| format!("no `{field}`"))
}

fn refused(binding: &Binding, other: &Binding, name: &str) -> Box<BindingRefusal> {
    let (label, at) = (binding.label(), &binding.location);
    let way_out = match binding.kind.name_field() {
        Some(field) => {
            format!("write a `{field}` of its own at {at}, or `{name}` there where both are to be one")
        }
        None => {
            format!("rename one of them, or write an id at {at}: that of the other where both are to be one")
        }
    };
    let message = format!(
        "the binding `{label}` has {}, and the name that wrangler gives it is that of what `{}` at {} binds: \
         `{name}`",
        missing(binding),
        other.label(),
        other.location
    );
    let problem = problem_with(message, binding, way_out);
    Box::new(BindingRefusal { problem, basis: RefusalBasis::Config })
}
