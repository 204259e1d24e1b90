//! Where the ledger is, and whose it is: both tools look in the same place, or Larder refuses.

use super::order::{alike, contents, end, play, same_end, settled};
use super::zigzag::{applied, shop};
use crate::project::Project;
use crate::ran::Part;
use crate::source_tree::read;

fn config(more: &str) -> String {
    format!("name = \"shop\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"shop-db\"\n{more}\n")
}

/// The ledger has the names below the folder, so the folder itself can move.
#[test]
fn a_folder_that_moves() {
    let _part = Part::begin("both tools: a folder that moves");
    let begin =
        || Project::empty().file("wrangler.toml", &config("migrations_dir = \"migrations\"")).served();
    same_end(
        begin,
        &[
            "
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
            0 larder run
            move migrations db/migrations
            write wrangler.json: { \"name\": \"shop\", \"d1_databases\": [{ \"binding\": \"DB\", \"database_name\": \"shop-db\", \"migrations_dir\": \"db/migrations\" }] }
            remove wrangler.toml
            write db/migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER);
            0 wrangler d1 migrations apply DB --remote
            ",
            "
            0 wrangler d1 create shop-db
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
            0 wrangler d1 migrations apply DB --remote
            move migrations db/migrations
            write wrangler.json: { \"name\": \"shop\", \"d1_databases\": [{ \"binding\": \"DB\", \"database_name\": \"shop-db\", \"migrations_dir\": \"db/migrations\" }] }
            remove wrangler.toml
            write db/migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER);
            0 larder run | `0002_jobs.sql` applied
            ",
        ],
    );
}

#[test]
fn a_ledger_of_another_name() {
    let _part = Part::begin("both tools: migrations_table");
    let begin = || {
        let more = "migrations_dir = \"migrations\"\nmigrations_table = \"schema log\"";
        Project::empty().file("wrangler.toml", &config(more)).served()
    };
    let end = same_end(
        begin,
        &[
            "
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
            0 larder run
            write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER);
            0 wrangler d1 migrations apply DB --remote
            ",
            "
            0 wrangler d1 create shop-db
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
            0 wrangler d1 migrations apply DB --remote
            write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER);
            0 larder run | `0002_jobs.sql` applied
            ",
        ],
    );
    assert_eq!(end[0].2["rows"]["schema log"].as_array().unwrap().len(), 2);
}

/// A table that is renamed in the config would make wrangler apply everything again; Larder sees the other ledger.
#[test]
fn a_ledger_whose_name_changes() {
    let _part = Part::begin("both tools: migrations_table changes");
    let project = shop();
    play(
        &project,
        "
        write migrations/0001_users.sql: CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada');
        0 larder run
        ",
    );
    project.write("wrangler.toml", &config("migrations_dir = \"migrations\"\nmigrations_table = \"log\""));
    play(
        &project,
        "
        1 larder run | d1_migrations
        1 wrangler d1 migrations apply DB --remote | already exists
        1 larder run | d1_migrations
        0 larder migrations baseline --to 0001_users.sql --yes
        0 wrangler d1 migrations apply DB --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run");
    assert_eq!(contents(&project)[0].2["rows"]["users"].as_array().unwrap().len(), 1);
}

/// wrangler migrates the one that is named, Larder all that the config binds; both once.
#[test]
fn two_databases_with_one_folder() {
    let _part = Part::begin("both tools: two databases with one folder");
    let begin = || {
        let one =
            "[[d1_databases]]\nbinding = \"ONE\"\ndatabase_name = \"one\"\nmigrations_dir = \"migrations\"\n";
        let other = one.replace("ONE", "TWO").replace("\"one\"", "\"two\"");
        Project::empty()
            .file("wrangler.toml", &format!("name = \"shop\"\n{one}{other}"))
            .file("migrations/0001_users.sql", "CREATE TABLE users (name TEXT);\n")
            .served()
    };
    let end = same_end(
        begin,
        &[
            "
            0 wrangler d1 create one
            0 wrangler d1 migrations apply ONE --remote
            0 larder run | 1 created
            ",
            "
            0 larder run | 2 created
            0 wrangler d1 migrations apply TWO --remote | No migrations to apply
            ",
        ],
    );
    assert_eq!(end[0].2["rows"], end[1].2["rows"]);
}

/// `list` writes: it makes the table where there is none. An empty ledger says that nothing is applied.
#[test]
fn a_ledger_that_wrangler_has_made_empty() {
    let _part = Part::begin("both tools: an empty ledger");
    same_end(
        || shop().file("migrations/0001_users.sql", "CREATE TABLE users (name TEXT);\n"),
        &[
            "
            0 wrangler d1 create shop-db
            0 wrangler d1 migrations list DB --remote | 0001_users.sql
            0 larder run | `0001_users.sql` applied
            ",
            "
            remove migrations/0001_users.sql
            0 wrangler d1 create shop-db
            0 wrangler d1 migrations apply DB --remote | No migrations to apply
            0 larder run
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
            0 larder run | `0001_users.sql` applied
            ",
            "
            0 larder run
            0 wrangler d1 migrations list DB --remote | No migrations to apply
            ",
        ],
    );
}

/// Alchemy's ledger has ids and times that its maker fills in: Larder does, wrangler can't, and leaves nothing behind.
#[test]
fn a_ledger_that_alchemy_has_made() {
    let _part = Part::begin("both tools: a ledger of Alchemy's");
    let kept = |name: &str| read(&format!("tests/ledgers/alchemy/{name}"));
    let begin = || {
        shop()
            .file("applied.sql", &kept("applied.sql"))
            .file("migrations/0001_init.sql", &kept("migrations/0001_init.sql"))
            .file("migrations/0002_posts.sql", &kept("migrations/0002_posts.sql"))
    };
    let project = begin();
    play(
        &project,
        "
        0 wrangler d1 create shop-db
        0 wrangler d1 execute DB --remote --file applied.sql -y
        0 wrangler d1 migrations list DB --remote | No migrations to apply
        0 larder run | 1 unchanged
        write migrations/0003_tags.sql: CREATE TABLE tags (name TEXT);
        1 wrangler d1 migrations apply DB --remote | NOT NULL constraint failed
        0 larder run | `0003_tags.sql` applied
        0 wrangler d1 migrations apply DB --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run");
    assert_eq!(applied(&project), ["0001_init.sql", "0002_posts.sql", "0003_tags.sql"]);
}

/// A file that was run by hand has no row: Larder says so and names `baseline`, after which both know it.
#[test]
fn a_file_that_wrangler_has_executed() {
    let _part = Part::begin("both tools: a file run by hand");
    let project = shop();
    play(
        &project,
        "
        write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
        0 wrangler d1 create shop-db
        0 wrangler d1 execute DB --remote --file migrations/0001_users.sql -y
        1 larder run | migrations baseline
        0 larder migrations baseline --to 0001_users.sql --yes
        0 wrangler d1 migrations apply DB --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run");
    assert_eq!(applied(&project), ["0001_users.sql"]);
}

/// A row that is taken out by hand: wrangler would run the file again, Larder refuses and puts the row back.
#[test]
fn a_row_that_wrangler_has_deleted() {
    let _part = Part::begin("both tools: a row that is deleted");
    let project = shop();
    play(
        &project,
        "
        write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
        0 larder run
        0 wrangler d1 execute DB --remote --command 'DELETE FROM d1_migrations'
        1 larder run | 0001_users.sql
        0 larder migrations repair --unrecorded 0001_users.sql --yes
        0 wrangler d1 migrations apply DB --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run");
    assert_eq!(applied(&project), ["0001_users.sql"]);
}

/// A file that came late: wrangler applies it without a word, Larder where it is allowed.
#[test]
fn a_file_that_comes_late() {
    let _part = Part::begin("both tools: a late file");
    let project = |lines: &str| end(&shop(), lines);
    alike(vec![
        project(
            "
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
            write migrations/0003_tags.sql: CREATE TABLE tags (name TEXT);
            0 larder run
            write migrations/0002_jobs.sql: CREATE TABLE jobs (name TEXT);
            1 larder run | 0002_jobs.sql
            0 wrangler d1 migrations apply DB --remote
            ",
        ),
        project(
            "
            0 wrangler d1 create shop-db
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
            write migrations/0003_tags.sql: CREATE TABLE tags (name TEXT);
            0 wrangler d1 migrations apply DB --remote
            write migrations/0002_jobs.sql: CREATE TABLE jobs (name TEXT);
            0 larder run --allow-out-of-order | `0002_jobs.sql` applied
            ",
        ),
    ]);
}

/// Folders of migrations, as other tools write them; and files that either tool has begun.
#[test]
fn files_in_folders_and_files_that_are_begun() {
    let _part = Part::begin("both tools: patterns and new files");
    let more = "migrations_dir = \"migrations\"\nmigrations_pattern = \"migrations/*/migration.sql\"";
    let project = Project::empty().file("wrangler.toml", &config(more)).served();
    play(
        &project,
        "
        write migrations/0001_users/migration.sql: CREATE TABLE users (name TEXT);
        0 larder run | `0001_users/migration.sql` applied
        write migrations/0002_jobs/migration.sql: CREATE TABLE jobs (name TEXT);
        0 wrangler d1 migrations apply DB --remote
        ",
    );
    settled(&project, "larder run");
    assert_eq!(applied(&project), ["0001_users/migration.sql", "0002_jobs/migration.sql"]);
    let project = shop();
    play(
        &project,
        "
        0 larder migrations new 'add users' | 0001_add_users.sql
        0 wrangler d1 migrations create DB 'add jobs' | 0002_add_jobs.sql
        0 larder migrations new 'add tags' | 0003_add_tags.sql
        ",
    );
}

/// The comment swallows the row that wrangler adds: the file is run and not recorded. Larder sees that it was.
#[test]
fn a_comment_that_is_never_closed() {
    let _part = Part::begin("both tools: an open comment");
    let project = shop();
    play(
        &project,
        "
        0 wrangler d1 create shop-db
        write migrations/0001_users.sql: CREATE TABLE users (name TEXT); /* people
        0 wrangler d1 migrations apply DB --remote
        1 larder run | migrations baseline
        0 larder migrations baseline --to 0001_users.sql --yes
        0 wrangler d1 migrations list DB --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run");
    assert_eq!(applied(&project), ["0001_users.sql"]);
}
