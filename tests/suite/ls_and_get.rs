//! `ls` and `get`: the resources of the account and the environments that name them.

use super::outputs::kept;
use super::project::{Output, Project};
use super::report_schema;
use serde_json::{Value as Json, json};
use std::time::Duration;

const CONFIG: &str = r#"
app = "shop"
[kv]
namespaces = ["SESSIONS"]
[r2]
buckets = ["avatars"]
[ai_gateway.gateways.main]
cache_ttl = 60
[naming]
template = "{app}-{env}-{name}"
kv = "{env}-{name}"
ai_gateway = "{app}-gateway"
[environments.development]
alias = "dev"
[environments.production]
alias = "prod"
[environments.preview]
naming = { template = "{app}-{branch}-{name}", kv = "{branch}-{name}" }
"#;

/// A shop in two environments, with what nobody names beside it.
fn shop() -> Project {
    let project = Project::new(CONFIG).served();
    project.run(&["run", "-e", "dev"]).exit(0);
    project.run(&["run", "-e", "preview", "--set", "branch=pr-7"]).exit(0);
    project.api("POST", "/storage/kv/namespaces", &json!({ "title": "an \"old\" `${cache}`" }));
    project.make_bucket("logs", "eu");
    project
}

/// The requests that a command sends: methods and paths below the account, sorted.
fn requests(project: &Project, arguments: &[&str]) -> (Output, Vec<String>) {
    let before = project.history().unwrap().len();
    let output = project.run(arguments);
    let account = project.account().id().to_owned();
    let mut asked: Vec<String> = project.history().unwrap()[before..]
        .iter()
        .map(|one| format!("{} {}", one.method, one.path.rsplit(&account).next().unwrap()))
        .collect();
    asked.sort();
    (output, asked)
}

/// Lines of a table, however wide its columns are.
fn lines(text: &str) -> Vec<String> {
    let squeezed = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    squeezed.filter(|line| !line.is_empty()).collect()
}

#[test]
fn every_listing_is_asked_once_and_each_name_has_its_environments() {
    let project = shop();
    let (output, asked) = requests(&project, &["ls"]);
    assert_eq!(output.stderr, "");
    assert_eq!(
        lines(&output.exit(0).stdout),
        [
            "kv: 3 KV namespaces",
            "name id named_by",
            "an \"old\" `${cache}` [ID] nobody",
            "dev-SESSIONS [ID] development as SESSIONS",
            "pr-7-SESSIONS [ID] preview of pr-7 as SESSIONS",
            "r2: 3 R2 buckets",
            "name jurisdiction named_by",
            "shop-dev-avatars default development as avatars",
            "shop-pr-7-avatars default preview of pr-7 as avatars",
            "logs eu nobody",
            "vectorize: none",
            "ai_gateway: 1 AI Gateway",
            "name named_by",
            "shop-gateway development as main; preview as main; production as main",
            "d1: none",
            "2 of 7 named by nobody",
        ]
    );
    assert_eq!(
        asked,
        [
            "GET /ai-gateway/gateways",
            "GET /d1/database",
            "GET /r2/buckets",
            "GET /r2/buckets",
            "GET /r2/buckets",
            "GET /r2/buckets",
            "GET /storage/kv/namespaces",
            "GET /vectorize/v2/indexes",
        ]
    );
}

#[test]
fn what_nobody_names_is_listed_alone() {
    let project = shop();
    let output = project.run(&["ls", "--unnamed", "--format", "csv"]).exit(0);
    let mut lines = output.stdout.lines();
    assert_eq!(lines.next(), Some("name,id,jurisdiction,named_by,service"));
    assert_eq!(lines.next(), Some("\"an \"\"old\"\" `${cache}`\",[ID],,nobody,kv"));
    assert_eq!((lines.next(), lines.next()), (Some("logs,logs,eu,nobody,r2"), None));
    let output = project.run(&["ls", "r2", "r2", "--unnamed", "--format", "ndjson"]).exit(0);
    assert_eq!(
        output.stdout,
        "{\"name\":\"logs\",\"id\":\"logs\",\"jurisdiction\":\"eu\",\"named_by\":\"nobody\",\"service\":\"r2\"}\n"
    );
}

#[test]
fn documents_are_those_of_their_schemas() {
    let project = shop();
    let read = |arguments: &[&str]| -> Json {
        let output = project.run(&[arguments, &["--format", "json"]].concat()).exit(0);
        serde_json::from_str(&output.stdout).unwrap()
    };
    let listed = read(&["ls"]);
    report_schema::fits("schemas/ls-1.json", &listed);
    assert_eq!(listed["environments"], json!(["development", "preview", "production"]));
    assert_eq!(
        listed["services"][1]["items"][1]["named_by"],
        json!([{"environment": "preview", "branch": "pr-7", "logical": "avatars", "bindings": []}])
    );
    let got = read(&["get", "ai_gateway", "shop-gateway"]);
    report_schema::fits("schemas/get-1.json", &got);
    assert_eq!(got["items"][0]["settings"]["cache_ttl"], json!(60));
    assert_eq!(got["items"][0]["named_by"].as_array().map(Vec::len), Some(3));
    let elsewhere = Project::empty();
    let served = elsewhere.served();
    let listed: Json = serde_json::from_str(&served.run(&["ls", "--format", "json"]).exit(0).stdout).unwrap();
    report_schema::fits("schemas/ls-1.json", &listed);
    assert_eq!(listed["environments"], Json::Null);
}

#[test]
fn without_a_project_the_account_is_listed_as_it_is() {
    let project = Project::empty().served();
    project.api("POST", "/storage/kv/namespaces", &json!({ "title": "A" }));
    let output = project.run(&["ls", "kv"]).exit(0);
    assert_eq!(lines(&output.stdout), ["kv: 1 KV namespace", "name id", "A [ID]"]);
    let output = project.run(&["ls", "--unnamed"]).exit(2);
    assert_eq!(
        output.stderr,
        "error: nothing says what is named: there is no environment to ask\nhint: leave `--unnamed` out\n"
    );
    let local = Project::empty();
    local.run(&["ls", "kv", "--local"]).exit(0).says("kv: none\n\n", "");
    local
        .run(&["ls", "vk", "--local"])
        .exit(2)
        .says("", "error: there is no service `vk`\nhint: did you mean `kv`?\n");
    local.run(&["get", "queues", "a", "--local"]).exit(2).says(
        "",
        "error: there is no service `queues`\nhint: there are: kv, r2, vectorize, ai_gateway, d1\n",
    );
}

#[test]
fn what_the_token_may_not_list_is_said_and_the_rest_is_listed() {
    let read = Some(&["Workers KV Storage Read", "D1 Read"][..]);
    let project = Project::empty().served_with(Duration::ZERO, read);
    let output = project.run(&["ls"]).exit(1);
    assert_eq!(lines(&output.stdout), ["kv: none", "d1: none"]);
    let refused: Vec<&str> = output.stderr.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    assert_eq!(refused, ["r2", "vectorize", "ai_gateway"], "{}", output.stderr);
    let output = project.run(&["get", "r2", "logs"]).exit(1);
    assert_eq!((output.stdout.as_str(), output.stderr.lines().count()), ("", 1), "{}", output.stderr);
}

#[test]
fn one_thing_is_shown_whole_by_name_or_id() {
    let project = shop();
    let (output, asked) = requests(&project, &["get", "r2", "shop-dev-avatars"]);
    let shown = lines(&output.exit(0).stdout).join("\n");
    kept("one thing is shown whole by name", &shown);
    assert!(asked.contains(&"GET /r2/buckets/shop-dev-avatars".to_owned()), "{asked:#?}");
    let created = project.api("POST", "/storage/kv/namespaces", &json!({ "title": "by id" }));
    let output = project.run(&["get", "kv", created["id"].as_str().unwrap()]).exit(0);
    output.kept("one thing is shown whole by name or id");
    project
        .run(&["get", "kv", "dev-sessions"])
        .exit(1)
        .says("", "error: kv has no `dev-sessions`\nhint: did you mean `dev-SESSIONS`?\n");
    project
        .run(&["get", "vectorize", "docs"])
        .exit(1)
        .says("", "error: vectorize has no `docs`\nhint: `larder ls vectorize` says what there is\n");
}

#[test]
fn a_name_in_two_jurisdictions_is_shown_twice_or_in_the_one_that_is_asked_for() {
    let project = Project::empty().served();
    for jurisdiction in ["default", "eu"] {
        project.make_bucket("logs", jurisdiction);
    }
    let count = |arguments: &[&str]| {
        let output =
            project.run(&[&["get", "r2", "logs", "--format", "ndjson"][..], arguments].concat()).exit(0);
        output.stdout.lines().count()
    };
    assert_eq!(
        [count(&[]), count(&["--jurisdiction", "eu"]), count(&["--jurisdiction", "default"])],
        [2, 1, 1]
    );
    project.run(&["get", "r2", "logs", "--jurisdiction", "us"]).exit(1).says(
        "",
        "error: `logs` is in default, eu\nhint: `--jurisdiction` with one of them, or without it\n",
    );
}

#[test]
fn a_table_of_nothing_has_its_columns() {
    let project = Project::empty();
    project
        .run(&["ls", "kv", "--local", "--format", "csv"])
        .exit(0)
        .says("name,id,jurisdiction,service\n", "");
    let project = Project::new("app = \"a\"\n[environments.dev]\n");
    let arguments = ["ls", "kv", "--local", "--unnamed", "--format", "csv"];
    project.run(&arguments).exit(0).says("name,id,jurisdiction,named_by,service\n", "");
}

#[test]
fn a_command_that_writes_no_report_refuses_to() {
    for command in [&["ls"][..], &["get", "kv", "x"], &["import"], &["eval", "1"]] {
        let project = Project::empty();
        let arguments = [command, &["--local", "--report", "r.json"]].concat();
        let said = format!("error: `{}` writes no report\nhint: leave `--report` out\n", command[0]);
        project.run(&arguments).exit(2).says("", &said);
    }
}

#[test]
fn hints_lead_to_the_account_that_was_looked_at() {
    let project = Project::empty();
    project
        .run(&["get", "kv", "x", "--local=acct"])
        .exit(1)
        .says("", "error: kv has no `x`\nhint: `larder ls kv --local=acct` says what there is\n");
}

#[test]
fn what_may_be_a_credential_is_not_shown() {
    let project = Project::empty().served();
    let gateway = json!({
        "id": "gw", "cache_invalidate_on_update": true, "cache_ttl": 0, "collect_logs": true,
        "rate_limiting_interval": 0, "rate_limiting_limit": 0,
        "otel": [{"url": "https://otel.example", "headers": {"x": "hunter22"}, "authorization": "hunter23"}]
    });
    project.api("POST", "/ai-gateway/gateways", &gateway);
    for format in ["text", "json", "ndjson", "csv"] {
        for command in [&["get", "ai_gateway", "gw", "--all"][..], &["ls", "--all"]] {
            let output = project.run(&[command, &["--format", format]].concat()).exit(0);
            assert!(!output.stdout.contains("hunter"), "{}", output.stdout);
        }
        project
            .run(&["get", "ai_gateway", "gw", "--format", format])
            .kept(&format!("what may be a credential is not shown: {format}"));
    }
}

#[test]
fn a_worker_s_bindings_name_what_they_bind() {
    let project = Project::empty().served();
    let ids = ["A", "B"].map(|title| {
        let made = project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
        made["id"].as_str().unwrap().to_owned()
    });
    project.api("POST", "/storage/kv/namespaces", &json!({ "title": "C" }));
    let project = project.file(
        "wrangler.toml",
        &format!(
            "name = \"w\"\nkv_namespaces = [{{ binding = \"ONE\", id = \"{}\" }}]\n[env.live]\n\
             kv_namespaces = [{{ binding = \"ONE\", id = \"{}\" }}, {{ binding = \"TWO\", id = \"{}\" }}]\n",
            ids[0], ids[1], ids[0],
        ),
    );
    let output = project.run(&["ls", "kv"]).exit(0);
    assert_eq!(
        lines(&output.stdout)[2..],
        [
            "A [ID] live as TWO bound as TWO; top-level as ONE bound as ONE",
            "B [ID] live as ONE bound as ONE",
            "C [ID] nobody",
            "1 of 3 named by nobody"
        ]
    );
}

#[test]
fn a_recipe_s_own_names_count_and_one_that_fails_names_what_is_declared() {
    let project =
        shop().recipe("kv::ensure(\"an \\\"old\\\" `${cache}`\"); r2::ensure(name(\"r2\", \"avatars\"));");
    let output = project.run(&["ls", "kv", "--recipe", "main", "--format", "csv"]).exit(0);
    output.kept("a recipe s own names count and one that fails names what is declared");
    project.write("recipes/main.rhai", "fail(\"not today\");");
    let output = project.run(&["ls", "kv", "--recipe", "main", "--format", "csv"]).exit(0);
    assert_eq!(
        output.stderr,
        ["development", "preview", "production"].map(|name| format!(
            "note: `{name}` names at least what its tables declare; its recipe does not come to its end: not today\n"
        )).concat()
    );
    output.kept("a recipe s own names count and one that fails names what is declared, 2");
}

#[test]
fn an_environment_in_another_account_is_not_asked() {
    let project = shop();
    let other = "f".repeat(32);
    let config = CONFIG.replace("alias = \"prod\"", &format!("alias = \"prod\"\naccount_id = \"{other}\""));
    project.write("larder.toml", &config);
    let output = project.run(&["ls", "ai_gateway", "--format", "csv"]).exit(0);
    assert_eq!(output.stderr, "note: `production` is in another account: `-e production` looks there\n");
    output.kept("an environment in another account is not asked");
}

#[test]
fn a_thousand_namespaces_are_a_page_and_the_end_of_it() {
    let project = Project::empty().served();
    for number in 0..1000 {
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": format!("N{number:04}") }));
    }
    let (output, asked) = requests(&project, &["ls", "kv", "--format", "ndjson"]);
    assert_eq!((output.exit(0).stdout.lines().count(), asked.len()), (1000, 2), "{asked:?}");
    let (output, asked) = requests(&project, &["get", "kv", "N0999"]);
    output.exit(0).kept("a thousand namespaces are a page and the end of it");
    assert_eq!(asked.len(), 2, "{asked:?}");
}

const BRANCHES: &str = "app = \"shop\"\n[environments.staging]\n[environments.preview]\nalias = \"pre\"\n\
    naming = { template = \"{app}-{env}-{branch}-{name}\" }\n";

#[test]
fn what_a_recipe_makes_of_a_branch_is_that_branchs() {
    let project = Project::new(BRANCHES)
        .recipe(
            "if env::branch == () { return; }\nkv::ensure(name(\"kv\", \"x-\" + env::branch));\n\
             kv::ensure(\"raw-\" + env::branch);\nif env::branch == \"a\" { kv::ensure(name(\"kv\", \"only-a\")); }\n",
        )
        .served();
    project.run(&["run", "main", "-e", "preview", "--set", "branch=a"]).exit(0);
    for title in ["raw-staging", "other"] {
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
    }
    let output = project.run(&["ls", "kv", "--recipe", "main"]).exit(0);
    assert_eq!(
        lines(&output.stdout)[2..],
        [
            "other [ID] nobody",
            "raw-a [ID] preview of a",
            "raw-staging [ID] nobody",
            "shop-pre-a-only-a [ID] nobody, or a branch of preview",
            "shop-pre-a-x-a [ID] preview of a as x-branch-1",
            "3 of 5 named by nobody",
        ]
    );
}

#[test]
fn where_a_recipe_was_not_asked_in_full_it_is_not_known_what_nobody_names() {
    let project =
        Project::new(&BRANCHES.replacen("[environments", "[kv]\nnamespaces = [\"db\"]\n[environments", 1))
            .recipe(
                "kv::ensure(name(\"kv\", \"db\"));\nif env::name == \"preview\" { fail(\"not today\"); }\n",
            )
            .served();
    for title in ["shop-pre-1-0-db", "other"] {
        project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
    }
    let output = project.run(&["ls", "kv", "--recipe", "main"]).exit(0);
    assert_eq!(
        lines(&output.stdout)[2..],
        [
            "other [ID] not known",
            "shop-pre-1-0-db [ID] preview of 1-0 as db",
            "of 1 of 2 it is not known who names them",
        ]
    );
    project
        .run(&["ls", "kv", "--unnamed", "--recipe", "main"])
        .exit(1)
        .kept("where a recipe was not asked in full a note says so");
    project.write("recipes/main.rhai", "kv::ensure(name(\"kv\", \"db\"));\n");
    project
        .run(&["ls", "kv", "--unnamed", "--recipe", "main"])
        .exit(0)
        .kept("where a recipe was not asked in full it is not known what nobody names");
}
