//! Migrations, now by one tool and now by the other: each file once, in order, and both ledgers agree.

use super::order::{alike, contents, end, play, same_end, settled};
use crate::project::Project;
use crate::ran::Part;

const TOML: &str = "name = \"shop\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"shop-db\"\nmigrations_dir = \"migrations\"\n";
const JSON: &str = r#"{ "name": "shop", "d1_databases": [{ "binding": "DB", "database_name": "shop-db", "migrations_dir": "migrations" }] }"#;
const JSONC: &str = "{\n  \"name\": \"shop\", // the Worker\n  \"d1_databases\": [{ \"binding\": \"DB\", \"database_name\": \"shop-db\", \
                     \"migrations_dir\": \"./migrations\", }],\n}\n";

pub fn shop() -> Project {
    Project::empty().file("wrangler.toml", TOML).served()
}

/// The names in wrangler's ledger of the one database.
pub fn applied(project: &Project) -> Vec<String> {
    let contents = contents(project);
    let rows = contents[0].2["rows"]["d1_migrations"].as_array().unwrap();
    rows.iter().map(|row| row[1].as_str().unwrap().to_owned()).collect()
}

#[test]
fn file_by_file_in_each_form_of_the_config() {
    let _part = Part::begin("both tools: zigzag");
    let begin = |name: &str, text: &str| Project::empty().file(name, text).served();
    let wrangler_begins = "
        0 wrangler d1 create shop-db
        write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
        0 wrangler d1 migrations apply DB --remote
        write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER PRIMARY KEY); INSERT INTO users (name) VALUES ('ada');
        0 larder run | `0002_jobs.sql` applied
        write migrations/0003_title.sql: ALTER TABLE jobs ADD COLUMN title TEXT; INSERT INTO users (name) VALUES ('bob');
        0 wrangler d1 migrations apply DB --remote
        ";
    let larder_begins = "
        write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
        0 larder run | `0001_users.sql` applied
        write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER PRIMARY KEY); INSERT INTO users (name) VALUES ('ada');
        0 wrangler d1 migrations apply DB --remote
        write migrations/0003_title.sql: ALTER TABLE jobs ADD COLUMN title TEXT; INSERT INTO users (name) VALUES ('bob');
        0 larder run | `0003_title.sql` applied
        0 wrangler d1 migrations list DB --remote | No migrations to apply
        ";
    alike(vec![
        end(&begin("wrangler.toml", TOML), wrangler_begins),
        end(&begin("wrangler.json", JSON), larder_begins),
        end(&begin("wrangler.jsonc", JSONC), wrangler_begins),
    ]);
}

/// One that Larder has applied is refused, and wrangler does not look; the hint's first way out brings both together.
#[test]
fn a_file_that_is_edited_after_larder_has_applied_it() {
    let _part = Part::begin("both tools: an edited file, by Larder");
    let project = shop();
    play(
        &project,
        "
        write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY);
        0 larder run
        write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
        0 wrangler d1 migrations apply DB --remote | No migrations to apply
        1 larder run | with another text than
        write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY);
        write migrations/0002_name.sql: ALTER TABLE users ADD COLUMN name TEXT;
        0 wrangler d1 migrations apply DB --remote
        ",
    );
    settled(&project, "larder run");
    assert_eq!(applied(&project), ["0001_users.sql", "0002_name.sql"]);
}

/// Of one that wrangler has applied nobody knows the text: Larder sees the edit in the schema.
#[test]
fn a_file_that_is_edited_after_wrangler_has_applied_it() {
    let _part = Part::begin("both tools: an edited file, by wrangler");
    let project = shop();
    play(
        &project,
        "
        0 wrangler d1 create shop-db
        write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY);
        0 wrangler d1 migrations apply DB --remote
        write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
        0 larder run | users
        3 larder migrations status --exit-code
        ",
    );
    settled(&project, "larder run");
}

/// What fails on the schema fails for both before anything of it stays; whoever comes after the mending goes on there.
#[test]
fn a_failing_file_is_mended_and_applied_by_the_other() {
    let _part = Part::begin("both tools: a failing file");
    same_end(
        shop,
        &[
            "
            0 wrangler d1 create shop-db
            write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY);
            write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER PRIMARY KEY); INSERT INTO nowhere VALUES (1);
            1 wrangler d1 migrations apply DB --remote | no such table: nowhere
            1 larder run | no such table: nowhere
            write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER PRIMARY KEY);
            0 larder run | `0002_jobs.sql` applied
            ",
            "
            write migrations/0001_users.sql: CREATE TABLE users (id INTEGER PRIMARY KEY);
            write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER PRIMARY KEY); INSERT INTO nowhere VALUES (1);
            1 larder run | no such table: nowhere
            write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER PRIMARY KEY);
            0 wrangler d1 create shop-db
            0 wrangler d1 migrations apply DB --remote
            ",
        ],
    );
}

/// What fails on the data can't be known before: it is rolled back whole, by either tool.
#[test]
fn a_file_that_fails_on_the_data() {
    let _part = Part::begin("both tools: a file that fails on the data");
    same_end(
        shop,
        &[
            "
            0 wrangler d1 create shop-db
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada'), ('ada');
            0 wrangler d1 migrations apply DB --remote
            write migrations/0002_unique.sql: CREATE UNIQUE INDEX users_name ON users (name);
            1 larder run | UNIQUE constraint failed
            write migrations/0002_unique.sql: CREATE INDEX users_name ON users (name);
            0 wrangler d1 migrations apply DB --remote
            ",
            "
            write migrations/0001_users.sql: CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada'), ('ada');
            0 larder run
            write migrations/0002_unique.sql: CREATE UNIQUE INDEX users_name ON users (name);
            1 wrangler d1 migrations apply DB --remote | UNIQUE constraint failed
            write migrations/0002_unique.sql: CREATE INDEX users_name ON users (name);
            0 larder run | `0002_unique.sql` applied
            ",
        ],
    );
}

/// The last statement without `;`: wrangler's own row is glued to it and the file fails; Larder's row stands before it.
#[test]
fn a_file_without_its_last_semicolon() {
    let _part = Part::begin("both tools: no last semicolon");
    let project = shop();
    play(
        &project,
        "
        0 wrangler d1 create shop-db
        write migrations/0001_users.sql: CREATE TABLE users (name TEXT)
        1 wrangler d1 migrations apply DB --remote | syntax error
        0 larder run | `0001_users.sql` applied
        0 wrangler d1 migrations apply DB --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run");
}

/// wrangler knows a file by its name alone, and would run it again; Larder refuses, and `repair` renames it for both.
#[test]
fn a_file_that_is_renamed() {
    let _part = Part::begin("both tools: a renamed file");
    let project = shop();
    play(
        &project,
        "
        write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
        0 larder run
        move migrations/0001_users.sql migrations/0001_people.sql
        1 wrangler d1 migrations apply DB --remote | already exists
        1 larder run | 0001_users.sql
        0 larder migrations repair --renamed 0001_users.sql --yes
        0 wrangler d1 migrations apply DB --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run");
    assert_eq!(applied(&project), ["0001_people.sql"]);
}

/// The same, of a file whose text nobody knows: it changes rows alone, so no schema tells, either.
#[test]
fn a_file_that_is_renamed_after_wrangler_has_applied_it() {
    let _part = Part::begin("both tools: a renamed file of wrangler's");
    let project = shop();
    play(
        &project,
        "
        write migrations/0001_users.sql: CREATE TABLE users (name TEXT);
        0 larder run
        write migrations/0002_seed.sql: INSERT INTO users VALUES ('ada');
        0 wrangler d1 migrations apply DB --remote
        move migrations/0002_seed.sql migrations/0002_seeds.sql
        1 larder run | a file that was only renamed gets its old name again
        move migrations/0002_seeds.sql migrations/0002_seed.sql
        0 larder run | 1 unchanged
        ",
    );
    settled(&project, "larder run");
    assert_eq!(contents(&project)[0].2["rows"]["users"], serde_json::json!([["ada"]]));
}

/// A plan is a permit for what it shows: what wrangler has done meanwhile is there as planned, and is not done again.
#[test]
fn a_plan_that_wrangler_overtakes() {
    let _part = Part::begin("both tools: a plan");
    same_end(
        || shop().file("migrations/0001_users.sql", "CREATE TABLE users (name TEXT);\n"),
        &[
            "
            0 larder plan --out plan.json | 1 to create, 1 migration to apply
            0 larder apply plan.json | 1 created, 1 migration applied
            ",
            "
            0 larder plan --out plan.json | 1 to create, 1 migration to apply
            0 wrangler d1 create shop-db
            0 larder apply plan.json | there already, as planned
            ",
            "
            0 larder plan --out plan.json
            0 wrangler d1 create shop-db
            0 wrangler d1 migrations apply DB --remote
            0 larder apply plan.json | there already, as planned
            ",
        ],
    );
}
