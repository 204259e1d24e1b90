//! Databases that were made without Larder: what is refused names the way out, and who follows it to the letter loses
//! nothing and ends with the whole schema.

use super::outputs::kept;
use super::project::{Output, PLAIN, Project};
use larder::system::files;
use serde_json::{Value as Json, json};
use std::path::Path;

/// A database that somebody has made.
struct Adopted {
    project: Project,
}

/// Which of the files that fit is named.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Takes {
    First,
    Last,
}

impl Adopted {
    fn new(pattern: &str, files: &[(&str, &str)], live: &str) -> Self {
        let config =
            format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\nmigrations_pattern = \"{pattern}\"\n");
        let mut project = Project::new(&config);
        for (name, text) in files {
            project = project.file(&format!("m/{name}"), text);
        }
        let project = project.served();
        project.api("POST", "/d1/database", &json!({"name": "jobs"}));
        let adopted = Adopted { project };
        adopted.sql(live);
        adopted
    }

    /// One that a real client has made; `rows` are written afterwards.
    fn of_client(client: &str, pattern: &str, dump: &str, rows: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledgers").join(client);
        let mut files = Vec::new();
        for path in files::walk(&folder.join("migrations")).unwrap() {
            let text = files::read_text(&folder.join("migrations").join(&path), 1 << 20).unwrap();
            files.push((path.to_str().unwrap().to_owned(), text));
        }
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let live = files::read_text(&folder.join(dump), 1 << 20).unwrap();
        Adopted::new(pattern, &files, &format!("PRAGMA defer_foreign_keys = on; {live}\n{rows}"))
    }

    fn sql(&self, sql: &str) -> Json {
        let databases = self.project.api("GET", "/d1/database", &Json::Null);
        let id = databases[0]["uuid"].as_str().unwrap();
        let path = format!("/d1/database/{id}/query");
        let results = self.project.api("POST", &path, &json!({ "sql": sql }));
        results.as_array().unwrap().last().map(|last| last["results"].clone()).unwrap_or_default()
    }

    fn larder(&self, arguments: &str) -> Output {
        self.project.run(&arguments.split(' ').collect::<Vec<_>>())
    }

    /// Does what each message says, word for word, until a run ends well; gives the commands.
    fn follow(&self, takes: Takes) -> Vec<String> {
        let mut given = vec!["run -e dev".to_owned()];
        loop {
            assert!(given.len() < 20, "{given:#?}");
            let command = given.last().unwrap().clone();
            let output = self.larder(&command);
            let next = match output.code {
                0 if command.starts_with("run") => return given,
                0 => "run -e dev".to_owned(),
                _ => next(&command, &output.stderr, takes),
            };
            given.push(next);
        }
    }

    /// The rows of every table that is nobody's ledger.
    fn rows(&self) -> Vec<(String, Json)> {
        let tables = self.sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%migrations' \
             AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
        );
        let names = tables.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned());
        names.map(|name| (name.clone(), self.sql(&format!("SELECT * FROM \"{name}\"")))).collect()
    }

    /// Nothing is left to do, and each file has a row.
    fn is_settled(&self, files: &[&str]) {
        self.larder("run -e dev").exit(0).kept("is settled");
        self.larder("migrations status -e dev --exit-code").exit(0);
        let rows = self.sql("SELECT name FROM d1_migrations ORDER BY name");
        let expected: Vec<Json> = files.iter().map(|name| json!({ "name": name })).collect();
        assert_eq!(rows, json!(expected));
    }
}

/// The command that a message gives.
fn next(command: &str, said: &str, takes: Takes) -> String {
    let found = |begin: &str| -> Vec<String> {
        let parts = said.split('`').skip(1).step_by(2);
        parts.filter_map(|part| part.strip_prefix(begin)).map(str::to_owned).collect()
    };
    if let Some(flags) = found("larder migrations baseline").first() {
        return format!("migrations baseline{}", flags.replace("development", "dev"));
    }
    let ways = found("--to ");
    let way = if takes == Takes::First { ways.first() } else { ways.last() };
    if let Some(to) = way {
        return format!("{command} --to {to}");
    }
    kept(&format!("next: {command}"), said);
    format!("{command} --yes")
}

const WRANGLER: [&str; 2] = ["0001_init.sql", "0002_posts.sql"];
const DRIZZLE: [&str; 2] = ["0000_init.sql", "0001_more.sql"];
const PRISMA: [&str; 3] = [
    "20260101000000_init/migration.sql",
    "20260102000000_more/migration.sql",
    "20260103000000_redefine/migration.sql",
];

#[test]
fn who_follows_the_hints_keeps_every_row_of_what_real_clients_left() {
    let wrangler = "INSERT INTO users (id, email) VALUES (7, 'b@example.org'); INSERT INTO posts VALUES (1, 7, 'hello');";
    let drizzle = "INSERT INTO users (id, email) VALUES (7, 'b@example.org'); INSERT INTO posts (id, user_id, title) VALUES (1, 7, 'hello');";
    let prisma = "INSERT INTO User (id, email) VALUES (7, 'b@example.org'); INSERT INTO Post (authorId, title) VALUES (7, 'hello');";
    for (client, pattern, dump, rows, files) in [
        ("wrangler", "*.sql", "executed.sql", wrangler, &WRANGLER[..]),
        ("wrangler", "*.sql", "listed-then-executed.sql", wrangler, &WRANGLER),
        ("wrangler", "*.sql", "applied.sql", wrangler, &WRANGLER),
        ("drizzle", "*.sql", "migrated.sql", drizzle, &DRIZZLE),
        ("drizzle", "*.sql", "pushed.sql", drizzle, &DRIZZLE),
        ("prisma", "*/migration.sql", "deployed.sql", prisma, &PRISMA),
    ] {
        for takes in [Takes::First, Takes::Last] {
            let adopted = Adopted::of_client(client, pattern, dump, rows);
            let before = adopted.rows();
            assert!(before.iter().any(|(_, rows)| !rows.as_array().unwrap().is_empty()));
            let given = adopted.follow(takes);
            assert_eq!(adopted.rows(), before, "{client} {dump} {takes:?}: {given:#?}");
            let is_baseline = given.iter().any(|command| command.starts_with("migrations baseline"));
            assert_eq!(is_baseline, dump != "applied.sql", "{given:#?}");
            adopted.is_settled(files);
        }
    }
}

const A: &str = "CREATE TABLE a (x TEXT);\n";
const B: &str = "INSERT INTO a VALUES ('from a file');\n";
const C: &str = "CREATE TABLE c (x);\nCREATE INDEX c_x ON c (x);\n";

#[test]
fn the_way_out_is_named_and_shows_what_fits() {
    let files = [("1_a.sql", A), ("2_b.sql", B), ("3_c.sql", C)];
    let adopted = Adopted::new("*.sql", &files, "CREATE TABLE a (x TEXT); INSERT INTO a VALUES ('mine');");
    for command in ["plan -e dev", "run -e dev", "run -e dev --no-rehearse"] {
        adopted.larder(command).exit(1).kept(&format!("the way out is named: {command}"));
    }
    let status = adopted.larder("migrations status -e dev --exit-code").exit(3);
    status.kept("the way out is named in the status");
    let list = "jobs -> jobs\n  fits     1_a.sql\n  fits     2_b.sql  changes no schema: whether it was run can't be seen\n  \
                differs  3_c.sql  the index `c_x` is missing; the table `c` is missing\n";
    for command in ["migrations baseline -e dev", "migrations baseline -e dev --yes"] {
        adopted.larder(command).exit(1).says(
            list,
            "error: nothing was written: which file is the last that was applied is not said\n\
             hint: these fit: `--to 1_a.sql`, `--to 2_b.sql`; what comes after it is applied by a run\n",
        );
    }
    adopted.larder("migrations baseline -e dev --to 3_c.sql --yes").exit(1).says(
        "",
        "error: `3_c.sql` can't be recorded: in `jobs`, the index `c_x` is missing; the table `c` is missing\n\
         hint: these fit: `--to 1_a.sql`, `--to 2_b.sql`; what comes after it is applied by a run; or make by hand what is \
         missing, in the words of the file, and give the command again; where the database is right and no other one has the \
         file, correct the file\n",
    );
    let written = "written, and read back from the ledger\n";
    adopted
        .larder("migrations baseline -e dev --to 1_a.sql --yes")
        .exit(0)
        .says(&format!("jobs -> jobs\n  `1_a.sql` is recorded as applied and not run\n{written}"), "");
    adopted.larder("run -e dev").exit(0).kept("the way out is named and shows what fits");
    assert_eq!(adopted.sql("SELECT x FROM a"), json!([{"x": "mine"}, {"x": "from a file"}]));
    adopted.is_settled(&["1_a.sql", "2_b.sql", "3_c.sql"]);
}

#[test]
fn a_file_of_which_a_part_is_missing_is_not_recorded() {
    let file =
        "CREATE TABLE a (x TEXT);\nCREATE TABLE b (a TEXT NOT NULL, n INT);\nALTER TABLE a ADD COLUMN y;\n";
    let adopted = Adopted::new(
        "*.sql",
        &[("1.sql", file)],
        "CREATE TABLE a (x TEXT); CREATE TABLE b (a TEXT); INSERT INTO a VALUES ('mine');",
    );
    adopted.larder("run -e dev").exit(1).kept("a file of which a part is missing is not recorded");
    let lacks = "the column `a.y` is missing; the column `b.n` is missing; the column `b.a` is `TEXT` and not `TEXT NOT NULL`";
    let by_hand = "hint: make by hand what is missing, in the words of the file, and give the command again; where the \
                   database is right and no other one has the file, correct the file\n";
    adopted.larder("migrations baseline -e dev --yes").exit(1).says(
        &format!("jobs -> jobs\n  differs  1.sql  {lacks}\n"),
        &format!("error: `jobs` fits none of the files; the nearest is `1.sql`: {lacks}\n{by_hand}"),
    );
    adopted
        .larder("migrations baseline -e dev --yes --to 1.sql")
        .exit(1)
        .says("", &format!("error: `1.sql` can't be recorded: in `jobs`, {lacks}\n{by_hand}"));
    adopted.sql("ALTER TABLE a ADD COLUMN y; ALTER TABLE b ADD COLUMN n INT;");
    // Nothing else has the file, and the database is right.
    adopted.project.write("m/1.sql", &file.replace("TEXT NOT NULL", "TEXT"));
    let given = adopted.follow(Takes::First);
    assert_eq!(adopted.sql("SELECT x FROM a"), json!([{"x": "mine"}]), "{given:?}");
    adopted.is_settled(&["1.sql"]);
}

#[test]
fn a_drop_that_has_not_happened_is_not_recorded() {
    let files = [
        ("1.sql", "CREATE TABLE a (x); CREATE TABLE b (x, y)"),
        ("2.sql", "DROP TABLE a; ALTER TABLE b DROP COLUMN y"),
    ];
    let adopted =
        Adopted::new("*.sql", &files, "CREATE TABLE a (x); CREATE TABLE b (x, y); INSERT INTO a VALUES (1)");
    adopted.larder("migrations baseline -e dev").exit(1).says(
        "jobs -> jobs\n  fits     1.sql\n  differs  2.sql  the column `b.y` is still there; the table `a` is still there\n",
        "error: nothing was written: which file is the last that was applied is not said\n\
         hint: `--to 1.sql` fits: what comes after it is applied by a run\n",
    );
    // Nobody is told to drop anything by hand.
    adopted.larder("migrations baseline -e dev --to 2.sql --yes").exit(1).says(
        "",
        "error: `2.sql` can't be recorded: in `jobs`, the column `b.y` is still there; the table `a` is still there\n\
         hint: `--to 1.sql` fits: what comes after it is applied by a run\n",
    );
    assert_eq!(adopted.sql("SELECT x FROM a"), json!([{"x": 1}]));
}

#[test]
fn what_was_never_run_is_left_to_a_run() {
    let adopted = Adopted::new("*.sql", &[("1.sql", A)], "CREATE TABLE other (x)");
    adopted.larder("migrations baseline -e dev --yes").exit(1).says(
        "jobs -> jobs\n  differs  1.sql  the table `a` is missing\n",
        "error: `jobs` fits none of the files; the nearest is `1.sql`: the table `a` is missing\n\
         hint: a file that has not been run is applied by `larder run -e development`\n",
    );
    adopted.larder("run -e dev").exit(0).kept("what was never run is left to a run");
}

#[test]
fn a_table_of_helpers_that_is_there_does_not_stop_a_file() {
    let file = "CREATE TABLE IF NOT EXISTS helper (x);\nCREATE TABLE t (x);\n";
    let adopted =
        Adopted::new("*.sql", &[("1.sql", file)], "CREATE TABLE helper (x); INSERT INTO helper VALUES (1)");
    adopted.larder("run -e dev").exit(0).kept("a table of helpers that is there does not stop a file");
    assert_eq!(adopted.sql("SELECT x FROM helper"), json!([{"x": 1}]));
    adopted.is_settled(&["1.sql"]);
}

#[test]
fn what_another_tools_ledger_has_is_said() {
    let drizzle = Adopted::of_client("drizzle", "*.sql", "migrated.sql", "");
    drizzle
        .larder("run -e dev")
        .exit(1)
        .stderr("\
error: `jobs` is not migrated: m/0000_init.sql: `__drizzle_migrations`, another ledger in this database, has this file, and `d1_migrations` has no row of it: to run it would do its work again
 --> m/0000_init.sql
  = note: in step `d1`
  = help: record what is applied already with `larder migrations baseline -e development`, which runs nothing; a file that only has the same name needs another one
note: asked for here
 --> larder.toml:6:15
  |
6 | [d1.databases.jobs]
  |               ^^^^
exit 1: nothing was changed
");
    drizzle.larder("migrations baseline -e dev").exit(1).stdout("\
jobs -> jobs
  fits     0000_init.sql  `__drizzle_migrations` has it; `__drizzle_migrations` has files up to `0001_more.sql`
  fits     0001_more.sql  `__drizzle_migrations` has it
");
    let prisma = Adopted::of_client("prisma", "*/migration.sql", "deployed.sql", "");
    prisma
        .larder("run -e dev")
        .exit(1)
        .stderr("\
error: `jobs` is not migrated: m/20260101000000_init/migration.sql: `_prisma_migrations`, another ledger in this database, has this file, and `d1_migrations` has no row of it: to run it would do its work again
 --> m/20260101000000_init/migration.sql
  = note: in step `d1`
  = help: record what is applied already with `larder migrations baseline -e development`, which runs nothing; a file that only has the same name needs another one
note: asked for here
 --> larder.toml:6:15
  |
6 | [d1.databases.jobs]
  |               ^^^^
exit 1: nothing was changed
");
    prisma.larder("migrations baseline -e dev").exit(1).stdout("\
jobs -> jobs
  fits     20260101000000_init/migration.sql      `_prisma_migrations` has it; `_prisma_migrations` has files up to `20260103000000_redefine/migration.sql`
  differs  20260102000000_more/migration.sql      the column `User.role` is `TEXT NOT NULL DEFAULT 'user'` and not `TEXT NOT NULL`; `_prisma_migrations` has it
  fits     20260103000000_redefine/migration.sql  `_prisma_migrations` has it
");
    let pushed = Adopted::of_client("prisma", "*/migration.sql", "pushed-first-schema.sql", "");
    pushed.larder("migrations baseline -e dev").exit(1).stderr(
        "error: nothing was written: which file is the last that was applied is not said\n\
         hint: `--to 20260101000000_init/migration.sql` fits: what comes after it is applied by a run\n",
    );
    // A table of that name that is somebody else's.
    let other =
        Adopted::new("*.sql", &[("1.sql", A)], &format!("{A} CREATE TABLE _prisma_migrations (mine)"));
    other.larder("run -e dev").exit(1).kept("what another tools ledger has is said");
}

#[test]
fn two_files_with_one_number_are_applied_in_the_order_of_their_names_with_a_warning() {
    let log = |name: &str| format!("INSERT INTO log VALUES ('{name}');\n");
    let (c, b) = (log("c"), log("b"));
    let files = [("0001_log.sql", "CREATE TABLE log (x);\n"), ("0002_c.sql", c.as_str()), ("0002_b.sql", &b)];
    let project = Project::new(&format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\n"));
    let mut project = project.file("m/0001_log.sql", files[0].1).served();
    project.run(&["run", "-e", "dev"]).exit(0);
    project =
        files[1..].iter().fold(project, |project, (name, text)| project.file(&format!("m/{name}"), text));
    let warnings = [
        "m/0002_b.sql: the number is also that of `0002_c.sql`",
        "m/0002_c.sql: the number is also that of `0002_b.sql`",
    ];
    project.run(&["check", "provision"]).exit(0).says(
        "checked 1 recipe: no errors\n",
        &format!(
            "warning: {}\nwarning: {}\nhint: they are applied in the order of their names; give the one that is not applied \
             anywhere the next number\n",
            warnings[0], warnings[1]
        ),
    );
    for command in ["plan", "run"] {
        let output = project.run(&[command, "-e", "dev"]).exit(0);
        output.stdout_has(warnings[0]).stdout_has(warnings[1]);
    }
    let databases = project.api("GET", "/d1/database", &Json::Null);
    let path = format!("/d1/database/{}/query", databases[0]["uuid"].as_str().unwrap());
    let rows = project.api("POST", &path, &json!({"sql": "SELECT x FROM log ORDER BY rowid"}));
    assert_eq!(rows[0]["results"], json!([{"x": "b"}, {"x": "c"}]));
    project
        .run(&["run", "-e", "dev"])
        .exit(0)
        .kept("two files with one number are applied in the order of their names with a warning");
}

/// What the files make and the database has otherwise is no file that fits.
#[test]
fn a_table_that_acts_otherwise_in_a_conflict_does_not_fit() {
    for (made, live, lack) in [
        ("x UNIQUE ON CONFLICT REPLACE", "x UNIQUE", "`t` has no `UNIQUE (x) ON CONFLICT REPLACE`"),
        ("x UNIQUE", "x, UNIQUE (x) ON CONFLICT IGNORE", "`t` has `UNIQUE (x) ON CONFLICT IGNORE`"),
        (
            "x PRIMARY KEY ON CONFLICT IGNORE",
            "x PRIMARY KEY",
            "`t` has no `PRIMARY KEY (x) ON CONFLICT IGNORE`",
        ),
        (
            "x REFERENCES t (x) DEFERRABLE INITIALLY DEFERRED",
            "x REFERENCES t (x)",
            "`t` has no `FOREIGN KEY (x) DEFERRABLE INITIALLY DEFERRED`",
        ),
        ("x, y AS (x) STORED", "x, y AS (x)", "the column `t.y` is `AS (x)` and not `AS (x) STORED`"),
        (
            "x INTEGER PRIMARY KEY",
            "x INTEGER PRIMARY KEY DESC",
            "the column `t.x` is `INTEGER PRIMARY KEY DESC` and not `INTEGER`",
        ),
    ] {
        let file = format!("CREATE TABLE t ({made});\n");
        let adopted = Adopted::new("*.sql", &[("1.sql", &file)], &format!("CREATE TABLE t ({live})"));
        let output = adopted.larder("migrations baseline -e dev --yes").exit(1);
        output.stdout_has(&format!("  differs  1.sql  {lack}\n"));
    }
}

#[test]
fn a_trigger_in_other_words_fits() {
    let file = "CREATE TABLE t (x);\nCREATE TRIGGER IF NOT EXISTS g\n  AFTER INSERT ON t\nBEGIN\n  SELECT 1;\nEND;\n";
    let live = "CREATE TABLE t (x); CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW BEGIN SELECT 1; END;";
    let adopted = Adopted::new("*.sql", &[("1.sql", file)], live);
    adopted.larder("migrations baseline -e dev --to 1.sql --yes").exit(0);
    adopted.is_settled(&["1.sql"]);
    let live = live.replace("AFTER", "BEFORE");
    let adopted = Adopted::new("*.sql", &[("1.sql", file)], &live);
    adopted.larder("migrations baseline -e dev --yes").exit(1).stdout(
        "\
jobs -> jobs
  differs  1.sql  the trigger `g` is made otherwise than in the files
",
    );
}
