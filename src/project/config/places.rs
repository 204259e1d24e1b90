//! Where a project file says what a recipe makes of it.

use super::Config;
use crate::events::Site;
use crate::project::source::Span;
use crate::project::tree::Node;

impl Config {
    /// Where a service's table names something, or sets the option of it that `option` leads to, as far as that way goes.
    pub fn declared_at(&self, kind: &str, name: &str, option: &[String]) -> Option<Site> {
        let table = self.tree.get(kind)?;
        let span = table.entries().iter().find_map(|entry| named(&entry.node, name, option))?;
        Some(self.sources.location(span))
    }

    /// Where the order of the steps names one.
    pub fn step_at(&self, step: &str) -> Option<Site> {
        let span = item(self.tree.get("steps")?, step)?;
        Some(self.sources.location(span))
    }
}

fn named(node: &Node, name: &str, option: &[String]) -> Option<Span> {
    match node.entry(name) {
        Some(entry) => Some(set(&entry.node, option).unwrap_or(entry.key_span)),
        None => item(node, name),
    }
}

/// The text in a list, or in a list in it.
fn item(list: &Node, text: &str) -> Option<Span> {
    list.items().iter().find_map(|node| match node.as_str() {
        Some(found) => (found == text).then_some(node.span),
        None => item(node, text),
    })
}

/// The last key on the way that is there: an option that is wrong stands at its value, one that is none at its key.
fn set(settings: &Node, option: &[String]) -> Option<Span> {
    let (key, rest) = option.split_first()?;
    let entry = settings.entry(key).or_else(|| settings.entry(&format!("migrations_{key}")))?;
    Some(set(&entry.node, rest).unwrap_or(entry.key_span))
}
