//! `wrangler::config(..)`: the bindings of a Worker, as recipes read them.

use super::host::{Host, Outcome, raise_here};
use crate::op::{Failure, Value};
use crate::project::wrangler::{Binding, Worker, WranglerFile};
use crate::system::RootError;
use rhai::{Dynamic, Engine, FuncRegistration, Module, NativeCallContext};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;

/// Registers it.
pub fn register(engine: &mut Engine, host: &Arc<Host>) {
    let mut module = Module::new();
    let of = host.clone();
    FuncRegistration::new("config").set_into_module(&mut module, move |context: NativeCallContext| {
        let Some((name, environment)) = &of.facts.wrangler else {
            let failure = Failure::refused_with_hint(
                "wrangler",
                "the project names no wrangler config",
                "`wrangler = \"wrangler.toml\"` in larder.toml, or `wrangler::config(path)`",
            );
            return Err(raise_here(&failure, 0, &of.site(&context), context.call_position()));
        };
        read(&of, &context, name, environment.as_deref())
    });
    let of = host.clone();
    FuncRegistration::new("config").set_into_module(
        &mut module,
        move |context: NativeCallContext, path: &str| {
            let environment = of.facts.wrangler.as_ref().and_then(|(_, environment)| environment.clone());
            read(&of, &context, path, environment.as_deref())
        },
    );
    engine.register_static_module("wrangler", module.into());
}

fn read(host: &Host, context: &NativeCallContext, path: &str, environment: Option<&str>) -> Outcome<Dynamic> {
    let raise = |message: String| {
        let failure = Failure::refused("wrangler", message);
        raise_here(&failure, 0, &host.site(context), context.call_position())
    };
    let full = host.scheduler().context().root.resolve(path);
    let full = full.map_err(|error: RootError| raise(error.to_string()))?;
    let worker = WranglerFile::load(&full, path).and_then(|file| file.worker(environment));
    let mut worker = worker.map_err(|error| raise(error.to_string()))?;
    // Paths of the config are relative to it, paths of a recipe to the project.
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    for binding in &mut worker.bindings {
        let Some(migrations) = &mut binding.migrations else { continue };
        let dir = folder.join(migrations.dir.trim_start_matches("./"));
        migrations.dir = dir.to_string_lossy().into_owned();
        // The default folder need not be there.
        if dir.ends_with("migrations") && host.scheduler().context().root.resolve(&migrations.dir).is_err() {
            binding.migrations = None;
        }
    }
    super::convert::dynamic_of(&Value::from(json_of(&worker))).ok_or_else(|| raise("no data".to_owned()))
}

/// A worker as plain data: `name`, and `bindings` with `kind`, `binding`, `name`, `id`, `jurisdiction`, `migrations`.
pub fn json_of(worker: &Worker) -> Json {
    let binding = |binding: &Binding| {
        json!({
            "kind": binding.kind.as_str(),
            "binding": binding.binding,
            "name": binding.name,
            "id": binding.id,
            "jurisdiction": binding.jurisdiction,
            "migrations": binding.migrations.as_ref().map(|migrations| json!({
                "dir": migrations.dir,
                "pattern": migrations.pattern,
                "table": migrations.table,
            })),
        })
    };
    json!({ "name": worker.name, "bindings": worker.bindings.iter().map(binding).collect::<Vec<_>>() })
}
