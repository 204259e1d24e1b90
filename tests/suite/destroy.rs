//! `destroy`: what is deleted, what stays, the confirmation, and the account afterwards.

use super::project::{Project, ops};
use super::report_schema;
use larder::local::RecordedExchange;
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use serde_json::{Value as Json, json};

const CONFIG: &str = r#"
app = "shop"
[kv]
namespaces = ["CACHE"]
[r2]
buckets = ["files"]
[d1.databases.db]
migrations = "migrations"
[environments.development]
alias = "dev"
[environments.production]
alias = "prod"
protected = true
"#;

const YES: [&str; 4] = ["destroy", "-e", "dev", "--yes"];

fn shop() -> Project {
    Project::new(CONFIG).file("migrations/0001_jobs.sql", "CREATE TABLE jobs (title TEXT);\n").served()
}

/// With everything of development in the account.
fn provisioned() -> Project {
    let project = shop();
    project.run(&["run", "-e", "dev"]).exit(0);
    project
}

/// What is left in the account, by name.
fn names(project: &Project) -> Vec<String> {
    let resources = project.account().resources().unwrap();
    let mut names: Vec<String> = resources.into_iter().map(|(_, resource)| resource.name).collect();
    names.sort();
    names
}

fn changes(history: &[RecordedExchange]) -> usize {
    history.iter().filter(|exchanged| exchanged.changed).count()
}

fn database(project: &Project) -> String {
    project.api("GET", "/d1/database", &Json::Null)[0]["uuid"].as_str().unwrap().to_owned()
}

fn insert_row(project: &Project) {
    let sql = json!({"sql": "INSERT INTO jobs VALUES ('welder')"});
    project.api("POST", &format!("/d1/database/{}/query", database(project)), &sql);
}

#[test]
fn everything_goes_in_reverse_and_comes_back() {
    let project = provisioned();
    let kept = project.run(&["destroy", "-e", "dev"]).exit(1);
    kept.says(
        "destroy of provision -> development (account 0123...cdef)\n\n\
         d1                                           [TIME]\n  \
           - shop-dev-db                   to delete\n\
         r2                                           [TIME]\n  \
           - shop-dev-files                to delete\n\
         kv                                           [TIME]\n  \
           - shop-dev-CACHE                to delete\n\
         3 to delete in [TIME] ([N] reads, 0 writes)\n",
        "error: nothing was deleted: there is nobody to ask\nhint: `--yes`\n\
         exit 1: nothing was changed\n",
    );
    assert_eq!(names(&project), ["shop-dev-CACHE", "shop-dev-db", "shop-dev-files"]);
    project.run(&YES).exit(0).says(
        "destroy of provision -> development (account 0123...cdef)\n\n\
         d1                                           [TIME]\n  \
           - shop-dev-db                   deleted\n\
         r2                                           [TIME]\n  \
           - shop-dev-files                deleted\n\
         kv                                           [TIME]\n  \
           - shop-dev-CACHE                deleted\n\
         3 deleted in [TIME] ([N] reads, 3 writes)\n",
        "d1                                           [TIME]\n  \
           - shop-dev-db                   to delete\n\
         r2                                           [TIME]\n  \
           - shop-dev-files                to delete\n\
         kv                                           [TIME]\n  \
           - shop-dev-CACHE                to delete\n",
    );
    assert_eq!(names(&project), Vec::<String>::new());
    let before = changes(&project.history().unwrap());
    let again = project.report(&YES);
    assert_eq!(
        (&again["exit"], &again["changed"], &again["mode"]),
        (&json!(0), &json!(false), &json!("destroy"))
    );
    let expected =
        ["d1", "r2", "kv"].map(|step| (step.to_owned(), format!("{step}::destroy"), "none", "done"));
    let found: Vec<_> =
        ops(&again).into_iter().map(|(step, op, _, action, status)| (step, op, action, status)).collect();
    let expected =
        expected.map(|(step, op, action, status)| (step, op, action.to_owned(), status.to_owned()));
    assert_eq!(found, expected);
    assert_eq!(changes(&project.history().unwrap()), before, "nothing is left to write");
    project.run(&["run", "-e", "dev"]).exit(0).kept("everything goes in reverse and comes back");
}

#[test]
fn data_is_deleted_only_where_that_is_asked_for() {
    let project = provisioned();
    insert_row(&project);
    let listed = project.api("GET", "/storage/kv/namespaces", &Json::Null);
    let namespace = listed[0]["id"].as_str().unwrap();
    project.api("PUT", &format!("/storage/kv/namespaces/{namespace}/values/a"), &json!("1"));
    project.api("PUT", "/r2/buckets/shop-dev-files/objects/a%2Fb.txt", &json!("text"));
    let before = names(&project);
    project.run(&YES).exit(1).says(
        "destroy of provision -> development (account 0123...cdef)\n\n\
         d1                                           [TIME]\n  \
           - shop-dev-db                   to delete\n      holds rows in jobs\n\
         r2                                           [TIME]\n  \
           - shop-dev-files                to delete\n      holds 1 object\n\
         kv                                           [TIME]\n  \
           - shop-dev-CACHE                to delete\n      holds keys\n\
         3 to delete in [TIME] ([N] reads, 0 writes)\n",
        "error: nothing was deleted: `shop-dev-CACHE`, `shop-dev-files`, `shop-dev-db` hold data\n\
           hint: `--with-data`\n\
         exit 1: nothing was changed\n",
    );
    assert_eq!(names(&project), before);
    let expected =
        json!([["shop-dev-db", "rows in jobs"], ["shop-dev-files", "1 object"], ["shop-dev-CACHE", "keys"]]);
    let planned = project.report(&YES);
    report_schema::holds(&planned);
    assert_eq!((&planned["exit"], &held(&planned)), (&json!(1), &expected));
    let deleted = project.report(&[&YES[..], &["--with-data"]].concat());
    report_schema::holds(&deleted);
    assert_eq!((&deleted["exit"], &held(&deleted)), (&json!(0), &expected));
    assert_eq!(deleted["summary"]["delete"], 3);
    assert_eq!(names(&project), Vec::<String>::new());
    assert_eq!(
        held(&project.report(&YES)),
        json!([["shop-dev-db", null], ["shop-dev-files", null], ["shop-dev-CACHE", null]])
    );
}

/// What each resource of a report holds.
fn held(report: &Json) -> Json {
    let steps = report["steps"].as_array().unwrap().iter();
    let ops = steps.flat_map(|step| step["ops"].as_array().unwrap());
    ops.map(|op| json!([op["resource"], op["holds"]])).collect()
}

/// Plays a fault at the request that comes after this many more.
fn strike(project: &Project, kind: FaultKind, effect: FaultEffect, after: usize) {
    let seen = project.history().unwrap().len();
    let number = u64::try_from(seen + after + 1).unwrap();
    project.account().inject(Fault { kind, effect, strike: FaultTarget::Request(number) });
}

/// A recipe that calls no other services, so that the order of the requests is known.
const PLAIN: &str = "kv::ensure(name(\"kv\", \"CACHE\"));\n";

const ALL_PLAIN: &str = "step(\"kv\", || { kv::ensure(name(\"kv\", \"CACHE\")); });\n\
                         step(\"r2\", || { r2::ensure(name(\"r2\", \"files\")); });\n\
                         step(\"d1\", || { d1::ensure(name(\"d1\", \"db\")); });\n";

const DESTROY_PLAIN: [&str; 5] = ["destroy", "main", "-e", "dev", "--yes"];

#[test]
fn what_cannot_be_looked_at_counts_as_data() {
    let project = provisioned().recipe(PLAIN);
    // The listing, then the keys.
    strike(&project, FaultKind::Denied, FaultEffect::NotApplied, 1);
    let refused = project.run(&DESTROY_PLAIN).exit(1);
    refused.kept("what cannot be looked at counts as data").stderr(
        "error: nothing was deleted: `shop-dev-CACHE` holds data\n\
         hint: `--with-data`\n\
         exit 1: nothing was changed\n",
    );
    assert_eq!(names(&project).len(), 3);
}

#[test]
fn a_lost_answer_is_looked_for() {
    for (effect, deletions) in [(FaultEffect::Applied, 1), (FaultEffect::NotApplied, 1)] {
        let project = provisioned().recipe(PLAIN);
        let before = changes(&project.history().unwrap());
        // The listing, the keys, the accounts that the credentials reach.
        strike(&project, FaultKind::Reset, effect, 3);
        project.run(&DESTROY_PLAIN).exit(0);
        assert_eq!(names(&project), ["shop-dev-db", "shop-dev-files"]);
        assert_eq!(changes(&project.history().unwrap()), before + deletions, "{effect:?}");
    }
}

#[test]
fn a_failure_is_told_and_keeps_no_other_from_going() {
    let project = provisioned().recipe(ALL_PLAIN);
    let n = project.history().unwrap().len();
    project.run(&["destroy", "main", "-e", "dev"]).exit(1);
    let reads = project.history().unwrap().len() - n;
    // Before the first deletion the account is looked at once more.
    strike(&project, FaultKind::Denied, FaultEffect::NotApplied, reads + 1);
    let failed = project.run(&DESTROY_PLAIN).exit(4);
    failed.kept("a failure is told and keeps no other from going");
    assert_eq!(names(&project), ["shop-dev-db"]);
    project.run(&DESTROY_PLAIN).exit(0).kept("a failure is told and keeps no other from going, 2");
}

#[test]
fn a_protected_environment_must_be_confirmed() {
    let project = shop();
    project.run(&["run", "-e", "prod"]).exit(0);
    let refused = project.run(&["destroy", "-e", "prod"]).exit(1);
    refused.stderr(
        "error: nothing was deleted: `production` is protected; there is nobody to ask\n\
         hint: `--confirm production --yes`\n\
         exit 1: nothing was changed\n",
    );
    project.run(&["destroy", "-e", "prod", "--yes", "--confirm", "prod"]).exit(2);
    assert_eq!(names(&project).len(), 3);
    project.run(&["destroy", "-e", "prod", "--yes", "--confirm", "production"]).exit(0);
    assert_eq!(names(&project), Vec::<String>::new());
}

#[test]
fn shared_and_raw_names_stay_unless_they_are_named() {
    let project = Project::new(
        "app = \"shop\"\n[kv]\nnamespaces = [\"SESSIONS\", \"EVERYWHERE\"]\n[naming]\nkv = \"{name}\"\n\
         [environments.dev]\n[environments.prod]\nnaming = { kv = \"{env}-{name}\" }\n[environments.test]\n",
    )
    .recipe("for logical in config::kv.namespaces { kv::ensure(name(\"kv\", logical)); }\nkv::ensure(\"prod-SESSIONS\");\nif env::name == \"dev\" { kv::ensure(\"RAW\"); }\n")
    .served();
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    // `dev` and `test` have the same names; `prod-SESSIONS` is what production calls its own.
    let destroy = ["destroy", "main", "-e", "dev", "--yes"];
    project.run(&destroy).exit(0).says(
        "destroy of main -> dev (account 0123...cdef)\n\n\
         (outside every step)                         [TIME]\n  \
           . kv RAW                        skipped    its name carries neither app nor environment: `--also RAW`\n  \
           . kv prod-SESSIONS (shared)     skipped    shared with prod, test: `--with-shared prod-SESSIONS`\n  \
           . kv EVERYWHERE (shared)        skipped    shared with test: `--with-shared EVERYWHERE`\n  \
           . kv SESSIONS (shared)          skipped    shared with test: `--with-shared SESSIONS`\n\
         4 skipped in [TIME] ([N] reads, 0 writes)\n",
        "",
    );
    project.run(&[&destroy[..], &["--also", "RAV"]].concat()).exit(2).stderr(
        "error: the recipe names no `RAV`, which `--also` names\n\
         hint: did you mean `RAW`?\n\
         exit 2: nothing was changed\n",
    );
    // A shared name needs its own flag.
    project.run(&[&destroy[..], &["--also", "SESSIONS", "--also", "RAW"]].concat()).exit(0);
    assert_eq!(names(&project), ["EVERYWHERE", "SESSIONS", "prod-SESSIONS"]);
    project.run(&[&destroy[..], &["--with-shared", "SESSIONS"]].concat()).exit(0);
    assert_eq!(names(&project), ["EVERYWHERE", "prod-SESSIONS"]);
}

#[test]
fn what_another_environments_worker_binds_stays() {
    let project = Project::new(
        "app = \"shop\"\nwrangler = \"wrangler.toml\"\n[kv]\nnamespaces = [\"CACHE\"]\n[environments.dev]\n[environments.prod]\n",
    )
    .served();
    project.write("wrangler.toml", "name = \"w\"\n[env.dev]\n[env.prod]\n");
    project.run(&["run", "-e", "dev"]).exit(0);
    let id = project.api("GET", "/storage/kv/namespaces", &Json::Null)[0]["id"].as_str().unwrap().to_owned();
    let bound = format!(
        "name = \"w\"\n[env.dev]\n[env.prod]\nkv_namespaces = [{{ binding = \"CACHE\", id = \"{id}\" }}]\n"
    );
    project.write("wrangler.toml", &bound);
    let kept = project.run(&YES).exit(0);
    kept.kept("what another environments worker binds stays");
    assert_eq!(names(&project), ["shop-dev-CACHE"]);
}

#[test]
fn a_recipe_is_only_asked_what_it_names() {
    let project = shop().recipe(
        "if env::name != \"development\" { return; }\nlet db = d1::ensure(\"shop-db\");\ndb.migrate(\"nowhere\");\ndb.execute(\"DROP TABLE jobs\");\n\
         kv::delete(\"shop-OTHER\");\nlet ns = kv::ensure(\"shop-NS\");\nns.put(\"a\", db.id);\n\
         vectorize::ensure(\"shop-ix\", #{ dimensions: 4, metric: \"cosine\" });\n",
    );
    project.api("POST", "/d1/database", &json!({"name": "shop-db"}));
    project.api("POST", "/storage/kv/namespaces", &json!({"title": "shop-OTHER"}));
    // Another metric is in the way of a run, not of its end.
    let config = json!({"dimensions": 4, "metric": "euclidean"});
    project.api("POST", "/vectorize/v2/indexes", &json!({"name": "shop-ix", "config": config}));
    let done = project.report(&["destroy", "main", "-e", "dev", "--yes"]);
    assert_eq!(
        (&done["exit"], &done["summary"]["delete"], &done["summary"]["none"]),
        (&json!(0), &json!(2), &json!(1))
    );
    assert_eq!(names(&project), ["shop-OTHER"]);
}

#[test]
fn what_a_recipe_cannot_be_asked_is_said() {
    let project = shop().recipe(
        "if env::name != \"development\" { return; }\nlet ns = kv::ensure(\"shop-NS\");\nlet db = d1::ensure(\"shop-db\");\n\
         for row in db.query(\"SELECT 1 AS n\") { kv::ensure(`shop-${row.n}`); }\n",
    );
    project.api("POST", "/storage/kv/namespaces", &json!({"title": "shop-NS"}));
    let failed = project.run(&["destroy", "main", "-e", "dev", "--yes"]).exit(4);
    failed.kept("what a recipe cannot be asked is said");
    assert_eq!(names(&project), Vec::<String>::new());
}
