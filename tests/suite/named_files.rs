//! What a paper of the repository names is there: files, folders, and the headings that links lead to. So is what a comment in
//! the code names of the papers.

use super::source_tree::{read, repository, root};
use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Every page that people read.
fn papers() -> Vec<String> {
    let papers: Vec<String> = repository().into_iter().filter(|path| path.ends_with(".md")).collect();
    assert!(papers.len() > 20, "{papers:?}");
    papers
}

/// A path from the repository, of one that is written in `page`; `None` where it leads out.
fn resolved(page: &str, path: &str) -> Option<PathBuf> {
    let joined = Path::new(page).parent().unwrap().join(path);
    let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
    for part in joined.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::ParentDir => drop(parts.pop()?),
            _ => {}
        }
    }
    Some(parts.iter().collect())
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut found = BTreeSet::new();
    for line in read(page).lines() {
        is_code ^= line.starts_with("```");
        let Some(heading) = line.strip_prefix('#').filter(|_| !is_code) else { continue };
        let heading = heading.trim_start_matches('#').trim();
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        found.insert(kept.collect::<String>().to_lowercase().replace(' ', "-"));
    }
    found
}

/// Why a link leads nowhere.
fn broken(page: &str, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { Some(PathBuf::from(page)) } else { resolved(page, path) };
    let Some(target) = target.filter(|target| root().join(target).exists()) else {
        return Some(format!("{page}: {link} is not there"));
    };
    let target = target.to_str().unwrap();
    let is_heading = anchor.is_empty() || !target.ends_with(".md") || anchors(target).contains(anchor);
    (!is_heading).then(|| format!("{page}: {link} is no heading"))
}

/// The text without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn links_between_pages_lead_somewhere() {
    let link = Regex::new(r"\]\(([^()\s]+)\)|(?m:^\[[^\]]+\]: (\S+)$)").unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in papers() {
        for found in link.captures_iter(&prose(&read(&page))) {
            let to = found.get(1).or(found.get(2)).unwrap().as_str();
            seen += 1;
            wrong.extend(broken(&page, to));
        }
    }
    assert!(seen > 100, "only {seen} links");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Paths of this repository between back-ticks; `recipes`, `tests` and the like are a reader's own, too.
const OURS: &str = r"`((?:src|docs|stdlib|schemas|fuzz|benches|\.ci|tests/(?:suite|clients|traffic|bundled|lints))/[A-Za-z0-9_./-]*)`";

#[test]
fn files_that_a_page_names_are_there() {
    let ours = Regex::new(OURS).unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    // What the changelog names may have gone since.
    for page in papers().into_iter().filter(|page| page != "CHANGELOG.md" && !page.starts_with("examples/")) {
        for found in ours.captures_iter(&prose(&read(&page))) {
            seen += 1;
            if !root().join(&found[1]).exists() {
                wrong.push(format!("{page}: {}", &found[1]));
            }
        }
    }
    assert!(seen > 100, "only {seen} paths");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn pages_that_comments_name_are_there() {
    let page = Regex::new(r"\bdocs/[a-z0-9/-]+\.md(?:#[a-z0-9-]+)?").unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in repository().into_iter().filter(|path| path.ends_with(".rs") && path.starts_with("src/")) {
        for line in read(&path).lines().filter(|line| line.trim_start().starts_with("//")) {
            for found in page.find_iter(line) {
                seen += 1;
                wrong.extend(broken("README.md", found.as_str()).map(|why| format!("{path}: {why}")));
            }
        }
    }
    assert!(seen > 10, "only {seen} pages");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
