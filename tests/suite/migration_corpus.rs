//! Folders of migrations in the shapes that projects have them, each on an empty database, on one that wrangler has brought
//! half or all of the way, and on one where somebody has run the files by hand.
//!
//! `tests/corpus/migrations` has a file for each folder: what it is, then its files. What plain SQLite makes of the files
//! decides what the database must be like afterwards; what is said stands in `expected` beside them, which
//! `LARDER_BLESS=1` writes anew, to be read before it is kept.

use super::project::{Project, filtered};
use super::source_tree::{read, root};
use larder::system::files;
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

const FOLDER: &str = "tests/corpus/migrations";

/// A folder of migrations, and what was in the database before it.
struct Case {
    name: String,
    pattern: Option<String>,
    table: Option<String>,
    by_hand: String,
    /// In wrangler's order.
    files: Vec<(String, String)>,
    /// What else lies in the folder.
    beside: Vec<(String, String)>,
}

fn cases() -> Vec<Case> {
    let paths = files::walk(&root().join(FOLDER)).unwrap();
    let names = paths.iter().filter_map(|path| path.to_str()?.strip_suffix(".txt"));
    let cases: Vec<Case> = names.filter(|name| !name.contains('/')).map(case).collect();
    assert!(cases.len() >= 30, "only {} cases", cases.len());
    cases
}

fn case(name: &str) -> Case {
    let text = read(&format!("{FOLDER}/{name}.txt"));
    let mut parts = text.split("\n--- ");
    let head = parts.next().unwrap();
    let setting = |key: &str| {
        let found = head.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
        found.map(str::to_owned)
    };
    let (pattern, table) = (setting("pattern"), setting("table"));
    let (name, by_hand) = (name.to_owned(), String::new());
    let mut case = Case { name, pattern, table, by_hand, files: Vec::new(), beside: Vec::new() };
    for part in parts {
        let (title, text) = part.split_once('\n').unwrap();
        match title.strip_prefix("beside ") {
            Some(file) => case.beside.push((file.to_owned(), text.to_owned())),
            None if title == "by hand" => text.clone_into(&mut case.by_hand),
            None => case.files.push((title.to_owned(), text.to_owned())),
        }
    }
    case
}

/// What the database has come through before Larder sees it.
#[derive(Clone, Copy, Debug)]
enum Start {
    Empty,
    Half,
    Whole,
    NoLedger,
}

impl Case {
    /// A Workers project with these files, and an account where it was deployed.
    fn project(&self) -> Project {
        let field = |key: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{key} = \"{value}\"\n")).unwrap_or_default()
        };
        let config = format!(
            "name = \"app\"\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"app-db\"\n{}{}",
            field("migrations_pattern", &self.pattern),
            field("migrations_table", &self.table)
        );
        let project = Project::empty().file("wrangler.toml", &config);
        let all = self.files.iter().chain(&self.beside);
        all.fold(project, |project, (name, text)| project.file(&format!("migrations/{name}"), text)).served()
    }

    fn begin(&self, project: &Project, start: Start) {
        if self.by_hand.is_empty() && matches!(start, Start::Empty) {
            return;
        }
        project.api("POST", "/d1/database", &json!({ "name": "app-db" }));
        if !self.by_hand.is_empty() {
            sql(project, &self.by_hand);
        }
        match start {
            Start::Empty => {}
            Start::Half => self.apply_as_wrangler(project, self.files.len().div_ceil(2)),
            Start::Whole => self.apply_as_wrangler(project, self.files.len()),
            Start::NoLedger => {
                for (_, text) in &self.files {
                    send(project, text.trim_start_matches('\u{feff}'));
                }
            }
        }
    }

    /// As `wrangler d1 migrations apply` was recorded: its table, then each file with its row, up to the first that fails.
    fn apply_as_wrangler(&self, project: &Project, count: usize) {
        let table = self.table.as_deref().unwrap_or("d1_migrations");
        sql(
            project,
            &format!(
                "CREATE TABLE IF NOT EXISTS \"{table}\"(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n);"
            ),
        );
        for (name, text) in &self.files[..count] {
            let (text, name) = (text.trim_start_matches('\u{feff}'), name.replace('\'', "''"));
            let row = format!("INSERT INTO \"{table}\" (name)\nvalues ('{name}');");
            if send(project, &format!("{text}\n{row}"))["success"] != true {
                break;
            }
        }
    }

    /// What plain SQLite makes of everything.
    fn by_sqlite(&self) -> Vec<String> {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&self.by_hand).unwrap();
        for (name, text) in &self.files {
            let done = database.execute_batch(text.trim_start_matches('\u{feff}'));
            // What was made by hand is there already.
            let is_made = |error: &rusqlite::Error| {
                !self.by_hand.is_empty() && error.to_string().contains("already exists")
            };
            done.unwrap_or_else(|error| assert!(is_made(&error), "{name}: {error}"));
        }
        state(|sql| {
            let mut statement = database.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
            rows.map(|row| row.unwrap().unwrap_or_default()).collect()
        })
    }
}

/// Every object with its statement, every row of every table; ledgers and what SQLite keeps for itself left out.
fn state(ask: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let is_ours = "name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name NOT GLOB '*_migrations*'";
    let objects = format!(
        "SELECT type || ' ' || name || ' ' || sql FROM sqlite_master WHERE sql IS NOT NULL AND {is_ours} ORDER BY type, name"
    );
    // The form for D1 puts a `CASE` in parentheses, and has no line ends of Windows.
    let plain = |object: String| object.replace("(CASE", "CASE").replace("END)", "END").replace('\r', "");
    let mut state: Vec<String> = ask(&objects).into_iter().map(plain).collect();
    let tables = format!(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' AND {is_ours} ORDER BY name"
    );
    for table in ask(&tables) {
        let columns = ask(&format!("SELECT quote(name) FROM pragma_table_info('{table}')"));
        let quoted =
            |column: &String| format!("quote(\"{}\")", column.trim_matches('\'').replace('"', "\"\""));
        let columns: Vec<String> = columns.iter().map(quoted).collect();
        let rows = ask(&format!("SELECT {} FROM \"{table}\" ORDER BY 1", columns.join(" || ', ' || ")));
        state.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    state
}

fn database(project: &Project) -> Option<String> {
    let databases = project.api("GET", "/d1/database", &Json::Null);
    databases.as_array().unwrap().first().map(|one| one["uuid"].as_str().unwrap().to_owned())
}

/// The whole answer.
fn send(project: &Project, sql: &str) -> Json {
    let id = database(project).unwrap();
    project.answer("POST", &format!("/d1/database/{id}/query"), &json!({ "sql": sql }))
}

fn sql(project: &Project, sql: &str) -> Json {
    let answer = send(project, sql);
    assert_eq!(answer["success"], true, "{sql}: {answer}");
    answer["result"][0]["results"].clone()
}

fn of_project(project: &Project) -> Vec<String> {
    if database(project).is_none() {
        return Vec::new();
    }
    state(|query| {
        let rows = sql(project, query);
        let first = |row: &Json| {
            row.as_object().unwrap().values().next().unwrap().as_str().unwrap_or_default().to_owned()
        };
        rows.as_array().unwrap().iter().map(first).collect()
    })
}

fn changes(project: &Project) -> usize {
    project.account().history().iter().filter(|one| one.changed).count()
}

/// The command that an error offers, as arguments.
fn offered(stderr: &str) -> Option<Vec<String>> {
    let line = stderr.split('`').find(|part| part.starts_with("larder migrations baseline"))?;
    let command = line.trim_start_matches("larder ");
    Some(command.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect())
}

/// The file that is said to fit in the place of the one that was given.
fn fitting(stderr: &str) -> Option<String> {
    let name = stderr.split('`').find(|part| part.starts_with("--to "))?;
    stderr
        .contains(&format!("`{name}` fits"))
        .then(|| name.trim_start_matches("--to ").trim_matches('\'').to_owned())
}

/// Runs the case, and whatever is offered where it is refused; what was said.
fn told(case: &Case, start: Start) -> String {
    let project = case.project();
    case.begin(&project, start);
    let (before, seen) = (of_project(&project), changes(&project));
    let mut told = String::new();
    let mut run = |arguments: &[&str]| {
        let output = project.run(arguments);
        let said = filtered(&format!("{}{}", output.stdout, output.stderr), project.path());
        writeln!(told, "$ larder {}\n{said}exit {}", arguments.join(" "), output.code).unwrap();
        (output.code, output.stderr)
    };
    let (mut code, stderr) = run(&["run"]);
    if code != 0 {
        assert_eq!(of_project(&project), before, "{} {start:?}: refused, and changed", case.name);
        assert!(matches!(code, 1 | 2) || changes(&project) > seen, "{} {start:?}", case.name);
    }
    if let Some(baseline) = offered(&stderr) {
        let last = case.files.last().unwrap().0.as_str();
        let mut arguments: Vec<&str> = baseline.iter().map(String::as_str).collect();
        arguments.extend(["--to", last, "--yes"]);
        let (mut recorded, stderr) = run(&arguments);
        if let Some(fits) = fitting(&stderr) {
            let at = arguments.len() - 2;
            arguments[at] = &fits;
            recorded = run(&arguments).0;
        }
        if recorded == 0 {
            code = run(&["run"]).0;
        }
        if code != 0 {
            assert_eq!(
                of_project(&project),
                before,
                "{} {start:?}: nothing is applied, and something changed",
                case.name
            );
        }
    }
    if code == 0 {
        if !matches!(start, Start::NoLedger) {
            assert_eq!(of_project(&project), case.by_sqlite(), "{} {start:?}", case.name);
        }
        let done = changes(&project);
        project.run(&["run"]).exit(0);
        assert_eq!(changes(&project), done, "{} {start:?}: a second run writes", case.name);
    }
    told
}

#[track_caller]
fn check(start: Start, file: &str) {
    let mut all = String::new();
    for case in cases() {
        writeln!(all, "=== {}\n{}", case.name, told(&case, start)).unwrap();
    }
    super::house::in_step(&format!("{FOLDER}/expected/{file}.txt"), &all);
}

#[test]
fn from_nothing() {
    check(Start::Empty, "empty");
}

#[test]
fn from_what_wrangler_has_half_applied() {
    check(Start::Half, "half");
}

#[test]
fn from_what_wrangler_has_applied() {
    check(Start::Whole, "whole");
}

#[test]
fn from_what_was_run_by_hand() {
    check(Start::NoLedger, "no-ledger");
}

/// What `migrations status` says of the schema.
fn drift(project: &Project) -> Json {
    project.report(&["migrations", "status"])["databases"][0]["drift"].clone()
}

/// What wrangler or Larder has applied of each folder is what the files give, and one change by hand is seen.
#[test]
fn what_the_files_have_made_is_no_drift_and_a_change_by_hand_is() {
    let mut changed = 0;
    for case in cases() {
        for start in [Start::Empty, Start::Whole] {
            let project = case.project();
            case.begin(&project, start);
            let name = format!("{} {start:?}", case.name);
            if project.run(&["run"]).code != 0 {
                continue;
            }
            let told = drift(&project);
            assert_eq!(
                (&told["differences"], &told["not_compared"]),
                (&json!([]), &Json::Null),
                "{name}: {told}"
            );
            if matches!(start, Start::Empty) {
                continue;
            }
            let again = project.run(&["run"]).exit(0);
            again.kept(&format!("what the files have made is no drift and a change by hand is: {name}"));
            let beside = told["beside"].to_string();
            let tables = sql(
                &project,
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' AND name NOT GLOB '*_migrations*' \
                 AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')",
            );
            let mut tables = tables.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap());
            let Some(table) = tables.rfind(|table| !beside.contains(*table)) else { continue };
            sql(&project, &format!("ALTER TABLE \"{}\" ADD COLUMN by_hand ANY", table.replace('"', "\"\"")));
            let expected = json!([format!("the column `{table}.by_hand` is in none of the files")]);
            assert_eq!(drift(&project)["differences"], expected, "{name}");
            assert!(
                project.run(&["run"]).exit(0).stderr.contains("is not what its applied migrations give"),
                "{name}"
            );
            changed += 1;
        }
    }
    assert!(changed >= 30, "{changed}");
}
