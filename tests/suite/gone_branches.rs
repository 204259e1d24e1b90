//! `sweep`: deletes resources of deleted branches, and keeps everything that could belong to anything else.

use super::project::{Project, ops};
use super::report_schema;
use super::stub_api::{KINDS, StandIn};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::process::Stdio;

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
[environments.preview]
alias = "pre"
naming = { template = "{app}-{env}-{branch}-{name}" }
"#;

fn shop() -> Project {
    Project::new(CONFIG).file("migrations/0001_jobs.sql", "CREATE TABLE jobs (title TEXT);\n").served()
}

fn make(project: &Project, branch: &str) {
    project.run(&["run", "-e", "preview", "--set", &format!("branch={branch}")]).exit(0);
}

/// What is left in the account, by name.
fn names(project: &Project) -> Vec<String> {
    let resources = project.account().resources().unwrap();
    let mut names: Vec<String> = resources.into_iter().map(|(_, resource)| resource.name).collect();
    names.sort();
    names
}

fn namespace(project: &Project, title: &str) {
    project.api("POST", "/storage/kv/namespaces", &json!({ "title": title }));
}

fn changes(project: &Project) -> usize {
    project.history().unwrap().iter().filter(|one| one.changed).count()
}

fn sweep<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["sweep", "-e", "preview"], more].concat()
}

#[test]
fn of_three_branches_the_one_that_is_kept_stays() {
    let project = shop();
    project.run(&["run", "-e", "dev"]).exit(0);
    for branch in ["pr-7", "pr-8", "7--a-db"] {
        make(&project, branch);
    }
    // One is closed as it should be.
    project.run(&["destroy", "-e", "preview", "--set", "branch=pr-8", "--yes"]).exit(0);
    make(&project, "pr-8");
    let kept = ["shop-dev-CACHE", "shop-dev-db", "shop-dev-files"];
    let of_seven = ["shop-pre-pr-7-CACHE", "shop-pre-pr-7-db", "shop-pre-pr-7-files"];
    let before = names(&project);
    project.run(&sweep(&["--keep", "pr-7,pr-9"])).exit(1).says(
        "sweep of provision -> preview (account 0123...cdef)\n\n\
         7--a-db                                      [TIME]\n  \
           - d1 shop-pre-7--a-db-db        to delete\n  \
           - r2 shop-pre-7--a-db-files     to delete\n  \
           - kv shop-pre-7--a-db-CACHE     to delete\n\
         pr-8                                         [TIME]\n  \
           - d1 shop-pre-pr-8-db           to delete\n  \
           - r2 shop-pre-pr-8-files        to delete\n  \
           - kv shop-pre-pr-8-CACHE        to delete\n\
         6 to delete in [TIME] ([N] reads, 0 writes)\n",
        "kept: `pr-7` (3), `pr-9` (nothing there)\n\
         not looked for: names that neither the project file nor the recipe has any more\n\
         error: nothing was deleted: there is nobody to ask\nhint: `--yes`\n\
         exit 1: nothing was changed\n",
    );
    assert_eq!(names(&project), before);
    let database = project.api("GET", "/d1/database/shop-pre-pr-8-db", &Json::Null);
    let path = format!("/d1/database/{}/query", database["uuid"].as_str().unwrap());
    project.api("POST", &path, &json!({"sql": "INSERT INTO jobs VALUES ('welder')"}));
    let refused = project.run(&sweep(&["--keep", "pr-7", "--yes"])).exit(1);
    refused.kept("of three branches the one that is kept stays");
    assert_eq!(names(&project), before);
    let done = project.report(&sweep(&["--keep", "pr-7", "--yes", "--with-data"]));
    report_schema::holds(&done);
    assert_eq!(
        (&done["exit"], &done["mode"], &done["summary"]["delete"]),
        (&json!(0), &json!("sweep"), &json!(6))
    );
    let first = &done["steps"][1]["ops"][0];
    assert_eq!((&first["logical"], &first["holds"]), (&json!("db"), &json!("rows in jobs")));
    let all: Vec<&str> = kept.into_iter().chain(of_seven).collect();
    assert_eq!(names(&project), all);
    let before = changes(&project);
    let again = project.report(&sweep(&["--keep", "pr-7", "--yes", "--with-data"]));
    assert_eq!((&again["exit"], &again["changed"], ops(&again).len()), (&json!(0), &json!(false), 0));
    assert_eq!(changes(&project), before);
    make(&project, "pr-7");
    assert_eq!(changes(&project), before, "what is kept is whole");
}

#[test]
fn what_two_branches_could_be_called_stays() {
    let project = Project::new(
        "app = \"shop\"\n[kv]\nnamespaces = [\"x\", \"b-x\"]\n[environments.preview]\n\
         naming = { template = \"{app}-{branch}-{name}\" }\n",
    )
    .served();
    // `b-x` of the branch `a`, or `x` of `a-b`.
    for title in ["shop-a-x", "shop-a-b-x", "shop-c-x", "shop-keep-b-x", "shop-keep-x"] {
        namespace(&project, title);
    }
    let swept = project.run(&sweep(&["--keep", "main", "--yes"])).exit(0);
    swept.kept("what two branches could be called stays");
    assert_eq!(names(&project), ["shop-a-b-x", "shop-keep-b-x"]);
    // Of which both are kept is in no doubt.
    let swept = project.run(&sweep(&["--keep", "a,a-b,keep", "--yes"])).exit(0);
    swept
        .kept("what two branches could be called stays, 2")
        .stderr("warning: names of `kv` have nothing but `shop` beside the branch: what another project in this account calls `shop-..` can look like a branch's; `{env}` in the template tells them apart\n\
             kept: `a` (1), `a-b` (1), `keep` (nothing there)\n\
             not looked for: names that neither the project file nor the recipe has any more\n");
    assert_eq!(names(&project), ["shop-a-b-x", "shop-keep-b-x"]);
}

#[test]
fn what_another_environment_could_be_called_stays() {
    let project = Project::new(
        "app = \"shop\"\n[kv]\nnamespaces = [\"db\"]\n[environments.preview]\n\
         naming = { template = \"{app}-{branch}-{name}\" }\n\
         [environments.old]\nnaming = { template = \"old-{branch}-{name}\" }\n\
         [environments.production]\nnaming = { template = \"{app}-{name}\" }\nkv = { namespaces = [\"live-db\"] }\n\
         [environments.staging]\nkv = { namespaces = [\"db\", \"x-db\"] }\n",
    )
    .served();
    let all = [
        "shop-staging-x-db",
        "shop-staging-y-db",
        "shop-live-db",
        "shop-production-db",
        "old-a-db",
        "shop-a-db",
    ];
    for title in all {
        namespace(&project, title);
    }
    project.run(&sweep(&["--keep", "main", "--yes"])).exit(0).says(
        "sweep of provision -> preview (account 0123...cdef)\n\n\
         a                                            [TIME]\n  \
           - kv shop-a-db                  deleted\n\
         kept for doubt                               [TIME]\n  \
           . kv shop-live-db               skipped    kept: it is `live-db` of `production`, too\n  \
           . kv shop-staging-x-db          skipped    kept: it is `x-db` of `staging`, too\n  \
           . kv shop-staging-y-db          skipped    kept: `staging` could give such a name\n\
         1 deleted, 3 skipped in [TIME] ([N] reads, 1 write)\n",
        "warning: names of `kv` have nothing but `shop` beside the branch: what another project in this account calls \
         `shop-..` can look like a branch's; `{env}` in the template tells them apart\n\
         kept: `main` (nothing there)\n\
         not looked for: names that neither the project file nor the recipe has any more\n\
         a                                            [TIME]\n  \
           - kv shop-a-db                  to delete\n\
         kept for doubt                               [TIME]\n  \
           . kv shop-live-db               skipped    kept: it is `live-db` of `production`, too\n  \
           . kv shop-staging-x-db          skipped    kept: it is `x-db` of `staging`, too\n  \
           . kv shop-staging-y-db          skipped    kept: `staging` could give such a name\n",
    );
    assert_eq!(names(&project).len(), 5);
}

#[test]
fn what_was_made_by_hand_and_is_no_branchs_is_not_looked_at() {
    let project = shop();
    make(&project, "a");
    let by_hand = [
        "shop-pre--CACHE",
        "shop-pre-A-CACHE",
        "shop-pre-CACHE",
        "shop-pre-a-CACHES",
        "shop-pre-a-OTHER",
        "shop-pre-a_b-CACHE",
        "shop-pre-dev-CACHE",
        "shop-pre-é-CACHE",
        "xshop-pre-a-CACHE",
    ];
    for title in by_hand {
        namespace(&project, title);
    }
    // A database is no namespace.
    project.api("POST", "/d1/database", &json!({"name": "shop-pre-a-CACHE"}));
    project
        .run(&sweep(&["--keep", "main", "--yes"]))
        .exit(0)
        .kept("what was made by hand and is no branchs is not looked at");
    let mut left = names(&project);
    assert_eq!(
        left.remove(left.iter().position(|name| name == "shop-pre-a-CACHE").unwrap()),
        "shop-pre-a-CACHE"
    );
    assert_eq!(left, by_hand);
}

#[test]
fn what_another_environments_worker_binds_stays() {
    let project = shop();
    make(&project, "a");
    let listed = project.api("GET", "/storage/kv/namespaces", &Json::Null);
    let id = listed[0]["id"].as_str().unwrap();
    project.write("larder.toml", &format!("wrangler = \"wrangler.toml\"\n{CONFIG}"));
    let bound = format!(
        "name = \"w\"\n[env.development]\nkv_namespaces = [{{ binding = \"CACHE\", id = \"{id}\" }}]\n\
         r2_buckets = [{{ binding = \"F\", bucket_name = \"shop-pre-a-files\" }}]\n"
    );
    project.write("wrangler.toml", &bound);
    let swept = project.run(&sweep(&["--keep", "main", "--yes"])).exit(0);
    swept.kept("what another environments worker binds stays");
    assert_eq!(names(&project), ["shop-pre-a-CACHE", "shop-pre-a-files"]);
}

#[test]
fn a_bucket_goes_in_the_jurisdiction_in_which_it_is_made() {
    let config =
        CONFIG.replace("buckets = [\"files\"]", "buckets = { files = { jurisdiction = \"eu\" }, logs = {} }");
    let project = Project::new(&config).file("migrations/0001_jobs.sql", "CREATE TABLE jobs (a);\n").served();
    make(&project, "a");
    project.api("POST", "/r2/buckets", &json!({"name": "shop-pre-a-files"}));
    let swept = project.run(&sweep(&["--keep", "main", "--yes"])).exit(0);
    swept.kept("a bucket goes in the jurisdiction in which it is made");
    assert_eq!(names(&project), ["shop-pre-a-files"]);
    assert_eq!(project.api("GET", "/r2/buckets/shop-pre-a-files", &Json::Null)["jurisdiction"], "default");
}

#[test]
fn names_of_the_recipe_count_and_steps_that_are_left_out_too() {
    let project = Project::new(&format!("steps = [\"d1\"]\n{CONFIG}"))
        .file("migrations/0001_jobs.sql", "CREATE TABLE jobs (a);\n")
        .recipe("kv::ensure(name(\"kv\", \"EXTRA\"));\nkv::ensure(\"raw-\" + env::branch);\n")
        .served();
    make(&project, "a");
    project.run(&["run", "main", "-e", "preview", "--set", "branch=a"]).exit(0);
    namespace(&project, "shop-pre-a-CACHE");
    project.run(&[&sweep(&["--keep", "main", "--yes"])[..], &["main"]].concat()).exit(0);
    assert_eq!(names(&project), ["raw-a"]);
}

/// It asks every environment for its folder, and one for each branch has none of its own.
#[test]
fn a_project_with_branches_gets_its_next_migration() {
    let project = shop();
    project.run(&["migrations", "new", "more"]).exit(0).stdout("migrations/0002_more.sql\n");
}

const PROTECTED: &str = "app = \"shop\"\n[kv]\nnamespaces = [\"A\"]\n[environments.preview]\nprotected = true\n\
    naming = { template = \"{app}-{env}-{branch}-{name}\" }\n";

#[test]
fn a_protected_environment_must_be_confirmed() {
    let project = Project::new(PROTECTED).served();
    namespace(&project, "shop-preview-a-A");
    project.run(&sweep(&["--keep", "b", "--yes"])).exit(1).kept("a protected environment must be confirmed");
    project.run(&sweep(&["--keep", "b", "--yes", "--confirm", "prod"])).exit(2);
    assert_eq!(names(&project).len(), 1);
    project.run(&sweep(&["--keep", "b", "--yes", "--confirm", "preview"])).exit(0);
    assert_eq!(names(&project), Vec::<String>::new());
}

#[test]
fn what_cannot_be_swept_is_refused_before_anything_is_sent() {
    let project =
        shop().file("none.txt", "").file("comments.txt", "# pr-7\n\n").file("bad.txt", "pr-7\nfeat/x\n");
    for arguments in [
        &["-e", "dev", "--keep", "a"][..],
        &["-e", "preview"],
        &["-e", "preview", "--keep", ""],
        &["-e", "preview", "--keep", "a", "--keep-file", "none.txt"],
        &["-e", "preview", "--keep-file", "comments.txt"],
        &["-e", "preview", "--keep-file", "-"],
        &["-e", "preview", "--keep-file", "gone.txt"],
        &["-e", "preview", "--keep-file", "bad.txt"],
        &["-e", "preview", "--keep", "feat/x"],
        &["-e", "preview", "--keep", "a", "--set", "branch=b"],
        &["--keep", "a"],
    ] {
        let arguments = [&["sweep", "--yes"], arguments].concat();
        let title =
            format!("what cannot be swept is refused before anything is sent: {}", arguments[2..].join(" "));
        project.run(&arguments).exit(2).kept(&title);
    }
    assert_eq!(project.history().unwrap().len(), 0);
}

#[test]
fn names_that_do_not_show_their_branch_are_refused() {
    let project = |template: &str, recipe: &str| {
        let config = CONFIG.replace("{app}-{env}-{branch}-{name}", template);
        Project::new(&config)
            .file("migrations/0001_jobs.sql", "CREATE TABLE jobs (a);\n")
            .recipe(recipe)
            .served()
    };
    let all = "for logical in config::kv.namespaces { kv::ensure(name(\"kv\", logical)); }\n";
    for template in ["{branch}-{name}", "{app}-{branch}{name}", "x-{branch}-{name}"] {
        let project = project(template, all);
        namespace(&project, "x-a-CACHE");
        let refused = project.run(&[&sweep(&["--keep", "main", "--yes"])[..], &["main"]].concat()).exit(2);
        refused.kept(&format!("names that do not show their branch are refused: {template}"));
        assert_eq!(changes(&project), 1);
    }
    let own = format!("fn real_name(kind, logical, env) {{ `shop-${{env.branch}}-${{logical}}` }}\n{all}");
    let refused = project("{app}-{branch}-{name}", &own);
    let refused = refused.run(&[&sweep(&["--keep", "main", "--yes"])[..], &["main"]].concat()).exit(2);
    refused.stderr(
        "error: the recipe gives names by its own `real_name`, which says nothing of the branch of a name\n\
         hint: put the templates into `[naming]`, or remove each branch with `larder destroy --set branch=NAME`\n\
         exit 2: nothing was changed\n",
    );
}

#[test]
fn the_list_comes_from_standard_input() {
    let project = shop();
    make(&project, "pr-7");
    make(&project, "pr-8");
    let mut command = project.command(&sweep(&["--keep-file", "-", "--yes"]));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"pr-7\r\nmain # always\r\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(&project), ["shop-pre-pr-7-CACHE", "shop-pre-pr-7-db", "shop-pre-pr-7-files"]);
}

#[test]
fn it_works_on_the_local_account() {
    let project = Project::new(CONFIG).file("migrations/0001_jobs.sql", "CREATE TABLE jobs (a);\n");
    project.run(&["run", "-e", "preview", "--set", "branch=a", "--local"]).exit(0);
    project.run(&sweep(&["--local", "--keep", "a", "--yes"])).exit(0).kept("it works on the local account");
    project
        .run(&sweep(&["--local", "--keep", "b", "--yes"]))
        .exit(0)
        .kept("it works on the local account, 2");
    assert_eq!(project.local().resources().unwrap().len(), 0);
}

#[test]
fn it_works_on_a_server_of_another_make() {
    let stand_in = StandIn::new(|_, _| None);
    let project = stand_in.serves(Project::new(&CONFIG.replace("migrations = \"migrations\"\n", "")));
    for (kind, name) in
        [(0, "shop-pre-a-CACHE"), (0, "shop-pre-b-CACHE"), (1, "shop-pre-a-files"), (4, "shop-pre-a-db")]
    {
        let kind = KINDS[kind];
        stand_in.look(|holds| holds.make(kind, &json!({ kind.name: name })));
    }
    project
        .run(&sweep(&["--keep", "b", "--yes", "--with-data"]))
        .exit(0)
        .kept("it works on a server of another make");
    let left = stand_in
        .look(|holds| holds.things.iter().map(|(_, thing)| thing["title"].clone()).collect::<Vec<_>>());
    assert_eq!(left, [json!("shop-pre-b-CACHE")]);
}

#[test]
fn what_fails_is_told_and_swept_the_next_time() {
    let project = shop();
    make(&project, "a");
    make(&project, "b");
    let before = project.history().unwrap().len();
    project.run(&sweep(&["--keep", "main"])).exit(1);
    let reads = project.history().unwrap().len() - before;
    let number = u64::try_from(project.history().unwrap().len() + reads + 2).unwrap();
    // Before the first deletion the account is looked at once more.
    project.account().inject(Fault {
        kind: FaultKind::Denied,
        effect: FaultEffect::NotApplied,
        strike: FaultTarget::Request(number),
    });
    project
        .run(&sweep(&["--keep", "main", "--yes"]))
        .exit(4)
        .kept("what fails is told and swept the next time");
    assert_eq!(names(&project), ["shop-pre-a-db"]);
    project
        .run(&sweep(&["--keep", "main", "--yes"]))
        .exit(0)
        .kept("what fails is told and swept the next time, 2");
    assert_eq!(names(&project), Vec::<String>::new());
}

#[test]
fn a_recipe_that_reads_what_a_branch_has_is_asked_up_to_there() {
    let project = shop().recipe(
        "let db = d1::ensure(name(\"d1\", \"db\"));\ndb.execute(\"CREATE TABLE IF NOT EXISTS t (a)\");\n\
         for row in db.query(\"SELECT a FROM t\") { log(row); }\n\
         kv::ensure(name(\"kv\", \"CACHE\"));\nkv::ensure(name(\"kv\", \"LATE\"));\n",
    );
    project.run(&["run", "main", "-e", "preview", "--set", "branch=a"]).exit(0);
    let swept = project.run(&[&sweep(&["--keep", "main", "--yes"])[..], &["main"]].concat()).exit(0);
    swept.kept("a recipe that reads what a branch has is asked up to there");
    assert_eq!(names(&project), ["shop-pre-a-LATE"]);
}

#[test]
fn a_listing_that_is_refused_ends_it() {
    let project = shop();
    make(&project, "a");
    let project = project
        .served_with(std::time::Duration::ZERO, Some(&["D1 Read", "D1 Write", "Workers R2 Storage Read"]));
    project.run(&sweep(&["--keep", "main", "--yes"])).exit(1).kept("a listing that is refused ends it");
}
