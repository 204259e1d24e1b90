//! Writes the text of the recipe: the bundled recipe for resources in tables, and calls with real names for the
//! others.

use super::account_content::ImportedResource;
use super::lines::{comment, literal};
use super::slots::Divided;
use crate::run::workspace::{BUNDLED, PROVISION};
use serde_json::{Map, Value as Json};
use std::fmt::Write as _;

/// What tables can't say, beside what they do.
pub(super) fn text(divided: &Divided) -> String {
    let mut text = comment(
        "//!",
        "What `larder import` found in the account and the project file can't say, by its names there.",
    );
    text.push('\n');
    if !divided.tables.is_empty() {
        text.push_str(bundled());
        text.push('\n');
    }
    text.push_str("step(\"imported\", || {\n");
    for thing in &divided.by_recipe {
        text.push_str(&call(thing));
    }
    text.push_str("});\n");
    text
}

/// The bundled recipe without its first comment.
fn bundled() -> &'static str {
    let whole = BUNDLED.iter().find(|(name, _)| *name == PROVISION).map_or("", |(_, text)| *text);
    let begin =
        whole.split_inclusive('\n').take_while(|line| line.starts_with("//!") || line.trim().is_empty());
    &whole[begin.map(str::len).sum()..]
}

fn call(thing: &ImportedResource) -> String {
    let mut text = String::new();
    for remark in &thing.remarks {
        text.push_str(&comment("    //", remark));
    }
    let name = literal(&thing.key.name);
    let options = if thing.options.is_empty() {
        String::new()
    } else {
        format!(", {}", map(&thing.options, Keys::Plain))
    };
    let _ = writeln!(text, "    {}::ensure({name}{options});", thing.service.name);
    text
}

/// Whether keys are options, which all are words, or anything.
#[derive(Clone, Copy)]
enum Keys {
    Plain,
    Quoted,
}

fn map(map: &Map<String, Json>, keys: Keys) -> String {
    let key = |key: &str| match keys {
        Keys::Plain => key.to_owned(),
        Keys::Quoted => literal(key),
    };
    let entries = map.iter().filter(|(_, value)| !value.is_null());
    let entries: Vec<String> =
        entries.map(|(name, value)| format!("{}: {}", key(name), value_of(value))).collect();
    format!("#{{ {} }}", entries.join(", "))
}

fn value_of(json: &Json) -> String {
    match json {
        Json::Null => "()".to_owned(),
        Json::Number(number) if number.as_i64().is_none() => {
            format!("{:?}", number.as_f64().unwrap_or_default())
        }
        Json::Bool(_) | Json::Number(_) => json.to_string(),
        Json::String(text) => literal(text),
        Json::Array(items) => format!("[{}]", items.iter().map(value_of).collect::<Vec<_>>().join(", ")),
        Json::Object(object) if object.is_empty() => "#{}".to_owned(),
        Json::Object(object) => map(object, Keys::Quoted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_recipe_begins_with_its_code() {
        assert!(bundled().starts_with("import \"std/provision\" as base;\n"), "{}", bundled());
    }
}
