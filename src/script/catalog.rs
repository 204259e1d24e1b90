//! Everything that recipes can call, from the op entries and the builtins, for checks, messages, docs and
//! completion.

use super::builtins::{BUILTINS, Builtin};
use super::functions;
use super::host::HostFacts;
use super::known::{FunctionForm, KnownFunctions, OptionKey, Param};
use crate::op::{HandleDoc, Op, OptionMap, Ty};
use crate::services::Services;
use parking_lot::Mutex;
use rhai::Engine;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything a recipe on this engine can call.
///
/// The items of the language and the entries are the same for every engine with the same services, and are computed
/// once.
pub fn known(engine: &Engine, services: Services, facts: &HostFacts) -> KnownFunctions {
    static CALLABLE: Mutex<Vec<(Vec<&str>, KnownFunctions)>> = Mutex::new(Vec::new());
    let names = services.names();
    let mut all = CALLABLE.lock();
    let told = all.iter().find(|(of, _)| *of == names).map(|(_, known)| known.clone());
    let mut known = told.unwrap_or_else(|| {
        let known = callable(engine, services);
        all.push((names, known.clone()));
        known
    });
    drop(all);
    for (module, json) in [("config", &facts.config), ("env", &facts.env)] {
        let keys = json.as_object().into_iter().flatten().map(|(key, _)| format!("{module}::{key}"));
        known.constants.extend(keys);
    }
    let env = facts.env.as_object().into_iter().flatten();
    let types = env.filter_map(|(key, value)| Some((format!("env::{key}"), kind_of(value)?)));
    known.constant_types.extend(types);
    known.constants.insert("account::id".into());
    known.constant_types.insert("account::id".into(), "string");
    known
}

/// What is nothing in one environment may be something in another.
fn kind_of(value: &Json) -> Option<&'static str> {
    match value {
        Json::Bool(_) => Some("bool"),
        Json::String(_) => Some("string"),
        _ => None,
    }
}

fn callable(engine: &Engine, services: Services) -> KnownFunctions {
    let mut known = KnownFunctions::of_engine(engine);
    for op in services.ops() {
        let forms = forms(op);
        if !op.shape.waits() {
            known.background.insert(op.path());
            known.background.extend(op.receiver.map(|_| format!(".{}", op.name)));
        }
        match op.receiver {
            None => known.define(&op.path(), forms),
            Some(receiver) => {
                let target = format!("{receiver} or id");
                let on = forms.iter().map(|form| with_receiver(form, "target", &target));
                known.define(&op.path(), on.collect());
                // The engine has it for any number of arguments, so that each call reaches the host.
                known.forget_unnamed(op.name);
                for form in &forms {
                    known.add(op.name, with_receiver(form, "this", receiver));
                }
            }
        }
    }
    for builtin in BUILTINS {
        known.define(builtin.name, forms_of(builtin));
    }
    // Some share their name with a method of the language.
    for function in functions::all() {
        known.describe(function.builtin.name, forms_of(&function.builtin));
    }
    known.properties = Arc::new(
        services.handles().map(|handle| (handle.kind.to_owned(), properties(handle, services))).collect(),
    );
    known
}

/// What a handle has of its own, and the options of what makes it.
fn properties(handle: &HandleDoc, services: Services) -> BTreeSet<String> {
    let makes = |op: &&Op| op.name == "ensure" && op.shape.handle() == handle.kind;
    let options = services.ops().filter(makes).flat_map(forms).filter_map(|form| form.options).flatten();
    let own = handle.properties.iter().map(|(name, ..)| (*name).to_owned());
    own.chain(options.map(|key| key.name)).collect()
}

/// How a function of the host is called.
pub(super) fn forms_of(builtin: &Builtin) -> Vec<FunctionForm> {
    let form = |params: &&[&str]| FunctionForm {
        params: params.iter().map(|text| param(text)).collect(),
        ..FunctionForm::default()
    };
    builtin.forms.iter().map(form).collect()
}

/// A method as a function: the receiver is its first parameter.
fn with_receiver(form: &FunctionForm, name: &str, kind: &str) -> FunctionForm {
    let mut form = form.clone();
    form.params.insert(0, Param { name: name.to_owned(), kind: kind.to_owned() });
    form
}

fn param(text: &str) -> Param {
    let (name, kind) = text.split_once(": ").unwrap_or((text, "any"));
    Param { name: name.to_owned(), kind: kind.to_owned() }
}

/// How an op is called, without its receiver: with an option map, or with and without a trailing array.
pub fn forms(op: &Op) -> Vec<FunctionForm> {
    let params = op.run.types().iter().zip(op.doc.params).map(|(ty, (name, _))| Param {
        name: (*name).to_owned(),
        kind: match ty {
            Ty::Data => "any".to_owned(),
            other => other.name().to_owned(),
        },
    });
    let params: Vec<Param> = params.collect();
    let form = |params, options| FunctionForm { params, options, gives: op.shape.name() };
    let Some(schema) = op.run.options() else { return vec![form(params, None)] };
    let schema = schema.as_value();
    if schema["type"] == "array" {
        let (name, _) = op.doc.params.get(params.len()).copied().unwrap_or(("parameters", ""));
        let mut with = params.clone();
        with.push(Param { name: name.to_owned(), kind: "array".to_owned() });
        return vec![form(params, None), form(with, None)];
    }
    vec![form(params, Some(option_keys(schema, schema)))]
}

/// The keys of an option map.
pub(super) fn keys_of<T: OptionMap>() -> Vec<OptionKey> {
    let schema = schemars::schema_for!(T).to_value();
    option_keys(&schema, &schema)
}

/// The keys of an object schema.
fn option_keys(schema: &Json, root: &Json) -> Vec<OptionKey> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            let inner = resolved(property, root);
            let closed = inner["additionalProperties"] == Json::Bool(false);
            OptionKey {
                name: name.clone(),
                kind: type_name(property, root),
                required: required.contains(&name.as_str()),
                keys: closed.then(|| option_keys(inner, root)),
            }
        })
        .collect()
}

/// Follows `$ref`, and the one branch of an `anyOf` that is not null.
fn resolved<'a>(schema: &'a Json, root: &'a Json) -> &'a Json {
    if let Some(pointer) = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        return root.pointer(pointer).map_or(schema, |found| resolved(found, root));
    }
    let branches = schema["anyOf"].as_array().into_iter().flatten();
    let mut real = branches.filter(|branch| branch["type"] != "null");
    match (real.next(), real.next()) {
        (Some(only), None) => resolved(only, root),
        _ => schema,
    }
}

/// The type of an option, as people read it.
pub fn type_name(schema: &Json, root: &Json) -> String {
    let schema = resolved(schema, root);
    let words = |list: &Json| -> Vec<String> {
        list.as_array()
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(|word| format!("{word:?}")))
            .collect()
    };
    let listed = words(&schema["enum"]);
    if !listed.is_empty() {
        return listed.join(" | ");
    }
    let branches = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(branches) = branches {
        let names: Vec<String> = branches
            .iter()
            .map(|branch| match branch["const"].as_str() {
                Some(word) => format!("{word:?}"),
                None => type_name(branch, root),
            })
            .collect();
        return names.join(" | ");
    }
    let plain = |name: &str| match name {
        "integer" => "int",
        "boolean" => "bool",
        "object" => "map",
        "number" => "float",
        _ => match name {
            "string" => "string",
            "array" => "array",
            _ => "any",
        },
    };
    match &schema["type"] {
        Json::String(name) => plain(name).to_owned(),
        Json::Array(names) => {
            let known = names.iter().filter_map(Json::as_str).filter(|name| *name != "null").map(plain);
            known.collect::<Vec<_>>().join(" | ")
        }
        _ => "any".to_owned(),
    }
}
