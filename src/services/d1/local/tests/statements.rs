//! Answers to calls that succeed: elements, values, parameters, meta.

use super::Host;
use serde_json::{Value, json};

#[test]
fn one_element_per_statement_with_its_meta() {
    let host = Host::new();
    let db = host.database("db");
    let [create, insert, select]: [Value; 3] =
        db.query("create table t(a); insert into t values(1); select * from t").try_into().unwrap();
    for element in [&create, &insert, &select] {
        assert_eq!(element["success"], true);
        let meta = element["meta"].as_object().unwrap();
        assert!(meta["duration"].is_number() && meta["timings"]["sql_duration_ms"].is_number(), "{meta:?}");
        assert_eq!((&meta["served_by_primary"], &meta["served_by_region"]), (&json!(true), &json!("WEUR")));
        assert_eq!((&meta["served_by"], &meta["total_attempts"]), (&json!("larder-local"), &json!(1)));
        assert!(meta["size_after"].as_u64().unwrap() >= 8192);
    }
    let facts = |element: &Value| {
        let meta = &element["meta"];
        ["changes", "last_row_id", "changed_db", "rows_read", "rows_written"].map(|key| meta[key].clone())
    };
    assert_eq!(facts(&create), [json!(0), json!(0), json!(true), json!(0), json!(0)]);
    assert_eq!(facts(&insert), [json!(1), json!(1), json!(true), json!(0), json!(1)]);
    assert_eq!(facts(&select), [json!(0), json!(1), json!(false), json!(1), json!(0)]);
    assert_eq!(select["results"], json!([{"a": 1}]));
    assert!(host.changed());
}

#[test]
fn only_what_changes_the_database_counts_as_a_change() {
    let host = Host::new();
    let db = host.database("db");
    let create = "CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY)";
    for (sql, changed) in [
        (create, true),
        (create, false),
        ("SELECT * FROM t", false),
        ("INSERT INTO t VALUES (1)", true),
        ("INSERT OR IGNORE INTO t VALUES (1)", false),
        ("UPDATE t SET a = 2 WHERE a = 9", false),
        ("PRAGMA foreign_keys = ON", false),
        ("DELETE FROM t", true),
        ("DROP TABLE t", true),
    ] {
        let element = &db.query(sql)[0];
        assert_eq!((&element["meta"]["changed_db"], host.changed()), (&json!(changed), changed), "{sql}");
    }
}

#[test]
fn a_row_keeps_the_order_of_the_columns() {
    let host = Host::new();
    let db = host.database("db");
    db.query("CREATE TABLE t (zeta, alpha, mid); INSERT INTO t VALUES (1, 2, 3)");
    for (sql, rows) in [
        ("SELECT * FROM t", r#"[{"zeta":1,"alpha":2,"mid":3}]"#),
        ("SELECT mid, alpha AS z, zeta AS a FROM t", r#"[{"mid":3,"z":2,"a":1}]"#),
        ("SELECT zeta, alpha, mid AS zeta FROM t", r#"[{"zeta":3,"alpha":2}]"#),
        ("SELECT * FROM t WHERE 0", "[]"),
    ] {
        let text = host.text("POST", &format!("/{}/query", db.uuid), &json!({"sql": sql}));
        assert!(
            text.starts_with(&format!(r#"{{"result":[{{"results":{rows},"success":true,"meta":{{"#)),
            "{text}"
        );
        assert!(text.ends_with(r#"}],"success":true,"errors":[],"messages":[]}"#), "{text}");
    }
}

#[test]
fn raw_gives_columns_and_rows() {
    let host = Host::new();
    let db = host.database("db");
    let raw = |sql: &str| host.ok("POST", &format!("/{}/raw", db.uuid), &json!({"sql": sql}));
    let result = raw("SELECT 1 AS b, 'x' AS a, x'0001' AS c, NULL AS d, 1.5 AS e; SELECT 1 WHERE 0");
    assert_eq!(
        result[0]["results"],
        json!({"columns": ["b", "a", "c", "d", "e"], "rows": [[1, "x", [0, 1], null, 1.5]]})
    );
    assert_eq!(result[1]["results"], json!({"columns": ["1"], "rows": []}));
}

#[test]
fn parameters_belong_to_the_last_statement() {
    let host = Host::new();
    let db = host.database("db");
    let path = format!("/{}/query", db.uuid);
    let types = json!({
        "sql": "SELECT typeof(?1) a, typeof(?2) b, typeof(?3) c, ?4 d, typeof(?5) e",
        "params": ["x", 1, 1.5, true, null],
    });
    assert_eq!(
        host.ok("POST", &path, &types)[0]["results"],
        json!([{"a": "text", "b": "integer", "c": "real", "d": 1, "e": "null"}])
    );
    host.ok("POST", &path, &json!({"sql": "CREATE TABLE t (a); INSERT INTO t VALUES (?)", "params": [7]}));
    assert_eq!(db.value("SELECT a FROM t"), 7);
    assert_eq!(
        db.error_of(&json!({"sql": "DELETE FROM t WHERE a = ?; SELECT 1", "params": [7]})),
        "When executing multiple SQL statements in a single call, only the last statement can have parameters."
    );
    assert_eq!(db.value("SELECT count(*) FROM t"), 1);
    for body in [
        json!({"sql": "SELECT ?"}),
        json!({"sql": "SELECT ?, ?", "params": [1]}),
        json!({"sql": "SELECT 1", "params": [1]}),
    ] {
        assert_eq!(db.error_of(&body), "Wrong number of parameter bindings for SQL query.", "{body}");
    }
}

#[test]
fn a_batch_is_one_call() {
    let host = Host::new();
    let db = host.database("db");
    let path = format!("/{}/query", db.uuid);
    let batch = json!({"batch": [
        {"sql": "CREATE TABLE t (a)"},
        {"sql": "INSERT INTO t VALUES (?)", "params": ["x"]},
        {"sql": "SELECT a FROM t"},
    ]});
    assert_eq!(host.ok("POST", &path, &batch)[2]["results"], json!([{"a": "x"}]));
    let broken = json!({"batch": [{"sql": "INSERT INTO t VALUES (1)"}, {"sql": "INSERT INTO u VALUES (1)"}]});
    assert_eq!(db.error_of(&broken), "no such table: u: SQLITE_ERROR");
    assert_eq!(db.value("SELECT count(*) FROM t"), 1);
}

#[test]
fn bodies_that_are_no_call() {
    let host = Host::new();
    let db = host.database("db");
    let path = format!("/{}/query", db.uuid);
    for (body, message) in [
        (json!({}), "Invalid property: sql => Required"),
        (json!({"sql": 1}), "Invalid property: sql => Expected string, received number"),
        (
            json!({"sql": "SELECT 1", "params": {}}),
            "Invalid property: params => Expected array, received object",
        ),
        (
            json!({"sql": "SELECT ?", "params": [[1]]}),
            "Invalid property: params.0 => Expected string, received array",
        ),
        (json!({"batch": {}}), "Invalid property: batch => Expected array, received object"),
        (json!([]), "Invalid JSON in request body"),
    ] {
        assert_eq!(host.refused("POST", &path, &body), (400, 7400, message.into()));
    }
}

#[test]
fn triggers_and_cases_end_where_sqlite_says() {
    let host = Host::new();
    let db = host.database("db");
    let sql = "
        CREATE TABLE t (a, kind); CREATE TABLE log (what TEXT); -- a; comment
        /* another; */ CREATE TRIGGER tr AFTER INSERT ON t BEGIN
            INSERT INTO log VALUES (CASE WHEN new.a > 1 THEN 'many; END' ELSE 'one' END);
            UPDATE t SET kind = CASE new.a WHEN 1 THEN 'single' ELSE 'group' END WHERE rowid = new.rowid;
        END;
        INSERT INTO t (a) VALUES (1), (2);
        SELECT kind FROM t";
    let answered = db.query(sql);
    assert_eq!(answered.len(), 5);
    assert_eq!(answered[3]["meta"]["changes"], 6);
    assert_eq!(answered[4]["results"], json!([{"kind": "single"}, {"kind": "group"}]));
    assert_eq!(db.rows("SELECT what FROM log"), json!([{"what": "one"}, {"what": "many; END"}]));
}

#[test]
fn text_with_nul_is_refused_whole() {
    let host = Host::new();
    let db = host.database("db");
    assert_eq!(
        db.error("CREATE TABLE t (a); \0 CREATE TABLE u (a)"),
        "unrecognized token: \"\\u0000\": SQLITE_ERROR"
    );
    assert_eq!(db.tables(), json!([]));
}

#[test]
fn what_d1s_splitter_breaks_is_incomplete_and_leaves_nothing() {
    let host = Host::new();
    let db = host.database("db");
    let case = "CREATE TABLE t (a); CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN a THEN 1 END; END; SELECT 1";
    let windows = "CREATE TABLE t (a);\r\nCREATE TRIGGER r AFTER INSERT ON t BEGIN\r\nSELECT 1;\r\nEND;\r\n";
    for sql in [case, windows] {
        assert_eq!(db.error(sql), "incomplete input: SQLITE_ERROR", "{sql}");
        assert_eq!(db.tables(), json!([]));
    }
    let enclosed = case.replace("CASE WHEN a THEN 1 END", "(CASE WHEN a THEN 1 END)");
    assert_eq!(db.query(&enclosed).len(), 3);
    db.query(&format!("DROP TABLE t; {}", windows.replace("\r\n", "\n")));
}
