//! The inferred type of a value, and its origin.

use super::origin::ValueOrigin;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The type of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Type {
    /// Not known, or not of interest.
    #[default]
    Any,
    Unit,
    Bool,
    Int,
    Float,
    Char,
    Text,
    Range,
    /// A list, with what is known of each element.
    List(Rc<Value>),
    /// A map with these keys; others are not known.
    Map(Rc<BTreeMap<String, Value>>),
    /// A closure by the name that the parser gave it, with the values it takes with it.
    Closure(Option<String>, Vec<Value>),
    /// A handle of this kind.
    Handle(String),
    /// A handle of this kind, or `()`.
    Found(String),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Value {
    pub(super) kind: Type,
    /// Where it comes from, if that explains an error.
    pub(super) origin: Option<Rc<ValueOrigin>>,
}

impl From<Type> for Value {
    fn from(kind: Type) -> Self {
        Value { kind, origin: None }
    }
}

impl Value {
    /// One of which nothing is known.
    pub(super) fn any() -> Self {
        Value::default()
    }

    /// A list of elements like this one.
    pub(super) fn list(of: Value) -> Self {
        Type::List(Rc::new(of)).into()
    }

    /// The same from somewhere.
    pub(super) fn out_of(self, origin: ValueOrigin) -> Self {
        Value { origin: Some(Rc::new(origin)), ..self }
    }

    /// What both can be.
    pub(super) fn or(self, other: &Value) -> Self {
        if self == *other { self } else { Value::any() }
    }

    /// The same where its contents may have changed.
    pub(super) fn touched(self) -> Self {
        match self.kind {
            Type::List(_) => Value::list(Value::any()),
            Type::Map(_) => Type::Map(Rc::default()).into(),
            _ => self,
        }
    }

    /// The type as recipes name it; `None` where it is not known, or may be another one.
    pub(super) fn name(&self) -> Option<&str> {
        Some(match &self.kind {
            Type::Any | Type::Found(_) => return None,
            Type::Unit => "()",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::Char => "char",
            Type::Text => "string",
            Type::Range => "range",
            Type::List(_) => "list",
            Type::Map(_) => "map",
            Type::Closure(..) => "closure",
            Type::Handle(kind) => kind,
        })
    }

    /// Of a type as an entry or the engine names it.
    pub(super) fn of_name(name: &str) -> Self {
        let is_handle = |name: &str| name.starts_with(|first: char| first.is_ascii_uppercase());
        if let Some(kind) = name.strip_suffix(" or ()").filter(|kind| is_handle(kind)) {
            return Type::Found(kind.to_owned()).into();
        }
        if let Some(kind) = name.strip_prefix("array of ") {
            return Value::list(if kind == "maps" {
                Type::Map(Rc::default()).into()
            } else {
                Value::of_name(kind)
            });
        }
        match name {
            "()" => Type::Unit.into(),
            "bool" => Type::Bool.into(),
            "int" => Type::Int.into(),
            "float" => Type::Float.into(),
            "char" => Type::Char.into(),
            "string" => Type::Text.into(),
            "list" | "array" => Value::list(Value::any()),
            "map" => Type::Map(Rc::default()).into(),
            "closure" => Type::Closure(None, Vec::new()).into(),
            kind if is_handle(kind) && kind.chars().all(char::is_alphanumeric) => {
                Type::Handle(kind.to_owned()).into()
            }
            _ => Value::any(),
        }
    }
}

/// With its article: `a string`, `an int`, `()`.
pub(super) fn named(name: &str) -> String {
    match name {
        "()" => String::from("`()`"),
        "int" | "array" => format!("an {name}"),
        "data" => String::from("data"),
        // The first letter is read by its name: an R.
        _ if name.starts_with(['A', 'E', 'I', 'O']) || name.starts_with("R2") => format!("an {name}"),
        _ => format!("a {name}"),
    }
}
