//! Converts values as D1 does, independently of the local account's code.
//!
//! **Invariant:** what is exact reads the same from D1 and from any server that follows it.

use rusqlite::types::Value;
use serde_json::{Map, Value as Json};

/// Beyond this, a number of JavaScript is no longer the one that was stored.
const WHOLE_MAX: u64 = 1 << 53;

pub fn bound(json: &Json) -> Value {
    match json {
        Json::Bool(flag) => Value::Integer(i64::from(*flag)),
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Integer(whole),
            (None, real) => real.map_or(Value::Null, Value::Real),
        },
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}

/// The same parameter as JavaScript may bind it, which has one kind of number.
pub fn bound_as_number(json: &Json) -> Value {
    match bound(json) {
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(whole) => Value::Real(whole as f64),
        other => other,
    }
}

/// A value that is read for its content.
pub fn given(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(whole) => Json::from(*whole),
        Value::Real(real) => Json::from(*real),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Blob(bytes) => Json::from(bytes.as_slice()),
    }
}

/// A value that is given in one way only: `1.0` may come as `1`, and a large number as another.
pub fn exact(value: &Value) -> Option<Json> {
    let is_exact = match value {
        Value::Integer(whole) => whole.unsigned_abs() <= WHOLE_MAX,
        Value::Real(real) => real.is_finite() && real.fract() != 0.0,
        Value::Text(text) => !text.contains(['\0', '\u{fffd}']),
        Value::Null | Value::Blob(_) => true,
    };
    is_exact.then(|| given(value))
}

/// Whether two copies give the same; a whole number may be stored as one with a fraction.
pub fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        #[allow(clippy::cast_precision_loss)]
        (Value::Integer(one), Value::Real(other)) => (*one as f64).to_bits() == other.to_bits(),
        _ => one == other,
    }
}

/// A row by column. Of several columns with one name, the last counts.
pub fn row<'a>(
    columns: &[String],
    values: impl IntoIterator<Item = &'a Value>,
    of: impl Fn(&Value) -> Option<Json>,
) -> Option<Map<String, Json>> {
    let named = columns.iter().zip(values).map(|(name, value)| Some((name.clone(), of(value)?)));
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_written_in_one_way_is_exact() {
        for (value, json) in [
            (Value::Integer(-7), json!(-7)),
            (Value::Real(2.5), json!(2.5)),
            (Value::Text("é".into()), json!("é")),
            (Value::Blob(vec![0, 255]), json!([0, 255])),
            (Value::Null, Json::Null),
        ] {
            assert_eq!(exact(&value), Some(json));
        }
        for value in [
            Value::Integer((1 << 53) + 1),
            Value::Real(2.0),
            Value::Real(f64::INFINITY),
            Value::Text("a\0b".into()),
        ] {
            assert_eq!(exact(&value), None, "{value:?}");
        }
    }

    #[test]
    fn a_whole_number_may_be_bound_with_a_fraction() {
        assert_eq!((bound(&json!(true)), bound(&json!(3))), (Value::Integer(1), Value::Integer(3)));
        assert_eq!(bound_as_number(&json!(3)), Value::Real(3.0));
        assert!(is_same(&Value::Integer(3), &Value::Real(3.0)));
        assert!(!is_same(&Value::Integer(3), &Value::Real(3.5)));
        assert!(!is_same(&Value::Real(3.0), &Value::Integer(3)));
    }
}
