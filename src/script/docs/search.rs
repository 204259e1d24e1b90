//! Searches the reference.

use super::Reference;
use super::item::{Item, ItemKind, Section};
use crate::project::did_you_mean;

/// So many lines beside the page that was asked for.
const BESIDE_MAX: usize = 12;

/// So many pages are shown whole; of more, one line each.
const PAGES_MAX: usize = 3;

enum SearchResult<'a> {
    Parts(Vec<&'a Section>),
    /// What has the name.
    Named(Vec<&'a Item>),
    /// What stands below the name, or contains the words.
    Lines(Vec<&'a Item>),
}

/// The page of a name, the list of a section or a type, or what a word is found in; the error is a hint.
pub(super) fn page(reference: &Reference, asked: &str) -> Result<String, String> {
    Ok(match look(reference, asked)? {
        SearchResult::Parts(parts) => parts.into_iter().map(list).collect::<Vec<_>>().join("\n"),
        SearchResult::Named(named) if named.len() <= PAGES_MAX => pages(reference, &named, trimmed(asked)),
        SearchResult::Named(items) | SearchResult::Lines(items) => {
            items.into_iter().map(Item::line).collect()
        }
    })
}

/// The same as data.
pub(super) fn items<'a>(reference: &'a Reference, asked: &str) -> Result<Vec<&'a Item>, String> {
    Ok(match look(reference, asked)? {
        SearchResult::Parts(parts) => parts.into_iter().flat_map(|part| &part.items).collect(),
        SearchResult::Named(items) | SearchResult::Lines(items) => items,
    })
}

fn trimmed(asked: &str) -> &str {
    asked.trim().trim_end_matches("()")
}

fn look<'a>(reference: &'a Reference, asked: &str) -> Result<SearchResult<'a>, String> {
    let asked = trimmed(asked);
    let is_part = |section: &&Section| section.name == asked || is_above(&section.name, asked);
    let parts: Vec<&Section> = reference.sections.iter().filter(is_part).collect();
    if !parts.is_empty() {
        return Ok(SearchResult::Parts(parts));
    }
    let exact: Vec<&Item> = reference.items().filter(|item| item.name == asked).collect();
    let named: Vec<&Item> = if exact.is_empty() {
        reference.items().filter(|item| item.last_name() == asked || is_path(item, asked)).collect()
    } else {
        exact
    };
    if !named.is_empty() {
        return Ok(SearchResult::Named(named));
    }
    let inside: Vec<&Item> = reference.items().filter(|item| is_above(&item.name, asked)).collect();
    if !inside.is_empty() {
        return Ok(SearchResult::Lines(
            inside.into_iter().filter(|item| item.sort != ItemKind::Option).collect(),
        ));
    }
    let about = found(reference, asked);
    if !about.is_empty() {
        return Ok(SearchResult::Lines(about));
    }
    let names = reference.items().flat_map(|item| [item.name.as_str(), item.last_name()]);
    let names = names.chain(reference.sections.iter().map(|section| section.name.as_str()));
    Err(match did_you_mean(asked, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`larder doc` lists all".to_owned(),
    })
}

/// A method is also a function of its service: `kv::put`.
fn is_path(item: &Item, asked: &str) -> bool {
    let Some((service, function)) = asked.split_once("::") else { return false };
    item.sort == ItemKind::Function && item.last_name() == function && item.module() == service
}

/// Whether a name stands below another: `kv` above `kv::ensure`, `std` above `std/naming`.
fn is_above(name: &str, above: &str) -> bool {
    name.strip_prefix(above).is_some_and(|rest| rest.starts_with(['.', ':', '/', '[']))
}

fn list(section: &Section) -> String {
    let about = if section.about.is_empty() { String::new() } else { format!("{}\n\n", section.about) };
    // Options stand on the pages of their functions.
    let lines = section.items.iter().filter(|item| item.sort != ItemKind::Option).map(Item::line);
    lines.fold(about, |text, line| text + line.as_str())
}

fn pages(reference: &Reference, named: &[&Item], asked: &str) -> String {
    let page = |item: &&Item| {
        if !item.page.is_empty() {
            return item.page.clone();
        }
        format!("{}\n\n{}\n", item.forms.join("\n"), item.summary)
    };
    let text = named.iter().map(page).collect::<Vec<_>>().join("\n");
    let beside: Vec<String> = found(reference, asked)
        .into_iter()
        .filter(|item| !named.iter().any(|one| one.name == item.name))
        .filter(|item| item.name.to_lowercase().contains(&asked.to_lowercase()))
        .take(BESIDE_MAX)
        .map(Item::line)
        .collect();
    if beside.is_empty() { text } else { format!("{text}\nSee also\n{}", beside.concat()) }
}

/// Everything in whose name or sentence the words stand, names first.
fn found<'a>(reference: &'a Reference, asked: &str) -> Vec<&'a Item> {
    let words: Vec<String> = asked.split_whitespace().map(str::to_lowercase).collect();
    let in_name = |item: &&Item| words.iter().all(|word| item.name.to_lowercase().contains(word));
    let in_text = |item: &&Item| {
        words
            .iter()
            .all(|word| item.summary.to_lowercase().contains(word) || item.name.to_lowercase().contains(word))
    };
    if words.is_empty() {
        return Vec::new();
    }
    let (mut first, rest): (Vec<&Item>, Vec<&Item>) = reference.items().partition(in_name);
    first.extend(rest.into_iter().filter(in_text));
    first
}
