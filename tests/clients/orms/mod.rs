//! Clients that an app's own programs load: each works in a project of its own, beside the packages that it imports.

mod alchemy;
mod drizzle;
mod prisma;
mod unstorage;

use super::installed::{link_packages, node};
use super::project::{Output, Project};
use super::ran::ran;
use super::source_tree::root;
use serde_json::{Value as Json, json};

/// A copy of a folder beside this file, and a served account.
fn project_of(folder: &str) -> Project {
    let project = Project::copy_of(&format!("tests/clients/orms/{folder}")).served();
    link_packages(&project);
    project
}

/// Runs a program of a package, or, with `./`, of the project. What is meant for Cloudflare goes to the account, and
/// nobody else is reached (`host.cjs`).
fn client(project: &Project, program: &str, arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let own = program.strip_prefix("./").map(|own| project.path().join(own));
    let program = own.as_ref().map_or(program, |own| own.to_str().unwrap());
    let mut command = node(project, program, arguments);
    let host = root().join("tests/clients/orms/host.cjs");
    command.env("NODE_OPTIONS", format!("--require \"{}\"", host.display())).envs(env.iter().copied());
    ran(project, command)
}

/// What the account was asked since then and changed by, as `METHOD PATH` below the account's own.
fn writes(project: &Project, since: usize) -> Vec<String> {
    let account = format!("/client/v4/accounts/{}", project.account().id());
    let history = project.account().history();
    let changes = history[since..].iter().filter(|exchanged| exchanged.changed);
    changes.map(|one| format!("{} {}", one.method, one.path.replace(&account, ""))).collect()
}

/// How many requests the account has had.
fn asked(project: &Project) -> usize {
    project.account().history().len()
}

/// The body of the last request, which the database has refused.
#[track_caller]
fn last_refused(project: &Project) -> String {
    let history = project.account().history();
    let last = history.last().unwrap();
    assert_eq!((last.status, last.code), (Some(400), Some(7500)), "{last:?}");
    last.body.clone()
}

/// Service and name of all that the account holds.
fn held(project: &Project) -> Vec<String> {
    let all = project.account().resources().unwrap();
    let mut names: Vec<_> = all.into_iter().map(|(service, one)| format!("{service} {}", one.name)).collect();
    names.sort();
    names
}

/// Larder's own run of the project's recipe: it has nothing to write.
#[track_caller]
fn settled(project: &Project) {
    let before = asked(project);
    project.run(&["run", "main", "-e", "dev"]).exit(0).stdout_has(" 0 writes)\n");
    assert_eq!(writes(project, before), [""; 0]);
}

/// The id of a database.
fn database(project: &Project, name: &str) -> String {
    project.api("GET", &format!("/d1/database/{name}"), &Json::Null)["uuid"].as_str().unwrap().to_owned()
}

/// The rows of one statement.
fn rows(project: &Project, name: &str, sql: &str) -> Json {
    let path = format!("/d1/database/{}/query", database(project, name));
    project.api("POST", &path, &json!({ "sql": sql }))[0]["results"].clone()
}

/// The tables of the database `shop-db` that are neither SQLite's nor D1's.
fn tables(project: &Project) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' \
               AND name NOT GLOB '_cf_*' ORDER BY name";
    let rows = rows(project, "shop-db", sql);
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// Larder's run is refused with these words, and changes nothing.
#[track_caller]
fn refused(project: &Project, words: &[&str]) {
    let before = asked(project);
    let output = project.run(&["run", "main", "-e", "dev"]).exit(1);
    for words in words {
        assert!(output.stderr.contains(words), "no {words:?} in:\n{}", output.stderr);
    }
    assert_eq!(writes(project, before), [""; 0]);
}

/// Records the files up to this one as applied.
#[track_caller]
fn baseline(project: &Project, to: &str) {
    project.run(&["migrations", "baseline", "-e", "dev", "--to", to, "--yes"]).exit(0);
}

#[test]
fn a_client_reaches_nobody_but_the_account() {
    let project = Project::empty().served().file(
        "ask.mjs",
        "
import https from \"node:https\";
const asks = [
  () => fetch(\"https://one.example/\"),
  () => new Promise((_, refuse) => https.get(\"https://two.example/\", () => {}).on(\"error\", refuse)),
  () => new Promise((_, refuse) => https.request(\"https://three.example/\").on(\"error\", refuse).end()),
  async () => console.log((await fetch(\"https://api.cloudflare.com/client/v4/user/tokens/verify\")).status),
];
for (const ask of asks) await ask().catch((error) => console.log((error.cause ?? error).message));
",
    );
    client(&project, "./ask.mjs", &[], &[]).exit(0).says(
        "a client asked for one.example\na client asked for two.example\na client asked for three.example\n400\n",
        "",
    );
}
