//! The schema of the project file: Larder's own keys, and one table per service, which the service declares.
//!
//! **Invariant:** the schema that editors get and the one that files are checked against are the same, but for
//! `required` inside the services' tables, which only the merged tables have to meet.

use super::schema::unchecked_keywords;
use super::wrangler::{BindingForm, BindingKinds};
use serde_json::{Map, Value, json};

/// The table of one service in the project file.
#[derive(Clone, Debug)]
pub struct ServiceTable {
    /// The service's name: the table's key, the key of its template under `[naming]`, the kind in `name(kind, ...)`.
    pub name: &'static str,
    /// JSON Schema of the table, as schemars writes it.
    pub schema: Value,
    /// How a wrangler config binds what it has, where it does.
    pub binding: Option<&'static BindingForm>,
}

/// The shape of a project file, from the services that this build knows.
#[derive(Clone, Debug)]
pub struct ProjectSchema {
    services: Vec<ServiceTable>,
    bindings: BindingKinds,
    file: Value,
    merged: Value,
}

/// What one environment may override beside the services' tables.
const OVERRIDABLE: &[&str] = &["account_id", "steps", "naming", "vars"];

impl ProjectSchema {
    /// Puts the services' tables into the file's frame.
    pub fn new(services: Vec<ServiceTable>) -> Self {
        let mut definitions = Map::new();
        for service in &services {
            define(service, &mut definitions);
        }
        let own = own_properties(&services);
        let environment = environment_properties(&own, &services);
        let mut top = own;
        top.extend(service_properties(&services));
        let merged = document(&top, definitions.clone());
        definitions.insert("environment".into(), closed(&environment));
        top.insert(
            "environments".into(),
            json!({
                "description": "What each environment overrides; a run is always of exactly one of them.",
                "type": "object",
                "additionalProperties": { "$ref": "#/$defs/environment" },
            }),
        );
        let bound = services.iter().filter_map(|service| Some((service.name, service.binding?)));
        let bindings = BindingKinds::new(bound);
        ProjectSchema { services, bindings, file: document(&top, definitions), merged }
    }

    /// The services in the order they were given.
    pub fn services(&self) -> &[ServiceTable] {
        &self.services
    }

    /// What a wrangler config can bind.
    pub fn bindings(&self) -> &BindingKinds {
        &self.bindings
    }

    /// The kinds that `[naming]` and `name(kind, ...)` know.
    pub fn kinds(&self) -> Vec<String> {
        self.services.iter().map(|service| service.name.to_owned()).collect()
    }

    /// JSON Schema of `larder.toml`, for editors.
    pub fn json_schema(&self) -> Value {
        let mut schema = self.file.clone();
        if let Some(definitions) = schema["$defs"].as_object_mut() {
            definitions.values_mut().for_each(forget_required);
        }
        schema
    }

    /// Keywords in a service's schema that nobody would check, as `service: keyword`.
    pub fn unchecked_keywords(&self) -> Vec<String> {
        let of_service = |service: &ServiceTable| {
            let name = service.name;
            unchecked_keywords(&service.schema).into_iter().map(move |keyword| format!("{name}: {keyword}"))
        };
        self.services.iter().flat_map(of_service).collect()
    }

    /// The shape of the whole file.
    pub(super) fn file(&self) -> &Value {
        &self.file
    }

    /// The shape of what is left for one environment after merging.
    pub(super) fn merged(&self) -> &Value {
        &self.merged
    }

    /// The table of a service as scripts read it: what the file leaves out is an empty list, an empty map, the declared
    /// default, or null.
    pub(super) fn complete(&self, service: &str, mut table: Map<String, Value>) -> Map<String, Value> {
        let definitions = &self.merged["$defs"];
        let properties = definitions[service]["properties"].as_object();
        for (key, schema) in properties.into_iter().flatten() {
            table.entry(key).or_insert_with(|| empty_value(schema, definitions));
        }
        table
    }
}

fn document(properties: &Map<String, Value>, definitions: Map<String, Value>) -> Value {
    let mut schema = closed(properties);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "larder.toml".into();
    schema["required"] = json!(["app"]);
    schema["$defs"] = definitions.into();
    schema
}

fn closed(properties: &Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn own_properties(services: &[ServiceTable]) -> Map<String, Value> {
    let mut templates = Map::new();
    let every = template("every kind that has no template of its own", "{app}-{env}-{name}");
    templates.insert("template".into(), every);
    for service in services {
        templates.insert(service.name.into(), template(service.name, "template"));
    }
    let mut naming = closed(&templates);
    naming["description"] = "Templates of the real names.".into();
    let properties = json!({
        "app": { "description": "The app's name, `{app}` in templates; with `recipe = \"wrangler\"` the Worker's when left out.", "type": "string" },
        "recipe": {
            "description": "The recipe that a command takes where none is named, by name or path; default: `provision`.",
            "type": "string",
            "minLength": 1,
        },
        "wrangler": {
            "description": "Path of a wrangler config, or a list of them; their bindings say what names and ids the Workers expect.",
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1, "uniqueItems": true },
            ],
        },
        "account_id": { "description": "The id of the Cloudflare account; `CLOUDFLARE_ACCOUNT_ID` when left out.", "type": "string" },
        "steps": {
            "description": "The order of the recipe's steps; a list in the list means these together, as all services run where it is absent.",
            "type": "array",
            "items": {
                "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "array", "items": { "type": "string", "minLength": 1 } }],
            },
        },
        "process_env": {
            "description": "Environment variables that recipes may read as text, with `process::env`.",
            "type": "array",
            "items": { "type": "string", "minLength": 1 },
        },
        "secret_env": {
            "description": "Environment variables that recipes may read with `secret::env` alone; they are masked wherever they would be printed.",
            "type": "array",
            "items": { "type": "string", "minLength": 1 },
        },
        "naming": naming,
        "vars": { "description": "The team's own settings, `config::vars` in recipes.", "type": "object" },
    });
    object(properties)
}

fn environment_properties(own: &Map<String, Value>, services: &[ServiceTable]) -> Map<String, Value> {
    let mut properties = object(json!({
        "alias": { "description": "A short name, `{env}` in templates; the full name when left out.", "type": "string" },
        "branch": { "description": "In CI, a run of this branch is a run of this environment.", "type": "string", "minLength": 1 },
        "protected": { "description": "`destroy`, `sweep`, corrections of a ledger, and what deletes or restores in a recipe or in `eval` need `--confirm NAME`; `run` asks at a terminal, and goes on where there is none.", "type": "boolean" },
        "wrangler_env": {
            "description": "The environment of the wrangler config; default: the full name; empty: the top level.",
            "type": "string",
        },
    }));
    for key in OVERRIDABLE {
        properties.insert((*key).into(), own[*key].clone());
    }
    properties.extend(service_properties(services));
    properties
}

fn service_properties(services: &[ServiceTable]) -> Map<String, Value> {
    let reference = |service: &ServiceTable| {
        (service.name.to_owned(), json!({ "$ref": format!("#/$defs/{}", service.name) }))
    };
    services.iter().map(reference).collect()
}

fn template(kind: &str, default: &str) -> Value {
    json!({
        "description": format!("Template of the real names of {kind}, of `{{app}}`, `{{env}}` (alias), `{{environment}}`, `{{branch}}`, `{{name}}`; `{default}` when left out."),
        "type": "string",
        "minLength": 1,
    })
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

/// Adds a service's schema as `SERVICE` and its definitions as `SERVICE.NAME`. The table itself requires nothing: what
/// it leaves out reads as empty.
fn define(service: &ServiceTable, definitions: &mut Map<String, Value>) {
    let mut schema = service.schema.clone();
    adapt(&mut schema, service.name);
    if let Some(keywords) = schema.as_object_mut() {
        keywords.remove("$schema");
        keywords.remove("required");
        if let Some(Value::Object(own)) = keywords.remove("$defs") {
            for (name, definition) in own {
                definitions.insert(format!("{}.{name}", service.name), definition);
            }
        }
    }
    definitions.insert(service.name.into(), schema);
}

/// Points references to the moved definitions, and closes tables that do not say whether they are open.
fn adapt(schema: &mut Value, service: &str) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::String(reference)) = keywords.get_mut("$ref") {
                *reference = reference.replacen("#/$defs/", &format!("#/$defs/{service}."), 1);
            }
            if keywords.get("properties").is_some_and(Value::is_object) {
                keywords.entry("additionalProperties").or_insert(false.into());
            }
            keywords.values_mut().for_each(|value| adapt(value, service));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| adapt(item, service)),
        _ => {}
    }
}

fn forget_required(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if keywords.get("required").is_some_and(Value::is_array) {
                keywords.remove("required");
            }
            keywords.values_mut().for_each(forget_required);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_required),
        _ => {}
    }
}

fn empty_value(schema: &Value, definitions: &Value) -> Value {
    if let Some(default) = schema.get("default") {
        return default.clone();
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
        return empty_value(&definitions[name], definitions);
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        other => Vec::from_iter(other.as_str()),
    };
    match (types.contains(&"array"), types.contains(&"object")) {
        (true, _) => json!([]),
        (_, true) => json!({}),
        _ => schema["anyOf"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| empty_value(one, definitions))
            .find(|value| !value.is_null())
            .unwrap_or(Value::Null),
    }
}
