//! Compares a body with the live resource, field by field.
//!
//! **Invariant:** no secret is shown, neither one of the body nor what an answer gives as a credential.

use super::super::redaction::redact;
use crate::events::Change;
use crate::op::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What stands in a change for what nobody may see.
const SECRET: &str = "(secret)";

#[derive(Debug, Default, PartialEq)]
pub(super) struct BodyComparison {
    pub(super) changes: Vec<Change>,
    /// Fields that are secrets, which are not compared.
    pub(super) secrets: Vec<String>,
}

/// Compares the fields of a body with what is there; what the body does not name is not compared.
pub(super) fn compare(path: &str, body: &BTreeMap<String, Value>, have: &Json) -> BodyComparison {
    let body = Value::Map(body.clone());
    let (shown_body, shown_have) = (redact(path, body.clone()), redact(path, Value::from(have.clone())));
    let mut found = BodyComparison::default();
    let (want, have) = ((&body, Some(&shown_body)), (have, Some(&shown_have)));
    look(String::new(), want, have, &mut found);
    found
}

/// A value, and as people may see it.
type ShownValue<'a, T> = (&'a T, Option<&'a Value>);

fn look(field: String, want: ShownValue<'_, Value>, have: ShownValue<'_, Json>, found: &mut BodyComparison) {
    match (want.0, have.0) {
        (Value::Secret(_), _) => found.secrets.push(name(&field)),
        (Value::Map(map), Json::Object(_) | Json::Null) => {
            for (key, item) in map {
                let below = |shown: Option<&Value>| shown.and_then(|shown| shown.get(key)).cloned();
                let (shown_want, shown_have) = (below(want.1), below(have.1));
                let live = have.0.get(key).unwrap_or(&Json::Null);
                let field = format!("{field}/{}", key.replace('~', "~0").replace('/', "~1"));
                look(field, (item, shown_want.as_ref()), (live, shown_have.as_ref()), found);
            }
        }
        (value, live) if is_same(value, live) => {
            found.secrets.extend((!value.secrets().is_empty()).then(|| name(&field)));
        }
        _ => found.changes.push(Change { field, from: shown(have.1), to: shown(want.1) }),
    }
}

/// Whether what is there has all that is wanted: of maps in a list, what they name.
fn is_same(want: &Value, have: &Json) -> bool {
    match (want, have) {
        (Value::Secret(_), _) | (Value::Unit, Json::Null) => true,
        (Value::Bool(want), Json::Bool(have)) => want == have,
        (Value::Str(want), Json::String(have)) => want == have,
        (Value::Int(want), Json::Number(have)) => {
            have.as_i64() == Some(*want)
                || have.as_f64() == Value::Int(*want).to_json().and_then(|json| json.as_f64())
        }
        (Value::Float(want), Json::Number(have)) => have.as_f64() == Some(*want),
        (Value::List(want), Json::Array(have)) => {
            want.len() == have.len() && want.iter().zip(have).all(|(want, have)| is_same(want, have))
        }
        (Value::Map(want), Json::Object(_) | Json::Null) => {
            want.iter().all(|(key, want)| is_same(want, have.get(key).unwrap_or(&Json::Null)))
        }
        _ => false,
    }
}

/// A field as people write it: `rules.0.id`.
fn name(field: &str) -> String {
    field.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

/// As a report may have it.
fn shown(value: Option<&Value>) -> Json {
    match value {
        None => Json::Null,
        Some(Value::Secret(_)) => Json::from(SECRET),
        Some(Value::List(items)) => items.iter().map(|item| shown(Some(item))).collect(),
        Some(Value::Map(map)) => {
            Json::Object(map.iter().map(|(key, item)| (key.clone(), shown(Some(item)))).collect())
        }
        Some(other) => other.to_json().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use serde_json::json;

    fn found(body: Json, have: Json) -> Vec<(String, Json, Json)> {
        let Value::Map(body) = Value::from(body) else { panic!("a body is a map") };
        let found = compare("/x", &body, &have);
        found.changes.into_iter().map(|change| (change.field, change.from, change.to)).collect()
    }

    #[test]
    fn maps_are_compared_by_field_and_lists_as_a_whole() {
        let have = json!({"a": 1, "b": {"c": "x", "d": [1, {"e": 2, "id": 7}]}, "more": true});
        for body in [
            json!({}),
            json!({"a": 1.0}),
            json!({"b": {}}),
            json!({"b": {"d": [1, {"e": 2}]}}),
            json!({"none": null, "b": {"none": {}}}),
            have.clone(),
        ] {
            assert_eq!(found(body.clone(), have.clone()), [], "{body}");
        }
        let field = |field: &str, from: Json, to: Json| (field.to_owned(), from, to);
        assert_eq!(
            found(json!({"a": 2, "b": {"c": "y", "d": [1]}, "n~/n": "x"}), have.clone()),
            [
                field("/a", json!(1), json!(2)),
                field("/b/c", json!("x"), json!("y")),
                field("/b/d", json!([1, {"e": 2, "id": 7}]), json!([1])),
                field("/n~0~1n", json!(null), json!("x")),
            ]
        );
        assert_eq!(found(json!({"a": {"b": 1}}), have.clone()), [field("/a", json!(1), json!({"b": 1}))]);
        assert_eq!(found(json!({"b": {"d": [{"e": 2}, 1]}}), have).len(), 1);
        assert_eq!(
            found(json!({"a": {"b": 1}, "c": [2]}), Json::Null),
            [field("/a/b", json!(null), json!(1)), field("/c", json!(null), json!([2]))]
        );
    }

    #[test]
    fn secrets_are_neither_compared_nor_shown() {
        let secret = || Value::Secret(Secret::new("hunter2".into()));
        let list = Value::List(vec![Value::Map([("key".to_owned(), secret())].into())]);
        let body = BTreeMap::from([
            ("auth".to_owned(), Value::Map([("pass".to_owned(), secret())].into())),
            ("keys".to_owned(), list),
        ]);
        let same = compare("/x", &body, &json!({"auth": {"pass": "****"}, "keys": [{"key": "z"}]}));
        assert_eq!((same.changes.len(), same.secrets), (0, vec!["auth.pass".to_owned(), "keys".to_owned()]));
        let other = compare("/x", &body, &json!({"keys": []}));
        assert_eq!(other.changes[0].to, json!([{"key": "(secret)"}]));
        let live = found(json!({"api_token": "new-value"}), json!({"api_token": "CANARY"}));
        assert_eq!(live, [("/api_token".to_owned(), json!("(secret)"), json!("(secret)"))]);
    }
}
