//! No resource is made twice: a run names what a binding needs as wrangler does, and takes what the deployed Worker has.
//! The other side is wrangler's recorded traffic: what it created, and what the Worker was bound to after its deploy.

use super::project::Project;
use super::proxy::{self, Verdict};
use larder::system::files;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The config whose deploy was recorded.
const APP: &str = r#"{
  "name": "app",
  "kv_namespaces": [{ "binding": "MY_CACHE" }],
  "d1_databases": [{ "binding": "DB" }, { "binding": "NAMED", "database_name": "named-db" }],
  "r2_buckets": [{ "binding": "FILES" }, { "binding": "LOGS", "bucket_name": "logs-bucket" }]
}
"#;

/// The same Worker with an environment, whose deploy was recorded as well.
const STAGING: &str = r#"{ "name": "app", "env": { "staging": { "kv_namespaces": [{ "binding": "MY_CACHE" }] } } }
"#;

/// What the Worker `app` has, and nobody would make anew.
const RECORDED: [&str; 3] =
    ["deploy--autoprovision-first", "deploy--env-autoprovision", "deploy--autoprovision-second"];

fn recorded(file: &str) -> Vec<Json> {
    assert!(RECORDED.contains(&file));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/traffic/{file}.jsonl"));
    let text = files::read_text(&path, 1 << 20).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What requests create, as the list they post to and the name.
fn created<'a>(requests: impl Iterator<Item = (&'a str, &'a str, &'a str)>) -> BTreeSet<(String, String)> {
    let lists = ["/storage/kv/namespaces", "/d1/database", "/r2/buckets"];
    let created = requests.filter_map(|(method, path, body)| {
        let list = lists.iter().find(|list| path.ends_with(**list)).filter(|_| method == "POST")?;
        let body: Json = serde_json::from_str(body).unwrap();
        let name = body.get("title").or(body.get("name")).unwrap().as_str().unwrap();
        Some(((*list).to_owned(), name.to_owned()))
    });
    created.collect()
}

fn created_by_wrangler(file: &str) -> BTreeSet<(String, String)> {
    let lines = recorded(file);
    let text = |line: &Json, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let requests: Vec<_> =
        lines.iter().map(|line| (text(line, "method"), text(line, "path"), text(line, "body"))).collect();
    created(requests.iter().map(|(method, path, body)| (method.as_str(), path.as_str(), body.as_str())))
}

fn created_by_larder(project: &Project) -> BTreeSet<(String, String)> {
    let history = project.history().unwrap();
    created(history.iter().map(|one| (one.method.as_str(), one.path.as_str(), one.body.as_str())))
}

/// A project with this config, served.
fn served(file: &str, text: &str) -> Project {
    Project::empty().file(file, text).served()
}

/// The same, where the Worker of that name is deployed and its settings have these bindings.
fn deployed(project: Project, script: &str, status: u16, settings: &Json) -> Project {
    let path = format!("/workers/scripts/{script}/settings");
    let body: &'static str = settings.to_string().leak();
    let address = proxy::start(project.address(), move |seen| {
        if seen.is("GET", &path, "") { Verdict::Answer(status, body) } else { Verdict::Pass }
    });
    project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"))
}

fn bound(bindings: &Json) -> Json {
    json!({"success": true, "errors": [], "messages": [], "result": {"bindings": bindings, "tags": []}})
}

fn denied() -> Json {
    let error = json!({"code": 10000, "message": "Authentication error"});
    json!({"success": false, "errors": [error], "messages": [], "result": null})
}

fn titles(project: &Project) -> Vec<String> {
    let listed = project.api("GET", "/storage/kv/namespaces", &Json::Null);
    let titles = listed.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned());
    let mut titles: Vec<String> = titles.collect();
    titles.sort();
    titles
}

#[test]
fn a_run_creates_what_wrangler_was_recorded_creating() {
    for (file, config, arguments) in [
        ("deploy--autoprovision-first", APP, &["run"][..]),
        ("deploy--env-autoprovision", STAGING, &["run", "-e", "staging"]),
    ] {
        let project = served("wrangler.json", config);
        project.run(arguments).exit(0);
        let expected = created_by_wrangler(file);
        assert!(!expected.is_empty());
        assert_eq!(created_by_larder(&project), expected, "{file}");
        // The Worker is asked for as wrangler asks.
        let asked = |path: &str| path.ends_with("/settings");
        let ours: Vec<String> =
            project.history().unwrap().into_iter().map(|one| one.path).filter(|path| asked(path)).collect();
        let theirs: Vec<String> = recorded(file)
            .iter()
            .map(|line| format!("/client/v4{}", line["path"].as_str().unwrap()))
            .filter(|path| asked(path))
            .collect();
        assert_eq!(ours, theirs);
        project
            .run(arguments)
            .exit(0)
            .kept(&format!("a run creates what wrangler was recorded creating: {file}"));
        assert_eq!(created_by_larder(&project), expected, "a second run creates nothing");
    }
}

#[test]
fn an_environment_with_a_name_of_its_own_is_named_after_it() {
    let config = "name = \"w\"\n[env.production]\nname = \"shop\"\nkv_namespaces = [{ binding = \"MY_CACHE\" }]\n\
                  [env.staging]\nkv_namespaces = [{ binding = \"MY_CACHE\" }]\n";
    let project = served("wrangler.toml", config);
    project
        .run(&["run", "-e", "production"])
        .exit(0)
        .kept("an environment with a name of its own is named after it");
    project
        .run(&["run", "-e", "staging"])
        .exit(0)
        .kept("an environment with a name of its own is named after it, 2");
    assert_eq!(titles(&project), ["shop-my-cache", "w-staging-my-cache"]);
    project
        .run(&["destroy", "-e", "production", "--yes"])
        .exit(0)
        .kept("an environment with a name of its own is named after it, 3");
    assert_eq!(titles(&project), ["w-staging-my-cache"]);
}

#[test]
fn what_the_deployed_worker_of_the_recording_has_is_taken() {
    let project = served("wrangler.json", APP);
    // The account as it was left by the recorded deploy, with ids of its own.
    let mut ids = Vec::new();
    for line in recorded("deploy--autoprovision-first") {
        let path = line["path"].as_str().unwrap();
        let is_create =
            created([("POST", path, line["body"].as_str().unwrap_or("{\"name\":\"\"}"))].into_iter());
        if line["method"] != "POST" || is_create.is_empty() {
            continue;
        }
        let below = path.split_once("/accounts/0123456789abcdef0123456789abcdef").unwrap().1;
        let body: Json = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
        let made = project.api("POST", below, &body);
        for key in ["id", "uuid"] {
            let theirs = line["response"]["body"]["result"][key].as_str();
            ids.extend(theirs.map(|theirs| (theirs.to_owned(), made[key].as_str().unwrap().to_owned())));
        }
    }
    assert_eq!(ids.len(), 3, "a namespace and two databases");
    let lines = recorded("deploy--autoprovision-second");
    let settings = lines.iter().find(|line| line["path"].as_str().unwrap().ends_with("/settings")).unwrap();
    let mut text = settings["response"]["body"].to_string();
    for (theirs, ours) in &ids {
        text = text.replace(theirs, ours);
    }
    let before = project.history().unwrap().len();
    let project = deployed(project, "app", 200, &serde_json::from_str(&text).unwrap());
    project.run(&["run"]).exit(0).kept("what the deployed worker of the recording has is taken");
    let after = project.history().unwrap().split_off(before);
    assert!(after.iter().all(|one| one.method == "GET"), "{after:#?}");
    // What is printed for the config are the ids that the Worker has.
    let printed = project.report(&["ids"]);
    let of = |theirs: &str| ids.iter().find(|(known, _)| known == theirs).unwrap().1.clone();
    assert_eq!(printed["MY_CACHE"]["id"], of("c4f5a1d05bdf4d989d7644fde00ff110"));
    assert_eq!(printed["DB"]["id"], of("530ebc87-c2fb-4e84-90f7-89bd7def14e7"));
}

const CACHE: &str = "name = \"app\"\nkv_namespaces = [{ binding = \"MY_CACHE\" }]\n\
                     r2_buckets = [{ binding = \"FILES\" }]\nd1_databases = [{ binding = \"DB\" }]\n";

/// The Worker of [`CACHE`], deployed with things that have names of their own.
fn legacy() -> Project {
    let project = served("wrangler.toml", CACHE);
    let namespace = project.api("POST", "/storage/kv/namespaces", &json!({"title": "legacy"}))["id"].clone();
    let database = project.api("POST", "/d1/database", &json!({"name": "old-db"}))["uuid"].clone();
    project.api("POST", "/r2/buckets", &json!({"name": "old-files"}));
    let bindings = json!([
        {"name": "MY_CACHE", "type": "kv_namespace", "namespace_id": namespace},
        {"name": "DB", "type": "d1", "id": database},
        {"name": "FILES", "type": "r2_bucket", "bucket_name": "old-files"},
        {"name": "SECRET", "type": "secret_text"},
    ]);
    deployed(project, "app", 200, &bound(&bindings))
}

#[test]
fn what_the_deployed_worker_is_bound_to_under_another_name_gets_no_twin() {
    let project = legacy();
    let before = project.history().unwrap().len();
    for command in [&["plan", "--exit-code"][..], &["run"], &["apply", "plan.json"]] {
        if command[0] == "apply" {
            project.run(&["plan", "--out", "plan.json"]).exit(0);
        }
        project.run(command).exit(0);
    }
    let after = project.history().unwrap().split_off(before);
    assert!(after.iter().all(|one| !one.changed), "{after:#?}");
    assert_eq!(titles(&project), ["legacy"]);
    let listed = project.run(&["ids"]).exit(0);
    listed.says(
        "kv         MY_CACHE  legacy  [ID]\nr2         FILES     old-files  old-files\nd1         DB        old-db  [ID]\n",
        "",
    );
    // What it is called does not carry the app's name: only who says so deletes it.
    project
        .run(&["destroy", "--yes"])
        .exit(0)
        .kept("what the deployed worker is bound to under another name gets no twin");
    assert_eq!(titles(&project), ["legacy"]);
}

#[test]
fn migrations_of_a_database_that_the_deployed_worker_has_go_there() {
    let project = legacy().file("migrations/0001_a.sql", "CREATE TABLE a (b);\n");
    project.run(&["run"]).exit(0).kept("migrations of a database that the deployed worker has go there");
    project
        .run(&["migrations", "status"])
        .exit(0)
        .kept("migrations of a database that the deployed worker has go there, 2");
    assert_eq!(project.api("GET", "/d1/database", &Json::Null).as_array().unwrap().len(), 1);
}

#[test]
fn an_id_of_the_deployed_worker_that_the_account_lacks_is_refused_with_a_way_out() {
    let bindings = json!([{"name": "MY_CACHE", "type": "kv_namespace", "namespace_id": "c4f5a1d05bdf4d989d7644fde00ff110"}]);
    let config = "name = \"app\"\n[[kv_namespaces]]\nbinding = \"MY_CACHE\"\n";
    let project = deployed(served("wrangler.toml", config), "app", 200, &bound(&bindings));
    let before = project.history().unwrap().len();
    let output = project.run(&["run"]).exit(1);
    assert_eq!(
        output.stderr,
        "error: the deployed Worker `app` has the id `[ID]` for `MY_CACHE`, which is not in this account\n\
         hint: say which it shall be: `id` of one that is there, at wrangler.toml:3:11\nexit 1: nothing was changed\n"
    );
    assert!(project.history().unwrap()[before..].iter().all(|one| one.method == "GET"));
    // The hint, followed.
    let id = project.api("POST", "/storage/kv/namespaces", &json!({"title": "mine"}))["id"].clone();
    project.write("wrangler.toml", &format!("{config}id = {id}\n"));
    project
        .run(&["run"])
        .exit(0)
        .kept("an id of the deployed worker that the account lacks is refused with a way out");
}

#[test]
fn a_token_that_may_not_look_at_the_worker_is_told_so_once() {
    let config = "name = \"app\"\nkv_namespaces = [{ binding = \"MY_CACHE\" }]\n";
    let project = deployed(served("wrangler.toml", config), "app", 403, &denied());
    let output =
        project.run(&["run"]).exit(0).kept("a token that may not look at the worker is told so once");
    assert_eq!(
        output.stderr,
        "warning: the token may not see what the Worker `app` is bound to: a binding without id or name gets the name that \
         wrangler gives, whatever the Worker uses; `Workers Scripts Read` lets it look\n"
    );
}

#[test]
fn the_permission_to_look_at_the_worker_is_named_where_names_rest_on_it() {
    let project =
        Project::empty().file("wrangler.toml", "name = \"app\"\nkv_namespaces = [{ binding = \"A\" }]\n");
    project
        .run(&["token", "--offline"])
        .exit(0)
        .kept("the permission to look at the worker is named where names rest on it, 2");
    let named = "name = \"app\"\nr2_buckets = [{ binding = \"A\", bucket_name = \"files\" }]\n";
    project.write("wrangler.toml", named);
    let output = project.run(&["token", "--offline"]).exit(0);
    output.kept("the permission to look at the worker is named where names rest on it");
}

#[test]
fn a_worker_that_can_not_be_asked_ends_the_run_before_it_makes_a_twin() {
    let config = "name = \"app\"\nkv_namespaces = [{ binding = \"MY_CACHE\" }]\n";
    let page = json!({"success": false, "errors": [{"code": 10013, "message": "unknown"}], "messages": [], "result": null});
    let project = deployed(served("wrangler.toml", config), "app", 500, &page);
    project.run(&["run"]).exit(1).kept("a worker that can not be asked ends the run before it makes a twin");
    assert!(titles(&project).is_empty());
}

#[test]
fn a_config_without_a_name_is_refused_at_the_binding_that_needs_one() {
    let config = "kv_namespaces = [{ binding = \"MY_CACHE\" }]\n";
    let project = served("wrangler.toml", config);
    let output = project.run(&["run"]).exit(2);
    assert_eq!(
        output.stderr,
        "error: the binding `MY_CACHE` has neither id nor name, and the wrangler config has no `name` to make \
         one of\nhint: it stands at wrangler.toml:1:30: write the Worker's `name` at the top of that file, as it is \
         deployed; `--local` needs none\nexit 2: nothing was changed\n"
    );
    for command in ["plan", "ids", "destroy"] {
        project
            .run(&[command])
            .exit(2)
            .kept(&format!("a config without a name is refused at the binding that needs one: {command}"));
    }
    assert!(titles(&project).is_empty());
    project
        .run(&["run", "--local"])
        .exit(0)
        .kept("a config without a name is refused at the binding that needs one, 2");
    project.write("wrangler.toml", &format!("name = \"app\"\n{config}"));
    project.run(&["run"]).exit(0);
    assert_eq!(titles(&project), ["app-my-cache"]);
    // Where every binding has a name or an id, no other is needed.
    project.write("wrangler.toml", "r2_buckets = [{ binding = \"FILES\", bucket_name = \"files\" }]\n");
    project.run(&["run"]).exit(0).kept("a config without a name is refused at the binding that needs one, 3");
}

#[test]
fn a_name_that_the_service_does_not_take_is_refused_at_the_binding() {
    for (config, name) in [
        ("name = \"my_app\"\nr2_buckets = [{ binding = \"FILES\" }]\n", "my_app-files"),
        ("name = \"app\"\n[[r2_buckets]]\nbinding = \"F\"\nbucket_name = \"My_Files\"\n", "My_Files"),
    ] {
        let project = served("wrangler.toml", config);
        let output = project.run(&["run"]).exit(2);
        output.kept(&format!("a name that the service does not take is refused at the binding: {name}"));
        assert!(project.history().unwrap().iter().all(|one| one.method == "GET"));
    }
}

#[test]
fn one_id_in_two_bindings_is_one_resource_of_the_local_account() {
    let config = "name = \"app\"\n\
                  [[kv_namespaces]]\nbinding = \"CACHE\"\nid = \"c4f5a1d05bdf4d989d7644fde00ff110\"\n\
                  [[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"c4f5a1d05bdf4d989d7644fde00ff110\"\n";
    let project = Project::empty().file("wrangler.toml", config);
    project
        .run(&["run", "--local"])
        .exit(0)
        .kept("one id in two bindings is one resource of the local account");
    let names: Vec<String> =
        project.local().resources().unwrap().into_iter().map(|(_, resource)| resource.name).collect();
    assert_eq!(names, ["app-cache"]);
    project
        .run(&["ids", "--local"])
        .exit(0)
        .says("kv         CACHE     app-cache  [ID]\nkv         SESSIONS  app-cache  [ID]\n", "");
}

#[test]
fn what_another_environment_uses_is_not_deleted() {
    let config = "name = \"shop\"\nkv_namespaces = [{ binding = \"STAGING_CACHE\" }, { binding = \"FILES\" }]\n\
                  [env.staging]\nkv_namespaces = [{ binding = \"CACHE\" }, { binding = \"OTHER\" }]\n";
    let project = served("wrangler.toml", config);
    // `STAGING_CACHE` of one and `CACHE` of the other become one name.
    project.run(&["run"]).exit(0);
    project.run(&["run", "-e", "staging"]).exit(0).kept("what another environment uses is not deleted");
    let destroyed = project.run(&["destroy", "-e", "staging", "--yes"]).exit(0);
    destroyed.kept("what another environment uses is not deleted, 3");
    assert_eq!(titles(&project), ["shop-files", "shop-staging-cache"]);
    // What a deployed Worker has counts, whatever its name.
    let listed = project.api("GET", "/storage/kv/namespaces", &Json::Null);
    let files = listed.as_array().unwrap().iter().find(|one| one["title"] == "shop-files").unwrap();
    let other = json!([{"type": "kv_namespace", "name": "OTHER", "namespace_id": files["id"]}]);
    let project = deployed(project, "shop-staging", 200, &bound(&other));
    project
        .run(&["destroy", "-e", "top-level", "--yes"])
        .exit(0)
        .kept("what another environment uses is not deleted, 2");
    assert_eq!(titles(&project), ["shop-files", "shop-staging-cache"]);
    // While that can't be read, nothing goes.
    let project = deployed(project, "shop-staging", 403, &denied());
    let refused = project.run(&["destroy", "-e", "top-level", "--yes"]).exit(1);
    refused.kept("what another environment uses is not deleted, 4");
    assert_eq!(titles(&project), ["shop-files", "shop-staging-cache"]);
}

#[test]
fn environments_that_the_project_file_does_not_declare_are_owners_too() {
    let own =
        "app = \"shop\"\nwrangler = \"wrangler.toml\"\n[r2]\nbuckets = [\"files\"]\n[environments.dev]\n";
    let config = "name = \"w\"\nr2_buckets = [{ binding = \"F\", bucket_name = \"shop-dev-files\" }]\n[env.dev]\n\
                  r2_buckets = [{ binding = \"files\", bucket_name = \"shop-dev-files\" }]\n";
    let project = Project::new(own).served().file("wrangler.toml", config);
    project.run(&["run", "-e", "dev"]).exit(0);
    let destroy = project.run(&["destroy", "-e", "dev", "--yes"]).exit(0);
    destroy.kept("environments that the project file does not declare are owners too");
    assert_eq!(project.api("GET", "/r2/buckets", &Json::Null)["buckets"][0]["name"], "shop-dev-files");
}

#[test]
fn the_environment_that_wrangler_would_take_is_taken_where_its_config_alone_is_there() {
    let config = "name = \"w\"\nkv_namespaces = [{ binding = \"A\" }]\n[env.staging]\nkv_namespaces = [{ binding = \"A\" }]\n";
    let project = served("wrangler.toml", config).env("CLOUDFLARE_ENV", "staging");
    project
        .run(&["run"])
        .exit(0)
        .kept("the environment that wrangler would take is taken where its config alone is there");
    assert_eq!(titles(&project), ["w-staging-a"]);
    let project = served("wrangler.toml", config).env("CLOUDFLARE_ENV", "stagin");
    let unknown = "error: unknown environment `stagin` in `CLOUDFLARE_ENV`\nhint: did you mean `staging`?\n";
    project.run(&["run"]).exit(2).says("", unknown);
}
