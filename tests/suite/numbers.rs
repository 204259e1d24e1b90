//! Figures in the documents are true: what was measured stands in `benches/measured.json`, which the benchmark writes, and how
//! many cases are played is counted.

use super::source_tree::{read, repository};
use regex::Regex;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::process::Command;

/// Where figures may be quoted.
fn pages() -> Vec<(String, String)> {
    let is_page = |path: &String| {
        path == "README.md"
            || (path.starts_with("docs/") || path.starts_with("benches/")) && path.ends_with(".md")
    };
    repository().into_iter().filter(is_page).map(|path| (path.clone(), read(&path))).collect()
}

/// Each table whose head has this in it: the page, and its rows by cells, the head first.
fn tables(head: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let cells =
        |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut found = Vec::new();
    for (path, page) in pages() {
        let lines: Vec<&str> = page.lines().collect();
        for at in (0..lines.len()).filter(|at| lines[*at].starts_with('|') && lines[*at].contains(head)) {
            let rows = lines[at..].iter().take_while(|line| line.starts_with('|'));
            found.push((
                path.clone(),
                rows.filter(|row| !row.starts_with("|---")).map(|row| cells(row)).collect(),
            ));
        }
    }
    assert!(!found.is_empty(), "no page has a table with {head:?} in its head");
    found
}

/// What the benchmark has measured, with 80 ms per answer and nothing more for a connection.
fn measured() -> (Json, Vec<Json>) {
    let all: Json = serde_json::from_str(&read("benches/measured.json")).unwrap();
    let is_quoted = |row: &&Json| row["answer_ms"] == 80 && row["connection_ms"] == 0;
    let rows = all["rows"].as_array().unwrap().iter().filter(is_quoted).cloned().collect();
    (all, rows)
}

/// How long a case took with a client: by how its name begins, without its version.
fn wall_ms(rows: &[Json], case: &str, client: &str) -> f64 {
    let version = Regex::new(r" [0-9]+\.[0-9.]+").unwrap();
    let is_client = |row: &Json| version.replace(row["client"].as_str().unwrap(), "").starts_with(client);
    let found = rows.iter().find(|row| row["case"] == case && is_client(row));
    found.unwrap_or_else(|| panic!("{client} was not measured: {case}"))["wall_ms"].as_f64().unwrap()
}

/// `× 2.6`, `× 25`
fn times(of_other: f64, of_larder: f64) -> String {
    let times = of_other / of_larder;
    if times < 20.0 { format!("× {times:.1}") } else { format!("× {times:.0}") }
}

#[test]
fn the_times_that_are_quoted_were_measured() {
    let (all, rows) = measured();
    let others = ["SDK, in parallel", "SDK, in sequence", "alchemy --adopt", "wrangler, one call each"];
    let expected = ["first run", "no-op, id known", "one new migration"].map(|case| {
        let larder = wall_ms(&rows, case, "larder");
        let cells = others.iter().map(|other| times(wall_ms(&rows, case, other), larder));
        std::iter::once(format!("{larder:.0} ms")).chain(cells).collect::<Vec<_>>()
    });
    let date = &all["machine"].as_str().unwrap()[..10];
    for (path, table) in tables("| Larder | SDK, in parallel | SDK, in sequence | Alchemy") {
        let figures: Vec<&[String]> = table[1..].iter().map(|row| &row[1..]).collect();
        assert_eq!(figures, expected, "{path}: `benches/README.md` has the command that measures anew");
        assert!(read(&path).contains(date), "{path} says when this was measured: {date}");
    }
}

#[test]
fn the_cases_of_the_notes_were_measured() {
    let (_, rows) = measured();
    let cases = [
        "no-op, id known",
        "no-op, id not known",
        "one new migration",
        "first run",
        "first run, steps in sequence",
    ];
    let expected = cases.map(|case| format!("{:.0} ms", wall_ms(&rows, case, "larder")));
    for (path, table) in tables("| case, 80 ms per answer |") {
        let figures: Vec<&str> = table[1..].iter().map(|row| row[1].as_str()).collect();
        assert_eq!(figures, expected, "{path}");
    }
}

#[test]
fn what_a_run_takes_of_the_machine_was_measured() {
    let (_, rows) = measured();
    let of_larder = |field: &str| -> Vec<f64> {
        let own = rows.iter().filter(|row| row["client"] == "larder");
        own.map(|row| row[field].as_f64().unwrap()).collect()
    };
    let (cpu, peak) = (of_larder("cpu_ms"), of_larder("peak_mb"));
    let least = |all: &[f64]| all.iter().copied().fold(f64::INFINITY, f64::min);
    let most = |all: &[f64]| all.iter().copied().fold(0.0, f64::max);
    let expected = format!("{:.0} to {:.0} ms of CPU and {:.0} MB", least(&cpu), most(&cpu), most(&peak));
    let quoted = Regex::new(r"[0-9]+ to [0-9]+ ms of CPU and [0-9]+ MB").unwrap();
    let mut seen = 0;
    for (path, page) in pages() {
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        for found in quoted.find_iter(&page) {
            assert_eq!(found.as_str(), expected, "{path}");
            seen += 1;
        }
    }
    assert!(seen > 0);
}

/// Rows of the table of what is tested, and the tests whose cases each counts, by how their names begin.
const PLAYED: [(&str, &[&str]); 6] = [
    (
        "single faults",
        &[
            "faults::destroy",
            "faults::entries",
            "faults::group",
            "faults::persistent",
            "faults::services",
            "faults::single",
            "faults::sweep",
            "sweeps_corrections",
            "sweeps_migrations::every_single_fault",
            "sweeps_migrations::what_cannot_be_decided",
        ],
    ),
    (
        "pairs, and by chance",
        &["faults::pairs", "faults::seeds", "sweeps_migrations::a_fault_beside_a_rival"],
    ),
    (
        "late and double calls",
        &["sweeps_migrations::a_commit", "sweeps_migrations::a_call", "sweeps_migrations::a_lost_answer"],
    ),
    ("kills", &["crashes"]),
    ("races", &["races::"]),
    ("HTTP/2", &["streams"]),
];

/// Has the tests of this binary count their cases, without playing them.
fn counted() -> BTreeMap<String, usize> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["suite::faults", "suite::races::", "suite::crashes", "suite::streams", "suite::sweeps_"]);
    // They play without cells, in processes or with files.
    command.args(["--skip", "::processes", "--skip", "crashes::files", "--skip", "crashes::local"]);
    command.args(["--nocapture", "--test-threads", "4"]).env("LARDER_COUNT", "1");
    let printed = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let line = Regex::new(r"suite::([a-z0-9_:]+): ([0-9]+) cases").unwrap();
    let mut counts = BTreeMap::new();
    for found in line.captures_iter(&printed) {
        *counts.entry(found[1].to_owned()).or_default() += found[2].parse::<usize>().unwrap();
    }
    counts
}

/// How many inputs a corpus has.
fn sections(path: &str) -> usize {
    let text = read(path);
    text.lines().filter(|line| line.starts_with("=== ")).count()
}

#[test]
fn as_many_cases_are_played_as_is_said() {
    let mut counts = counted();
    let mut expected = BTreeMap::new();
    for (label, prefixes) in PLAYED {
        let is_here = |name: &String| prefixes.iter().any(|prefix| name.starts_with(prefix));
        let here: Vec<String> = counts.keys().filter(|name| is_here(name)).cloned().collect();
        expected.insert(label, here.iter().map(|name| counts.remove(name).unwrap()).sum::<usize>());
    }
    assert_eq!(counts, BTreeMap::new(), "tests that no row counts");
    expected
        .insert("hostile recipes", sections("tests/hostile/reach.txt") + sections("src/script/hostile.txt"));
    let corpora = ["arguments", "env_files", "migration_folders", "wrangler_configs"];
    let answers = Regex::new(r"(?m)^([0-9]+) bad answers, ").unwrap();
    let answers: usize = answers.captures(&read("tests/bad/answers.txt")).unwrap()[1].parse().unwrap();
    let bad = corpora.map(|corpus| sections(&format!("tests/bad/{corpus}.txt"))).iter().sum::<usize>();
    expected.insert("bad input", bad + answers + super::bad_input::count());
    let mut seen = 0;
    for (path, table) in tables("| cases in CI |") {
        let column = table[0].iter().position(|head| head == "cases in CI").unwrap();
        for row in &table[1..] {
            if let Some(number) = expected.get(row[0].as_str()) {
                assert_eq!(row[column].replace(',', ""), number.to_string(), "{path}: {}", row[0]);
                seen += 1;
            }
        }
    }
    assert!(seen >= expected.len(), "{expected:?}");
}
