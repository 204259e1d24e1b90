//! Requests to a database that is at work.

use super::Host;
use serde_json::{Value, json};
use std::time::Duration;

const ENDLESS: &str =
    "WITH RECURSIVE n (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT count(*) FROM n";

#[test]
fn an_endless_query_holds_back_its_own_database_only() {
    // The query outlives the test.
    let host: &'static Host = Box::leak(Box::new(Host::new()));
    let (slow, other) = (host.database("slow"), host.database("other"));
    slow.query("CREATE TABLE t (a)");
    let path = format!("/{}/query", slow.uuid);
    std::thread::spawn(move || host.send("POST", &path, &json!({"sql": ENDLESS})));
    assert!(host.account().wait_until(Duration::from_mins(1), |history| history.len() == 4));
    assert_eq!(other.value("SELECT 7"), 7);
    let tables = |database: &Value| (database["name"].clone(), database["num_tables"].clone());
    let listed = host.ok("GET", "", &Value::Null);
    let listed: Vec<_> = listed.as_array().unwrap().iter().map(tables).collect();
    assert_eq!(listed, [(json!("slow"), json!(1)), (json!("other"), json!(0))]);
    assert_eq!(tables(&host.ok("GET", &format!("/{}", slow.uuid), &Value::Null)), listed[0]);
    host.database("third");
    assert_eq!(host.account().history()[3].applied, None, "it still runs");
}
