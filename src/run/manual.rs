//! The manual: the pages of `docs`, which are a part of the program. A page's topic is the name of its file.
//!
//! **Invariant:** titles, order and descriptions of the topics are those of the index, `docs/README.md`.

use crate::escape::wrap::wrapped;
use crate::report::markdown::printed;

/// A page in Markdown.
struct Page {
    topic: &'static str,
    text: &'static str,
}

macro_rules! pages {
    ($($topic:literal,)*) => {
        &[$(Page { topic: $topic, text: include_str!(concat!("../../docs/", $topic, ".md")) }),*]
    };
}

/// Every page of the folder but the index; a test compares the two.
const PAGES: &[Page] = pages![
    "account",
    "action",
    "architecture",
    "assumptions",
    "ci",
    "compared",
    "contract",
    "cookbook",
    "credentials",
    "d1-data",
    "destroy",
    "drift",
    "editors",
    "environments",
    "exploring",
    "faults",
    "first-account",
    "from-terraform",
    "from-wrangler-script",
    "how-fast",
    "how-tested",
    "install",
    "language",
    "local-account",
    "migrations",
    "plans",
    "previews",
    "project-file",
    "promises",
    "recipes",
    "reference",
    "rehearse",
    "reports",
    "security",
    "tests",
    "versions",
    "wrangler",
];

const INDEX: &str = include_str!("../../docs/README.md");

/// A line of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The heading above it.
    pub section: &'static str,
    /// What `larder help` takes.
    pub name: &'static str,
    /// What the page is about.
    pub about: &'static str,
}

/// All topics, in the order of the index.
pub fn topics() -> Vec<Topic> {
    let mut section = "";
    let mut found = Vec::new();
    for line in INDEX.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        found.extend(entry(line).map(|(name, about)| Topic { section, name, about }));
    }
    found
}

/// `- [Title](name.md): about`; what lies in a folder below is no topic.
fn entry(line: &'static str) -> Option<(&'static str, &'static str)> {
    let (_, rest) = line.strip_prefix("- [")?.split_once("](")?;
    rest.split_once(".md): ").filter(|(name, _)| !name.contains('/'))
}

/// The page of a topic, in lines of at most so many columns where its words allow that, and the topics that it leads to.
pub fn page(topic: &str, columns: usize) -> Option<String> {
    let printed = printed(markdown(topic)?, columns);
    let name = |link: &String| Some(link.split('#').next()?.strip_suffix(".md")?.to_owned());
    let mut near: Vec<String> = Vec::new();
    for name in printed.links.iter().filter_map(name).filter(|name| markdown(name).is_some()) {
        if name != topic && !near.contains(&name) {
            near.push(name);
        }
    }
    if near.is_empty() {
        return Some(printed.text);
    }
    let also = format!("See also: {}", near.join(", "));
    Some(format!("{}\n{}\n", printed.text, wrapped(&also, columns, 0, 2)))
}

fn markdown(topic: &str) -> Option<&'static str> {
    PAGES.iter().find(|page| page.topic == topic).map(|page| page.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_index_lists_each_page_once() {
        let listed: Vec<&str> = topics().iter().map(|topic| topic.name).collect();
        let pages: BTreeSet<&str> = PAGES.iter().map(|page| page.topic).collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), pages);
        assert_eq!(listed.len(), PAGES.len());
    }
}
