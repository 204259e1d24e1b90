//! What D1 refuses, with its messages (D1-11, D1-17).

use super::Host;
use serde_json::json;

#[test]
fn transactions_are_refused_with_d1s_own_text() {
    let host = Host::new();
    let db = host.database("db");
    for sql in
        ["BEGIN", "begin immediate", "COMMIT", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a"]
    {
        let message = db.error(&format!("CREATE TABLE t (a); {sql}"));
        assert!(
            message.starts_with(
                "To execute a transaction, please use the state.storage.transaction() or \
                 state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. "
            ),
            "{sql}: {message}"
        );
    }
    assert_eq!(db.tables(), json!([]));
}

#[test]
fn what_the_authorizer_denies() {
    let host = Host::new();
    let db = host.database("db");
    db.query("CREATE TABLE t (a)");
    for sql in [
        "ATTACH 'x' AS y",
        "DETACH main",
        "VACUUM",
        "CREATE TEMP TABLE x (a)",
        "CREATE TEMPORARY VIEW x AS SELECT 1",
        "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE _cf_x (a)",
        "DROP TABLE _cf_KV",
        "DELETE FROM _cf_KV",
        "CREATE INDEX i ON _cf_KV (value)",
        "ALTER TABLE _cf_KV RENAME TO x",
        "CREATE VIRTUAL TABLE x USING dbstat",
        "PRAGMA user_version",
        "PRAGMA user_version = 1",
        "PRAGMA writable_schema = on",
        "PRAGMA integrity_check",
        "PRAGMA journal_mode = wal",
        "PRAGMA table_info(_cf_KV)",
        "SELECT * FROM pragma_user_version",
    ] {
        assert_eq!(db.error(sql), "not authorized: SQLITE_AUTH", "{sql}");
    }
    assert_eq!(db.error("SELECT * FROM _cf_KV"), "access to _cf_KV.key is prohibited: SQLITE_AUTH");
    assert_eq!(
        db.error("SELECT load_extension('x')"),
        "not authorized to use function: load_extension at offset 7: SQLITE_ERROR"
    );
    assert_eq!(
        db.error("SELECT sqlite_version()"),
        "not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR"
    );
}

#[test]
fn the_schema_shows_cloudflares_own_table() {
    let host = Host::new();
    let db = host.database("db");
    assert_eq!(db.rows("SELECT name FROM sqlite_master"), json!([{"name": "_cf_KV"}]));
    assert_eq!(host.ok("GET", "/db", &json!(null))["num_tables"], 0);
}

#[test]
fn limits_of_statements() {
    let host = Host::new();
    let db = host.database("db");
    let long = |bytes: usize| format!("SELECT '{}'", "x".repeat(bytes - 9));
    assert_eq!(db.query(&long(100_000)).len(), 1);
    assert_eq!(db.error(&long(100_001)), "statement too long: SQLITE_TOOBIG");
    let two = format!("{};{}", long(60_000), long(60_000));
    assert_eq!(db.query(&two).len(), 2);
    let columns = |count: usize| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    db.query(&format!("CREATE TABLE wide ({})", columns(100)));
    assert_eq!(
        db.error(&format!("CREATE TABLE wider ({})", columns(101))),
        "too many columns on wider: SQLITE_ERROR"
    );
    let numbers = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    db.query(&format!("SELECT max({})", numbers(127)));
    assert_eq!(
        db.error(&format!("SELECT max({})", numbers(128))),
        "too many arguments on function max at offset 7: SQLITE_ERROR"
    );
    db.query(&format!("SELECT 'a' LIKE '{}'", "x".repeat(50)));
    assert_eq!(
        db.error(&format!("SELECT 'a' LIKE '{}'", "x".repeat(51))),
        "LIKE or GLOB pattern too complex: SQLITE_ERROR"
    );
    assert_eq!(db.error("SELECT zeroblob(2000001)"), "string or blob too big: SQLITE_TOOBIG");
    let union = |terms: usize| vec!["SELECT 1"; terms].join(" UNION ALL ");
    db.query(&union(5));
    assert_eq!(db.error(&union(6)), "too many terms in compound SELECT: SQLITE_ERROR");
    db.query(&format!("CREATE TABLE n (a); INSERT INTO n VALUES {}", vec!["(1)"; 500].join(",")));
}

#[test]
fn a_hundred_parameters_and_no_more() {
    let host = Host::new();
    let db = host.database("db");
    let list = |count: usize| json!({"sql": format!("SELECT 1 IN ({})", vec!["?"; count].join(",")), "params": vec!["1"; count]});
    host.ok("POST", &format!("/{}/query", db.uuid), &list(100));
    assert_eq!(db.error_of(&list(101)), "too many SQL variables at offset 213: SQLITE_ERROR");
}

#[test]
fn a_default_that_is_no_constant_is_refused_where_there_are_rows() {
    let host = Host::new();
    let db = host.database("db");
    db.query("CREATE TABLE t (a); CREATE TABLE empty (a); INSERT INTO t VALUES (1)");
    for (at, default) in ["CURRENT_TIMESTAMP", "(datetime('now'))", "(random())"].into_iter().enumerate() {
        let add = |table: &str| format!("ALTER TABLE {table} ADD COLUMN b{at} DEFAULT {default}");
        assert_eq!(
            db.error(&add("t")),
            "Cannot add a column with non-constant default: SQLITE_ERROR",
            "{default}"
        );
        db.query(&add("empty"));
    }
    db.query("INSERT INTO empty (a) VALUES (1)");
    assert_eq!(db.value("SELECT b0 = b1 AND typeof(b2) = 'integer' FROM empty"), 1);
    db.query("ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT -1; ALTER TABLE t RENAME COLUMN b TO c");
    db.query("ALTER TABLE t RENAME TO u; ALTER TABLE u DROP COLUMN c");
    assert_eq!(db.rows("SELECT name FROM pragma_table_info('u')"), json!([{"name": "a"}]));
}

#[test]
fn sqlites_messages_with_place_and_code() {
    let host = Host::new();
    let db = host.database("db");
    db.query("CREATE TABLE p (id INTEGER PRIMARY KEY, u TEXT UNIQUE, CHECK (u <> 'no')); INSERT INTO p VALUES (1, 'a')");
    db.query("CREATE TABLE c (p INTEGER REFERENCES p (id), n NOT NULL)");
    for (sql, message) in [
        ("selekt 1", "near \"selekt\": syntax error at offset 0: SQLITE_ERROR"),
        ("SELECT * FROM nowhere", "no such table: nowhere: SQLITE_ERROR"),
        ("SELECT x FROM p", "no such column: x at offset 7: SQLITE_ERROR"),
        ("CREATE TABLE p (a)", "table p already exists at offset 13: SQLITE_ERROR"),
        ("ALTER TABLE p ADD COLUMN u", "duplicate column name: u: SQLITE_ERROR"),
        ("INSERT INTO p VALUES (2, 'a')", "UNIQUE constraint failed: p.u: SQLITE_CONSTRAINT"),
        ("INSERT INTO p VALUES (2, 'no')", "CHECK constraint failed: u <> 'no': SQLITE_CONSTRAINT"),
        ("INSERT INTO c VALUES (1, NULL)", "NOT NULL constraint failed: c.n: SQLITE_CONSTRAINT"),
        ("INSERT INTO c VALUES (9, 1)", "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT"),
        ("CREATE TRIGGER t AFTER INSERT ON p BEGIN SELECT 1;", "incomplete input: SQLITE_ERROR"),
        ("", "No SQL statements detected."),
        (" -- nothing\n;; ", "No SQL statements detected."),
    ] {
        assert_eq!(db.error(sql), message, "{sql}");
    }
}

#[test]
fn pragmas_last_one_call() {
    let host = Host::new();
    let db = host.database("db");
    db.query("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id))");
    assert_eq!(
        db.error("PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (1)"),
        "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT"
    );
    db.query("PRAGMA defer_foreign_keys = ON; INSERT INTO c VALUES (1); INSERT INTO p VALUES (1)");
    assert_eq!(
        db.error("PRAGMA defer_foreign_keys = ON; INSERT INTO c VALUES (2)"),
        "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT"
    );
    assert_eq!(
        db.error("INSERT INTO c VALUES (3); INSERT INTO p VALUES (3)"),
        "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT"
    );
    db.query("PRAGMA case_sensitive_like = ON; PRAGMA recursive_triggers = ON; PRAGMA ignore_check_constraints = 1");
    assert_eq!(db.value("SELECT 'a' LIKE 'A'"), 1);
    assert_eq!(db.value("PRAGMA recursive_triggers"), 0);
    assert_eq!(db.value("PRAGMA ignore_check_constraints"), 0);
    assert_eq!(db.value("PRAGMA foreign_keys"), 1);
    assert_eq!(db.value("PRAGMA quick_check"), "ok");
    assert_eq!(db.rows("PRAGMA foreign_key_check"), json!([]));
}

#[test]
fn extensions_that_d1_has() {
    let host = Host::new();
    let db = host.database("db");
    db.query("CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('one two'), ('three')");
    assert_eq!(db.value("SELECT highlight(f, 0, '[', ']') FROM f WHERE f MATCH 'two'"), "one [two]");
    db.query("CREATE VIRTUAL TABLE v USING fts5vocab(f, row); SELECT * FROM v");
    db.query("CREATE VIRTUAL TABLE r USING rtree(id, a, b); INSERT INTO r VALUES (1, 0, 1)");
    assert_eq!(db.value("SELECT id FROM r WHERE a <= 0.5 AND b >= 0.5"), 1);
    assert_eq!(db.value("SELECT rtreecheck('r')"), "ok");
    assert_eq!(db.value("SELECT json_extract('{\"a\": [1, 2]}', '$.a[1]')"), 2);
    assert_eq!(db.value("SELECT '{\"a\": 3}' ->> 'a'"), 3);
    assert_eq!(db.value("SELECT pow(2, 3) + ceil(0.5) + log10(100)"), 11.0);
}
