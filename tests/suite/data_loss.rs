//! Data loss of migrations is checked in the live database, and statements that are allowed because a table is
//! empty are guarded.

use super::jobs_database::{applied, applies, behind, count, live, made, new, refused, run, sql, sql_of};
use super::proxy::Verdict;

const GATE: &str = "if that is meant, say so in the file, with a line `-- larder:destructive`";

const SCHEMA: (&str, &str) = (
    "0001_init.sql",
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n\
     CREATE TABLE posts (id INTEGER PRIMARY KEY, user INTEGER REFERENCES users (id) ON DELETE CASCADE);\n\
     CREATE TABLE comments (post INTEGER REFERENCES posts (id) ON DELETE CASCADE);\n\
     CREATE TABLE likes (post INTEGER REFERENCES posts (id) ON DELETE SET NULL);\n\
     CREATE TABLE nodes (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES nodes (id) ON DELETE CASCADE);\n\
     CREATE TABLE tags (name TEXT); CREATE TABLE seen (name TEXT);\n\
     CREATE TRIGGER forget AFTER DELETE ON tags BEGIN DELETE FROM seen WHERE name = OLD.name; END;\n",
);

const ROWS: &str = "INSERT INTO users VALUES (1, 'Ann'), (2, 'Bob'); INSERT INTO posts VALUES (1, 1), (2, 2); \
    INSERT INTO comments VALUES (1), (2); INSERT INTO nodes VALUES (1, NULL), (2, 1); \
    INSERT INTO tags VALUES ('a'); INSERT INTO seen VALUES ('a');";

/// What a statement would take from a database with rows is refused, with its place.
#[track_caller]
fn loses(statement: &str, words: &str) {
    let project = live(SCHEMA, ROWS, &[("0002_x.sql", &format!("SELECT 1;\n{statement};\n"))]);
    let message = format!("`jobs` is not migrated: m/0002_x.sql:2:1: {words}");
    let before = count(&project, "posts");
    let output = run(&project).exit(1);
    assert!(output.stderr.starts_with(&format!("error: {message}\n")), "{}", output.stderr);
    assert_eq!((count(&project, "posts"), applied(&project).len()), (before, 1));
    // With the marker it runs.
    project.write("m/0002_x.sql", &format!("-- larder:destructive\n{statement};\n"));
    run(&project).exit(0);
}

#[test]
fn rows_that_a_statement_does_not_name_are_not_lost_unasked() {
    let chain = "deletes the rows of `posts`, `comments` (`ON DELETE CASCADE`)";
    loses("DELETE FROM users WHERE id = 1", &format!("`DELETE FROM users` {chain}"));
    loses("DELETE FROM users", &format!("`DELETE FROM users` loses every row and {chain}"));
    loses("DROP TABLE users", &format!("`DROP TABLE users` {chain}"));
    loses("REPLACE INTO users VALUES (1, 'Eve')", &format!("replacing rows of `users` {chain}"));
    loses("UPDATE OR REPLACE users SET id = 3 WHERE id = 9", &format!("`UPDATE users` {chain}"));
    loses(
        "DELETE FROM nodes WHERE id = 1",
        "`DELETE FROM nodes` deletes the rows of `nodes` (`ON DELETE CASCADE`)",
    );
    loses(
        "DELETE FROM tags WHERE name = 'a'",
        "`DELETE FROM tags` deletes the rows of `seen` (trigger `forget`)",
    );
}

/// The copy points at the table that it replaces, so what is copied would go with it.
#[test]
fn a_rebuilt_tree_keeps_its_rows() {
    let rebuild = "CREATE TABLE n (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES nodes (id) ON DELETE CASCADE);\n\
        INSERT INTO n SELECT id, parent FROM nodes;\nDROP TABLE nodes;\nALTER TABLE n RENAME TO nodes;\n";
    let project = live(SCHEMA, ROWS, &[("0002_x.sql", rebuild)]);
    let output = run(&project).exit(1);
    let words = "m/0002_x.sql:3:1: rebuilding `nodes` deletes the rows of `n` (`ON DELETE CASCADE`)\n";
    assert!(
        output.stderr.starts_with(&format!("error: `jobs` is not migrated: {words}")),
        "{}",
        output.stderr
    );
    assert_eq!(count(&project, "nodes"), 2);
    let project = live(SCHEMA, "", &[("0002_x.sql", rebuild)]);
    run(&project).exit(0);
}

#[test]
fn a_delete_in_a_new_database_loses_nothing() {
    let seed = "INSERT INTO users VALUES (1, 'Ann'); INSERT INTO posts VALUES (1, 1);";
    let files = [
        SCHEMA,
        ("0002_seed.sql", seed),
        ("0003_delete.sql", "DELETE FROM users WHERE id = 1;\nDROP TABLE likes;\nDELETE FROM nodes;\n"),
    ];
    let project = new(&files);
    run(&project).exit(0);
    assert_eq!((count(&project, "posts"), applied(&project).len()), (0, 3));
}

#[test]
fn tables_without_rows_lose_none() {
    let delete = "DELETE FROM users WHERE id = 1;\nDROP TABLE likes;\nDELETE FROM nodes;\n";
    let project = live(SCHEMA, "INSERT INTO users VALUES (1, 'Ann')", &[("0002_x.sql", delete)]);
    run(&project).exit(0);
    assert_eq!((count(&project, "users"), applied(&project).len()), (0, 2));
    // Each of them stands in the guard, and what has rows does not.
    let history = project.account().history();
    let asked = history.iter().any(|one| {
        let body = &one.body;
        body.contains("FROM \\\"posts\\\" LIMIT 1")
            && body.contains("FROM \\\"likes\\\" LIMIT 1")
            && body.contains("FROM \\\"nodes\\\" LIMIT 1")
            && !body.contains("FROM \\\"users\\\" LIMIT 1)")
    });
    assert!(asked);
}

#[test]
fn rows_that_arrive_in_between_roll_the_call_back() {
    let project = live(
        SCHEMA,
        "INSERT INTO users VALUES (1, 'Ann')",
        &[("0002_x.sql", "DELETE FROM users WHERE id = 1;")],
    );
    let mut left = 1;
    let project = behind(project, move |account, seen| {
        if applies(seen) && left > 0 {
            left -= 1;
            sql_of(account, "INSERT INTO posts VALUES (7, 1)");
        }
        Verdict::Pass
    });
    let output = run(&project).exit(1);
    assert!(
        output.stderr.starts_with(
            "error: `0002_x.sql` is not applied to `jobs`: it was let through because `posts` had no rows, and now there are some\n"
        ) && output.stderr.ends_with(
            "  = help: nothing of it was applied: run again, which looks at it with these rows\nexit 1: nothing was changed\n"
        ),
        "{}",
        output.stderr
    );
    assert_eq!((count(&project, "posts"), count(&project, "users"), applied(&project).len()), (1, 1, 1));
    refused(
        &project,
        "`jobs` is not migrated: m/0002_x.sql:1:1: `DELETE FROM users` deletes the rows of `posts` (`ON DELETE CASCADE`)",
        GATE,
    );
}

#[test]
fn a_ledger_whose_last_row_was_swapped_is_another_ledger() {
    let project = live(SCHEMA, "", &[("0002_x.sql", "CREATE TABLE x (a);")]);
    let project = behind(project, move |account, seen| {
        if applies(seen) {
            sql_of(account, "DELETE FROM d1_migrations");
            sql_of(account, "INSERT INTO d1_migrations (name) VALUES ('0001_init.sql')");
        }
        Verdict::Pass
    });
    let output = run(&project).exit(1);
    let message =
        "error: the ledger of `jobs` was changed by somebody else before `0002_x.sql` could be applied\n";
    assert!(output.stderr.starts_with(message), "{}", output.stderr);
    assert_eq!(applied(&project), ["0001_init.sql"]);
    assert_eq!(count(&project, "sqlite_master WHERE name = 'x'"), 0);
}

#[test]
fn a_column_that_only_an_empty_table_takes_is_not_added_to_rows() {
    let added = "ALTER TABLE posts ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP;\n";
    let project = live(SCHEMA, ROWS, &[("0002_at.sql", added)]);
    refused(
        &project,
        "`jobs` is not migrated: m/0002_at.sql:1:1: `ALTER TABLE posts ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTA...` fails: \
         Cannot add a column with non-constant default",
        "the table has rows: add the column without that default and fill it with an `UPDATE`, or rebuild the table",
    );

    let project = live(SCHEMA, "", &[("0002_at.sql", added)]);
    let project = behind(project, |account, seen| {
        if applies(seen) {
            sql_of(account, "INSERT INTO posts VALUES (7, NULL)");
        }
        Verdict::Pass
    });
    let output = run(&project).exit(1);
    output.kept("a column that only an empty table takes is not added to rows");
    assert_eq!(count(&project, "pragma_table_info('posts') WHERE name = 'at'"), 0);
}

/// What Prisma writes for a changed column: the rows of the other table would go with the old table.
#[test]
fn a_redefinition_by_prisma_runs_while_nothing_hangs_on_its_rows() {
    let file = |name: &str| {
        let path =
            format!("{}/tests/ledgers/prisma/migrations/{name}/migration.sql", env!("CARGO_MANIFEST_DIR"));
        larder::system::files::read_text(std::path::Path::new(&path), 1 << 16).unwrap()
    };
    let names = ["20260101000000_init", "20260102000000_more", "20260103000000_redefine"];
    let texts = names.map(file);
    for (rows, exit) in [
        ("INSERT INTO \"User\" (email, role) VALUES ('a@b.cd', 'user')", 0),
        (
            "INSERT INTO \"User\" (id, email, role) VALUES (1, 'a@b.cd', 'user'); INSERT INTO \"Post\" (\"authorId\", title) VALUES (1, 't')",
            1,
        ),
    ] {
        let project = new(&[("1_init.sql", &texts[0]), ("2_more.sql", &texts[1])]);
        run(&project).exit(0);
        sql(&project, rows);
        project.write("m/3_redefine.sql", &texts[2]);
        let posts = count(&project, "\"Post\"");
        run(&project).exit(exit);
        assert_eq!((count(&project, "\"Post\""), count(&project, "\"User\"")), (posts, 1));
    }
}

#[test]
fn a_schema_made_by_hand_is_asked_like_any_other() {
    let schema = "CREATE TABLE a (x); CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, \
        applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL); INSERT INTO d1_migrations (name) VALUES ('0001_a.sql');";
    let files = [("0001_a.sql", "CREATE TABLE a (x);"), ("0002_b.sql", "DROP TABLE a;")];
    let project = made(schema, &files);
    run(&project).exit(0);
    assert_eq!(applied(&project), ["0001_a.sql", "0002_b.sql"]);
}
