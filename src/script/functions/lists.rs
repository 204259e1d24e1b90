//! List functions: join, flatten, unique, zip, map and filter.

use super::Function;
use super::call::Call;
use crate::op::Value;
use crate::script::builtins::Builtin;
use crate::script::convert::value_of;
use crate::script::engine::limits::TEXT_BYTES_MAX;
use crate::script::host::Outcome;
use rhai::{Array, Dynamic};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        builtin: Builtin {
            name: "join",
            forms: &[&["items: array", "separator: string"]],
            summary: "One text of all items, with the separator between them; with a secret among them, a secret.",
        },
        example: r#"["app", 2, "eu"].join("-")"#,
        result: r#""app-2-eu""#,
        run: join,
    },
    Function {
        builtin: Builtin {
            name: "flatten",
            forms: &[&["items: array"]],
            summary: "One array of all items, in which those of arrays at any depth stand in place of the arrays.",
        },
        example: r#"[["kv", "r2"], "d1", [["ai"]]].flatten()"#,
        result: r#"["kv", "r2", "d1", "ai"]"#,
        run: flatten,
    },
    Function {
        builtin: Builtin {
            name: "unique",
            forms: &[&["items: array"]],
            summary: "The items without those that are equal to an earlier one.",
        },
        example: r#"["b", "a", "b", "a"].unique()"#,
        result: r#"["b", "a"]"#,
        run: unique,
    },
    Function {
        builtin: Builtin {
            name: "zip",
            forms: &[&["items: array", "others: array"]],
            summary: "Pairs of the items of two arrays of the same length.",
        },
        example: r#"["DB", "LOGS"].zip(["jobs", "audit"])"#,
        result: r#"[["DB", "jobs"], ["LOGS", "audit"]]"#,
        run: zip,
    },
    Function {
        builtin: Builtin {
            name: "each",
            forms: &[&["items: array or map", "closure: closure"]],
            summary: "Calls the closure with each item, or with the key and the value of each entry of a map.",
        },
        example: r"let seen = []; #{ A: 1, B: 2 }.each(|key, value| seen.push(`${key}=${value}`)); seen",
        result: r#"["A=1", "B=2"]"#,
        run: each,
    },
    Function {
        builtin: Builtin {
            name: "fold",
            forms: &[&["items: array", "initial: any", "closure: closure"]],
            summary: "What remains when the closure is called with what it gave before, at first `initial`, and each item.",
        },
        example: "[1, 2, 3].fold(10, |sum, item| sum + item)",
        result: "16",
        run: fold,
    },
];

fn join(call: &Call) -> Outcome<Dynamic> {
    let separator = call.text(1);
    let (mut joined, mut is_secret) = (String::new(), false);
    for (index, item) in call.list(0).iter().enumerate() {
        if index > 0 {
            joined.push_str(&separator);
        }
        match value_of(item) {
            Value::Str(text) => joined.push_str(&text),
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => joined.push_str(&item.to_string()),
            Value::Secret(secret) => {
                is_secret = true;
                joined.push_str(secret.expose());
            }
            other => {
                let message = format!("item {index} is {}, which has no text to join", other.type_name());
                let hint = match other {
                    Value::Unit => "leave it out first: `items.filter(|item| item != ())`",
                    Value::List(_) => "`flatten` makes one array of arrays in an array",
                    Value::Map(_) => "`to_json` gives the text of a map",
                    Value::Handle(_) => "write `.name` or `.id` of the handle",
                    _ => "join strings, numbers and secrets",
                };
                return Err(call.refuse_inside(0, &[index.to_string()], message, Some(hint)));
            }
        }
        if joined.len() > TEXT_BYTES_MAX {
            return Err(call.too_large());
        }
    }
    if is_secret { Ok(call.secret(joined)) } else { Ok(joined.into()) }
}

fn flatten(call: &Call) -> Outcome<Dynamic> {
    // What is left to do, the next one last: arrays in arrays may be deeper than calls may be.
    let mut left: Array = call.list(0);
    left.reverse();
    let mut flat = Array::new();
    while let Some(item) = left.pop() {
        if item.is_array() {
            left.extend(item.flatten().into_array().unwrap_or_default().into_iter().rev());
        } else {
            flat.push(item);
        }
    }
    Ok(Dynamic::from_array(flat))
}

fn unique(call: &Call) -> Outcome<Dynamic> {
    let (mut seen, mut kept) = (HashSet::new(), Array::new());
    for (index, item) in call.list(0).into_iter().enumerate() {
        let mut key = String::new();
        if let Err(kind) = spell(&value_of(&item), &mut key) {
            let message = format!("item {index} is, or has inside, a {kind}, which can't be compared");
            return Err(call.refuse_inside(0, &[index.to_string()], message, None));
        }
        if seen.insert(key) {
            kept.push(item);
        }
    }
    Ok(Dynamic::from_array(kept))
}

/// The same text for values that are equal; the error is the type of what can't be compared.
fn spell(value: &Value, key: &mut String) -> Result<(), &'static str> {
    let written = match value {
        Value::Unit => write!(key, "()"),
        Value::Bool(flag) => write!(key, "{flag}"),
        Value::Int(number) => write!(key, "{number}"),
        // Both spell a whole number alike, as `1 == 1.0`.
        Value::Float(number) => write!(key, "{number}"),
        Value::Str(text) => write!(key, "{text:?}"),
        Value::List(items) => {
            key.push('[');
            for item in items {
                spell(item, key)?;
                key.push(',');
            }
            write!(key, "]")
        }
        Value::Map(map) => {
            key.push('{');
            for (name, item) in map {
                let _ = write!(key, "{name:?}:");
                spell(item, key)?;
                key.push(',');
            }
            write!(key, "}}")
        }
        Value::Handle(pending) => write!(key, "{:p}", Arc::as_ptr(pending)),
        Value::Secret(_) => return Err("secret"),
        Value::Other(_) | Value::NotKnown => return Err(value.type_name()),
    };
    // Writing to a text does not fail.
    written.map_err(|_| "value")
}

fn zip(call: &Call) -> Outcome<Dynamic> {
    let (items, others) = (call.list(0), call.list(1));
    if items.len() != others.len() {
        let message = format!("the arrays have {} and {} items", items.len(), others.len());
        let hint = "cut the longer one first, or take the index: `for (item, index) in items`";
        return Err(call.refuse_with_hint(1, message, hint));
    }
    let pairs = items.into_iter().zip(others).map(|(item, other)| Dynamic::from_array(vec![item, other]));
    Ok(Dynamic::from_array(pairs.collect()))
}

fn each(call: &Call) -> Outcome<Dynamic> {
    let closure = call.closure(1)?;
    if let Some(map) = call.map(0) {
        for (key, value) in map {
            let key = Dynamic::from(key.to_string());
            let _: Dynamic = closure.call_raw(call.context, None, [key, value])?;
        }
    } else {
        for item in call.list(0) {
            let _: Dynamic = closure.call_raw(call.context, None, [item])?;
        }
    }
    Ok(Dynamic::UNIT)
}

fn fold(call: &Call) -> Outcome<Dynamic> {
    let closure = call.closure(2)?;
    call.list(0)
        .into_iter()
        .try_fold(call.any(1), |before, item| closure.call_raw(call.context, None, [before, item]))
}
