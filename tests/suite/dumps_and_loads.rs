//! A dump that is loaded gives the same database: every table, row, index, trigger and view, compared by SQLite.

use super::outputs::kept;
use super::project::{PLAIN, Project};
use super::simulation::{Arrival, Interceptor, Simulation, Terms};
use larder::http::{RawResponse, WireRequest};
use larder::op::Mode;
use larder::system::files;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Tables that refer to later ones, to each other and to themselves, and what else a dump can trip over.
const SHOP: &str = r#"
PRAGMA defer_foreign_keys = ON;
CREATE TABLE "order items" (id INTEGER PRIMARY KEY AUTOINCREMENT, "order" INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    sku TEXT REFERENCES goods (sku), price REAL, twice AS (price * 2), stored TEXT GENERATED ALWAYS AS (upper(sku)) STORED);
CREATE TABLE orders (id INTEGER PRIMARY KEY, first INTEGER REFERENCES "order items" (id), parent INTEGER REFERENCES orders (id));
CREATE TABLE goods (n, sku TEXT NOT NULL, note, CHECK (length(sku) < 20));
CREATE UNIQUE INDEX goods_sku ON goods (sku);
CREATE INDEX "goods; part" ON goods (lower(sku)) WHERE n > 1;
CREATE TABLE log (sku);
CREATE TABLE pairs (a TEXT, b BLOB, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE TABLE strictly (i INT, r REAL, a ANY) STRICT;
CREATE TABLE [a "quoted" name] ("a;b", `c--d`);
CREATE VIEW outer_view AS SELECT * FROM inner_view;
CREATE VIEW inner_view AS SELECT id FROM orders;
CREATE TRIGGER logged AFTER INSERT ON goods BEGIN INSERT INTO log VALUES (NEW.sku); END;
CREATE TRIGGER by_view INSTEAD OF INSERT ON outer_view BEGIN
    INSERT INTO orders (id) VALUES (CASE WHEN NEW.id THEN NEW.id END);
END;
INSERT INTO goods VALUES (1, 'a''b', CAST(X'6e00756c' AS TEXT));
INSERT INTO goods VALUES (9007199254740993, 'lf', 'one' || char(10) || 'two' || char(13, 10) || '\n\r');
INSERT INTO goods VALUES (9e999, 'inf', -9e999), (0.1 + 0.2, 'ü €😀', X'00ff27'), (-9223372036854775807 - 1, 'min', '');
INSERT INTO goods VALUES (1.0, 'x;--y', '/* " [ ` BEGIN END; '' replace(x) '), (1e300, 'null', NULL);
INSERT INTO orders VALUES (1, 2, NULL), (2, 1, 2), (3, NULL, 1);
INSERT INTO "order items" (id, "order", sku, price) VALUES (1, 1, 'a''b', 1.5), (2, 2, 'lf', 2), (9, 3, 'inf', NULL);
DELETE FROM "order items" WHERE id = 9;
INSERT INTO pairs VALUES ('b', X'01'), ('a', X'01'), ('', X'');
INSERT INTO strictly VALUES (7, 2.0, 'seven'), (NULL, NULL, X'07');
INSERT INTO [a "quoted" name] VALUES ('d1_migrations', 'sqlite_sequence');
ANALYZE;
"#;

fn project() -> Project {
    Project::new(PLAIN)
        .file("m/0001_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, boss REFERENCES people);\nCREATE TABLE people (id INTEGER PRIMARY KEY);\n")
        .file("shop.sql", SHOP)
        .recipe(r#"let shop = d1::ensure("shop"); shop.migrate("m"); shop.load("shop.sql");"#)
        .file("recipes/copy.rhai", r#"wait(d1::ensure("shop").dump("copy.sql")); d1::ensure("copy").load("copy.sql");"#)
        .served()
}

fn run(project: &Project, recipe: &str) -> String {
    project.run(&["run", recipe, "-e", "development"]).exit(0).stdout
}

fn eval(project: &Project, script: &str) -> String {
    project.run(&["eval", "-e", "development", "--write", script]).exit(0).stdout
}

fn rows(project: &Project, database: &str, sql: &str) -> Vec<Json> {
    let uuid = project.api("GET", &format!("/d1/database/{database}"), &Json::Null)["uuid"].clone();
    let path = format!("/d1/database/{}/query", uuid.as_str().unwrap());
    project.api("POST", &path, &json!({"sql": sql}))[0]["results"].as_array().unwrap().clone()
}

/// The schema, and every table's rows: each value with its type, its literal, and its bytes.
fn content(project: &Project, database: &str) -> (Vec<Json>, Vec<(String, Vec<Json>)>) {
    let schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'
        AND name NOT LIKE '^_cf%' ESCAPE '^' AND tbl_name NOT IN ('d1_migrations', 'larder_migrations') ORDER BY type, name";
    let schema = rows(project, database, schema);
    let tables = schema.iter().filter(|entry| entry["type"] == "table");
    let mut content: Vec<(String, Vec<Json>)> = tables
        .map(|entry| {
            let table = format!("\"{}\"", entry["name"].as_str().unwrap().replace('"', "\"\""));
            let name = entry["name"].as_str().unwrap().replace('\'', "''");
            let columns = rows(project, database, &format!("SELECT name FROM pragma_table_xinfo('{name}')"));
            let value = |column: &Json| {
                let name = format!("\"{}\"", column["name"].as_str().unwrap());
                format!("typeof({name}) || quote({name}) || hex({name})")
            };
            let values: Vec<String> = columns.iter().map(value).collect();
            let sql = format!("SELECT {} AS row FROM {table} ORDER BY 1", values.join(" || ' | ' || "));
            (table, rows(project, database, &sql))
        })
        .collect();
    let counters = "SELECT name, seq FROM sqlite_sequence WHERE name <> 'd1_migrations' ORDER BY name";
    content.push(("sqlite_sequence".into(), rows(project, database, counters)));
    (schema, content)
}

#[test]
fn a_dump_that_is_loaded_is_the_same_database() {
    let project = project();
    run(&project, "main");
    let text = run(&project, "copy");
    kept("a dump that is loaded is the same database", &text);
    let (shop, copy) = (content(&project, "shop"), content(&project, "copy"));
    assert_eq!(shop.0.len(), 15, "{:#?}", shop.0);
    let rows_of = |table: &str| shop.1.iter().find(|(name, _)| name == table).unwrap().1.len();
    assert_eq!((rows_of("\"goods\""), rows_of("\"log\""), rows_of("sqlite_sequence")), (7, 7, 1));
    assert_eq!(copy.0, shop.0);
    for (ours, theirs) in copy.1.iter().zip(&shop.1) {
        assert_eq!(ours, theirs);
    }
    let ledgers = "SELECT name FROM sqlite_schema WHERE name LIKE '%migrations%' OR name LIKE 'larder%'";
    assert_eq!(rows(&project, "copy", ledgers), Vec::<Json>::new());
    let next = r#"INSERT INTO "order items" ("order") VALUES (1) RETURNING id"#;
    assert_eq!(rows(&project, "copy", next), [json!({"id": 10})], "an id is not used again");
    rows(&project, "copy", "INSERT INTO outer_view (id) VALUES (77)");
    assert_eq!(rows(&project, "copy", "SELECT max(id) AS id FROM orders"), [json!({"id": 77})]);
}

#[test]
fn ledgers_are_in_a_dump_that_asks_for_them() {
    let project = project();
    run(&project, "main");
    eval(&project, r#"d1::find("shop").dump("whole.sql", #{ ledgers: true }).bytes"#);
    eval(&project, r#"d1::ensure("copy").load("whole.sql").statements"#);
    for ledger in ["d1_migrations", "larder_migrations"] {
        let all = format!("SELECT * FROM {ledger}");
        let (ours, theirs) = (rows(&project, "copy", &all), rows(&project, "shop", &all));
        assert_eq!((ours.len(), &ours), (1, &theirs), "{ledger}");
    }
    let migrated = eval(&project, r#"d1::find("copy").migrate("m").applied"#);
    assert_eq!(migrated, "[]\n");
    eval(&project, r#"d1::find("shop").dump("one.sql", #{ tables: ["d1_migrations"] }).bytes"#);
    let one = files::read_text(&project.path().join("one.sql"), 1 << 20).unwrap();
    kept("ledgers are in a dump that asks for them", &one);
}

#[test]
fn rows_go_into_a_database_that_has_its_own_ledger_and_counters() {
    let project = project();
    eval(&project, r#"d1::ensure("small").migrate("m").applied"#);
    let fill = "INSERT INTO people VALUES (1), (2); INSERT INTO users VALUES (4, 2), (7, 1); DELETE FROM users WHERE id = 7;";
    eval(&project, &format!(r#"d1::find("small").execute("{fill}").changes"#));
    eval(&project, r#"d1::find("small").dump("rows.sql", #{ schema: false }).bytes"#);
    let own = "CREATE TABLE own (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO own VALUES (5); DELETE FROM own";
    eval(&project, r#"d1::ensure("stage").migrate("m").applied"#);
    eval(&project, &format!(r#"d1::find("stage").execute("{own}").changes"#));
    eval(&project, r#"d1::find("stage").load("rows.sql").statements"#);
    assert_eq!(rows(&project, "stage", "SELECT * FROM users"), [json!({"id": 4, "boss": 2})]);
    let counters = rows(&project, "stage", "SELECT name || seq AS c FROM sqlite_sequence ORDER BY 1");
    assert_eq!(counters, [json!({"c": "d1_migrations1"}), json!({"c": "own5"}), json!({"c": "users7"})]);
    assert_eq!(rows(&project, "stage", "SELECT count(*) AS n FROM d1_migrations"), [json!({"n": 1})]);
}

/// Answers a download with a recorded dump.
struct Recorded(Vec<u8>);

impl Interceptor for Recorded {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let answer = deliver()?;
        Ok(match request.endpoint.doing {
            "download the export" => RawResponse { body: self.0.clone(), headers: Vec::new(), ..answer },
            _ => answer,
        })
    }
}

#[test]
fn a_recorded_dump_with_transaction_control_is_loaded() {
    let lines = include_str!("../traffic/d1-export.jsonl").lines();
    let recorded: Json = serde_json::from_str(lines.last().unwrap()).unwrap();
    let dump = recorded["response"]["body"].as_str().unwrap();
    assert!(dump.starts_with("BEGIN TRANSACTION;"), "{dump}");
    let folder = tempfile::tempdir().unwrap();
    let simulation = Simulation::new(1);
    simulation.script(folder.path(), Mode::Apply, r#"d1::ensure("app-db");"#);
    let terms = Terms { road: Arc::new(Recorded(dump.into())), ..simulation.terms(Mode::Apply) };
    let dumped = simulation.script_on(terms, folder.path(), r#"d1::find("app-db").dump("d.sql").bytes"#);
    assert_eq!(dumped.report.exit, 0, "{:?}", dumped.said);
    let text = files::read_text(&folder.path().join("d.sql"), 1 << 20).unwrap();
    assert_eq!(text, "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE t(a);\nINSERT INTO \"t\" VALUES(1);\n");
    let loaded = r#"let db = d1::ensure("copy"); wait(db.load("d.sql")); db.query("SELECT a FROM t")"#;
    let loaded = simulation.script(folder.path(), Mode::Apply, loaded);
    assert_eq!(loaded.value.as_deref(), Some(r#"[#{"a": 1}]"#), "{:?}", loaded.said);
}

/// A project with the databases `a`, whose table says "new", and `b`; and the file of an earlier run, which says "old".
fn with_an_old_file() -> Project {
    let old = "CREATE TABLE t (x);\nINSERT INTO t VALUES ('old');\n";
    let project = Project::new(PLAIN).file("x.sql", old).served();
    eval(&project, r#"d1::ensure("a").execute("CREATE TABLE t (x); INSERT INTO t VALUES ('new')").changes"#);
    project
}

fn says(project: &Project, database: &str) -> Vec<Json> {
    rows(project, database, "SELECT x FROM t")
}

#[test]
fn a_load_reads_what_a_dump_of_the_same_run_writes() {
    let script = r#"let a = d1::ensure("a"); a.dump("x.sql"); a.execute("DROP TABLE t"); a.load("./x.sql");"#;
    let project = with_an_old_file();
    eval(&project, script);
    assert_eq!(says(&project, "a"), [json!({"x": "new"})], "on the same database in its turn");

    let project = with_an_old_file();
    let script = r#"let b = d1::ensure("b"); let a = d1::ensure("a"); a.dump("x.sql"); b.load("x.sql");"#;
    eval(&project, script);
    assert_eq!(says(&project, "b"), [json!({"x": "new"})], "on another it waits for the dump");

    let script = r#"d1::find("a").dump("fresh.sql"); d1::ensure("c").load("fresh.sql");"#;
    eval(&project, script);
    assert_eq!(says(&project, "c"), [json!({"x": "new"})], "a file that was not there");

    let by_id = r#"let d = d1::ensure("d").id; d1::dump(d1::find("a").id, "id.sql"); d1::load(d, "id.sql");"#;
    eval(&project, by_id);
    assert_eq!(says(&project, "d"), [json!({"x": "new"})], "by their ids");
}

#[test]
fn a_load_is_skipped_where_the_dump_before_it_fails_unless_that_is_caught() {
    let project = with_an_old_file();
    eval(&project, r#"d1::ensure("v").execute("CREATE VIRTUAL TABLE f USING fts5(a)").changes"#);
    let failing = r#"let b = d1::ensure("b"); let v = d1::ensure("v");"#;
    let script = format!(r#"{failing} v.dump("x.sql"); b.load("x.sql");"#);
    let output = project.run(&["eval", "-e", "development", "--write", &script]).exit(4);
    output.kept("a load is skipped where the dump before it fails");
    let tables = "SELECT name FROM sqlite_schema WHERE name = 't'";
    assert_eq!(rows(&project, "b", tables), Vec::<Json>::new(), "the file of an earlier run is not loaded");
    let caught = format!(r#"{failing} try {{ wait(v.dump("x.sql")); }} catch {{}} b.load("x.sql");"#);
    eval(&project, &caught);
    assert_eq!(says(&project, "b"), [json!({"x": "old"})], "the script has seen that there is no new one");
}

#[test]
fn a_plan_does_not_look_into_a_file_that_the_run_writes() {
    let script = r#"d1::ensure("a").dump("x.sql"); d1::ensure("b").load("x.sql");"#;
    let project = Project::new(PLAIN).recipe(script).served();
    let plan = ["plan", "main", "-e", "development"];
    project.run(&plan).exit(0).kept("a plan does not look into a file that the run writes");
    project.write("recipes/main.rhai", r#"d1::ensure("a").dump("y.sql"); d1::ensure("b").load("x.sql");"#);
    project.run(&plan).exit(2).kept("a file that no op writes is not there");
}

#[test]
fn two_dumps_of_a_run_into_one_file_are_refused() {
    let project = with_an_old_file();
    let before = files::read_text(&project.path().join("x.sql"), 1 << 20).unwrap();
    let two = "for name in [\"a\", \"b\"] {\n  d1::ensure(name).dump(\"./x.sql\");\n}";
    let output = project.run(&["eval", "-e", "development", "--write", two]).exit(4);
    output.kept("two dumps of a run into one file are refused");
    assert_ne!(files::read_text(&project.path().join("x.sql"), 1 << 20).unwrap(), before, "the first");
}

#[test]
fn a_dump_of_a_table_that_is_not_there_is_refused_and_leaves_the_file() {
    let project = with_an_old_file();
    let before = files::read_text(&project.path().join("x.sql"), 1 << 20).unwrap();
    eval(&project, r#"d1::find("a").execute("CREATE TABLE Users (x); CREATE VIEW v AS SELECT 1").changes"#);
    for options in [
        r#"tables: ["nope"]"#,
        r#"tables: ["t", "T"]"#,
        r#"tables: ["USERS"], schema: false"#,
        r#"tables: ["User"], data: false"#,
        r#"tables: ["Usrs"], ledgers: true"#,
        r#"tables: ["v"], schema: false"#,
        r#"tables: [""]"#,
    ] {
        let script = format!(r#"d1::find("a").dump("x.sql", #{{ {options} }})"#);
        let refused = project.run(&["eval", "-e", "development", "--write", &script]).exit(1);
        refused.kept(&format!("a dump of a table that is not there is refused: {options}"));
        assert_eq!(files::read_text(&project.path().join("x.sql"), 1 << 20).unwrap(), before, "{options}");
    }
    eval(&project, r#"d1::find("a").dump("x.sql", #{ tables: ["Users", "v"] }).bytes"#);
    let text = files::read_text(&project.path().join("x.sql"), 1 << 20).unwrap();
    kept("a dump of a table and a view", &text);
}

#[test]
fn text_that_the_export_can_not_keep_is_warned_of() {
    let project = with_an_old_file();
    let dump = r#"d1::ensure("a").dump("y.sql");"#;
    project.write("recipes/main.rhai", dump);
    kept("text that the export keeps", &run(&project, "main"));
    let insert = "INSERT INTO t VALUES (CAST(X'ff41' AS TEXT)), (CAST(X'00fe' AS TEXT)), (X'ff'), ('ü')";
    eval(&project, &format!(r#"d1::find("a").execute("{insert}").changes"#));
    kept("text that the export can not keep is warned of", &run(&project, "main"));
    let text = files::read_text(&project.path().join("y.sql"), 1 << 20).unwrap();
    kept("text that the export can not keep, in the file", &text);
}
