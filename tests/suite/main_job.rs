//! The main job: the example app, provisioned on the local account, again, and in every environment.

use super::project::{PLAIN, Project, ops};
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

const RUN: [&str; 4] = ["run", "-e", "development", "--local"];
const NAMESPACES: [&str; 6] =
    ["JOB_ANALYSIS_CACHE", "SESSIONS", "RATE_LIMITS", "OAUTH_STATES", "EMBEDDINGS_CACHE", "AI_GATEWAY_CACHE"];
const MIGRATIONS: usize = 6;
const STEPS: usize = 5;

fn served_example() -> Project {
    Project::example().served()
}

#[test]
fn the_first_run_makes_everything() {
    let project = served_example();
    let report = project.report(&["run", "-e", "development"]);
    assert_eq!(
        (&report["schema"], &report["exit"], &report["changed"]),
        (&json!("larder.report/1"), &json!(0), &json!(true))
    );
    super::report_schema::holds(&report);
    assert_eq!(report["summary"]["create"], 12);
    assert_eq!(report["summary"]["apply"], 6);
    let titles = project.api("GET", "/storage/kv/namespaces?order=title", &Json::Null);
    let mut titles: Vec<&str> =
        titles.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
    let mut expected = NAMESPACES;
    titles.sort_unstable();
    expected.sort_unstable();
    assert_eq!(titles, expected);
    let buckets = project.api("GET", "/r2/buckets", &Json::Null);
    let buckets: Vec<&str> =
        buckets["buckets"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(buckets, ["jobmatch-ai-dev-avatars", "jobmatch-ai-dev-exports", "jobmatch-ai-dev-resumes"]);
    let index = project.api("GET", "/vectorize/v2/indexes/jobmatch-ai-dev", &Json::Null);
    assert_eq!(index["config"], json!({"dimensions": 768, "metric": "cosine"}));
    let gateway = project.api("GET", "/ai-gateway/gateways/jobmatch-ai-gateway-dev", &Json::Null);
    let fields = ["cache_ttl", "rate_limiting_limit", "rate_limiting_interval", "rate_limiting_technique"];
    assert_eq!(
        fields.map(|field| gateway[field].clone()),
        [json!(3600), json!(100), json!(60), json!("sliding")]
    );
    let database = project.api("GET", "/d1/database/jobmatch-ai-dev-db", &Json::Null);
    let sql = "SELECT (SELECT count(*) FROM d1_migrations) AS files, \
               (SELECT count(*) FROM pragma_table_info('users') WHERE name = 'email_verified') AS col, \
               (SELECT count(*) FROM sqlite_master WHERE type = 'trigger') AS triggers";
    let path = format!("/d1/database/{}/query", database["uuid"].as_str().unwrap());
    let rows = project.api("POST", &path, &json!({ "sql": sql }));
    assert_eq!(rows[0]["results"][0], json!({"files": 6, "col": 1, "triggers": 2}));
}

#[test]
fn a_second_process_on_the_same_folder_writes_nothing() {
    let project = Project::example();
    project.run(&RUN).exit(0);
    let before = project.local().digest().unwrap();
    let report = project.report(&RUN);
    assert!(
        ops(&report).iter().all(|(.., action, status)| action == "none" && status == "done"),
        "{report:#}"
    );
    assert_eq!((&report["changed"], &report["requests"]["writes"]), (&json!(false), &json!(0)));
    assert_eq!(project.local().digest().unwrap(), before);
}

#[test]
fn environments_are_apart_and_the_gateway_is_shared() {
    let project = Project::example();
    project.run(&RUN).exit(0);
    let staging = project.report(&["run", "-e", "staging", "--local"]);
    let made: Vec<_> = ops(&staging).into_iter().filter(|(_, call, ..)| call == "kv::ensure").collect();
    assert_eq!(made[1].2, "staging-SESSIONS");
    assert!(made.iter().all(|(.., action, _)| action == "create"));
    let gateway = |report: &Json| {
        let steps = report["steps"].as_array().unwrap().clone();
        steps
            .iter()
            .flat_map(|step| step["ops"].as_array().unwrap().clone())
            .find(|op| op["service"] == "ai_gateway")
    };
    let shared = gateway(&staging).unwrap();
    assert_eq!((&shared["shared"], &shared["action"]), (&json!(true), &json!("none")));
    let production = project.report(&["run", "-e", "prod", "--local"]);
    let order: Vec<&str> =
        production["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(order, ["d1", "kv", "r2", "vectorize", "ai_gateway"]);
    project
        .run(&["run", "-e", "prod", "--local"])
        .exit(0)
        .kept("environments are apart and the gateway is shared");
}

/// Beyond the waits themselves: starting the process, opening SQLite files, a busy machine.
const CONSTANT: Duration = Duration::from_secs(1);

/// Holds one of three attempts to the bounds: the tests beside it may take the processors for a while.
fn wall_times(latency: Duration) {
    // The last of them asks for the account, once, before the first write.
    let rounds = u32::try_from(STEPS + MIGRATIONS + 4).unwrap();
    let most = (latency * rounds + CONSTANT, latency.mul_f64(3.5) + CONSTANT);
    let mut took = Vec::new();
    while took.len() < 3 {
        let project = Project::example();
        let (first, second) = (timed(&project, latency), timed(&project, latency));
        if first <= most.0 && second <= most.1 {
            return;
        }
        took.push((first, second));
    }
    panic!("at {latency:?} the first and second runs took {took:?}, at most {most:?}");
}

fn timed(project: &Project, latency: Duration) -> Duration {
    let milliseconds = format!("{}ms", latency.as_millis());
    let mut arguments = RUN.to_vec();
    arguments.extend(["--latency", &milliseconds]);
    let begun = Instant::now();
    project.run(&arguments).exit(0);
    begun.elapsed()
}

#[test]
fn wall_time_is_a_few_round_trips_at_80_ms() {
    wall_times(Duration::from_millis(80));
}

#[test]
fn wall_time_is_a_few_round_trips_at_400_ms() {
    wall_times(Duration::from_millis(400));
}

#[test]
fn six_namespaces_are_under_way_at_once() {
    let project = Project::example().served_with(Duration::from_millis(200), None);
    project.run(&["run", "-e", "development"]).exit(0);
    let history = project.account().history();
    let creates: Vec<_> = history
        .iter()
        .filter(|one| one.method == "POST" && one.path.ends_with("/storage/kv/namespaces"))
        .collect();
    assert_eq!(creates.len(), NAMESPACES.len());
    let last_received = creates.iter().map(|one| one.received).max().unwrap();
    let first_answered = creates.iter().map(|one| one.answered.unwrap()).min().unwrap();
    assert!(last_received < first_answered, "{last_received:?} {first_answered:?}");
}

#[test]
fn the_custom_recipe_reorders_renames_and_adds() {
    let project = served_example();
    let report = project.report(&["run", "custom", "-e", "development"]);
    assert_eq!(report["exit"], 0, "{report:#}");
    let steps: Vec<(&str, u64)> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["name"].as_str().unwrap(), step["group"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        steps.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["database", "caches", "files", "search"]
    );
    assert_eq!(steps[1].1, steps[2].1, "caches and files run together");
    assert_eq!(report["outputs"], json!({"backups": "jm-backups-development"}));
    let bucket = project.api("GET", "/r2/buckets/jm-backups-development", &Json::Null);
    assert_eq!(bucket["storage_class"], "InfrequentAccess");
}

#[test]
fn an_index_with_other_dimensions_is_refused_field_by_field() {
    let index = json!({"name": "jobmatch-ai-dev", "config": {"dimensions": 1024, "metric": "cosine"}});
    let project = served_example();
    project.api("POST", "/vectorize/v2/indexes", &index);
    let report = project.report(&["run", "-e", "development"]);
    assert_eq!((&report["exit"], &report["changed"]), (&json!(1), &json!(false)));
    project
        .run(&["run", "-e", "development"])
        .exit(1)
        .kept("an index with other dimensions is refused field by field");
    let only = Project::example().file(
        "recipes/only.rhai",
        "import \"std/provision\" as base;\nstep(\"vectorize\", || base::vectorize_indexes());\n",
    );
    let only = only.served();
    only.api("POST", "/vectorize/v2/indexes", &index);
    only.run(&["run", "only", "-e", "development"]).exit(1);
    let after = only.api("GET", "/vectorize/v2/indexes", &Json::Null);
    assert_eq!((after.as_array().unwrap().len(), &after[0]["config"]["dimensions"]), (1, &json!(1024)));
    assert!(only.account().history().iter().all(|one| one.method != "DELETE"));
}

#[test]
fn a_location_that_differs_is_a_note_and_a_jurisdiction_is_a_conflict() {
    let recipe = "r2::ensure(\"hinted\", #{ location: \"apac\" });\n";
    let project = Project::new(PLAIN).recipe(recipe).served();
    project.api("POST", "/r2/buckets", &json!({"name": "hinted", "locationHint": "weur"}));
    project
        .run(&["run", "main", "-e", "dev"])
        .exit(0)
        .kept("a location that differs is a note and a jurisdiction is a conflict");
    project.write("recipes/main.rhai", "r2::ensure(\"cold\", #{ storage_class: \"InfrequentAccess\" });\n");
    project
        .run(&["run", "main", "-e", "dev"])
        .exit(0)
        .kept("a location that differs is a note and a jurisdiction is a conflict, 2");
    project
        .run(&["run", "main", "-e", "dev"])
        .exit(0)
        .kept("a location that differs is a note and a jurisdiction is a conflict, 3");
    project.write("recipes/main.rhai", "r2::ensure(\"hinted\", #{ jurisdiction: \"eu\" });\n");
    project
        .run(&["run", "main", "-e", "dev"])
        .exit(1)
        .kept("a location that differs is a note and a jurisdiction is a conflict, 4");
}

#[test]
fn a_broken_migration_is_found_before_any_is_sent() {
    let project = with_a_broken_migration();
    project.run(&RUN).exit(1).kept("a broken migration is found before any is sent");
    assert_eq!(project.local().resources().unwrap().len(), 0);
    mend(&project);
    project.run(&RUN).exit(0);
    assert_eq!(counted(&project, "SELECT count(*) AS n FROM d1_migrations"), "6\n");
}

#[test]
fn a_migration_that_fails_on_the_data_stops_there_and_the_next_run_goes_on() {
    let project = Project::example();
    project.write(
        "recipes/tags.rhai",
        "d1::ensure(name(\"d1\", \"db\")).execute(\"CREATE TABLE tags (name); INSERT INTO tags VALUES ('a'), ('a')\");\n",
    );
    project.run(&["run", "tags", "-e", "development", "--local"]).exit(0);
    in_order(&project, "\"d1\", \"kv\"");
    let unique = "workers/migrations/0007_unique_tags.sql";
    project.write(unique, "CREATE TABLE half_way (a);\nCREATE UNIQUE INDEX one_tag ON tags (name);\n");
    project.run(&RUN).exit(4).kept("a migration that fails on the data stops there and the next run goes on");
    assert_eq!(counted(&project, "SELECT count(*) AS n FROM d1_migrations"), "6\n");
    assert_eq!(counted(&project, "SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half_way'"), "0\n");
    project.write(unique, "CREATE INDEX tags_by_name ON tags (name);\n");
    project
        .run(&RUN)
        .exit(0)
        .kept("a migration that fails on the data stops there and the next run goes on, 2");
    assert_eq!(counted(&project, "SELECT count(*) AS n FROM d1_migrations"), "7\n");
}

fn with_a_broken_migration() -> Project {
    let project = Project::example();
    project.write(
        "workers/migrations/0004_email_verified.sql",
        "ALTER TABLE users ADD COLUMN a INTEGER;\nALTER TABLE nope ADD COLUMN b;\n",
    );
    in_order(&project, "\"d1\", \"kv\"");
    project
}

/// Gives the example these steps.
fn in_order(project: &Project, steps: &str) {
    let all = "steps = [\"kv\", \"r2\", \"vectorize\", \"ai_gateway\", \"d1\"]";
    let config = project_text(project).replace(all, &format!("steps = [{steps}]"));
    project.write("larder.toml", &config);
}

fn mend(project: &Project) {
    project.write(
        "workers/migrations/0004_email_verified.sql",
        "ALTER TABLE users ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 0;\n",
    );
}

/// `n` of the only row that this query gives in the example's database.
fn counted(project: &Project, sql: &str) -> String {
    let expression = format!("d1::find(\"jobmatch-ai-dev-db\").query({sql:?})[0].n");
    project.run(&["eval", "--local", &expression]).exit(0).stdout
}

fn project_text(project: &Project) -> String {
    larder::system::files::read_text(&project.path().join("larder.toml"), 1 << 20).unwrap()
}

#[test]
fn the_bound_database_is_migrated_and_no_second_one_made() {
    for (file, text) in [
        (
            "wrangler.toml",
            "name = \"w\"\n[env.development]\nd1_databases = [{ binding = \"DB\", database_name = \"jobmatch-db\" }]\n",
        ),
        (
            "wrangler.json",
            "{\"name\": \"w\", \"env\": {\"development\": {\"d1_databases\": [{\"binding\": \"DB\", \"database_name\": \"jobmatch-db\"}]}}}",
        ),
        (
            "wrangler.jsonc",
            "{ // the Worker\n\"name\": \"w\", \"env\": {\"development\": {\"d1_databases\": [{\"binding\": \"DB\", \"database_name\": \"jobmatch-db\"},]}}}",
        ),
    ] {
        let project = served_example();
        let config = project_text(&project).replace("workers/wrangler.toml", &format!("workers/{file}"));
        project.write("larder.toml", &config);
        project.write(&format!("workers/{file}"), text);
        let database = project.api("POST", "/d1/database", &json!({"name": "jobmatch-db"}));
        let query = format!("/d1/database/{}/query", database["uuid"].as_str().unwrap());
        project.api("POST", &query, &json!({"sql": "CREATE TABLE kept (a); INSERT INTO kept VALUES (7);"}));
        project.run(&["run", "-e", "development"]).exit(0);
        let all = project.api("GET", "/d1/database", &Json::Null);
        assert_eq!(all.as_array().unwrap().len(), 1, "{file}");
        let rows = project.api(
            "POST",
            &query,
            &json!({"sql": "SELECT a, (SELECT count(*) FROM d1_migrations) AS n FROM kept"}),
        );
        assert_eq!(rows[0]["results"][0], json!({"a": 7, "n": 6}), "{file}");
    }
}

#[test]
fn names_at_odds_with_the_worker_are_refused_before_the_first_write() {
    let project = served_example();
    project.write(
        "workers/wrangler.toml",
        "name = \"w\"\n[env.development]\nd1_databases = [{ binding = \"DB\", database_name = \"jobmatch-db\" }]\n",
    );
    project.write("recipes/own.rhai", "kv::ensure(\"FIRST\");\nd1::ensure(name(\"d1\", \"db\"));\n");
    let output = project.run(&["run", "own", "-e", "development"]).exit(1);
    output.kept("names at odds with the worker are refused before the first write");
    assert!(project.account().history().iter().all(|one| !one.changed));
}

#[test]
fn a_namespace_bound_by_its_id_is_taken() {
    let project = Project::new(
        "app = \"app\"\nwrangler = \"wrangler.toml\"\n[kv]\nnamespaces = [\"CACHE\"]\n[environments.development]\n",
    );
    let project = project.served();
    let made = project.api("POST", "/storage/kv/namespaces", &json!({"title": "made by hand"}));
    let id = made["id"].as_str().unwrap();
    let config =
        |id: &str| format!("[env.development]\nkv_namespaces = [{{ binding = \"CACHE\", id = \"{id}\" }}]\n");
    project.write("wrangler.toml", &config(id));
    let report = project.report(&["run", "-e", "development"]);
    assert_eq!(ops(&report), [("kv", "kv::ensure", "made by hand", "none", "done")].map(own));
    project.write("wrangler.toml", &config("0123456789abcdef0123456789abcdef"));
    project.run(&["run", "-e", "development"]).exit(1).kept("a namespace bound by its id is taken");
}

fn own(op: (&str, &str, &str, &str, &str)) -> (String, String, String, String, String) {
    (op.0.into(), op.1.into(), op.2.into(), op.3.into(), op.4.into())
}

#[test]
fn a_plan_says_what_a_run_would_do_and_does_nothing() {
    let project = Project::example();
    let plan = ["plan", "-e", "development", "--local", "--exit-code"];
    let empty = project.local().digest().unwrap();
    project.run(&plan).exit(3).kept("a plan says what a run would do and does nothing");
    assert_eq!(project.local().digest().unwrap(), empty);
    project.run(&RUN).exit(0);
    project.run(&plan).exit(0);
    let recipe = "let ns = kv::ensure(\"NEW\");\nns.put(\"a\", \"b\", #{ ttl: 60 });\nlog(ns.keys());\n";
    project.write("recipes/reads.rhai", recipe);
    let report = project.report(&["plan", "reads", "-e", "development", "--local"]);
    assert_eq!((&report["complete"], &report["exit"]), (&json!(false), &json!(0)), "{report:#}");
    project
        .run(&["plan", "reads", "-e", "development", "--local"])
        .kept("a plan says what a run would do and does nothing, 2");
}
