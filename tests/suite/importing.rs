//! `import`: the files that it writes, its output, and what it refuses.

use super::project::{Output, Project};
use larder::system::files;
use serde_json::{Value as Json, json};
use std::time::Duration;

mod environments;

fn text(project: &Project, name: &str) -> String {
    files::read_text(&project.path().join(name), 1 << 20).unwrap()
}

fn exists(project: &Project, name: &str) -> bool {
    files::exists(&project.path().join(name))
}

/// The lines of a project file from the app's name on.
fn body(project: &Project, name: &str) -> String {
    let text = text(project, name);
    text[text.find("\napp = ").unwrap() + 1..].to_owned()
}

fn gateway(id: &str, settings: &Json) -> Json {
    let mut body = json!({
        "id": id, "cache_invalidate_on_update": true, "cache_ttl": 0, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0, "rate_limiting_technique": "fixed"
    });
    larder::reconcile::lay_over(&mut body, settings);
    body
}

/// What a team has that called everything alike.
fn acme() -> Project {
    let project = Project::empty().served();
    for title in ["acme-prod-SESSIONS", "acme-prod-CACHE"] {
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
    }
    project.api(
        "POST",
        "/r2/buckets",
        &json!({"name": "acme-prod-avatars", "storageClass": "InfrequentAccess"}),
    );
    project.api("POST", "/d1/database", &json!({"name": "acme-prod-db", "jurisdiction": "eu"}));
    let config = json!({"dimensions": 768, "metric": "cosine"});
    project.api("POST", "/vectorize/v2/indexes", &json!({"name": "acme-prod", "config": config}));
    let path = "/vectorize/v2/indexes/acme-prod/metadata_index/create";
    project.api("POST", path, &json!({"propertyName": "url", "indexType": "string"}));
    project.api(
        "POST",
        "/ai-gateway/gateways",
        &gateway(
            "acme-gw",
            &json!({
                "cache_ttl": 60,
                "guardrails": {"prompt": {"P1": "BLOCK"}, "response": {}},
                "otel": [{"url": "https://otel.example", "headers": {}, "authorization": "hunter22"}]
            }),
        ),
    );
    project
}

#[track_caller]
fn nothing_to_do(project: &Project, arguments: &[&str]) {
    let output = project.run(&[&["plan", "--exit-code"][..], arguments].concat());
    let said = output.stderr.clone();
    assert_eq!((output.exit(0).stdout.contains("unchanged in"), said.as_str()), (true, ""));
    project.run(&["check"]).exit(0);
}

#[test]
fn names_that_are_alike_become_a_template() {
    let project = acme();
    let before = project.history().unwrap().len();
    let output = project.run(&["import", "-e", "production"]).exit(0);
    assert!(project.history().unwrap()[before..].iter().all(|one| !one.changed && one.method == "GET"));
    assert_eq!(
        output.stderr,
        "imported 2 KV namespaces, 1 R2 bucket, 1 Vectorize index, 1 AI Gateway, 1 D1 database
not imported of KV namespaces: keys with their values
not imported of R2 buckets: objects; and of a bucket CORS rules, lifecycle rules, domains and notifications
not imported of Vectorize indexes: vectors
not imported of AI Gateways: logs, and the keys of providers (nor `otel` and `stripe`)
not imported of D1 databases: tables and rows; and the migrations that made them, which are files of a project
wrote `larder.schema.json`, `larder.toml`
hint: `larder plan -e production --exit-code` has nothing to do
"
    );
    assert_eq!(
        body(&project, "larder.toml"),
        r#"app = "acme"

[kv]
namespaces = [
    "CACHE",
    "SESSIONS",
]

[r2.buckets.avatars]
location = "weur"
storage_class = "InfrequentAccess"

[vectorize.indexes.main]
dimensions = 768
metadata_indexes = { url = "string" }
metric = "cosine"

[ai_gateway.gateways.gw]
# `otel` is set and not returned whole: it stays as it is, until a recipe gives it anew, its secrets as
# `secret::env("AI_GATEWAY_ACME_GW_OTEL")`
authentication = false
cache_invalidate_on_update = true
cache_ttl = 60
collect_logs = true
guardrails = { prompt = { P1 = "BLOCK" }, response = {} }
logpush = false
rate_limiting_interval = 0
rate_limiting_limit = 0
rate_limiting_technique = "fixed"
workers_ai_billing_mode = "postpaid"
zdr = false

[d1.databases.db]
jurisdiction = "eu"

[naming]
template = "{app}-{env}-{name}"
ai_gateway = "{app}-{name}"
vectorize = "{app}-{env}"

[environments.production]
alias = "prod"
protected = true # `destroy` wants `--confirm`; take the line out once all that is named here may go
"#
    );
    assert!(!exists(&project, "recipes"));
    nothing_to_do(&project, &["-e", "prod"]);
    assert!(!text(&project, "larder.toml").contains("hunter22"));
}

/// What no template and no table can say.
fn odd() -> Project {
    let project = Project::empty().served();
    let titles = ["plain", "a \"b\" 'c' `d` ${e} \\ ü", "two\nlines", "[x]", " x ", "{name}"];
    for title in titles {
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
    }
    project.api(
        "POST",
        "/storage/kv/namespaces",
        &json!({ "title": "in \"eu\"\t${e}", "jurisdiction": "eu" }),
    );
    for place in ["default", "eu", "us"] {
        project.make_bucket("logs", place);
    }
    project
}

#[test]
fn what_the_project_file_can_t_say_is_in_a_recipe() {
    let project = odd();
    let output = project.run(&["import", "-e", "live", "--app", "acme"]).exit(0);
    output.kept("what the project file can t say is in a recipe");
    assert_eq!(
        body(&project, "larder.toml"),
        r#"app = "acme"
recipe = "imported" # makes what the tables name, and what they can't say

[kv]
namespaces = [
    " x ",
    "[x]",
    "a \"b\" 'c' `d` ${e} \\ ü",
    "plain",
    "two\nlines",
    "{name}",
]

[r2.buckets.logs]
location = "weur"

[naming]
template = "{name}"

[environments.live]
protected = true # `destroy` wants `--confirm`; take the line out once all that is named here may go
"#
    );
    assert_eq!(
        text(&project, "recipes/imported.rhai"),
        r#"//! What `larder import` found in the account and the project file can't say, by its names there.

import "std/provision" as base;

steps(config::steps, #{
    kv: || base::kv_namespaces(),
    r2: || base::r2_buckets(),
    vectorize: || base::vectorize_indexes(),
    ai_gateway: || base::ai_gateways(),
    d1: || base::d1_databases(),
});

step("imported", || {
    kv::ensure("in \"eu\"\t${e}", #{ jurisdiction: "eu" });
});
"#
    );
    nothing_to_do(&project, &["-e", "live"]);
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let project = odd().file("recipes/imported.rhai", "// mine\n");
    project.run(&["import"]).exit(2).says(
        "",
        "error: `recipes/imported.rhai` exists already\nhint: `--out DIR` writes elsewhere, to be compared and merged by hand; `larder ls --unnamed` lists what the project does not name\n",
    );
    let project = acme().file("larder.toml", "app = \"mine\"\n[environments.dev]\n").file("sub/keep", "");
    let asked = project.history().unwrap().len();
    project.run(&["import"]).exit(2).kept("nothing that is there is overwritten");
    let mut below = project.command(&["import"]);
    let output = below.current_dir(project.path().join("sub")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: this folder belongs to a project already\n"), "{said}");
    assert_eq!(project.history().unwrap().len(), asked, "refused before anything is asked");
    let output = project.run(&["import", "--out", "found here"]).exit(0);
    output.kept("nothing that is there is overwritten, 3");
    assert_eq!(text(&project, "larder.toml"), "app = \"mine\"\n[environments.dev]\n");
    nothing_to_do(&project, &["-C", "found here", "-e", "production"]);
    project.run(&["import", "--out", "found here"]).exit(2).kept("nothing that is there is overwritten, 2");
}

#[test]
fn a_part_can_be_chosen() {
    let project = acme();
    let output = project.run(&["import", "--only", "kv,d1", "--match", "*-[CS]*"]).exit(0);
    output.kept("a part can be chosen");
    nothing_to_do(&project, &["-e", "production"]);
    let refused = |arguments: &[&str], said: &str| {
        acme().run(&[&["import"], arguments].concat()).exit(2).says("", said);
    };
    refused(&["--only", "vk"], "error: there is no service `vk`\nhint: did you mean `kv`?\n");
    refused(
        &["--match", "[a"],
        "error: `[a` matches no names: error parsing glob '[a': unclosed character class; missing ']'\n",
    );
    refused(
        &["-e", "a b"],
        "error: `a b` is not an environment's name: letters, digits, `-` and `_`, up to 63\n",
    );
    let empty = Project::empty().served();
    empty.run(&["import"]).exit(0).kept("a part can be chosen, 2");
    empty.run(&["plan", "-e", "production", "--exit-code"]).exit(0);
}

#[test]
fn what_can_t_be_imported_as_a_whole_is_not_imported() {
    let read = Some(&["Workers KV Storage Read"][..]);
    let project = Project::empty().served_with(Duration::ZERO, read);
    let output = project.run(&["import"]).exit(1);
    assert!(output.stderr.starts_with("error: r2: "), "{}", output.stderr);
    assert!(!exists(&project, "larder.toml") && !exists(&project, "larder.schema.json"));
    project.run(&["import", "--only", "kv"]).exit(0);

    let large = Project::empty().served();
    for number in 0..900 {
        let title = format!("{number:04}{}", "n".repeat(400));
        large.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
    }
    large.run(&["import"]).exit(2).says(
        "",
        "error: `larder.toml` would be larger than the 256 KiB that a project's file may have\nhint: import a part: `--only \
         SERVICE`, `--match 'PREFIX*'`\n",
    );
    large
        .run(&["import", "--match", "00*"])
        .exit(0)
        .kept("what can t be imported as a whole is not imported");

    let secret = Project::empty().served();
    let token = secret.variable("CLOUDFLARE_API_TOKEN").unwrap().to_owned();
    secret.api("POST", "/storage/kv/namespaces", &json!({ "title": token }));
    secret.run(&["import"]).exit(2).kept("what can t be imported as a whole is not imported, 2");
    assert!(!exists(&secret, "larder.toml"));
}

/// A Worker that binds a part of what is there, in two environments.
fn bound() -> Project {
    let project = acme();
    let ids: Vec<String> = ["acme-prod-CACHE", "acme-prod-SESSIONS"]
        .map(|title| {
            let all = project.api("GET", "/storage/kv/namespaces", &Json::Null);
            let found = all.as_array().unwrap().iter().find(|one| one["title"] == title);
            found.unwrap()["id"].as_str().unwrap().to_owned()
        })
        .into();
    let config = format!(
        "name = \"acme\"\nkv_namespaces = [{{ binding = \"CACHE\", id = \"{}\" }}]\n[env.live]\n\
         kv_namespaces = [{{ binding = \"CACHE\", id = \"{}\" }}]\n\
         r2_buckets = [{{ binding = \"AVATARS\", bucket_name = \"acme-prod-avatars\" }}]\n\
         vectorize = [{{ binding = \"DOCS\", index_name = \"acme-prod\" }}]\n\
         d1_databases = [{{ binding = \"GONE\", database_name = \"not-there\" }}]\n",
        ids[0], ids[1],
    );
    project.file("wrangler.toml", &config)
}

#[test]
fn what_a_wrangler_config_binds_belongs_to_the_project() {
    let project = bound();
    let output = project.run(&["import", "-e", "live"]).exit(0);
    let said: Vec<&str> = output.stderr.lines().filter(|line| !line.contains(" imported of ")).collect();
    assert_eq!(
        said,
        [
            "imported 1 KV namespace, 1 R2 bucket, 1 Vectorize index",
            "not imported: d1 `not-there`: `GONE` binds it, and it is not there",
            "not imported: kv `acme-prod-CACHE`: the wrangler config does not bind it",
            "not imported: ai_gateway `acme-gw`: the wrangler config does not bind it",
            "not imported: d1 `acme-prod-db`: the wrangler config does not bind it",
            "wrote `larder.schema.json`, `larder.toml`",
            "hint: `larder plan -e live --exit-code` has nothing to do",
        ]
    );
    let text = text(&project, "larder.toml");
    assert_eq!(
        text[text.find("recipe = ").unwrap()..],
        *"recipe = \"wrangler\" # makes what the config binds, by the names that wrangler gives
wrangler = \"wrangler.toml\" # its environments are those of this project

[r2.buckets.AVATARS]
location = \"weur\"
storage_class = \"InfrequentAccess\"

[vectorize.indexes.DOCS]
dimensions = 768
metadata_indexes = { url = \"string\" }
metric = \"cosine\"

[environments.live]
protected = true # `destroy` wants `--confirm`; take the line out once all that is named here may go
"
    );
    // What is bound and not there is to be made.
    let plan = project.run(&["plan", "-e", "live", "--exit-code"]).exit(3);
    plan.kept("what a wrangler config binds belongs to the project");
    let top = bound();
    top.run(&["import"]).exit(0).kept("what a wrangler config binds belongs to the project, 2");
    nothing_to_do(&top, &["-e", "top-level"]);
}

#[test]
fn all_beside_a_wrangler_config_is_everything_by_its_name() {
    let project = bound();
    project
        .run(&["import", "-e", "production", "--all"])
        .exit(0)
        .kept("all beside a wrangler config is everything by its name");
    assert!(
        body(&project, "larder.toml").contains("\nwrangler = \"wrangler.toml\" # what its Workers bind"),
        "{}",
        body(&project, "larder.toml")
    );
    nothing_to_do(&project, &["-e", "production"]);
    let destroy = ["destroy", "-e", "production", "--confirm", "production", "--with-data", "--yes"];
    project.run(&destroy).exit(0).kept("all beside a wrangler config is everything by its name, 2");
    let above = acme().file("workers/wrangler.toml", "name = \"w\"\n");
    above.run(&["import"]).exit(2).says(
        "",
        "error: a wrangler config in a folder below says what belongs to its project\nhint: `larder -C workers import`; \
         `--all` takes everything that the account has\n",
    );
    above.run(&["import", "--local"]).exit(2).says(
        "",
        "error: a wrangler config in a folder below says what belongs to its project
hint: `larder -C workers import --local`; `--all` takes everything that the account has
",
    );
    let output: Output = above.run(&["import", "--all"]);
    output.exit(0);
}

#[test]
fn a_project_elsewhere_names_the_config_where_a_repository_holds_both() {
    let project = bound();
    project.run(&["import", "-e", "live", "--out", "im"]).exit(2).says(
        "",
        "error: a project in `[DIR]/im` can't name `wrangler.toml`: no repository holds both
hint: a folder of the config's repository, or the folder of the config itself
",
    );
    assert!(!exists(&project, "im"));
    let project = project.file(".git/HEAD", "ref: refs/heads/main\n").env("HOME", "/nowhere");
    project
        .run(&["import", "-e", "live", "--out", "im"])
        .exit(0)
        .kept("a project elsewhere names the config where a repository holds both, 2");
    assert!(text(&project, "im/larder.toml").contains("\nwrangler = \"../wrangler.toml\" # "));
    project
        .run(&["plan", "-C", "im", "-e", "live", "--exit-code"])
        .exit(3)
        .kept("a project elsewhere names the config where a repository holds both, 3");
}

#[test]
fn an_account_that_is_local_is_imported_as_well() {
    let project = Project::empty();
    project.run(&["eval", "--local", "--write", "kv::ensure(\"A\"); d1::ensure(\"db\").id"]).exit(0);
    project.run(&["import", "--local"]).exit(0).kept("an account that is local is imported as well");
    nothing_to_do(&project, &["-e", "production", "--local"]);
}
