//! Recognises the environment in a name, and skips resources of other environments.
//!
//! **Invariant:** what carries several environments is imported as one only where that is asked for.

use super::ImportRequest;
use crate::run::Error;
use crate::run::ls::AccountEntry;
use anyhow::anyhow;
use std::collections::{BTreeMap, BTreeSet};

/// So many environments are listed.
const LISTED_MAX: usize = 8;

/// Words for environments in names, and what these are called in full.
pub(super) const WORDS: [(&str, &str); 12] = [
    ("production", "production"),
    ("prod", "production"),
    ("prd", "production"),
    ("staging", "staging"),
    ("stage", "staging"),
    ("stg", "staging"),
    ("development", "development"),
    ("dev", "development"),
    ("testing", "testing"),
    ("test", "testing"),
    ("preview", "preview"),
    ("qa", "qa"),
];

/// The environment of the first of its words that is known for one; a pull request is one of its own: `pr-7`.
pub(super) fn carried(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|letter: char| !letter.is_alphanumeric()).collect();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    words.iter().enumerate().find_map(|(at, word)| {
        if let Some(number) = word.strip_prefix("pr") {
            let number =
                if number.is_empty() { words.get(at + 1).copied().unwrap_or_default() } else { number };
            if is_number(number) {
                return Some(format!("pr-{number}"));
            }
        }
        in_full(word).map(str::to_owned)
    })
}

/// The one that all names carry of those that carry any.
pub(super) fn only<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut all: BTreeSet<String> = names.filter_map(carried).collect();
    all.pop_first().filter(|_| all.is_empty())
}

/// Takes out what carries another environment than is imported, with why; refused where it is not said which that is.
pub(super) fn narrow(
    rows: &mut Vec<AccountEntry>,
    request: &ImportRequest,
) -> Result<Vec<(AccountEntry, String)>, Error> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for environment in rows.iter().filter_map(|row| carried(&row.seen.key.name)) {
        *counts.entry(environment).or_default() += 1;
    }
    let Some(env) = &request.env else {
        return if counts.len() < 2 { Ok(Vec::new()) } else { Err(several(&counts).into()) };
    };
    let own = carried(env);
    // Of an unknown environment, the one that its names carry may be another word for it.
    if own.is_none() && counts.len() < 2 {
        return Ok(Vec::new());
    }
    let (mut kept, mut left) = (Vec::new(), Vec::new());
    for row in std::mem::take(rows) {
        match carried(&row.seen.key.name).filter(|carried| Some(carried) != own.as_ref()) {
            None => kept.push(row),
            Some(other) => left.push((row, format!("its name is of `{other}`: `--all` takes it"))),
        }
    }
    *rows = kept;
    Ok(left)
}

fn several(counts: &BTreeMap<String, usize>) -> anyhow::Error {
    let listed: Vec<String> =
        counts.iter().take(LISTED_MAX).map(|(name, count)| format!("`{name}` ({count})")).collect();
    let more = counts.len().saturating_sub(LISTED_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    anyhow!(
        "the names are of several environments: {}{more}\nhint: `-e NAME` with one of them imports it, with what has none in \
         its name (`--match GLOB` takes less of that); `--all` takes everything as one environment",
        listed.join(", ")
    )
}

fn in_full(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, full)| *full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_an_environment_as_a_word() {
        for (name, environment) in [
            ("jobmatch-ai-staging-db", Some("staging")),
            ("jobmatch-ai-pr-7-db", Some("pr-7")),
            ("app_PR12_x", Some("pr-12")),
            ("DEV_SESSIONS", Some("development")),
            ("acme.prod.test-cache", Some("production")),
            ("devices", None),
            ("my-pr", None),
            ("pr-x", None),
            ("SESSIONS", None),
        ] {
            assert_eq!(carried(name).as_deref(), environment, "{name}");
        }
    }
}
