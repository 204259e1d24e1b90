//! A read replica that lags: it answers with old data, and only `meta` names the server
//! (D1-28).

use crate::local::reply::Reply;
use crate::local::request::Request;
use serde_json::{Map, Value, json};

/// What a statement begins with that a replica may serve.
const READS: [&str; 4] = ["SELECT", "PRAGMA", "EXPLAIN", "VALUES"];

/// The answer of a replica that has none of the rows yet; the same answer for what only the primary serves.
pub(super) fn lagging(request: &Request, answer: &Reply) -> Reply {
    let mut body = answer.to_json();
    let asks = ["/query", "/raw"].iter().any(|end| request.path.ends_with(end));
    let Some(results) =
        body.get_mut("result").and_then(Value::as_array_mut).filter(|_| asks && only_reads(request))
    else {
        return answer.clone();
    };
    for result in results.iter_mut().filter_map(Value::as_object_mut) {
        empty(result);
    }
    Reply { body: body.to_string().into_bytes(), ..answer.clone() }
}

fn empty(result: &mut Map<String, Value>) {
    match result.get_mut("results") {
        // `/raw` has its rows beside the names of their columns.
        Some(Value::Object(table)) => drop(table.insert("rows".into(), json!([]))),
        _ => drop(result.insert("results".into(), json!([]))),
    }
    if let Some(meta) = result.get_mut("meta").and_then(Value::as_object_mut) {
        meta.insert("served_by_primary".into(), json!(false));
        meta.insert("rows_read".into(), json!(0));
    }
}

/// Whether every statement only reads; a `;` inside of one may hide that, and never shows what is not.
fn only_reads(request: &Request) -> bool {
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let batch = asked["batch"].as_array().cloned().unwrap_or_else(|| vec![asked]);
    let texts: Vec<&str> = batch.iter().filter_map(|one| one["sql"].as_str()).collect();
    let mut statements =
        texts.iter().flat_map(|text| text.split(';')).map(str::trim).filter(|one| !one.is_empty());
    let reads = |statement: &str| {
        READS
            .iter()
            .any(|word| statement.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word)))
    };
    statements.clone().next().is_some() && statements.all(reads)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, body: Value) -> Value {
        let result =
            json!({ "results": [{ "a": 1 }], "success": true, "meta": { "served_by_primary": true } });
        let request = Request::new("POST", path).with_body(body.to_string());
        lagging(&request, &Reply::ok(json!([result]))).to_json()["result"][0].take()
    }

    #[test]
    fn reads_come_without_rows_and_writes_as_they_are() {
        let old = json!({
            "results": [], "success": true, "meta": { "served_by_primary": false, "rows_read": 0 }
        });
        for sql in ["SELECT a FROM t", " select 1;\nPRAGMA table_info(t);", "VALUES (1)"] {
            assert_eq!(asked("/d1/database/x/query", json!({ "sql": sql })), old, "{sql}");
        }
        assert_eq!(asked("/d1/database/x/query", json!({ "batch": [{ "sql": "SELECT 1" }] })), old);
        for sql in ["INSERT INTO t VALUES (1)", "SELECT 1; DELETE FROM t", "", "é"] {
            let answer = asked("/d1/database/x/query", json!({ "sql": sql }));
            assert_eq!(answer["meta"]["served_by_primary"], true, "{sql}");
            assert_eq!(answer["results"], json!([{ "a": 1 }]), "{sql}");
        }
        assert_eq!(asked("/d1/database", json!({ "sql": "SELECT 1" }))["meta"]["served_by_primary"], true);
    }
}
