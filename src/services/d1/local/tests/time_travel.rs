//! Bookmarks and restores.

use super::{Database, Host};
use serde_json::{Value, json};

fn bookmark(db: &Database<'_>, query: &str) -> String {
    let found = db.host.ok("GET", &format!("/{}/time_travel/bookmark{query}", db.uuid), &Value::Null);
    found["bookmark"].as_str().unwrap().to_owned()
}

fn restore(db: &Database<'_>, query: &str) -> Value {
    db.host.ok("POST", &format!("/{}/time_travel/restore?{query}", db.uuid), &Value::Null)
}

#[test]
fn bookmarks_grow_with_every_change_and_only_then() {
    let host = Host::new();
    let db = host.database("db");
    let first = bookmark(&db, "");
    let lengths: Vec<_> = first.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 8, 8, 32]);
    db.query("SELECT 1");
    db.error("CREATE TABLE t (a); nonsense");
    assert_eq!(bookmark(&db, ""), first);
    db.query("CREATE TABLE t (a)");
    let second = bookmark(&db, "");
    db.query("INSERT INTO t VALUES (1)");
    let third = bookmark(&db, "");
    assert!(first < second && second < third);
}

#[test]
fn a_restore_brings_back_rows_and_schema_and_can_be_undone() {
    let host = Host::new();
    let db = host.database("db");
    db.query("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    let good = bookmark(&db, "");
    let digest = host.account().digest().unwrap();
    db.query("DROP TABLE t; CREATE TABLE u (b)");
    let bad = bookmark(&db, "");
    let restored = restore(&db, &format!("bookmark={good}"));
    assert!(host.changed());
    assert_eq!(host.account().digest().unwrap(), digest);
    assert_eq!(db.rows("SELECT a FROM t"), json!([{"a": 1}]));
    assert_eq!(restored["previous_bookmark"], json!(bad));
    assert_eq!(restored["bookmark"], json!(bookmark(&db, "")));
    assert!(bookmark(&db, "") > bad);
    restore(&db, &format!("bookmark={bad}"));
    assert_eq!(db.tables(), json!([{"name": "u"}]));
    assert_eq!(db.error("SELECT * FROM _cf_KV"), "access to _cf_KV.key is prohibited: SQLITE_AUTH");
}

#[test]
fn a_time_means_the_version_of_that_time() {
    let host = Host::new();
    let db = host.database("db");
    let fresh = bookmark(&db, "");
    host.pass(60);
    db.query("CREATE TABLE t (a)");
    let made = bookmark(&db, "");
    host.pass(60);
    db.query("INSERT INTO t VALUES (1)");
    assert_eq!(bookmark(&db, "?timestamp=2026-01-01T00:00:59Z"), fresh);
    assert_eq!(bookmark(&db, "?timestamp=2026-01-01T00:01:00Z"), made);
    assert_eq!(bookmark(&db, "?timestamp=2026-01-01T01%3A01%3A59%2B01%3A00"), made);
    assert_eq!(bookmark(&db, "?timestamp=2027-01-01T00:00:00Z"), bookmark(&db, ""));
    restore(&db, "timestamp=2026-01-01T00:01:30Z");
    assert_eq!(db.value("SELECT count(*) FROM t"), 0);
}

#[test]
fn what_is_no_bookmark_and_no_time() {
    let host = Host::new();
    let db = host.database("db");
    let path = |query: &str| format!("/{}/time_travel/restore{query}", db.uuid);
    for (query, message) in [
        ("", "bookmark => Required"),
        ("?bookmark=x", "bookmark => Invalid bookmark"),
        ("?timestamp=yesterday", "timestamp => Invalid datetime"),
        ("?timestamp=2020-01-01T00:00:00Z", "timestamp => Timestamp is too old"),
    ] {
        let refused = host.refused("POST", &path(query), &Value::Null);
        assert_eq!(refused, (400, 7400, format!("Invalid property: {message}")));
        assert!(!host.changed());
    }
}

#[test]
fn the_latest_fifty_versions_are_kept_also_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (uuid, bookmarks) = {
        let host = Host::open(Some(folder.path()));
        let db = host.database("db");
        db.query("CREATE TABLE t (a)");
        let mut bookmarks = vec![bookmark(&db, "")];
        for n in 0..51 {
            db.query(&format!("INSERT INTO t VALUES ({n})"));
            bookmarks.push(bookmark(&db, ""));
        }
        (db.uuid.clone(), bookmarks)
    };
    let host = Host::open(Some(folder.path()));
    let db = Database { host: &host, uuid };
    assert_eq!(bookmark(&db, ""), bookmarks[51]);
    let path = format!("/{}/time_travel/restore?bookmark={}", db.uuid, bookmarks[0]);
    assert_eq!(host.refused("POST", &path, &Value::Null).1, 7400);
    restore(&db, &format!("bookmark={}", bookmarks[2]));
    assert_eq!(db.value("SELECT count(*) FROM t"), 2);
}
