//! What the chains hold is what was recorded of wrangler against another server, but for the differences that are listed,
//! each with its reason.

use super::super::source_tree::{read, root};
use super::CHAINS;
use super::corpus::{Corpus, Scenario};
use super::filter::{filtered, line, tidy};
use larder::local::DEFAULT_ACCOUNT_ID;
use larder::system::files;
use regex::{Captures, Regex};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

const DIFFERENCES: &str = "tests/clients/wrangler/differences.txt";

/// What wrangler begins with where it is not told to leave it out, with the look-up that it makes for it.
static BANNER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\n ⛅️ wrangler [0-9.]+\n─+\n").unwrap());

/// What is as wide as the longest text in a column.
static WIDTHS: LazyLock<[(Regex, &str); 2]> = LazyLock::new(|| {
    [("─+", "─"), (" +│", " │")].map(|(pattern, with)| (Regex::new(pattern).unwrap(), with))
});

/// JSON that ends what is printed, after words or alone.
static JSON: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?ms)^[\[{]$.*?^[\]}]$").unwrap());

static NAMED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[\w-]+>").unwrap());

/// `LARDER_BLESS=1` writes the differences anew; each needs its reason, a line that begins with `#`.
#[test]
fn wrangler_says_what_was_recorded() {
    let mut played = BTreeMap::<String, Scenario>::new();
    for scenario in CHAINS.iter().flat_map(|chain| Corpus::of(chain).scenarios) {
        let title = scenario.title.clone();
        assert!(played.insert(title.clone(), scenario).is_none(), "two scenarios are named {title}");
    }
    let reasons = reasons();
    let mut now = String::from("# Where an outcome is not the recorded one (-) but this (+), and why.\n");
    let mut compared = 0;
    for recorded in read("tests/clients/wrangler/recorded.jsonl").lines() {
        let recorded: Value = serde_json::from_str(recorded).unwrap();
        let label = recorded["label"].as_str().unwrap();
        let scenario = played.get(label).unwrap_or_else(|| panic!("{label} is not played"));
        assert_eq!(command(scenario), plain(recorded["command"].as_str().unwrap()), "{label}");
        compared += 1;
        let difference = difference(&outcome(&recorded), &canonical(&scenario.outcome));
        if !difference.is_empty() {
            let reason = reasons.get(label).map_or("# why?", String::as_str);
            let _ = write!(now, "\n=== {label}\n{reason}\n{difference}");
        }
    }
    assert_eq!(compared, 88);
    if std::env::var_os("LARDER_BLESS").is_some() {
        files::write_whole(&root().join(DIFFERENCES), now.as_bytes()).unwrap();
    }
    assert!(!now.contains("# why?"), "a difference without a reason:\n{now}");
    let listed = read(DIFFERENCES);
    assert!(listed == now, "{DIFFERENCES} is not in step, and is now:\n{now}");
}

/// The reasons that are listed, by title.
fn reasons() -> BTreeMap<String, String> {
    let listed = read(DIFFERENCES);
    let blocks = listed.split("\n=== ").skip(1).map(|block| {
        let mut lines = block.lines();
        let title = lines.next().unwrap_or_default().to_owned();
        let reason: Vec<&str> = lines.take_while(|line| line.starts_with('#')).collect();
        (title, reason.join("\n"))
    });
    blocks.collect()
}

fn command(scenario: &Scenario) -> String {
    plain(&NAMED.replace_all(&scenario.command(), "[ID]"))
}

fn plain(text: &str) -> String {
    filtered(text, Path::new("no folder"))
}

/// A recorded outcome in the form of a chain's.
fn outcome(recorded: &Value) -> String {
    let mut outcome = format!("--- exit {}", recorded["exit"]);
    for request in requests(recorded["label"].as_str().unwrap()) {
        let _ = write!(outcome, "\n> {}", plain(&request));
    }
    for name in ["stdout", "stderr"] {
        let text = tidy(&plain(&BANNER.replace(recorded[name].as_str().unwrap(), "")));
        if !text.is_empty() {
            let _ = write!(outcome, "\n--- {name}\n{text}");
        }
    }
    for (path, text) in recorded["files_after"].as_object().into_iter().flatten() {
        let _ = write!(outcome, "\n--- file {path}\n{}", tidy(&plain(text.as_str().unwrap())));
    }
    canonical(&outcome)
}

/// The recorded requests of a scenario, in the order of time; the one without a file sent none.
fn requests(label: &str) -> Vec<String> {
    if label == "version" {
        return Vec::new();
    }
    let text = read(&format!("tests/traffic/{label}.jsonl"));
    let mut requests: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    requests.sort_by(|one, other| one["ts"].as_str().cmp(&other["ts"].as_str()));
    let lines = requests.iter().map(|request| {
        let field = |name: &str| request[name].as_str().unwrap_or_default();
        let status = &request["response"]["status"];
        let answer = match (field("route"), status.as_u64()) {
            // A failure that the recorded server was told to give.
            ("UNROUTED", Some(400..)) => "not applied".to_owned(),
            _ => status.to_string(),
        };
        let links = if field("method") == "PUT" { "/local/d1/uploads/" } else { "/local/d1/exports/" };
        let path = field("path").replace("/__upload/", links);
        line(field("method"), &path, field("query"), field("body"), &answer, DEFAULT_ACCOUNT_ID)
    });
    super::filter::in_order(lines.collect())
}

/// A text without what clients need not keep: the widths of columns, the order of keys.
fn canonical(text: &str) -> String {
    let narrow =
        |text: String, (pattern, with): &(Regex, &str)| pattern.replace_all(&text, *with).into_owned();
    let text = WIDTHS.iter().fold(text.to_owned(), narrow);
    let sorted = |found: &Captures<'_>| match serde_json::from_str::<Value>(&found[0]) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
        Err(_) => found[0].to_owned(),
    };
    JSON.replace_all(&text, sorted).into_owned()
}

/// The lines that only one of two texts has, each with its sign, in the order of the texts.
fn difference(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // The longest common run of lines from each pair of places on.
    let mut common = vec![vec![0_usize; after.len() + 1]; before.len() + 1];
    for one in (0..before.len()).rev() {
        for other in (0..after.len()).rev() {
            common[one][other] = if before[one] == after[other] {
                common[one + 1][other + 1] + 1
            } else {
                common[one + 1][other].max(common[one][other + 1])
            };
        }
    }
    let (mut one, mut other, mut difference) = (0, 0, String::new());
    while one < before.len() || other < after.len() {
        if one < before.len() && other < after.len() && before[one] == after[other] {
            (one, other) = (one + 1, other + 1);
        } else if one < before.len()
            && (other == after.len() || common[one + 1][other] >= common[one][other + 1])
        {
            let _ = writeln!(difference, "- {}", before[one]);
            one += 1;
        } else {
            let _ = writeln!(difference, "+ {}", after[other]);
            other += 1;
        }
    }
    difference
}
