//! unstorage with its driver for KV over HTTP.

use super::{client, project_of, settled};
use crate::project::{Output, Project};
use crate::ran::Part;
use serde_json::{Value as Json, json};

fn storage(project: &Project, command: &str, base: &str) -> Output {
    let namespace = namespace(project);
    client(project, "./kv.mjs", &[command], &[("NAMESPACE", &namespace), ("BASE", base)]).exit(0)
}

fn namespace(project: &Project) -> String {
    project.api("GET", "/storage/kv/namespaces", &Json::Null)[0]["id"].as_str().unwrap().to_owned()
}

fn keys(project: &Project) -> Json {
    project.api("GET", &format!("/storage/kv/namespaces/{}/keys", namespace(project)), &Json::Null)
}

#[test]
fn unstorage_stores_what_larder_reads() {
    let _part = Part::begin("unstorage");
    let project = project_of("unstorage");
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    storage(&project, "fill", "").says(
        "get [{\"name\":\"Ada\",\"tags\":[\"a\",\"b\"]},7,null]\n\
         escaped \"text\"\n\
         raw [0,255,1]\n\
         has [true,false]\n\
         keys [\"bytes\",\"long\",\"short\",\"users:1\",\"users:2:deep e%ü\"]\n\
         keys of users [\"users:1\",\"users:2:deep e%ü\"]\n\
         items [{\"key\":\"users:1\",\"value\":{\"name\":\"Ada\",\"tags\":[\"a\",\"b\"]}},{\"key\":\"long\",\"value\":\"x\"}]\n",
        "",
    );
    let held = keys(&project);
    let names: Vec<_> = held.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bytes", "long", "short", "users:1", "users:2:deep e%ü"]);
    // The driver knows KV's shortest time to live: the short one lives a minute.
    let ends = |at: usize| held[at]["expiration"].as_u64();
    assert_eq!(
        ends(1).zip(ends(2)).map(|(long, short)| (long - short).div_euclid(60)),
        Some((7200 - 60) / 60)
    );
    assert_eq!((ends(0), ends(3)), (None, None));

    let read = r#"let ns = kv::find("shop-cache"); [ns.get("users:1"), ns.get("users:2:deep e%ü")]"#;
    project
        .run(&["eval", "-e", "dev", read])
        .exit(0)
        .says("{\"name\":\"Ada\",\"tags\":[\"a\",\"b\"]}\ntext\n", "");
    settled(&project);

    storage(&project, "clear", "").says("all but users [\"users:1\",\"users:2:deep e%ü\"]\nnothing []\n", "");
    assert_eq!(keys(&project), json!([]));
    settled(&project);
}

/// Below a prefix it sees, and clears, nothing else.
#[test]
fn unstorage_keeps_to_its_base() {
    let _part = Part::begin("unstorage below a prefix");
    let project = project_of("unstorage");
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    let other = format!("/storage/kv/namespaces/{}/bulk", namespace(&project));
    project.api("PUT", &other, &json!([{"key": "other", "value": "stays"}]));
    storage(&project, "fill", "app").stdout_has("has [true,false]\n");
    let names =
        |held: &Json| held.as_array().unwrap().iter().map(|key| key["name"].clone()).collect::<Json>();
    assert_eq!(
        names(&keys(&project)),
        json!(["app:bytes", "app:long", "app:short", "app:users:1", "app:users:2:deep e%ü", "other"])
    );
    storage(&project, "clear", "app");
    assert_eq!(names(&keys(&project)), json!(["other"]));
}
