//! Limits that D1 has and SQLite alone has not: a file that exceeds one is refused before anything is sent, by `plan` as by
//! `run`, and the local account refuses it as well.

use super::jobs_database::{live, run};

const SCHEMA: (&str, &str) = ("0001_a.sql", "CREATE TABLE t (a TEXT, b TEXT);\n");

fn chain(length: usize) -> String {
    let table = |at: usize| format!("CREATE TABLE c{at} (x);\n");
    let trigger = |at: usize| {
        format!(
            "CREATE TRIGGER r{at} AFTER INSERT ON c{at} BEGIN INSERT INTO c{} VALUES (NEW.x); END;\n",
            at + 1
        )
    };
    let tables: String = (0..=length).map(table).collect();
    let triggers: String = (0..length).map(trigger).collect();
    format!("{tables}{triggers}INSERT INTO c0 VALUES (1);\n")
}

fn joined(word: &str, separator: &str, count: usize) -> String {
    vec![word; count].join(separator)
}

/// Statements beyond a limit, what SQLite says, and the same within it.
fn beyond() -> Vec<(String, &'static str, String)> {
    let wide = |count: usize| {
        let columns: Vec<String> = (0..count).map(|at| format!("c{at}")).collect();
        format!("CREATE TABLE wide ({});", columns.join(", "))
    };
    let terms = |count| format!("INSERT INTO t (a) {};", joined("SELECT 'x'", " UNION ALL ", count));
    let depth = |count| format!("INSERT INTO t (a) VALUES ({});", joined("1", " + ", count));
    let like = |count| format!("DELETE FROM t WHERE a LIKE '{}';", "x".repeat(count));
    let glob = |count| format!("UPDATE t SET b = '' WHERE a GLOB '{}*';", "x".repeat(count));
    let blob = |count: usize| format!("INSERT INTO t (a) VALUES (zeroblob({count}));");
    let arguments = |count| format!("SELECT max({});", joined("1", ", ", count));
    vec![
        (terms(6), "too many terms in compound SELECT", terms(5)),
        (depth(102), "Expression tree is too large (maximum depth 100)", depth(90)),
        (like(51), "LIKE or GLOB pattern too complex", like(50)),
        (glob(50), "LIKE or GLOB pattern too complex", glob(49)),
        (wide(101), "too many columns on wide", wide(100)),
        (blob(2_000_001), "string or blob too big", blob(1_000_000)),
        (chain(12), "triggers nested too deep", chain(9)),
        (arguments(128), "too many arguments on function max", arguments(32)),
    ]
}

#[test]
fn what_exceeds_a_limit_never_reaches_the_database() {
    for (beyond, words, within) in beyond() {
        let project = live(
            SCHEMA,
            "INSERT INTO t VALUES ('x', 'y')",
            &[("0002_x.sql", &beyond), ("0003_y.sql", "SELECT 1;")],
        );
        let before = project.account().history().len();
        let plan = project.run(&["plan", "main", "-e", "dev"]).exit(1);
        let output = run(&project).exit(1);
        plan.kept(&format!("what exceeds a limit is found by a plan: {words}, {}", beyond.len()));
        output.kept(&format!("what exceeds a limit never reaches the database: {words}, {}", beyond.len()));
        assert!(project.account().history()[before..].iter().all(|one| !one.changed), "{beyond:.80}");
        project.write("m/0002_x.sql", &within);
        run(&project).exit(0);
    }
}

#[test]
fn the_local_account_has_the_same_limits() {
    for (beyond, words, _) in beyond() {
        if words.starts_with("too many arguments") {
            continue;
        }
        let project = live(SCHEMA, "INSERT INTO t VALUES ('x', 'y')", &[("0002_x.sql", &beyond)]);
        let output = project.run(&["run", "main", "-e", "dev", "--no-rehearse"]).exit(1);
        output.kept(&format!("the local account has the same limits: {words}, {}", beyond.len()));
    }
}
