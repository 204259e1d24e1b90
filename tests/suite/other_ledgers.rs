//! Ledgers that other tools have made: written as those tools write them, or refused before anything is sent.

use super::jobs_database::{applied, applies, behind, count, live, made, new, refused, run, sql};
use super::proxy::Verdict;
use serde_json::json;
use std::path::Path;

/// A file that a real client has left.
fn kept(path: &str) -> String {
    let path = format!("{}/tests/ledgers/{path}", env!("CARGO_MANIFEST_DIR"));
    larder::system::files::read_text(Path::new(&path), 1 << 16).unwrap()
}

const C: (&str, &str) = ("0003_c.sql", "CREATE TABLE c (x);\n");
const OTHER: &str = "give the ledger another name (`migrations_table` where the database is bound and in the project file, `table` in a \
         recipe), and before the next run record there with `larder migrations baseline -e development` what is applied already";

#[test]
fn alchemys_own_ledger_is_continued() {
    let (one, two) = (kept("alchemy/migrations/0001_init.sql"), kept("alchemy/migrations/0002_posts.sql"));
    let files = [("0001_init.sql", one.as_str()), ("0002_posts.sql", two.as_str()), C];
    let project = made(&kept("alchemy/applied.sql"), &files);
    project.write("m/0004_d.sql", "CREATE TABLE d (x);\n");
    run(&project).exit(0).kept("alchemys own ledger is continued");
    let rows =
        sql(&project, "SELECT id, name, applied_at LIKE '20__-__-__ __:__:__' AS timed FROM d1_migrations");
    assert_eq!(
        rows,
        json!([
            {"id": "00001", "name": "0001_init.sql", "timed": 1},
            {"id": "00002", "name": "0002_posts.sql", "timed": 1},
            {"id": "00003", "name": "0003_c.sql", "timed": 1},
            {"id": "00004", "name": "0004_d.sql", "timed": 1},
        ])
    );
    run(&project).exit(0).kept("alchemys own ledger is continued, 2");
}

#[test]
fn wranglers_own_ledger_is_continued() {
    let (one, two) = (kept("wrangler/migrations/0001_init.sql"), kept("wrangler/migrations/0002_posts.sql"));
    let files = [("0001_init.sql", one.as_str()), ("0002_posts.sql", two.as_str()), C];
    let project = made(&kept("wrangler/applied.sql"), &files);
    run(&project).exit(0).kept("wranglers own ledger is continued");
    assert_eq!(applied(&project), ["0001_init.sql", "0002_posts.sql", "0003_c.sql"]);
}

#[test]
fn what_has_a_default_or_may_be_empty_is_left_to_the_table() {
    for columns in [
        "id INT PRIMARY KEY, name TEXT NOT NULL UNIQUE, applied_at DATETIME NOT NULL",
        "id INTEGER PRIMARY KEY, name TEXT, applied_at TEXT DEFAULT (datetime('now')), by TEXT, kind TEXT NOT NULL DEFAULT 'm'",
        "id INTEGER PRIMARY KEY, name TEXT, applied_at INTEGER, twice TEXT AS (name || name)",
        "id TEXT PRIMARY KEY DEFAULT (hex(randomblob(8))), name TEXT, applied_at TEXT NOT NULL",
    ] {
        let schema = format!(
            "CREATE TABLE d1_migrations ({columns}); INSERT INTO d1_migrations (id, name, applied_at) VALUES (1, '0001_a.sql', '')"
        );
        let files = [("0001_a.sql", "SELECT 1;"), ("0002_b.sql", "SELECT 2;"), C];
        let project = made(&schema, &files);
        run(&project).exit(0);
        assert_eq!(applied(&project), ["0001_a.sql", "0002_b.sql", "0003_c.sql"], "{columns}");
        assert_eq!(count(&project, "d1_migrations WHERE id IS NULL"), 0, "{columns}");
    }
}

#[test]
fn what_is_no_ledger_is_refused_before_anything_is_sent() {
    let columns = "id INTEGER PRIMARY KEY, name TEXT, applied_at TEXT";
    for (made_by, why) in [
        (
            kept("drizzle/migrated.sql").replace("__drizzle_migrations", "d1_migrations"),
            "it has no column `name`",
        ),
        (
            format!("CREATE TABLE d1_migrations ({columns}, hash TEXT NOT NULL)"),
            "only the tool that made it knows what its column `hash` must be given",
        ),
        (
            "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT, applied_at INTEGER NOT NULL)"
                .to_owned(),
            "its column `applied_at` is a number of an unknown unit",
        ),
        (
            "CREATE TABLE d1_migrations (id TEXT PRIMARY KEY, name TEXT, applied_at TEXT) WITHOUT ROWID"
                .to_owned(),
            "it is a table `WITHOUT ROWID`",
        ),
        (
            format!("CREATE TABLE other ({columns}); CREATE VIEW d1_migrations AS SELECT * FROM other"),
            "it is a view",
        ),
    ] {
        let project = made(&made_by, &[C]);
        let message = format!("the table `d1_migrations` of `jobs` is not the migrations' table: {why}");
        refused(&project, &message, OTHER);
    }
}

/// What only its own table can say of a row: the rehearsal writes it, too.
#[test]
fn a_row_that_its_table_does_not_take_is_refused_before_anything_is_sent() {
    let schema = "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT CHECK (name NOT LIKE '%c.sql'), \
        applied_at TEXT DEFAULT CURRENT_TIMESTAMP); INSERT INTO d1_migrations (name) VALUES ('0001_a.sql')";
    let project = made(schema, &[("0001_a.sql", "SELECT 1;"), C]);
    refused(
        &project,
        "`jobs` is not migrated: m/0003_c.sql: its row can't be written to the ledger: CHECK constraint failed: name NOT LIKE \
         '%c.sql'",
        OTHER,
    );
    assert_eq!(applied(&project), ["0001_a.sql"]);
}

/// The same, where nothing was rehearsed: the database's own word is no lost answer.
#[test]
fn a_row_that_is_refused_by_the_database_is_no_lost_answer() {
    let body = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":7500,"message":"UNIQUE constraint failed: d1_migrations.name: SQLITE_CONSTRAINT"}]}"#;
    let project = live(("0001_a.sql", "SELECT 1;"), "", &[C]);
    let project = behind(
        project,
        move |_, seen| {
            if applies(seen) { Verdict::Answer(400, body) } else { Verdict::Pass }
        },
    );
    let output = run(&project).exit(1);
    let message = "error: the row of `0003_c.sql` can't be written to the ledger of `jobs`: UNIQUE constraint failed: \
        d1_migrations.name: SQLITE_CONSTRAINT\n";
    assert!(output.stderr.starts_with(message), "{}", output.stderr);
    assert_eq!(applied(&project), ["0001_a.sql"]);
}

#[test]
fn a_constraint_of_the_files_own_tables_is_the_files() {
    let files = [("0001_a.sql", "CREATE TABLE t (before INTEGER NOT NULL);\nINSERT INTO t VALUES (NULL);\n")];
    let project = new(&files);
    let output = project.run(&["run", "main", "-e", "dev", "--no-rehearse"]).exit(4);
    let message = "error: can't apply `0001_a.sql` to `jobs`: NOT NULL constraint failed: t.before: SQLITE_CONSTRAINT\n";
    assert!(output.stderr.starts_with(message), "{}", output.stderr);
    assert_eq!(count(&project, "sqlite_master WHERE name IN ('t', 'd1_migrations')"), 0);
}
