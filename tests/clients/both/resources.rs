//! What one tool has made and the other makes sure of: names are the state, so neither makes a second one.

use super::order::{contents, names, play, same_end, settled};
use crate::project::Project;
use crate::ran::Part;

/// A Worker's config alone: Larder provisions what it binds.
fn worker(bindings: &str) -> Project {
    Project::empty().file("wrangler.toml", &format!("name = \"shop\"\n{bindings}")).served()
}

#[test]
fn a_namespace_a_bucket_a_database_and_an_index() {
    let _part = Part::begin("both tools: resources");
    let begin = || {
        worker(
            "[[kv_namespaces]]\nbinding = \"CACHE\"\n[[r2_buckets]]\nbinding = \"FILES\"\nbucket_name = \"shop-files\"\n\
             [[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"shop-db\"\n\
             [[vectorize]]\nbinding = \"DOCS\"\nindex_name = \"docs\"\n",
        )
        .file(
            "larder.toml",
            "recipe = \"wrangler\"\n[vectorize.indexes.docs]\ndimensions = 8\nmetric = \"cosine\"\n",
        )
    };
    let end = same_end(
        begin,
        &[
            "
            0 wrangler kv namespace create shop-cache
            0 wrangler r2 bucket create shop-files
            0 wrangler d1 create shop-db
            0 wrangler vectorize create docs --dimensions=8 --metric=cosine
            0 larder run | 4 unchanged
            ",
            "
            0 larder run | 4 created
            1 wrangler kv namespace create shop-cache | already exists
            1 wrangler r2 bucket create shop-files | already exists
            1 wrangler d1 create shop-db | already exists
            1 wrangler vectorize create docs --dimensions=8 --metric=cosine | duplicate
            ",
            // What one has deleted the other makes anew.
            "
            0 larder run
            0 wrangler kv namespace delete shop-cache -y
            0 wrangler r2 bucket delete shop-files
            0 wrangler d1 delete shop-db -y
            0 wrangler vectorize delete docs --force
            0 larder run | 4 created
            ",
        ],
    );
    assert_eq!(names(&end), ["d1 shop-db", "kv shop-cache", "r2 shop-files", "vectorize docs"]);
}

/// What wrangler has put into a bucket keeps it from being destroyed, until that is asked for by name.
#[test]
fn what_larder_has_destroyed_wrangler_makes_anew() {
    let _part = Part::begin("both tools: destroy");
    let begin = || {
        worker("[[r2_buckets]]\nbinding = \"FILES\"\nbucket_name = \"shop-files\"\n")
            .file("order.txt", "1 apple\n")
    };
    let end = same_end(
        begin,
        &[
            "0 larder run",
            "
            0 larder run
            0 wrangler r2 object put shop-files/order.txt --file order.txt --remote
            1 larder destroy -e top-level --yes | nothing was deleted: `shop-files` holds data
            0 larder destroy -e top-level --yes --with-data | 1 deleted
            0 wrangler r2 bucket create shop-files
            ",
        ],
    );
    assert_eq!(names(&end), ["r2 shop-files"]);
}

#[test]
fn where_data_must_stay() {
    let _part = Part::begin("both tools: jurisdictions");
    let begin = || {
        worker(
            "[[r2_buckets]]\nbinding = \"FILES\"\nbucket_name = \"eu-files\"\njurisdiction = \"eu\"\n\
             [[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"eu-db\"\n",
        )
        .file("larder.toml", "recipe = \"wrangler\"\n[d1.databases.DB]\njurisdiction = \"eu\"\n")
    };
    let end = same_end(
        begin,
        &[
            "
            0 wrangler r2 bucket create eu-files --jurisdiction eu
            0 wrangler d1 create eu-db --jurisdiction eu
            0 larder run | 2 unchanged
            ",
            "
            0 larder run | 2 created
            1 wrangler r2 bucket create eu-files --jurisdiction eu | already exists
            1 wrangler d1 create eu-db --jurisdiction eu | already exists
            ",
        ],
    );
    assert_eq!(names(&end), ["d1 eu-db", "r2 eu-files"]);
}

/// What can't be changed is refused, whoever made it, and no twin is made; asking for what is there, as the hint says, takes it.
/// wrangler itself leaves the jurisdiction out of the binding that it writes.
#[test]
fn what_was_made_otherwise_is_refused() {
    let _part = Part::begin("both tools: refusals");
    let asked = "recipe = \"wrangler\"\n[vectorize.indexes.docs]\ndimensions = 8\nmetric = \"cosine\"\n";
    let project = Project::empty()
        .file(
            "wrangler.json",
            r#"{ "name": "shop", "vectorize": [{ "binding": "DOCS", "index_name": "docs" }] }"#,
        )
        .file("larder.toml", asked)
        .served();
    play(
        &project,
        "
        0 wrangler r2 bucket create eu-files --jurisdiction eu --binding FILES
        0 wrangler vectorize create docs --dimensions=16 --metric=cosine
        1 larder run | ask for what is there, with `dimensions` 16, or choose another name
        1 larder run | ask for what is there, with `jurisdiction` \"eu\", or choose another name
        write wrangler.json: { \"name\": \"shop\", \"r2_buckets\": [{ \"binding\": \"FILES\", \"bucket_name\": \"eu-files\", \"jurisdiction\": \"eu\" }], \"vectorize\": [{ \"binding\": \"DOCS\", \"index_name\": \"docs\" }] }
        ",
    );
    project.write("larder.toml", &asked.replace('8', "16"));
    play(&project, "0 larder run | 2 unchanged");
    settled(&project, "larder run");
    assert_eq!(names(&contents(&project)), ["r2 eu-files", "vectorize docs"]);
}

/// A location is a hint, and decides only at creation.
#[test]
fn a_location_decides_only_at_creation() {
    let _part = Part::begin("both tools: locations");
    let begin = || {
        worker("[[r2_buckets]]\nbinding = \"FILES\"\nbucket_name = \"shop-files\"\n")
            .file("larder.toml", "recipe = \"wrangler\"\n[r2.buckets.FILES]\nlocation = \"weur\"\nstorage_class = \"InfrequentAccess\"\n")
    };
    let end = same_end(
        begin,
        &[
            "
            0 wrangler r2 bucket create shop-files --location weur --storage-class InfrequentAccess
            0 larder run | 1 unchanged
            ",
            // The storage class can be changed later, as wrangler itself can do it.
            "
            0 wrangler r2 bucket create shop-files --location weur
            0 larder run | 1 updated
            ",
            "0 larder run | 1 created",
        ],
    );
    assert_eq!(names(&end), ["r2 shop-files"]);
}

#[test]
fn metadata_indexes_by_either_tool() {
    let _part = Part::begin("both tools: metadata indexes");
    let begin = || {
        worker("[[vectorize]]\nbinding = \"DOCS\"\nindex_name = \"docs\"\n").file(
            "larder.toml",
            "recipe = \"wrangler\"\n[vectorize.indexes.docs]\ndimensions = 8\nmetric = \"cosine\"\n\
             metadata_indexes = { city = \"string\", year = \"number\" }\n",
        )
    };
    let end = same_end(
        begin,
        &[
            "
            0 wrangler vectorize create docs --dimensions=8 --metric=cosine
            0 wrangler vectorize create-metadata-index docs --property-name city --type string
            0 larder run | 1 updated
            ",
            "
            0 larder run | 1 created
            0 wrangler vectorize list-metadata-index docs | city
            ",
        ],
    );
    assert_eq!(names(&end), ["vectorize docs"]);
}

/// What wrangler sets on a bucket and `cf::ensure` compares, and the reverse.
#[test]
fn rules_of_a_bucket_by_either_tool() {
    let _part = Part::begin("both tools: rules of a bucket");
    let recipe = "let bucket = r2::ensure(\"shop-logs\");\n\
        cf::ensure(`/r2/buckets/${bucket.name}/lifecycle`, #{ rules: [#{ id: \"expire\", enabled: true, \
        conditions: #{ prefix: \"logs/\" }, deleteObjectsTransition: #{ condition: #{ type: \"Age\", maxAge: 2592000 } } }] });\n\
        cf::ensure(`/r2/buckets/${bucket.name}/cors`, #{ rules: [#{ allowed: #{ origins: [\"https://shop.example\"], methods: [\"GET\"] } }] });\n";
    let cors = r#"{ "rules": [{ "allowed": { "origins": ["https://shop.example"], "methods": ["GET"] } }] }"#;
    let lifecycle = r#"{ "rules": [{ "id": "expire", "enabled": true, "conditions": { "prefix": "logs/" },
        "deleteObjectsTransition": { "condition": { "type": "Age", "maxAge": 2592000 } } }] }"#;
    let begin = || {
        worker("")
            .file(
                "larder.toml",
                "app = \"shop\"\nrecipe = \"rules\"\n[environments.top]\nwrangler_env = \"\"\n",
            )
            .file("recipes/rules.rhai", recipe)
            .file("cors.json", cors)
            .file("lifecycle.json", lifecycle)
            .env("LARDER_ENV", "top")
    };
    let end = same_end(
        begin,
        &[
            "
            0 wrangler r2 bucket create shop-logs
            0 wrangler r2 bucket lifecycle set shop-logs --file lifecycle.json -y
            0 wrangler r2 bucket cors set shop-logs --file cors.json -y
            0 larder run
            ",
            "
            0 larder run
            0 wrangler r2 bucket lifecycle list shop-logs | expire
            0 wrangler r2 bucket cors list shop-logs | https://shop.example
            ",
        ],
    );
    assert_eq!(names(&end), ["r2 shop-logs"]);
}
