//! Alchemy: a program with one of each of its resources, and where it may keep its state.

use super::{asked, client, held, project_of, rows, settled, writes};
use crate::project::{Output, Project};
use crate::ran::Part;
use larder::system::files;
use serde_json::{Value as Json, json};

const ALL: [&str; 7] = [
    "ai_gateway shop-ai",
    "d1 shop-copy",
    "d1 shop-db",
    "kv shop-cache",
    "r2 shop-files",
    "r2 shop-media",
    "vectorize shop-search",
];

/// The resources of the program (of which a bucket's domain is not looked at where the bucket is skipped), without the buckets and databases that hold Alchemy's state.
const RESOURCES: usize = 10;

/// The program; it sends its usage to nobody (`DO_NOT_TRACK`), and keeps its state in files although `CI` is set.
fn alchemy(project: &Project, arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let mut all = vec![("ALCHEMY_CI_STATE_STORE_CHECK", "false"), ("NODE_NO_WARNINGS", "1")];
    all.extend(env);
    client(project, "./app.mjs", arguments, &all)
}

/// How many resources it says this of.
fn told(output: &Output, words: &str) -> usize {
    output.stdout.lines().filter(|line| line.starts_with(&format!("[{words}]"))).count()
}

/// The id of each resource.
fn ids(project: &Project) -> Vec<String> {
    project.account().resources().unwrap().into_iter().map(|(_, resource)| resource.id).collect()
}

/// Without its state it takes what is there. A metadata index is the one that it can't.
#[track_caller]
fn adopts(project: &Project) -> Output {
    lose_state(project);
    alchemy(project, &["--adopt"], &[("WITHOUT", "seed")])
        .exit(1)
        .stderr_has("metadata index for property \"kind\" already exists");
    lose_state(project);
    alchemy(project, &["--adopt"], &[("WITHOUT", "by-kind seed")]).exit(0)
}

fn lose_state(project: &Project) {
    files::remove_folder(&project.path().join(".alchemy")).unwrap();
}

#[test]
fn alchemy_from_its_first_run_to_destroy() {
    let _part = Part::begin("Alchemy");
    let project = project_of("alchemy");

    let output = alchemy(&project, &[], &[]).exit(0).stdout_has("objects: a b y null\n");
    assert_eq!(told(&output, "created"), RESOURCES, "{}", output.stdout);
    made(&project);
    let first = ids(&project);

    // Larder finds it as its recipe wants it.
    settled(&project);
    project.run(&["plan", "main", "-e", "dev", "--exit-code"]).exit(0);

    let before = asked(&project);
    let output = alchemy(&project, &[], &[]).exit(0);
    assert_eq!(told(&output, "skipped"), RESOURCES - 1, "{}", output.stdout);
    assert_eq!(writes(&project, before), [""; 0]);

    // What Larder applies, Alchemy takes as applied. (It can't import one file twice: a known one needs no upload.)
    project.write("migrations/0003_roles.sql", "CREATE TABLE roles (name TEXT);\n");
    project.run(&["run", "main", "-e", "dev"]).exit(0).stdout_has("`0003_roles.sql` applied\n");
    let output = alchemy(&project, &[], &[("WITHOUT", "seed")]).exit(0);
    assert!(!output.stdout.contains("Applied migration"), "{}", output.stdout);
    assert_eq!(
        ledger(&project),
        json!([["00001", "0001_users.sql"], ["00002", "0002_names.sql"], ["00003", "0003_roles.sql"]])
    );

    lose_state(&project);
    let before = asked(&project);
    alchemy(&project, &[], &[])
        .exit(1)
        .stderr_has("a namespace with this account ID and title already exists");
    assert_eq!(writes(&project, before), [""; 0]);
    let output = adopts(&project);
    assert_eq!(told(&output, "created"), RESOURCES - 1, "{}", output.stdout);
    assert_eq!(ids(&project), first);
    settled(&project);

    let output = alchemy(&project, &[], &[("CHANGED", "1"), ("WITHOUT", "by-kind seed")]).exit(0);
    assert_eq!(told(&output, "updated"), 7, "{}", output.stdout);
    assert_eq!(ids(&project), first);
    changed(&project);

    // What the program leaves out is removed.
    alchemy(&project, &[], &[("CHANGED", "1"), ("WITHOUT", "copy search seed")]).exit(0);
    let less: Vec<_> = ALL.iter().map(|name| name.replace("cache", "sessions")).collect();
    assert_eq!(held(&project), [0, 2, 3, 4, 5].map(|at| less[at].as_str()));

    let output = alchemy(&project, &["--destroy"], &[]).exit(0);
    assert_eq!(told(&output, "deleted"), RESOURCES - 3, "{}", output.stdout);
    assert_eq!(held(&project), [""; 0]);
}

/// What the first run makes.
fn made(project: &Project) {
    assert_eq!(held(project), ALL);
    let namespace = project.api("GET", "/storage/kv/namespaces", &Json::Null)[0]["id"].clone();
    let keys = format!("/storage/kv/namespaces/{}/keys", namespace.as_str().unwrap());
    let keys = project.api("GET", &keys, &Json::Null);
    assert_eq!(keys[0], json!({"name": "plain"}));
    assert_eq!((&keys[1]["name"], &keys[1]["metadata"]), (&json!("rich"), &json!({"by": "alchemy"})));
    assert!(keys[1]["expiration"].is_u64(), "{keys}");

    let media = |path: &str| project.api("GET", &format!("/r2/buckets/shop-media{path}"), &Json::Null);
    assert_eq!(media("")["location"], "WEUR");
    assert_eq!(media("/domains/managed")["enabled"], false);
    let domain = &media("/domains/custom")["domains"][0];
    assert_eq!((&domain["domain"], &domain["minTLS"]), (&json!("media.shop.example"), &json!("1.2")));
    assert_eq!(
        media("/cors")["rules"][0]["allowed"],
        json!({"methods": ["GET"], "origins": ["https://shop.example"]})
    );
    assert_eq!(
        media("/lifecycle")["rules"][0]["deleteObjectsTransition"]["condition"],
        json!({"maxAge": 86400, "type": "Age"})
    );
    assert_eq!(media("/lock")["rules"][0]["condition"], json!({"maxAgeSeconds": 60, "type": "Age"}));
    assert_eq!(media("/objects")[0]["key"], "docs/readme.txt");

    assert_eq!(ledger(project), json!([["00001", "0001_users.sql"], ["00002", "0002_names.sql"]]));
    for database in ["shop-db", "shop-copy"] {
        let users = rows(project, database, "SELECT id, email, name FROM users");
        assert_eq!(users, json!([{"id": 1, "email": "seed@shop.example", "name": null}]), "{database}");
    }
    let indexes = "/vectorize/v2/indexes/shop-search/metadata_index/list";
    let indexes = project.api("GET", indexes, &Json::Null);
    assert_eq!(indexes["metadataIndexes"], json!([{"propertyName": "kind", "indexType": "string"}]));
    assert_eq!(project.api("GET", "/ai-gateway/gateways/shop-ai", &Json::Null)["cache_ttl"], 300);
}

/// What it is after another wish.
fn changed(project: &Project) {
    assert_eq!(project.api("GET", "/storage/kv/namespaces", &Json::Null)[0]["title"], "shop-sessions");
    let media = |path: &str| project.api("GET", &format!("/r2/buckets/shop-media{path}"), &Json::Null);
    assert_eq!(media("/domains/managed")["enabled"], true);
    assert_eq!(media("/domains/custom")["domains"][0]["minTLS"], "1.3");
    assert_eq!(media("/lifecycle")["rules"][0]["deleteObjectsTransition"]["condition"]["maxAge"], 172_800);
    assert_eq!(media("/objects")[0]["size"], 3);
    assert_eq!(project.api("GET", "/d1/database/shop-db", &Json::Null)["read_replication"]["mode"], "auto");
    assert_eq!(project.api("GET", "/ai-gateway/gateways/shop-ai", &Json::Null)["cache_ttl"], 600);
    // Larder's recipe still has the first wish.
    let plan = project.run(&["plan", "main", "-e", "dev", "--exit-code"]).exit(3);
    for line in ["+ kv shop-cache", "~ d1 shop-db", "~ ai_gateway shop-ai"] {
        assert!(plan.stdout.contains(line), "no {line:?} in:\n{}", plan.stdout);
    }
}

/// Alchemy's ledger: its ids are texts.
fn ledger(project: &Project) -> Json {
    let rows = rows(project, "shop-db", "SELECT id, name FROM d1_migrations ORDER BY id");
    rows.as_array().unwrap().iter().map(|row| json!([row["id"], row["name"]])).collect()
}

/// What Larder has made is adopted as it is; both go on with one ledger, here in wrangler's form.
#[test]
fn alchemy_adopts_what_larder_has_made() {
    let _part = Part::begin("Alchemy after Larder");
    let project = project_of("alchemy");
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    let made = ids(&project);
    alchemy(&project, &["--adopt"], &[("WITHOUT", "by-kind")]).exit(0);
    assert!(made.iter().all(|id| ids(&project).contains(id)));
    assert_eq!(held(&project), ALL);
    settled(&project);

    project.write("migrations/0003_roles.sql", "CREATE TABLE roles (name TEXT);\n");
    alchemy(&project, &[], &[("WITHOUT", "by-kind seed")])
        .exit(0)
        .stdout_has("Applied migration: 0003_roles.sql\n");
    assert_eq!(
        ledger(&project),
        json!([[1, "0001_users.sql"], [2, "0002_names.sql"], [3, "0003_roles.sql"]])
    );
    settled(&project);
}

/// Its state is in a bucket, which it lists with a delimiter: another machine goes on from there.
#[test]
fn alchemy_keeps_its_state_in_a_bucket() {
    let _part = Part::begin("Alchemy's state in R2");
    let project = project_of("alchemy");
    alchemy(&project, &[], &[("STATE", "r2")]).exit(0);
    let states = || {
        let objects = project.api("GET", "/r2/buckets/alchemy-state/objects", &Json::Null);
        let keys = objects.as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap().to_owned());
        keys.collect::<Vec<_>>()
    };
    let domain = "media/media.shop.example";
    let names = ["ai", "by-kind", "cache", "copy", "db", "files", "media", domain, "readme", "search"];
    assert_eq!(states(), names.map(|name| format!("alchemy/shop/dev/{name}")));
    assert!(!files::exists(&project.path().join(".alchemy")));

    let before = asked(&project);
    let output = alchemy(&project, &[], &[("STATE", "r2")]).exit(0);
    assert_eq!(told(&output, "skipped"), RESOURCES - 1, "{}", output.stdout);
    assert_eq!(writes(&project, before), [""; 0]);

    alchemy(&project, &[], &[("STATE", "r2"), ("WITHOUT", "copy search")]).exit(0);
    let less = ["ai", "cache", "db", "files", "media", domain, "readme"];
    assert_eq!(states(), less.map(|name| format!("alchemy/shop/dev/{name}")));
    let history = project.account().history();
    assert!(history.iter().any(|one| one.query.contains("delimiter=%2F") && one.status == Some(200)));

    alchemy(&project, &["--destroy"], &[("STATE", "r2")]).exit(0);
    assert_eq!(states(), [""; 0]);
    assert_eq!(held(&project), ["r2 alchemy-state"]);
}

/// Its state is in a database: drizzle's statements by `/raw`, their parameters beside them.
#[test]
fn alchemy_keeps_its_state_in_a_database() {
    let _part = Part::begin("Alchemy's state in D1");
    let project = project_of("alchemy");
    alchemy(&project, &[], &[("STATE", "d1")]).exit(0);
    let output = alchemy(&project, &[], &[("STATE", "d1")]).exit(0);
    assert_eq!(told(&output, "skipped"), RESOURCES - 1, "{}", output.stdout);
    alchemy(&project, &["--destroy"], &[("STATE", "d1")]).exit(0);
    assert_eq!(held(&project), ["d1 alchemy-state"]);
}
