//! The reference of recipes: lists, a page per item, a search, Markdown, and definitions for other tools.
//!
//! **Invariant:** gathered from what the host registers, the project file's schema and the engine; a test looks for what can
//! be called or read and is not in it.

mod card;
mod definitions;
mod host;
mod item;
mod language;
mod library;
mod markdown;
mod project;
mod search;
mod environment;
mod testing;

#[cfg(test)]
mod tests;

pub use card::{card, signature_card};
pub use definitions::Definitions;
pub use item::{Item, ItemKind, Section};
pub use library::module;

use super::catalog::{forms, type_name};
use crate::op::{Effect, Op};
use crate::services::Services;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

pub struct Reference {
    /// In the order of reading.
    pub sections: Vec<Section>,
}

impl Reference {
    /// Of these services; `schema` is that of the project file, `config` what a recipe reads of an empty one.
    pub fn of(services: Services, schema: &Json, config: &Json) -> Self {
        let mut sections = host::services(services);
        sections.push(host::everywhere());
        sections.push(host::computing());
        sections.push(testing::section(services));
        sections.extend(environment::sections(schema, config));
        sections.push(project::section(schema));
        sections.extend(library::sections());
        sections.extend(language::sections());
        Reference { sections }
    }

    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.sections.iter().flat_map(|section| &section.items)
    }

    /// One line for each function of the host and each field; of the rest, how to ask for it.
    pub fn overview(&self) -> String {
        let mut text = String::new();
        for item in self.items() {
            let is_of_host = !item.name.starts_with("std/") && !item.page.is_empty();
            if is_of_host || item.sort == ItemKind::Field {
                text += &item.line();
            }
        }
        for item in
            self.sections.iter().filter(|section| section.name == "everywhere").flat_map(|one| &one.items)
        {
            text += &item.line();
        }
        let names: Vec<&str> = self.sections.iter().map(|section| section.name.as_str()).collect();
        let _ = write!(
            text,
            "\n`larder doc NAME` shows one of them, `larder doc WORD` searches, and these show a part: {}\n",
            names.join(", ")
        );
        text
    }

    /// The page of a name, the list of a section or a type, or what a word is found in; the error is a hint.
    pub fn page(&self, asked: &str) -> Result<String, String> {
        search::page(self, asked)
    }

    /// What a page would be about, as data; everything where nothing is asked for.
    pub fn found(&self, asked: &str) -> Result<Vec<&Item>, String> {
        if asked.is_empty() { Ok(self.items().collect()) } else { search::items(self, asked) }
    }

    /// The whole reference, as the manual has it.
    pub fn markdown(&self) -> String {
        markdown::markdown(self)
    }
}

fn op_page(op: &Op) -> String {
    let mut text = format!("{}\n\n{}\n", signature(op), op.doc.summary);
    for (name, meaning) in op.doc.params {
        let _ = writeln!(text, "  {name}: {meaning}");
    }
    let options = options(op);
    if !options.is_empty() {
        text.push_str("\nOptions\n");
        for (name, kind, meaning) in options {
            let _ = writeln!(text, "  {name}: {kind}\n      {meaning}");
        }
    }
    let permissions: BTreeSet<&str> = op.endpoints.iter().map(|endpoint| endpoint.permission).collect();
    let _ = write!(
        text,
        "\nEffect: {}\nNeeds: {}\n\nExample\n  {}\n  // {}\n",
        effect(op.effect),
        permissions.into_iter().collect::<Vec<_>>().join(", "),
        op.doc.example,
        op.doc.result
    );
    text
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Ensure => "converges: a second call writes nothing",
        Effect::Write => "writes",
        Effect::Delete => "removes",
        Effect::Local => "sends nothing",
    }
}

/// `kv::ensure(title: string, [options: map]) -> KvNamespace`
pub fn signature(op: &Op) -> String {
    let name = match op.receiver {
        Some(receiver) => format!("{receiver}.{}", op.name),
        None => op.path(),
    };
    let mut forms = forms(op);
    let longest = forms.pop().unwrap_or_default();
    let form = match (forms.pop(), longest.params.last()) {
        // The last parameter may be left out.
        (Some(shorter), Some(last)) => {
            let shorter = shorter.to_string();
            let params = shorter.strip_suffix(')').unwrap_or_default();
            let comma = if params == "(" { "" } else { ", " };
            format!("{params}{comma}[{}: {}])", last.name, last.kind)
        }
        _ => longest.to_string(),
    };
    format!("{name}{form} -> {}", op.shape.name())
}

/// Name, type and meaning of each option.
pub fn options(op: &Op) -> Vec<(String, String, String)> {
    op.run.options().map(|schema| options_of(schema.as_value())).unwrap_or_default()
}

/// The same of an option map.
fn options_of(root: &Json) -> Vec<(String, String, String)> {
    let properties = root["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            let meaning = property["description"].as_str().unwrap_or_default().replace('\n', " ");
            (name.clone(), type_name(property, root), meaning)
        })
        .collect()
}
