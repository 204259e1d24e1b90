//! `recipe = "wrangler"`: project-file settings for bound resources are used, or warned about.

use super::project::Project;
use serde_json::{Value as Json, json};

const CONFIG: &str = r#"
name = "w"
d1_databases = [{ binding = "DB", database_name = "shop-db" }]
r2_buckets = [{ binding = "FILES", bucket_name = "shop-files" }]
"#;

const A: &str = "CREATE TABLE a (x);\n";

fn project(settings: &str) -> Project {
    Project::empty()
        .file("wrangler.toml", CONFIG)
        .file("larder.toml", &format!("recipe = \"wrangler\"\n{settings}"))
        .file("migrations/0001_a.sql", A)
        .file("migrations/0003_c.sql", "CREATE TABLE c (x);\n")
        .served()
}

fn database(project: &Project) -> Json {
    project.api("GET", "/d1/database", &Json::Null)[0].clone()
}

#[test]
fn settings_of_a_database_count_by_binding_and_by_name() {
    let named = "[d1.databases.jobs]\nbinding = \"DB\"\n";
    for header in ["[d1.databases.DB]\n", "[d1.databases.shop-db]\n", named] {
        let settings =
            format!("{header}jurisdiction = \"eu\"\natomic = \"all\"\nallow_out_of_order = true\n");
        let project = project(&settings);
        let plan = project.run(&["plan"]).exit(0);
        plan.kept("settings of a database count by binding and by name, the plan");
        let output = project.run(&["run"]).exit(0);
        output.kept("settings of a database count by binding and by name, 2");
        assert_eq!(database(&project)["jurisdiction"], "eu", "{header}");
        assert_eq!(database(&project)["name"], "shop-db", "{header}");
        project.write("migrations/0002_b.sql", "CREATE TABLE b (x);\n");
        project.run(&["run"]).exit(0).kept("settings of a database count by binding and by name, 3");
    }
}

#[test]
fn a_location_and_the_options_of_a_bucket_count() {
    for bucket in ["FILES", "shop-files"] {
        let project = project(&format!(
            "[d1.databases.DB]\nlocation = \"apac\"\nread_replication = \"auto\"\n[r2.buckets.{bucket}]\n\
             storage_class = \"InfrequentAccess\"\n"
        ));
        project.run(&["run"]).exit(0);
        let path = format!("/d1/database/{}", database(&project)["uuid"].as_str().unwrap());
        let made = project.api("GET", &path, &Json::Null);
        assert_eq!(made["running_in_region"], "APAC");
        assert_eq!(made["read_replication"], json!({"mode": "auto"}));
        let made = project.api("GET", "/r2/buckets/shop-files", &Json::Null);
        assert_eq!(made["storage_class"], "InfrequentAccess", "{bucket}");
        project.run(&["run"]).exit(0).kept("a location and the options of a bucket count");
    }
}

#[test]
fn what_is_not_used_is_warned_of_at_its_line_once() {
    let project = project(
        "steps = [\"d1\"]\n[naming]\ntemplate = \"{app}-{name}\"\n[kv]\nnamespaces = [\"cache\"]\n\
         [d1.databases.NOPE]\nlocation = \"weur\"\n[r2.buckets.NOPE]\n[ai_gateway.gateways.g]\n",
    );
    for command in ["run", "plan", "check"] {
        let output = project.run(&[command]).exit(0);
        output.kept(&format!("what is not used is warned of at its line once: {command}"));
    }
}

#[test]
fn two_jurisdictions_of_one_database_are_refused_before_anything_is_made() {
    let project = project("[d1.databases.DB]\njurisdiction = \"eu\"\n");
    let config = CONFIG.replace("\"shop-db\"", "\"shop-db\", jurisdiction = \"us\"");
    project.write("wrangler.toml", &config);
    let output = project.run(&["run"]).exit(2);
    let error = "error: the binding `DB` has the jurisdiction `us`\n --> larder.toml:3:16\n";
    assert!(output.stderr.starts_with(error), "{}", output.stderr);
    project.run(&["check"]).exit(1);
    assert!(project.history().unwrap().iter().all(|one| !one.changed));
}
