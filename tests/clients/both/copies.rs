//! A database that is exported with one tool and imported with the other.

use super::order::{contents, play, settled};
use crate::project::Project;
use crate::ran::Part;
use serde_json::Value as Json;

const CONFIG: &str = "name = \"shop\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"shop-db\"\nmigrations_dir = \"migrations\"\n\
                      [[d1_databases]]\nbinding = \"COPY\"\ndatabase_name = \"copy\"\nmigrations_dir = \"migrations\"\n";
const FILE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);\n\
                    CREATE TABLE jobs (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users (id), title TEXT);\n\
                    CREATE INDEX jobs_by_owner ON jobs (owner);\n\
                    INSERT INTO users (name) VALUES ('o''hara'), ('line\nbreak');\n\
                    INSERT INTO jobs VALUES (7, 2, 'a;b');\n";
const PROJECT: &str = "app = \"shop\"\nrecipe = \"copy\"\nwrangler = \"wrangler.toml\"\n[environments.top]\nwrangler_env = \"\"\n";

fn project(recipe: &str) -> Project {
    Project::empty()
        .file("wrangler.toml", CONFIG)
        .file("larder.toml", PROJECT)
        .file("recipes/copy.rhai", recipe)
        .file("migrations/0001_users.sql", FILE)
        .env("LARDER_ENV", "top")
        .served()
}

/// Rows and schema of both databases, without ledgers.
fn both(project: &Project) -> (Json, Json) {
    let mut contents = contents(project);
    assert_eq!(contents.len(), 2, "{contents:?}");
    for (_, _, content) in &mut contents {
        content["rows"].as_object_mut().unwrap().remove("d1_migrations");
        content["schema"]
            .as_array_mut()
            .unwrap()
            .retain(|sql| !sql.as_str().unwrap().contains("d1_migrations"));
    }
    (contents[0].2.clone(), contents[1].2.clone())
}

/// wrangler's export has both ledgers in it, so the copy is migrated as far as its original was.
#[test]
fn wrangler_exports_and_larder_loads() {
    let _part = Part::begin("both tools: exported by wrangler");
    let project = project("d1::ensure(\"copy\").load(\"dump.sql\");\n").file(
        "recipes/migrate.rhai",
        "for name in [\"shop-db\", \"copy\"] { d1::ensure(name).migrate(\"migrations\"); }\n",
    );
    play(
        &project,
        "
        0 wrangler d1 create shop-db
        0 wrangler d1 migrations apply DB --remote
        0 wrangler d1 export shop-db --remote --output dump.sql
        0 larder run copy
        0 larder run migrate
        0 wrangler d1 migrations list COPY --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run migrate");
    let (copy, shop) = both(&project);
    assert_eq!(copy, shop);
}

/// Larder's dump leaves the ledgers out: the copy is taken for one that was made by hand until `baseline` has said otherwise.
#[test]
fn larder_dumps_and_wrangler_executes() {
    let _part = Part::begin("both tools: dumped by Larder");
    let project = project("d1::ensure(\"shop-db\").dump(\"dump.sql\");\n")
        .file(
            "recipes/migrate.rhai",
            "for name in [\"shop-db\", \"copy\"] { d1::ensure(name).migrate(\"migrations\"); }\n",
        )
        .file("recipes/shop.rhai", "d1::ensure(\"shop-db\").migrate(\"migrations\");\n");
    play(
        &project,
        "
        0 larder run shop
        0 larder run copy
        0 wrangler d1 create copy
        0 wrangler d1 execute copy --remote --file dump.sql -y
        1 larder run migrate | migrations baseline
        0 larder migrations baseline COPY --to 0001_users.sql --yes
        0 wrangler d1 migrations list COPY --remote | No migrations to apply
        ",
    );
    settled(&project, "larder run migrate");
    let (copy, shop) = both(&project);
    assert_eq!(copy, shop);
}
