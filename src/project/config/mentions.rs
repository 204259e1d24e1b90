//! Finds where a project file declares the resources that a recipe makes.
//!
//! **Invariant:** asking takes as long in a large file as in a small one: what the tables name is gone through once.

use super::Config;
use crate::events::Site;
use crate::project::source::Span;
use crate::project::tree::Node;
use std::collections::HashMap;

/// What the tables of the services name, by service and name.
pub(super) type Mentions = HashMap<String, HashMap<String, Mention>>;

/// Where something is named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mention {
    span: Span,
    /// Of a key, where its settings are in the service's table: the entry, and the entry in it.
    settings: Option<(usize, usize)>,
}

impl Config {
    /// Where a service's table names something, or sets the option of it that `option` leads to, as far as that way goes.
    pub fn declared_at(&self, kind: &str, name: &str, option: &[String]) -> Option<Site> {
        let place = self.places.get_or_init(|| places(&self.tree)).get(kind)?.get(name)?;
        let settings = place.settings.and_then(|(outer, inner)| {
            let list = self.tree.get(kind)?.entries().get(outer)?;
            list.node.entries().get(inner).map(|entry| &entry.node)
        });
        let span = settings.and_then(|settings| set(settings, option)).unwrap_or(place.span);
        Some(self.sources.location(span))
    }

    /// Where the order of the steps names one.
    pub fn step_at(&self, step: &str) -> Option<Site> {
        let span = item(self.tree.get("steps")?, step)?;
        Some(self.sources.location(span))
    }
}

fn places(tree: &Node) -> Mentions {
    tree.entries().iter().map(|table| (table.key.clone(), named_in(&table.node))).collect()
}

/// The first place of each name.
fn named_in(table: &Node) -> HashMap<String, Mention> {
    let mut found = HashMap::new();
    for (outer, list) in table.entries().iter().enumerate() {
        for (inner, entry) in list.node.entries().iter().enumerate() {
            let place = Mention { span: entry.key_span, settings: Some((outer, inner)) };
            found.entry(entry.key.clone()).or_insert(place);
        }
        add_items(&list.node, &mut found);
    }
    found
}

/// The texts in a list, and in lists in it.
fn add_items(list: &Node, found: &mut HashMap<String, Mention>) {
    for node in list.items() {
        match node.as_str() {
            Some(text) => {
                found.entry(text.to_owned()).or_insert(Mention { span: node.span, settings: None });
            }
            None => add_items(node, found),
        }
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
