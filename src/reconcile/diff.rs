//! Compares the account with the recipe, field by field, in canonical form.
//!
//! **Invariant:** a field that the recipe does not name is not compared.

use super::resource::{Compare, Field, Policy, Resource};
use crate::events::Change;
use serde_json::Value as Json;

#[derive(Debug, Default, PartialEq)]
pub struct Difference {
    pub updates: Vec<Change>,
    /// Fields that can't be changed.
    pub fixed: Vec<Change>,
    /// Fields where the server chose otherwise.
    pub hints: Vec<Change>,
    /// Fields that are never returned.
    pub write_only: Vec<Change>,
}

pub fn diff<R: Resource>(options: &R::Options, live: &R::Live) -> Difference {
    let want = R::wanted(options, live);
    let have = serde_json::to_value(live).unwrap_or_default();
    let mut difference = Difference::default();
    for field in R::FIELDS {
        let Some(to) = want.pointer(field.desired) else { continue };
        let from = have.pointer(field.live).unwrap_or(&Json::Null);
        let change = Change { field: field.desired.to_owned(), from: from.clone(), to: to.clone() };
        match field.policy {
            Policy::Grow => grow(field, from, to, &mut difference),
            Policy::WriteOnly => {
                let (from, to) = (Json::from("(not returned)"), Json::from("(not compared)"));
                difference.write_only.push(Change { from, to, ..change });
            }
            _ if same(field.compare, from, to) => {}
            Policy::Update => difference.updates.push(change),
            Policy::Fixed => difference.fixed.push(change),
            // What was only a hint and is not returned may be as asked.
            Policy::Hint if have.pointer(field.live).is_none() => {}
            Policy::Hint => difference.hints.push(change),
            Policy::Server | Policy::Place => {}
        }
    }
    difference
}

fn grow(field: &Field, from: &Json, to: &Json, difference: &mut Difference) {
    for (key, to) in to.as_object().into_iter().flatten() {
        let change = |from: &Json| Change {
            field: format!("{}/{key}", field.desired),
            from: from.clone(),
            to: to.clone(),
        };
        match from.get(key) {
            None => difference.updates.push(change(&Json::Null)),
            Some(from) if same(field.compare, from, to) => {}
            Some(from) => difference.fixed.push(change(from)),
        }
    }
}

fn same(compare: Compare, from: &Json, to: &Json) -> bool {
    match compare {
        Compare::Exact => equal(from, to),
        Compare::AnyCase => match (from.as_str(), to.as_str()) {
            (Some(from), Some(to)) => from.eq_ignore_ascii_case(to),
            _ => from == to,
        },
        Compare::Set => match (from.as_array(), to.as_array()) {
            (Some(from), Some(to)) => {
                from.len() == to.len()
                    && from.iter().all(|item| to.iter().any(|other| equal(item, other)))
                    && to.iter().all(|item| from.iter().any(|other| equal(item, other)))
            }
            _ => from == to,
        },
        Compare::ZeroIsNull => {
            let canonical =
                |value: &Json| if value.as_f64() == Some(0.0) { Json::Null } else { value.clone() };
            equal(&canonical(from), &canonical(to))
        }
    }
}

/// `1` and `1.0` are the same number, two large whole numbers are compared digit by digit; what one side leaves out of a nested object is not compared on the other.
pub(super) fn equal(from: &Json, to: &Json) -> bool {
    match (from, to) {
        (Json::Number(from), Json::Number(to)) => {
            from == to || (from.is_f64() || to.is_f64()) && from.as_f64() == to.as_f64()
        }
        (Json::Object(from), Json::Object(to)) => {
            to.iter().all(|(key, to)| equal(from.get(key).unwrap_or(&Json::Null), to))
        }
        (Json::Array(from), Json::Array(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(from, to)| equal(from, to))
        }
        _ => from == to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_forms() {
        assert!(same(Compare::AnyCase, &json!("WEUR"), &json!("weur")));
        assert!(!same(Compare::AnyCase, &json!("WEUR"), &json!("enam")));
        assert!(same(Compare::Set, &json!(["a", "b"]), &json!(["b", "a"])));
        assert!(!same(Compare::Set, &json!(["a", "a"]), &json!(["a", "b"])));
        assert!(!same(Compare::Set, &json!(["a", "b"]), &json!(["a", "a"])));
        assert!(!same(Compare::Set, &json!(["a"]), &json!(["a", "a"])));
        assert!(same(Compare::Set, &json!(null), &json!(null)));
        assert!(!same(Compare::AnyCase, &json!(1), &json!(2)));
        assert!(same(Compare::ZeroIsNull, &json!(null), &json!(0)));
        assert!(!same(Compare::ZeroIsNull, &json!(null), &json!(1)));
        assert!(same(Compare::Exact, &json!(1.0), &json!(1)));
        assert!(same(Compare::Exact, &json!(1), &json!(1.0)));
        assert!(!same(Compare::Exact, &json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)));
        assert!(same(Compare::Exact, &json!({"a": 1, "server": true}), &json!({"a": 1})));
        assert!(!same(Compare::Exact, &json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(same(Compare::Exact, &json!({"a": 1}), &json!({"a": 1, "b": null})));
        assert!(!same(Compare::Exact, &json!([1, 2]), &json!([1])));
        assert!(!same(Compare::Exact, &json!([1, 2]), &json!([2, 1])));
        assert!(!same(Compare::Exact, &json!([1, 2]), &json!([1, 3])));
        assert!(!same(Compare::Exact, &json!(1.5), &json!(2.5)));
    }
}
