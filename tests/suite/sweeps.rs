//! Every fault at every request of a transfer.

mod plans;

use super::invariants;
use super::simulation::{Finished, Simulation};
use super::transfers::{SEED, count, folder, marks, simulation};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::op::Mode;
use larder::system::files;
use rusqlite::fallible_iterator::FallibleIterator as _;
use std::path::Path;

/// What happens on the way, and whether the request takes effect all the same.
const FAULTS: [(FaultKind, FaultEffect); 12] = [
    (FaultKind::Reset, FaultEffect::NotApplied),
    (FaultKind::Reset, FaultEffect::Applied),
    (FaultKind::Hang, FaultEffect::Applied),
    (FaultKind::Late(10), FaultEffect::Applied),
    (FaultKind::Late(29), FaultEffect::Applied),
    (FaultKind::Page(502), FaultEffect::Applied),
    (FaultKind::NotJson, FaultEffect::Applied),
    (FaultKind::Truncated, FaultEffect::Applied),
    (FaultKind::Throttled(1), FaultEffect::NotApplied),
    (FaultKind::Unavailable, FaultEffect::NotApplied),
    (FaultKind::Denied, FaultEffect::NotApplied),
    (FaultKind::Refused, FaultEffect::NotApplied),
];

/// Runs `script` once with every fault at every request; `judge` says what is wrong.
fn sweep(script: &str, requests: u64, judge: impl Fn(&Simulation, &Path, &Finished, &str) -> Vec<String>) {
    let mut wrong = Vec::new();
    for (kind, effect) in FAULTS {
        for number in 1..=requests {
            let folder = folder();
            let simulation = simulation(folder.path());
            let before = simulation.account.history().last().unwrap().sequence;
            simulation.account.inject(Fault { kind, effect, strike: FaultTarget::Request(before + number) });
            let finished = simulation.script(folder.path(), Mode::Apply, script);
            simulation.account.heal();
            let what = format!("{kind:?} {effect:?} at request {number}");
            let mut found = judge(&simulation, folder.path(), &finished, &what);
            found.extend(invariants::attributed(&finished));
            wrong.extend(found.into_iter().map(|rule| format!("{what}: {rule}; {:?}", finished.said)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_is_loaded_once_whatever_the_network_does() {
    let script = r#"d1::find("jobs").load("seed.sql");"#;
    sweep(script, 7, |simulation, folder, finished, _| {
        let rows = count(simulation, folder);
        let report = &finished.report;
        let mut wrong = Vec::new();
        let fits = match report.exit {
            0 => rows == "2",
            1 => rows == "0" && !report.changed,
            _ => false,
        };
        if !fits {
            wrong.push(format!("exit {} with {rows} rows, changed: {}", report.exit, report.changed));
        }
        let told = report.ops().any(|op| op.notes.iter().any(|note| note.contains("is left behind")));
        if (marks(simulation, folder) != "0") != told {
            wrong.push("a mark is left behind".to_owned());
        }
        wrong
    });
}

#[test]
fn a_dump_is_old_or_whole_and_changes_nothing() {
    let script = r#"d1::find("jobs").dump("seed.sql");"#;
    sweep(script, 4, |simulation, folder, finished, _| {
        let text = files::read_text(&folder.join("seed.sql"), 1 << 20).unwrap();
        let is_whole = text == "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE jobs (id);\n";
        let mut wrong = Vec::new();
        if (finished.report.exit == 0) != is_whole || (!is_whole && text != SEED) {
            wrong.push(format!("exit {} with {text:?}", finished.report.exit));
        }
        if finished.report.changed || finished.changes() != 0 || count(simulation, folder) != "0" {
            wrong.push("something was changed".to_owned());
        }
        wrong
    });
}

const CORPUS: &str = include_str!("../../src/services/d1/migrations/tests/corpus.txt");
const SETUP: &str = "CREATE TABLE t (a, b); CREATE TABLE u (id INTEGER PRIMARY KEY);";
/// What a migration may have made, but for triggers, whose text may have got parentheses.
const MADE: &str = "SELECT ifnull(group_concat(made, '|'), '') AS n FROM (SELECT type || ' ' || name || ' ' || \
    iif(type = 'trigger', '', ifnull(sql, '')) AS made FROM sqlite_master WHERE name NOT LIKE '%migrations%' \
    AND name NOT LIKE '_cf_%' AND name NOT LIKE 'sqlite_%' ORDER BY made)";

/// The state that SQLite leaves when it runs the whole text in one transaction; `None` where it can't.
fn whole(sql: &str) -> Option<String> {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.execute_batch(&format!("{SETUP} BEGIN")).unwrap();
    let ran = run_all(&database, sql) && database.execute_batch("COMMIT").is_ok();
    ran.then(|| {
        let text = |sql: &str| database.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        let counts = TABLES.iter().filter(|table| database.table_exists(None, **table).unwrap());
        let counts = counts.map(|table| text(&format!("SELECT '{table} ' || count(*) FROM {table}")));
        format!("{} {}", text(MADE), counts.collect::<Vec<_>>().join(" "))
    })
}

const TABLES: [&str; 4] = ["t", "u", "x", "w"];

fn run_all(database: &rusqlite::Connection, sql: &str) -> bool {
    let mut batch = rusqlite::Batch::new(database, sql);
    loop {
        match batch.next() {
            Ok(Some(mut statement)) => {
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().transpose() {
                    if row.is_err() {
                        return false;
                    }
                }
            }
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Applies `sql` as the second migration of a database of its own; the state it leaves, and whether it was applied.
fn migrated(simulation: &Simulation, number: usize, sql: &str) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("m")).unwrap();
    let write =
        |name: &str, text: &str| files::write_whole(&folder.path().join("m").join(name), text.as_bytes());
    write("0001_setup.sql", SETUP).unwrap();
    write("0002_file.sql", sql).unwrap();
    let name = format!("db-{number}");
    let script = |text: &str| simulation.script(folder.path(), Mode::Apply, text);
    // One after the other, so that what is refused is the second and not both.
    script(&format!(r#"d1::ensure("{name}").migrate("m", #{{ to: "0001_setup.sql" }});"#));
    let finished = script(&format!(r#"d1::ensure("{name}").migrate("m");"#));
    assert!(matches!(finished.report.exit, 0 | 1), "{sql:?}: {:?}", finished.said);
    let ask = |sql: &str| {
        let asked = script(&format!(r#"d1::find("{name}").query("{sql}")[0].n"#));
        asked.value.unwrap_or_else(|| panic!("{sql}: {:?}", asked.said))
    };
    let made: String = serde_json::from_str(&ask(MADE)).unwrap();
    let exists = |table: &str| made.split('|').any(|line| line.starts_with(&format!("table {table} ")));
    let counts: Vec<String> = TABLES
        .iter()
        .filter(|table| exists(table))
        .map(|table| format!("'{table} ' || (SELECT count(*) FROM {table})"))
        .collect();
    let counts = match &counts[..] {
        [] => String::new(),
        counts => {
            let asked = ask(&format!("SELECT {} AS n", counts.join(" || ' ' || ")));
            serde_json::from_str(&asked).unwrap()
        }
    };
    let is_cut = finished.said.iter().any(|said| said.contains("incomplete input: SQLITE_ERROR"));
    assert!(!is_cut || whole(sql).is_none(), "cut by the server's splitter: {sql:?}");
    (format!("{made} {counts}"), finished.report.exit == 0)
}

/// What is wrong with what the runner makes of these files: it leaves what SQLite leaves of the whole, or nothing.
fn compare(texts: impl IntoIterator<Item = String>) -> (Vec<String>, usize) {
    let simulation = Simulation::new(1);
    let before = whole("SELECT 1").unwrap();
    let (mut wrong, mut applied) = (Vec::new(), 0);
    for (number, sql) in texts.into_iter().enumerate() {
        let (state, is_applied) = migrated(&simulation, number, &sql);
        let expected = if is_applied { whole(&sql.replace("\r\n", "\n")) } else { Some(before.clone()) };
        applied += usize::from(is_applied);
        if expected.as_ref() != Some(&state) {
            wrong.push(format!("{sql:?}: {state:?}, not {expected:?}"));
        }
    }
    (wrong, applied)
}

#[test]
fn the_runner_leaves_of_each_file_what_sqlite_leaves_of_the_whole_or_nothing() {
    let files = CORPUS.split("==== ").skip(1).map(|file| {
        let sql = file.split_once('\n').unwrap().1;
        sql.strip_suffix('\n')
            .unwrap()
            .replace("<CR>", "\r")
            .replace("<FF>", "\u{c}")
            .replace("<BOM>", "\u{feff}")
    });
    let files: Vec<String> = files.collect();
    assert!(files.len() >= 120, "{}", files.len());
    let windows = files.iter().filter(|sql| !sql.contains('\'') && !sql.contains('\r'));
    let windows: Vec<String> = windows.map(|sql| sql.replace('\n', "\r\n")).collect();
    let (wrong, applied) = compare(files.into_iter().chain(windows));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(applied >= 100, "{applied}");
}

#[test]
fn the_runner_leaves_of_generated_files_what_sqlite_leaves_of_them() {
    const PIECES: [&str; 14] = [
        "INSERT INTO t VALUES (1, 2)",
        "INSERT INTO u VALUES (NULL)",
        "CREATE TABLE x (a)",
        "INSERT INTO t SELECT * FROM t",
        "SELECT 'a;b', \"c;d\" FROM t -- e;\n",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO u DEFAULT VALUES; END",
        "CREATE TRIGGER s AFTER INSERT ON u BEGIN\n UPDATE t SET b = CASE WHEN a THEN 1 ELSE 2 END;\nEND",
        "/* CASE; END; */ CREATE INDEX i ON t (a)",
        "UPDATE t SET b = CASE a WHEN 1 THEN ';' END",
        "CREATE VIEW v AS SELECT CASE WHEN 1 THEN 2 END AS w",
        "ALTER TABLE u ADD COLUMN n TEXT DEFAULT 'x;y'",
        "DELETE FROM t WHERE a = 99",
        ";",
        "nonsense",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let texts: Vec<String> = (0..60)
        .map(|_| {
            let count = random.usize(1..7);
            let pieces: Vec<&str> = (0..count).map(|_| PIECES[random.usize(0..PIECES.len())]).collect();
            pieces.join(if random.bool() { ";\n" } else { ";\r\n" })
        })
        .collect();
    let (wrong, applied) = compare(texts);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!((20..60).contains(&applied), "{applied}");
}
