//! An account with a small shop, full of data, and unrelated resources beside it.

use super::invariants::ask;
use super::simulation::Simulation;
use larder::local::Account;
use serde_json::{Value as Json, json};

/// Development and staging of the shop, each with data in everything.
pub fn simulation(seed: u64) -> Simulation {
    let simulation = Simulation::new(seed);
    let account = &simulation.account;
    for title in ["RAW", "CACHE", "staging-RAW", "staging-CACHE"] {
        let id = made(account, "/storage/kv/namespaces", &json!({ "title": title }))["id"].clone();
        put(account, &format!("/storage/kv/namespaces/{}/values/a", id.as_str().unwrap()));
    }
    for name in ["shop-dev-files", "shop-dev-logs", "shop-staging-files", "shop-staging-logs"] {
        made(account, "/r2/buckets", &json!({ "name": name }));
        for object in ["a", "b%2Fc"].iter().filter(|_| name.ends_with("files")) {
            put(account, &format!("/r2/buckets/{name}/objects/{object}"));
        }
    }
    for name in ["shop-dev-main", "shop-staging-main"] {
        let config = json!({ "dimensions": 2, "metric": "cosine" });
        made(account, "/vectorize/v2/indexes", &json!({ "name": name, "config": config }));
        let vector = json!({ "id": "a", "values": [1, 0] });
        made(account, &format!("/vectorize/v2/indexes/{name}/insert"), &vector);
    }
    made(account, "/ai-gateway/gateways", &gateway());
    for name in ["shop-dev-db", "shop-staging-db"] {
        let id = made(account, "/d1/database", &json!({ "name": name }))["uuid"].clone();
        let sql = "CREATE TABLE jobs (title TEXT); INSERT INTO jobs VALUES ('welder');";
        made(account, &format!("/d1/database/{}/query", id.as_str().unwrap()), &json!({ "sql": sql }));
    }
    simulation
}

/// Branches of the shop with data in everything, beside development.
pub fn branches(seed: u64, branches: &[&str]) -> Simulation {
    let simulation = Simulation::new(seed);
    let account = &simulation.account;
    let previews = branches.iter().map(|branch| format!("shop-pre-{branch}"));
    for of in previews.chain(["shop-dev".to_owned()]) {
        let title = json!({ "title": format!("{of}-CACHE") });
        let id = made(account, "/storage/kv/namespaces", &title)["id"].clone();
        put(account, &format!("/storage/kv/namespaces/{}/values/a", id.as_str().unwrap()));
        made(account, "/r2/buckets", &json!({ "name": format!("{of}-files") }));
        for object in ["a", "b%2Fc"] {
            put(account, &format!("/r2/buckets/{of}-files/objects/{object}"));
        }
        let config = json!({ "dimensions": 2, "metric": "cosine" });
        made(account, "/vectorize/v2/indexes", &json!({ "name": format!("{of}-main"), "config": config }));
        let id = made(account, "/d1/database", &json!({ "name": format!("{of}-db") }))["uuid"].clone();
        let sql = "CREATE TABLE jobs (title TEXT); INSERT INTO jobs VALUES ('welder');";
        made(account, &format!("/d1/database/{}/query", id.as_str().unwrap()), &json!({ "sql": sql }));
    }
    simulation
}

fn gateway() -> Json {
    json!({
        "id": "shop-gateway", "cache_ttl": 60, "cache_invalidate_on_update": false, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0,
    })
}

fn made(account: &Account, path: &str, body: &Json) -> Json {
    let (status, answer) = ask(account, "POST", path, body);
    assert_eq!(status, 200, "{path}: {answer}");
    answer["result"].clone()
}

fn put(account: &Account, path: &str) {
    let (status, answer) = ask(account, "PUT", path, &json!("x"));
    assert_eq!(status, 200, "{path}: {answer}");
}
