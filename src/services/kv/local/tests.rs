use super::Kv;
use crate::local::testing::TestAccount;
use crate::system::Clock as _;
use serde_json::{Value, json};
use std::time::Duration;

const LIST: &str = "/storage/kv/namespaces";

fn account() -> TestAccount {
    TestAccount::with(&[&Kv])
}

/// The path of a new namespace.
fn namespace(account: &TestAccount, title: &str) -> String {
    let id = account.ok("POST", LIST, json!({"title": title}))["id"].as_str().unwrap().to_owned();
    format!("{LIST}/{id}")
}

fn put(account: &TestAccount, path: &str, value: &[u8]) -> u16 {
    account.send(&account.request("PUT", path).with_body(value)).status
}

async fn pass(account: &TestAccount, seconds: u64) {
    account.clock.sleep(Duration::from_secs(seconds)).await;
}

#[test]
fn a_namespace_is_created_renamed_and_deleted() {
    let account = account();
    let created = account.ok("POST", LIST, json!({"title": "SESSIONS"}));
    let id = created["id"].as_str().unwrap();
    assert_eq!(created, json!({"id": id, "title": "SESSIONS", "supports_url_encoding": true}));
    let one = format!("{LIST}/{id}");
    assert_eq!(account.ok("GET", &one, Value::Null), created);
    assert_eq!(account.ok("PUT", &one, json!({"title": "other"}))["title"], "other");
    assert_eq!(account.ok("DELETE", &one, Value::Null), Value::Null);
    assert_eq!(account.refused("GET", &one, Value::Null), (404, 10013));
    assert_eq!(account.refused("DELETE", &one, Value::Null), (404, 10013));
    assert!(!account.last_changed());
}

#[test]
fn a_jurisdiction_is_kept() {
    let account = account();
    let body = json!({"title": "a", "jurisdiction": "eu"});
    assert_eq!(account.ok("POST", LIST, body)["jurisdiction"], "eu");
    let body = json!({"title": "b", "jurisdiction": "moon"});
    assert_eq!(account.refused("POST", LIST, body), (400, 10012));
}

#[test]
fn titles_are_unique_and_bounded() {
    let account = account();
    let (a, _b) = (namespace(&account, "a"), namespace(&account, "b"));
    assert_eq!(account.refused("POST", LIST, json!({"title": "a"})), (400, 10014));
    assert_eq!(account.refused("PUT", &a, json!({"title": "b"})), (400, 10014));
    assert_eq!(account.ok("PUT", &a, json!({"title": "a"}))["title"], "a");
    for body in [json!({"title": ""}), json!({}), json!({"title": 1}), json!({"title": "x".repeat(513)})] {
        assert_eq!(account.refused("POST", LIST, body), (400, 10019));
    }
    namespace(&account, &"é".repeat(512));
    assert_eq!(account.refused("POST", LIST, json!("a")), (400, 10012));
    assert_eq!(account.refused("GET", &format!("{LIST}/nope"), Value::Null), (400, 10011));
}

#[test]
fn the_list_is_ordered_and_paged() {
    let account = account();
    for title in ["b", "a", "c"] {
        namespace(&account, title);
    }
    let titles = |query: &str| {
        let (status, reply) = account.call("GET", &format!("{LIST}?{query}"), Value::Null);
        assert_eq!(status, 200, "{reply}");
        let rows = reply["result"].as_array().unwrap();
        let titles: Vec<_> = rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
        (titles.join(""), reply["result_info"].clone())
    };
    let (all, info) = titles("per_page=1000&order=title&direction=asc");
    assert_eq!(all, "abc");
    assert_eq!(info, json!({"page": 1, "per_page": 1000, "count": 3, "total_count": 3, "total_pages": 1}));
    assert_eq!(titles("order=title&direction=desc&per_page=2&page=2").0, "a");
    assert_eq!(titles("page=2").0, "");
    for query in ["per_page=0", "per_page=1001", "page=0", "order=size", "direction=up"] {
        assert_eq!(account.call("GET", &format!("{LIST}?{query}"), Value::Null).0, 400, "{query}");
    }
}

#[test]
fn an_account_holds_a_thousand_namespaces() {
    let account = account();
    for number in 0..1000 {
        namespace(&account, &number.to_string());
    }
    assert_eq!(account.refused("POST", LIST, json!({"title": "one more"})), (400, 10026));
}

#[test]
fn values_are_raw_bytes_under_decoded_keys() {
    let account = account();
    let one = namespace(&account, "a");
    assert_eq!(put(&account, &format!("{one}/values/a%2Fb%20c"), b"\x00\xffhello"), 200);
    let reply = account.send(&account.request("GET", &format!("{one}/values/a%2Fb%20c")));
    assert_eq!(
        (reply.status, reply.body.as_slice(), reply.header("expiration")),
        (200, &b"\x00\xffhello"[..], None)
    );
    assert_eq!(account.ok("GET", &format!("{one}/keys"), Value::Null), json!([{"name": "a/b c"}]));
    assert_eq!(account.refused("GET", &format!("{one}/values/nope"), Value::Null), (404, 10009));
    assert_eq!(account.refused("GET", &format!("{one}/metadata/nope"), Value::Null), (404, 10009));
    assert_eq!(account.ok("GET", &format!("{one}/metadata/a%2Fb%20c"), Value::Null), Value::Null);
    account.ok("DELETE", &format!("{one}/values/a%2Fb%20c"), Value::Null);
    assert!(account.last_changed());
    account.ok("DELETE", &format!("{one}/values/a%2Fb%20c"), Value::Null);
    assert!(!account.last_changed());
}

#[test]
fn a_form_carries_value_and_metadata_and_a_plain_write_erases_them() {
    let account = account();
    let one = namespace(&account, "a");
    let form = "--b\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\nhello\r\n--b\r\n\
        Content-Disposition: form-data; name=\"metadata\"\r\n\r\n{\"m\":1}\r\n--b--\r\n";
    let request = account
        .request("PUT", &format!("{one}/values/k?expiration_ttl=3600"))
        .with_header("content-type", "multipart/form-data; boundary=b")
        .with_body(form);
    assert_eq!(account.send(&request).status, 200);
    let end = 1_767_225_600 + 3600;
    let key = json!([{"name": "k", "expiration": end, "metadata": {"m": 1}}]);
    assert_eq!(account.ok("GET", &format!("{one}/keys"), Value::Null), key);
    let reply = account.send(&account.request("GET", &format!("{one}/values/k")));
    assert_eq!(reply.header("expiration"), Some(end.to_string().as_str()));
    assert_eq!(put(&account, &format!("{one}/values/k"), b"x"), 200);
    assert_eq!(account.ok("GET", &format!("{one}/keys"), Value::Null), json!([{"name": "k"}]));
}

#[tokio::test]
async fn an_expired_key_is_in_no_answer() {
    let account = account();
    let one = namespace(&account, "a");
    assert_eq!(put(&account, &format!("{one}/values/k?expiration_ttl=60"), b"x"), 200);
    assert_eq!(put(&account, &format!("{one}/values/stays?expiration=1767225700"), b"x"), 200);
    pass(&account, 59).await;
    assert_eq!(account.ok("GET", &format!("{one}/keys"), Value::Null).as_array().unwrap().len(), 2);
    pass(&account, 1).await;
    assert_eq!(account.refused("GET", &format!("{one}/values/k"), Value::Null), (404, 10009));
    let left = json!([{"name": "stays", "expiration": 1_767_225_700}]);
    assert_eq!(account.ok("GET", &format!("{one}/keys"), Value::Null), left);
    let bulk = account.ok("POST", &format!("{one}/bulk/get"), json!({"keys": ["k", "stays"]}));
    assert_eq!(bulk, json!({"values": {"k": null, "stays": "x"}}));
}

#[test]
fn limits_of_keys_values_and_times_are_kept() {
    let account = account();
    let one = namespace(&account, "a");
    let status = |path: &str, value: &[u8]| put(&account, &format!("{one}/values/{path}"), value);
    assert_eq!(status(&"k".repeat(512), b""), 200);
    assert_eq!(status(&"%C3%A9".repeat(257), b""), 414);
    assert_eq!(status("..", b""), 400);
    assert_eq!(status("k", &vec![0; 25 * 1024 * 1024]), 200);
    assert_eq!(status("k", &vec![0; 25 * 1024 * 1024 + 1]), 413);
    for query in ["expiration_ttl=59", "expiration_ttl=x", "expiration=1767225659"] {
        let (status, reply) = account.call("PUT", &format!("{one}/values/k?{query}"), json!("x"));
        assert_eq!((status, &reply["errors"][0]["code"]), (400, &json!(10034)), "{query}");
    }
    // The ttl wins.
    assert_eq!(status("k?expiration=1&expiration_ttl=60", b""), 200);
    let metadata = |bytes: usize| json!([{"key": "k", "value": "", "metadata": "m".repeat(bytes - 2)}]);
    account.ok("PUT", &format!("{one}/bulk"), metadata(1024));
    assert_eq!(account.call("PUT", &format!("{one}/bulk"), metadata(1025)).0, 413);
}

#[test]
fn keys_are_listed_by_prefix_and_cursor() {
    let account = account();
    let one = namespace(&account, "a");
    let pairs: Vec<_> = (0..25).map(|n| json!({"key": format!("k{n:02}"), "value": "v"})).collect();
    account.ok("PUT", &format!("{one}/bulk"), Value::Array(pairs));
    account.ok("PUT", &format!("{one}/bulk"), json!([{"key": "other", "value": "v"}]));
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{one}/keys?prefix=k&limit=10&cursor={cursor}");
        let (_, reply) = account.call("GET", &path, Value::Null);
        let rows = reply["result"].as_array().unwrap();
        assert_eq!(reply["result_info"]["count"], rows.len());
        seen.push(rows.len());
        cursor = reply["result_info"]["cursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [10, 10, 5]);
    for query in ["limit=9", "limit=1001", "cursor=%25"] {
        assert_eq!(account.call("GET", &format!("{one}/keys?{query}"), Value::Null).0, 400, "{query}");
    }
}

#[test]
fn bulk_calls_take_bare_arrays() {
    let account = account();
    let one = namespace(&account, "a");
    let (bulk, get) = (format!("{one}/bulk"), format!("{one}/bulk/get"));
    let counted = |keys: usize| json!({"successful_key_count": keys, "unsuccessful_keys": []});
    let pairs = json!([
        {"key": "a", "value": "1"}, {"key": "b", "value": "aGk=", "base64": true, "metadata": {"x": 1}},
        {"key": "c", "value": "t", "expiration_ttl": 60},
    ]);
    assert_eq!(account.ok("PUT", &bulk, pairs), counted(3));
    let shown = account.ok("POST", &get, json!({"keys": ["a", "b", "c", "d"], "withMetadata": true}));
    assert_eq!(
        shown["values"],
        json!({"a": {"value": "1", "metadata": null}, "b": {"value": "hi", "metadata": {"x": 1}},
            "c": {"value": "t", "metadata": null, "expiration": 1_767_225_660}, "d": null})
    );
    assert_eq!(account.ok("POST", &get, json!({"keys": ["a"], "type": "json"}))["values"], json!({"a": 1}));
    assert_eq!(account.ok("PUT", &bulk, json!([])), counted(0));
    assert_eq!(account.ok("POST", &format!("{one}/bulk/delete"), json!(["a", "nope"])), counted(2));
    assert_eq!(account.ok("DELETE", &bulk, json!(["b"])), counted(1));
    assert_eq!(account.refused("POST", &get, json!({"keys": []})), (400, 10029));
    assert_eq!(account.refused("POST", &get, json!({"keys": vec!["k"; 101]})), (400, 10012));
    for body in [json!({"keys": ["a"]}), json!([{"key": "a"}]), json!([{"value": "a"}])] {
        assert_eq!(account.refused("PUT", &bulk, body), (400, 10012));
    }
    assert_eq!(account.refused("POST", &format!("{one}/bulk/delete"), json!([1])), (400, 10012));
    let many: Vec<_> = (0..10_001).map(|n| json!(n.to_string())).collect();
    assert_eq!(account.refused("DELETE", &bulk, Value::Array(many)), (400, 10012));
}

#[test]
fn a_bulk_write_with_one_bad_pair_writes_none() {
    let account = account();
    let one = namespace(&account, "a");
    let pairs = json!([{"key": "good", "value": "1"}, {"key": "bad", "value": "1", "expiration_ttl": 1}]);
    assert_eq!(account.refused("PUT", &format!("{one}/bulk"), pairs), (400, 10034));
    assert_eq!(account.ok("GET", &format!("{one}/keys"), Value::Null), json!([]));
}

#[test]
fn deleting_a_namespace_takes_its_keys_and_the_digest_sees_values() {
    let account = account();
    let empty = account.account.digest().unwrap();
    let one = namespace(&account, "a");
    let bare = account.account.digest().unwrap();
    put(&account, &format!("{one}/values/k"), b"x");
    let with_key = account.account.digest().unwrap();
    put(&account, &format!("{one}/values/k"), b"y");
    assert!(bare != empty && with_key != bare && account.account.digest().unwrap() != with_key);
    account.ok("DELETE", &one, Value::Null);
    assert_eq!(account.account.digest().unwrap(), empty);
    // The same title anew has another id and none of the keys.
    let again = namespace(&account, "a");
    assert_ne!(again, one);
    assert_eq!(account.account.digest().unwrap(), bare);
}

/// Pages are cut by the index, so they are held against a look at every key.
#[test]
fn pages_of_keys_are_those_of_all_keys() {
    let account = account();
    let one = namespace(&account, "a");
    let mut keys: Vec<String> =
        (0..60).map(|number| format!("{}{number}", ["a", "ab", "b", "é"][number % 4])).collect();
    keys.extend(["a\u{10ffff}z".to_owned(), "a\u{10ffff}\u{10ffff}".to_owned()]);
    let pairs: Vec<Value> = keys.iter().map(|key| json!({"key": key, "value": "v"})).collect();
    account.ok("PUT", &format!("{one}/bulk"), json!(pairs));
    keys.sort();
    for prefix in ["", "a", "ab", "a\u{10ffff}", "b", "é", "é1", "zz"] {
        let expected: Vec<&String> = keys.iter().filter(|key| key.starts_with(prefix)).collect();
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("prefix", prefix)
                .append_pair("cursor", &cursor)
                .append_pair("limit", "10")
                .finish();
            let (status, page) = account.call("GET", &format!("{one}/keys?{query}"), Value::Null);
            assert_eq!(status, 200, "{page}");
            let names = page["result"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap());
            found.extend(names.map(str::to_owned));
            cursor = page["result_info"]["cursor"].as_str().unwrap().to_owned();
            assert_eq!(cursor.is_empty(), found.len() == expected.len(), "{prefix}");
            if cursor.is_empty() {
                break;
            }
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{prefix}");
    }
}
