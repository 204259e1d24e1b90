//! What crosses the border to scripts; only `script` turns it into Rhai's own.

use super::pending::Pending;
use crate::secret::Secret;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value of a recipe.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `()`.
    #[default]
    Unit,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Str(String),
    /// An array.
    List(Vec<Value>),
    /// A map.
    Map(BTreeMap<String, Value>),
    /// A resource, maybe still on its way.
    Handle(Arc<Pending>),
    /// Something that must not be shown.
    Secret(Secret),
    /// A closure or another thing that no op takes, by the name of its type.
    Other(&'static str),
    /// What only applying the plan would tell.
    NotKnown,
}

impl Value {
    /// What messages call its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Unit => "()",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "map",
            Value::Handle(pending) => pending.kind,
            Value::Secret(_) => "Secret",
            Value::Other(name) => name,
            Value::NotKnown => "value (known after apply)",
        }
    }

    /// The property `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The text under `key`, `""` where there is none.
    pub fn text(&self, key: &str) -> &str {
        match self.get(key) {
            Some(Value::Str(text)) => text,
            _ => "",
        }
    }

    /// Every secret inside.
    pub fn secrets(&self) -> Vec<Secret> {
        match self {
            Value::Secret(secret) => vec![secret.clone()],
            Value::List(items) => items.iter().flat_map(Value::secrets).collect(),
            Value::Map(map) => map.values().flat_map(Value::secrets).collect(),
            _ => Vec::new(),
        }
    }

    /// As JSON; `None` where it holds a handle, a secret or something else that is no data.
    pub fn to_json(&self) -> Option<Json> {
        Some(match self {
            Value::Unit => Json::Null,
            Value::Bool(flag) => Json::from(*flag),
            Value::Int(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Str(text) => Json::from(text.as_str()),
            Value::List(items) => Json::Array(items.iter().map(Value::to_json).collect::<Option<_>>()?),
            Value::Map(map) => {
                let entry = |(key, value): (&String, &Value)| Some((key.clone(), value.to_json()?));
                Json::Object(map.iter().map(entry).collect::<Option<_>>()?)
            }
            Value::Handle(_) | Value::Secret(_) | Value::Other(_) | Value::NotKnown => return None,
        })
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Value::Unit,
            Json::Bool(flag) => Value::Bool(flag),
            Json::Number(number) => match number.as_i64() {
                Some(number) => Value::Int(number),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::Str(text),
            Json::Array(items) => Value::List(items.into_iter().map(Value::from).collect()),
            Json::Object(map) => {
                Value::Map(map.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}
