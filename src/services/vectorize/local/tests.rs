use super::Vectorize;
use crate::local::testing::TestAccount;
use serde_json::{Value, json};

const LIST: &str = "/vectorize/v2/indexes";
const DOCS: &str = "/vectorize/v2/indexes/docs";

fn account() -> TestAccount {
    TestAccount::with(&[&Vectorize])
}

/// An account with an index of two dimensions.
fn with_docs(metric: &str) -> TestAccount {
    let account = account();
    let config = json!({"dimensions": 2, "metric": metric});
    account.ok("POST", LIST, json!({"name": "docs", "config": config}));
    account
}

fn write(account: &TestAccount, verb: &str, lines: &[Value]) -> (u16, Value) {
    let body = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let request = account.request("POST", &format!("{DOCS}/{verb}")).with_body(body);
    let reply = account.send(&request);
    (reply.status, reply.to_json())
}

fn query(account: &TestAccount, body: Value) -> Vec<String> {
    let result = account.ok("POST", &format!("{DOCS}/query"), body);
    let matches = result["matches"].as_array().unwrap();
    assert_eq!(result["count"], matches.len());
    matches.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_index_is_created_read_and_deleted() {
    let account = account();
    let config = json!({"dimensions": 768, "metric": "cosine"});
    let created = account.ok("POST", LIST, json!({"name": "docs", "config": config}));
    let date = "2026-01-01T00:00:00.000000Z";
    assert_eq!(
        created,
        json!({"name": "docs", "description": "", "config": config, "created_on": date, "modified_on": date})
    );
    assert_eq!(account.ok("GET", DOCS, Value::Null), created);
    assert_eq!(account.ok("GET", LIST, Value::Null), json!([created]));
    let (status, reply) = account.call("POST", LIST, json!({"name": "docs", "config": config}));
    assert_eq!(status, 400);
    let message = "vectorize.index.duplicate_name - Index name \"docs\"";
    assert_eq!(reply["errors"], json!([{"code": 3002, "message": message}]));
    assert_eq!(account.ok("DELETE", DOCS, Value::Null), Value::Null);
    for (method, path) in
        [("GET", ""), ("DELETE", ""), ("GET", "/info"), ("GET", "/metadata_index/list"), ("POST", "/query")]
    {
        assert_eq!(
            account.refused(method, &format!("{DOCS}{path}"), Value::Null),
            (404, 3000),
            "{method} {path}"
        );
    }
}

#[test]
fn a_preset_is_resolved() {
    let account = account();
    for (preset, dimensions) in [("@cf/baai/bge-base-en-v1.5", 768), ("openai/text-embedding-ada-002", 1536)]
    {
        let name = format!("docs{dimensions}");
        let created = account.ok("POST", LIST, json!({"name": name, "config": {"preset": preset}}));
        assert_eq!(created["config"], json!({"dimensions": dimensions, "metric": "cosine"}));
    }
    assert_eq!(account.call("POST", LIST, json!({"name": "docs", "config": {"preset": "x"}})).0, 400);
}

#[test]
fn names_and_shapes_are_checked() {
    let account = account();
    let good = json!({"dimensions": 1536, "metric": "dot-product"});
    account.ok("POST", LIST, json!({"name": "d".repeat(64), "config": good}));
    for body in [
        json!({"name": "", "config": good}),
        json!({"name": "d".repeat(65), "config": good}),
        json!({"name": "Docs", "config": good}),
        json!({"name": "docs", "config": {"dimensions": 0, "metric": "cosine"}}),
        json!({"name": "docs", "config": {"dimensions": 1537, "metric": "cosine"}}),
        json!({"name": "docs", "config": {"dimensions": 2.5, "metric": "cosine"}}),
        json!({"name": "docs", "config": {"dimensions": 2, "metric": "dot_product"}}),
        json!({"name": "docs"}),
        json!([]),
    ] {
        assert_eq!(account.call("POST", LIST, body.clone()).0, 400, "{body}");
    }
}

#[test]
fn metadata_indexes_are_unique_and_ten() {
    let account = with_docs("cosine");
    let path = |verb: &str| format!("{DOCS}/metadata_index/{verb}");
    let create = |name: &str, kind: &str| {
        account.call("POST", &path("create"), json!({"propertyName": name, "indexType": kind}))
    };
    assert_eq!(create("url", "string").1["result"]["mutationId"].as_str().unwrap().len(), 36);
    let listed = json!({"metadataIndexes": [{"propertyName": "url", "indexType": "string"}]});
    assert_eq!(account.ok("GET", &path("list"), Value::Null), listed);
    assert_eq!(create("url", "number").0, 400);
    assert_eq!(create("n", "text").0, 400);
    assert_eq!(create("", "string").0, 400);
    for number in 1..10 {
        assert_eq!(create(&number.to_string(), "number").0, 200);
    }
    assert_eq!(create("eleventh", "number").0, 400);
    account.ok("POST", &path("delete"), json!({"propertyName": "url"}));
    let (status, reply) = account.call("POST", &path("delete"), json!({"propertyName": "url"}));
    assert_eq!(status, 400);
    assert!(reply["errors"][0]["message"].as_str().unwrap().contains("does not exist"));
}

#[test]
fn insert_skips_what_is_known_and_upsert_replaces_it() {
    let account = with_docs("cosine");
    let info = |account: &TestAccount| account.ok("GET", &format!("{DOCS}/info"), Value::Null);
    assert_eq!(
        info(&account),
        json!({"dimensions": 2, "vectorCount": 0, "processedUpToMutation": null, "processedUpToDatetime": null})
    );
    write(&account, "insert", &[json!({"id": "a", "values": [1, 0], "metadata": {"n": 1}})]);
    write(&account, "insert", &[json!({"id": "a", "values": [0, 1]}), json!({"id": "b", "values": [0, 1]})]);
    let get =
        |account: &TestAccount| account.ok("POST", &format!("{DOCS}/get_by_ids"), json!({"ids": ["a", "x"]}));
    assert_eq!(get(&account), json!([{"id": "a", "values": [1.0, 0.0], "metadata": {"n": 1}}]));
    let (_, reply) = write(&account, "upsert", &[json!({"id": "a", "values": [0, 1], "namespace": "s"})]);
    assert_eq!(get(&account), json!([{"id": "a", "values": [0.0, 1.0], "namespace": "s"}]));
    assert_eq!(info(&account)["vectorCount"], 2);
    assert_eq!(info(&account)["processedUpToMutation"], reply["result"]["mutationId"]);
    account.ok("POST", &format!("{DOCS}/delete_by_ids"), json!({"ids": ["a"]}));
    assert_eq!(info(&account)["vectorCount"], 1);
}

#[test]
fn a_form_carries_vectors_and_bad_lines_are_refused_or_dropped() {
    let account = with_docs("cosine");
    let lines = "{\"id\":\"a\",\"values\":[1,0]}\nnot json\n";
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"vectors\"; filename=\"v.ndjson\"\r\n\r\n{lines}\r\n--b--\r\n"
    );
    let send = |query: &str| {
        let request = account
            .request("POST", &format!("{DOCS}/insert{query}"))
            .with_header("content-type", "multipart/form-data; boundary=b")
            .with_body(form.as_str());
        account.send(&request).status
    };
    assert_eq!(send(""), 400);
    assert_eq!(account.ok("GET", &format!("{DOCS}/info"), Value::Null)["vectorCount"], 0);
    assert_eq!(send("?unparsable-behavior=discard"), 200);
    assert_eq!(account.ok("GET", &format!("{DOCS}/info"), Value::Null)["vectorCount"], 1);
    assert_eq!(write(&account, "insert", &[json!({"id": "a", "values": [1]})]).1["errors"][0]["code"], 40012);
    assert_eq!(write(&account, "insert", &[json!({"id": "i".repeat(65), "values": [1, 0]})]).0, 400);
    let many: Vec<_> = (0..5001).map(|n| json!({"id": n.to_string(), "values": [1, 0]})).collect();
    assert_eq!(write(&account, "insert", &many).0, 400);
    assert_eq!(write(&account, "insert", &many[1..]).0, 200);
}

#[test]
fn the_nearest_come_first_in_every_metric() {
    let vectors = [
        json!({"id": "near", "values": [1, 0.1]}),
        json!({"id": "far", "values": [-1, 0]}),
        json!({"id": "side", "values": [0, 1]}),
    ];
    for metric in ["cosine", "euclidean", "dot-product"] {
        let account = with_docs(metric);
        write(&account, "insert", &vectors);
        assert_eq!(query(&account, json!({"vector": [1, 0]})), ["near", "side", "far"], "{metric}");
        assert_eq!(query(&account, json!({"vector": [1, 0], "topK": 1})), ["near"], "{metric}");
        assert_eq!(query(&account, json!({"vectorId": "far", "topK": 1})), ["far"], "{metric}");
    }
}

#[test]
fn a_query_is_checked() {
    let account = with_docs("cosine");
    let path = format!("{DOCS}/query");
    let (status, reply) = account.call("POST", &path, json!({"vector": [1]}));
    assert_eq!(status, 400);
    let message = "invalid query vector, expected 2 dimensions, and got 1 dimensions";
    assert_eq!(reply["errors"], json!([{"code": 40006, "message": message}]));
    for body in [
        json!({"vector": [1, 0], "topK": 101}),
        json!({"vector": [1, 0], "topK": 0}),
        json!({"vector": [1, 0], "topK": 21, "returnValues": true}),
        json!({"vector": [1, 0], "filter": {}}),
        json!({"vector": [1, 0], "filter": {"n": {"$near": 1}}}),
        json!({"vector": [1, 0], "returnMetadata": "some"}),
    ] {
        assert_eq!(account.call("POST", &path, body.clone()).0, 400, "{body}");
    }
    account.ok("POST", &path, json!({"vector": [1, 0], "topK": 100}));
}

#[test]
fn a_filter_sees_only_what_was_written_after_its_index() {
    let account = with_docs("cosine");
    let vector =
        |id: &str, n: i64| json!({"id": id, "values": [1, 0], "metadata": {"n": n, "o": {"p": "x"}}});
    write(&account, "insert", &[vector("old", 1)]);
    let create = format!("{DOCS}/metadata_index/create");
    account.ok("POST", &create, json!({"propertyName": "n", "indexType": "number"}));
    account.ok("POST", &create, json!({"propertyName": "o.p", "indexType": "string"}));
    write(&account, "insert", &[vector("one", 1), vector("two", 2)]);
    let with = |filter: Value| query(&account, json!({"vector": [1, 0], "filter": filter}));
    assert_eq!(with(json!({"n": 1.0})), ["one"]);
    assert_eq!(with(json!({"n": {"$gte": 1, "$lt": 2}})), ["one"]);
    assert_eq!(with(json!({"n": {"$in": [2, 3]}, "o.p": "x"})), ["two"]);
    assert_eq!(with(json!({"n": {"$ne": 1}})), ["two"]);
    assert!(with(json!({"unindexed": 1})).is_empty());
    write(&account, "upsert", &[vector("old", 1)]);
    assert_eq!(with(json!({"n": 1})), ["old", "one"]);
    let indexed = json!({"vector": [1, 0], "topK": 1, "returnMetadata": "indexed"});
    let result = account.ok("POST", &format!("{DOCS}/query"), indexed);
    assert_eq!(result["matches"][0]["metadata"], json!({"n": 1, "o.p": "x"}));
}

#[test]
fn vectors_are_listed_by_cursor() {
    let account = with_docs("cosine");
    let vectors: Vec<_> = (0..5).map(|n| json!({"id": format!("v{n}"), "values": [1, 0]})).collect();
    write(&account, "insert", &vectors);
    let first = account.ok("GET", &format!("{DOCS}/list?count=3"), Value::Null);
    assert_eq!(
        (&first["count"], &first["totalCount"], &first["isTruncated"]),
        (&json!(3), &json!(5), &json!(true))
    );
    let next = first["nextCursor"].as_str().unwrap();
    let rest = account.ok("GET", &format!("{DOCS}/list?count=3&cursor={next}"), Value::Null);
    assert_eq!(rest["vectors"], json!([{"id": "v3"}, {"id": "v4"}]));
    assert_eq!(rest["nextCursor"], Value::Null);
    assert_eq!(account.call("GET", &format!("{DOCS}/list?count=1001"), Value::Null).0, 400);
}

#[test]
fn the_digest_sees_shape_metadata_indexes_and_vectors() {
    let account = with_docs("cosine");
    let mut digests = vec![account.account.digest().unwrap()];
    let metadata = json!({"propertyName": "n", "indexType": "number"});
    account.ok("POST", &format!("{DOCS}/metadata_index/create"), metadata);
    digests.push(account.account.digest().unwrap());
    write(&account, "insert", &[json!({"id": "a", "values": [1, 0]})]);
    digests.push(account.account.digest().unwrap());
    digests.push(with_docs("euclidean").account.digest().unwrap());
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 4);
}
