//! Prisma on D1 over HTTP: its generated client, its schema engine on the adapter, and Larder on what they leave.
//!
//! Of the CLI only `generate` and `validate` run here: its schema engine is a program that is downloaded from elsewhere, and
//! opens no D1 anyway. The same engine is on npm for WebAssembly.

use super::{asked, baseline, client, database, held, project_of, refused, rows, settled, tables, writes};
use crate::project::{Output, Project};
use crate::ran::Part;
use larder::system::files;
use serde_json::json;

/// A project whose database is there, and nothing in it.
fn project() -> Project {
    let project = project_of("prisma");
    project.api("POST", "/d1/database", &json!({"name": "shop-db"}));
    project
}

fn node(project: &Project, program: &str, arguments: &[&str]) -> Output {
    let id = database(project, "shop-db");
    // The CLI wants to have an engine, whatever it is asked; it is not started. Nobody is told of the run.
    let env = [
        ("CHECKPOINT_DISABLE", "1"),
        ("DATABASE_ID", id.as_str()),
        ("NODE_NO_WARNINGS", "1"),
        ("PRISMA_HIDE_UPDATE_MESSAGE", "1"),
        ("PRISMA_SCHEMA_ENGINE_BINARY", "/bin/false"),
    ];
    client(project, program, arguments, &env)
}

fn engine(project: &Project, arguments: &[&str]) -> Output {
    node(project, "./migrate.mjs", arguments)
}

fn schema(project: &Project) -> String {
    files::read_text(&project.path().join("schema.prisma"), 1 << 16).unwrap()
}

#[test]
fn prisma_asks_by_its_generated_client() {
    let _part = Part::begin("Prisma: the client");
    let project = project();
    node(&project, "prisma/build/index.js", &["validate"]).exit(0).stdout_has("is valid");
    node(&project, "prisma/build/index.js", &["generate"])
        .exit(0)
        .stdout_has("Generated Prisma Client (7.10.1)");
    engine(&project, &["push"])
        .exit(0)
        .says("{\"executedSteps\":3,\"unexecutable\":[],\"warnings\":[]}\n", "");
    let output = node(&project, "./queries.mts", &[]).exit(0);
    assert_eq!(output.stdout, ANSWERS);
    let users = rows(
        &project,
        "shop-db",
        "SELECT email, big, at, price, typeof(flag) AS flag FROM User WHERE id = 1",
    );
    assert_eq!(
        users,
        json!([{"email": "ada", "big": 9_007_199_254_740_991_i64, "at": "2026-01-02T03:04:05.678+00:00", "price": 1.5, "flag": "integer"}])
    );
}

const ANSWERS: &str = r#"create {"id":1,"email":"ada","big":"9007199254740991n","at":"2026-01-02T03:04:05.678Z","price":1.5,"data":null,"flag":true}
prisma:warn Cloudflare D1 does not support transactions yet. When using Prisma's D1 adapter, implicit & explicit transactions will be ignored and run as individual queries, which breaks the guarantees of the ACID properties of transactions. For more details see https://pris.ly/d/d1-transactions
nested {"id":2,"email":"bob","big":"1n","at":"2026-01-02T03:04:05.678Z","price":null,"data":null,"flag":false,"posts":[{"id":1,"title":"one","authorId":2},{"id":2,"title":"two","authorId":2}]}
many {"count":2}
same failed: P2039 Database error. Code: `N/A`. Message: `UniqueConstraintViolation`
bytes failed: P2039 Database error. Code: `N/A`. Message: `Invalid property: params.3 => Expected string, received array`
find [{"email":"ada"}]
include {"posts":[{"id":2,"title":"two","authorId":2},{"id":1,"title":"one","authorId":2}]}
update {"id":3,"email":"eve","big":"3n","at":"2026-01-02T03:04:05.678Z","price":null,"data":null,"flag":false}
upsert {"id":5,"email":"zoe","big":"1n","at":"2026-01-02T03:04:05.678Z","price":null,"data":null,"flag":false}
count 5
sum {"_sum":{"price":3.5},"_max":{"email":"zoe"}}
group [{"_count":2,"authorId":2}]
raw [{"email":"ada","at":"text","big":"integer"}]
execute 2
missing failed: P2025 An operation failed because it depends on one or more records that were required but not found. No record was found for a delete.
stray failed: P2039 Database error. Code: `N/A`. Message: `ForeignKeyConstraintViolation`
in 5
half failed: P2039 Database error. Code: `N/A`. Message: `UniqueConstraintViolation`
delete {"id":2}
posts [{"title":"stays","authorId":1}]
"#;

/// `db push`, `db pull` and `migrate diff`; then the files of the difference are Larder's.
#[test]
fn prisma_pushes_and_larder_goes_on() {
    let _part = Part::begin("Prisma: push");
    let project = project();
    let first = schema(&project);
    let script = engine(&project, &["diff"]).exit(0).stdout;
    engine(&project, &["push"]).exit(0);
    assert_eq!(tables(&project), ["Post", "User"]);
    let before = asked(&project);
    engine(&project, &["push"])
        .exit(0)
        .says("{\"executedSteps\":0,\"unexecutable\":[],\"warnings\":[]}\n", "");
    assert_eq!(writes(&project, before), [""; 0]);
    let pulled = engine(&project, &["pull"]).exit(0).stdout;
    let words = |text: &str| {
        let mut words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        words.sort();
        words
    };
    assert_eq!(words(&pulled), words(&first));

    project.write("migrations/20260101000000_init/migration.sql", &script);
    refused(&project, &["migrations/20260101000000_init/migration.sql", "larder migrations baseline"]);
    baseline(&project, "20260101000000_init/migration.sql");
    settled(&project);

    // A push would drop what the schema does not name, Larder's ledger too, unless the tables are declared as external.
    let before = asked(&project);
    engine(&project, &["push", "--all-tables"])
        .exit(0)
        .stdout_has("You are about to drop the `larder_migrations` table, which is not empty");
    assert_eq!(writes(&project, before), [""; 0]);

    // A column that must not be empty, in a table with rows, is no step that Prisma takes.
    rows(&project, "shop-db", "INSERT INTO User (email) VALUES ('ada')");
    let wish = first.replace("@unique\n", "@unique\n  name  String\n");
    project.write("schema.prisma", &wish);
    engine(&project, &["push"])
        .exit(0)
        .stdout_has("\"executedSteps\":0,\"unexecutable\":[\"Added the required column `name`");
    assert_eq!(rows(&project, "shop-db", "SELECT email FROM User"), json!([{"email": "ada"}]));
    project.write("schema.prisma", &wish.replace("name  String", "name  String @default(\"?\")"));
    engine(&project, &["push"]).exit(0).stdout_has("\"executedSteps\":1");
    assert_eq!(rows(&project, "shop-db", "SELECT name FROM User"), json!([{"name": "?"}]));
}

/// `migrate dev` tries the files on a shadow database, which it makes and removes. The adapter for HTTP then sends them to
/// the app's own database, with what it was given: Larder finds there what no ledger has.
#[test]
fn prisma_makes_and_removes_a_shadow_database() {
    let _part = Part::begin("Prisma: the shadow database");
    let project = project();
    let script = engine(&project, &["diff"]).exit(0).stdout;
    project.write("migrations/20260101000000_init/migration.sql", &script);
    engine(&project, &["ledger"]).exit(0);
    let before = asked(&project);
    let said = "failed: Migration `20260101000000_init` failed to apply cleanly to the shadow database. \n";
    assert_eq!(engine(&project, &["dev"]).exit(1).stdout, said);
    let history = project.account().history();
    let made = history[before..].iter().filter(|one| one.body.contains("\"_prisma_shadow_") && one.changed);
    let removed = history[before..].iter().filter(|one| one.method == "DELETE" && one.changed);
    let (made, removed) = (made.count(), removed.count());
    assert!(made == removed && made > 0, "{made} made, {removed} removed");
    assert_eq!(held(&project), ["d1 shop-db"]);
    assert_eq!(tables(&project), ["Post", "User", "_prisma_migrations"]);

    refused(&project, &["migrations/20260101000000_init/migration.sql", "larder migrations baseline"]);
    baseline(&project, "20260101000000_init/migration.sql");
    settled(&project);
}

/// `migrate deploy`: the ledger of Prisma, and Larder beside it.
#[test]
fn prisma_deploys_and_larder_goes_on() {
    let _part = Part::begin("Prisma: deploy");
    let project = project();
    let script = engine(&project, &["diff"]).exit(0).stdout;
    project.write("migrations/20260101000000_init/migration.sql", &script);
    // That the table is missing reaches the engine in other words, and D1's own table passes for a schema.
    engine(&project, &["deploy"]).exit(1).stdout_has("failed: The database schema is not empty.");
    engine(&project, &["ledger"]).exit(0);
    engine(&project, &["status"]).exit(0).stdout_has("\"unappliedMigrationNames\":[\"20260101000000_init\"]");
    engine(&project, &["deploy"]).exit(0).says("{\"appliedMigrationNames\":[\"20260101000000_init\"]}\n", "");
    engine(&project, &["deploy"]).exit(0).says("{\"appliedMigrationNames\":[]}\n", "");

    refused(&project, &["`_prisma_migrations`, another ledger in this database, has this file"]);
    baseline(&project, "20260101000000_init/migration.sql");
    settled(&project);

    // A migration that fails is in Prisma's ledger without an end: nothing of it is there, since a file is one request.
    let broken = "CREATE TABLE half (x);\nINSERT INTO nowhere VALUES (1);\n";
    project.write("migrations/20260102000000_broken/migration.sql", broken);
    engine(&project, &["deploy"]).exit(1).stdout_has("failed: TableDoesNotExist\n");
    assert_eq!(
        tables(&project),
        ["Post", "User", "_prisma_migrations", "d1_migrations", "larder_migrations"]
    );
    let ledger =
        "SELECT migration_name, finished_at IS NULL AS failed FROM _prisma_migrations ORDER BY started_at";
    assert_eq!(
        rows(&project, "shop-db", ledger),
        json!([{"migration_name": "20260101000000_init", "failed": 0}, {"migration_name": "20260102000000_broken", "failed": 1}])
    );
    // Larder does not take it as run, finds it wrong, and runs it once it is right.
    refused(&project, &["migrations/20260102000000_broken/migration.sql:2", "nowhere"]);
    project.write("migrations/20260102000000_broken/migration.sql", &broken.replace("nowhere", "half"));
    project
        .run(&["run", "main", "-e", "dev"])
        .exit(0)
        .stdout_has("`20260102000000_broken/migration.sql` applied\n");
    settled(&project);
}
