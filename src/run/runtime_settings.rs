//! Builds the settings of the script runtime: the values that a recipe can read.

use super::connection::run_info;
use super::workspace::all_steps;
use super::{AccountConnection, Selected, Workspace};
use crate::events::Recorder;
use crate::op::{DeclaredLedger, Mode, RunEnvironment};
use crate::project::databases::{self, Database, SettingsFile};
use crate::project::unfilled;
use crate::project::wrangler::Binding;
use crate::project::{Branch, Declared, EnvNames};
use crate::script::declarations::{DeclarationQuery, Declarations, STEPS};
use crate::script::diagnostics::Sources;
use crate::script::host::{Bound, HostFacts, Variables};
use crate::script::naming::Naming;
use crate::script::run::{Recipe, RuntimeSettings, ScriptRuntime};
use crate::secret::Secret;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;

/// What a recipe may know and reach.
pub fn setting(
    place: &Workspace,
    selected: Option<&Selected>,
    context: Arc<crate::op::Context>,
    target: &AccountConnection,
    root: &Path,
    bound: Bound,
) -> RuntimeSettings {
    // Nothing else sets it.
    let _ = context.run_environment.set(run_environment(place, selected));
    if let Some(routes) = target.routes() {
        let _ = context.routes.set(routes);
    }
    if let Some(selected) = selected {
        selected.name_paths(&context.root);
    }
    let (facts, naming) = match selected {
        None => (nowhere(place), Naming::identity()),
        Some(selected) => (HostFacts { bound, ..facts(place, selected) }, naming(selected)),
    };
    RuntimeSettings {
        context,
        runtime: target.runtime.handle().clone(),
        facts,
        naming,
        redactor: place.redactor.clone(),
        folder: Some(root.to_owned()),
        sources: Sources::default(),
        services: place.services,
        unsaved: place.opened.unsaved.clone(),
    }
}

/// The environment of a run as ops see it.
pub fn run_environment(place: &Workspace, selected: Option<&Selected>) -> RunEnvironment {
    let environment = selected.map(|selected| &selected.config.environment);
    RunEnvironment {
        environment: environment.map(|environment| environment.name.clone()),
        is_protected: environment.is_some_and(|environment| environment.is_protected),
        whereabouts: place.options.whereabouts.clone(),
        ledgers: selected
            .map(|selected| {
                let databases = selected.databases.list.iter();
                let ledger = |database| {
                    let known = ledger(database, &selected.config.branch)?;
                    // What a config has for an id is of the real account.
                    Some(if place.is_local() { DeclaredLedger { ids: Vec::new(), ..known } } else { known })
                };
                databases.filter_map(ledger).collect()
            })
            .unwrap_or_default(),
    }
}

/// The settings that recipes may not contradict; empty if the project has none for a database's migrations.
fn ledger(database: &Database, branch: &Branch) -> Option<DeclaredLedger> {
    let binding = database.bindings.first();
    let said = database.table.as_ref().or(database.folder.as_ref());
    if binding.is_none() && said.is_none() {
        return None;
    }
    let said_by = match (binding, said) {
        (_, Some(said)) if said.by == SettingsFile::Project => {
            format!("`{}` at {}", database.logical, said.at)
        }
        (Some(binding), _) => format!("the binding `{}` at {}", binding.binding, binding.location),
        (None, said) => said.map(|said| said.at.to_string()).unwrap_or_default(),
    };
    let bound = database.bindings.iter().flat_map(|binding| [&binding.name, &binding.id]).flatten();
    let ids = database.bindings.iter().filter_map(|binding| binding.id.as_ref());
    // No config names what a branch has.
    let is_named_here = database.bindings.is_empty() || branch.name().is_some();
    let given = database.real_name.iter().filter(|_| is_named_here);
    Some(DeclaredLedger {
        logical: database.logical.clone(),
        names: bound.chain(given).cloned().collect(),
        ids: ids.filter(|id| unfilled::of_id(id).is_none()).cloned().collect(),
        folder: database.folder.as_ref().map(|said| said.value.clone()),
        is_folder_written: database.folder.as_ref().is_some_and(|said| said.is_written),
        pattern: database.pattern.as_ref().map(|said| said.value.clone()),
        table: database.table().to_owned(),
        said_by,
    })
}

/// Facts where there is no project: `config::` has every service's table, empty.
fn nowhere(place: &Workspace) -> HostFacts {
    let config = place.empty_config();
    let env = serde_json::json!({ "name": "", "alias": "", "branch": null, "is_protected": false });
    let texts = place.opened.texts.clone();
    let services = place.services;
    HostFacts { config, env, services, texts, has_default_steps: true, ..HostFacts::default() }
}

/// What recipes may know in any of these environments, for who writes one: of what differs, the first has its say.
pub fn of_any(place: &Workspace, environments: &[Selected]) -> (HostFacts, Naming) {
    let [first, rest @ ..] = environments else { return (nowhere(place), Naming::identity()) };
    let mut all = facts(place, first);
    for selected in rest {
        let more = facts(place, selected);
        add_missing(&mut all.config, &more.config);
        all.wrangler.extend(more.wrangler.into_iter().filter(|name| !first.has_config(name)));
    }
    let current = "";
    let mut declared: Vec<Declared> = first.policy.declared().to_vec();
    for one in &mut declared {
        current.clone_into(&mut one.environment);
    }
    declared.sort_by(|one, other| (&one.kind, &one.logical).cmp(&(&other.kind, &other.logical)));
    declared.dedup_by(|one, other| (&one.kind, &one.logical) == (&other.kind, &other.logical));
    let template = |_: &str, logical: &str, _: &EnvNames| Ok(logical.to_owned());
    (all, Naming::new(Vec::new(), current, Box::new(template)).declaring(&declared))
}

/// Lays keys of another object under one.
fn add_missing(over: &mut Json, under: &Json) {
    let (Json::Object(over), Json::Object(under)) = (over, under) else { return };
    for (key, value) in under {
        match over.get_mut(key) {
            Some(known) => add_missing(known, value),
            None => drop(over.insert(key.clone(), value.clone())),
        }
    }
}

fn facts(place: &Workspace, selected: &Selected) -> HostFacts {
    // Whoever else prints one of them, a server or a file, before or without the recipe.
    for name in &selected.config.secret_env {
        if let Some(value) = place.environment.get(name) {
            place.redactor.register(&Secret::new(value.to_owned()));
        }
    }
    let mut config = selected.config.to_json();
    if selected.config.steps.is_empty() {
        config.insert("steps".into(), all_steps(place.services));
    }
    if let Some(d1) = config.get_mut(databases::SERVICE) {
        selected.databases.lay_over(d1);
    }
    let environment = &selected.config.environment;
    HostFacts {
        has_default_steps: selected.config.steps.is_empty(),
        config: serde_json::Value::Object(config),
        env: serde_json::json!({
            "name": environment.name,
            "alias": environment.alias,
            "branch": selected.config.branch.name(),
            "is_protected": environment.is_protected,
        }),
        wrangler: selected.workers.iter().map(|(file, _)| file.name()).collect(),
        wrangler_env: environment.wrangler_env.clone().filter(|_| !selected.config.wrangler.is_empty()),
        services: place.services,
        databases: selected.databases.clone(),
        written: written(selected),
        variables: Variables {
            process_env: selected.config.process_env.iter().cloned().collect(),
            secret_env: selected.config.secret_env.iter().cloned().collect(),
        },
        environment: place.environment.clone(),
        texts: place.opened.texts.clone(),
        ..HostFacts::default()
    }
}

/// Where the project file declares something, or the wrangler config binds it.
fn written(selected: &Selected) -> Declarations {
    let config = selected.config.clone();
    let bindings = selected.workers.iter().flat_map(|(_, worker)| &worker.bindings);
    let bindings: Vec<Binding> = bindings.cloned().collect();
    Declarations::new(move |DeclarationQuery { kind, name, option }| {
        if kind == STEPS {
            return config.step_at(name);
        }
        let binding = bindings.iter().find(|one| one.kind.as_str() == kind && is_about(one, name));
        let names = [Some(name), binding.map(|one| one.binding.as_str())];
        let mut declared = names.into_iter().flatten().map(|name| config.declared_at(kind, name, option));
        declared.find_map(|at| at).or_else(|| binding.map(|one| one.location.clone()))
    })
}

fn is_about(binding: &Binding, name: &str) -> bool {
    binding.binding == name || binding.name.as_deref() == Some(name)
}

fn naming(selected: &Selected) -> Naming {
    let policy = selected.policy.clone();
    let template = move |kind: &str, logical: &str, environment: &crate::project::EnvNames| {
        policy.name(kind, logical, environment).map_err(|error| error.to_string())
    };
    let current = &selected.config.environment.name;
    Naming::new(selected.environments.clone(), current, Box::new(template))
        .declaring(selected.policy.declared())
}

/// A room that can check and can't reach anything.
pub fn offline_room(place: &Workspace, root: &Path, recipe: &Recipe) -> anyhow::Result<ScriptRuntime> {
    let target = AccountConnection::offline()?;
    let info = run_info(target.clock.as_ref());
    let context = target.context(Mode::Plan, Arc::new(Recorder::default()), root, info)?;
    let setting = setting(place, None, context, &target, root, Bound::default());
    Ok(ScriptRuntime::new(setting, &recipe.name))
}
