//! Both tools at once: one is held at a request until the other has run.

use super::order::{Content, alike, command_of, contents, end, names, settled};
use super::zigzag::{applied, shop};
use crate::project::{Output, Project};
use crate::proxy::{self, Seen, Verdict};
use crate::ran::{Part, ran};
use std::sync::mpsc;

/// Runs `first`, holds the request that `is_held` says, runs `second` meanwhile, and lets `first` go on.
fn at_once(project: &Project, first: &str, is_held: fn(&Seen) -> bool, second: &str) -> (Output, Output) {
    let mut second = Some(command_of(project, second));
    let (send, receive) = mpsc::channel();
    let judge = move |seen: &Seen| {
        if let Some(mut command) = is_held(seen).then(|| second.take()).flatten() {
            send.send(command.output().unwrap()).unwrap();
        }
        Verdict::Pass
    };
    let address = proxy::start(project.address(), judge);
    let mut command = command_of(project, first);
    command.env("CLOUDFLARE_API_BASE_URL", format!("http://{address}/client/v4"));
    let first = ran(project, command);
    let second = receive.try_recv().expect("the request that is held was sent");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (code, stdout, stderr) = (second.status.code().unwrap(), text(second.stdout), text(second.stderr));
    (first, Output { code, stdout, stderr })
}

const LARDER: &str = "larder run";
const WRANGLER: &str = "wrangler d1 migrations apply DB --remote";

fn is_files(seen: &Seen) -> bool {
    seen.is("POST", "/query", "CREATE TABLE users")
}

fn is_second_file(seen: &Seen) -> bool {
    seen.is("POST", "/query", "CREATE TABLE jobs")
}

/// A database with a table in it, so that each file is a call of its own; and two files.
fn two_files() -> Project {
    let project = shop()
        .file(
            "migrations/0001_users.sql",
            "CREATE TABLE users (name TEXT);\nINSERT INTO users VALUES ('ada');\n",
        )
        .file(
            "migrations/0002_jobs.sql",
            "CREATE TABLE jobs (id INTEGER);\nINSERT INTO users VALUES ('bob');\n",
        );
    let made = project.api("POST", "/d1/database", &serde_json::json!({ "name": "shop-db" }));
    let path = format!("/d1/database/{}/query", made["uuid"].as_str().unwrap());
    project.api("POST", &path, &serde_json::json!({ "sql": "CREATE TABLE there (x)" }));
    project
}

fn migrated(project: &Project) -> Vec<Content> {
    assert_eq!(applied(project), ["0001_users.sql", "0002_jobs.sql"]);
    let end = end(project, "0 wrangler d1 migrations apply DB --remote | No migrations to apply");
    assert_eq!(end[0].2["rows"]["users"], serde_json::json!([["ada"], ["bob"]]));
    end
}

/// Whether a request is the one at which a client is held.
type IsHeld = fn(&Seen) -> bool;

/// Each file is applied once, whoever is held where. wrangler, when it comes second, fails at the first file that is there.
#[test]
fn two_runs_of_migrations() {
    let _part = Part::begin("both tools: migrations at once");
    let orders: [(&str, IsHeld, &str, i32, i32); 4] = [
        (LARDER, is_files, WRANGLER, 0, 0),
        (LARDER, is_second_file, WRANGLER, 0, 0),
        (WRANGLER, is_files, LARDER, 1, 0),
        (WRANGLER, is_second_file, LARDER, 1, 0),
    ];
    let ends = orders.map(|(first, is_held, second, first_exit, second_exit)| {
        let project = two_files();
        let (first, second) = at_once(&project, first, is_held, second);
        second.exit(second_exit);
        first.exit(first_exit);
        migrated(&project)
    });
    alike(ends.into());
}

/// Two creates of one name: one of them is told that it exists, and there is one.
#[test]
fn two_creates_of_one_name() {
    let _part = Part::begin("both tools: creates at once");
    let config = "name = \"shop\"\n[[kv_namespaces]]\nbinding = \"CACHE\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"shop-db\"\n\
                  [[r2_buckets]]\nbinding = \"FILES\"\nbucket_name = \"shop-files\"\n";
    let orders: [(&str, IsHeld); 3] = [
        ("wrangler kv namespace create shop-cache", |seen| {
            seen.is("POST", "/storage/kv/namespaces", "shop-cache")
        }),
        ("wrangler d1 create shop-db", |seen| seen.is("POST", "/d1/database", "shop-db")),
        ("wrangler r2 bucket create shop-files", |seen| seen.is("POST", "/r2/buckets", "shop-files")),
    ];
    let mut ends = Vec::new();
    for (wrangler, is_create) in orders {
        for is_larder_held in [true, false] {
            let project = Project::empty().file("wrangler.toml", config).served();
            let (larder, other) = if is_larder_held {
                at_once(&project, LARDER, is_create, wrangler)
            } else {
                let (wrangler, larder) = at_once(&project, wrangler, is_create, LARDER);
                (larder, wrangler)
            };
            larder.exit(0);
            other.exit(i32::from(!is_larder_held));
            settled(&project, LARDER);
            ends.push(contents(&project));
        }
    }
    assert_eq!(names(&alike(ends)), ["d1 shop-db", "kv shop-cache", "r2 shop-files"]);
}
