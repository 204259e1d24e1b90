//! Databases: list, create, get, change, delete.

use super::Host;
use crate::local::{DEFAULT_ACCOUNT_ID, Request};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

#[test]
fn a_database_from_create_to_delete() {
    let host = Host::new();
    let created = host.ok("POST", "", &json!({"name": "appdb"}));
    let uuid = created["uuid"].as_str().unwrap();
    let mut full = json!({
        "uuid": uuid, "name": "appdb", "version": "production", "created_at": "2026-01-01T00:00:00.000000Z",
        "num_tables": 0, "file_size": created["file_size"], "jurisdiction": null, "running_in_region": "WEUR",
        "read_replication": {"mode": "disabled"},
    });
    assert_eq!(host.ok("GET", "/appdb", &Value::Null), full);
    assert_eq!(host.ok("GET", &format!("/{uuid}"), &Value::Null), full);
    full["created_in_region"] = json!("WEUR");
    assert_eq!(created, full);
    for fields in ["fields=uuid%2Cname", "fields=uuid&fields=name"] {
        let some = host.ok("GET", &format!("/appdb?{fields}"), &Value::Null);
        assert_eq!(some, json!({"uuid": uuid, "name": "appdb"}), "{fields}");
    }
    assert_eq!(
        host.refused("POST", "", &json!({"name": "appdb"})),
        (400, 7502, "A database with that name already exists".into())
    );
    assert_eq!(host.ok("DELETE", &format!("/{uuid}"), &Value::Null), Value::Null);
    let missing = |database: &str| (404, 7404, format!("The database {database} could not be found"));
    assert_eq!(host.refused("GET", "/appdb", &Value::Null), missing("appdb"));
    assert_eq!(host.refused("DELETE", &format!("/{uuid}"), &Value::Null), missing(uuid));
    assert_eq!(host.refused("POST", &format!("/{uuid}/query"), &json!({"sql": "SELECT 1"})), missing(uuid));
    assert_ne!(host.ok("POST", "", &json!({"name": "appdb"}))["uuid"], uuid);
}

#[test]
fn names_and_options_are_checked() {
    let host = Host::new();
    for (body, message) in [
        (json!({}), "name => Required"),
        (json!({"name": 1}), "name => Expected string, received number"),
        (json!({"name": ""}), "name => Invalid"),
        (json!({"name": "a b"}), "name => Invalid"),
        (json!({"name": "-a"}), "name => Invalid"),
        (
            json!({"name": "a", "jurisdiction": "mars"}),
            "jurisdiction => Invalid enum value. Expected 'eu' | 'fedramp' | 'us', received 'mars'",
        ),
        (
            json!({"name": "a", "primary_location_hint": "WEUR"}),
            "primary_location_hint => Invalid enum value. \
             Expected 'wnam' | 'enam' | 'weur' | 'eeur' | 'apac' | 'oc', received 'WEUR'",
        ),
        (json!({"name": "a", "read_replication": {}}), "read_replication.mode => Required"),
    ] {
        assert_eq!(host.refused("POST", "", &body), (400, 7400, format!("Invalid property: {message}")));
        assert!(!host.changed());
    }
    assert_eq!(host.ok("GET", "", &Value::Null), json!([]));
}

/// As Prisma's adapter names a shadow database.
#[test]
fn a_name_may_begin_with_an_underscore() {
    let host = Host::new();
    let name = "_prisma_shadow_2504f315-90d0-4c2a-8b5d-9c1d1c6294e1";
    assert_eq!(host.ok("POST", "", &json!({ "name": name }))["name"], name);
}

#[test]
fn regions_follow_jurisdiction_then_hint() {
    let host = Host::new();
    let region = |body: Value| {
        let created = host.ok("POST", "", &body);
        (created["running_in_region"].clone(), created["jurisdiction"].clone())
    };
    assert_eq!(region(json!({"name": "a", "primary_location_hint": "apac"})), (json!("APAC"), Value::Null));
    assert_eq!(
        region(json!({"name": "b", "primary_location_hint": "apac", "jurisdiction": "eu"})),
        (json!("WEUR"), json!("eu"))
    );
    let db = host.database("c");
    let region = db.query("SELECT 1")[0]["meta"]["served_by_region"].clone();
    assert_eq!(region, "WEUR");
}

#[test]
fn only_read_replication_changes() {
    let host = Host::new();
    let path = format!("/{}", host.database("db").uuid);
    let auto = json!({"read_replication": {"mode": "auto"}});
    assert_eq!(host.ok("PUT", &path, &auto)["read_replication"], json!({"mode": "auto"}));
    let disabled = json!({"read_replication": {"mode": "disabled"}});
    assert_eq!(host.ok("PATCH", &path, &disabled)["read_replication"], json!({"mode": "disabled"}));
    assert_eq!(host.refused("PATCH", &path, &json!({})), (400, 7500, "Internal error".into()));
    assert_eq!(
        host.refused("PUT", &path, &json!({"name": "x"})),
        (400, 7400, "Invalid property: read_replication => Required".into())
    );
    let unknown = "/00000000-0000-4000-8000-000000000000";
    assert_eq!(host.refused("PATCH", unknown, &json!({})).1, 7500);
    assert_eq!(host.refused("PATCH", unknown, &auto).1, 7404);
}

#[test]
fn lists_are_paged_and_searched() {
    let host = Host::new();
    for n in 0..12 {
        host.database(&format!("app-{n}"));
    }
    let (_, page) = host.send("GET", "?per_page=10&page=2", &Value::Null);
    assert_eq!(
        page["result_info"],
        json!({"page": 2, "per_page": 10, "count": 2, "total_count": 12, "total_pages": 2})
    );
    let found = host.ok("GET", "?name=app-1", &Value::Null);
    let names: Vec<_> =
        found.as_array().unwrap().iter().map(|found| found["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["app-1", "app-10", "app-11"]);
    assert_eq!(host.refused("GET", "?per_page=9", &Value::Null).1, 7400);
}

#[test]
fn a_list_counts_tables_and_bytes_as_a_single_answer_does() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::open(Some(folder.path()));
    host.database("empty");
    host.database("full")
        .query("CREATE TABLE t (a); CREATE TABLE u (a); INSERT INTO t VALUES (zeroblob(20000))");
    let list = |host: &Host| host.ok("GET", "", &Value::Null);
    let listed = list(&host);
    let keys: Vec<_> = listed[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["created_at", "file_size", "jurisdiction", "name", "num_tables", "uuid", "version"]);
    assert_eq!((&listed[0]["num_tables"], &listed[1]["num_tables"]), (&json!(0), &json!(2)));
    let bytes = |at: usize| listed[at]["file_size"].as_u64().unwrap();
    assert!(bytes(1) > bytes(0) + 20_000, "{listed}");
    for (at, name) in ["/empty", "/full"].into_iter().enumerate() {
        let single = host.ok("GET", name, &Value::Null);
        for key in ["num_tables", "file_size"] {
            assert_eq!(listed[at][key], single[key], "{name} {key}");
        }
    }
    drop(host);
    assert_eq!(
        list(&Host::open(Some(folder.path()))),
        listed,
        "also of databases that nobody has opened yet"
    );
}

#[test]
fn a_name_is_no_id_for_calls() {
    let host = Host::new();
    host.database("db");
    let refused = (400, 7400, "Invalid property: databaseId => Invalid uuid".to_owned());
    assert_eq!(host.refused("POST", "/db/query", &json!({"sql": "SELECT 1"})), refused);
    assert_eq!(host.refused("DELETE", "/db", &Value::Null), refused);
}

#[test]
fn a_token_without_d1_is_told_7403() {
    let host = Host::new();
    let send = |permission: &str, method: &str, path: &str| {
        let token = host.account().issue_token(&[permission]).unwrap();
        let target = format!("/client/v4/accounts/{DEFAULT_ACCOUNT_ID}/d1/database{path}");
        let request = Request::new(method, &target)
            .with_header("authorization", &format!("Bearer {}", token.expose_secret()))
            .with_body("{\"name\":\"db\"}");
        let reply = host.account().answer(&request);
        (reply.status, reply.to_json()["errors"][0]["code"].as_i64())
    };
    assert_eq!(send("Queues Write", "GET", ""), (403, Some(7403)));
    assert_eq!(send("D1 Read", "GET", ""), (200, None));
    assert_eq!(send("D1 Read", "POST", ""), (403, Some(7403)));
    assert_eq!(send("D1 Write", "POST", ""), (200, None));
}

#[test]
fn databases_in_a_folder_outlive_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let uuid = {
        let host = Host::open(Some(folder.path()));
        let db = host.database("db");
        db.query("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
        db.uuid.clone()
    };
    let host = Host::open(Some(folder.path()));
    let path = format!("/{uuid}/query");
    assert_eq!(host.ok("POST", &path, &json!({"sql": "SELECT a FROM t"}))[0]["results"], json!([{"a": 1}]));
    let kept = || -> Vec<_> {
        let folder = folder.path().join("d1");
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert!(kept().iter().any(|name| *name == format!("{uuid}.sqlite")));
    host.ok("DELETE", &format!("/{uuid}"), &Value::Null);
    assert_eq!(kept(), Vec::<String>::new());
}
