mod beside;
mod rules;

use super::R2;
use crate::local::Reply;
use crate::local::testing::{DEFAULT_ACCOUNT_ID, TestAccount};
use serde_json::{Value, json};

const LIST: &str = "/r2/buckets";

fn account() -> TestAccount {
    TestAccount::with(&[&R2])
}

fn in_jurisdiction(account: &TestAccount, name: &str, method: &str, path: &str, body: &str) -> Reply {
    account.send(&account.request(method, path).with_header("cf-r2-jurisdiction", name).with_body(body))
}

#[test]
fn a_bucket_is_created_read_and_deleted() {
    let account = account();
    let created = account.ok("POST", LIST, json!({"name": "uploads"}));
    assert_eq!(
        created,
        json!({"name": "uploads", "creation_date": "2026-01-01T00:00:00.000000Z", "location": "WEUR",
            "storage_class": "Standard", "jurisdiction": "default"})
    );
    assert_eq!(account.ok("GET", "/r2/buckets/uploads", Value::Null), created);
    assert_eq!(account.refused("POST", LIST, json!({"name": "uploads"})), (409, 10004));
    assert_eq!(account.ok("DELETE", "/r2/buckets/uploads", Value::Null), json!({}));
    assert_eq!(account.refused("DELETE", "/r2/buckets/uploads", Value::Null), (404, 10006));
    assert_eq!(account.refused("GET", "/r2/buckets/uploads", Value::Null), (404, 10006));
}

#[test]
fn names_and_options_are_checked() {
    let account = account();
    for name in ["", "ab", "Uploads", "-abc", "abc-", "a_b", "a.b", &"a".repeat(64)] {
        assert_eq!(account.refused("POST", LIST, json!({"name": name})), (400, 10005), "{name}");
    }
    account.ok("POST", LIST, json!({"name": "a".repeat(63)}));
    for body in [
        json!({"name": "abc", "storageClass": "Cold"}),
        json!([]),
        json!({"name": "abc", "locationHint": "moon"}),
    ] {
        assert_eq!(account.refused("POST", LIST, body), (400, 10040));
    }
    let malformed = account.send(&account.request("POST", LIST).with_body("{"));
    assert_eq!(malformed.to_json()["errors"][0]["code"], 10040);
}

#[test]
fn a_location_is_chosen_once_for_a_name() {
    let account = account();
    let first = account.ok("POST", LIST, json!({"name": "hot", "locationHint": "apac"}));
    assert_eq!(first["location"], "APAC");
    account.ok("DELETE", "/r2/buckets/hot", Value::Null);
    let again = account.ok("POST", LIST, json!({"name": "hot", "locationHint": "weur"}));
    assert_eq!(again["location"], "APAC");
}

#[test]
fn the_storage_class_is_updated_by_header() {
    let account = account();
    account.ok("POST", LIST, json!({"name": "hot", "storageClass": "InfrequentAccess"}));
    let patch = |class: &str| {
        let reply = account
            .send(&account.request("PATCH", "/r2/buckets/hot").with_header("cf-r2-storage-class", class));
        reply.to_json()
    };
    assert_eq!(patch("Standard")["result"]["storage_class"], "Standard");
    assert_eq!(patch("standard")["errors"][0]["code"], 10062);
    assert_eq!(
        account.refused("PATCH", "/r2/buckets/hot", json!({"storageClass": "Standard"})),
        (400, 10062)
    );
    assert_eq!(account.refused("PATCH", "/r2/buckets/nope", Value::Null), (404, 10006));
}

#[test]
fn a_managed_domain_is_off_until_it_is_enabled_and_goes_with_its_bucket() {
    const MANAGED: &str = "/r2/buckets/uploads/domains/managed";
    let account = account();
    assert_eq!(account.refused("GET", MANAGED, Value::Null), (404, 10006));
    assert_eq!(account.refused("PUT", MANAGED, json!({"enabled": true})), (404, 10006));
    account.ok("POST", LIST, json!({"name": "uploads"}));
    let at_first = account.ok("GET", MANAGED, Value::Null);
    assert_eq!(at_first["enabled"], false);
    let domain = at_first["domain"].as_str().unwrap();
    assert_eq!(domain, format!("pub-{}.r2.dev", at_first["bucketId"].as_str().unwrap()));
    for enabled in [true, true, false, true] {
        let answer = account.ok("PUT", MANAGED, json!({"enabled": enabled}));
        assert_eq!(answer, json!({"bucketId": at_first["bucketId"], "domain": domain, "enabled": enabled}));
        assert_eq!(account.ok("GET", MANAGED, Value::Null), answer);
    }
    for body in [json!({}), json!({"enabled": "yes"}), json!([]), Value::Null] {
        assert_eq!(account.refused("PUT", MANAGED, body), (400, 10040));
    }
    let elsewhere = in_jurisdiction(&account, "eu", "GET", MANAGED, "");
    assert_eq!(elsewhere.to_json()["errors"][0]["code"], 10006);
    account.ok("DELETE", "/r2/buckets/uploads", Value::Null);
    account.ok("POST", LIST, json!({"name": "uploads"}));
    assert_eq!(account.ok("GET", MANAGED, Value::Null), at_first);
}

#[test]
fn a_jurisdiction_is_a_place_of_its_own() {
    let account = account();
    account.ok("POST", LIST, json!({"name": "data"}));
    let created = in_jurisdiction(&account, "eu", "POST", LIST, "{\"name\":\"data\"}").to_json();
    assert_eq!(created["result"]["jurisdiction"], "eu");
    account.ok("DELETE", "/r2/buckets/data", Value::Null);
    assert_eq!(account.refused("GET", "/r2/buckets/data", Value::Null), (404, 10006));
    assert_eq!(in_jurisdiction(&account, "eu", "GET", "/r2/buckets/data", "").status, 200);
    let listed = in_jurisdiction(&account, "eu", "GET", LIST, "").to_json();
    assert_eq!(listed["result"]["buckets"].as_array().unwrap().len(), 1);
    assert_eq!(account.ok("GET", LIST, Value::Null), json!({"buckets": []}));
    assert_eq!(in_jurisdiction(&account, "moon", "GET", LIST, "").status, 400);
    // Only the header says it.
    let by_body = account.ok("POST", LIST, json!({"name": "data", "jurisdiction": "fedramp"}));
    assert_eq!(by_body["jurisdiction"], "default");
}

#[test]
fn buckets_are_listed_twenty_at_a_time() {
    let account = account();
    for number in 0..45 {
        account.ok("POST", LIST, json!({"name": format!("bucket-{number:02}")}));
    }
    let mut seen = Vec::new();
    let mut query = String::new();
    loop {
        let (_, reply) = account.call("GET", &format!("{LIST}{query}"), Value::Null);
        let rows = reply["result"]["buckets"].as_array().unwrap().clone();
        seen.extend(rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        let Some(cursor) = reply["result_info"]["cursor"].as_str() else { break };
        assert_eq!(rows.len(), 20);
        query = format!("?cursor={cursor}");
    }
    assert_eq!(seen.len(), 45);
    assert!(seen.is_sorted());
    let names = |query: &str| {
        let result = account.ok("GET", &format!("{LIST}?{query}"), Value::Null);
        let rows = result["buckets"].as_array().unwrap().clone();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("name_contains=-4&direction=desc&per_page=2"), ["bucket-44", "bucket-43"]);
    assert_eq!(names("start_after=bucket-43"), ["bucket-44"]);
    assert_eq!(account.refused("GET", &format!("{LIST}?per_page=1001"), Value::Null), (400, 10040));
}

#[test]
fn a_bucket_with_objects_stays() {
    let account = account();
    account.ok("POST", LIST, json!({"name": "uploads"}));
    let object = "/r2/buckets/uploads/objects/a/b%20c.txt";
    let put = account.request("PUT", object).with_header("content-type", "text/plain").with_body("hello");
    let stored = account.send(&put).to_json()["result"].clone();
    assert_eq!((&stored["key"], &stored["size"]), (&json!("a/b c.txt"), &json!("5")));
    let (status, reply) = account.call("DELETE", "/r2/buckets/uploads", Value::Null);
    assert_eq!(status, 409);
    let message =
        format!("The bucket you tried to delete (uploads) is not empty (account {DEFAULT_ACCOUNT_ID}).");
    assert_eq!(reply["errors"], json!([{"code": 10008, "message": message}]));

    let got = account.send(&account.request("GET", object));
    assert_eq!((got.body.as_slice(), got.header("content-type")), (&b"hello"[..], Some("text/plain")));
    assert_eq!(got.header("etag").unwrap(), format!("\"{}\"", stored["etag"].as_str().unwrap()));
    let empty = account.ok("PUT", "/r2/buckets/uploads/objects/empty", Value::Null);
    assert_eq!(empty["etag"], "d41d8cd98f00b204e9800998ecf8427e");
    account.ok("DELETE", "/r2/buckets/uploads/objects/empty", Value::Null);
    let (_, listed) = account.call("GET", "/r2/buckets/uploads/objects?prefix=a", Value::Null);
    assert_eq!(
        (&listed["result"][0]["size"], &listed["result_info"]["is_truncated"]),
        (&json!(5), &json!(false))
    );
    assert_eq!(account.ok("DELETE", object, Value::Null), json!({"key": "a/b c.txt"}));
    assert_eq!(account.refused("DELETE", object, Value::Null), (404, 10007));
    account.ok("DELETE", "/r2/buckets/uploads", Value::Null);
}

#[test]
fn several_objects_are_deleted_at_once() {
    const OBJECTS: &str = "/r2/buckets/tree/objects";
    let account = tree();
    // One that is not there is no failure.
    let deleted = account.ok("DELETE", OBJECTS, json!(["b/1", "ü/6", "nothing"]));
    assert_eq!(deleted, json!([{"key": "b/1"}, {"key": "ü/6"}]));
    assert_eq!(level(&account, "").0.join(" "), "a b-x b/2 b/c/3 c d/4 e//5");
    let many: Vec<String> = (0..1001).map(|number| number.to_string()).collect();
    for body in [Value::Null, json!([]), json!({"keys": ["a"]}), json!([1]), json!("a"), json!(many)] {
        assert_eq!(account.refused("DELETE", OBJECTS, body), (400, 10040));
    }
    assert_eq!(account.refused("DELETE", "/r2/buckets/none/objects", json!(["a"])), (404, 10006));
    assert_eq!(level(&account, "").0.len(), 7);
}

/// Objects, prefixes, and the cursor where more is left.
fn level(account: &TestAccount, query: &str) -> (Vec<String>, Vec<String>, Option<String>) {
    let (status, reply) = account.call("GET", &format!("/r2/buckets/tree/objects?{query}"), Value::Null);
    assert_eq!(status, 200, "{reply}");
    let texts = |list: &Value, key: Option<&str>| -> Vec<String> {
        let text = |one: &Value| key.map_or(one, |key| &one[key]).as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(text).collect()
    };
    let info = &reply["result_info"];
    let cursor = info["cursor"].as_str().unwrap();
    assert_eq!(info["is_truncated"], json!(!cursor.is_empty()), "{info}");
    let cursor = (!cursor.is_empty()).then(|| cursor.to_owned());
    (texts(&reply["result"], Some("key")), texts(&info["delimited"], None), cursor)
}

/// A bucket `tree` with objects on several levels.
fn tree() -> TestAccount {
    let account = account();
    account.ok("POST", LIST, json!({"name": "tree"}));
    for key in ["a", "b/1", "b/2", "b/c/3", "b-x", "c", "d/4", "e//5", "ü/6"] {
        let path = format!("/r2/buckets/tree/objects/{}", key.replace('ü', "%C3%BC"));
        assert_eq!(account.send(&account.request("PUT", &path).with_body(key)).status, 200, "{key}");
    }
    account
}

#[test]
fn a_delimiter_folds_objects_into_the_prefixes_of_one_level() {
    let account = tree();
    let listed = |query: &str| {
        let (objects, delimited, cursor) = level(&account, query);
        assert_eq!(cursor, None, "{query}");
        (objects.join(" "), delimited.join(" "))
    };
    for (query, objects, delimited) in [
        ("", "a b-x b/1 b/2 b/c/3 c d/4 e//5 ü/6", ""),
        ("delimiter=", "a b-x b/1 b/2 b/c/3 c d/4 e//5 ü/6", ""),
        ("delimiter=/", "a b-x c", "b/ d/ e/ ü/"),
        ("prefix=b/&delimiter=/", "b/1 b/2", "b/c/"),
        ("prefix=b&delimiter=/", "b-x", "b/"),
        ("prefix=e/&delimiter=/", "", "e//"),
        ("prefix=b/c/&delimiter=/", "b/c/3", ""),
        ("prefix=nothing&delimiter=/", "", ""),
        ("delimiter=-", "a b/1 b/2 b/c/3 c d/4 e//5 ü/6", "b-"),
        ("delimiter=/&start_after=b/1", "c", "b/ d/ e/ ü/"),
        ("delimiter=/&start_after=b/c/3", "c", "d/ e/ ü/"),
    ] {
        assert_eq!(listed(query), (objects.to_owned(), delimited.to_owned()), "{query}");
    }
}

#[test]
fn a_listing_by_pages_names_each_object_and_prefix_once() {
    let account = tree();
    for query in ["delimiter=/", "prefix=b/&delimiter=/", "prefix=b&delimiter=/", "delimiter=c", ""] {
        let (objects, delimited, _) = level(&account, query);
        for per_page in 1..=9 {
            let (mut seen, mut folded, mut cursor) = (Vec::new(), Vec::new(), None::<String>);
            loop {
                let after = cursor.map(|cursor| format!("&cursor={}", cursor.replace('ü', "%C3%BC")));
                let query = format!("{query}&per_page={per_page}{}", after.unwrap_or_default());
                let (some, prefixes, next) = level(&account, &query);
                let count = some.len() + prefixes.len();
                assert!(count == per_page || (next.is_none() && count <= per_page), "{query}: {count}");
                seen.extend(some);
                folded.extend(prefixes);
                cursor = next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!((&seen, &folded), (&objects, &delimited), "{query} by {per_page}");
        }
    }
}

#[test]
fn the_digest_sees_buckets_by_jurisdiction_and_objects() {
    let (one, other) = (account(), account());
    one.ok("POST", LIST, json!({"name": "data"}));
    in_jurisdiction(&other, "eu", "POST", LIST, "{\"name\":\"data\"}");
    assert_ne!(one.account.digest().unwrap(), other.account.digest().unwrap());
    other.ok("POST", LIST, json!({"name": "data"}));
    in_jurisdiction(&other, "eu", "DELETE", "/r2/buckets/data", "");
    assert_eq!(one.account.digest().unwrap(), other.account.digest().unwrap());
    one.send(&one.request("PUT", "/r2/buckets/data/objects/k").with_body("v"));
    assert_ne!(one.account.digest().unwrap(), other.account.digest().unwrap());
}
