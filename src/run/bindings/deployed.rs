//! Reads the bindings of deployed Workers. They decide names where the config has neither id nor name.

use super::{BindingCheck, DryRunPurpose, is_open};
use crate::events::{Event, Problem};
use crate::http::ReadError;
use crate::op::{Context, Failure};
use crate::project::Branch;
use crate::project::wrangler::{Binding, Worker};
use crate::services::workers::api::settings;
use crate::services::workers::wire::Deployed;
use crate::system::flag;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What deployed Workers are bound to, by their names.
#[derive(Default)]
pub(super) struct DeployedWorkers(BTreeMap<String, Vec<Deployed>>);

impl DeployedWorkers {
    /// What the binding's own Worker has for it.
    pub fn of(&self, binding: &Binding) -> Option<DeployedName> {
        named_in(self.0.get(binding.script.as_ref()?)?, binding)
    }
}

/// What the deployed Workers are bound to, where a name may rest on it.
pub(super) fn deployed(
    look: &BindingCheck,
    bindings: &[&Binding],
    context: &Arc<Context>,
) -> Result<DeployedWorkers, Box<Failure>> {
    let mut found = DeployedWorkers::default();
    let is_of_branch = look.selected.config.branch != Branch::None;
    if look.run.session.place.is_local() || is_of_branch || !look.goes_by_bindings() {
        return Ok(found);
    }
    // An id that may be replaced counts as absent.
    let rests = |binding: &&Binding| {
        is_open(binding) || (look.run.asked == DryRunPurpose::Names && binding.name.is_none())
    };
    for script in bindings.iter().copied().filter(rests).filter_map(|binding| binding.script.as_deref()) {
        if !found.0.contains_key(script) {
            let is_open = |binding: &&&Binding| is_open(binding) && binding.script.as_deref() == Some(script);
            let is_any_open = bindings.iter().any(|binding| is_open(&binding));
            found.0.insert(script.to_owned(), of_script(look, script, is_any_open, context)?);
        }
    }
    Ok(found)
}

fn of_script(
    look: &BindingCheck,
    script: &str,
    is_any_open: bool,
    context: &Arc<Context>,
) -> Result<Vec<Deployed>, Box<Failure>> {
    let read = look.run.session.runtime().block_on(settings(&context.client, script));
    match read {
        Ok(Some(settings)) => Ok(settings.bindings),
        Ok(None) => {
            let message = format!(
                "the Worker `{script}` is not deployed: a binding without id or name gets the name that wrangler gives"
            );
            if is_any_open {
                look.run.events.emit(Event::Log { message });
            }
            Ok(Vec::new())
        }
        Err(ReadError::Rejected(error)) if error.is_denied() => {
            let message = format!(
                "the token may not see what the Worker `{script}` is bound to: a binding without id or name gets the name \
                 that wrangler gives, whatever the Worker uses; `Workers Scripts Read` lets it look"
            );
            look.run.events.emit(Event::Warning { message, at: None });
            Ok(Vec::new())
        }
        Err(error) => Err(Box::new(Failure::of_read(script, error))),
    }
}

/// What the Workers of the other environments bind, with what is deployed or the name that wrangler gives for a binding that
/// has neither id nor name.
pub fn other_workers(
    look: &BindingCheck,
    context: &Arc<Context>,
) -> Result<Vec<(String, Worker)>, Box<Problem>> {
    let mut workers = look.selected.other_workers.clone();
    if !look.goes_by_bindings() {
        return Ok(workers);
    }
    let is_local = look.run.session.place.is_local();
    for (environment, worker) in &mut workers {
        let Some(script) = worker.name.clone().filter(|_| worker.bindings.iter().any(is_open)) else {
            continue;
        };
        let read = if is_local {
            Ok(None)
        } else {
            look.run.session.runtime().block_on(settings(&context.client, &script))
        };
        let deployed = match read {
            Ok(settings) => settings.map(|settings| settings.bindings).unwrap_or_default(),
            Err(error) => return Err(Box::new(unseen(environment, &script, error))),
        };
        for binding in worker.bindings.iter_mut().filter(|binding| is_open(binding)) {
            match named_in(&deployed, binding) {
                Some(DeployedName::Id(id)) => binding.id = Some(id),
                Some(DeployedName::Name(name)) => binding.name = Some(name),
                None => binding.name = binding.automatic_name(),
            }
        }
    }
    Ok(workers)
}

/// Nothing is deleted while it is not known what another environment uses.
fn unseen(environment: &str, script: &str, error: ReadError) -> Problem {
    let failure = Failure::of_read(script, error).problem();
    Problem {
        message: format!(
            "it is not known what the deployed Worker `{script}` of `{environment}` is bound to: {}",
            failure.message
        ),
        hint: Some(format!(
            "give the token `Workers Scripts Read`, or write the ids of `{environment}` into the config (`larder ids {} \
             --write`), so that nothing rests on what is deployed",
            flag("-e", environment)
        )),
        ..failure
    }
}

/// What a deployed Worker has for a binding.
pub(super) enum DeployedName {
    Id(String),
    Name(String),
}

/// What a deployed Worker has for this binding, which is one of the same name and kind.
fn named_in(deployed: &[Deployed], binding: &Binding) -> Option<DeployedName> {
    let form = binding.kind.deployed()?;
    let found = deployed.iter().find(|one| one.of_type == form.of_type && one.name == binding.binding)?;
    let said = found.fields.get(form.field)?.as_str()?.to_owned();
    Some(if binding.kind.id_field().is_some() { DeployedName::Id(said) } else { DeployedName::Name(said) })
}
