//! Files into D1 databases and out of them, and the way back: whole and once or not at all, whatever the network does.

use super::project::{PLAIN, Project};
use super::simulation::Simulation;
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::op::Mode;
use larder::system::files;
use serde_json::Value as Json;
use std::path::Path;
use tempfile::TempDir;

pub(super) const SEED: &str = "INSERT INTO jobs VALUES (1);\nINSERT INTO jobs VALUES (2);\n";

/// A trigger that D1's own splitter cuts, and more than a second's work.
fn large() -> String {
    let row = format!("INSERT INTO big VALUES ('{}');\n", "x".repeat(90_000));
    let trigger = "CREATE TRIGGER t AFTER INSERT ON jobs BEGIN\r\n  UPDATE jobs SET id = CASE WHEN 1 THEN 2 END;\r\nEND;\r\n";
    format!("CREATE TABLE big (x);\n{trigger}{}", row.repeat(14))
}

pub(super) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files::write_whole(&folder.path().join("seed.sql"), SEED.as_bytes()).unwrap();
    folder
}

/// A lab with the database `jobs` and its table.
pub(super) fn simulation(folder: &Path) -> Simulation {
    let simulation = Simulation::new(1);
    let made = simulation.script(
        folder,
        Mode::Apply,
        r#"d1::ensure("jobs").execute("CREATE TABLE jobs (id)").statements"#,
    );
    assert_eq!(made.value.as_deref(), Some("1"), "{:?}", made.said);
    simulation
}

fn ask(simulation: &Simulation, folder: &Path, sql: &str) -> String {
    let asked = simulation.script(folder, Mode::Apply, &format!(r#"d1::find("jobs").query("{sql}")[0].n"#));
    asked.value.unwrap_or_else(|| panic!("{:?}", asked.said))
}

pub(super) fn count(simulation: &Simulation, folder: &Path) -> String {
    ask(simulation, folder, "SELECT count(*) AS n FROM jobs")
}

pub(super) fn marks(simulation: &Simulation, folder: &Path) -> String {
    ask(simulation, folder, "SELECT count(*) AS n FROM sqlite_master WHERE name LIKE 'larder%'")
}

#[test]
fn a_file_is_loaded_whole_and_again_by_a_second_run() {
    let folder = folder();
    let simulation = simulation(folder.path());
    let script = r#"d1::find("jobs").load("seed.sql").statements"#;
    let clean = simulation.script(folder.path(), Mode::Apply, script);
    assert_eq!((clean.value.as_deref(), clean.report.exit), (Some("2"), 0));
    assert_eq!(
        (count(&simulation, folder.path()).as_str(), marks(&simulation, folder.path()).as_str()),
        ("2", "0")
    );
    let again = simulation.script(folder.path(), Mode::Apply, script);
    assert_eq!((again.report.exit, count(&simulation, folder.path()).as_str()), (0, "4"), "a raw write");
}

#[test]
fn what_sql_refuses_is_not_loaded_at_all() {
    let folder = folder();
    let simulation = simulation(folder.path());
    let bad = "INSERT INTO jobs VALUES (1);\nINSERT INTO nowhere VALUES (2);\n";
    files::write_whole(&folder.path().join("bad.sql"), bad.as_bytes()).unwrap();
    let finished = simulation.script(folder.path(), Mode::Apply, r#"d1::find("jobs").load("bad.sql")"#);
    assert_eq!(finished.said, ["can't import the file for `jobs`: no such table: nowhere: SQLITE_ERROR"]);
    assert_eq!((finished.report.exit, finished.report.changed), (1, false));
    assert_eq!(
        (count(&simulation, folder.path()).as_str(), marks(&simulation, folder.path()).as_str()),
        ("0", "0")
    );
    for (file, text, said) in [
        (
            "b.sql",
            &b"BEGIN; SELECT 1; COMMIT"[..],
            "`b.sql` is not loaded: b.sql:1:1: D1 does not allow `BEGIN` (and 1 more finding)",
        ),
        ("s.db", b"SQLite format 3\0...", "can't load `s.db`: it is a database file, and D1 takes SQL text"),
        ("n.sql", b"SELECT 1;\nSELECT '\0'", "can't load `n.sql`: it holds a NUL byte in line 2"),
        ("u.sql", b"SELECT '\xff'", "can't load `u.sql`: not UTF-8 at byte 8"),
        ("e.sql", b"-- nothing", "`e.sql` holds no statement"),
    ] {
        files::write_whole(&folder.path().join(file), text).unwrap();
        let finished =
            simulation.script(folder.path(), Mode::Apply, &format!(r#"d1::ensure("jobs").load("{file}")"#));
        assert_eq!(finished.said, [said]);
        assert!(finished.sent.iter().all(|request| !request.endpoint.is_write()), "{file}");
    }
    let outside = simulation.script(folder.path(), Mode::Apply, r#"d1::ensure("jobs").load("../seed.sql")"#);
    assert!(outside.said[0].starts_with("can't load `../seed.sql`: "), "{:?}", outside.said);
}

#[test]
fn a_large_file_is_asked_about_until_it_is_in_and_out_again() {
    let folder = folder();
    files::write_whole(&folder.path().join("large.sql"), large().as_bytes()).unwrap();
    let simulation = simulation(folder.path());
    let script = r#"let db = d1::find("jobs"); db.load("large.sql"); db.dump("out/large.sql").bytes"#;
    files::make_folder(&folder.path().join("out")).unwrap();
    let finished = simulation.script(folder.path(), Mode::Apply, script);
    assert_eq!(finished.report.exit, 0, "{:?}", finished.said);
    let polls = finished.sent.iter().filter(|request| request.endpoint.doing.starts_with("ask how")).count();
    let exports =
        finished.sent.iter().filter(|request| request.endpoint.doing == "export the database").count();
    assert!(polls >= 2 && exports >= 2, "{polls} {exports}");
    let text = files::read_text(&folder.path().join("out/large.sql"), 1 << 24).unwrap();
    assert_eq!(finished.value.unwrap(), text.len().to_string());
    assert!(text.contains("CASE WHEN 1 THEN 2 END"), "the trigger is as it was written");
    // The dump makes the same database elsewhere.
    let copy = simulation.script(
        folder.path(),
        Mode::Apply,
        r#"d1::ensure("copy").load("out/large.sql").statements"#,
    );
    assert_eq!(copy.report.exit, 0, "{:?}", copy.said);
    let rows = r#"d1::find("copy").query("SELECT count(*) AS n FROM big")[0].n"#;
    assert_eq!(simulation.script(folder.path(), Mode::Apply, rows).value.as_deref(), Some("14"));
}

#[test]
fn links_get_no_credentials_and_are_shown_nowhere() {
    let folder = folder();
    let simulation = simulation(folder.path());
    let finished = simulation.script(
        folder.path(),
        Mode::Apply,
        r#"let db = d1::find("jobs"); db.load("seed.sql"); db.dump("o.sql");"#,
    );
    let links: Vec<_> = finished.sent.iter().filter(|request| request.link.is_some()).collect();
    assert_eq!(links.len(), 2);
    for request in &finished.sent {
        let has_credentials = request.headers.iter().any(|(name, _)| name == "authorization");
        assert_eq!(has_credentials, request.link.is_none(), "{}", request.path);
    }
    let report = serde_json::to_string(&finished.report).unwrap();
    assert!(!report.contains("/local/d1/"), "{report}");
    assert!(links.iter().all(|request| request.path.starts_with('{')));
}

#[test]
fn a_dump_goes_into_the_project_and_nowhere_else() {
    let folder = folder();
    let simulation = simulation(folder.path());
    for (file, said) in [
        ("../out.sql", "can't write `../out.sql`: `..` leads out of the project"),
        ("/tmp/out.sql", "can't write `/tmp/out.sql`: `/tmp` leads out of the project"),
        ("larder.toml", "can't write `larder.toml`: its name does not end with `.sql`"),
        (".git/hooks.sql", "can't write `.git/hooks.sql`: it is hidden"),
    ] {
        let finished =
            simulation.script(folder.path(), Mode::Apply, &format!(r#"d1::ensure("jobs").dump("{file}")"#));
        assert_eq!(finished.said, [said]);
    }
    let empty = r#"d1::ensure("jobs").dump("o.sql", #{ schema: false, data: false })"#;
    let finished = simulation.script(folder.path(), Mode::Apply, empty);
    assert_eq!(finished.said, ["a dump without `schema` and without `data` is empty"]);
    let planned = simulation.script(folder.path(), Mode::Plan, r#"d1::ensure("jobs").dump("o.sql")"#);
    assert_eq!(planned.sent.len(), 1, "the listing");
    assert!(!files::exists(&folder.path().join("o.sql")));
}

#[test]
fn a_restore_whose_answer_is_lost_is_unknown_and_says_the_way_back() {
    let folder = folder();
    let script =
        r#"let db = d1::find("jobs"); let seed = db.load("seed.sql"); wait(seed); db.restore(seed);"#;
    let clean = simulation(folder.path());
    let finished = clean.script(folder.path(), Mode::Apply, script);
    assert_eq!(
        (finished.report.exit, count(&clean, folder.path()).as_str()),
        (0, "0"),
        "{:?}",
        finished.said
    );
    let op = finished.report.ops().last().unwrap();
    let undo = op.bookmark.clone().unwrap();
    assert!(
        op.notes[0].contains(&format!("'d1::restore(\"{}\", \"{undo}\")'", op.id.as_ref().unwrap())),
        "{op:?}"
    );
    let undone = clean.script(folder.path(), Mode::Apply, &format!(r#"d1::find("jobs").restore("{undo}")"#));
    assert_eq!((undone.report.exit, count(&clean, folder.path()).as_str()), (0, "2"), "{:?}", undone.said);
    let wrong = clean.script(folder.path(), Mode::Apply, r#"d1::find("jobs").restore("yesterday")"#);
    assert_eq!(wrong.said, ["`yesterday` is no bookmark"]);

    let number =
        finished.sent.iter().position(|request| request.endpoint.doing == "restore the database").unwrap();
    for (effect, rows, words) in
        [(FaultEffect::Applied, "0", "something was written since"), (FaultEffect::NotApplied, "2", "reset")]
    {
        let simulation = simulation(folder.path());
        let before = simulation.account.history().last().unwrap().sequence;
        simulation.account.inject(Fault {
            kind: FaultKind::Reset,
            effect,
            strike: FaultTarget::Request(before + 1 + number as u64),
        });
        let finished = simulation.script(folder.path(), Mode::Apply, script);
        simulation.account.heal();
        assert_eq!(
            (finished.report.exit, count(&simulation, folder.path()).as_str()),
            (5, rows),
            "{:?}",
            finished.said
        );
        let error = finished.report.ops().last().unwrap().error.clone().unwrap();
        assert!(error.message.contains(words), "{}", error.message);
        assert!(error.hint.unwrap().contains("to undo it: `larder eval --write 'd1::restore("));
    }
}

#[test]
fn the_way_back_is_in_the_report_and_works_as_printed() {
    let project = Project::new(PLAIN)
        .file("m/0001_a.sql", "CREATE TABLE a (x UNIQUE);\nINSERT INTO a VALUES (7);\n")
        .recipe(r#"let db = d1::ensure("jobs"); db.migrate("m");"#);
    project.run(&["run", "main", "-e", "development", "--local"]).exit(0);
    project.write("m/0002_b.sql", "CREATE TABLE b (x);\n");
    project.write("m/0003_c.sql", "INSERT INTO a VALUES (7);\n");
    let run = ["run", "main", "-e", "development", "--local", "--report", "r.json"];
    let failed = project.command(&run).output().unwrap();
    let text = String::from_utf8(failed.stdout).unwrap();
    assert_eq!(failed.status.code(), Some(4), "{text}");
    let report: Json =
        serde_json::from_str(&files::read_text(&project.path().join("r.json"), 1 << 20).unwrap()).unwrap();
    let op = report["steps"][0]["ops"].as_array().unwrap().last().unwrap();
    let bookmark = op["bookmark"].as_str().unwrap();
    let command = text.lines().find(|line| line.contains("larder eval")).unwrap_or_else(|| panic!("{text}"));
    let command = command.split('`').nth(1).unwrap();
    assert!(command.starts_with("larder eval -e development --local --write 'd1::restore("), "{command}");
    let script = command.split('\'').nth(1).unwrap();
    project.run(&["eval", "-e", "development", "--local", "--write", script]).exit(0);
    let back = format!(r#"d1::find("jobs").restore("{bookmark}")"#);
    project.run(&["eval", "-e", "development", "--local", "--write", &back]).exit(0);
    let tables = r#"d1::find("jobs").query("SELECT name FROM sqlite_master WHERE name IN ('a', 'b')").map(|row| row.name)"#;
    project.run(&["eval", "-e", "development", "--local", tables]).exit(0).says("a\n", "");
}

#[test]
fn a_protected_environment_is_restored_after_a_confirmation_only() {
    let project = Project::example();
    let bookmark = "00000000-00000000-00000000-00000000000000000000000000000000";
    let script = format!(r#"d1::restore("00000000-0000-4000-8000-000000000000", "{bookmark}")"#);
    for mode in [&["--write"][..], &[]] {
        let refused = ["eval", "-e", "production", "--local", script.as_str()];
        let output = project.run(&[&refused[..], mode].concat());
        output.kept(&format!("a protected environment is restored after a confirmation only: {mode:?}"));
    }
    let confirmed =
        ["eval", "-e", "production", "--local", "--write", "--confirm", "production", script.as_str()];
    project.run(&confirmed).kept("a protected environment is restored after a confirmation");
}

#[test]
fn progress_is_an_event() {
    let project = Project::new(PLAIN)
        .file("seed.sql", "CREATE TABLE t (x);\n")
        .recipe(r#"d1::ensure("jobs").load("seed.sql");"#);
    let output = project
        .command(&["run", "main", "-e", "development", "--local", "--format", "ndjson"])
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "progress")
        .map(|event| event["message"].as_str().unwrap())
        .collect();
    assert!(told.len() >= 2 && told[0].starts_with("uploading ") && told[1] == "importing", "{told:?}");
    assert!(events.iter().any(|event| event["event"] == "bookmark"));
}

#[test]
fn the_cascade_incident_is_refused_and_runs_with_the_marker() {
    let incident = "PRAGMA foreign_keys=OFF;\nCREATE TABLE new_users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n\
        INSERT INTO new_users SELECT id, name FROM users;\nDROP TABLE users;\nALTER TABLE new_users RENAME TO users;\n\
        PRAGMA foreign_keys=ON;\n";
    let project = Project::new(PLAIN)
        .file(
            "m/0001_users.sql",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n\
             CREATE TABLE posts (id INTEGER PRIMARY KEY, user INTEGER REFERENCES users (id) ON DELETE CASCADE);\n",
        )
        .file("seed.sql", "INSERT INTO users VALUES (1, 'Ann'); INSERT INTO posts VALUES (1, 1);\n")
        .recipe(r#"d1::ensure("jobs").migrate("m");"#);
    let run = ["run", "main", "-e", "development", "--local"];
    project.run(&run).exit(0);
    let here = ["eval", "-e", "development", "--local"];
    project
        .run(&[&here[..], &["--write", r#"d1::find("jobs").load("seed.sql").statements"#]].concat())
        .exit(0);
    let posts = r#"d1::find("jobs").query("SELECT count(*) AS n FROM posts")[0].n"#;
    let count = || project.run(&[&here[..], &[posts]].concat()).exit(0).stdout;
    project.write("m/0002_name.sql", incident);
    for mode in ["run", "plan"] {
        let refused = project.run(&[mode, "main", "-e", "development", "--local"]).exit(1);
        refused.kept(&format!("the cascade incident is refused: {mode}"));
    }
    assert_eq!(count(), "1\n");
    project.write("m/0002_name.sql", &format!("-- larder:destructive\n{incident}"));
    let planned = project.run(&["plan", "main", "-e", "development", "--local"]).exit(0);
    planned.kept("the cascade incident is planned with the marker");
    assert_eq!(count(), "1\n");
    project.run(&run).exit(0);
    assert_eq!(count(), "0\n");
}

#[test]
fn a_migration_that_may_be_cut_goes_in_as_an_import_once() {
    use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("m")).unwrap();
    let write = |name: &str, text: &str| {
        files::write_whole(&folder.path().join("m").join(name), text.as_bytes()).unwrap();
    };
    write("0001_a.sql", "CREATE TABLE a (x, end);\n");
    write(
        "0002_b.sql",
        "CREATE TRIGGER r AFTER INSERT ON a BEGIN SELECT CASE WHEN NEW.end THEN 1 ELSE NEW.end END; END;\nINSERT INTO a VALUES (1, 2);\n",
    );
    write("0003_c.sql", "CREATE TABLE c (x);\n");
    let script = r#"d1::ensure("jobs").migrate("m");"#;
    let simulation = |strike: Option<(u64, FaultEffect)>| {
        let simulation = Simulation::new(1);
        if let Some((number, effect)) = strike {
            simulation.account.inject(Fault {
                kind: FaultKind::Reset,
                effect,
                strike: FaultTarget::Request(number),
            });
        }
        let finished = simulation.script(folder.path(), Mode::Apply, script);
        simulation.account.heal();
        assert_eq!(finished.report.exit, 0, "{strike:?}: {:?}", finished.said);
        let rows = r#"d1::find("jobs").query("SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM larder_migrations) AS n")[0].n"#;
        let rows = simulation.script(folder.path(), Mode::Apply, rows).value;
        assert_eq!(rows.as_deref(), Some("\"1 3\""), "{strike:?}");
        finished.sent.iter().map(|request| request.endpoint.doing).collect::<Vec<_>>()
    };
    let sent = simulation(None);
    assert_eq!(sent.iter().filter(|doing| **doing == "import the file").count(), 1, "{sent:?}");
    for number in 1..=sent.len() as u64 {
        for effect in [FaultEffect::Applied, FaultEffect::NotApplied] {
            simulation(Some((number, effect)));
        }
    }
}

#[test]
fn a_query_asks_how_a_switch_stands_and_does_not_set_it() {
    let folder = folder();
    let simulation = simulation(folder.path());
    let query = |sql: &str| {
        simulation.script(folder.path(), Mode::Apply, &format!(r#"d1::find("jobs").query("{sql}")"#))
    };
    assert_eq!(query("PRAGMA foreign_keys").value.as_deref(), Some(r#"[#{"foreign_keys": 1}]"#));
    assert_eq!(query("PRAGMA foreign_keys(0)").said, ["`query` only reads, and statement 1 may write"]);
}
