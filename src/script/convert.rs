//! Converts between Rhai's values and Larder's.
//!
//! **Invariant:** nothing is dropped silently: what has no counterpart becomes [`Value::Other`] and is refused by name.

use super::handle::{Handle, ScriptSecret, made_from};
use crate::op::Value;
use rhai::{Dynamic, FnPtr};

/// From a script's value; handles inside lists and maps survive.
pub fn value_of(dynamic: &Dynamic) -> Value {
    if dynamic.is_unit() {
        return Value::Unit;
    }
    if let Ok(flag) = dynamic.as_bool() {
        return Value::Bool(flag);
    }
    if let Ok(number) = dynamic.as_int() {
        return Value::Int(number);
    }
    if let Ok(number) = dynamic.as_float() {
        return Value::Float(number);
    }
    if let Ok(text) = dynamic.as_immutable_string_ref() {
        return made_from(&text).map_or_else(|| Value::Str(text.to_string()), Value::Other);
    }
    if let Ok(character) = dynamic.as_char() {
        return Value::Str(character.to_string());
    }
    if let Ok(items) = dynamic.as_array_ref() {
        return Value::List(items.iter().map(value_of).collect());
    }
    if let Ok(map) = dynamic.as_map_ref() {
        return Value::Map(map.iter().map(|(key, item)| (key.to_string(), value_of(item))).collect());
    }
    if let Some(handle) = dynamic.read_lock::<Handle>() {
        return Value::Handle(handle.0.clone());
    }
    if let Some(secret) = dynamic.read_lock::<ScriptSecret>() {
        return Value::Secret(secret.0.clone());
    }
    if dynamic.is::<FnPtr>() {
        return Value::Other("closure");
    }
    Value::Other("value of another kind")
}

/// To a script's value; `None` for what only applying would tell.
pub fn dynamic_of(value: &Value) -> Option<Dynamic> {
    Some(match value {
        Value::Unit | Value::Other(_) => Dynamic::UNIT,
        Value::Bool(flag) => Dynamic::from(*flag),
        Value::Int(number) => Dynamic::from(*number),
        Value::Float(number) => Dynamic::from(*number),
        Value::Str(text) => Dynamic::from(text.clone()),
        Value::List(items) => {
            Dynamic::from_array(items.iter().map(dynamic_of).collect::<Option<rhai::Array>>()?)
        }
        Value::Map(map) => {
            let entry = |(key, item): (&String, &Value)| Some((key.as_str().into(), dynamic_of(item)?));
            Dynamic::from_map(map.iter().map(entry).collect::<Option<rhai::Map>>()?)
        }
        Value::Handle(pending) => Dynamic::from(Handle(pending.clone())),
        Value::Secret(secret) => Dynamic::from(ScriptSecret(secret.clone())),
        Value::NotKnown => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::handle::{MARK, NOTHING_MARK, SECRET_MARK};
    use super::*;
    use serde_json::json;

    #[test]
    fn data_comes_back_the_same() {
        let json = json!({"a": [1, 2.5, "x", true, null], "b": {"c": {}}});
        let there = dynamic_of(&Value::from(json.clone())).unwrap();
        assert_eq!(value_of(&there).to_json(), Some(json));
    }

    #[test]
    fn text_made_from_what_has_none_is_no_text() {
        for mark in [MARK, SECRET_MARK, NOTHING_MARK] {
            let text = Dynamic::from(format!("prefix-{mark}KvNamespace(A)"));
            assert!(matches!(value_of(&text), Value::Other(_)));
        }
    }
}
