//! Several Workers of one project: what they bind alike is one resource, what they bind each for itself is each's own, and
//! what they say differently of one database is refused.

use super::outputs::kept;
use super::project::{Project, ops};
use larder::system::files;
use serde_json::{Value as Json, json};

fn config_of(project: &Project, name: &str) -> String {
    files::read_text(&project.path().join(name), 1 << 16).unwrap()
}

fn titles(project: &Project) -> Vec<String> {
    let listed = project.account().resources().unwrap();
    let mut titles: Vec<String> = listed.iter().map(|(kind, one)| format!("{kind} {}", one.name)).collect();
    titles.sort();
    titles
}

const TWO: &str = "recipe = \"wrangler\"\nwrangler = [\"a/wrangler.toml\", \"b/wrangler.jsonc\"]\n";
const A: &str = "name = \"reader\"\n[[kv_namespaces]]\nbinding = \"CACHE\" # of pages\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"app\"\nmigrations_dir = \"../sql\"\n";
const B: &str = "{\n  \"name\": \"writer\",\n  \"kv_namespaces\": [{ \"binding\": \"CACHE\" }],\n  \"d1_databases\": [{ \"binding\": \"APP\", \"database_name\": \"app\" }], // the same\n}\n";

fn two() -> Project {
    Project::new(TWO)
        .file("a/wrangler.toml", A)
        .file("b/wrangler.jsonc", B)
        .file("sql/1_a.sql", "CREATE TABLE a (x);\n")
}

#[test]
fn each_is_provisioned_and_what_is_bound_alike_is_made_once() {
    let project = two().served();
    let report = project.report(&["run"]);
    assert_eq!(report["exit"], 0, "{report:#}");
    assert_eq!(
        (&report["summary"]["create"], &report["summary"]["none"]),
        (&json!(3), &json!(0)),
        "{report:#}"
    );
    let made: Vec<(String, String)> =
        ops(&report).into_iter().map(|(_, call, resource, ..)| (call, resource)).collect();
    let expected = [
        ("kv::ensure", "reader-cache"),
        ("d1::ensure", "app"),
        ("d1::migrate", "app"),
        ("kv::ensure", "writer-cache"),
        // After its migrations it is looked at again.
        ("d1::ensure", "app"),
    ];
    assert_eq!(made, expected.map(|(call, resource)| (call.to_owned(), resource.to_owned())));
    assert_eq!(titles(&project), ["d1 app", "kv reader-cache", "kv writer-cache"]);
    project.run(&["run"]).exit(0).kept("each is provisioned and what is bound alike is made once");
    // Ids go into each.
    project
        .run(&["ids", "--write", "--yes"])
        .exit(0)
        .says("", "wrote the ids into `a/wrangler.toml`\nwrote the ids into `b/wrangler.jsonc`\n");
    let id = |name: &str| {
        let all = project.account().resources().unwrap();
        all.into_iter().find(|(_, one)| one.name == name).unwrap().1.id
    };
    let (reader, writer, app) = (id("reader-cache"), id("writer-cache"), id("app"));
    let a = config_of(&project, "a/wrangler.toml");
    let expected = A.replace("# of pages\n", &format!("# of pages\nid = \"{reader}\"\n"));
    let expected = expected.replace("\"../sql\"\n", &format!("\"../sql\"\ndatabase_id = \"{app}\"\n"));
    assert_eq!(a, expected);
    let b = config_of(&project, "b/wrangler.jsonc");
    let expected = B.replace("\"CACHE\" }", &format!("\"CACHE\", \"id\": \"{writer}\" }}"));
    let expected = expected.replace("\"app\" }", &format!("\"app\", \"database_id\": \"{app}\" }}"));
    assert_eq!(b, expected);
    project
        .run(&["ids", "--write", "--yes"])
        .exit(0)
        .says("", "`a/wrangler.toml` has the ids already\n`b/wrangler.jsonc` has the ids already\n");
    project.run(&["run"]).exit(0).kept("each is provisioned and what is bound alike is made once, 2");
    // One line for each thing that is bound, with its Worker where two have one name.
    let output = project.command(&["ids", "--format", "json"]).output().unwrap();
    let printed: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        printed,
        json!({
            "CACHE": { "kind": "kv", "name": "reader-cache", "id": reader },
            "DB": { "kind": "d1", "name": "app", "id": app },
            "APP": { "kind": "d1", "name": "app", "id": app },
            "writer/CACHE": { "kind": "kv", "name": "writer-cache", "id": writer },
        })
    );
}

#[test]
fn the_other_commands_follow_the_list() {
    let entry = |env: &str, binding: &str| format!("[[env.{env}.kv_namespaces]]\nbinding = \"{binding}\"\n");
    let database = |env: &str, name: &str| {
        format!("[[env.{env}.d1_databases]]\nbinding = \"{name}\"\nmigrations_dir = \"sql/{name}\"\n")
    };
    let worker = |name: &str, database_name: &str| {
        let all =
            ["one", "two"].map(|env| format!("{}{}", entry(env, "CACHE"), database(env, database_name)));
        format!("name = \"{name}\"\n{}", all.concat())
    };
    let project = Project::new("recipe = \"wrangler\"\nwrangler = [\"a.toml\", \"b.toml\"]\n")
        .file("a.toml", &worker("a", "DB"))
        .file("b.toml", &worker("b", "OTHER"))
        .file("sql/DB/1_a.sql", "CREATE TABLE a (x);\n")
        .file("sql/OTHER/1_b.sql", "CREATE TABLE b (x);\n")
        .served();
    project.run(&["check"]).exit(0);
    project.run(&["run", "-e", "one"]).exit(0);
    assert_eq!(titles(&project), ["d1 a-one-db", "d1 b-one-other", "kv a-one-cache", "kv b-one-cache"]);
    // By logical name, whatever the environment calls the Worker.
    let output = project.run(&["diff", "one", "two"]).exit(0);
    output.kept("the other commands follow the list");
    let status = project.report(&["migrations", "status", "-e", "one"]);
    let shown = status["databases"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap());
    assert_eq!(shown.collect::<Vec<_>>(), ["a-one-db", "b-one-other"], "{status:#}");
    let token = project.report(&["token", "-e", "one", "--offline"]);
    let needed = token["needed"].as_array().unwrap().iter().map(|group| group["name"].as_str().unwrap());
    assert_eq!(needed.collect::<Vec<_>>(), ["Workers KV Storage Write", "D1 Write"], "{token:#}");
    let maybe = token["maybe"].as_array().unwrap();
    assert!(maybe.iter().any(|group| group["name"] == "Workers Scripts Read"), "{token:#}");
    project.run(&["plan", "-e", "one", "--out", "plan.json"]).exit(0);
    let plan: Json = serde_json::from_str(&config_of(&project, "plan.json")).unwrap();
    let inputs: Vec<&str> =
        plan["inputs"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert!(inputs.contains(&"a.toml") && inputs.contains(&"b.toml"), "{inputs:?}");
    // What the other environment binds stays, what this one binds in any config goes.
    project.run(&["run", "-e", "two"]).exit(0);
    project.run(&["destroy", "-e", "one", "--yes", "--with-data"]).exit(0);
    assert_eq!(titles(&project), ["d1 a-two-db", "d1 b-two-other", "kv a-two-cache", "kv b-two-cache"]);
}

#[test]
fn each_is_compared_with_what_the_recipe_uses() {
    let config = "app = \"app\"\nwrangler = [\"a.toml\", \"b.toml\"]\n[naming]\ntemplate = \"{app}-{name}\"\n[kv]\nnamespaces = [\"CACHE\"]\n[environments.dev]\nwrangler_env = \"\"\n";
    let worker =
        |name: &str, id: &str| format!("name = \"{name}\"\n[[kv_namespaces]]\nbinding = \"CACHE\"\n{id}");
    let project =
        Project::new(config).file("a.toml", &worker("a", "")).file("b.toml", &worker("b", "")).served();
    project.run(&["run", "-e", "dev"]).exit(0);
    assert_eq!(titles(&project), ["kv app-CACHE"]);
    project.run(&["ids", "-e", "dev", "--write", "--yes"]).exit(0);
    let id = project.account().resources().unwrap()[0].1.id.clone();
    let line = format!("id = \"{id}\"\n");
    assert_eq!(config_of(&project, "a.toml"), worker("a", &line));
    assert_eq!(config_of(&project, "b.toml"), worker("b", &line));
    project.run(&["run", "-e", "dev"]).exit(0).kept("each is compared with what the recipe uses");
    // The second one is bound to something else.
    let other = project.api("POST", "/storage/kv/namespaces", &json!({"title": "other"}))["id"].clone();
    project.write("b.toml", &worker("b", &format!("id = \"{}\"\n", other.as_str().unwrap())));
    let output = project.run(&["run", "-e", "dev"]).exit(1);
    output.kept("each is compared with what the recipe uses, 2");
}

#[test]
fn one_id_in_two_configs_is_one_resource_on_a_local_account() {
    let id = "id = \"c4f5a1d05bdf4d989d7644fde00ff110\"\n";
    let project = Project::new("recipe = \"wrangler\"\nwrangler = [\"a.toml\", \"b.toml\"]\n")
        .file("a.toml", &format!("name = \"a\"\n[[kv_namespaces]]\nbinding = \"STORE\"\n{id}"))
        .file("b.toml", &format!("name = \"b\"\n[[kv_namespaces]]\nbinding = \"THEIRS\"\n{id}"));
    project.run(&["run", "--local"]).exit(0);
    let listed = project.local().resources().unwrap();
    assert_eq!(listed.iter().map(|(_, one)| one.name.as_str()).collect::<Vec<_>>(), ["a-store"]);
}

#[test]
fn two_that_disagree_on_migrations_are_refused() {
    let entry = |more: &str| format!("[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"app\"\n{more}");
    for (one, other) in [
        ("migrations_dir = \"../one\"\n", "migrations_dir = \"../two\"\n"),
        ("migrations_dir = \"../one\"\n", "migrations_dir = \"../one\"\nmigrations_table = \"t\"\n"),
        (
            "migrations_dir = \"../one\"\nmigrations_pattern = \"../one/*.sql\"\n",
            "migrations_dir = \"../one\"\nmigrations_pattern = \"../one/1*.sql\"\n",
        ),
        ("", ""),
    ] {
        let project =
            Project::new("recipe = \"wrangler\"\nwrangler = [\"a/wrangler.toml\", \"b/wrangler.toml\"]\n")
                .file("a/wrangler.toml", &format!("name = \"a\"\n{}", entry(one)))
                .file("b/wrangler.toml", &format!("name = \"b\"\n{}", entry(other)))
                .served();
        let folders: &[&str] =
            if one.is_empty() { &["a/migrations", "b/migrations"] } else { &["one", "two"] };
        for folder in folders {
            project.write(&format!("{folder}/1_a.sql"), "CREATE TABLE a (x);\n");
        }
        let output = project.run(&["run"]).exit(2);
        output.kept(&format!("two that disagree on migrations are refused: {one}, {other}"));
        assert_eq!(titles(&project), Vec::<String>::new());
    }
    // The same place written in two ways is no difference.
    let project =
        Project::new("recipe = \"wrangler\"\nwrangler = [\"a/wrangler.toml\", \"wrangler.toml\"]\n")
            .file("a/wrangler.toml", &format!("name = \"a\"\n{}", entry("migrations_dir = \"../sql\"\n")))
            .file("wrangler.toml", &format!("name = \"b\"\n{}", entry("migrations_dir = \"./sql\"\n")))
            .file("sql/1_a.sql", "CREATE TABLE a (x);\n")
            .served();
    project.run(&["run"]).exit(0);
    project.run(&["run"]).exit(0).kept("two that disagree on migrations are refused");
}

#[test]
fn a_copy_has_the_ids_and_names_of_a_branch() {
    let config = "app = \"shop\"\nwrangler = \"wrangler.toml\"\n[kv]\nnamespaces = [\"CACHE\"]\n[d1.databases.db]\nbinding = \"DB\"\n[naming]\ntemplate = \"{app}-{branch}-{name}\"\n[environments.preview]\n";
    let worker = "name = \"shop\"\n[env.preview]\nkv_namespaces = [ { binding = \"CACHE\", id = \"c4f5a1d05bdf4d989d7644fde00ff110\" } ] # all previews\n\n  [[env.preview.d1_databases]]\n  binding = \"DB\"\n  database_name = \"shop-preview\"\n  database_id = \"8f1fc6da-cb58-42b7-a8a9-47d225bc08e7\"";
    let project = Project::new(config).file("wrangler.toml", worker).served();
    let branch = ["-e", "preview", "--set", "branch=pr-7"];
    let with = |command: &[&str]| project.run(&[command, &branch].concat());
    // A copy of what is not there would keep what all previews share.
    let output = with(&["ids", "--out", "pr-7.toml"]).exit(2);
    output.says(
        "",
        "`CACHE` does not exist yet: `shop-pr-7-CACHE`\n`DB` does not exist yet: `shop-pr-7-db`\nerror: no copy of `wrangler.toml` was \
         written: what `CACHE`, `DB` is bound to does not exist yet, and a copy would keep what it is bound to now\nhint: `larder run -e \
         preview --set branch=pr-7` makes it\n",
    );
    assert!(!files::exists(&project.path().join("pr-7.toml")));
    with(&["run"]).exit(0);
    with(&["ids", "--out", "pr-7.toml"])
        .exit(0)
        .says("", "wrote a copy of `wrangler.toml` with the ids into `pr-7.toml`\nnote: its ids are those of a local account: no other account has them\n");
    let id = |name: &str| {
        let all = project.account().resources().unwrap();
        all.into_iter().find(|(_, one)| one.name == name).unwrap().1.id
    };
    let expected = worker
        .replace("c4f5a1d05bdf4d989d7644fde00ff110", &id("shop-pr-7-CACHE"))
        .replace("8f1fc6da-cb58-42b7-a8a9-47d225bc08e7", &id("shop-pr-7-db"))
        .replace("shop-preview", "shop-pr-7-db");
    assert_eq!(config_of(&project, "pr-7.toml"), expected);
    assert_eq!(config_of(&project, "wrangler.toml"), worker);
    // Into the file of all branches it is not written.
    let output = with(&["ids", "--write", "--yes"]).exit(2);
    output.kept("a copy has the ids and names of a branch");
    for out in ["wrangler.toml", "./wrangler.toml", "larder.toml", "copy.json", "copy"] {
        with(&["ids", "--out", out])
            .exit(2)
            .kept(&format!("a copy takes the place of no file of the project: {out}"));
    }
    project.write("out/x", "");
    with(&["ids", "--out", "out/pr-7.toml"]).exit(0).kept("a copy has the ids and names of a branch, 2");
}

#[test]
fn of_several_configs_the_one_to_copy_is_named() {
    let project = two().served();
    project.run(&["run"]).exit(0);
    project.run(&["ids", "--out", "copy.toml"]).exit(2).says(
        "",
        "error: there are several wrangler configs\nhint: `--config` with one of `a/wrangler.toml`, `b/wrangler.jsonc`\n",
    );
    project.run(&["ids", "--out", "a/copy.toml", "--config", "c.toml"]).exit(2).says(
        "",
        "error: `c.toml` is no wrangler config of this environment
hint: it has `a/wrangler.toml`, `b/wrangler.jsonc`
",
    );
    project
        .run(&["ids", "--out", "a/copy.toml", "--config", "./a/wrangler.toml"])
        .exit(0)
        .says("", "wrote a copy of `a/wrangler.toml` with the ids into `a/copy.toml`\nnote: its ids are those of a local account: no other account has them\n");
    assert!(config_of(&project, "a/copy.toml").contains("database_id = \"10ca1"));
    assert_eq!(config_of(&project, "a/wrangler.toml"), A);
}

#[test]
fn a_worker_without_the_environment_binds_nothing_there() {
    let project = Project::new("recipe = \"wrangler\"\nwrangler = [\"a.toml\", \"b.toml\"]\n")
        .file("a.toml", "name = \"a\"\n[[env.staging.kv_namespaces]]\nbinding = \"KV\"\n")
        .file("b.toml", "name = \"b\"\n[[env.live.kv_namespaces]]\nbinding = \"KV\"\n");
    project
        .run(&["run", "-e", "staging", "--local"])
        .exit(0)
        .kept("a worker without the environment binds nothing there");
    project
        .run(&["run", "-e", "live", "--local"])
        .exit(0)
        .kept("a worker without the environment binds nothing there, 2");
    project.run(&["run", "-e", "other", "--local"]).exit(2).says(
        "",
        "error: unknown environment `other` in `--env`
hint: one of `live`, `staging`, `top-level`
",
    );
}

#[test]
fn recipes_that_name_resources_directly_have_ids_too() {
    let worker = "name = \"w\"\n[[kv_namespaces]]\nbinding = \"MY_CACHE\"\n[[kv_namespaces]]\nbinding = \"STALE\"\nid = \"c4f5a1d05bdf4d989d7644fde00ff110\"\n[[r2_buckets]]\nbinding = \"FILES\"\nbucket_name = \"w-files\"\n";
    let project = Project::empty()
        .file("wrangler.toml", worker)
        .recipe("kv::ensure(\"my-cache\");\nkv::ensure(\"STALE\");\nr2::ensure(\"w-files\");\nkv::ensure(\"w-other\");\n")
        .served();
    project.api("POST", "/storage/kv/namespaces", &json!({"title": "STALE"}));
    project.api("POST", "/storage/kv/namespaces", &json!({"title": "my-cache"}));
    let id = |name: &str| {
        let all = project.account().resources().unwrap();
        all.into_iter().find(|(_, one)| one.name == name).unwrap().1.id
    };
    let output = project.run(&["ids", "--recipe", "main", "--write", "--yes"]).exit(0);
    output.kept("recipes that name resources directly have ids too");
    let expected = worker.replace("\"MY_CACHE\"\n", &format!("\"MY_CACHE\"\nid = \"{}\"\n", id("my-cache")));
    let expected = expected.replace("c4f5a1d05bdf4d989d7644fde00ff110", &id("STALE"));
    assert_eq!(config_of(&project, "wrangler.toml"), expected);
    project.run(&["run", "main"]).exit(0);
    // A name that two could mean is nobody's.
    project.write("recipes/main.rhai", "kv::ensure(\"my-cache\");\nkv::ensure(\"MY_CACHE\");\n");
    project.write("wrangler.toml", "name = \"w\"\n[[kv_namespaces]]\nbinding = \"MY_CACHE\"\n");
    project
        .run(&["ids", "--recipe", "main", "--write"])
        .exit(0)
        .kept("recipes that name resources directly have ids too, 2");
}

#[test]
fn a_config_that_is_not_there_is_told_where_it_is_named() {
    let project = two();
    files::remove_file(&project.path().join("b/wrangler.jsonc")).unwrap();
    let said = project.run(&["run", "-e", "dev", "--local"]).exit(2).stderr;
    assert!(said.starts_with("error: `b/wrangler.jsonc` can't be read: No such file or directory"), "{said}");
    kept("a config that is not there is told where it is named", &said);
}
