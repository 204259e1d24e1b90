//! Imports beside a wrangler config: the recipe `wrangler` makes what the config binds, and the project file adds
//! the options that a binding does not have.

use super::account_content::{AccountContent, ImportedResource, SkippedResource};
use super::project_text::PROTECTED;
use super::{Files, ImportRequest, configs, project_text};
use crate::events::Recorder;
use crate::op::Guard;
use crate::project::environment::TOP_LEVEL;
use crate::project::wrangler::Binding;
use crate::run::bindings::{self, BindingCheck, bound_and_there};
use crate::run::dry_run::DryRun;
use crate::run::init::head;
use crate::run::preflight::PreflightEnd;
use crate::run::{Error, Selected, Session};
use crate::system::flag;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The project file of what is bound in an environment; everything else is left.
pub(super) fn files(
    session: &Session,
    selected: &Selected,
    request: &ImportRequest,
    found: &mut AccountContent,
) -> Result<Files, Error> {
    let recipe = session.place.chosen_recipe(None, session.root)?;
    let info = session.info(Guard::default());
    let run = DryRun::of_names(session, &recipe, &info, Arc::new(Recorder::default()));
    let (_, context) = run.context()?;
    let bound = bound_and_there(&BindingCheck { run: &run, selected }, &context)
        .map_err(|refused| PreflightEnd::from(*refused))?;
    let mut tables = String::new();
    let mut taken = BTreeSet::new();
    let mut written = BTreeSet::new();
    for binding in bindings::of(selected) {
        let name = bound.get(&bindings::key(selected, binding)).cloned().or_else(|| binding.automatic_name());
        let Some(name) = name else { continue };
        let is_it = |thing: &&ImportedResource| {
            thing.service.name == binding.kind.as_str()
                && thing.key.name == name
                && (thing.key.jurisdiction == binding.jurisdiction || thing.key.jurisdiction.is_none())
        };
        let Some(thing) = found.things.iter().find(is_it) else {
            let why = format!("`{}` binds it, and it is not there", binding.binding);
            found.left.push(SkippedResource { service: service_name(session, binding), name, why });
            continue;
        };
        if written.insert((binding.kind.as_str(), binding.binding.clone())) {
            tables.push_str(&table(thing, binding));
        }
        taken.insert(thing.key.clone());
    }
    let (things, unbound): (Vec<_>, Vec<_>) =
        std::mem::take(&mut found.things).into_iter().partition(|thing| taken.contains(&thing.key));
    found.things = things;
    found.left.extend(unbound.iter().map(SkippedResource::unbound));
    let configs = configs(session, request)?;
    let head = head(session.place, request.app.as_deref(), &configs)?;
    let environment = &selected.config.environment.name;
    let top = if environment == TOP_LEVEL { "wrangler_env = \"\"\n" } else { "" };
    let protected = format!("[environments.{}]\n{top}{PROTECTED}", project_text::key(environment));
    let project = format!("{}{head}{tables}{protected}", project_text::head(found));
    Ok(Files { project, recipe: None, notes: Vec::new(), env_flag: format!(" {}", flag("-e", environment)) })
}

fn service_name(session: &Session, binding: &Binding) -> &'static str {
    session.place.services.named(binding.kind.as_str()).map_or("", |service| service.name)
}

/// The settings that the config lacks; empty if it is complete.
fn table(thing: &ImportedResource, binding: &Binding) -> String {
    let mut options = thing.options.clone();
    if binding.jurisdiction.is_some() {
        options.remove("jurisdiction");
    }
    let Some(key) = binding.kind.described_in() else { return String::new() };
    if options.is_empty() && thing.remarks.is_empty() {
        return String::new();
    }
    let path = format!("{}.{key}.{}", thing.service.name, project_text::key(&binding.binding));
    format!("{}\n", project_text::entry(thing, &path, &options))
}
