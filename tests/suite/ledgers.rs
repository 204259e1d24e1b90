//! `migrations new`, `baseline` and `repair`, on the binary; and what becomes of odd texts.

use super::project::{PLAIN, Project};
use super::report_schema;
use super::simulation::Simulation;
use larder::op::Mode;
use larder::system::files;
use serde_json::{Value as Json, json};

const A: &str = "CREATE TABLE a (x);\n";
const B: &str = "INSERT INTO a VALUES ('b');\n";

fn config() -> String {
    format!("{PLAIN}[environments.production]\nprotected = true\n[d1.databases.jobs]\nmigrations = \"m\"\n")
}

fn sql(project: &Project, sql: &str) -> Json {
    let databases = project.api("GET", "/d1/database", &Json::Null);
    let id = databases[0]["uuid"].as_str().unwrap();
    project.api("POST", &format!("/d1/database/{id}/query"), &json!({ "sql": sql }))[0]["results"].clone()
}

fn changes(project: &Project) -> usize {
    project.account().history().iter().filter(|exchanged| exchanged.changed).count()
}

/// A database with the schema of `0001_a.sql`, which no ledger knows.
fn made_by_hand() -> Project {
    let project = Project::new(&config()).file("m/0001_a.sql", A).file("m/0002_b.sql", B).served();
    project.api("POST", "/d1/database", &json!({"name": "jobs"}));
    sql(&project, A);
    project
}

#[test]
fn a_baseline_is_shown_confirmed_and_written() {
    let project = made_by_hand();
    let shown = "jobs -> jobs\n  `0001_a.sql` is recorded as applied and not run\n";
    let before = changes(&project);
    project
        .run(&["migrations", "baseline", "-e", "dev", "--to", "0001_a.sql"])
        .exit(1)
        .says(shown, "error: nothing was written: there is nobody to ask\nhint: `--yes` writes it\n");
    let protected = ["migrations", "baseline", "-e", "production", "--to", "0001_a.sql", "--yes"];
    project.run(&protected).exit(1).says(
        shown,
        "error: `production` is protected: can't correct its ledger without a confirmation\nhint: `--confirm production`\n",
    );
    assert_eq!(changes(&project), before);
    let confirmed = [&protected[..], &["--confirm", "production"]].concat();
    project.run(&confirmed).exit(0).says(&format!("{shown}written, and read back from the ledger\n"), "");
    assert_eq!(changes(&project), before + 1);
    project.run(&confirmed).exit(0).says("jobs -> jobs: there is nothing to record\n", "");
    project.run(&["run", "-e", "dev"]).exit(0).kept("a baseline is shown confirmed and written");
    assert_eq!(sql(&project, "SELECT x FROM a"), json!([{"x": "b"}]));
}

#[test]
fn what_is_not_there_has_no_ledger() {
    let project = Project::new(&config()).file("m/0001_a.sql", A).served();
    project.run(&["migrations", "baseline", "-e", "dev", "--yes"]).exit(1).says(
        "",
        "error: the database `jobs` does not exist yet\nhint: `larder run -e development` makes it, and applies its migrations\n",
    );
    project.run(&["migrations", "baseline", "-e", "dev", "--to", "x.sql"]).exit(2).says(
        "",
        "error: there is no migration `x.sql` in `m`\nhint: give the name from the migrations' folder, as in `0001_init.sql`\n",
    );
    assert_eq!(changes(&project), 0);
}

#[test]
fn a_repair_needs_a_reason_that_holds() {
    let project = Project::new(&config()).file("m/0001_a.sql", A).file("m/0002_b.sql", B).served();
    project.run(&["run", "-e", "dev"]).exit(0);
    project.write("m/0001_a.sql", "CREATE TABLE a (x); -- the table\n");
    let repair = |more: &[&'static str]| {
        project.run(&[&["migrations", "repair", "jobs", "-e", "dev", "--yes"], more].concat())
    };
    repair(&[]).exit(2).says(
        "",
        "error: nothing is named to repair
hint: `larder migrations status -e development` shows what does not fit, and how to repair it
",
    );
    repair(&["--edited", "0002_b.sql"]).exit(1).says(
        "",
        "error: `0002_b.sql` is not edited in `jobs`: it is applied\nhint: `larder migrations status -e development` shows how each file \
         stands\n",
    );
    project.run(&["run", "-e", "dev"]).exit(1);
    repair(&["--edited", "0001_a.sql"]).exit(0).says(
        "jobs -> jobs\n  the present text of `0001_a.sql` is recorded as the one that was applied\n\
         written, and read back from the ledger\n",
        "",
    );
    project.run(&["run", "-e", "dev"]).exit(0);
    project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(0);
    files::remove_file(&project.path().join("m/0002_b.sql")).unwrap();
    let written = project.report(&["migrations", "repair", "-e", "dev", "--yes", "--removed", "0002_b.sql"]);
    report_schema::fits("schemas/migrations-1.json", &written);
    assert_eq!(
        (&written["written"], &written["corrections"][0]["file"]),
        (&json!(true), &json!("0002_b.sql"))
    );
    project.run(&["migrations", "status", "-e", "dev", "--exit-code"]).exit(0);
    assert_eq!(sql(&project, "SELECT count(*) AS n FROM a"), json!([{"n": 1}]), "nothing is taken back");
}

#[test]
fn the_next_file_is_made_and_nothing_is_written_over() {
    let project = Project::new(&config());
    project.run(&["migrations", "new", "add companies"]).exit(0).says("m/0001_add_companies.sql\n", "");
    let text = files::read_text(&project.path().join("m/0001_add_companies.sql"), 1 << 10).unwrap();
    assert!(text.starts_with("-- Migration number: 0001 \t 20") && text.ends_with("Z\n"), "{text}");
    project.write("m/0007_x.sql", A);
    project.run(&["migrations", "new", "add companies"]).exit(0).says("m/0008_add_companies.sql\n", "");
    project.run(&["migrations", "new", "a/b"]).exit(2).says(
        "",
        "error: `a/b` can't be a part of a file's name\nhint: give a few words without quotes and slashes\n",
    );
    let both = format!(
        "{}[d1.databases.other]\nmigrations = \"o/deep\"\nmigrations_pattern = \"*/migration.sql\"\n",
        config()
    );
    project.write("larder.toml", &both);
    project.run(&["migrations", "new", "x"]).exit(2).says(
        "",
        "error: the project has several folders of migrations\nhint: `--database NAME` chooses one\n",
    );
    let other = ["migrations", "new", "x", "--database", "other"];
    project.run(&other).exit(0).says("o/deep/0001_x/migration.sql\n", "");
    project.run(&other).exit(0).says("o/deep/0002_x/migration.sql\n", "");
    let outside = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"../m\"\n");
    project.write("larder.toml", &outside);
    project.run(&["migrations", "new", "x"]).exit(2);
}

#[test]
fn a_project_file_may_ask_for_one_transaction() {
    let config = format!("{PLAIN}[d1.databases.jobs]\nmigrations = \"m\"\natomic = \"all\"\n");
    let project =
        Project::new(&config).file("m/0001_a.sql", A).file("m/0002_b.sql", "SELECT nope FROM a;").served();
    project
        .run(&["run", "-e", "dev", "--no-rehearse"])
        .exit(4)
        .kept("a project file may ask for one transaction");
    assert_eq!(sql(&project, "SELECT name FROM sqlite_master WHERE name = 'a'"), json!([]));
    project.write("m/0002_b.sql", B);
    project.run(&["plan", "-e", "dev"]).exit(0).kept("a project file may ask for one transaction, 2");
    project.run(&["run", "-e", "dev"]).exit(0);
    assert_eq!(sql(&project, "SELECT x FROM a"), json!([{"x": "b"}]));
    let calls = project
        .account()
        .history()
        .into_iter()
        .filter(|one| one.body.contains("'0002_b.sql'") && one.changed);
    assert_eq!(calls.count(), 1);
}

#[test]
fn one_transaction_of_more_than_a_query_takes_is_one_import() {
    let (simulation, folder) = (Simulation::new(1), tempfile::tempdir().unwrap());
    files::make_folder(&folder.path().join("m")).unwrap();
    let row = format!("INSERT INTO a VALUES ('{}');\n", "x".repeat(39_000));
    for (name, text) in
        [("0001_a.sql", A), ("0002_b.sql", &row), ("0003_c.sql", &row), ("0004_d.sql", "SELECT nope FROM a;")]
    {
        files::write_whole(&folder.path().join("m").join(name), text.as_bytes()).unwrap();
    }
    let run = |to: &str| {
        let script = format!(
            "d1::ensure(\"jobs\").migrate(\"m\", #{{ atomic: \"all\", rehearse: false, to: \"{to}\" }}).applied.len"
        );
        let done = simulation.script(folder.path(), Mode::Apply, &script);
        let imports = done.sent.iter().filter(|request| request.path.ends_with("/import")).count();
        (done.value, done.said, imports)
    };
    let (value, said, imports) = run("0004_d.sql");
    assert_eq!((value, said.len()), (None, 1), "{said:?}");
    assert!(imports > 0);
    let ledger =
        "d1::find(\"jobs\").query(\"SELECT count(*) AS n FROM sqlite_master WHERE name = 'a'\")[0].n";
    assert_eq!(
        simulation.script(folder.path(), Mode::Apply, ledger).value.unwrap(),
        "0",
        "none of them is applied"
    );
    let (value, said, imports) = run("0003_c.sql");
    assert_eq!((value.as_deref(), said.len()), (Some("3"), 0), "{said:?}");
    assert!(imports > 0);
    let (value, ..) = run("0003_c.sql");
    assert_eq!(value.as_deref(), Some("0"));
}

#[test]
fn odd_texts_do_the_sensible_thing() {
    let texts = [
        (
            "0001_crlf.sql",
            "CREATE TABLE t (x);\r\nINSERT INTO t VALUES ('a\r\nb');\r\nCREATE TRIGGER r AFTER INSERT ON t BEGIN\r\n  SELECT 1;\r\nEND;\r\n",
        ),
        ("0002_bom.sql", "\u{feff}INSERT INTO t VALUES ('bom');\n"),
        ("0003_no_semicolon.sql", "INSERT INTO t VALUES ('no semicolon')"),
        ("0004_trailing.sql", "INSERT INTO t VALUES ('trailing'); -- a comment"),
        ("0005_trailing_block.sql", "INSERT INTO t VALUES ('block') /* a comment */"),
        ("0006_open.sql", "INSERT INTO t VALUES ('open'); /* never closed"),
        ("0007_empty.sql", ""),
        ("0008_comment.sql", "-- Migration number: 0008\n"),
        ("0009_semicolons.sql", ";;\n;"),
        ("0010_after.sql", "INSERT INTO t VALUES ('after')"),
    ];
    for atomic in ["file", "all"] {
        let (simulation, folder) = (Simulation::new(1), tempfile::tempdir().unwrap());
        files::make_folder(&folder.path().join("m")).unwrap();
        let write = |name: &str, text: &str| {
            files::write_whole(&folder.path().join("m").join(name), text.as_bytes()).unwrap();
        };
        for (name, text) in texts {
            write(name, text);
        }
        let migrate =
            format!("let db = d1::ensure(\"jobs\"); db.migrate(\"m\", #{{ atomic: \"{atomic}\" }});");
        let read = format!("{migrate} db.query(\"SELECT group_concat(quote(x), ' ') AS x FROM t\")[0].x");
        let done = simulation.script(folder.path(), Mode::Apply, &read);
        assert_eq!(done.said, Vec::<String>::new(), "{atomic}");
        let rows = "\"'a\\r\\nb' 'bom' 'no semicolon' 'trailing' 'block' 'open' 'after'\"";
        assert_eq!(done.value.unwrap(), rows, "{atomic}");
        let ledger = "d1::find(\"jobs\").query(\"SELECT count(*) AS n FROM d1_migrations\")[0].n";
        assert_eq!(simulation.script(folder.path(), Mode::Apply, ledger).value.unwrap(), "10", "{atomic}");
        let again = simulation.script(folder.path(), Mode::Apply, &migrate);
        assert_eq!((again.changes(), again.said.len()), (0, 0), "{atomic}");
        for (text, said) in [
            ("SELECT 1;\nSELECT '\0';", "`0011_x.sql` holds a NUL byte in line 2"),
            ("SELECT 'open", "can't be read"),
        ] {
            write("0011_x.sql", text);
            let done = simulation.script(folder.path(), Mode::Apply, &migrate);
            assert!(done.said[0].contains(said), "{:?}", done.said);
            assert_eq!(done.changes(), 0);
        }
    }
}
