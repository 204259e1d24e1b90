//! Decides whether a value can be passed for a parameter.

use super::value::{Type, Value};
use crate::script::known::FunctionForm;

/// Types that a parameter may name and a value may be known to have.
const PLAIN: &[&str] = &["string", "int", "float", "bool", "char", "list", "array", "map", "closure", "blob"];

/// Whether a value may be given where a parameter of this type is asked for.
pub(super) fn fits(value: &Value, wanted: &str) -> bool {
    let Some(name) = value.name() else { return true };
    let wanted: Vec<&str> = wanted.split(" or ").flat_map(|word| word.split(" | ")).collect();
    wanted.iter().any(|wanted| fits_one(value, name, wanted))
}

fn fits_one(value: &Value, name: &str, wanted: &str) -> bool {
    let is_handle = matches!(value.kind, Type::Handle(_));
    match wanted {
        "array" => name == "list",
        "id" | "name" => name == "string",
        "handle" => is_handle,
        // What is no data says so itself.
        "any" | "data" | "" => true,
        _ if PLAIN.contains(&wanted) => name == wanted,
        // A kind of handle; any other type is one of the engine's own.
        // The engine has several types of ranges.
        _ if name == "range" => true,
        _ if is_handle_kind(wanted) && wanted != "Handle" => is_handle && name == wanted,
        "Handle" => is_handle,
        _ => !is_handle,
    }
}

/// The first argument that a form does not take, and the type that it takes there; `shift` is 1 where a receiver is its
/// first parameter.
pub(super) fn misfit(form: &FunctionForm, shift: usize, args: &[Value]) -> Option<(usize, String)> {
    args.iter().enumerate().find_map(|(index, value)| {
        let wanted = form.params.get(index + shift).map_or("map", |param| param.kind.as_str());
        (!fits(value, wanted)).then(|| (index, wanted.to_owned()))
    })
}

/// Whether a method is meant for such a value, and not for any.
pub(super) fn is_for(value: &Value, wanted: &str) -> bool {
    match &value.kind {
        Type::Handle(kind) => wanted == kind,
        _ => !matches!(wanted, "any" | "" | "data") && fits(value, wanted) && value.name().is_some(),
    }
}

fn is_handle_kind(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase()) && name.chars().all(char::is_alphanumeric)
}
