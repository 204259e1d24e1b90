//! Schemas that were changed outside of migrations: `migrations status`, `plan` and `run` report it, and none of
//! them fails.

use super::project::Project;
use super::report_schema;
use super::runner;
use super::workflow_file::yaml;
use super::workflow_job::Job;
use serde_json::{Value as Json, json};

const CONFIG: &str = "app = \"shop\"\n[d1.databases.db]\nmigrations = \"migrations\"\n[environments.dev]\n";
const FIRST: &str =
    "CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT);\nCREATE INDEX by_title ON jobs (title);\n";

fn shop() -> Project {
    let project = Project::new(CONFIG).file("migrations/0001_jobs.sql", FIRST).served();
    project.run(&["run", "-e", "dev"]).exit(0);
    project
}

fn sql(project: &Project, sql: &str) {
    let databases = project.api("GET", "/d1/database", &Json::Null);
    let path = format!("/d1/database/{}/query", databases[0]["uuid"].as_str().unwrap());
    project.api("POST", &path, &json!({ "sql": sql }));
}

fn requests(project: &Project, arguments: &[&str]) -> usize {
    let before = project.history().unwrap().len();
    project.run(arguments);
    project.history().unwrap().len() - before
}

const WARNING: &str = "warning: the schema of `shop-dev-db` is not what its applied migrations give: the column \
     `jobs.by_hand` is in none of the files; the index `by_title` is missing (`larder migrations status -e dev`)\n";

#[test]
fn a_change_by_hand_is_said_by_status_plan_and_run() {
    let project = shop();
    let of_run = requests(&project, &["run", "-e", "dev"]);
    let of_status = requests(&project, &["migrations", "status", "-e", "dev"]);
    project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(0);
    sql(&project, "ALTER TABLE jobs ADD COLUMN by_hand TEXT; DROP INDEX by_title; CREATE TABLE notes (a)");
    let status = project.run(&["migrations", "status", "-e", "dev"]).exit(0);
    assert!(
        status.stdout.ends_with(
            "  differs       the column `jobs.by_hand` is in none of the files\n  \
               differs       the index `by_title` is missing\n  \
               beside        the table `notes` is in none of the files\n"
        ),
        "{}",
        status.stdout
    );
    project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(3);
    let document = project.report(&["migrations", "status", "-e", "dev"]);
    let expected = json!({
        "differences": ["the column `jobs.by_hand` is in none of the files", "the index `by_title` is missing"],
        "beside": ["the table `notes` is in none of the files"],
        "not_compared": null,
    });
    assert_eq!(document["databases"][0]["drift"], expected);
    for command in ["plan", "run"] {
        let said = project.run(&[command, "-e", "dev"]).exit(0);
        said.kept(&format!("a change by hand is said by status plan and run: {command}"));
        let report = project.report(&[command, "-e", "dev"]);
        report_schema::holds(&report);
        assert_eq!(report["warnings"].as_array().unwrap().len(), 1, "{command}");
    }
    assert_eq!(requests(&project, &["run", "-e", "dev"]), of_run, "it takes no request");
    assert_eq!(requests(&project, &["migrations", "status", "-e", "dev"]), of_status);
}

#[test]
fn a_run_that_applies_something_says_it_once() {
    let project = shop();
    sql(&project, "ALTER TABLE jobs ADD COLUMN by_hand TEXT; DROP INDEX by_title");
    project.write("migrations/0002_more.sql", "CREATE TABLE more (a);\n");
    let done = project.run(&["run", "-e", "dev"]).exit(0).kept("a run that applies something says it once");
    assert_eq!(done.stderr, WARNING);
    let planned = project.run(&["plan", "-e", "dev", "--exit-code"]).exit(0);
    assert_eq!(planned.stderr, WARNING);
}

#[test]
fn a_table_that_was_dropped_by_hand_explains_what_fails() {
    let project = shop();
    sql(&project, "DROP TABLE jobs");
    project.write("migrations/0002_more.sql", "ALTER TABLE jobs ADD COLUMN more TEXT;\n");
    let failed = project.run(&["run", "-e", "dev"]).exit(1);
    failed.kept("a table that was dropped by hand explains what fails");
}

#[test]
fn what_cannot_be_compared_is_said_by_status_alone() {
    let project = Project::new(CONFIG)
        .file("migrations/0001_jobs.sql", "ALTER TABLE legacy ADD COLUMN a TEXT;\n")
        .served();
    project.api("POST", "/d1/database", &json!({ "name": "shop-dev-db" }));
    sql(&project, "CREATE TABLE legacy (id)");
    project.run(&["run", "-e", "dev"]).exit(0);
    sql(&project, "DROP TABLE legacy");
    project.run(&["run", "-e", "dev"]).exit(0).says(
        "provision -> dev (account 0123...cdef)\n\n\
         d1                                           [TIME]\n  \
           = unchanged: shop-dev-db\n\
         1 unchanged in [TIME] ([N] reads, 0 writes)\n",
        "",
    );
    let status = project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(3);
    status.kept("what cannot be compared is said by status alone");
}

#[test]
fn what_a_recipe_makes_beside_the_files_is_no_difference() {
    let project = Project::new(CONFIG)
        .file("migrations/0001_jobs.sql", FIRST)
        .recipe("let db = d1::ensure(name(\"d1\", \"db\"));\ndb.migrate(\"migrations\");\ndb.execute(\"CREATE TABLE IF NOT EXISTS cache (a)\");\n")
        .served();
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    let again = project.run(&["run", "main", "-e", "dev"]).exit(0);
    assert_eq!(again.stderr, "");
    project
        .run(&["migrations", "status", "-e", "dev", "--exit-code"])
        .exit(0)
        .kept("what a recipe makes beside the files is no difference");
}

#[test]
fn files_that_do_not_fit_are_not_compared() {
    let project = shop();
    sql(&project, "DROP TABLE jobs");
    project.write("migrations/0001_jobs.sql", "CREATE TABLE other (a);\n");
    let status = project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(3);
    status.kept("files that do not fit are not compared");
    let document = project.report(&["migrations", "status", "-e", "dev"]);
    assert_eq!(document["databases"][0]["drift"]["differences"], json!([]));
    assert!(
        document["databases"][0]["drift"]["not_compared"].as_str().unwrap().contains("with another text")
    );
}

/// It was refused with `is there already`, and the hint named `baseline`.
#[test]
fn a_column_that_was_dropped_or_renamed_by_hand_is_added_by_a_new_file() {
    for by_hand in ["ALTER TABLE jobs DROP COLUMN note", "ALTER TABLE jobs RENAME COLUMN note TO other"] {
        let project = Project::new(CONFIG)
            .file("migrations/0001_jobs.sql", "CREATE TABLE jobs (id INTEGER PRIMARY KEY, note TEXT);\n")
            .served();
        project.run(&["run", "-e", "dev"]).exit(0);
        sql(&project, by_hand);
        project.write(
            "migrations/0002_note.sql",
            "CREATE TABLE more (a);\nALTER TABLE jobs ADD COLUMN note TEXT;\n",
        );
        let planned = project.run(&["plan", "-e", "dev"]).exit(0);
        planned
            .kept(&format!("a column that was dropped or renamed by hand is added by a new file: {by_hand}"));
        project.run(&["run", "-e", "dev"]).exit(0).kept(&format!(
            "a column that was dropped or renamed by hand is added by a new file, 2: {by_hand}"
        ));
        // The files can't make this database again.
        let status = project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(3);
        status.kept(&format!(
            "a column that was dropped or renamed by hand is added by a new file, 3: {by_hand}"
        ));
    }
}

#[test]
fn what_is_brought_back_for_both_leaves_no_difference_and_passes_check() {
    let project = shop();
    sql(&project, "DROP TABLE jobs");
    let status = project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(3);
    status
        .stderr("hint: a new file may bring back what is missing if it works on a new database, too: `CREATE TABLE IF NOT EXISTS`, or `DROP INDEX IF EXISTS` before `CREATE INDEX`; a column is added by hand, in the words of its file; what was added by hand goes into a new file, which `larder migrations baseline -e dev` records\n");
    let back = FIRST
        .replace("TABLE", "TABLE IF NOT EXISTS")
        .replace("CREATE INDEX", "DROP INDEX IF EXISTS by_title;\nCREATE INDEX");
    project.write("migrations/0002_back.sql", &back);
    let done = project.run(&["run", "-e", "dev"]).exit(0);
    assert_eq!(done.stderr.matches("warning: ").count(), 1, "{}", done.stderr);
    project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(0);
    project.run(&["check"]).exit(0);
}

/// `status` ended with 0 for ever, while no new database could be made.
#[test]
fn what_only_this_database_takes_is_warned_of_and_differs_from_then_on() {
    let project = shop();
    sql(&project, "DROP TABLE jobs");
    project.write("migrations/0002_back.sql", FIRST);
    let planned = project.run(&["plan", "-e", "dev"]).exit(0);
    planned.stderr("warning: the schema of `shop-dev-db` is not what its applied migrations give: the table `jobs` is missing (`larder migrations status -e dev`)\n\
         warning: a new database, as `larder check` makes one, stops at `0002_back.sql`, which is pending: table jobs already exists; write it for both, with `IF NOT EXISTS` or `DROP INDEX IF EXISTS` before `CREATE INDEX`; leave a column out of it, and add it by hand\n");
    project.run(&["run", "-e", "dev"]).exit(0);
    project.run(&["check"]).exit(1);
    let status = project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(3);
    status.kept("what only this database takes is warned of and differs from then on");
    // The way out.
    let back = FIRST.replace("TABLE", "TABLE IF NOT EXISTS").replace("INDEX", "INDEX IF NOT EXISTS");
    project.write("migrations/0002_back.sql", &back);
    project.run(&["migrations", "repair", "-e", "dev", "--edited", "0002_back.sql", "--yes"]).exit(0);
    project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(0);
    project.run(&["check"]).exit(0);
}

#[test]
fn a_comparison_warns_of_it_in_each_environment() {
    let project = shop();
    project.write("larder.toml", &format!("{CONFIG}[environments.staging]\n"));
    let diff = ["diff", "dev", "staging"];
    assert_eq!(project.run(&diff).exit(0).stderr, "");
    sql(&project, "ALTER TABLE jobs ADD COLUMN by_hand TEXT; DROP INDEX by_title");
    let warning = WARNING.replace("warning: ", "warning: in `dev`: ");
    assert_eq!(project.run(&diff).exit(0).stderr, warning);
    assert_eq!(project.run(&[&diff[..], &["--format", "json"]].concat()).exit(0).stderr, warning);
}

/// Each was said to be missing or made otherwise, and `baseline` refused the file.
#[test]
fn what_is_the_same_in_other_words_is_no_drift_and_baseline_takes_it() {
    let made = "CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (a INT DEFAULT NULL, m INT REFERENCES p (id) \
        ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, n INT DEFAULT +1, x TEXT DEFAULT \"x\", g AS ((a+1)));\n\
        CREATE INDEX i ON c (a ASC) WHERE (a > 1);\nCREATE VIEW v AS SELECT a FROM c;\n\
        CREATE TRIGGER r AFTER INSERT ON c BEGIN SELECT 1; END;\n";
    let live = "CREATE TABLE p (id integer primary key); CREATE TABLE c (a int, m INT, n INT DEFAULT (1), x text default 'x', \
        g AS (a + 1), CONSTRAINT k FOREIGN KEY (m) REFERENCES p (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED); \
        CREATE INDEX i on c(a) where a>1; CREATE VIEW v as /* all */ select A from C; \
        CREATE TRIGGER r after insert on c for each row BEGIN select 1; end;";
    let project = Project::new(CONFIG).file("migrations/0001_c.sql", made).served();
    project.api("POST", "/d1/database", &json!({ "name": "shop-dev-db" }));
    sql(&project, live);
    project.run(&["migrations", "baseline", "-e", "dev", "--to", "0001_c.sql", "--yes"]).exit(0);
    project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(0);
    let done = project.run(&["run", "-e", "dev"]).exit(0);
    assert_eq!(done.stderr, "");
}

/// Runs the job of the example's workflow; how its last two steps ended, and the job.
fn morning(project: &Project) -> ([&'static str; 2], Job<'_>) {
    let described = yaml("examples/jobmatch-ai/.github/workflows/drift.yml")["jobs"]["drift"].clone();
    let event = json!({ "event_name": "schedule", "ref_name": "main" });
    let mut job = Job::new(project, &event).with_credentials("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID");
    job.steps(&described["steps"]);
    let ended = [job.steps[1].1, job.steps[2].1];
    (ended, job)
}

#[test]
fn the_workflow_looks_each_morning_and_fails_on_what_differs() {
    let project = Project::example().served();
    assert_eq!(morning(&project).0, ["failed", "failed"], "nothing is there yet");
    project.run(&["run", "-e", "production"]).exit(0);
    let changes = |project: &Project| project.history().unwrap().iter().filter(|one| one.changed).count();
    let before = changes(&project);
    let (ended, job) = morning(&project);
    assert_eq!(ended, ["done", "done"], "{}", job.log);
    sql(&project, "ALTER TABLE users ADD COLUMN by_hand TEXT");
    let seen = changes(&project);
    let (ended, job) = morning(&project);
    assert_eq!(ended, ["done", "failed"], "{}", job.log);
    assert!(
        job.log.contains("  differs       the column `users.by_hand` is in none of the files\n"),
        "{}",
        job.log
    );
    let commands = runner::commands(&job.log);
    let warned = commands.iter().find(|command| command.name == "warning").unwrap();
    assert!(warned.data.contains("the column `users.by_hand` is in none of the files"), "{}", warned.data);
    assert_eq!((changes(&project), seen), (seen, before + 1), "it writes nothing");
}
