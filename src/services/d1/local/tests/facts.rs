//! The tables of D1-11 and D1-26, row by row: what is refused or allowed, with code and message.

use super::{Database, Host};
use crate::local::{DEFAULT_ACCOUNT_ID, Request};
use rusqlite::Connection;
use serde_json::{Value, json};

const DENIED: &str = "not authorized: SQLITE_AUTH";
const TRANSACTION: &str = "To execute a transaction, please use the state.storage.transaction() or \
    state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. ";

/// What a row says of a statement.
enum Says<'a> {
    Fine,
    Message(&'a str),
    /// The message with, where SQLite knows it, the place between words and code.
    Form(&'a str, &'a str),
    /// The message begins so.
    Begins(&'a str),
}

use Says::{Begins, Fine, Form, Message};

/// A database with a parent, its child and a table beside them.
fn filled(host: &Host) -> Database<'_> {
    let db = host.database("db");
    db.query("CREATE TABLE p (id INTEGER PRIMARY KEY, u UNIQUE); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)");
    db.query("CREATE TABLE t (a); INSERT INTO p VALUES (1, 1); INSERT INTO c VALUES (1)");
    db
}

/// Holds the answer to one statement to its row.
fn check(db: &Database<'_>, sql: &str, says: &Says<'_>) {
    let host = db.host;
    let tables = db.tables();
    let (status, envelope) = host.send("POST", &format!("/{}/query", db.uuid), &json!({"sql": sql}));
    let code = &envelope["errors"][0]["code"];
    let message = envelope["errors"][0]["message"].as_str().unwrap_or_default();
    let shown = &sql[..sql.len().min(80)];
    let is_so = match says {
        Fine => envelope["success"] == true,
        Message(whole) => message == *whole,
        Begins(begin) => message.starts_with(*begin),
        Form(words, name) => form(message) == (*words, *name),
    };
    let expected = if matches!(says, Fine) { (200, Value::Null) } else { (400, json!(7500)) };
    assert!(is_so && (status, code) == (expected.0, &expected.1), "{shown}: {status} {envelope}");
    if !matches!(says, Fine) {
        let whole = json!({"errors": envelope["errors"], "messages": [], "result": null, "success": false});
        assert_eq!(envelope, whole, "{shown}");
        assert!(!host.changed(), "{shown}");
        assert_eq!(db.tables(), tables, "{shown}");
    }
}

#[test]
fn restrictions() {
    let host = Host::new();
    let db = filled(&host);
    for (sql, says) in [
        // 6.3, transactions.
        ("BEGIN TRANSACTION", Begins(TRANSACTION)),
        ("COMMIT", Begins(TRANSACTION)),
        ("ROLLBACK", Begins(TRANSACTION)),
        ("SAVEPOINT s", Begins(TRANSACTION)),
        ("RELEASE SAVEPOINT s", Begins(TRANSACTION)),
        // Databases, Cloudflare's tables, temporary tables.
        ("ATTACH DATABASE ':memory:' AS x", Message(DENIED)),
        ("DETACH DATABASE main", Message(DENIED)),
        ("SELECT * FROM _cf_KV", Form("access to _cf_KV.key is prohibited", "SQLITE_AUTH")),
        ("INSERT INTO _cf_KV VALUES ('a', 'b')", Message(DENIED)),
        ("UPDATE _cf_KV SET value = 1", Message(DENIED)),
        ("DELETE FROM _cf_KV", Message(DENIED)),
        ("DROP TABLE _cf_KV", Message(DENIED)),
        ("CREATE TABLE _cf_mine (a)", Message(DENIED)),
        ("PRAGMA table_info('_cf_KV')", Message(DENIED)),
        ("PRAGMA table_list", Fine),
        ("CREATE TEMP TABLE x (a)", Message(DENIED)),
        ("CREATE TABLE temp.x (a)", Message(DENIED)),
        ("VACUUM", Message(DENIED)),
        ("VACUUM INTO 'x'", Message(DENIED)),
        // Pragmas that are not on the list.
        ("PRAGMA writable_schema = ON", Message(DENIED)),
        ("PRAGMA user_version", Message(DENIED)),
        ("PRAGMA user_version = 3", Message(DENIED)),
        ("PRAGMA integrity_check", Message(DENIED)),
        ("PRAGMA journal_mode", Message(DENIED)),
        ("PRAGMA cache_size = 1", Message(DENIED)),
        ("PRAGMA synchronous = OFF", Message(DENIED)),
        // Pragmas that take a boolean.
        ("PRAGMA case_sensitive_like = ON", Fine),
        ("PRAGMA foreign_keys = OFF", Fine),
        ("PRAGMA defer_foreign_keys = TRUE", Fine),
        ("PRAGMA ignore_check_constraints = 0", Fine),
        ("PRAGMA legacy_alter_table = ON", Fine),
        ("PRAGMA recursive_triggers = yes", Fine),
        ("PRAGMA reverse_unordered_selects = no", Fine),
        ("PRAGMA foreign_keys = maybe", Message(DENIED)),
        // Pragmas that tell.
        ("PRAGMA table_info(t)", Fine),
        ("PRAGMA table_xinfo(t)", Fine),
        ("PRAGMA index_list(p)", Fine),
        ("PRAGMA index_info(sqlite_autoindex_p_1)", Fine),
        ("PRAGMA index_xinfo(sqlite_autoindex_p_1)", Fine),
        ("PRAGMA foreign_key_list(c)", Fine),
        ("PRAGMA foreign_key_check", Fine),
        ("PRAGMA foreign_key_check(c)", Fine),
        ("PRAGMA quick_check", Fine),
        ("PRAGMA quick_check(1)", Fine),
        ("PRAGMA quick_check(t)", Fine),
        ("PRAGMA data_version", Fine),
        ("PRAGMA data_version = 1", Message(DENIED)),
        ("PRAGMA optimize", Fine),
        ("PRAGMA optimize(2)", Fine),
        ("PRAGMA optimize(x)", Message(DENIED)),
        // Foreign keys, deferred or not.
        ("INSERT INTO c VALUES (7)", Message("FOREIGN KEY constraint failed: SQLITE_CONSTRAINT")),
        (
            "PRAGMA defer_foreign_keys = ON; INSERT INTO c VALUES (7)",
            Message("FOREIGN KEY constraint failed: SQLITE_CONSTRAINT"),
        ),
        // Extensions and functions.
        (
            "CREATE VIRTUAL TABLE f USING fts5(a); CREATE VIRTUAL TABLE v USING fts5vocab(f, col); DROP TABLE v; DROP TABLE f",
            Fine,
        ),
        ("CREATE VIRTUAL TABLE r USING rtree_i32(id, a, b); SELECT rtreecheck('r'); DROP TABLE r", Fine),
        ("CREATE VIRTUAL TABLE d USING dbstat", Message(DENIED)),
        ("SELECT json_extract('[1]', '$[0]'), sqrt(4)", Fine),
        (
            "SELECT load_extension('x')",
            Form("not authorized to use function: load_extension", "SQLITE_ERROR"),
        ),
        (
            "ALTER TABLE p ADD COLUMN b DEFAULT CURRENT_TIMESTAMP",
            Message("Cannot add a column with non-constant default: SQLITE_ERROR"),
        ),
        ("ALTER TABLE t ADD COLUMN b DEFAULT CURRENT_TIMESTAMP", Fine),
    ] {
        check(&db, sql, &says);
    }
    // Deferred or not, ON DELETE CASCADE fires.
    db.query("PRAGMA foreign_keys = OFF; PRAGMA defer_foreign_keys = ON; DELETE FROM p");
    assert_eq!(db.value("SELECT count(*) FROM c"), 0);
}

#[test]
fn forms_of_messages() {
    let host = Host::new();
    let db = filled(&host);
    let long = format!("SELECT '{}'", "x".repeat(100_000));
    for (sql, says) in [
        ("SELECT * FROM x", Message("no such table: x: SQLITE_ERROR")),
        ("SELECT x FROM t", Form("no such column: x", "SQLITE_ERROR")),
        ("SELECT a FRM t WHERE", Message("near \"t\": syntax error at offset 13: SQLITE_ERROR")),
        ("CREATE TABLE t (a)", Form("table t already exists", "SQLITE_ERROR")),
        ("ALTER TABLE t ADD COLUMN a", Message("duplicate column name: a: SQLITE_ERROR")),
        ("INSERT INTO p VALUES (2, 1)", Message("UNIQUE constraint failed: p.u: SQLITE_CONSTRAINT")),
        (&long, Message("statement too long: SQLITE_TOOBIG")),
        ("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1;", Message("incomplete input: SQLITE_ERROR")),
    ] {
        check(&db, sql, &says);
    }
    let many =
        json!({"sql": format!("SELECT 1 IN ({})", vec!["?"; 101].join(",")), "params": vec!["1"; 101]});
    assert_eq!(form(&db.error_of(&many)), ("too many SQL variables", "SQLITE_ERROR"));
}

/// Words and code of a message, without the place.
fn form(message: &str) -> (&str, &str) {
    let (words, code) = message.rsplit_once(": ").unwrap_or((message, ""));
    match words.rsplit_once(" at offset ") {
        Some((before, at)) if at.parse::<u32>().is_ok() => (before, code),
        _ => (words, code),
    }
}

#[test]
fn codes_of_the_control_plane() {
    let host = Host::new();
    let db = host.database("db");
    let own = |rest: &str| format!("/{}{rest}", db.uuid);
    let unknown = |rest: &str| format!("/00000000-0000-4000-8000-000000000000{rest}");
    let missing = "The database 00000000-0000-4000-8000-000000000000 could not be found";
    let select = json!({"sql": "SELECT 1"});
    for (method, path, body, status, code, message) in [
        (
            "POST",
            "/nonsense/query".into(),
            select.clone(),
            400,
            7400,
            "Invalid property: databaseId => Invalid uuid",
        ),
        (
            "POST",
            "/nonsense/raw".into(),
            select.clone(),
            400,
            7400,
            "Invalid property: databaseId => Invalid uuid",
        ),
        ("POST", String::new(), json!({"name": ""}), 400, 7400, "Invalid property: name => Invalid"),
        ("POST", String::new(), json!({"name": "a b"}), 400, 7400, "Invalid property: name => Invalid"),
        ("POST", own("/export"), json!({}), 400, 7400, "Invalid property: output_format => Required"),
        (
            "POST",
            own("/time_travel/restore"),
            Value::Null,
            400,
            7400,
            "Invalid property: bookmark => Required",
        ),
        (
            "POST",
            own("/time_travel/restore?bookmark=never"),
            Value::Null,
            400,
            7400,
            "Invalid property: bookmark => Invalid bookmark",
        ),
        (
            "GET",
            own("/time_travel/bookmark?timestamp=never"),
            Value::Null,
            400,
            7400,
            "Invalid property: timestamp => Invalid datetime",
        ),
        (
            "GET",
            own("/time_travel/bookmark?timestamp=2001-01-01T00:00:00Z"),
            Value::Null,
            400,
            7400,
            "Invalid property: timestamp => Timestamp is too old",
        ),
        ("GET", "/nobody".into(), Value::Null, 404, 7404, "The database nobody could not be found"),
        ("GET", unknown(""), Value::Null, 404, 7404, missing),
        ("DELETE", unknown(""), Value::Null, 404, 7404, missing),
        ("PUT", unknown(""), json!({"read_replication": {"mode": "auto"}}), 404, 7404, missing),
        ("POST", unknown("/query"), select.clone(), 404, 7404, missing),
        ("POST", unknown("/raw"), select, 404, 7404, missing),
        ("POST", unknown("/import"), json!({"action": "init", "etag": "0".repeat(32)}), 404, 7404, missing),
        ("POST", unknown("/export"), json!({"output_format": "polling"}), 404, 7404, missing),
        ("GET", unknown("/time_travel/bookmark"), Value::Null, 404, 7404, missing),
        ("POST", unknown("/time_travel/restore?bookmark=x"), Value::Null, 404, 7404, missing),
        ("POST", String::new(), json!({"name": "db"}), 400, 7502, "A database with that name already exists"),
        ("PATCH", own(""), json!({}), 400, 7500, "Internal error"),
        ("PATCH", unknown(""), json!({}), 400, 7500, "Internal error"),
    ] {
        assert_eq!(
            host.refused(method, &path, &body),
            (status, code, message.to_owned()),
            "{method} {path} {body}"
        );
        assert!(!host.changed(), "{method} {path} {body}");
    }
}

#[test]
fn accounts_that_are_none_or_somebody_elses() {
    let host = Host::new();
    let code = |account: &str| {
        let request = Request::new("GET", &format!("/client/v4/accounts/{account}/d1/database"))
            .with_header("authorization", &format!("Bearer {}", host.token));
        let reply = host.account().answer(&request);
        (reply.status, reply.to_json()["errors"][0]["code"].as_i64())
    };
    assert_eq!(code(DEFAULT_ACCOUNT_ID), (200, None));
    assert_eq!(code("nonsense"), (400, Some(7003)));
    assert_eq!(code(&"0".repeat(32)), (403, Some(7403)));
}

#[test]
fn an_account_holds_so_many_databases() {
    let folder = tempfile::tempdir().unwrap();
    drop(Host::open(Some(folder.path())));
    let store = Connection::open(folder.path().join("account.sqlite")).unwrap();
    store
        .execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 49999)
             INSERT INTO d1_databases (uuid, name, created_at, region, replication)
               SELECT 'u' || n, 'n' || n, '2026-01-01T00:00:00.000000Z', 'WEUR', 'disabled' FROM n",
            [],
        )
        .unwrap();
    drop(store);
    let host = Host::open(Some(folder.path()));
    let last = host.database("last");
    let create = || host.refused("POST", "", &json!({"name": "more"}));
    assert_eq!(create(), (400, 7406, "System limit reached: databases per account (50000)".into()));
    assert!(!host.changed());
    host.ok("DELETE", &format!("/{}", last.uuid), &Value::Null);
    host.database("more");
}
