//! A pending file that another tool's ledger lists as applied is not applied again.

use super::jobs_database::{count, made, new, run, sql};
use super::project::{Output, PLAIN, Project};
use serde_json::json;
use sha2::{Digest, Sha256};

const FILES: [(&str, &str); 2] =
    [("0001_a.sql", "CREATE TABLE a (x);\n"), ("0002_b.sql", "INSERT INTO a VALUES (1);\n")];

fn named(project: &Project, table: &str) {
    let database = format!("[d1.databases.jobs]\nmigrations = \"m\"\nmigrations_table = \"{table}\"\n");
    project.write("larder.toml", &format!("{PLAIN}{database}"));
    let recipe = format!("d1::ensure(\"jobs\").migrate(\"m\", #{{ table: \"{table}\" }});\n");
    project.write("recipes/main.rhai", &recipe);
}

#[track_caller]
fn is_refused(output: &Output, place: &str, table: &str, own: &str, back: &str) {
    let error = format!(
        "error: `jobs` is not migrated: m/{place}: `{table}`, another ledger in this database, has this file, and `{own}` has no \
         row of it: to run it would do its work again\n --> m/{place}\n"
    );
    assert!(output.stderr.starts_with(&error), "{}", output.stderr);
    let hint = format!(
        "  = help: {back}record what is applied already with `larder migrations baseline -e development`, which runs nothing; a file that \
         only has the same name needs another one\nnote: asked for here\n"
    );
    assert!(output.stderr.contains(&hint), "{}", output.stderr);
    assert!(output.stderr.ends_with("exit 1: nothing was changed\n"), "{}", output.stderr);
}

#[test]
fn a_changed_name_of_the_ledger_does_not_apply_the_files_twice() {
    let project = new(&FILES);
    run(&project).exit(0);
    named(&project, "led2");
    let back = "name `d1_migrations` as the migrations' table again, or ";
    is_refused(&run(&project).exit(1), "0001_a.sql", "d1_migrations", "led2", back);
    assert_eq!(count(&project, "a"), 1);
    // Both ways out hold: what is recorded is not run, and the old name finds everything applied.
    project.run(&["migrations", "baseline", "-e", "dev", "--to", "0002_b.sql", "--yes"]).exit(0);
    project.write("m/0003_c.sql", "INSERT INTO a VALUES (2);\n");
    run(&project).exit(0);
    assert_eq!(sql(&project, "SELECT x FROM a ORDER BY x"), json!([{"x": 1}, {"x": 2}]));
    named(&project, "d1_migrations");
    let back = "name `led2` as the migrations' table again, or ";
    is_refused(&run(&project).exit(1), "0003_c.sql", "led2", "d1_migrations", back);
    named(&project, "led2");
    run(&project).exit(0);
    assert_eq!(count(&project, "a"), 2);
}

/// Only rows of data are in the pending file, and wrangler's table has a name of its own.
#[test]
fn a_table_of_wranglers_definition_is_a_ledger_whatever_it_is_called() {
    let schema = "CREATE TABLE a (x); INSERT INTO a VALUES (1); CREATE TABLE \"my_led\"(\n\t\tid         INTEGER PRIMARY KEY \
        AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n); \
        INSERT INTO my_led (name) VALUES ('0002_b.sql')";
    let project = made(schema, &FILES[1..]);
    let back = "name `my_led` as the migrations' table again, or ";
    is_refused(&run(&project).exit(1), "0002_b.sql", "my_led", "d1_migrations", back);
    assert_eq!(count(&project, "a"), 1);
    // A table that only looks like one is none.
    let schema = schema.replace("TEXT UNIQUE", "TEXT UNIQUE, by TEXT");
    let project = made(&schema, &FILES[1..]);
    run(&project).exit(0);
    assert_eq!(count(&project, "a"), 2);
}

/// The files are rows of data, so that only a ledger shows that they were run.
#[test]
fn what_alchemy_has_applied_is_not_applied_again() {
    let sha256 = "4a33f8357f19d3c1b7c3c87a3e1cd0ef5a1d8ac6a4b7e4ab8f3a1b3c3f2a7c11";
    let newest = "id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric, name text, applied_at TEXT";
    for (table, columns, row) in [
        ("__alchemy_migrations", newest, format!("1, '{sha256}', NULL, '0002_b.sql', '2026-01-01'")),
        // The project may give it another name.
        ("history", newest, format!("1, '{sha256}', NULL, '0002_b.sql', '2026-01-01'")),
        (
            "__alchemy_migrations",
            "id TEXT PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL",
            "'00001', '0002_b.sql', ''".to_owned(),
        ),
        (
            "__alchemy_migrations",
            "id TEXT PRIMARY KEY, applied_at TEXT NOT NULL",
            "'0002_b.sql', ''".to_owned(),
        ),
    ] {
        let schema = format!(
            "CREATE TABLE a (x); INSERT INTO a VALUES (1); CREATE TABLE {table} ({columns}); INSERT INTO {table} VALUES ({row})"
        );
        let project = made(&schema, &FILES[1..]);
        is_refused(&run(&project).exit(1), "0002_b.sql", table, "d1_migrations", "");
        assert_eq!(count(&project, "a"), 1);
        project.run(&["migrations", "baseline", "-e", "dev", "--to", "0002_b.sql", "--yes"]).exit(0);
        project.write("m/0003_c.sql", "INSERT INTO a VALUES (2);\n");
        run(&project).exit(0);
        assert_eq!(
            sql(&project, "SELECT x FROM a ORDER BY x"),
            json!([{"x": 1}, {"x": 2}]),
            "{table} ({columns})"
        );
    }
}

/// It knows a folder with `migration.sql` by the folder's name, and a file that was renamed by its text.
#[test]
fn alchemy_knows_folders_and_texts() {
    let text = FILES[1].1;
    let sha256 = hex::encode(Sha256::digest(text));
    for (file, row) in [
        ("0002_b/migration.sql", "'', NULL, '0002_b'".to_owned()),
        ("0009_b.sql", format!("'{sha256}', NULL, '0002_b.sql'")),
    ] {
        let schema = format!(
            "CREATE TABLE a (x); INSERT INTO a VALUES (1); CREATE TABLE __alchemy_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, \
             created_at numeric, name text, applied_at TEXT); INSERT INTO __alchemy_migrations (hash, created_at, name) VALUES ({row})"
        );
        let project = made(&schema, &[(file, text)]);
        let pattern = if file.contains('/') { "migrations_pattern = \"*/migration.sql\"\n" } else { "" };
        project.write("larder.toml", &format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\n{pattern}"));
        let option = if file.contains('/') { ", #{ pattern: \"*/migration.sql\" }" } else { "" };
        project.write("recipes/main.rhai", &format!("d1::ensure(\"jobs\").migrate(\"m\"{option});\n"));
        is_refused(&run(&project).exit(1), file, "__alchemy_migrations", "d1_migrations", "");
        assert_eq!(count(&project, "a"), 1);
    }
}
