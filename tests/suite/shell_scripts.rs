//! Replacements for shell scripts around wrangler (`examples/workflows`), run on an account.

use super::outputs::kept;
use super::project::{Project, filtered};
use super::source_tree::read;
use larder::system::files;
use serde_json::{Value as Json, json};
use std::path::Path;

/// The example with what lies in it, and an account.
fn example(name: &str) -> Project {
    Project::copy_of(&format!("examples/workflows/{name}")).on_path().served()
}

/// Runs `after.sh`; its exit code and what it said.
fn after(project: &Project, arguments: &[&str]) -> (i32, String) {
    let output =
        project.command_of(Path::new("bash"), &[&["after.sh"], arguments].concat()).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), filtered(&said, project.path()))
}

#[track_caller]
fn done(project: &Project, arguments: &[&str]) -> String {
    let (code, said) = after(project, arguments);
    assert_eq!(code, 0, "{said}");
    said
}

fn changes(project: &Project) -> usize {
    project.account().history().iter().filter(|one| one.changed).count()
}

fn databases(project: &Project) -> Vec<(String, String)> {
    let all = project.api("GET", "/d1/database", &Json::Null);
    let text = |one: &Json, field: &str| one[field].as_str().unwrap().to_owned();
    all.as_array().unwrap().iter().map(|one| (text(one, "name"), text(one, "uuid"))).collect()
}

fn totals(project: &Project, id: &str) -> Json {
    let sql = json!({ "sql": "SELECT total FROM orders ORDER BY total" });
    project.api("POST", &format!("/d1/database/{id}/query"), &sql)[0]["results"].clone()
}

#[test]
fn what_is_bound_is_found_or_created_and_its_ids_are_written() {
    let project = example("find-or-create");
    let before = read("examples/workflows/find-or-create/wrangler.toml");
    done(&project, &[]);
    let written = files::read_text(&project.path().join("wrangler.toml"), 1 << 20).unwrap();
    let changed: Vec<(&str, &str)> =
        before.lines().zip(written.lines()).filter(|(before, after)| before != after).collect();
    assert_eq!(before.lines().count(), written.lines().count());
    assert_eq!(changed.len(), 3, "{changed:?}");
    let namespaces = project.api("GET", "/storage/kv/namespaces", &Json::Null);
    for one in namespaces.as_array().unwrap() {
        assert!(written.contains(&format!("id = \"{}\"", one["id"].as_str().unwrap())), "{written}");
    }
    let [(name, id)] = &databases(&project)[..] else { panic!() };
    assert_eq!((name.as_str(), written.contains(id.as_str())), ("shop-db", true));
    assert_eq!(totals(&project, id), json!([]));
    let seen = changes(&project);
    done(&project, &[]);
    assert_eq!(changes(&project), seen);
    let again = files::read_text(&project.path().join("wrangler.toml"), 1 << 20).unwrap();
    assert_eq!(again, written);
}

#[test]
fn a_database_comes_and_goes_with_its_pull_request() {
    let project = example("database-per-pull-request");
    project.api("POST", "/d1/database", &json!({ "name": "shop-production-db" }));
    let production = databases(&project);
    for number in ["7", "9"] {
        done(&project, &["open", number]);
        let name = format!("shop-pr-{number}-db");
        let id = databases(&project).into_iter().find(|(known, _)| *known == name).unwrap().1;
        let copy = files::read_text(&project.path().join("wrangler.preview.toml"), 1 << 20).unwrap();
        assert!(copy.contains(&format!("database_name = \"{name}\"")) && copy.contains(&id), "{copy}");
        assert_eq!(totals(&project, &id), json!([{ "total": 5 }, { "total": 7 }]));
    }
    let seen = changes(&project);
    done(&project, &["open", "9"]);
    assert_eq!(changes(&project), seen);
    done(&project, &["close", "7"]);
    let mut left: Vec<String> = databases(&project).into_iter().map(|(name, _)| name).collect();
    left.sort();
    assert_eq!(left, ["shop-pr-9-db", "shop-production-db"]);
    done(&project, &["close", "9"]);
    assert_eq!(databases(&project), production);
}

#[test]
fn a_database_is_made_anew_and_never_in_production() {
    let project = example("guarded-reset");
    done(&project, &["staging"]);
    let [(_, id)] = &databases(&project)[..] else { panic!() };
    project.api(
        "POST",
        &format!("/d1/database/{id}/query"),
        &json!({ "sql": "INSERT INTO orders (total) VALUES (1)" }),
    );
    done(&project, &["staging"]);
    let [(name, anew)] = &databases(&project)[..] else { panic!() };
    assert_eq!((name.as_str(), id == anew), ("shop-staging-db", false));
    assert_eq!(totals(&project, anew), json!([{ "total": 5 }, { "total": 7 }]));
    project.api("POST", "/d1/database", &json!({ "name": "shop-production-db" }));
    let seen = changes(&project);
    let (code, said) = after(&project, &["production"]);
    assert_eq!((code, changes(&project)), (1, seen), "{said}");
    kept("a database is made anew and never in production", &said);
}
