//! A table that is rebuilt from a copy keeps its columns and its rows, or the file says that it does not.

use super::jobs_database::{applied, live, run, sql};
use serde_json::json;

const BASE: (&str, &str) = ("0001_init.sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, e TEXT, f TEXT);\n");
const ROWS: &str = "INSERT INTO t VALUES (1, 'a', 'A'), (2, 'a', 'B'), (3, 'c', 'C');";

/// The file is refused at this place with these words, and runs once it is marked.
#[track_caller]
fn loses(file: &str, words: &str) {
    let project = live(BASE, ROWS, &[("0002_x.sql", file)]);
    let output = run(&project).exit(1);
    let message = format!("error: `jobs` is not migrated: m/0002_x.sql:{words}\n");
    assert!(output.stderr.starts_with(&message), "{file}\n{}", output.stderr);
    assert_eq!(sql(&project, "SELECT count(f) AS n FROM t"), json!([{"n": 3}]), "{file}");
    project.write("m/0002_x.sql", &format!("-- larder:destructive\n{file}"));
    run(&project).exit(0);
}

/// The file runs as it is, and this is what its table holds then.
#[track_caller]
fn keeps(file: &str, select: &str, rows: &serde_json::Value) {
    let project = live(BASE, ROWS, &[("0002_x.sql", file)]);
    run(&project).exit(0);
    assert_eq!((sql(&project, select), applied(&project).len()), (rows.clone(), 2), "{file}");
}

fn rebuild(columns: &str, copy: &str) -> String {
    format!("CREATE TABLE n ({columns});\n{copy};\nDROP TABLE t;\nALTER TABLE n RENAME TO t;\n")
}

#[test]
fn a_column_whose_values_are_copied_nowhere_is_lost() {
    let columns = "id INTEGER PRIMARY KEY, e TEXT NOT NULL, f TEXT DEFAULT ''";
    let words = "3:1: the rebuild of `t` loses its column `f`";
    for copy in [
        "INSERT INTO n (id, e) SELECT id, e FROM t",
        "INSERT INTO n (id, e, f) SELECT id, e, NULL FROM t",
        "INSERT INTO n (id, e, f) SELECT id, e, '' AS f FROM t ORDER BY f",
        "INSERT INTO n (id, e, f) SELECT id, e, 'f' FROM t",
        "INSERT INTO n (id, e, f) SELECT id, e, e FROM t",
    ] {
        loses(&rebuild(columns, copy), words);
    }
    loses(
        "CREATE TABLE n (id INTEGER PRIMARY KEY);\nINSERT INTO n SELECT id FROM t;\nDROP TABLE t;\n\
         CREATE TABLE t (id, e, f);\n",
        "3:1: the rebuild of `t` loses its columns `e`, `f`",
    );
    loses(
        "ALTER TABLE t RENAME TO o;\nCREATE TABLE t (id INTEGER PRIMARY KEY, e TEXT, f TEXT);\n\
         INSERT INTO t (id, e) SELECT id, e FROM o;\nDROP TABLE o;\n",
        "4:1: the rebuild of `o` loses its column `f`",
    );
}

#[test]
fn a_column_that_is_renamed_or_changed_on_its_way_is_kept() {
    let columns = "id INTEGER PRIMARY KEY, e TEXT NOT NULL, g TEXT NOT NULL";
    let select = "SELECT g FROM t WHERE id = 2";
    for (copy, g) in [
        ("INSERT INTO n (id, e, g) SELECT id, e, f FROM t", "B"),
        ("INSERT INTO n (id, e, g) SELECT \"id\", \"e\", coalesce(\"f\", '') AS \"f\" FROM \"t\"", "B"),
        ("INSERT INTO n (id, e, g) SELECT id, e, lower(t.f) FROM t", "b"),
        (
            "INSERT INTO n (id, e, g) SELECT id, e, '' FROM t;\n\
             UPDATE n SET g = (SELECT f FROM t WHERE t.id = n.id)",
            "B",
        ),
    ] {
        keeps(&rebuild(columns, copy), select, &json!([{ "g": g }]));
    }
}

#[test]
fn a_copy_that_leaves_rows_out_is_none() {
    let words = "3:1: `DROP TABLE t` loses rows: its copy may not have all of them";
    let all = "INSERT INTO n SELECT id, e, f FROM t";
    for (columns, copy) in [
        ("id INTEGER PRIMARY KEY, e TEXT UNIQUE ON CONFLICT IGNORE, f TEXT", all),
        ("id INTEGER PRIMARY KEY, e TEXT, f TEXT, UNIQUE (e) ON CONFLICT REPLACE", all),
        ("id INTEGER PRIMARY KEY ON CONFLICT REPLACE, e TEXT, f TEXT", all),
        ("id INTEGER PRIMARY KEY, e TEXT NOT NULL ON CONFLICT IGNORE, f TEXT", all),
        ("id INTEGER PRIMARY KEY, e TEXT, f TEXT", "INSERT INTO n SELECT max(id), e, f FROM t"),
        ("id INTEGER PRIMARY KEY, e TEXT UNIQUE, f TEXT", "INSERT INTO n SELECT min(id), e, max(f) FROM t"),
    ] {
        loses(&rebuild(columns, copy), words);
    }
}

#[test]
fn what_takes_rows_out_of_a_copy_makes_it_none() {
    let columns = "id INTEGER PRIMARY KEY, e TEXT, f TEXT";
    let all = "INSERT INTO n SELECT * FROM t";
    let words = "4:1: `DROP TABLE t` loses rows: its copy may not have all of them";
    for deletes in ["DELETE FROM n WHERE id > 1", "DELETE FROM n WHERE e = 'c'", "DELETE FROM n"] {
        loses(&rebuild(columns, &format!("{all};\n{deletes}")), words);
    }
    for trigger in [
        "BEFORE INSERT ON n WHEN new.id > 1 BEGIN SELECT RAISE(IGNORE); END",
        "BEFORE INSERT ON n WHEN new.e = 'c' BEGIN SELECT RAISE(IGNORE); END",
        "AFTER INSERT ON n WHEN new.e = 'c' BEGIN DELETE FROM n WHERE id = new.id; END",
    ] {
        loses(&rebuild(columns, &format!("CREATE TRIGGER g {trigger};\n{all}")), words);
    }
}

/// Rows are made up for the trial, and what only they meet is no reason to refuse.
#[test]
fn a_whole_copy_is_taken_for_one() {
    let all = "INSERT INTO n SELECT id, e, f FROM t";
    let rows = json!([{"n": 3}]);
    for columns in [
        "id INTEGER PRIMARY KEY, e TEXT NOT NULL, f TEXT UNIQUE",
        "id INTEGER PRIMARY KEY AUTOINCREMENT, e TEXT CHECK (e IN ('a', 'c')), f TEXT",
        "id INT NOT NULL, e TEXT, f TEXT UNIQUE ON CONFLICT FAIL, PRIMARY KEY (id, e)",
        "id INTEGER, e TEXT, f TEXT, PRIMARY KEY (f)) WITHOUT ROWID; CREATE TABLE o (x",
    ] {
        keeps(&rebuild(columns, all), "SELECT count(*) AS n FROM t", &rows);
    }
    // What else is made of the rows does not count against the copy.
    let summed = format!(
        "{all};\nCREATE TABLE s (n);\nINSERT INTO s SELECT count(*) FROM t;\nCREATE TABLE o AS SELECT * FROM t;\n\
         DELETE FROM o WHERE id > 1"
    );
    let file = rebuild("id INTEGER PRIMARY KEY, e TEXT, f TEXT", &summed);
    keeps(&file, "SELECT count(*) AS n FROM t", &rows);
    let logged = format!(
        "CREATE TABLE l (x);\nCREATE TRIGGER g AFTER INSERT ON n BEGIN INSERT INTO l VALUES (new.id); END;\n\
         CREATE TRIGGER h AFTER DELETE ON n BEGIN DELETE FROM l; END;\n{all}"
    );
    let file = rebuild("id INTEGER PRIMARY KEY, e TEXT, f TEXT", &logged);
    keeps(&file, "SELECT count(*) AS n FROM l", &rows);
}

/// The rehearsal's rows hold no JSON, and the real ones do.
#[test]
fn a_column_that_is_made_of_json_is_added_to_rows_that_hold_it() {
    for definition in [
        "g INT NOT NULL AS (json_extract(e, '$.a'))",
        "g INT AS (json_extract(e, '$.a')) CHECK (g > 0)",
        "g INT CHECK (json_extract(e, '$.a') > 0)",
    ] {
        let add = format!("ALTER TABLE t ADD COLUMN {definition};\n");
        let json = r#"INSERT INTO t VALUES (1, '{"a": 7}', 'x')"#;
        let project = live(BASE, json, &[("0002_x.sql", &add)]);
        run(&project)
            .exit(0)
            .kept(&format!("a column that is made of json is added to rows that hold it: {definition}"));
        assert_eq!(applied(&project).len(), 2, "{definition}");
    }
    // What fails whatever the rows hold is refused.
    let project = live(BASE, ROWS, &[("0002_x.sql", "ALTER TABLE t ADD COLUMN g INT NOT NULL;\n")]);
    run(&project).exit(1).kept("a column that is made of json is added to rows that hold it, 2");
    assert_eq!(applied(&project).len(), 1);
}

#[test]
fn a_copy_that_leaves_nothing_out_needs_no_marker() {
    let columns = "id INTEGER PRIMARY KEY, e TEXT, f TEXT";
    let rows = json!([{"n": 3}]);
    for filter in ["true", "1", "TRUE"] {
        let copy = format!("INSERT INTO n SELECT * FROM t WHERE {filter}");
        keeps(&rebuild(columns, &copy), "SELECT count(f) AS n FROM t", &rows);
    }
    let made = |select: &str| {
        format!("CREATE TABLE n AS {select};\nSELECT 1;\nDROP TABLE t;\nALTER TABLE n RENAME TO t;\n")
    };
    keeps(&made("SELECT * FROM t"), "SELECT count(f) AS n FROM t", &rows);
    keeps(&made("SELECT id, e, lower(f) AS f FROM t"), "SELECT count(f) AS n FROM t", &rows);
    let lost = "3:1: `DROP TABLE t` loses the table with its rows";
    loses(&made("SELECT * FROM t WHERE id < 3"), lost);
    loses(&made("SELECT * FROM t WHERE 0"), lost);
    let short = "3:1: `DROP TABLE t` loses rows: its copy may not have all of them";
    loses(&made("SELECT max(id), e, f FROM t"), short);
    loses(&made("SELECT id, e FROM t"), "3:1: the rebuild of `t` loses its column `f`");
}
