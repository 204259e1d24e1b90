//! Converts values between JSON and SQLite.
//!
//! **Invariant:** a blob leaves as an array of its bytes; a number that JSON can't write leaves as null.

use crate::local::ErrorReply;
use rusqlite::types::{Value as SqlValue, ValueRef};
use serde_json::Value;

/// One bound parameter: the JSON scalars, booleans as 0 and 1.
pub(super) fn parameter(at: usize, value: &Value) -> Result<SqlValue, ErrorReply> {
    Ok(match value {
        Value::Null => SqlValue::Null,
        Value::Bool(truth) => SqlValue::Integer(i64::from(*truth)),
        Value::String(text) => SqlValue::Text(text.clone()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => SqlValue::Integer(integer),
            (None, real) => real.map_or(SqlValue::Null, SqlValue::Real),
        },
        Value::Array(_) | Value::Object(_) => {
            let found = if value.is_array() { "array" } else { "object" };
            let message = format!("Invalid property: params.{at} => Expected string, received {found}");
            return Err(ErrorReply::new(400, 7400, message));
        }
    })
}

pub(super) fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => integer.into(),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => bytes.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_leave_as_json() {
        assert_eq!(json(ValueRef::Blob(&[0, 255])), json!([0, 255]));
        assert_eq!(json(ValueRef::Real(f64::INFINITY)), Value::Null);
        assert_eq!(json(ValueRef::Integer(i64::MAX)), json!(i64::MAX));
        assert_eq!(json(ValueRef::Text(b"a\xff")), json!("a\u{fffd}"));
    }

    #[test]
    fn parameters_are_scalars() {
        assert_eq!(parameter(0, &json!(true)), Ok(SqlValue::Integer(1)));
        assert_eq!(parameter(0, &json!(1.5)), Ok(SqlValue::Real(1.5)));
        assert_eq!(
            parameter(2, &json!([1])).unwrap_err().errors[0]["message"],
            "Invalid property: params.2 => Expected string, received array"
        );
    }
}
