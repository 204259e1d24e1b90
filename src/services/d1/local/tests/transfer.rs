//! Import and export.

use super::super::transfers::Transferred;
use super::{Database, Host};
use crate::local::{AccountOptions, Reply, Request};
use crate::system::files::Source;
use serde_json::{Value, json};
use std::sync::Arc;

const FILE: &str = "create table u(a);\ninsert into u values (1),(2);\n";
/// As `md5sum` says it.
const ETAG: &str = "30511d33c5010e930a2a6cefd768f677";

fn import(db: &Database<'_>, body: &Value) -> Value {
    db.host.ok("POST", &format!("/{}/import", db.uuid), body)
}

fn etag_of(file: &[u8]) -> String {
    Transferred::of(Arc::new(Source::of_bytes(file.to_vec()))).unwrap().etag
}

/// Follows a link of the account: no credentials.
fn follow(db: &Database<'_>, method: &str, url: &Value, body: &str) -> Reply {
    let path = url.as_str().unwrap().strip_prefix("http://127.0.0.1").unwrap();
    db.host.account().answer(&Request::new(method, path).with_body(body))
}

fn whole_import(db: &Database<'_>, etag: &str, file: &str) -> Value {
    let begun = import(db, &json!({"action": "init", "etag": etag}));
    let uploaded = follow(db, "PUT", &begun["upload_url"], file);
    assert_eq!((uploaded.status, uploaded.body.len()), (200, 0));
    import(db, &json!({"action": "ingest", "etag": etag, "filename": begun["filename"]}))
}

#[test]
fn an_import_uploads_ingests_and_is_polled() {
    let host = Host::new();
    let db = host.database("db");
    let idle = json!({"success": false, "error": "Not currently importing anything."});
    assert_eq!(import(&db, &json!({"action": "poll", "current_bookmark": "x"})), idle);
    let begun = import(&db, &json!({"action": "init", "etag": ETAG}));
    assert!(!host.changed());
    let uploaded = follow(&db, "PUT", &begun["upload_url"], FILE);
    assert_eq!(uploaded.header("etag"), Some(format!("\"{ETAG}\"").as_str()));
    let done = import(&db, &json!({"action": "ingest", "etag": ETAG, "filename": begun["filename"]}));
    assert!(host.changed());
    assert_eq!(
        (&done["success"], &done["status"], &done["type"]),
        (&json!(true), &json!("complete"), &json!("import"))
    );
    assert_eq!((&done["result"]["num_queries"], &done["result"]["meta"]["changes"]), (&json!(2), &json!(2)));
    assert_eq!(done["result"]["final_bookmark"], done["at_bookmark"]);
    assert_eq!(import(&db, &json!({"action": "poll", "current_bookmark": done["at_bookmark"]})), done);
    assert!(!host.changed());
    assert_eq!(db.rows("SELECT a FROM u"), json!([{"a": 1}, {"a": 2}]));
}

#[test]
fn a_file_that_is_here_already_is_taken_in_at_once_and_whole_or_not_at_all() {
    let host = Host::new();
    let db = host.database("db");
    assert_eq!(whole_import(&db, ETAG, FILE)["status"], "complete");
    let again = import(&db, &json!({"action": "init", "etag": ETAG}));
    assert!(!host.changed());
    assert_eq!(again.get("upload_url"), None);
    assert_eq!(again["status"], "error");
    assert_eq!(again["errors"], json!(["table u already exists at offset 13: SQLITE_ERROR"]));
    db.query("ALTER TABLE u RENAME TO v; CREATE TRIGGER t AFTER INSERT ON v BEGIN SELECT 1; END");
    assert_eq!(import(&db, &json!({"action": "init", "etag": ETAG}))["status"], "complete");
    assert_eq!(db.value("SELECT count(*) FROM u"), 2);
}

#[test]
fn an_import_that_fails_in_the_middle_changes_nothing() {
    let host = Host::new();
    let db = host.database("db");
    let file = "CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\nINSERT INTO b VALUES (1);\n";
    let etag = etag_of(file.as_ref());
    let failed = whole_import(&db, &etag, file);
    assert!(!host.changed());
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("error"), &json!("no such table: b: SQLITE_ERROR"))
    );
    assert_eq!(db.tables(), json!([]));
    let other = whole_import(&db, ETAG, "another file");
    assert_eq!(other["errors"], json!(["The uploaded file has another ETag."]));
    let never = import(&db, &json!({"action": "ingest", "etag": ETAG, "filename": "never"}));
    assert_eq!(never["errors"], json!(["The file has not been uploaded."]));
    assert_eq!(
        host.refused("POST", &format!("/{}/import", db.uuid), &json!({"action": "init", "etag": "x"})),
        (400, 7400, "Invalid property: etag => Invalid".into())
    );
}

#[test]
fn an_export_imported_elsewhere_is_the_same_database() {
    let host = Host::new();
    let db = host.database("db");
    db.query(
        "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
         CREATE TABLE c (p INTEGER REFERENCES p (id), data BLOB, x REAL);
         CREATE INDEX c_p ON c (p);
         CREATE TRIGGER tr AFTER DELETE ON p BEGIN DELETE FROM c WHERE p = old.id; END;
         INSERT INTO p (name) VALUES ('it''s; \"quoted\"'), ('line
 break');
         INSERT INTO c VALUES (2, x'00ff', 0.1), (1, NULL, -1e300);",
    );
    let body = json!({"output_format": "polling", "dump_options": {"no_schema": false, "no_data": false, "tables": []}});
    let exported = host.ok("POST", &format!("/{}/export", db.uuid), &body);
    assert!(!host.changed());
    assert_eq!((&exported["status"], &exported["type"]), (&json!("complete"), &json!("export")));
    assert_eq!(exported["result"]["filename"], format!("{}.dump.sql", db.uuid));
    let file = String::from_utf8(follow(&db, "GET", &exported["result"]["signed_url"], "").body).unwrap();

    let other = Host::new();
    let copy = other.database("db");
    let etag = etag_of(file.as_ref());
    assert_eq!(whole_import(&copy, &etag, &file)["status"], "complete", "{file}");
    assert_eq!(other.account().digest().unwrap(), host.account().digest().unwrap());
    copy.query("INSERT INTO p (name) VALUES ('next')");
    assert_eq!(copy.value("SELECT max(id) FROM p"), 3);
}

#[test]
fn exports_that_d1_refuses() {
    let host = Host::new();
    let db = host.database("db");
    let path = format!("/{}/export", db.uuid);
    assert_eq!(
        host.refused("POST", &path, &json!({})),
        (400, 7400, "Invalid property: output_format => Required".into())
    );
    db.query("CREATE VIRTUAL TABLE f USING fts5(a)");
    let failed = host.ok("POST", &path, &json!({"output_format": "polling"}));
    assert_eq!(failed["status"], "error");
    assert_eq!(failed["error"], "D1 Export error: cannot export databases with Virtual Tables (fts5)");
}

#[test]
fn a_large_file_takes_no_time_unless_the_account_is_asked_to_take_some() {
    let host = Host::with(None, AccountOptions::default());
    let db = host.database("db");
    let row = format!("INSERT INTO t VALUES ('{}');\n", "x".repeat(90_000));
    let file = format!("CREATE TABLE t (a);\n{}", row.repeat(30));
    let etag = etag_of(file.as_ref());
    assert_eq!(whole_import(&db, &etag, &file)["status"], "complete");
    let body = json!({"output_format": "polling"});
    assert_eq!(host.ok("POST", &format!("/{}/export", db.uuid), &body)["status"], "complete");
    assert_eq!(db.value("SELECT count(*) FROM t"), 30);
}

#[test]
fn a_large_file_closes_the_database_until_it_is_in() {
    let host = Host::new();
    let db = host.database("db");
    let row = format!("INSERT INTO t VALUES ('{}');\n", "x".repeat(90_000));
    let file = format!("CREATE TABLE t (a);\n{}", row.repeat(30));
    let etag = etag_of(file.as_ref());
    let active = whole_import(&db, &etag, &file);
    assert_eq!((&active["status"], &active["result"]), (&json!("active"), &Value::Null));
    let busy = "Currently processing a long-running import.";
    assert_eq!(db.error("SELECT 1"), busy);
    let path = format!("/{}/time_travel/bookmark", db.uuid);
    assert_eq!(host.refused("GET", &path, &Value::Null), (400, 7500, busy.into()));
    assert_eq!(
        import(&db, &json!({"action": "init", "etag": ETAG})),
        json!({"success": false, "error": busy})
    );
    let poll = json!({"action": "poll", "current_bookmark": active["at_bookmark"]});
    assert_eq!(import(&db, &poll)["status"], "active");
    host.pass(2);
    assert_eq!(import(&db, &poll)["status"], "complete");
    assert_eq!(db.value("SELECT count(*) FROM t"), 30);

    let body = json!({"output_format": "polling"});
    let export = || host.ok("POST", &format!("/{}/export", db.uuid), &body);
    assert_eq!(export()["status"], "active");
    assert_eq!(db.error("SELECT 1"), "Currently processing a long-running export.");
    host.pass(16);
    assert_eq!(db.value("SELECT 1"), 1, "nobody asked");
    assert_eq!(export()["status"], "active");
    host.pass(3);
    assert_eq!(export()["status"], "complete");
}
