use super::AiGateway;
use super::fields::{Absent, FIELDS};
use crate::local::testing::{DEFAULT_ACCOUNT_ID, TestAccount};
use serde_json::{Value, json};

const LIST: &str = "/ai-gateway/gateways";
const GW: &str = "/ai-gateway/gateways/gw";

fn account() -> TestAccount {
    TestAccount::with(&[&AiGateway])
}

fn least() -> Value {
    json!({"id": "gw", "cache_invalidate_on_update": true, "cache_ttl": 0, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = least();
    body[field] = value;
    body
}

#[test]
fn a_gateway_is_created_with_defaults_and_deleted() {
    let account = account();
    let created = account.ok("POST", LIST, least());
    let date = "2026-01-01T00:00:00.000000Z";
    let mut expected = json!({
        "authentication": false, "log_management": null, "log_management_strategy": null, "logpush": false,
        "logpush_public_key": null, "otel": null, "guardrails": null, "spend_limits": null,
        "rate_limiting_technique": null, "retry_max_attempts": null, "retry_delay": null, "retry_backoff": null,
        "store_id": null, "stripe": null, "workers_ai_billing_mode": "postpaid", "zdr": false,
        "is_default": false, "created_at": date, "modified_at": date,
        "account_id": DEFAULT_ACCOUNT_ID, "account_tag": DEFAULT_ACCOUNT_ID, "internal_id": created["internal_id"],
    });
    for (field, value) in least().as_object().unwrap() {
        expected[field] = value.clone();
    }
    assert_eq!(created, expected);
    assert_eq!(account.ok("GET", GW, Value::Null), created);
    assert_eq!(account.ok("DELETE", GW, Value::Null), created);
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(account.refused(method, GW, least()), (404, 7002));
    }
}

#[test]
fn a_known_id_is_refused_as_a_wrong_field() {
    let account = account();
    account.ok("POST", LIST, least());
    let (status, reply) = account.call("POST", LIST, least());
    assert_eq!(status, 400);
    let message = "Gateway with id gw already exists";
    assert_eq!(reply["errors"], json!([{"code": 7001, "message": message, "path": ["body", "id"]}]));
}

#[test]
fn five_fields_are_required_by_create_and_replace() {
    let account = account();
    account.ok("POST", LIST, least());
    for (method, path) in [("POST", LIST), ("PUT", GW)] {
        let (status, reply) = account.call(method, path, json!({"id": "other"}));
        assert_eq!(status, 400);
        let errors = reply["errors"].as_array().unwrap();
        let found: Vec<_> =
            errors.iter().map(|error| (&error["path"][1], &error["message"], &error["code"])).collect();
        let (number, missing, code) =
            (json!("Expected number, received nan"), json!("Required"), json!(7001));
        let fields = [
            ("cache_invalidate_on_update", &missing),
            ("cache_ttl", &number),
            ("collect_logs", &missing),
            ("rate_limiting_interval", &number),
            ("rate_limiting_limit", &number),
        ]
        .map(|(field, message)| (json!(field), message));
        let expected: Vec<_> = fields.iter().map(|(field, message)| (field, *message, &code)).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn bounds_are_kept() {
    let account = account();
    for (field, good, bad) in [
        ("cache_ttl", json!([0, 3600, null]), json!([-1, 1.5, "1", true])),
        ("collect_logs", json!([true, false]), json!([null, 1, "true"])),
        ("rate_limiting_technique", json!(["fixed", "sliding", null]), json!(["FIXED", 1])),
        ("authentication", json!([true]), json!([null, "yes"])),
        ("log_management", json!([10_000, 10_000_000, null]), json!([9_999, 10_000_001])),
        ("log_management_strategy", json!(["STOP_INSERTING", "DELETE_OLDEST", null]), json!(["DELETE"])),
        (
            "logpush_public_key",
            json!(["k".repeat(16), "k".repeat(1024), null]),
            json!(["k".repeat(15), "k".repeat(1025)]),
        ),
        ("retry_max_attempts", json!([1, 5, null]), json!([0, 6])),
        ("retry_delay", json!([0, 60_000, null]), json!([-1, 60_001])),
        ("retry_backoff", json!(["constant", "linear", "exponential", null]), json!(["none"])),
        ("workers_ai_billing_mode", json!(["postpaid", "unified"]), json!(["prepaid"])),
        (
            "otel",
            json!([null, [{"url": "https://x", "headers": {}, "content_type": "json"}]]),
            json!([{}, [{}], [1], [{"url": "https://x", "headers": {}, "content_type": "xml"}]]),
        ),
        (
            "dlp",
            json!([{"enabled": true, "action": "BLOCK", "profiles": []}, {"enabled": true, "policies": []}]),
            json!([{}, {"enabled": true, "action": "DROP"}]),
        ),
        (
            "guardrails",
            json!([null, {"prompt": {"S1": "BLOCK"}, "response": {}}]),
            json!([{}, {"prompt": {"S1": "LOG"}, "response": {}}]),
        ),
        (
            "spend_limits",
            json!([null, {"rules": [{"limit": 1.5, "limitType": "cost", "window": 60}]}]),
            json!([{"rules": [{"limit": 1, "limit_type": "cost", "window": 60}]}, []]),
        ),
        (
            "stripe",
            json!([null, {"authorization": "a", "usage_events": [{"payload": "p"}]}]),
            json!([{"authorization": "a"}]),
        ),
        ("id", json!(["a", "0-9", "a".repeat(64)]), json!(["", "A", "a_b", "-a", "a".repeat(65), 1])),
    ] {
        for value in good.as_array().unwrap() {
            let body = with(field, value.clone());
            let id = account.ok("POST", LIST, body.clone())["id"].as_str().unwrap().to_owned();
            let kept = account.ok("DELETE", &format!("{LIST}/{id}"), Value::Null);
            assert_eq!(kept[field], body[field], "{body}");
        }
        for value in bad.as_array().unwrap() {
            let (status, reply) = account.call("POST", LIST, with(field, value.clone()));
            assert_eq!(status, 400, "{field}: {value}");
            let error = &reply["errors"][0];
            assert_eq!((&error["code"], &error["path"]), (&json!(7001), &json!(["body", field])), "{value}");
        }
    }
    assert_eq!(account.refused("POST", LIST, json!([])), (400, 7001));
}

#[test]
fn a_replacement_resets_what_it_leaves_out() {
    let account = account();
    account.ok("POST", LIST, with("log_management", json!(20_000)));
    let replaced = account.ok("PUT", GW, with("cache_ttl", json!(60)));
    assert_eq!((&replaced["cache_ttl"], &replaced["log_management"]), (&json!(60), &Value::Null));
    assert_eq!(account.ok("GET", GW, Value::Null), replaced);
    assert_eq!(account.refused("PUT", GW, with("cache_ttl", json!(-1))), (400, 7001));
    assert_eq!(account.ok("GET", GW, Value::Null), replaced);
}

#[test]
fn the_list_is_searched_and_paged() {
    let account = account();
    for id in ["b", "a", "ab"] {
        account.ok("POST", LIST, with("id", json!(id)));
    }
    let ids = |query: &str| {
        let (_, reply) = account.call("GET", &format!("{LIST}?{query}"), Value::Null);
        let rows = reply["result"].as_array().unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        (ids.join(","), reply["result_info"]["total_count"].clone())
    };
    assert_eq!(ids(""), ("a,ab,b".into(), json!(3)));
    assert_eq!(ids("search=b&per_page=1&page=2"), ("b".into(), json!(2)));
    let (status, reply) = account.call("GET", &format!("{LIST}?per_page=101"), Value::Null);
    assert_eq!((status, &reply["errors"][0]["path"]), (400, &json!(["query", "per_page"])));
}

#[test]
fn a_provider_has_an_address() {
    let account = account();
    account.ok("POST", LIST, least());
    let url = account.ok("GET", &format!("{GW}/url/openai"), Value::Null);
    assert_eq!(url, format!("https://gateway.ai.cloudflare.com/v1/{DEFAULT_ACCOUNT_ID}/gw/openai"));
    assert_eq!(account.refused("GET", &format!("{LIST}/nope/url/openai"), Value::Null), (404, 7002));
}

#[test]
fn every_default_keeps_its_own_rule() {
    for field in FIELDS {
        if let Some(value) = field.absent.value() {
            assert_eq!(field.rule.check(&value), Ok(()), "{}", field.name);
        }
    }
    assert_eq!(FIELDS.iter().filter(|field| matches!(field.absent, Absent::Required)).count(), 5);
}

#[test]
fn what_a_gateway_gathers_is_an_empty_list() {
    let account = account();
    for list in ["logs", "datasets", "evaluations"] {
        let path = format!("{GW}/{list}");
        assert_eq!(account.refused("GET", &path, Value::Null), (404, 7002), "{list}");
    }
    account.ok("POST", LIST, least());
    for list in ["logs", "datasets", "evaluations"] {
        let (status, reply) = account.call("GET", &format!("{GW}/{list}?page=2&per_page=50"), Value::Null);
        let info = json!({"page": 2, "per_page": 50, "count": 0, "total_count": 0, "total_pages": 0});
        let list = json!({"result": [], "result_info": info, "success": true, "errors": [], "messages": []});
        assert_eq!((status, reply), (200, list));
        assert_eq!(account.refused("GET", &format!("{GW}/logs?per_page=101"), Value::Null), (400, 7001));
    }
}
