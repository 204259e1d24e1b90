//! A project with one database, `jobs`, and its migrations in `m`; the database can also be read and changed from
//! outside.

use super::project::{Output, PLAIN, Project};
use super::proxy::{self, Seen, Verdict};
use larder::local::{Account, Request};
use regex::Regex;
use secrecy::ExposeSecret as _;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The last recipe's place in a message.
const AT: &str = " --> recipes/main.rhai:1:20\n  |\n1 | d1::ensure(\"jobs\").migrate(\"m\");\n  |                    ^^^^^^^\n  |\n";

/// A served project whose database is not made yet.
pub fn new(files: &[(&str, &str)]) -> Project {
    let config = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\n");
    let project = Project::new(&config).recipe("d1::ensure(\"jobs\").migrate(\"m\");\n").served();
    write(&project, files);
    project
}

/// The same, with a database that has applied `first` and got rows since.
pub fn live(first: (&str, &str), rows: &str, files: &[(&str, &str)]) -> Project {
    let project = new(&[first]);
    run(&project).exit(0);
    if !rows.is_empty() {
        sql(&project, rows);
    }
    write(&project, files);
    project
}

/// The same, with a database that somebody else has made.
pub fn made(schema: &str, files: &[(&str, &str)]) -> Project {
    let project = new(files);
    project.api("POST", "/d1/database", &json!({"name": "jobs"}));
    sql(&project, schema);
    project
}

fn write(project: &Project, files: &[(&str, &str)]) {
    for (name, sql) in files {
        project.write(&format!("m/{name}"), sql);
    }
}

/// The project behind a proxy that judges each request; it is told the account, to act as somebody else.
pub fn behind(
    project: Project,
    mut judge: impl FnMut(&Arc<Account>, &Seen) -> Verdict + Send + 'static,
) -> Project {
    let account = project.shared_account();
    let address = proxy::start(project.address(), move |seen| judge(&account, seen));
    project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"))
}

/// Whether a request applies a migration.
pub fn applies(seen: &Seen) -> bool {
    seen.is("POST", "/query", "INSERT INTO \\\"larder_migrations\\\"")
}

/// Runs the recipe.
pub fn run(project: &Project) -> Output {
    project.run(&["run", "main", "-e", "dev"])
}

/// The run ends with these words and this hint, and the account is as it was.
#[track_caller]
pub fn refused(project: &Project, message: &str, hint: &str) {
    let before = project.account().history().len();
    let output = run(project).exit(1);
    let end = "exit 1: nothing was changed\n";
    match Regex::new(r"(m/\S+\.sql(?::\d+:\d+)?): ").unwrap().captures(message) {
        // It stands at the file; the recipe only asked for it.
        Some(place) => {
            let head = format!("error: {message}\n --> {}\n", &place[1]);
            assert!(output.stderr.starts_with(&head), "{}", output.stderr);
            assert!(output.stderr.contains(&format!("  = help: {hint}\n")), "{}", output.stderr);
            let asked = format!("note: asked for here\n{}{end}", AT.trim_end_matches("  |\n"));
            assert!(output.stderr.ends_with(&asked), "{}", output.stderr);
        }
        None => assert_eq!(output.stderr, format!("error: {message}\n{AT}  = help: {hint}\n{end}")),
    }
    assert!(project.account().history()[before..].iter().all(|exchanged| !exchanged.changed));
}

/// The rows of one statement, as somebody else would ask for them.
pub fn sql(project: &Project, sql: &str) -> Json {
    sql_of(&project.shared_account(), sql)
}

/// The same, of an account.
pub fn sql_of(account: &Account, sql: &str) -> Json {
    let ask = |method: &str, path: &str, body: &Json| {
        let token = format!("Bearer {}", account.session_token().expose_secret());
        let target = format!("/client/v4/accounts/{}{path}", account.id());
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::new(method, &target).with_header("authorization", &token).with_body(body);
        let reply = account.answer(&request);
        assert!(reply.status < 300, "{sql}: {}", reply.to_json());
        reply.to_json()["result"].clone()
    };
    let id = ask("GET", "/d1/database", &Json::Null)[0]["uuid"].as_str().unwrap().to_owned();
    ask("POST", &format!("/d1/database/{id}/query"), &json!({ "sql": sql }))[0]["results"].clone()
}

/// The one value of one row.
pub fn count(project: &Project, of: &str) -> i64 {
    let rows = sql(project, &format!("SELECT count(*) AS n FROM {of}"));
    rows[0]["n"].as_i64().unwrap()
}

/// The files that wrangler's ledger has.
pub fn applied(project: &Project) -> Vec<String> {
    let rows = sql(project, "SELECT name FROM d1_migrations ORDER BY rowid");
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}
