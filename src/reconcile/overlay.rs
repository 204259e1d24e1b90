//! The planned resources of a recipe, over those of the account.
//!
//! **Invariant:** what the recipe does not name stays as it was received, also inside objects.

use super::diff::equal;
use super::pointer::put;
use super::resource::{Policy, Resource};
use serde_json::Value as Json;

/// What the live resource would be after the update.
pub(super) fn overlaid<R: Resource>(live: &R::Live, options: &R::Options) -> R::Live {
    let want = R::wanted(options, live);
    let mut have = serde_json::to_value(live).unwrap_or_default();
    for field in R::FIELDS {
        // What is never returned is not shown by a plan either: it may be a credential.
        if matches!(field.policy, Policy::Server | Policy::WriteOnly) {
            continue;
        }
        if let Some(to) = want.pointer(field.desired) {
            let mut value = have.pointer(field.live).cloned().unwrap_or_default();
            lay_over(&mut value, to);
            put(&mut have, field.live, value);
        }
    }
    serde_json::from_value(have).unwrap_or_else(|_| live.clone())
}

/// Lays one value over another: objects key by key; in a list, an item that is there already is kept as it is there,
/// with what the server added to it.
pub fn lay_over(have: &mut Json, want: &Json) {
    match (have, want) {
        (Json::Object(have), Json::Object(want)) => {
            for (key, want) in want {
                lay_over(have.entry(key.as_str()).or_insert(Json::Null), want);
            }
        }
        (Json::Array(have), Json::Array(want)) => {
            let kept = |want: &Json| have.iter().find(|item| equal(item, want)).unwrap_or(want).clone();
            *have = want.iter().map(kept).collect();
        }
        (have, want) => *have = want.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_named_stays() {
        let mut have = json!({"a": {"x": 1, "server": true}, "b": 2, "rules": [{"id": "r1", "limit": 5}]});
        lay_over(&mut have, &json!({"a": {"x": 3}, "rules": [{"limit": 9}, {"limit": 5.0}], "c": null}));
        assert_eq!(
            have,
            json!({
                "a": {"x": 3, "server": true},
                "b": 2,
                "rules": [{"limit": 9}, {"id": "r1", "limit": 5}],
                "c": null
            })
        );
    }

    #[test]
    fn a_pointer_makes_its_way() {
        let mut json = json!({"config": {"metric": "cosine"}, "flat": 1});
        put(&mut json, "/config/dimensions", json!(768));
        put(&mut json, "/flat/deep", json!(2));
        assert_eq!(json, json!({"config": {"metric": "cosine", "dimensions": 768}, "flat": {"deep": 2}}));
    }
}
