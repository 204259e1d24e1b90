//! Names that neither file says: both tools make them of the Worker's name in the environment and of the binding.

use super::order::{contents, names, play, settled};
use crate::project::Project;
use crate::ran::Part;

const CONFIG: &str = r#"
name = "shop"

[env.staging]
[[env.staging.d1_databases]]
binding = "MAIN_DB"
migrations_dir = "migrations"

[env.live]
name = "storefront"
[[env.live.d1_databases]]
binding = "MAIN_DB"
migrations_dir = "migrations"
"#;

/// A database without id and name, found by wrangler under the name that Larder gave it, and the reverse.
#[test]
fn a_database_without_a_name() {
    let _part = Part::begin("both tools: names of environments");
    let project = Project::empty()
        .file("wrangler.toml", CONFIG)
        .file("migrations/0001_users.sql", "CREATE TABLE users (name TEXT);\n")
        .served();
    play(
        &project,
        "
        0 larder run -e staging | 1 created
        0 wrangler d1 create storefront-main-db
        write migrations/0002_jobs.sql: CREATE TABLE jobs (name TEXT);
        0 wrangler d1 migrations apply MAIN_DB --env staging --remote
        0 wrangler d1 migrations apply MAIN_DB --env live --remote
        2 larder run -e stagin | did you mean `staging`?
        1 wrangler d1 migrations apply MAIN_DB --env stagin --remote | stagin
        ",
    );
    settled(&project, "larder run -e staging");
    settled(&project, "larder run -e live");
    let contents = contents(&project);
    assert_eq!(names(&contents), ["d1 shop-staging-main-db", "d1 storefront-main-db"]);
    assert_eq!(contents[0].2, contents[1].2);
}

/// `kv namespace create NAME --env E` names it after the environment alone; what a deploy and Larder give carries the Worker, too.
#[test]
fn a_namespace_that_wrangler_names_after_the_environment() {
    let _part = Part::begin("both tools: namespaces of environments");
    let config = r#"{ "name": "shop", "env": { "staging": { "kv_namespaces": [{ "binding": "CACHE" }] } } }"#;
    let project = Project::empty().file("wrangler.json", config).env("CLOUDFLARE_ENV", "staging").served();
    play(
        &project,
        "
        0 wrangler kv namespace create CACHE --binding CACHE --env staging
        0 larder run | 1 unchanged
        ",
    );
    settled(&project, "larder run");
    assert_eq!(names(&contents(&project)), ["kv staging-CACHE"]);
    // Without the id that wrangler has written, the name is all there is to go by.
    project.write("wrangler.json", config);
    play(&project, "0 larder run | 1 created");
    assert_eq!(names(&contents(&project)), ["kv shop-staging-cache", "kv staging-CACHE"]);
}

/// A `wrangler.json` anywhere above goes before a `wrangler.toml` here, for wrangler: `--config` names the one that is meant.
#[test]
fn a_config_above() {
    let _part = Part::begin("both tools: a config above");
    let project = Project::empty()
        .file(
            "wrangler.json",
            r#"{ "name": "root", "d1_databases": [{ "binding": "DB", "database_name": "root-db" }] }"#,
        )
        .file(
            "jobs/wrangler.toml",
            "name = \"jobs\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"jobs-db\"\n",
        )
        .file("jobs/migrations/0001_jobs.sql", "CREATE TABLE jobs (id INTEGER);\n")
        .served();
    play(
        &project,
        "
        0 larder run -C jobs | `0001_jobs.sql` applied
        1 wrangler --cwd jobs d1 execute DB --remote --command 'SELECT 1' | root-db
        0 wrangler --cwd jobs d1 migrations list DB --remote --config wrangler.toml | No migrations to apply
        ",
    );
    settled(&project, "larder run -C jobs");
    assert_eq!(names(&contents(&project)), ["d1 jobs-db"]);
}
