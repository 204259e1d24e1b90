//! `wrangler deploy`, which provisions what a config binds without an id: Larder gives the same names, and finds what it made.

use super::order::{contents, names, play, settled};
use crate::project::Project;
use crate::proxy::{self, Verdict};
use crate::ran::Part;
use crate::source_tree::read;
use serde_json::Value as Json;

const CONFIG: &str = r#"{
  "name": "app",
  "main": "index.js",
  "compatibility_date": "2026-01-01",
  "kv_namespaces": [{ "binding": "MY_CACHE" }],
  "d1_databases": [{ "binding": "DB" }],
  "r2_buckets": [{ "binding": "FILES" }],
  "env": { "staging": { "kv_namespaces": [{ "binding": "MY_CACHE" }], "d1_databases": [{ "binding": "DB" }] } }
}
"#;

fn project() -> Project {
    let project = Project::empty()
        .file("wrangler.jsonc", CONFIG)
        .file("index.js", "export default { fetch() { return new Response(\"hello\"); } };\n");
    with_workers(project.served(), "app")
}

/// The account has no Workers: what wrangler asks of this one is answered as it was recorded, for a Worker that is new.
pub fn with_workers(project: Project, worker: &str) -> Project {
    let mut recorded = Vec::new();
    for recording in ["deploy--autoprovision-first", "deploy--env-autoprovision"] {
        for line in read(&format!("tests/traffic/{recording}.jsonl")).lines() {
            let line: Json = serde_json::from_str(line).unwrap();
            let text = |field: &str| line[field].as_str().unwrap().to_owned();
            let status = u16::try_from(line["response"]["status"].as_u64().unwrap()).unwrap();
            let body = line["response"]["body"].to_string().replace("//app.", &format!("//{worker}."));
            let path = format!("/client/v4{}", text("path")).replace("/app", &format!("/{worker}"));
            recorded.push((text("method"), path, status, &*body.leak()));
        }
    }
    let address = proxy::start(project.address(), move |seen| {
        let path = seen.target.split('?').next().unwrap();
        let is_this = |(method, recorded, ..): &&(String, String, u16, &str)| {
            *method == seen.method && recorded == path
        };
        match recorded.iter().find(is_this).filter(|_| path.contains("/workers/")) {
            Some((_, _, status, body)) => Verdict::Answer(*status, body),
            None => Verdict::Pass,
        }
    });
    project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"))
}

/// wrangler makes what is bound; Larder has nothing left to make, in either environment.
#[test]
fn what_a_deploy_has_provisioned() {
    let _part = Part::begin("both tools: deployed first");
    let project = project();
    play(
        &project,
        "
        0 wrangler deploy
        0 wrangler deploy --env staging
        0 larder run -e top-level | 3 unchanged
        0 larder run -e staging | 2 unchanged
        ",
    );
    settled(&project, "larder run -e staging");
    let all =
        ["d1 app-db", "d1 app-staging-db", "kv app-my-cache", "kv app-staging-my-cache", "r2 app-files"];
    assert_eq!(names(&contents(&project)), all);
}

/// wrangler never looks whether a name is there: without the ids it stops at the first one, with them it makes nothing.
#[test]
fn a_deploy_of_what_larder_has_made() {
    let _part = Part::begin("both tools: deployed second");
    let project = project();
    play(
        &project,
        "
        0 larder run -e top-level | 3 created
        1 wrangler deploy | 10014
        0 larder ids -e top-level --write --yes
        0 wrangler deploy
        ",
    );
    settled(&project, "larder run -e top-level");
    assert_eq!(names(&contents(&project)), ["d1 app-db", "kv app-my-cache", "r2 app-files"]);
}
