//! How a recipe and the account are compared, field by field.

use super::super::foresee::{asked, new_fields, observed};
use super::super::overlay::overlaid;
use super::*;
use crate::events::Cost;

/// Every field, as the account has it.
fn full() -> Live {
    live(json!({
        "size": 1, "config": {"limit": 2, "other": true}, "kind": "a", "where": "west", "secret": "half",
        "tags": {"x": "1"}, "made": "today", "jurisdiction": "eu"
    }))
}

#[test]
fn what_differs_is_sorted_by_what_may_become_of_it() {
    let want = options(json!({
        "size": 2, "limit": 3, "kind": "b", "region": "east", "secret": "s", "tags": {"x": "2", "y": "3"},
        "jurisdiction": "us", "made": "tomorrow"
    }));
    let expected = Difference {
        updates: vec![change("/size", 1, 2), change("/limit", 2, 3), change("/tags/y", Json::Null, "3")],
        fixed: vec![change("/kind", "a", "b"), change("/tags/x", "1", "2")],
        hints: vec![change("/region", "west", "east")],
        write_only: vec![change("/secret", "(not returned)", "(not compared)")],
    };
    assert_eq!(diff::<Thing>(&want, &full()), expected);
    let same = options(json!({"size": 1.0, "limit": 2, "kind": "a", "region": "west", "tags": {"x": "1"}}));
    assert_eq!(diff::<Thing>(&same, &full()), Difference::default());
    // What is not there is another, but for a hint.
    let want = options(json!({"size": 1, "kind": "a", "region": "east", "tags": {"x": "1"}}));
    let expected = Difference {
        updates: vec![change("/size", Json::Null, 1), change("/tags/x", Json::Null, "1")],
        fixed: vec![change("/kind", Json::Null, "a")],
        ..Difference::default()
    };
    assert_eq!(diff::<Thing>(&want, &live(json!({}))), expected);
}

#[test]
fn a_plan_lists_what_is_asked_and_what_is_there_but_nothing_secret() {
    let want = options(json!({"size": 2, "limit": null, "secret": "s", "jurisdiction": "eu"}));
    let of =
        |json: Json| -> std::collections::BTreeMap<String, Json> { serde_json::from_value(json).unwrap() };
    assert_eq!(asked::<Thing>(&want, &full()), of(json!({"/size": 2, "/jurisdiction": "eu"})));
    let there = json!({
        "/size": 1, "/limit": 2, "/kind": "a", "/region": "west", "/tags": {"x": "1"}, "/jurisdiction": "eu"
    });
    assert_eq!(observed::<Thing>(&full()), of(there));
    assert_eq!(observed::<Thing>(&live(json!({"size": null}))), of(json!({})));
    let secret = change("/secret", Json::Null, "(not returned)");
    assert_eq!(new_fields::<Thing>(&want, &full()), [change("/size", Json::Null, 2), secret]);
    let none = options(json!({"secret": null, "kind": "a"}));
    assert_eq!(new_fields::<Thing>(&none, &full()), [change("/kind", Json::Null, "a")]);
}

#[test]
fn what_is_asked_is_laid_over_what_is_there() {
    let want = options(json!({
        "size": 2, "limit": 3, "secret": "s", "tags": {"y": "2"}, "region": "east", "made": "tomorrow"
    }));
    let expected = live(json!({
        "size": 2, "config": {"limit": 3, "other": true}, "kind": "a", "where": "east", "secret": "half",
        "tags": {"x": "1", "y": "2"}, "made": "today", "jurisdiction": "eu"
    }));
    assert_eq!(overlaid::<Thing>(&full(), &want), expected);
}

#[test]
fn what_can_be_asked_for_is_read_from_what_is_there() {
    let options = json!({"size": 1, "limit": 2, "kind": "a", "region": "west", "tags": {"x": "1"}});
    assert_eq!(readable::<Thing>(&full()), options);
    assert_eq!(Thing::described(&full()), options);
    assert_eq!(readable::<Thing>(&live(json!({"size": null}))), json!({}));
}

#[test]
fn a_handle_shows_what_an_option_sets_under_its_name() {
    let shown = json!({
        "size": 1, "config": {"limit": 2, "other": true}, "limit": 2, "kind": "a", "where": "west",
        "region": "west", "secret": "half", "tags": {"x": "1"}, "made": "today", "jurisdiction": "eu"
    });
    assert_eq!(value_of::<Thing>(&full()).to_json(), Some(thing(shown)));
    // Its own word stays.
    let both = json!({"where": "west", "region": "the server's"});
    assert_eq!(value_of::<Thing>(&live(both.clone())).to_json(), Some(thing(both)));
    let renamed = json!({"title": "A", "id": "i-1"});
    let namespace = serde_json::from_value(renamed).unwrap();
    let shown = value_of::<crate::services::kv::resource::Namespace>(&namespace).to_json();
    assert_eq!(shown, Some(json!({"title": "A", "id": "i-1", "name": "A"})));
}

#[test]
fn a_write_costs_one_request_where_a_kind_says_nothing_else() {
    assert_eq!(Thing::cost_of_create(&Options::default()), Cost { reads: 0, writes: 1 });
    assert_eq!(Thing::cost_of_update(&[]), Cost { reads: 0, writes: 1 });
}
