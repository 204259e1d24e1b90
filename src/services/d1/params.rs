//! The values for the placeholders of a statement.

use crate::op::{Failure, FromOptions, Ty, Value};
use serde_json::Value as Json;

/// D1 binds at most this many (D1-17).
const PARAMS_MAX: usize = 100;

/// An optional last argument: an array of plain values.
pub(super) struct Params(pub Vec<Json>);

impl FromOptions for Params {
    const IS_TAKEN: bool = true;

    fn schema() -> Option<schemars::Schema> {
        Some(schemars::schema_for!(Vec<Json>))
    }

    fn read(value: Option<&Value>, index: usize) -> Result<Self, Failure> {
        let items = match value {
            None => return Ok(Params(Vec::new())),
            Some(Value::List(items)) => items,
            Some(other) => {
                return Err(Failure::Argument { index, expected: Ty::List, found: other.type_name() });
            }
        };
        if items.len() > PARAMS_MAX {
            let message = format!("a statement takes at most {PARAMS_MAX} parameters, not {}", items.len());
            return Err(Failure::refused("argument", message));
        }
        let plain = |(at, item): (usize, &Value)| match item {
            Value::Unit | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
                item.to_json().ok_or_else(|| Failure::Bug("a plain value that is no JSON".into()))
            }
            other => Err(Failure::refused(
                "argument",
                format!(
                    "parameter {} must be a string, a number, a bool or (), not {}",
                    at + 1,
                    other.type_name()
                ),
            )),
        };
        items.iter().enumerate().map(plain).collect::<Result<_, _>>().map(Params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(json: Json) -> Result<Vec<Json>, String> {
        Params::read(Some(&Value::from(json)), 1).map(|params| params.0).map_err(|error| error.to_string())
    }

    #[test]
    fn plain_values_pass_as_json() {
        assert_eq!(
            read(json!(["a", 1, 1.5, true, null])).unwrap(),
            [json!("a"), json!(1), json!(1.5), json!(true), Json::Null]
        );
        assert!(Params::read(None, 1).unwrap().0.is_empty());
    }

    #[test]
    fn what_sqlite_can_not_bind_is_refused() {
        assert_eq!(read(json!({"a": 1})).unwrap_err(), "argument 2 must be an array, not map");
        assert_eq!(
            read(json!([1, [2]])).unwrap_err(),
            "parameter 2 must be a string, a number, a bool or (), not array"
        );
        assert_eq!(
            read(json!(vec![0; 101])).unwrap_err(),
            "a statement takes at most 100 parameters, not 101"
        );
    }
}
