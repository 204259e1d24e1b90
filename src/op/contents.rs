//! The content of a raw write as one text. A plan stores its digest, and a run that applies the plan must match it.
//!
//! **Invariant:** no secret is in it.

use super::entry::Op;
use super::target::HandleOrId;
use super::value::Value;
use std::fmt::Write as _;

/// What a raw write sends, for a digest: secrets are left out, handles stand for their keys.
pub(super) fn contents(op: &Op, receiver: Option<&HandleOrId>, args: &[Value]) -> String {
    let mut text = op.title();
    match receiver {
        Some(HandleOrId::Handle(pending)) => {
            let _ = write!(text, "\n{}", pending.key);
        }
        Some(HandleOrId::Id(id)) => {
            let _ = write!(text, "\n{id}");
        }
        None => {}
    }
    for arg in args {
        text.push('\n');
        spell(arg, &mut text);
    }
    text
}

fn spell(value: &Value, text: &mut String) {
    match value {
        Value::List(items) => {
            text.push('[');
            for item in items {
                spell(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Map(map) => {
            text.push('{');
            for (key, item) in map {
                let _ = write!(text, "{key:?}:");
                spell(item, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Handle(pending) => {
            let _ = write!(text, "handle {}", pending.key);
        }
        Value::Secret(_) => *text += "secret",
        Value::NotKnown => *text += "not known",
        Value::Other(name) => *text += name,
        Value::Unit | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            *text += &value.to_json().unwrap_or_default().to_string();
        }
    }
}
