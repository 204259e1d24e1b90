//! `ids` reports what exists only if it could read the account.

use super::project::Project;
use super::proxy::{self, Verdict};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::system::files;
use serde_json::{Value as Json, json};
use std::time::Duration;

const CONFIG: &str = "app = \"app\"\nwrangler = \"wrangler.toml\"\n[naming]\ntemplate = \"{name}\"\n[kv]\n\
                      namespaces = [\"A\"]\n[environments.development]\nalias = \"dev\"\nwrangler_env = \"dev\"\n";
const WORKER: &str = "name = \"w\"\n[[env.dev.kv_namespaces]]\nbinding = \"A\"\nid = \"\"\n";
const REFUSED: &str = "error: can't list the namespaces for `A`: Authentication error\n";

fn project(permissions: Option<&[&str]>) -> Project {
    Project::new(CONFIG).file("wrangler.toml", WORKER).served_with(Duration::ZERO, permissions)
}

#[test]
fn what_could_not_be_looked_at_is_not_called_missing() {
    let project = project(Some(&["D1 Read"]));
    for more in [&[][..], &["--exit-code"], &["--write"], &["--format", "json"]] {
        let output = project.run(&[&["ids", "-e", "dev"], more].concat()).exit(1);
        assert_eq!(output.stdout, "", "{more:?}");
        assert!(output.stderr.starts_with(REFUSED), "{more:?}: {}", output.stderr);
    }
    let kept = files::read_text(&project.path().join("wrangler.toml"), 1 << 16).unwrap();
    assert_eq!(kept, WORKER);
}

#[test]
fn what_is_missing_is_said_and_counts_as_a_difference() {
    let project = project(None);
    let told = "`A` does not exist yet: `A`\n";
    let table = "kv         A  A  (does not exist yet)\n";
    project.run(&["ids", "-e", "dev"]).exit(0).says(table, told);
    project.run(&["ids", "-e", "dev", "--exit-code"]).exit(3).says(table, told);
    assert!(project.account().history().iter().all(|one| one.method == "GET"));
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    let project = project(None).recipe("kv::ensure(\"A\");\n");
    let id = project.api("POST", "/storage/kv/namespaces", &json!({"title": "A"}));
    let lost =
        Fault { kind: FaultKind::Reset, effect: FaultEffect::NotApplied, strike: FaultTarget::Request(2) };
    project.account().inject(lost);
    let output =
        project.command(&["ids", "-e", "dev", "--recipe", "main", "--format", "json"]).output().unwrap();
    let printed: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, json!({"A": {"id": id["id"], "kind": "kv", "name": "A"}}));
    assert_eq!(project.account().history().len(), 3, "the create, the lost listing, the listing");
}

#[test]
fn ids_of_the_embedded_account_are_not_written() {
    let project = project(None);
    project.run(&["run", "-e", "dev", "--local"]).exit(0);
    let output = project.run(&["ids", "-e", "dev", "--local", "--write", "--yes"]).exit(2);
    output.says(
        "",
        "error: `ids --write` does not take `--local`: the ids of the embedded account are not those of the real one\n\
         hint: `larder ids -e development --local` prints them, `larder ids -e development --write` writes the real ones\n",
    );
    assert_eq!(config_of(&project), WORKER);
    // What the hint names.
    project.run(&["ids", "-e", "dev", "--local"]).exit(0).says("kv         A  A  [ID]\n", "");
    project.run(&["run", "-e", "dev"]).exit(0);
    project.run(&["ids", "-e", "dev", "--write", "--yes"]).exit(0);
    let id = &project.account().resources().unwrap()[0].1.id;
    assert_eq!(config_of(&project), WORKER.replace("id = \"\"", &format!("id = \"{id}\"")));
}

fn config_of(project: &Project) -> String {
    files::read_text(&project.path().join("wrangler.toml"), 1 << 16).unwrap()
}

#[test]
fn ids_of_a_served_local_account_are_written_only_after_a_yes() {
    let project = project(None);
    project.run(&["run", "-e", "dev"]).exit(0);
    let output = project.run(&["ids", "-e", "dev", "--write"]).exit(1);
    output.says(
        "",
        "error: nothing was written: the server is a local account, whose ids are nowhere else\nhint: `--yes`\n",
    );
    assert_eq!(config_of(&project), WORKER);
    let output = project.run(&["ids", "-e", "dev", "--write", "--yes"]).exit(0);
    output.says("", "wrote the ids into `wrangler.toml`\n");
}

#[test]
fn an_id_that_is_replaced_is_shown_and_asked_for() {
    let old = "c4f5a1d05bdf4d989d7644fde00ff110";
    let config = WORKER.replace("id = \"\"", &format!("id = \"{old}\" # the cache"));
    let project = project(None).file("wrangler.toml", &config);
    let id = project.api("POST", "/storage/kv/namespaces", &json!({"title": "A"}))["id"].clone();
    let output = project.run(&["run", "-e", "dev"]).exit(1);
    let output = output.kept("an id that is replaced is shown and asked for");
    output.kept("an id that is replaced is shown and asked for, 2");
    let output = project.command(&["ids", "-e", "dev", "--write"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let id = id.as_str().unwrap();
    assert!(told.starts_with(&format!("`id` of `A`: {old} -> {id}\nerror: nothing was written: ")), "{told}");
    assert_eq!(config_of(&project), config);
    project.run(&["ids", "-e", "dev", "--write", "--yes"]).exit(0);
    assert_eq!(config_of(&project), config.replace(old, id));
    project.run(&["run", "-e", "dev"]).exit(0).kept("an id that is replaced is shown and asked for, 3");
}

#[test]
fn an_id_of_a_local_account_is_told_as_such_on_the_real_one() {
    let project = project(None);
    project.run(&["run", "-e", "dev"]).exit(0);
    project.run(&["ids", "-e", "dev", "--write", "--yes"]).exit(0);
    // Another account, which does not say that it is a local one.
    let empty = r#"{"success":true,"errors":[],"messages":[],"result":[],"result_info":{"page":1,"per_page":1000,"count":0,"total_count":0}}"#;
    let address = proxy::start(project.address(), move |_| Verdict::Answer(200, empty));
    let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
    let output = project.run(&["run", "-e", "dev"]).exit(1);
    assert_eq!(
        output.stderr,
        "error: the Worker's binding `A` has the id `[ID]`, which is one of a local account\nhint: take `id` \
         out at wrangler.toml:3:11; then `larder run -e development` makes what it binds, and `larder ids -e development \
         --write` writes its id\nexit 1: nothing was changed\n"
    );
    // The hint, followed.
    project.write("wrangler.toml", WORKER);
    project
        .run(&["plan", "-e", "dev"])
        .exit(0)
        .kept("an id of a local account is told as such on the real one");
}

#[test]
fn ids_of_the_local_account_say_what_they_are() {
    let project = Project::empty().served();
    let namespace = project.api("POST", "/storage/kv/namespaces", &json!({"title": "A"}));
    let database = project.api("POST", "/d1/database", &json!({"name": "a"}));
    for id in [&namespace["id"], &database["uuid"]] {
        assert!(larder::project::local_id::is_local_id(id.as_str().unwrap()), "{id}");
    }
}

#[test]
fn ids_are_written_into_a_config_or_nowhere() {
    let without: String =
        CONFIG.split_inclusive('\n').filter(|line| !line.starts_with("wrangler =")).collect();
    let project = Project::new(&without).served();
    let output = project.run(&["ids", "-e", "dev", "--write"]).exit(2);
    output.kept("ids are written into a config or nowhere");
}

#[test]
fn the_id_of_a_named_database_that_is_gone_is_replaced_and_that_of_another_is_not() {
    let config = |id: &str| {
        format!(
            "name = \"w\"\nd1_databases = [{{ binding = \"DB\", database_name = \"app-db\", database_id = \"{id}\" }}]\n"
        )
    };
    let old = "8f1fc6da-cb58-42b7-a8a9-47d225bc08e7";
    let project = Project::empty().file("wrangler.toml", &config(old)).served();
    let ours = project.api("POST", "/d1/database", &json!({"name": "app-db"}))["uuid"].clone();
    let other = project.api("POST", "/d1/database", &json!({"name": "other"}))["uuid"].clone();
    let output = project.run(&["run"]).exit(1);
    output.kept("the id of a named database that is gone is replaced and that of another is not");
    project.run(&["ids", "--write", "--yes"]).exit(0);
    assert_eq!(config_of(&project), config(ours.as_str().unwrap()));
    project
        .run(&["run"])
        .exit(0)
        .kept("the id of a named database that is gone is replaced and that of another is not, 2");
    // One that the account has is somebody's: nothing replaces it.
    project.write("wrangler.toml", &config(other.as_str().unwrap()));
    project.run(&["ids", "--write", "--yes"]).exit(1).says(
        "",
        "error: the Worker's binding `DB` has the id `[ID]`, but `app-db` has `[ID]`
hint: make the two agree: the binding stands at wrangler.toml:2:29
",
    );
    assert_eq!(config_of(&project), config(other.as_str().unwrap()));
}

#[test]
fn two_bindings_of_one_database_that_is_not_there_have_no_id() {
    let one = |id: &str| {
        format!(
            "[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"jobs\"\n[[d1_databases]]\nbinding = \"TWO\"\ndatabase_name = \"jobs\"\n{id}"
        )
    };
    let config = |id: &str| format!("name = \"w\"\n{}", one(id));
    let project = Project::empty()
        .served()
        .file("wrangler.toml", &config(""))
        .file("migrations/1.sql", "CREATE TABLE a (x);");
    let told = "`DB` does not exist yet: `jobs`\n`TWO` does not exist yet: `jobs`\n";
    project.run(&["ids", "--format", "dotenv"]).exit(0).says("", told);
    let nothing = format!("{told}nothing to write: nothing of what `wrangler.toml` binds exists yet\n");
    project.run(&["ids", "--write", "--yes"]).exit(0).says("", &nothing);
    assert_eq!(config_of(&project), config(""));
    // An id that a plan makes up for it is no other than one that is not there.
    project.write("wrangler.toml", &config("database_id = \"d617db31-69ab-41ed-860b-cc04e6c1bf02\"\n"));
    project.run(&["run"]).exit(1).kept("two bindings of one database that is not there have no id");
    assert_eq!(project.api("GET", "/d1/database", &Json::Null), json!([]));
    project.write("wrangler.toml", &config(""));
    project.run(&["run"]).exit(0);
    project.run(&["ids", "--write", "--yes"]).exit(0);
    assert_eq!(config_of(&project).matches("database_id = \"10ca1").count(), 2);
    project.run(&["run"]).exit(0).kept("two bindings of one database that is not there have no id, 2");
}

#[test]
fn entries_to_be_pasted_are_those_of_their_environment() {
    let config = "name = \"w\"\n[[env.dev.kv_namespaces]]\nbinding = \"A\"\n";
    let project = Project::empty().served().file("wrangler.toml", config);
    project
        .run(&["ids", "-e", "dev", "--format", "toml"])
        .exit(0)
        .kept("entries to be pasted are those of their environment");
}

#[cfg(unix)]
#[test]
fn a_config_that_is_a_link_stays_one() {
    let project = Project::empty()
        .served()
        .file("repo/cfg/w.toml", "name = \"w\"\n[[kv_namespaces]]\nbinding = \"A\"\n");
    project.write("repo/.git/HEAD", "ref");
    project.write("repo/app/x", "");
    let link = project.path().join("repo/app/wrangler.toml");
    std::os::unix::fs::symlink("../cfg/w.toml", &link).unwrap();
    project.run(&["-C", "repo/app", "run"]).exit(0);
    project.run(&["-C", "repo/app", "ids", "--write", "--yes"]).exit(0);
    assert!(link.is_symlink());
    let shared = files::read_text(&project.path().join("repo/cfg/w.toml"), 1 << 16).unwrap();
    assert!(shared.contains("id = \"10ca1"), "{shared}");
}
