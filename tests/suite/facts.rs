//! The facts about what is outside (`docs/facts`): each has a source and is cited, and what the code cites is there.

use super::source_tree::{read, repository};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// How a fact may have been checked; the page `docs/facts/README.md` explains each word.
const CHECKED: [&str; 7] =
    ["documented", "client", "recorded", "reported", "measured", "unverified", "background"];

/// A row of a page.
struct Fact {
    page: String,
    checked: String,
    source: String,
}

/// The pages that hold facts.
fn pages() -> Vec<String> {
    let paths = repository().into_iter().filter(|path| path.starts_with("docs/facts/"));
    let pages: Vec<String> = paths.filter(|path| !path.ends_with("README.md")).collect();
    assert!(pages.len() >= 10, "{pages:?}");
    pages
}

/// Every fact by its id; the ids of a page have one prefix and count up.
fn facts() -> BTreeMap<String, Fact> {
    let row = Regex::new(r"(?m)^\| ([A-Z][A-Z0-9]*)-(\d+) \| (.+) \| ([^|]+) \| ([^|]+) \|$").unwrap();
    let mut facts = BTreeMap::new();
    for page in pages() {
        let text = read(&page);
        let rows = text.lines().filter(|line| line.starts_with("| ")).count() - 1;
        let mut prefixes = BTreeSet::new();
        for (at, found) in row.captures_iter(&text).enumerate() {
            assert_eq!(found[2], (at + 1).to_string(), "{page}: the number after {at}");
            prefixes.insert(found[1].to_owned());
            let (checked, source) = (found[4].to_owned(), found[5].to_owned());
            let fact = Fact { page: page.clone(), checked, source };
            facts.insert(format!("{}-{}", &found[1], &found[2]), fact);
        }
        assert_eq!(prefixes.len(), 1, "{page}: {prefixes:?}");
        let found = facts.values().filter(|fact| fact.page == page).count();
        assert_eq!(found, rows, "{page}: a row that is not of the form");
    }
    facts
}

/// The ids in the code, each with the files that cite it; of the `known` prefixes alone, since `SHA-256` is no fact.
fn cited(known: &BTreeMap<String, Fact>) -> BTreeMap<String, BTreeSet<String>> {
    let prefixes: BTreeSet<&str> = known.keys().filter_map(|id| id.split('-').next()).collect();
    let prefixes = prefixes.into_iter().collect::<Vec<_>>().join("|");
    let id = Regex::new(&format!(r"\b(?:{prefixes})-\d+\b")).unwrap();
    let mut cited: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in code() {
        for found in id.find_iter(&read(&path)) {
            cited.entry(found.as_str().to_owned()).or_default().insert(path.clone());
        }
    }
    cited
}

fn code() -> impl Iterator<Item = String> {
    let is_code = |path: &String| {
        path.ends_with(".rs")
            && ["src/", "tests/suite/", "tests/clients/"].iter().any(|room| path.starts_with(room))
    };
    repository().into_iter().filter(is_code)
}

#[test]
fn what_is_cited_is_a_fact_and_each_fact_is_cited() {
    let facts = facts();
    let cited = cited(&facts);
    assert!(cited.len() > 100, "only {} ids are cited", cited.len());
    let unknown: Vec<_> = cited.iter().filter(|(id, _)| !facts.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "cited, and no fact: {unknown:?}");
    let is_background = |fact: &Fact| fact.checked.split(", ").any(|word| word == "background");
    let idle = facts.iter().filter(|(id, fact)| is_background(fact) == cited.contains_key(*id));
    let idle: Vec<&str> = idle.map(|(id, _)| id.as_str()).collect();
    assert!(idle.is_empty(), "neither cited nor `background`, or both: {idle:?}");
}

#[test]
fn each_fact_has_a_source_and_says_how_it_was_checked() {
    let label = Regex::new(r"\[([a-z0-9-]+)\]").unwrap();
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, fact) in facts() {
        for word in fact.checked.split(", ") {
            assert!(CHECKED.contains(&word), "{id}: {word}");
        }
        let labels: BTreeSet<String> =
            label.captures_iter(&fact.source).map(|found| found[1].to_owned()).collect();
        assert!(!labels.is_empty(), "{id}: no source");
        used.entry(fact.page).or_default().extend(labels);
    }
    let defined = Regex::new(r"(?m)^\[([a-z0-9-]+)\]: (https://\S+)$").unwrap();
    for (page, labels) in used {
        let text = read(&page);
        let beside = label.captures_iter(&text).map(|found| found[1].to_owned());
        let all: BTreeSet<String> = defined.captures_iter(&text).map(|found| found[1].to_owned()).collect();
        let missing: Vec<_> = labels.difference(&all).collect();
        assert!(missing.is_empty(), "{page}: no address of {missing:?}");
        let named: Vec<String> = beside.collect();
        let idle = all.iter().filter(|one| named.iter().filter(|label| label == one).count() < 2);
        assert_eq!(idle.collect::<Vec<_>>(), Vec::<&String>::new(), "{page}: addresses that nothing names");
    }
    let words = read("docs/facts/README.md");
    assert!(CHECKED.iter().all(|word| words.contains(&format!("| {word} |"))));
}

#[test]
fn the_first_page_lists_the_others() {
    let first = read("docs/facts/README.md");
    for (id, fact) in facts().into_iter().filter(|(id, _)| id.ends_with("-1")) {
        let name = fact.page.strip_prefix("docs/facts/").unwrap();
        assert!(first.contains(&format!("| [{name}]({name}) | `{id}` ...")), "{name}");
    }
}

#[test]
fn assumptions_that_are_cited_are_listed() {
    let page = read("docs/assumptions.md");
    let together = Regex::new(r"//.*\(([^()]*\b[AL]\d{1,2}\b[^()]*)\)").unwrap();
    let id = Regex::new(r"^[AL]\d{1,2}$").unwrap();
    let mut cited = BTreeSet::new();
    for path in code() {
        for found in together.captures_iter(&read(&path)) {
            cited.extend(found[1].split([',', ' ', ';']).filter(|word| id.is_match(word)).map(str::to_owned));
        }
    }
    assert!(cited.contains("A3"), "{cited:?}");
    let unknown: Vec<_> = cited.iter().filter(|id| !page.contains(&format!("| {id} |"))).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
