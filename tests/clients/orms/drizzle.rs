//! drizzle-kit with its driver for D1 over HTTP, and Larder on a database with drizzle's ledger.

use super::{
    asked, baseline, client, database, last_refused, project_of, refused, rows, settled, tables, writes,
};
use crate::project::{Output, Project};
use crate::ran::Part;
use crate::source_tree::root;
use larder::system::files;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

const IMPORT: &str = "import { index, integer, sqliteTable, text } from \"drizzle-orm/sqlite-core\";\n";

/// `users` alone.
const FIRST: &str = "
export const users = sqliteTable(\"users\", {
  id: integer().primaryKey({ autoIncrement: true }),
  email: text().notNull().unique(),
});
";

/// A column, a table and an index more.
const SECOND: &str = "
export const users = sqliteTable(\"users\", {
  id: integer().primaryKey({ autoIncrement: true }),
  email: text().notNull().unique(),
  age: text(),
});
export const posts = sqliteTable(
  \"posts\",
  {
    id: integer().primaryKey(),
    author: integer().notNull().references(() => users.id, { onDelete: \"cascade\" }),
    title: text().notNull().default(\"?\"),
  },
  (table) => [index(\"by_title\").on(table.title)],
);
";

/// A project whose database is there, and nothing in it.
fn project() -> Project {
    let project = project_of("drizzle");
    project.api("POST", "/d1/database", &json!({"name": "shop-db"}));
    project
}

fn schema(project: &Project, text: &str) {
    project.write("schema.ts", &format!("{IMPORT}{text}"));
}

fn kit(project: &Project, arguments: &[&str]) -> Output {
    kit_with(project, ("OUT", "./drizzle"), arguments)
}

/// With a setting of its own (`drizzle.config.ts`).
fn kit_with(project: &Project, setting: (&str, &str), arguments: &[&str]) -> Output {
    let id = database(project, "shop-db");
    client(project, "drizzle-kit/bin.cjs", arguments, &[("DATABASE_ID", &id), setting])
}

/// The next migration; gives its text.
#[track_caller]
fn generated(project: &Project, file: &str) -> String {
    let name = file.split_once('_').unwrap().1;
    let said = format!("drizzle/{file}.sql");
    kit(project, &["generate", "--name", name]).exit(0).stdout_has(&said);
    files::read_text(&project.path().join(said), 1 << 16).unwrap()
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Drizzle's ledger holds the digests of these texts, and nothing in the column that it calls `id`.
#[track_caller]
fn ledger_is(project: &Project, texts: &[&str]) {
    let rows = rows(project, "shop-db", "SELECT id, hash FROM __drizzle_migrations ORDER BY created_at");
    let expected: Json = texts.iter().map(|text| json!({"id": null, "hash": digest(text)})).collect();
    assert_eq!(rows, expected);
}

#[test]
fn drizzle_migrates_and_larder_goes_on() {
    let _part = Part::begin("drizzle-kit: migrate");
    let project = project();
    schema(&project, FIRST);
    let init = generated(&project, "0000_init");
    kit(&project, &["migrate"]).exit(0).stdout_has("migrations applied successfully!");
    ledger_is(&project, &[&init]);

    let before = asked(&project);
    kit(&project, &["migrate"]).exit(0);
    assert_eq!(writes(&project, before), [""; 0]);
    ledger_is(&project, &[&init]);

    schema(&project, SECOND);
    let more = generated(&project, "0001_more");
    kit(&project, &["migrate"]).exit(0);
    ledger_is(&project, &[&init, &more]);
    rows(&project, "shop-db", "INSERT INTO users (id, email, age) VALUES (1, 'ada@shop.example', '36')");
    rows(&project, "shop-db", "INSERT INTO posts (author, title) VALUES (1, 'one')");

    // Drizzle's ledger says that the files were run; Larder's has no row of them.
    refused(
        &project,
        &[
            "`__drizzle_migrations`, another ledger in this database, has this file",
            "larder migrations baseline",
        ],
    );
    baseline(&project, "0001_more.sql");
    settled(&project);

    // The pragma in its own request does nothing: the rows of `posts` go with the old `users`. Larder asks first.
    schema(&project, &SECOND.replace("age: text()", "age: integer()").replace("by_title", "posts_title"));
    let rebuild = generated(&project, "0002_rebuild");
    assert!(rebuild.contains("PRAGMA foreign_keys=OFF;") && rebuild.contains("__new_users"), "{rebuild}");
    refused(&project, &["drizzle/0002_rebuild.sql", "`posts`", "-- larder:destructive"]);
    kit(&project, &["migrate"]).exit(0);
    ledger_is(&project, &[&init, &more, &rebuild]);
    assert_eq!(rows(&project, "shop-db", "SELECT age FROM users"), json!([{"age": 36}]));
    assert_eq!(rows(&project, "shop-db", "SELECT * FROM posts"), json!([]));
    refused(&project, &["`__drizzle_migrations`"]);
    baseline(&project, "0002_rebuild.sql");
    settled(&project);

    // What Larder applies, drizzle's ledger does not know: one tool at a time.
    schema(
        &project,
        &SECOND.replace("age: text()", "age: integer(),\n  name: text()").replace("by_title", "posts_title"),
    );
    generated(&project, "0003_name");
    project.run(&["run", "main", "-e", "dev"]).exit(0).stdout_has("`0003_name.sql` applied\n");
    settled(&project);
    kit(&project, &["migrate"]).exit(1);
    assert!(last_refused(&project).contains("ALTER TABLE `users` ADD `name` text"));
    ledger_is(&project, &[&init, &more, &rebuild]);
}

/// Each statement is a request of its own: what came before the one that fails stays, and no row says so.
#[test]
fn a_migration_of_drizzle_that_fails_stays_half_done() {
    let _part = Part::begin("drizzle-kit: a failing migration");
    let project = project();
    schema(&project, FIRST);
    let init = generated(&project, "0000_init");
    kit(&project, &["generate", "--custom", "--name", "broken"]).exit(0);
    let broken = "CREATE TABLE half (x);--> statement-breakpoint\nINSERT INTO nowhere VALUES (1);\n";
    project.write("drizzle/0001_broken.sql", broken);
    kit(&project, &["migrate"]).exit(1);
    assert!(last_refused(&project).contains("INSERT INTO nowhere"));
    ledger_is(&project, &[&init]);
    assert_eq!(tables(&project), ["__drizzle_migrations", "half", "users"]);
    baseline(&project, "0000_init.sql");
    refused(&project, &["drizzle/0001_broken.sql", "`half`"]);

    project.write(
        "drizzle/0001_broken.sql",
        &broken
            .replace("CREATE TABLE half (x)", "CREATE TABLE IF NOT EXISTS half (x)")
            .replace("nowhere", "half"),
    );
    kit(&project, &["migrate"]).exit(0);
    assert_eq!(rows(&project, "shop-db", "SELECT * FROM half"), json!([{"x": 1}]));
    refused(&project, &["`__drizzle_migrations`"]);
    baseline(&project, "0001_broken.sql");
    settled(&project);
}

#[test]
fn drizzle_pushes_and_pulls() {
    let _part = Part::begin("drizzle-kit: push and pull");
    let project = project();
    schema(&project, FIRST);
    kit(&project, &["push"]).exit(0).stdout_has("Changes applied");
    schema(&project, SECOND);
    kit(&project, &["push"]).exit(0).stdout_has("Changes applied");
    let before = asked(&project);
    kit(&project, &["push"]).exit(0).stdout_has("No changes detected");
    assert_eq!(writes(&project, before), [""; 0]);
    assert_eq!(tables(&project), ["posts", "users"]);

    // A pull finds what was pushed: generated anew, it is the same schema, and there is nothing to push.
    kit_with(&project, ("OUT", "./pulled"), &["pull"])
        .exit(0)
        .stdout_has("2 tables fetched")
        .stdout_has("4 columns");
    let pulled = files::read_text(&project.path().join("pulled/schema.ts"), 1 << 16).unwrap();
    project.write("schema.ts", &pulled);
    kit(&project, &["push"]).exit(0).stdout_has("No changes detected");

    // Larder finds the same in the files that drizzle-kit generates of it.
    generated(&project, "0000_all");
    refused(&project, &["drizzle/0000_all.sql", "larder migrations baseline"]);
    project.run(&["migrations", "baseline", "-e", "dev"]).exit(1).stdout_has("fits     0000_all.sql");
    baseline(&project, "0000_all.sql");
    settled(&project);

    // A push drops what the schema does not name, Larder's ledger too, unless it is told to look at other tables only.
    schema(&project, &SECOND.replace("age: text()", "age: text(),\n  note: text()"));
    kit(&project, &["push"]).exit(0).stdout_has("Changes applied");
    assert_eq!(tables(&project), ["d1_migrations", "larder_migrations", "posts", "users"]);
    kit_with(&project, ("ALL_TABLES", "1"), &["push", "--force"]).exit(0).stdout_has("Changes applied");
    assert_eq!(tables(&project), ["posts", "users"]);
    refused(&project, &["drizzle/0000_all.sql", "larder migrations baseline"]);

    // One that would leave a column empty that may not be fails between its statements, and the new table stays behind.
    rows(&project, "shop-db", "INSERT INTO users (email) VALUES ('ada@shop.example')");
    schema(&project, &SECOND.replace("age: text()", "age: text().notNull(),\n  note: text()"));
    kit(&project, &["push", "--force"])
        .exit(1)
        .stderr_has("7500: NOT NULL constraint failed: __new_users.age: SQLITE_CONSTRAINT");
    assert_eq!(tables(&project), ["__new_users", "posts", "users"]);
    assert_eq!(rows(&project, "shop-db", "SELECT email FROM users"), json!([{"email": "ada@shop.example"}]));
}

/// The recorded ledgers are as the client writes them today.
#[test]
fn the_recorded_files_of_drizzle_are_applied_alike() {
    let _part = Part::begin("drizzle-kit: the recorded files");
    let project = project();
    let folder = "tests/ledgers/drizzle/migrations";
    for path in files::walk(&root().join(folder)).unwrap() {
        let path = path.to_str().unwrap();
        project.write(&format!("drizzle/{path}"), &crate::source_tree::read(&format!("{folder}/{path}")));
    }
    kit(&project, &["migrate"]).exit(0);
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' ORDER BY name";
    let made = rows(&project, "shop-db", sql);
    let recorded = crate::source_tree::read("tests/ledgers/drizzle/migrated.sql");
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let recorded = squeezed(&recorded);
    for row in made.as_array().unwrap() {
        let sql = squeezed(row["sql"].as_str().unwrap());
        assert!(recorded.contains(&sql), "{sql} is not in:\n{recorded}");
    }
    assert_eq!(made.as_array().unwrap().len(), recorded.matches("CREATE ").count());
}
