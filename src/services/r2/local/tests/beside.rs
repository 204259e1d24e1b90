//! Custom domains, Sippy, event notifications, and metrics.

use super::{LIST, account, in_jurisdiction};
use crate::local::testing::{DEFAULT_ACCOUNT_ID, TestAccount};
use serde_json::{Value, json};

const CUSTOM: &str = "/r2/buckets/uploads/domains/custom";
const ZONE: &str = "0123456789abcdef0123456789abcdef";
const SIPPY: &str = "/r2/buckets/uploads/sippy";
const EVENTS: &str = "/event_notifications/r2/uploads/configuration";

fn with_bucket() -> TestAccount {
    let account = account();
    account.ok("POST", LIST, json!({"name": "uploads"}));
    account
}

fn queue(digit: char) -> String {
    format!("{EVENTS}/queues/{}", digit.to_string().repeat(32))
}

#[test]
fn a_custom_domain_is_added_changed_and_removed() {
    let account = account();
    assert_eq!(account.refused("GET", CUSTOM, Value::Null), (404, 10006));
    account.ok("POST", LIST, json!({"name": "uploads"}));
    assert_eq!(account.ok("GET", CUSTOM, Value::Null), json!({"domains": []}));
    let body = json!({"domain": "Files.Example.com", "zoneId": ZONE});
    let added = json!({"domain": "files.example.com", "zoneId": ZONE, "enabled": true, "minTLS": "1.0"});
    assert_eq!(account.ok("POST", CUSTOM, body.clone()), added);
    let one = format!("{CUSTOM}/files.example.com");
    let mut shown = added;
    shown["status"] = json!({"ownership": "active", "ssl": "active"});
    assert_eq!(account.ok("GET", &one, Value::Null), shown);
    assert_eq!(account.ok("GET", CUSTOM, Value::Null), json!({"domains": [shown]}));

    let change = json!({"minTLS": "1.2", "ciphers": ["AES128-GCM-SHA256"]});
    let changed = json!({"domain": "files.example.com", "enabled": true, "minTLS": "1.2", "ciphers": ["AES128-GCM-SHA256"]});
    assert_eq!(account.ok("PUT", &one, change), changed);
    account.ok("PUT", &one, json!({"enabled": false}));
    shown["minTLS"] = "1.2".into();
    shown["ciphers"] = changed["ciphers"].clone();
    shown["enabled"] = false.into();
    assert_eq!(account.ok("GET", &one, Value::Null), shown);

    // One domain leads to one bucket, whatever its jurisdiction.
    account.ok("POST", LIST, json!({"name": "other"}));
    let again = account.call("POST", "/r2/buckets/other/domains/custom", body.clone());
    assert_eq!(
        (again.0, &again.1["errors"][0]["message"]),
        (409, &json!("The domain is already in use: files.example.com"))
    );
    in_jurisdiction(&account, "eu", "POST", LIST, "{\"name\":\"uploads\"}");
    assert_eq!(in_jurisdiction(&account, "eu", "POST", CUSTOM, &body.to_string()).status, 409);
    assert_eq!(in_jurisdiction(&account, "eu", "GET", &one, "").to_json()["errors"][0]["code"], 10053);

    assert_eq!(account.ok("DELETE", &one, Value::Null), json!({"domain": "files.example.com"}));
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(account.refused(method, &one, json!({})), (404, 10053), "{method}");
    }
    // It keeps no bucket, and goes with it.
    account.ok("POST", CUSTOM, body.clone());
    account.ok("DELETE", "/r2/buckets/uploads", Value::Null);
    account.ok("POST", "/r2/buckets/other/domains/custom", body);
}

#[test]
fn a_custom_domain_that_is_none_is_refused_by_its_place() {
    let account = with_bucket();
    let body = |field: &str, value: Value| {
        let mut body = json!({"domain": "files.example.com", "zoneId": ZONE});
        body[field] = value;
        body
    };
    for (field, values) in [
        ("domain", json!([null, "", "localhost", "a b.com", "-a.com", "a..com"])),
        ("zoneId", json!([null, "", "zone", ZONE.to_ascii_uppercase()])),
        ("enabled", json!(["yes", 1])),
        ("minTLS", json!(["1.4", 1.2])),
        ("ciphers", json!(["AES", [1]])),
    ] {
        for value in values.as_array().unwrap() {
            let (status, reply) = account.call("POST", CUSTOM, body(field, value.clone()));
            let message = reply["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
            assert_eq!((status, message.contains(&format!(": {field}"))), (400, true), "{value}: {message}");
        }
    }
    assert_eq!(account.ok("GET", CUSTOM, Value::Null), json!({"domains": []}));
    for number in 0..50 {
        account.ok("POST", CUSTOM, body("domain", format!("{number}.example.com").into()));
    }
    assert_eq!(account.refused("POST", CUSTOM, body("domain", "50.example.com".into())), (400, 10040));
}

#[test]
fn sippy_shows_its_source_and_keeps_no_secret() {
    let account = with_bucket();
    assert_eq!(account.ok("GET", SIPPY, Value::Null), json!({"enabled": false}));
    let key = |id: &str| json!({"accessKeyId": id, "secretAccessKey": "hush"});
    let with = |mut fields: Value, more: Value| {
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let destination = with(key("r2"), json!({"provider": "r2"}));
    for (source, shown) in [
        (
            with(key("aws"), json!({"provider": "aws", "bucket": "b", "region": "eu-west-1"})),
            json!({"provider": "aws", "bucket": "b", "region": "eu-west-1"}),
        ),
        (
            json!({"provider": "gcs", "bucket": "b", "clientEmail": "a@b", "privateKey": "hush"}),
            json!({"provider": "gcs", "bucket": "b"}),
        ),
        (
            with(key("s3"), json!({"provider": "s3", "bucketUrl": "https://s3.test/b"})),
            json!({"provider": "s3", "bucketUrl": "https://s3.test/b"}),
        ),
        (
            json!({"provider": "azure", "container": "c", "accountName": "n", "sasToken": "hush"}),
            json!({"provider": "azure", "container": "c"}),
        ),
    ] {
        let answer = account.ok("PUT", SIPPY, json!({"source": source, "destination": destination}));
        let into = json!({"provider": "r2", "bucket": "uploads", "account": DEFAULT_ACCOUNT_ID, "accessKeyId": "r2"});
        assert_eq!(answer, json!({"enabled": true, "source": shown, "destination": into}));
        assert_eq!(account.ok("GET", SIPPY, Value::Null), answer);
        assert!(!format!("{:?}", account.account.contents().unwrap()).contains("hush"));
        // Each of its fields is needed.
        for field in source.as_object().unwrap().keys() {
            let mut less = source.clone();
            less.as_object_mut().unwrap().remove(field);
            let body = json!({"source": less, "destination": destination});
            assert_eq!(account.refused("PUT", SIPPY, body), (400, 10040), "{field}");
        }
    }
    assert_eq!(account.refused("PUT", SIPPY, json!({"source": {"provider": "r2"}})), (400, 10040));
    assert_eq!(in_jurisdiction(&account, "eu", "GET", SIPPY, "").status, 404);
    assert_eq!(account.ok("DELETE", SIPPY, Value::Null), json!({"enabled": false}));
    assert_eq!(account.ok("GET", SIPPY, Value::Null), json!({"enabled": false}));
}

#[test]
fn rules_for_events_are_added_and_keep_their_bucket() {
    let account = account();
    let rule = |action: &str, prefix: &str, suffix: &str| json!({"rules": [{"actions": [action], "prefix": prefix, "suffix": suffix}]});
    assert_eq!(account.refused("GET", EVENTS, Value::Null), (404, 10085));
    assert_eq!(account.refused("PUT", &queue('a'), rule("PutObject", "", "")), (404, 10085));
    account.ok("POST", LIST, json!({"name": "uploads"}));
    assert_eq!(account.refused("GET", EVENTS, Value::Null), (404, 11015));
    assert_eq!(account.refused("GET", &queue('a'), Value::Null), (404, 11011));
    assert_eq!(account.ok("PUT", &queue('a'), rule("PutObject", "img/", ".png")), json!({}));
    account.ok("PUT", &queue('b'), rule("PutObject", "doc/", ""));
    account.ok("PUT", &queue('a'), rule("DeleteObject", "", ""));
    let listed = account.ok("GET", EVENTS, Value::Null);
    let rules = |queue: usize| listed["queues"][queue]["rules"].as_array().unwrap().clone();
    assert_eq!((&listed["bucketName"], rules(0).len(), rules(1).len()), (&json!("uploads"), 2, 1));
    assert_eq!(rules(0)[0]["actions"], json!(["PutObject"]));
    assert_eq!(account.ok("GET", &queue('a'), Value::Null), listed["queues"][0]);

    // What would be told twice: one event of one key by two rules, of whichever queue.
    for (action, prefix, suffix) in [
        ("PutObject", "", ""),
        ("PutObject", "img/a", ""),
        ("PutObject", "i", "a.png"),
        ("DeleteObject", "anything", ".gif"),
    ] {
        let sent = account.refused("PUT", &queue('c'), rule(action, prefix, suffix));
        assert_eq!(sent, (409, 11020), "{action} {prefix} {suffix}");
    }
    let twice = json!({"rules": [{"actions": ["CopyObject"]}, {"actions": ["CopyObject"], "prefix": "a"}]});
    assert_eq!(account.refused("PUT", &queue('c'), twice), (409, 11020));
    for body in [json!({}), json!({"rules": []}), json!({"rules": [{"actions": ["Look"]}]}), Value::Null] {
        assert_eq!(account.refused("PUT", &queue('c'), body), (400, 11014));
    }
    assert_eq!(account.refused("GET", &format!("{EVENTS}/queues/jobs"), Value::Null), (404, 11000));

    assert_eq!(account.refused("DELETE", "/r2/buckets/uploads", Value::Null), (409, 10008));
    let first = rules(0)[0]["ruleId"].clone();
    assert_eq!(account.refused("DELETE", &queue('b'), json!({"ruleIds": [first]})), (404, 11011));
    account.ok("DELETE", &queue('a'), json!({"ruleIds": [first]}));
    assert_eq!(account.ok("GET", &queue('a'), Value::Null)["rules"], json!([rules(0)[1]]));
    account.ok("DELETE", &queue('a'), Value::Null);
    account.ok("DELETE", &queue('b'), Value::Null);
    assert_eq!(account.refused("DELETE", &queue('b'), Value::Null), (404, 11011));
    account.ok("DELETE", "/r2/buckets/uploads", Value::Null);
}

#[test]
fn rules_for_events_are_bound_to_a_jurisdiction() {
    let account = with_bucket();
    in_jurisdiction(&account, "eu", "POST", LIST, "{\"name\":\"uploads\"}");
    let body = json!({"rules": [{"actions": ["PutObject"]}]});
    assert_eq!(in_jurisdiction(&account, "eu", "PUT", &queue('a'), &body.to_string()).status, 200);
    assert_eq!(account.refused("GET", EVENTS, Value::Null), (404, 11015));
    account.ok("PUT", &queue('a'), body);
    account.ok("DELETE", &queue('a'), Value::Null);
    assert_eq!(in_jurisdiction(&account, "eu", "GET", EVENTS, "").status, 200);
}

#[test]
fn metrics_count_what_all_buckets_hold_by_class() {
    const METRICS: &str = "/r2/metrics";
    let account = with_bucket();
    let none = json!({"objects": 0, "payloadSize": 0, "metadataSize": 0});
    let empty = json!({"published": none, "uploaded": none});
    assert_eq!(
        account.ok("GET", METRICS, Value::Null),
        json!({"standard": empty, "infrequentAccess": empty})
    );
    in_jurisdiction(&account, "eu", "POST", LIST, "{\"name\":\"uploads\"}");
    for (jurisdiction, class, key) in
        [("default", "Standard", "a"), ("eu", "Standard", "a"), ("eu", "InfrequentAccess", "b")]
    {
        let path = format!("/r2/buckets/uploads/objects/{key}");
        let put = account.request("PUT", &path).with_body("four");
        let put =
            put.with_header("cf-r2-jurisdiction", jurisdiction).with_header("cf-r2-storage-class", class);
        assert_eq!(account.send(&put).status, 200);
    }
    let metrics = account.ok("GET", METRICS, Value::Null);
    let of = |class: &str| {
        let published = &metrics[class]["published"];
        (published["objects"].as_i64().unwrap(), published["payloadSize"].as_i64().unwrap())
    };
    assert_eq!((of("standard"), of("infrequentAccess")), ((2, 8), (1, 4)));
}
