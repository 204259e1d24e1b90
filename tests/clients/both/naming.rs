//! Names that neither file says: both tools make them of the Worker's name in the environment and of the binding.

use super::order::{held, names, play, settled};
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
        ",
    );
    settled(&project, "larder run -e staging");
    settled(&project, "larder run -e live");
    let held = held(&project);
    assert_eq!(names(&held), ["d1 shop-staging-main-db", "d1 storefront-main-db"]);
    assert_eq!(held[0].2, held[1].2);
}
