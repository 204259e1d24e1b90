//! JSON texts as values.

use super::Function;
use super::call::Call;
use crate::op::Value;
use crate::script::builtins::Builtin;
use crate::script::convert::dynamic_of;
use crate::script::host::Outcome;
use rhai::Dynamic;
use serde_json::Value as Json;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    builtin: Builtin {
        name: "json::parse",
        forms: &[&["text: string"]],
        summary: "The value of a JSON text: maps, arrays, strings, numbers and bools; null is `()`.",
    },
    example: r#"json::parse("{\"regions\": [\"weur\", null], \"keys\": 3}")"#,
    result: r#"#{"keys": 3, "regions": ["weur", ()]}"#,
    run: parse,
}];

/// Why a text is not a value of a recipe, and where: line and column, from 1.
pub(super) struct Unreadable {
    pub(super) message: String,
    pub(super) place: Option<(usize, usize)>,
}

/// The value of a JSON text.
pub(super) fn value(text: &str) -> Result<Dynamic, Unreadable> {
    let json: Json = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let place = format!(" at line {line} column {column}");
        let message = format!("no JSON: {}", error.to_string().replace(&place, ""));
        Unreadable { message, place: (line > 0).then_some((line, column.max(1))) }
    })?;
    if let Some(number) = too_large(&json) {
        let message = format!("the number {number} is too large for a recipe: write it as a text, in quotes");
        return Err(Unreadable { message, place: None });
    }
    Ok(dynamic_of(&Value::from(json)).unwrap_or_default())
}

/// A whole number that recipes have none for, at any depth: as a number with a fraction it would be another one.
fn too_large(json: &Json) -> Option<u64> {
    match json {
        Json::Number(number) if number.as_i64().is_none() => number.as_u64(),
        Json::Array(items) => items.iter().find_map(too_large),
        Json::Object(map) => map.values().find_map(too_large),
        _ => None,
    }
}

fn parse(call: &Call) -> Outcome<Dynamic> {
    value(&call.text(0)).map_err(|unreadable| {
        let Unreadable { message, place } = unreadable;
        let at = place.map(|(line, column)| format!(" at line {line}, column {column} of the text"));
        call.refuse(0, message + at.unwrap_or_default().as_str())
    })
}
