//! Documents the keys of the project file from its JSON Schema.

use super::item::{Item, ItemKind, Section};
use crate::script::catalog::type_name;
use serde_json::Value as Json;

/// Tables in tables in lists: no schema of a service goes deeper.
const DEPTH_MAX: usize = 8;

pub(super) fn section(schema: &Json) -> Section {
    let mut items = Vec::new();
    keys(schema, schema, "", 0, &mut items);
    Section {
        title: "Project file".to_owned(),
        name: "project".to_owned(),
        about: "Keys of `larder.toml`. What stands under `[environments.NAME]` overrides the same key above."
            .to_owned(),
        items,
    }
}

/// What a key is about; the description of what it refers to where it has none of its own.
pub(super) fn described(property: &Json, root: &Json) -> String {
    let own = property["description"].as_str();
    let found = own.or_else(|| target(property, root)["description"].as_str()).unwrap_or_default();
    found.replace('\n', " ")
}

/// The schema that another one refers to, or its branch that is no null.
fn target<'a>(schema: &'a Json, root: &'a Json) -> &'a Json {
    if let Some(pointer) = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        return root.pointer(pointer).map_or(schema, |found| target(found, root));
    }
    let mut branches = schema["anyOf"].as_array().into_iter().flatten().filter(|one| one["type"] != "null");
    match (branches.next(), branches.next()) {
        (Some(only), None) => target(only, root),
        _ => schema,
    }
}

fn keys(schema: &Json, root: &Json, path: &str, depth: usize, items: &mut Vec<Item>) {
    let schema = target(schema, root);
    if depth > DEPTH_MAX {
        return;
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        // What an environment overrides is described above.
        if path == "environments.NAME" && root["properties"].get(key).is_some() {
            continue;
        }
        items.push(Item::new(
            &name,
            ItemKind::Key,
            format!("{name}: {}", type_name(property, root)),
            described(property, root),
        ));
        keys(property, root, &name, depth + 1, items);
    }
    for inner in schema["anyOf"].as_array().or(schema["oneOf"].as_array()).into_iter().flatten() {
        keys(inner, root, path, depth + 1, items);
    }
    if schema["additionalProperties"].is_object() {
        keys(&schema["additionalProperties"], root, &format!("{path}.NAME"), depth + 1, items);
    }
    if schema["items"].is_object() {
        keys(&schema["items"], root, &format!("{path}[]"), depth + 1, items);
    }
}
