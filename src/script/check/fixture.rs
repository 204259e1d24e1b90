//! A host with a few functions, for the tests of the check.

use crate::script::diagnostics::Sources;
use crate::script::engine::{self, EngineHooks, Meter, Slept};
use crate::script::known::{FunctionForm, KnownFunctions, OptionKey, Param};
use crate::script::resolver::Resolver;
use rhai::{Engine, FuncRegistration, Module};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn key(name: &str) -> OptionKey {
    OptionKey { name: name.into(), kind: "string".into(), ..OptionKey::default() }
}

fn form(params: &[&str], options: Option<Vec<OptionKey>>) -> FunctionForm {
    let string = |name: &&str| Param { name: (*name).into(), kind: "string".into() };
    FunctionForm { params: params.iter().map(string).collect(), options, ..FunctionForm::default() }
}

/// An engine with modules as a host registers them, and the table of their functions.
pub(in crate::script) fn host(root: Option<&Path>, sources: &Sources) -> (Engine, Resolver, KnownFunctions) {
    let hooks = EngineHooks {
        say: Arc::new(|_| {}),
        sleep: Arc::new(|_| Slept::Fully),
        meter: Arc::new(Meter::new(|| Duration::ZERO, || None)),
    };
    let resolver = Resolver::new(root, sources.clone());
    let mut engine = engine::engine_with(&hooks, resolver.clone());
    for (name, function) in [("kv", "ensure"), ("vectorize", "ensure"), ("d1", "ensure"), ("r2", "ensure")] {
        let mut module = Module::new();
        FuncRegistration::new(function).set_into_module(&mut module, || ());
        engine.register_static_module(name, module.into());
    }
    let mut config = Module::new();
    config.set_var("kv", rhai::Dynamic::from(rhai::Map::new()));
    config.set_var("steps", rhai::Dynamic::from(rhai::Array::new()));
    engine.register_static_module("config", config.into());
    let mut known = KnownFunctions::of_engine(&engine);
    known.define("kv::ensure", vec![form(&["name"], Some(vec![key("location")]))]);
    let cache = OptionKey { keys: Some(vec![key("ttl"), key("mode")]), ..key("cache") };
    let dimensions = OptionKey { required: true, ..key("dimensions") };
    known.define("vectorize::ensure", vec![form(&["name"], Some(vec![dimensions, key("metric"), cache]))]);
    known.define("d1::ensure", vec![form(&["name"], None)]);
    known.define("r2::ensure", vec![form(&["name"], None)]);
    for (name, params) in [
        ("step", &["title", "body"][..]),
        ("steps", &["order", "closures"]),
        ("wait", &["handle"]),
        ("name", &["kind", "logical"]),
        ("migrate", &["database", "folder"]),
    ] {
        known.define(name, vec![FunctionForm::of(params)]);
    }
    known.constants = ["config::kv", "config::steps"].map(String::from).into();
    known.background = ["kv::ensure", "d1::ensure", ".migrate"].map(String::from).into();
    (engine, resolver, known)
}
