//! Rules of a bucket: returned as sent, refused if malformed, specific to a jurisdiction, deleted with the bucket.

use super::{LIST, account, in_jurisdiction};
use crate::local::testing::TestAccount;
use crate::system::Clock;
use serde_json::{Value, json};
use std::time::Duration;

fn with_bucket() -> TestAccount {
    let account = account();
    account.ok("POST", LIST, json!({"name": "uploads"}));
    account
}

fn path(kind: &str) -> String {
    format!("/r2/buckets/uploads/{kind}")
}

/// A kind of rules: what a new bucket answers, rules that are taken, and rules that are not, each with the place that is named.
type Rules = (&'static str, Value, Value, Vec<(Value, &'static str)>);

fn kinds() -> [Rules; 3] {
    let age = json!({"type": "Age", "maxAge": 86400});
    let lifecycle = |field: &str, value: Value| {
        let mut rule = json!({"id": "a", "enabled": true, "conditions": {}});
        rule[field] = value;
        rule
    };
    let lock = |condition: Value| json!({"id": "a", "enabled": true, "prefix": "", "condition": condition});
    let cors = |field: &str, value: Value| {
        let mut rule = json!({"allowed": {"methods": ["GET"], "origins": ["*"]}});
        rule[field] = value;
        rule
    };
    [
        (
            "cors",
            Value::Null,
            json!([
                {"id": "web", "allowed": {"methods": ["GET", "HEAD"], "origins": ["https://a.b"], "headers": ["x-a"]},
                    "exposeHeaders": ["etag"], "maxAgeSeconds": 86400},
                {"allowed": {"methods": ["PUT"], "origins": ["*"]}},
            ]),
            vec![
                (json!(1), "rules[0]"),
                (json!({}), "rules[0].allowed"),
                (cors("allowed", json!({"methods": [], "origins": ["*"]})), "rules[0].allowed.methods"),
                (
                    cors("allowed", json!({"methods": ["PATCH"], "origins": ["*"]})),
                    "rules[0].allowed.methods[0]",
                ),
                (cors("allowed", json!({"methods": ["GET"], "origins": []})), "rules[0].allowed.origins"),
                (cors("exposeHeaders", json!("etag")), "rules[0].exposeHeaders"),
                (cors("maxAgeSeconds", json!(86401)), "rules[0].maxAgeSeconds"),
            ],
        ),
        (
            "lifecycle",
            json!([{"id": "Default Multipart Abort Rule", "enabled": true, "conditions": {"prefix": ""},
                "abortMultipartUploadsTransition": {"condition": {"type": "Age", "maxAge": 604_800}}}]),
            json!([{"id": "a", "enabled": false, "conditions": {"prefix": "logs/"},
                "deleteObjectsTransition": {"condition": {"type": "Date", "date": "2027-01-01T00:00:00.000Z"}},
                "abortMultipartUploadsTransition": {"condition": age},
                "storageClassTransitions": [{"condition": age, "storageClass": "InfrequentAccess"}]}]),
            vec![
                (json!({"enabled": true, "conditions": {}}), "rules[0].id"),
                (json!({"id": "a", "conditions": {}}), "rules[0].enabled"),
                (json!({"id": "a", "enabled": true}), "rules[0].conditions"),
                (
                    lifecycle("abortMultipartUploadsTransition", json!({"condition": {"type": "Date"}})),
                    "rules[0].abortMultipartUploadsTransition.condition.type",
                ),
                (
                    lifecycle(
                        "deleteObjectsTransition",
                        json!({"condition": {"type": "Date", "date": "soon"}}),
                    ),
                    "rules[0].deleteObjectsTransition.condition.date",
                ),
                (
                    lifecycle(
                        "storageClassTransitions",
                        json!([{"condition": age, "storageClass": "Standard"}]),
                    ),
                    "rules[0].storageClassTransitions[0].storageClass",
                ),
            ],
        ),
        (
            "lock",
            json!([]),
            json!([
                {"id": "a", "enabled": true, "prefix": "a/", "condition": {"type": "Age", "maxAgeSeconds": 60}},
                {"id": "b", "enabled": true, "condition": {"type": "Date", "date": "2027-01-01"}},
                {"id": "c", "enabled": false, "condition": {"type": "Indefinite"}},
            ]),
            vec![
                (lock(json!({"type": "Age", "maxAge": 60})), "rules[0].condition.maxAgeSeconds"),
                (lock(json!({"type": "Never"})), "rules[0].condition.type"),
                (lock(json!({"type": "Date", "date": ""})), "rules[0].condition.date"),
            ],
        ),
    ]
}

#[test]
fn rules_are_given_back_as_they_were_sent_and_go_with_their_bucket() {
    for (kind, at_first, rules, _) in kinds() {
        let account = account();
        let path = path(kind);
        assert_eq!(account.refused("GET", &path, Value::Null), (404, 10006), "{kind}");
        assert_eq!(account.refused("PUT", &path, json!({"rules": rules})), (404, 10006), "{kind}");
        account.ok("POST", LIST, json!({"name": "uploads"}));
        let untouched = |account: &TestAccount| match &at_first {
            Value::Null => assert_eq!(account.refused("GET", &path, Value::Null), (404, 10059)),
            rules => assert_eq!(account.ok("GET", &path, Value::Null), json!({ "rules": rules })),
        };
        untouched(&account);
        let digest = account.account.digest().unwrap();
        assert_eq!(account.ok("PUT", &path, json!({"rules": rules})), json!({}), "{kind}");
        assert_eq!(account.ok("GET", &path, Value::Null), json!({"rules": rules}), "{kind}");
        assert_ne!(account.account.digest().unwrap(), digest, "{kind}");
        account.ok("PUT", &path, json!({"rules": rules}));
        assert!(!account.last_changed(), "{kind}");
        let elsewhere = in_jurisdiction(&account, "eu", "GET", &path, "").to_json();
        assert_eq!(elsewhere["errors"][0]["code"], 10006, "{kind}");
        account.ok("PUT", &path, json!({"rules": []}));
        assert_eq!(account.ok("GET", &path, Value::Null), json!({"rules": []}), "{kind}");
        account.ok("DELETE", "/r2/buckets/uploads", Value::Null);
        account.ok("POST", LIST, json!({"name": "uploads"}));
        untouched(&account);
    }
}

#[test]
fn a_rule_that_is_none_is_refused_by_its_place() {
    for (kind, _, rules, wrong) in kinds() {
        let account = with_bucket();
        account.ok("PUT", &path(kind), json!({"rules": rules}));
        let double = (json!([rules[0], rules[0]]), "rules[1].id");
        let wrong = wrong.into_iter().map(|(rule, place)| (json!([rule]), place));
        let wrong = wrong.chain([double, (json!({}), "rules"), (Value::Null, "rules")]);
        for (rules, place) in wrong {
            let (status, reply) = account.call("PUT", &path(kind), json!({"rules": rules}));
            let message = format!("The JSON you provided was not well formed: {place}");
            let errors = json!([{"code": 10040, "message": message}]);
            assert_eq!((status, &reply["errors"]), (400, &errors), "{kind} {rules}");
        }
        assert_eq!(account.ok("GET", &path(kind), Value::Null), json!({"rules": rules}), "{kind}");
    }
}

#[test]
fn what_is_locked_is_neither_deleted_nor_overwritten() {
    let account = with_bucket();
    let object = |key: &str| format!("/r2/buckets/uploads/objects/{key}");
    let put = |key: &str| {
        let reply = account.send(&account.request("PUT", &object(key)).with_body("x"));
        (reply.status, reply.to_json()["errors"][0]["code"].clone())
    };
    let lock = |prefix: &str, enabled: bool, condition: Value| {
        let rule = json!({"id": "a", "enabled": enabled, "prefix": prefix, "condition": condition});
        account.ok("PUT", &path("lock"), json!({"rules": [rule]}));
    };
    assert_eq!((put("a/1").0, put("b/1").0), (200, 200));
    lock("a/", true, json!({"type": "Indefinite"}));
    assert_eq!(put("a/1"), (403, json!(10069)));
    assert_eq!(account.refused("DELETE", &object("a/1"), Value::Null), (403, 10069));
    let several = json!(["b/1", "a/1"]);
    assert_eq!(account.refused("DELETE", &path("objects"), several), (403, 10069));
    // What is new, or not under the prefix, is free.
    assert_eq!((put("a/2").0, put("b/1").0), (200, 200));
    lock("a/", false, json!({"type": "Indefinite"}));
    assert_eq!(put("a/1").0, 200);
    for condition in [
        json!({"type": "Age", "maxAgeSeconds": 3600}),
        json!({"type": "Date", "date": "2026-01-01T01:00:00Z"}),
    ] {
        lock("", true, condition);
        assert_eq!(account.refused("DELETE", &object("a/2"), Value::Null), (403, 10069));
    }
    drop(account.clock.sleep(Duration::from_hours(1)));
    account.ok("DELETE", &object("a/2"), Value::Null);
    lock("", true, json!({"type": "Age", "maxAgeSeconds": u64::MAX}));
    assert_eq!(account.refused("DELETE", &object("a/1"), Value::Null), (403, 10069));
}
