//! Converts the values of a call to the typed parameters of a Rust function.

use super::entry::{Call, RunOp};
use super::failure::Failure;
use super::options::{OptionMap, read_options};
use super::start::StartedOp;
use super::target::{HandleOrId, HandleOrName};
use super::ty::Ty;
use super::value::Value;
use std::collections::BTreeMap;
use std::marker::PhantomData;

pub trait FromArg: Sized {
    /// What messages and docs call it.
    const TY: Ty;
    /// `None` where the value is of another type.
    fn read(value: &Value) -> Option<Self>;
}

impl FromArg for String {
    const TY: Ty = Ty::Str;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Str(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromArg for i64 {
    const TY: Ty = Ty::Int;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromArg for bool {
    const TY: Ty = Ty::Bool;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }
}

impl FromArg for Vec<Value> {
    const TY: Ty = Ty::List;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::List(items) => Some(items.clone()),
            _ => None,
        }
    }
}

impl FromArg for BTreeMap<String, Value> {
    const TY: Ty = Ty::Map;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Map(map) => Some(map.clone()),
            _ => None,
        }
    }
}

impl FromArg for Value {
    const TY: Ty = Ty::Data;
    fn read(value: &Value) -> Option<Self> {
        (!matches!(value, Value::Other(_))).then(|| value.clone())
    }
}

impl FromArg for HandleOrId {
    const TY: Ty = Ty::Target;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Handle(pending) => Some(HandleOrId::Handle(pending.clone())),
            Value::Str(id) => Some(HandleOrId::Id(id.clone())),
            _ => None,
        }
    }
}

impl FromArg for HandleOrName {
    const TY: Ty = Ty::Named;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Handle(pending) => Some(HandleOrName::Handle(pending.clone())),
            Value::Str(name) => Some(HandleOrName::Name(name.clone())),
            _ => None,
        }
    }
}

pub trait FromArgs: Sized {
    const TYPES: &'static [Ty];
    /// Reads them; the error names the first that does not fit.
    fn read(args: &[Value]) -> Result<Self, Failure>;
}

macro_rules! from_args {
    ($($name:ident $index:tt),*) => {
        impl<$($name: FromArg),*> FromArgs for ($($name,)*) {
            const TYPES: &'static [Ty] = &[$($name::TY),*];
            fn read(_args: &[Value]) -> Result<Self, Failure> {
                Ok(($(
                    match _args.get($index) {
                        Some(value) => $name::read(value).ok_or(Failure::Argument {
                            index: $index,
                            expected: $name::TY,
                            found: value.type_name(),
                        })?,
                        None => return Err(Failure::Argument { index: $index, expected: $name::TY, found: "nothing" }),
                    },
                )*))
            }
        }
    };
}
from_args!();
from_args!(A 0);
from_args!(A 0, B 1);
from_args!(A 0, B 1, C 2);

/// The option map of an op, if it takes one.
pub trait FromOptions: Sized {
    /// Whether there is one.
    const IS_TAKEN: bool;
    /// Its JSON Schema.
    fn schema() -> Option<schemars::Schema>;
    /// Reads it; nothing given reads as an empty map.
    fn read(value: Option<&Value>, index: usize) -> Result<Self, Failure>;
}

impl<T: OptionMap> FromOptions for T {
    const IS_TAKEN: bool = true;

    fn schema() -> Option<schemars::Schema> {
        Some(schemars::schema_for!(T))
    }

    fn read(value: Option<&Value>, index: usize) -> Result<Self, Failure> {
        let empty = Value::Map(BTreeMap::new());
        match value {
            None => read_options(&empty),
            Some(map @ Value::Map(_)) => read_options(map),
            Some(other) => {
                return Err(Failure::Argument { index, expected: Ty::Map, found: other.type_name() });
            }
        }
        .map_err(|error| Failure::Option { index, error })
    }
}

/// For ops without options.
#[derive(Clone, Copy, Debug)]
pub struct NoOptions;

impl FromOptions for NoOptions {
    const IS_TAKEN: bool = false;

    fn schema() -> Option<schemars::Schema> {
        None
    }

    fn read(_: Option<&Value>, _: usize) -> Result<Self, Failure> {
        Ok(NoOptions)
    }
}

/// Gives `fn(Call, (A, B), Options) -> Result<Started, Failure>` a place in a static table.
pub struct Typed<A, O, F>(pub F, pub PhantomData<fn(A, O)>);

impl<A, O, F> RunOp for Typed<A, O, F>
where
    A: FromArgs,
    O: FromOptions,
    F: Fn(Call, A, O) -> Result<StartedOp, Failure> + Sync,
{
    fn types(&self) -> &'static [Ty] {
        A::TYPES
    }

    fn takes_options(&self) -> bool {
        O::IS_TAKEN
    }

    fn options(&self) -> Option<schemars::Schema> {
        O::schema()
    }

    fn start(&self, call: Call, args: Vec<Value>) -> Result<StartedOp, Failure> {
        let options = O::read(args.get(A::TYPES.len()), A::TYPES.len())?;
        (self.0)(call, A::read(&args)?, options)
    }
}
