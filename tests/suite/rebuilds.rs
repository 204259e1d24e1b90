//! A table that is rebuilt from a copy keeps its columns and its rows, or the file says that it does not.

use super::jobs::{applied, live, run, sql};
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
