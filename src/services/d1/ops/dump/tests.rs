//! Dumps of D1 and of SQLite's shell, loaded into SQLite.

use super::ledgers::LedgerFilter;
use super::sections;
use crate::services::d1::migrations::Tables;
use rusqlite::Connection;
use rusqlite::types::Value;

fn without_ledgers() -> LedgerFilter {
    LedgerFilter::LeaveOut { but: Vec::new(), tables: Vec::new() }
}

/// A dump in order, with what is said of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Arranged {
    text: Vec<u8>,
    left_out: Vec<String>,
    warnings: Vec<String>,
}

fn arrange(dump: &[u8], ledgers: &LedgerFilter) -> Arranged {
    let mut text = Vec::new();
    let sections::DumpResult { bytes, left_out, warnings } =
        sections::arrange(|| dump, ledgers, &mut text).unwrap();
    assert_eq!(bytes, text.len() as u64);
    Arranged { text, left_out, warnings }
}

fn arranged(dump: impl AsRef<[u8]>) -> Arranged {
    arrange(dump.as_ref(), &without_ledgers())
}

fn text(arranged: &Arranged) -> &str {
    std::str::from_utf8(&arranged.text).unwrap()
}

/// A database into which the dump was loaded as a load does it: in one transaction, with foreign keys.
fn loaded(dump: impl AsRef<[u8]>) -> Connection {
    let arranged = arranged(dump);
    let database = Connection::open_in_memory().unwrap();
    let sql = format!("BEGIN; {} COMMIT;", text(&arranged));
    database.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    database.execute_batch(&sql).unwrap_or_else(|error| panic!("{error} in\n{}", text(&arranged)));
    database
}

fn value(database: &Connection, sql: &str) -> Value {
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn rows_come_after_every_table_and_what_they_set_off_after_them() {
    let dump = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n\
        CREATE TABLE IF NOT EXISTS \"post\" (id INTEGER PRIMARY KEY AUTOINCREMENT, author REFERENCES user (name), next REFERENCES post);\n\
        INSERT INTO \"post\" (\"id\",\"author\",\"next\") VALUES(1,'ann',2);\n\
        INSERT INTO \"post\" (\"id\",\"author\",\"next\") VALUES(2,'ann',NULL);\n\
        CREATE TABLE user (id INTEGER PRIMARY KEY, name, best REFERENCES post, posts DEFAULT 0);\n\
        INSERT INTO \"user\" (\"id\",\"name\",\"best\",\"posts\") VALUES(1,'ann',2,7);\n\
        DELETE FROM sqlite_sequence;\n\
        INSERT INTO \"sqlite_sequence\" (\"name\",\"seq\") VALUES('post',9);\n\
        CREATE INDEX by_author ON post (author);\n\
        CREATE UNIQUE INDEX by_name ON user (name);\n\
        CREATE TRIGGER count AFTER INSERT ON post BEGIN UPDATE user SET posts = posts + 1 WHERE name = NEW.author; END;\n\
        CREATE TRIGGER by_view INSTEAD OF INSERT ON newest BEGIN INSERT INTO post (author) VALUES (NEW.author); END;\n\
        CREATE VIEW newest AS SELECT * FROM newer;\n\
        CREATE VIEW newer AS SELECT * FROM post ORDER BY id DESC;\nCOMMIT;\n";
    assert_eq!(
        text(&arranged(dump)),
        "PRAGMA defer_foreign_keys=TRUE;\n\
        CREATE TABLE IF NOT EXISTS \"post\" (id INTEGER PRIMARY KEY AUTOINCREMENT, author REFERENCES user (name), next REFERENCES post);\n\
        CREATE TABLE user (id INTEGER PRIMARY KEY, name, best REFERENCES post, posts DEFAULT 0);\n\
        CREATE UNIQUE INDEX by_name ON user (name);\n\
        INSERT INTO \"post\" (\"id\",\"author\",\"next\") VALUES(1,'ann',2);\n\
        INSERT INTO \"post\" (\"id\",\"author\",\"next\") VALUES(2,'ann',NULL);\n\
        INSERT INTO \"user\" (\"id\",\"name\",\"best\",\"posts\") VALUES(1,'ann',2,7);\n\
        DELETE FROM sqlite_sequence WHERE name = 'post';\n\
        INSERT INTO \"sqlite_sequence\" (\"name\",\"seq\") VALUES('post',9);\n\
        CREATE INDEX by_author ON post (author);\n\
        CREATE VIEW newest AS SELECT * FROM newer;\n\
        CREATE VIEW newer AS SELECT * FROM post ORDER BY id DESC;\n\
        CREATE TRIGGER count AFTER INSERT ON post BEGIN UPDATE user SET posts = posts + 1 WHERE name = NEW.author; END;\n\
        CREATE TRIGGER by_view INSTEAD OF INSERT ON newest BEGIN INSERT INTO post (author) VALUES (NEW.author); END;\n"
    );
    let database = loaded(dump);
    assert_eq!(value(&database, "SELECT posts FROM user"), Value::Integer(7), "no trigger counted");
    assert_eq!(
        value(&database, "SELECT count(*) || ' ' || max(seq) FROM sqlite_sequence"),
        Value::Text("1 9".into())
    );
    database.execute_batch("INSERT INTO newest (author) VALUES ('ann')").unwrap();
    assert_eq!(value(&database, "SELECT max(id) FROM post"), Value::Integer(10));
}

#[test]
fn a_dump_is_arranged_the_same_a_second_time() {
    let dump = "CREATE TABLE a (x REFERENCES b);\nINSERT INTO a VALUES(1);\nCREATE TABLE b (x PRIMARY KEY);\n\
        INSERT INTO b VALUES(1);\nCREATE VIEW v AS SELECT 1;\n";
    let once = arranged(dump);
    assert_eq!(arranged(&once.text), once);
}

#[test]
fn values_that_sql_does_not_take_back_are_written_so_that_it_does() {
    let mut dump = b"CREATE TABLE t (n, x);\nINSERT INTO \"t\" (\"n\",\"x\") VALUES(1,'a\0''b');\n".to_vec();
    dump.extend(
        b"INSERT INTO t VALUES(2,replace('c\0\\n','\\n',char(10)));\nINSERT INTO t VALUES(3,'d\xff');\n",
    );
    dump.extend(b"INSERT INTO t VALUES(4,Infinity);\nINSERT INTO t VALUES(5,-Infinity);\n");
    dump.extend("INSERT INTO t VALUES(6,'Infinity; ü''');\nINSERT INTO t VALUES(7,x'00ff');\n".as_bytes());
    dump.extend(b"INSERT INTO t VALUES(8,9007199254740993);\nINSERT INTO t VALUES(9,0.1);\n");
    let database = loaded(&dump);
    let hex = |n: u8| value(&database, &format!("SELECT typeof(x) || ' ' || hex(x) FROM t WHERE n = {n}"));
    for (n, expected) in [
        (1, "text 61002762"),
        (2, "text 63000A"),
        (3, "text 64FF"),
        (6, "text 496E66696E6974793B20C3BC27"),
        (7, "blob 00FF"),
    ] {
        assert_eq!(hex(n), Value::Text(expected.into()), "{n}");
    }
    let x = |n: u8| value(&database, &format!("SELECT x FROM t WHERE n = {n}"));
    assert_eq!((x(4), x(5)), (Value::Real(f64::INFINITY), Value::Real(f64::NEG_INFINITY)));
    assert_eq!((x(8), x(9)), (Value::Integer(9_007_199_254_740_993), Value::Real(0.1)));
    assert_eq!(
        arranged(&dump).warnings,
        ["1 integer beyond 2^53, which D1's export may have rounded: compare with `SELECT CAST(.. AS TEXT)`"]
    );
}

#[test]
fn ledgers_are_left_out_with_all_that_belongs_to_them() {
    let named = Tables::named(Some("done")).unwrap();
    let wranglers_own = Tables { wrangler: "Applied \"by\" us".into(), larder: String::new() };
    let dump = [
        &Tables::default().create_wrangler(),
        "INSERT INTO \"d1_migrations\" VALUES(1,'0001_a.sql','2026-01-01');",
        &Tables::default().create_larder(),
        "INSERT INTO \"LARDER_migrations\" VALUES(1,'0001_a.sql','','','','','');",
        "CREATE TABLE done (id TEXT PRIMARY KEY, name, applied_at);",
        "INSERT INTO done VALUES('1','b','c');",
        &named.create_larder(),
        &wranglers_own.create_wrangler(),
        "CREATE TABLE t (a, b INTEGER PRIMARY KEY AUTOINCREMENT);",
        "INSERT INTO t VALUES('d1_migrations',1);",
        "CREATE TABLE migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TEXT);",
        "DELETE FROM sqlite_sequence;",
        "INSERT INTO \"sqlite_sequence\" VALUES('d1_migrations',1);",
        "INSERT INTO \"sqlite_sequence\" VALUES('Applied \"by\" us',4);",
        "INSERT INTO \"sqlite_sequence\" VALUES('t',3);",
        "CREATE INDEX i ON done (name);",
        "CREATE TRIGGER r AFTER UPDATE OF id, \"on\" ON \"d1_migrations\" BEGIN SELECT 1; END;",
        "CREATE TRIGGER s AFTER INSERT ON t BEGIN SELECT 1; END;",
    ]
    .join("\n");
    let kept = arranged(&dump);
    assert_eq!(
        kept.left_out,
        ["d1_migrations", "larder_migrations", "done", "larder_migrations_done", "Applied \"by\" us"]
    );
    assert_eq!(
        text(&kept),
        "PRAGMA defer_foreign_keys=TRUE;\n\
        CREATE TABLE t (a, b INTEGER PRIMARY KEY AUTOINCREMENT);\n\
        CREATE TABLE migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TEXT);\n\
        INSERT INTO t VALUES('d1_migrations',1);\n\
        DELETE FROM sqlite_sequence WHERE name = 't';\n\
        INSERT INTO \"sqlite_sequence\" VALUES('t',3);\n\
        CREATE TRIGGER s AFTER INSERT ON t BEGIN SELECT 1; END;\n"
    );
    let asked = arrange(
        dump.as_bytes(),
        &LedgerFilter::LeaveOut { but: vec!["D1_migrations".into()], tables: Vec::new() },
    );
    assert_eq!(asked.left_out[0], "larder_migrations");
    let rows = "INSERT INTO \"done\" VALUES('1','b','c');\nINSERT INTO t VALUES(1,2);\nINSERT INTO \"sqlite_sequence\" VALUES('done',1);\n";
    let tables = vec![("t".into(), "CREATE TABLE t (a, b)".into()), ("done".into(), named.create_wrangler())];
    let rows = arrange(rows.as_bytes(), &LedgerFilter::LeaveOut { but: Vec::new(), tables });
    assert_eq!(text(&rows), "PRAGMA defer_foreign_keys=TRUE;\nINSERT INTO t VALUES(1,2);\n");
    let whole = arrange(dump.as_bytes(), &LedgerFilter::Keep);
    assert_eq!(
        (
            whole.left_out,
            text(&Arranged { text: whole.text, ..Arranged::default() }).matches("CREATE TABLE").count()
        ),
        (Vec::new(), 7)
    );
}

#[test]
fn what_is_no_statement_of_a_dump_is_kept_at_the_end() {
    let dump = "INSERT INTO t VALUES(1);\nUPDATE t SET a = 2;\nCREATE TABLE t (a);\nANALYZE sqlite_schema;\n\
        INSERT INTO \"sqlite_stat1\" (\"tbl\",\"idx\",\"stat\") VALUES('t',NULL,'1');\nDELETE FROM t WHERE a = 3;\n";
    assert_eq!(
        text(&arranged(dump)),
        "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE t (a);\nINSERT INTO t VALUES(1);\nANALYZE sqlite_schema;\n\
        INSERT INTO \"sqlite_stat1\" (\"tbl\",\"idx\",\"stat\") VALUES('t',NULL,'1');\nUPDATE t SET a = 2;\nDELETE FROM t WHERE a = 3;\n"
    );
}
