//! Values that scripts exchange with ops; only `script` converts them to Rhai's own. A value may be an op in
//! progress, and an op ends in a value.

use super::failure::Failure;
use super::key::Key;
use crate::events::Site;
use crate::secret::Secret;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

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
            Value::Secret(_) => "a secret",
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

/// Set once, waited for by scripts (blocking) and by other ops (asynchronously).
pub struct Pending {
    /// As in events; 0 for what a listing gave.
    pub id: u64,
    /// The handle's type, e.g. `KvNamespace`.
    pub kind: &'static str,
    /// What it is about.
    pub key: Key,
    /// Where it was started.
    pub at: Site,
    cell: OnceLock<Result<Value, Failure>>,
    done: watch::Sender<bool>,
    caught: AtomicBool,
    planned: AtomicBool,
}

impl Pending {
    /// One that is not finished.
    pub fn new(id: u64, kind: &'static str, key: Key, at: Site) -> Arc<Self> {
        Arc::new(Pending {
            id,
            kind,
            key,
            at,
            cell: OnceLock::new(),
            done: watch::channel(false).0,
            caught: AtomicBool::new(false),
            planned: AtomicBool::new(false),
        })
    }

    /// One that a listing gave.
    pub fn found(kind: &'static str, key: Key, value: Value) -> Arc<Self> {
        let pending = Pending::new(0, kind, key, Site::default());
        pending.finish(Ok(value));
        pending
    }

    /// Ends it; only the first call counts.
    pub fn finish(&self, result: Result<Value, Failure>) {
        let _ = self.cell.set(result);
        self.done.send_replace(true);
    }

    /// The result, if it is there.
    pub fn peek(&self) -> Option<&Result<Value, Failure>> {
        self.cell.get()
    }

    /// Blocks the script thread until it is over.
    pub fn wait(&self) -> &Result<Value, Failure> {
        self.cell.wait()
    }

    /// Waits without blocking a thread.
    pub async fn ready(&self) -> &Result<Value, Failure> {
        let _ = self.done.subscribe().wait_for(|done| *done).await;
        self.cell.wait()
    }

    /// The script has seen its failure, or that of an op it depends on, and gone on.
    pub fn set_caught(&self) {
        self.caught.store(true, Ordering::SeqCst);
    }

    /// Whether the script has seen its failure, or that of an op it depends on, and gone on.
    pub fn is_caught(&self) -> bool {
        self.caught.load(Ordering::SeqCst)
    }

    /// What an op comes to that depends on this one, which failed: the first of a chain is to blame.
    pub(super) fn skips(&self, failure: &Failure) -> Failure {
        match failure {
            // What is not known is known of nothing that rests on it.
            Failure::Skipped { .. } => failure.clone(),
            _ if failure.is_not_known() => failure.clone(),
            _ => Failure::Skipped { because: format!("`{}`", self.key) },
        }
    }

    /// A plan would create or change it.
    pub fn set_planned(&self) {
        self.planned.store(true, Ordering::SeqCst);
    }

    /// Whether a plan would create or change it.
    pub fn is_planned(&self) -> bool {
        self.planned.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.kind, self.key)
    }
}
