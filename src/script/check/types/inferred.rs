//! The inferred type of a value and its keys, for editors.

use super::value::{Type, Value};
use super::{File, Walk};
use crate::op;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A call of it marks the place whose value is asked for: no recipe has a function of that name.
pub const ASKED: &str = "asked__for";

/// What is known of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InferredValue(Value);

impl InferredValue {
    /// Of a value that is there; the properties of a handle are in its docs, and what an answer holds beside them in the
    /// value.
    pub fn of_value(value: &op::Value) -> Self {
        InferredValue(known_of(value))
    }

    /// Of a type as an entry or the docs name it.
    pub fn of_name(name: &str) -> Self {
        InferredValue(Value::of_name(name))
    }

    /// The type as recipes name it; of what may be absent, the type that it else has.
    pub fn kind(&self) -> Option<&str> {
        match &self.0.kind {
            Type::Found(kind) => Some(kind),
            _ => self.0.name(),
        }
    }

    /// Whether it is a handle, or one that may be absent.
    pub fn is_handle(&self) -> bool {
        matches!(self.0.kind, Type::Handle(_) | Type::Found(_))
    }

    /// The keys of a map, as far as they are known.
    pub fn keys(&self) -> impl Iterator<Item = (&str, InferredValue)> {
        let entries = match &self.0.kind {
            Type::Map(entries) => Some(entries.iter()),
            _ => None,
        };
        entries.into_iter().flatten().map(|(key, value)| (key.as_str(), InferredValue(value.clone())))
    }

    /// For people: `KvNamespace or ()`, `list of KvNamespace`.
    pub fn text(&self) -> String {
        match &self.0.kind {
            Type::Any => String::from("any"),
            Type::Found(kind) => format!("{kind} or ()"),
            Type::List(element) if element.kind != Type::Any => {
                format!("list of {}", InferredValue((**element).clone()).text())
            }
            _ => self.0.name().unwrap_or("any").to_owned(),
        }
    }
}

fn known_of(value: &op::Value) -> Value {
    match value {
        op::Value::Unit => Type::Unit.into(),
        op::Value::Bool(_) => Type::Bool.into(),
        op::Value::Int(_) => Type::Int.into(),
        op::Value::Float(_) => Type::Float.into(),
        op::Value::Str(_) => Type::Text.into(),
        op::Value::List(items) => {
            let mut items = items.iter().map(known_of);
            let first = items.next().unwrap_or_default();
            Value::list(items.fold(first, |all, item| all.or(&item)))
        }
        op::Value::Map(map) => {
            let entries: BTreeMap<String, Value> =
                map.iter().map(|(key, item)| (key.clone(), known_of(item))).collect();
            Type::Map(Rc::new(entries)).into()
        }
        op::Value::Handle(pending) => Type::Handle(pending.kind.to_owned()).into(),
        op::Value::Other("closure") => Type::Closure(None, Vec::new()).into(),
        op::Value::Secret(_) | op::Value::Other(_) | op::Value::NotKnown => Value::any(),
    }
}

/// What is known of the argument of [`ASKED`] in a file; `variables` are there before it begins.
pub(in crate::script::check) fn asked(
    files: &BTreeMap<String, File>,
    main: &str,
    known: &crate::script::known::KnownFunctions,
    variables: &[(String, InferredValue)],
) -> Option<InferredValue> {
    super::walked(files, main, known, variables.iter().map(|(name, told)| (name.clone(), told.0.clone())))
}

impl Walk<'_> {
    /// Records the inferred type of the argument; the first walk over a position is the most precise.
    pub(super) fn note_asked(&mut self, args: &[Value]) {
        let known = |told: &InferredValue| told.0.kind != Type::Any;
        if !self.asked.as_ref().is_some_and(known) {
            self.asked = args.first().map(|value| InferredValue(value.clone()));
        }
    }
}
