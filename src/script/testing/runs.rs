//! `run` and `plan`: a recipe on the account of the test, with its report as a map.

use super::Bench;
use crate::op::{Failure, Mode, OptionMap, Value, read_options};
use crate::script::convert::{dynamic_of, value_of};
use crate::script::host::{Host, Outcome, raise_here};
use crate::script::steps;
use rhai::{Dynamic, Engine, Map, NativeCallContext};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a recipe is run in a test.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunOptions {
    /// The environment, by name or alias; of a project with one environment, that one.
    pub env: Option<String>,
    /// The branch, for an environment that each branch has for itself.
    pub branch: Option<String>,
    /// Values of the project file, as `--set` has them: `#{ "vars.region": "weur" }`.
    pub set: BTreeMap<String, Json>,
    /// These steps and no others.
    pub only: Vec<String>,
    /// All steps but these.
    pub skip: Vec<String>,
    /// Send write-only fields although nothing else differs.
    pub rewrite_secrets: bool,
    /// Apply migrations although later ones are applied already.
    pub allow_out_of_order: bool,
}

impl OptionMap for RunOptions {}

/// A recipe that is to be run or planned.
#[derive(Clone, Debug)]
pub struct TestRunRequest {
    pub mode: Mode,
    /// By name or path.
    pub recipe: String,
    pub options: RunOptions,
    /// The line of the test that asks.
    pub line: usize,
}

pub(super) fn register(engine: &mut Engine, host: &Arc<Host>, bench: &Arc<dyn Bench>) {
    for (name, mode) in [("run", Mode::Apply), ("plan", Mode::Plan)] {
        let (of, on) = (host.clone(), bench.clone());
        engine.register_fn(name, move |context: NativeCallContext, recipe: &str| {
            report(&of, &context, on.as_ref(), mode, recipe, RunOptions::default())
        });
        let (of, on) = (host.clone(), bench.clone());
        engine.register_fn(name, move |context: NativeCallContext, recipe: &str, options: Map| {
            let read = read_options::<RunOptions>(&value_of(&Dynamic::from_map(options)));
            let options = read.map_err(|error| {
                let failure = Failure::Option { index: 1, error };
                raise_here(failure, 0, &of.site(&context), context.call_position())
            })?;
            report(&of, &context, on.as_ref(), mode, recipe, options)
        });
    }
}

fn report(
    host: &Arc<Host>,
    context: &NativeCallContext,
    bench: &dyn Bench,
    mode: Mode,
    recipe: &str,
    options: RunOptions,
) -> Outcome<Dynamic> {
    // What the test has begun is there before the run.
    steps::join_root(host, context)?;
    let line = host.site(context).line;
    let waiting = host.meter.waiting();
    let report = bench.run(TestRunRequest { mode, recipe: recipe.to_owned(), options, line });
    drop(waiting);
    let report =
        report.map_err(|failure| raise_here(failure, 0, &host.site(context), context.call_position()))?;
    Ok(dynamic_of(&Value::from(report)).unwrap_or_default())
}
