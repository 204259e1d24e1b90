//! Folders and ledgers that do not match: each case is refused with its own message and way out.

use super::project::{Output, PLAIN, Project};
use super::report_schema;
use serde_json::{Value as Json, json};

const A: &str = "CREATE TABLE a (x);\n";
const B: &str = "CREATE TABLE b (x);\n";
const C: &str = "CREATE TABLE c (x);\n";

/// A served project with `0001_a.sql` and `0003_c.sql` applied.
fn migrated() -> Project {
    let config = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\n");
    let project = Project::new(&config).file("m/0001_a.sql", A).file("m/0003_c.sql", C).served();
    project.run(&["run", "-e", "dev"]).exit(0);
    project
}

fn remove(project: &Project, name: &str) {
    larder::system::files::remove_file(&project.path().join("m").join(name)).unwrap();
}

/// Runs SQL as somebody else would.
fn sql(project: &Project, sql: &str) -> Json {
    let databases = project.api("GET", "/d1/database", &Json::Null);
    let id = databases[0]["uuid"].as_str().unwrap();
    project.api("POST", &format!("/d1/database/{id}/query"), &json!({ "sql": sql }))
}

/// The run is refused with these words, and nothing is written.
#[track_caller]
fn refused(project: &Project, message: &str, hint: &str) {
    let before = project.account().history().len();
    project.write("recipes/main.rhai", "d1::ensure(\"jobs\").migrate(\"m\");\n");
    let output = project.run(&["run", "main", "-e", "dev"]).exit(1);
    let at = " --> recipes/main.rhai:1:20\n  |\n1 | d1::ensure(\"jobs\").migrate(\"m\");\n  |                    ^^^^^^^\n  |\n";
    let error = format!("error: {message}\n{at}  = help: {hint}\nexit 1: nothing was changed\n");
    assert_eq!(output.stderr, error);
    assert!(project.account().history()[before..].iter().all(|exchanged| !exchanged.changed));
}

fn status(project: &Project) -> Output {
    let output = project.run(&["migrations", "status", "-e", "dev", "--exit-code"]);
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").unwrap();
    Output { stdout: time.replace_all(&output.stdout, "[WHEN]").into_owned(), ..output }
}

#[test]
fn what_fits_is_told_file_by_file() {
    let project = migrated();
    status(&project).exit(0).says(
        "jobs -> jobs: 2 applied\n  applied       0001_a.sql  [WHEN]\n  applied       0003_c.sql  [WHEN]\n",
        "",
    );
    project.write("m/0004_d.sql", "SELECT 1;");
    status(&project).exit(3).says(
        "jobs -> jobs: 2 applied, 1 pending\n  applied       0001_a.sql  [WHEN]\n  \
         applied       0003_c.sql  [WHEN]\n  pending       0004_d.sql\n",
        "",
    );
    project.run(&["migrations", "status", "-e", "dev"]).exit(0);
    project
        .run(&["migrations", "status", "nobody", "-e", "dev"])
        .exit(2)
        .says("", "error: the project has no database `nobody` with migrations\nhint: it has: `jobs`\n");
}

#[test]
fn an_edited_file_is_refused() {
    let project = migrated();
    project.write("m/0001_a.sql", "CREATE TABLE a (x, y);\n");
    let message = "applied to `jobs` with another text than `m` has now: `0001_a.sql`";
    let hint = "bring the applied text back and put the change into a new file; if the change has no effect, `larder \
         migrations repair -e development --edited 0001_a.sql` takes the present text for the applied one";
    refused(&project, message, hint);
    status(&project).exit(3).says(
        "jobs -> jobs: 1 edited, 1 applied\n  edited        0001_a.sql  [WHEN]\n  applied       0003_c.sql  [WHEN]\n",
        &format!("{message}\nhint: {hint}\n"),
    );
    // With other line ends it is the same text.
    project.write("m/0001_a.sql", &format!("\u{feff}{}", A.replace('\n', "\r\n")));
    status(&project).exit(0);
}

#[test]
fn a_renamed_file_is_refused() {
    let project = migrated();
    remove(&project, "0003_c.sql");
    project.write("m/0002_c.sql", C);
    let message = "applied to `jobs` under another name than in `m`: `0003_c.sql`, now `0002_c.sql`";
    let hint = "give it its old name again, or `larder migrations repair -e development --renamed 0003_c.sql` records the new one";
    refused(&project, message, hint);
    status(&project).exit(3).says(
        "jobs -> jobs: 1 applied, 1 renamed\n  applied       0001_a.sql  [WHEN]\n  \
         renamed       0002_c.sql  applied as 0003_c.sql\n",
        &format!("{message}\nhint: {hint}\n"),
    );
}

#[test]
fn a_missing_file_is_refused() {
    let project = migrated();
    remove(&project, "0001_a.sql");
    let message = "applied to `jobs` but missing in `m`: `0001_a.sql`";
    let hint = "bring the file back from version control: removing it does not take it back; if it was removed on \
         purpose, `larder migrations repair -e development --removed 0001_a.sql` forgets it";
    refused(&project, message, hint);
    status(&project).exit(3).kept("a missing file is refused");
}

#[test]
fn histories_that_part_are_refused() {
    let project = migrated();
    remove(&project, "0003_c.sql");
    project.write("m/0003_d.sql", "CREATE TABLE d (x);\n");
    refused(
        &project,
        "the histories of `jobs` and `m` part after `0001_a.sql`: the database has `0003_c.sql`, the folder `0003_d.sql`",
        "bring in the branch whose files the database has, and give `0003_d.sql` a number after them",
    );
    status(&project).exit(3).kept("histories that part are refused");
}

/// By the name alone, since nobody knows the text: whoever gave it another number instead would run it twice.
#[test]
fn what_another_tool_has_applied_may_have_been_renamed() {
    let config = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\n");
    let project = Project::new(&config).file("m/0001_a.sql", A).served();
    project.run(&["run", "-e", "dev"]).exit(0);
    sql(
        &project,
        "CREATE TABLE seeds (x); INSERT INTO seeds VALUES (1); INSERT INTO d1_migrations (name) VALUES ('0002_seed.sql')",
    );
    project.write("m/0002_seeds.sql", "INSERT INTO seeds VALUES (1);\n");
    let old_name = "a file that was only renamed gets its old name again, or it is run twice: the text of `0002_seed.sql` is not known, \
                    since another tool has applied it; else ";
    refused(
        &project,
        "the histories of `jobs` and `m` part after `0001_a.sql`: the database has `0002_seed.sql`, the folder `0002_seeds.sql`",
        &format!(
            "{old_name}bring in the branch whose files the database has, and give `0002_seeds.sql` a number after them"
        ),
    );
    sql(&project, "INSERT INTO d1_migrations (name) VALUES ('0003_c.sql')");
    project.write("m/0003_c.sql", C);
    let forget = "bring the file back from version control: removing it does not take it back; if it was removed on \
         purpose, `larder migrations repair -e development --removed 0002_seed.sql` forgets it";
    let missing = "applied to `jobs` but missing in `m`: `0002_seed.sql`";
    refused(&project, missing, &format!("{old_name}{forget}"));
    // Where the folder has nothing that it could be, it was removed.
    remove(&project, "0002_seeds.sql");
    refused(&project, missing, forget);
    // What the hint says.
    project.write("m/0002_seed.sql", "INSERT INTO seeds VALUES (1);\n");
    project
        .run(&["run", "main", "-e", "dev"])
        .exit(0)
        .kept("what another tool has applied may have been renamed");
}

#[test]
fn a_row_that_wranglers_table_lacks_is_refused() {
    let project = migrated();
    sql(&project, "DELETE FROM d1_migrations WHERE name = '0003_c.sql'");
    refused(
        &project,
        "recorded in `larder_migrations` of `jobs` but not in `d1_migrations`: `0003_c.sql`",
        "find out who removed the row; if the file is applied, `larder migrations repair -e development --unrecorded 0003_c.sql` puts \
         it back",
    );
    status(&project).exit(3).kept("a row that wranglers table lacks is refused");
}

#[test]
fn a_file_that_comes_late_is_refused_unless_it_is_allowed() {
    let project = migrated();
    project.write("m/0002_b.sql", B);
    let message = "`0002_b.sql` is not applied to `jobs`, but `0003_c.sql`, which sorts after it, is";
    let hint = "give it a number after the last one that is applied, or apply it late with `larder run -e development --allow-out-of-order`";
    refused(&project, message, hint);
    status(&project).exit(3).says(
        "jobs -> jobs: 2 applied, 1 out of order\n  applied       0001_a.sql  [WHEN]\n  out of order  0002_b.sql\n  \
         applied       0003_c.sql  [WHEN]\n",
        &format!("{message}\nhint: {hint}\n"),
    );
    project
        .run(&["plan", "-e", "dev", "--allow-out-of-order"])
        .exit(0)
        .kept("a file that comes late is refused unless it is allowed");
    project
        .run(&["run", "-e", "dev", "--allow-out-of-order"])
        .exit(0)
        .kept("a file that comes late is refused unless it is allowed, 2");
    // It is recorded late, and never spoken of again.
    project.run(&["run", "-e", "dev"]).exit(0);
    status(&project).exit(0).kept("a file that comes late is refused unless it is allowed, 3");
    sql(&project, "SELECT x FROM b");
}

#[test]
fn the_project_file_may_allow_what_comes_late() {
    let project = migrated();
    project.write("m/0002_b.sql", B);
    let config = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\nallow_out_of_order = true\n");
    project.write("larder.toml", &config);
    status(&project).exit(3).kept("the project file may allow what comes late");
    project.run(&["run", "-e", "dev"]).exit(0).kept("the project file may allow what comes late, 2");
    status(&project).exit(0);
}

#[test]
fn what_wrangler_has_applied_late_is_nobodys_trouble() {
    let project = migrated();
    project.write("m/0002_b.sql", B);
    sql(&project, &format!("{B}\nINSERT INTO \"d1_migrations\" (name)\nvalues ('0002_b.sql');"));
    project.run(&["run", "-e", "dev"]).exit(0).kept("what wrangler has applied late is nobodys trouble");
    status(&project).exit(0).kept("what wrangler has applied late is nobodys trouble, 2");
}

#[test]
fn a_table_that_is_no_ledger_is_refused() {
    let config = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\n");
    let project = Project::new(&config).served();
    project.write("m/0001_a.sql", A);
    project.api("POST", "/d1/database", &json!({"name": "jobs"}));
    sql(&project, "CREATE TABLE d1_migrations (id TEXT PRIMARY KEY, applied_at TEXT)");
    refused(
        &project,
        "the table `d1_migrations` of `jobs` is not the migrations' table: it has no column `name`",
        "give the ledger another name (`migrations_table` where the database is bound and in the project file, `table` in a \
         recipe), and before the next run record there with `larder migrations baseline -e development` what is applied already",
    );
}

#[test]
fn a_database_that_is_not_there_has_everything_pending() {
    let config = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\n[d1.databases.other]\n");
    let project = Project::new(&config).file("m/0001_a.sql", A).served();
    status(&project)
        .exit(3)
        .says("jobs -> jobs, which does not exist yet: 1 pending\n  pending       0001_a.sql\n", "");
    let json = project.report(&["migrations", "status", "-e", "dev"]);
    let expected = json!({
        "schema": "larder.migrations/1",
        "env": "development",
        "databases": [{
            "logical": "jobs", "name": "jobs", "id": null, "folder": "m", "table": "d1_migrations", "error": null,
            "drift": {"differences": [], "beside": [], "not_compared": null},
            "files": [{"name": "0001_a.sql", "state": "pending", "renamed_from": null, "late": false,
                "applied_at": null, "sha256": null, "run": null}],
        }],
    });
    assert_eq!(json, expected);
    report_schema::fits("schemas/migrations-1.json", &json);
    assert!(project.account().history().iter().all(|exchanged| !exchanged.changed));
}

#[test]
fn the_recipes_own_name_is_asked_for() {
    let config = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\n");
    let project = Project::new(&config).file("m/0001_a.sql", A).served();
    project.write(
        "recipes/provision.rhai",
        "fn real_name(kind, logical, env) { `${kind}-${logical}-${env.alias}` }\nimport \"std/provision\" as base;\nbase::d1_databases();\n",
    );
    project.run(&["run", "-e", "dev"]).exit(0);
    status(&project).exit(0).says(
        "jobs -> d1-jobs-dev: 1 applied
  applied       0001_a.sql  [WHEN]
",
        "",
    );
}

#[test]
fn a_workers_project_needs_no_project_file() {
    let config = "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\nmigrations_dir = \"m\"\nmigrations_table = \"mine\"\n";
    let project = Project::empty().file("wrangler.toml", config).file("m/0001_a.sql", A).served();
    project.run(&["run"]).exit(0);
    let output = project.run(&["migrations", "status", "--exit-code"]).exit(0);
    assert!(output.stdout.starts_with("DB -> w-db: 1 applied\n"), "{}", output.stdout);
}
