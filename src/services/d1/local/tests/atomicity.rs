//! One call is one transaction.

use super::{Database, Host};
use serde_json::{Value, json};

#[test]
fn a_failure_in_the_third_statement_leaves_nothing() {
    let host = Host::new();
    let db = host.database("db");
    db.query("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    let digest = host.account().digest().unwrap();
    assert_eq!(
        db.error("INSERT INTO t VALUES (2); DELETE FROM t WHERE a = 1; INSERT INTO nowhere VALUES (3)"),
        "no such table: nowhere: SQLITE_ERROR"
    );
    assert_eq!(
        db.error("CREATE TABLE u (a); ALTER TABLE t RENAME TO v; DROP TABLE v; SELECT nonsense"),
        "no such column: nonsense at offset 8: SQLITE_ERROR"
    );
    assert_eq!(
        db.error("CREATE TABLE u (a UNIQUE); INSERT INTO u VALUES (1); INSERT OR ROLLBACK INTO u VALUES (1)"),
        "UNIQUE constraint failed: u.a: SQLITE_CONSTRAINT"
    );
    assert_eq!(host.account().digest().unwrap(), digest);
    assert_eq!(db.rows("SELECT a FROM t"), json!([{"a": 1}]));
    assert_eq!(db.tables(), json!([{"name": "t"}]));
}

#[test]
fn the_digest_is_of_what_is_held_not_of_the_way_there() {
    let (one, other) = (Host::new(), Host::new());
    one.pass(60);
    let (a, b) = (one.database("db"), other.database("db"));
    a.query("CREATE TABLE t (a, at TEXT DEFAULT CURRENT_TIMESTAMP); INSERT INTO t (a) VALUES (1)");
    b.query("CREATE TABLE t (a, at TEXT DEFAULT CURRENT_TIMESTAMP)");
    assert_ne!(one.account().digest().unwrap(), other.account().digest().unwrap());
    b.query("INSERT INTO t (a) VALUES (1)");
    assert_eq!(one.account().digest().unwrap(), other.account().digest().unwrap());
    b.query("UPDATE t SET a = '1'");
    assert_ne!(one.account().digest().unwrap(), other.account().digest().unwrap());
}

/// A migration as Larder sends it: the guard row counts both ledgers and is null, thus refused, unless both are as seen.
fn migrate(db: &Database<'_>, wrangler_rows: u32, own_rows: u32, name: &str, file: &str) -> Value {
    let sql = format!(
        r#"CREATE TABLE IF NOT EXISTS "d1_migrations"(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
             applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
           CREATE TABLE IF NOT EXISTS larder_migrations(seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
             before INTEGER NOT NULL);
           INSERT INTO larder_migrations(seq, name, before) SELECT {own_rows} + 1, '{name}',
             CASE WHEN (SELECT count(*) FROM "d1_migrations") = {wrangler_rows}
               AND (SELECT ifnull(max(seq), 0) FROM larder_migrations) = {own_rows} THEN {wrangler_rows} END;
           INSERT INTO "d1_migrations"(name) VALUES ('{name}'); {file};"#
    );
    let (status, envelope) = db.host.send("POST", &format!("/{}/query", db.uuid), &json!({"sql": sql}));
    let message = envelope["errors"][0]["message"].clone();
    assert_eq!(status == 200, message.is_null());
    message
}

#[test]
fn a_guard_row_stops_resend_gap_and_rival() {
    let host = Host::new();
    let db = host.database("db");
    let guard_failed = json!("NOT NULL constraint failed: larder_migrations.before: SQLITE_CONSTRAINT");
    let counts = || {
        db.rows(
            "SELECT (SELECT count(*) FROM d1_migrations) d1, (SELECT count(*) FROM larder_migrations) larder,
               (SELECT count(*) FROM sqlite_schema WHERE name LIKE 't_') tables",
        )[0]
        .clone()
    };
    assert_eq!(migrate(&db, 0, 0, "a", "CREATE TABLE ta(x)"), Value::Null);
    assert_eq!(migrate(&db, 0, 0, "a", "CREATE TABLE ta(x)"), guard_failed);
    assert_eq!(migrate(&db, 2, 2, "c", "CREATE TABLE tc(x)"), guard_failed);
    assert_eq!(
        migrate(&db, 1, 1, "b", "CREATE TABLE tb(x); nonsense"),
        "near \"nonsense\": syntax error at offset 1: SQLITE_ERROR"
    );
    assert_eq!(counts(), json!({"d1": 1, "larder": 1, "tables": 1}));
    assert_eq!(migrate(&db, 1, 1, "b", "CREATE TABLE tb(x)"), Value::Null);
    db.query("CREATE TABLE tw(x);\nINSERT INTO \"d1_migrations\" (name)\nvalues ('w');");
    assert_eq!(migrate(&db, 2, 2, "c", "CREATE TABLE tc(x)"), guard_failed);
    assert_eq!(counts(), json!({"d1": 3, "larder": 2, "tables": 3}));
    assert_eq!(migrate(&db, 3, 2, "c", "CREATE TABLE tc(x)"), Value::Null);
    assert_eq!(counts(), json!({"d1": 4, "larder": 3, "tables": 4}));
}

#[test]
fn a_statement_without_its_semicolon_fuses_with_the_next() {
    let host = Host::new();
    let db = host.database("db");
    assert_eq!(
        db.error("CREATE TABLE z10(a)\nINSERT INTO \"my mig\" (name)\nvalues ('10_c.sql');"),
        "near \"INSERT\": syntax error at offset 20: SQLITE_ERROR"
    );
}
