//! Reserved words of the language: no name that a recipe has to write is one of them.

use super::simulation::{Simulation, schema};
use larder::op::{Mode, WRITTEN};
use larder::script::engine::{EngineHooks, Meter, Slept, engine};
use larder::script::functions::builtins;
use larder::services;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A recipe for each type of handle; its value is such a handle with every property that it may have.
const HANDLES: &[(&str, &str)] = &[
    ("KvNamespace", r#"kv::ensure("A", #{ jurisdiction: "eu" })"#),
    ("R2Bucket", r#"r2::ensure("abc", #{ location: "weur", storage_class: "Standard" })"#),
    (
        "VectorizeIndex",
        r#"vectorize::ensure("i", #{ dimensions: 3, metric: "cosine", metadata_indexes: #{ city: "string" } })"#,
    ),
    ("AiGateway", r#"ai_gateway::ensure("g", #{ cache_ttl: 60 })"#),
    ("D1Database", r#"d1::ensure("a", #{ jurisdiction: "eu", read_replication: "auto" })"#),
    (
        "D1Restore",
        r#"let db = d1::ensure("jobs"); db.execute("CREATE TABLE a (x)"); let done = db.migrate("migrations"); db.restore(done)"#,
    ),
    ("D1Result", r#"d1::ensure("a").execute("SELECT 1 AS one")"#),
    ("D1Dump", r#"d1::ensure("jobs").dump("jobs.sql")"#),
    ("D1Load", r#"let db = d1::ensure("jobs"); db.migrate("migrations"); db.load("seed.sql")"#),
    ("D1Migrations", r#"d1::ensure("a").migrate("migrations")"#),
    ("CfAnswer", r#"cf::post("/storage/kv/namespaces", #{ title: "A" })"#),
];

/// Recipes whose value is a map that an op makes itself.
const DATA: &[&str] = &[
    r#"let a = kv::ensure("A"); a.put("k", "v", #{ ttl: 60, metadata: 1 }); a.keys()"#,
    r#"vectorize::ensure("i", #{ dimensions: 3, metric: "cosine" }).info()"#,
];

/// Names by what they are names of; the first place where one is met is kept.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn add(&mut self, name: &str, of: &str) {
        // What is no word at all, as the id of a guardrail, is written in quotes anyway.
        if name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            self.0.entry(name.to_owned()).or_insert_with(|| of.to_owned());
        }
    }

    /// The property names of a schema, at any depth.
    fn add_schema(&mut self, schema: &Json, of: &str) {
        match schema {
            Json::Object(map) => {
                let properties = map.get("properties").and_then(Json::as_object);
                properties.into_iter().flatten().for_each(|(name, _)| self.add(name, of));
                map.values().for_each(|inner| self.add_schema(inner, of));
            }
            Json::Array(items) => items.iter().for_each(|inner| self.add_schema(inner, of)),
            _ => {}
        }
    }

    /// The keys of a value, at any depth.
    fn add_value(&mut self, value: &Json, of: &str) {
        match value {
            Json::Object(map) => {
                for (name, inner) in map {
                    self.add(name, of);
                    self.add_value(inner, of);
                }
            }
            Json::Array(items) => items.iter().for_each(|inner| self.add_value(inner, of)),
            _ => {}
        }
    }
}

/// The value of a recipe on an empty account, as JSON.
fn value(recipe: &str) -> Json {
    let folder = super::op_examples::folder();
    let text = match recipe.rsplit_once("; ") {
        Some((before, last)) => format!("{before}; output(\"value\", {last});"),
        None => format!("output(\"value\", {recipe});"),
    };
    let finished = Simulation::new(1).script(folder.path(), Mode::Apply, &text);
    assert_eq!(finished.said, Vec::<String>::new(), "{recipe}");
    finished.report.outputs["value"].clone()
}

fn names() -> Names {
    let mut names = Names::default();
    for op in services::Services::default().ops() {
        let title = op.title();
        names.add(op.service, &title);
        names.add(op.name, &title);
        let options = op.run.options().map(schemars::Schema::to_value).unwrap_or_default();
        names.add_schema(&options, &format!("the options of {title}"));
    }
    for builtin in builtins() {
        builtin.name.split("::").for_each(|part| names.add(part, builtin.name));
    }
    names.add_schema(&schema().json_schema(), "the project file");
    for (kind, recipe) in HANDLES {
        names.add_value(&value(recipe), &format!("the properties of {kind}"));
    }
    for recipe in DATA {
        names.add_value(&value(recipe), recipe);
    }
    names
}

#[test]
fn every_type_of_handle_is_tried() {
    let kinds: BTreeSet<&str> = services::Services::default()
        .ops()
        .map(|op| op.shape.handle())
        .filter(|kind| *kind != WRITTEN)
        .collect();
    assert_eq!(kinds, HANDLES.iter().map(|(kind, _)| *kind).collect());
}

#[test]
fn no_name_is_a_reserved_word() {
    let mut names = names();
    // Recipes read it as `env::is_protected`.
    assert_eq!(names.0.remove("protected").as_deref(), Some("the project file"));
    for expected in ["metadata_indexes", "vectorCount", "last_row_id", "supports_url_encoding", "applied"] {
        assert!(names.0.contains_key(expected), "`{expected}` was not met");
    }
    let meter = Arc::new(Meter::new(|| Duration::ZERO, || None));
    let mut engine = engine(&EngineHooks { say: Arc::new(|_| ()), sleep: Arc::new(|_| Slept::Fully), meter });
    // Modules are not at hand here; only the words matter.
    engine.set_strict_variables(false);
    let mut wrong = Vec::new();
    for (name, of) in &names.0 {
        for form in [
            format!("x::{name}()"),
            format!("#{{ {name}: 1 }}"),
            format!("#{{}}.{name}"),
            format!("#{{}}.{name}()"),
        ] {
            if let Err(error) = engine.compile(&form) {
                wrong.push(format!("`{name}` of {of}: `{form}`: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(engine.compile("#{ default: 1 }").is_err(), "a reserved word is refused");
}
