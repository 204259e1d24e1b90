//! Every write ends with one of four outcomes, and each is handled.
//!
//! The compiler holds most of it (the type is `must_use`, and only its own room can take it for a read), the client the
//! rest: it withholds a write that is sent as a read. What neither sees is looked for here.

use super::source_tree::{Source, sources};
use larder::services;
use regex::Regex;
use std::collections::BTreeSet;

/// Who sends a request on: the client, the gates that stand before a transport, and who writes a comment at GitHub.
const SENDERS: [&str; 5] = [
    "src/http/attempt.rs",
    "src/http/cached_reads.rs",
    "src/http/permitted.rs",
    "src/http/read_only.rs",
    "src/run/comment.rs",
];

/// Asks only whether a write was applied, and why that is enough.
const HALF: &[(&str, &str)] = &[("matches!(outcome, Outcome::Unknown(_))", "the outcome is handed on whole")];

fn matched(source: &Source, pattern: &Regex) -> Vec<String> {
    pattern.find_iter(&source.code).map(|found| found.as_str().to_owned()).collect()
}

/// The sources in which `Outcome` is that of a write.
fn with_outcomes() -> Vec<Source> {
    let named = Regex::new(r"use (crate::http|super)::.*\bOutcome\b|http::Outcome").unwrap();
    let found = sources().into_iter().filter(|source| {
        !source.path.starts_with("src/local/")
            && !source.path.starts_with("src/script/")
            && named.is_match(&source.code)
    });
    found.collect()
}

/// What stands in the braces after each `match`, without what is nested deeper.
fn arms(code: &str) -> Vec<String> {
    let begin = Regex::new(r"\bmatch [^{};]+\{").unwrap();
    let shallow = |text: &str| {
        let mut depth = 1;
        let mut arms = String::new();
        for letter in text.chars() {
            depth = match letter {
                '{' => depth + 1,
                '}' => depth - 1,
                _ => depth,
            };
            if depth == 0 {
                break;
            }
            if depth == 1 {
                arms.push(letter);
            }
        }
        arms
    };
    begin.find_iter(code).map(|found| shallow(&code[found.end()..])).collect()
}

/// Whether these are arms for an outcome, and not some that make one.
fn handles(arms: &str) -> bool {
    arms.lines().any(|line| line.trim_start().starts_with("Outcome::"))
}

/// Arms that drop an outcome unseen.
fn dropped(arms: &str) -> Vec<&str> {
    let names = ["NotSent(", "Rejected(", "Applied(", "Unknown("];
    if !handles(arms) {
        return Vec::new();
    }
    let passed_on = Regex::new(r"(?m)^\s*(other => .*\bother\b|_ => return outcome\b)").unwrap();
    let unseen =
        arms.lines().map(str::trim).filter(|line| line.starts_with("_ =>") && !passed_on.is_match(line));
    let mut wrong: Vec<&str> = unseen.collect();
    if !passed_on.is_match(arms) {
        wrong.extend(names.into_iter().filter(|name| !arms.contains(name)));
    }
    wrong
}

#[test]
fn only_the_client_and_its_gates_send() {
    let send = Regex::new(r"(transport|behind|network|\.0)\s*\.send\(").unwrap();
    let found = sources().into_iter().filter(|source| send.is_match(&source.code));
    assert_eq!(found.map(|source| source.path).collect::<Vec<_>>(), SENDERS);
}

#[test]
fn only_the_retry_table_and_the_client_make_outcomes_of_attempts() {
    let made = Regex::new(r"\bAttempt::(Answered|Refused|Throttled|Lost|NotSent)\b").unwrap();
    let found = sources().into_iter().filter(|source| made.is_match(&source.code));
    let rooms = ["attempt", "client", "envelope", "fuzz", "retry"].map(|file| format!("src/http/{file}.rs"));
    assert_eq!(found.map(|source| source.path).collect::<Vec<_>>(), rooms);
}

#[test]
fn every_match_of_an_outcome_deals_with_all_four() {
    let half = Regex::new(r"(if )?(let [^=;]*Outcome::|!?matches!\([^;]*?Outcome::)\w+\([^)]*\)\)?").unwrap();
    let (mut wrong, mut matches, mut halves) = (Vec::new(), 0, BTreeSet::new());
    for source in with_outcomes() {
        for arms in arms(&source.code) {
            matches += usize::from(handles(&arms));
            wrong.extend(dropped(&arms).iter().map(|arm| format!("{}: {arm}", source.path)));
        }
        for found in matched(&source, &half) {
            match HALF.iter().find(|(known, _)| found == *known) {
                Some((known, _)) => drop(halves.insert(*known)),
                None => wrong.push(format!("{}: {found}", source.path)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(halves.len(), HALF.len(), "one of the exceptions is gone: {halves:?}");
    assert!(matches >= 12, "only {matches} matches were found");
}

#[test]
fn the_rule_sees_what_breaks_it() {
    let whole = "match x {\nOutcome::Applied(a) => { match y { _ => {} } }\nOutcome::Rejected(_) | Outcome::NotSent(_) => b,\nOutcome::Unknown(c) => d }";
    let judged = |code: &str| arms(code).iter().map(|arms| dropped(arms).len()).sum::<usize>();
    assert_eq!(judged(whole), 0);
    assert_eq!(judged("match x {\nOutcome::Applied(a) => a,\n_ => {} }"), 4);
    assert_eq!(judged("match x {\nOutcome::Applied(a) => a,\nother => other.map(drop) }"), 0);
    assert_eq!(judged("match x {\nOutcome::Applied(a) => a,\n_ => return outcome }"), 0);
    assert_eq!(judged(&whole.replace("Outcome::Unknown(c)", "none")), 1);
}

#[test]
fn whatever_changes_something_is_classed_as_a_write() {
    // What reads with a POST; all else that is no GET is a write.
    let mut reads = BTreeSet::new();
    for endpoint in services::Services::default().ops().flat_map(|op| op.endpoints.iter().copied()) {
        if endpoint.method == "GET" {
            assert!(
                !endpoint.is_write(),
                "{} {} would not be read in a plan",
                endpoint.method,
                endpoint.path
            );
        } else if !endpoint.is_write() {
            reads.insert((endpoint.doing, endpoint.path));
        }
    }
    let doing: Vec<&str> = reads.into_iter().map(|(doing, _)| doing).collect();
    assert_eq!(doing, ["ask how the import stands", "export the database", "read the keys", "read the rows"]);
}
