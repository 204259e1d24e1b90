//! `atomic = "all"`: the meaning of each file does not depend on the files that are applied with it.

use super::jobs_database::{applied, count, new, sql};
use super::project::Project;
use serde_json::json;

const ALL: &str = "d1::ensure(\"jobs\").migrate(\"m\", #{ atomic: \"all\" });\n";

fn all(files: &[(&str, &str)]) -> Project {
    let project = new(files);
    project.api("POST", "/d1/database", &json!({"name": "jobs"}));
    project.write("recipes/main.rhai", ALL);
    project
}

fn run(project: &Project) -> super::project::Output {
    project.run(&["run", "main", "-e", "dev"])
}

const TABLES: (&str, &str) = (
    "0001_tables.sql",
    "CREATE TABLE a (x); CREATE TABLE log (x);\n\
     CREATE TRIGGER r AFTER INSERT ON a BEGIN INSERT INTO log SELECT max(x) FROM a; END;\n",
);
const RENAME: (&str, &str) = ("0003_rename.sql", "ALTER TABLE a RENAME TO b;\n");

#[test]
fn a_pragma_would_hold_for_the_files_after_it() {
    for pragma in [
        "PRAGMA legacy_alter_table = ON",
        "PRAGMA defer_foreign_keys = true",
        "PRAGMA recursive_triggers = 1",
        "PRAGMA case_sensitive_like(on)",
    ] {
        let project = all(&[TABLES, ("0002_pragma.sql", &format!("SELECT 1;\n  {pragma};\n")), RENAME]);
        let output = run(&project).exit(1);
        output.kept(&format!("a pragma would hold for the files after it: {pragma}"));

        // The hint, followed.
        project.write(
            "recipes/main.rhai",
            &ALL.replace("atomic: \"all\"", "atomic: \"all\", to: \"0002_pragma.sql\""),
        );
        run(&project).exit(0);
        project.write("recipes/main.rhai", ALL);
        run(&project).exit(0);
        sql(&project, "INSERT INTO b VALUES (7)");
        assert_eq!(sql(&project, "SELECT x FROM log"), json!([{"x": 7}]), "{pragma}");
    }
}

#[test]
fn a_pragma_in_the_last_file_or_one_that_does_nothing_is_no_trouble() {
    let last = ("0004_last.sql", "PRAGMA defer_foreign_keys = on;\nPRAGMA table_list;\n");
    let nothing = ("0002_off.sql", "PRAGMA foreign_keys = OFF;\nPRAGMA table_info(a);\nPRAGMA optimize;\n");
    let project = all(&[TABLES, nothing, RENAME, last]);
    run(&project).exit(0);
    assert_eq!(applied(&project).len(), 4);
}

#[test]
fn each_file_sees_its_own_rows_in_the_ledger_and_no_later_ones() {
    let project = all(&[
        ("0001_a.sql", "CREATE TABLE seen (n INTEGER, file TEXT); /* open"),
        ("0002_b.sql", "INSERT INTO seen VALUES (last_insert_rowid(), 'b') -- and no semicolon"),
        ("0003_c.sql", "CREATE TABLE c (x)"),
    ]);
    run(&project).exit(0);
    // The row id is that of the file's own row in wrangler's table.
    assert_eq!(sql(&project, "SELECT n, file FROM seen"), json!([{"n": 2, "file": "b"}]));
    assert_eq!(count(&project, "larder_migrations WHERE before = seq - 1"), 3);
}

#[test]
fn what_fails_in_one_transaction_only_is_seen_before_anything_is_sent() {
    let project = all(&[
        (
            "0001_a.sql",
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED);",
        ),
        ("0002_b.sql", "INSERT INTO c VALUES (1);"),
        ("0003_c.sql", "CREATE TABLE d (x);"),
    ]);
    let output = run(&project).exit(1);
    output.kept("what fails in one transaction only is seen before anything is sent");
    assert_eq!(count(&project, "sqlite_master WHERE name IN ('p', 'c', 'd', 'd1_migrations')"), 0);
}
