//! The page that sets Larder beside other tools: each row says what shows it, each test that it names is there, and the
//! versions are those that the tests install.

use super::source_tree::{read, repository};
use regex::Regex;
use serde_json::Value as Json;

const PAGE: &str = "docs/compared.md";

/// The last cell of each row of a table, without heads.
fn evidence(page: &str) -> Vec<(&str, &str)> {
    let lines: Vec<&str> = page.lines().collect();
    let is_row = |at: usize| {
        let is_head = lines.get(at + 1).is_some_and(|next| next.starts_with("|---"));
        lines[at].starts_with("| ") && !is_head
    };
    let rows = (0..lines.len()).filter(|at| is_row(*at));
    rows.map(|at| (lines[at], lines[at].trim_end_matches(" |").rsplit(" | ").next().unwrap())).collect()
}

#[test]
fn every_row_says_what_shows_it() {
    let page = read(PAGE);
    let tests: String = repository()
        .iter()
        .filter(|path| path.starts_with("tests/clients/") && path.ends_with(".rs"))
        .map(|path| read(path))
        .collect();
    let name = Regex::new("`([a-z0-9]+(?:_[a-z0-9]+){2,})`").unwrap();
    let rows = evidence(&page);
    assert!(rows.len() >= 30, "{}", rows.len());
    for (row, cell) in rows {
        let named: Vec<&str> = name.captures_iter(cell).map(|found| found.get(1).unwrap().as_str()).collect();
        assert!(!named.is_empty() || cell.contains("]("), "nothing shows {row}");
        for test in named {
            assert!(tests.contains(&format!("fn {test}()")), "{test} is no test of a client: {row}");
        }
    }
}

#[test]
fn the_versions_are_those_that_are_played() {
    let page = read(PAGE);
    let packages: Json = serde_json::from_str(&read("tests/clients/npm/package.json")).unwrap();
    let packages = &packages["dependencies"];
    for package in ["wrangler", "cf", "alchemy"] {
        let said = format!("{package} {}", packages[package].as_str().unwrap());
        assert!(page.contains(&said), "{PAGE} does not say {said:?}");
    }
}
