//! `wrangler::config(..)`: the bindings of a Worker, as recipes read them.

use super::host::{Host, Outcome, raise_here};
use crate::events::Event;
use crate::op::{Effect, Failure, Value};
use crate::project::databases::{self, ConfigSource, Databases};
use crate::project::wrangler::{Binding, Worker, WranglerFile, tell_apart};
use crate::services::Services;
use crate::system::RootError;
use rhai::{Dynamic, Engine, EvalAltResult, FuncRegistration, Module, NativeCallContext};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub fn register(engine: &mut Engine, host: &Arc<Host>) {
    let mut module = Module::new();
    let of = host.clone();
    FuncRegistration::new("config").set_into_module(&mut module, move |context: NativeCallContext| {
        let names = &of.facts.wrangler;
        if names.is_empty() {
            let failure = Failure::refused_with_hint(
                "wrangler",
                "the project names no wrangler config",
                "`wrangler = \"wrangler.toml\"` in larder.toml, or `wrangler::config(path)`",
            );
            return Err(raise_here(failure, 0, &of.site(&context), context.call_position()));
        }
        let read: Outcome<Vec<_>> = names.iter().map(|name| read(&of, &context, name)).collect();
        let mut read = read?;
        tell_apart(read.iter_mut().map(|(file, worker)| (&*file, worker)));
        let workers: Vec<Worker> = read.into_iter().map(|(_, worker)| worker).collect();
        shown(&of, &context, &workers, &of.facts.databases, &of.facts.config)
    });
    let of = host.clone();
    FuncRegistration::new("config").set_into_module(
        &mut module,
        move |context: NativeCallContext, path: &str| {
            let (file, worker) = read(&of, &context, path)?;
            let databases = databases_of(&of, &context, ConfigSource { path, file: &file, worker: &worker })?;
            shown(&of, &context, &[worker], &databases, &Json::Null)
        },
    );
    engine.register_static_module("wrangler", module.into());
}

fn raise(host: &Host, context: &NativeCallContext, failure: Failure) -> Box<EvalAltResult> {
    raise_here(failure, 0, &host.site(context), context.call_position())
}

fn read(host: &Host, context: &NativeCallContext, path: &str) -> Outcome<(WranglerFile, Worker)> {
    let raise = |message: String| raise(host, context, Failure::refused("wrangler", message));
    let root = host.scheduler().context().root.clone();
    let full = root.resolve(path);
    let full = full.map_err(|error: RootError| raise(error.to_string()))?;
    let file = WranglerFile::load(&root, &full, path, &host.facts.services.binding_kinds())
        .map_err(|error| raise(error.to_string()))?;
    let worker = file.worker(host.facts.wrangler_env.as_deref()).map_err(|error| raise(error.to_string()))?;
    Ok((file, worker))
}

/// The databases of a config that the project does not name. The folders that it names may be read from now on, and what
/// is left out is said.
fn databases_of(host: &Host, context: &NativeCallContext, source: ConfigSource) -> Outcome<Databases> {
    let run = host.scheduler().context().clone();
    let databases = Databases::of_workers(&[source], run.root.path());
    if let Some(difference) = databases.differences.first() {
        let failure = Failure::refused_with_hint("wrangler", difference.to_string(), difference.hint());
        return Err(raise(host, context, failure));
    }
    for said in databases.list.iter().filter_map(|one| one.folder.as_ref()) {
        // A folder that can't be reached is refused where it is used.
        let _ = run.root.name(&said.value);
    }
    if let Some(unclaimed) = &databases.unclaimed {
        let message = format!("{unclaimed}: {}", unclaimed.hint());
        run.events.emit(Event::Warning { message, at: Some(unclaimed.at.clone()) });
    }
    Ok(databases)
}

fn shown(
    host: &Host,
    context: &NativeCallContext,
    workers: &[Worker],
    databases: &Databases,
    config: &Json,
) -> Outcome<Dynamic> {
    let no_data = || raise(host, context, Failure::refused("wrangler", "no data"));
    super::convert::dynamic_of(&Value::from(json_of(host.facts.services, workers, databases, config)))
        .ok_or_else(no_data)
}

/// Workers as plain data: the first one's `name`, and the `bindings` of all with `kind`, `binding`, `logical`, `name`, `id`, `jurisdiction`, `options`,
/// `migrations`; of several bindings of one database, the first has its migrations.
pub fn json_of(services: Services, workers: &[Worker], databases: &Databases, config: &Json) -> Json {
    let binding = |binding: &Binding| {
        let settings = settings(binding, databases, config);
        json!({
            "kind": binding.kind.as_str(),
            "binding": binding.binding,
            "logical": logical(binding, databases, settings),
            "name": binding.name,
            "id": binding.id,
            "jurisdiction": binding.jurisdiction,
            "options": options(services, binding, settings),
            "migrations": migrations(binding, databases, settings),
        })
    };
    let bindings = workers.iter().flat_map(|worker| &worker.bindings);
    let name = workers.first().and_then(|worker| worker.name.as_deref());
    json!({ "name": name, "bindings": bindings.map(binding).collect::<Vec<_>>() })
}

/// The project file's settings of a bound resource, by binding or name; null if there are none.
fn settings<'a>(binding: &Binding, databases: &Databases, config: &'a Json) -> &'a Json {
    let Some(key) = binding.kind.described_in() else { return &Json::Null };
    let table = &config[binding.kind.as_str()][key];
    let by = |name: &str| table.get(name).unwrap_or(&Json::Null);
    if binding.kind.as_str() == databases::SERVICE {
        let found = databases.of_binding(binding);
        return found.map_or(&Json::Null, |(database, _)| by(&database.logical));
    }
    match by(&binding.binding) {
        found if found.is_object() => found,
        _ => binding.name.as_deref().map_or(&Json::Null, by),
    }
}

/// Its name in `bound`: that of the settings which name the binding, else its own.
fn logical(binding: &Binding, databases: &Databases, settings: &Json) -> String {
    if let Some(alias) = &binding.alias {
        return alias.clone();
    }
    let is_named = settings["binding"].as_str() == Some(binding.binding.as_str());
    let found = databases.of_binding(binding).filter(|_| is_named);
    found.map_or_else(|| binding.binding.clone(), |(database, _)| database.logical.clone())
}

/// The options of `ensure`, from both files.
fn options(services: Services, binding: &Binding, settings: &Json) -> Json {
    let ops = services.named(binding.kind.as_str()).map_or(&[][..], |service| service.ops);
    let ensure = ops.iter().find(|op| op.effect == Effect::Ensure && op.receiver.is_none());
    let schema = ensure.and_then(|op| op.run.options()).map(Json::from).unwrap_or_default();
    let keys = schema["properties"].as_object().into_iter().flat_map(Map::keys);
    let said = keys.filter_map(|key| Some((key.clone(), settings.get(key)?.clone())));
    let bound = binding.jurisdiction.iter().map(|place| ("jurisdiction".to_owned(), place.as_str().into()));
    Json::Object(said.chain(bound).collect())
}

/// Its folder and the options of `migrate`.
fn migrations(binding: &Binding, databases: &Databases, settings: &Json) -> Json {
    let found = databases.of_binding(binding).filter(|(_, is_first)| *is_first);
    let Some((database, _)) = found.filter(|_| binding.kind.as_str() == databases::SERVICE) else {
        return Json::Null;
    };
    let Some(folder) = &database.folder else { return Json::Null };
    json!({
        "dir": folder.value,
        "pattern": database.pattern.as_ref().map(|said| &said.value),
        "table": database.table(),
        "atomic": settings["atomic"],
        "allow_out_of_order": settings["allow_out_of_order"],
    })
}
