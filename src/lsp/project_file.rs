//! Completion and hover in `larder.toml`, from the reference that is generated from its schema.

mod scan;

use super::completion::list;
use super::definition;
use super::documents::is_script;
use super::hover::shown;
use super::text_position::TextPosition;
use crate::script::complete::{Candidate, SessionScope, fitting, is_word};
use crate::script::docs::{Item, ItemKind, Reference, card};
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionTextEdit, Documentation, Hover, Location,
    Range, TextEdit,
};
use scan::{TomlCursor, place, statements, tokens};
use std::collections::BTreeSet;
use std::path::Path;

/// A table or a key, for outlines.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) at: std::ops::Range<usize>,
    pub(super) whole: std::ops::Range<usize>,
    pub(super) is_table: bool,
}

/// The tables and keys of a text, in order; a table reaches to the next one.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut table = None;
    for statement in statements(text) {
        let (Some(first), Some(last)) = (statement.keys.first(), statement.keys.last()) else { continue };
        let end = statement.tokens.last().map_or(last.span.end, |token| token.span.end);
        let begin = statement.tokens.first().map_or(first.span.start, |token| token.span.start);
        if statement.is_header {
            table = Some(parts.len());
        } else if let Some(table) = table {
            let table: &mut Part = &mut parts[table];
            table.whole.end = end;
        }
        let words: Vec<&str> = statement.keys.iter().map(|key| key.word(text)).collect();
        let name = words.join(".");
        if name.is_empty() {
            continue;
        }
        let at = first.span.start..last.span.end;
        parts.push(Part { name, at, whole: begin..end, is_table: statement.is_header });
    }
    parts
}

/// What a key means.
pub(super) fn hover(at: &TextPosition<'_>) -> Option<Hover> {
    let text = at.text();
    let touches = |span: &std::ops::Range<usize>| span.start <= at.byte && at.byte <= span.end;
    let token = tokens(text).into_iter().find(|token| token.is_key() && touches(&token.span))?;
    let path = match place(&text[..token.span.end]) {
        TomlCursor::Header { mut above, .. } => {
            above.push(token.word(text).to_owned());
            above
        }
        TomlCursor::Key { mut table, .. } => {
            table.push(token.word(text).to_owned());
            table
        }
        TomlCursor::Value { path, .. } => path,
        // The inside of a string that is closed.
        TomlCursor::Nothing => match place(&text[..token.span.end - 1]) {
            TomlCursor::Value { path, .. } => path,
            _ => return None,
        },
    };
    let item = item(at.project.reference(), &path)?;
    Some(shown(at, card(item), token.span))
}

/// What can be written at a place.
pub(super) fn completion(at: &TextPosition<'_>) -> Option<CompletionList> {
    let before = at.before();
    let (begin, found) = match place(before) {
        TomlCursor::Nothing => return None,
        TomlCursor::Header { above, begin } => (begin, tables(at, &above)),
        TomlCursor::Key { table, begin } => (begin, keys(at, &table)),
        TomlCursor::Value { path, begin, in_text } => {
            (begin, values(at, &path, in_text.then(|| &before[begin..])))
        }
    };
    let found = fitting(found, &before[begin..]);
    let range = at.lines.range(begin..at.byte);
    let after = at.text()[at.byte..].trim_start_matches([' ', '\t']);
    Some(list(found, begin == at.byte, |one| of_candidate(one, range, after)))
}

fn of_candidate(one: Candidate, range: Range, after: &str) -> CompletionItem {
    let kind = match one.insert.as_str() {
        insert if insert.ends_with(" = ") => CompletionItemKind::FIELD,
        insert if insert.ends_with('/') => CompletionItemKind::FOLDER,
        _ if one.about.is_empty() => CompletionItemKind::VALUE,
        _ => CompletionItemKind::MODULE,
    };
    let new_text =
        if after.starts_with('=') { one.insert.trim_end_matches(" = ") } else { &one.insert }.to_owned();
    let (detail, meaning) = one.about.split_once("  ").unwrap_or((&one.about, ""));
    CompletionItem {
        label: one.show.clone(),
        kind: Some(kind),
        detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
        documentation: Some(meaning.to_owned()).filter(|text| !text.is_empty()).map(Documentation::String),
        filter_text: Some(one.insert),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text })),
        ..CompletionItem::default()
    }
}

/// Where a value leads to: a recipe, a wrangler config, a folder.
pub(super) fn definition(at: &TextPosition<'_>) -> Option<Location> {
    let text = at.text();
    let inside = |span: &std::ops::Range<usize>| span.start <= at.byte && at.byte <= span.end;
    let token = tokens(text)
        .into_iter()
        .find(|token| token.kind == scan::TomlTokenKind::Text && inside(&token.span))?;
    let TomlCursor::Value { path, .. } = place(&text[..token.span.end - 1]) else { return None };
    let value = token.word(text);
    let is_name = path == ["recipe"] && !is_script(Path::new(value));
    let file = if is_name { format!("recipes/{value}.rhai") } else { value.to_owned() };
    definition::file(at, &file)
}

/// The items of the project file, each with the segments of its name.
fn items(reference: &Reference) -> impl Iterator<Item = (&Item, Vec<&str>)> {
    let keys = reference.items().filter(|item| item.sort == ItemKind::Key);
    keys.map(|item| (item, item.name.split('.').collect()))
}

/// What is said of a key; what an environment overrides is described at the top.
fn item<'a>(reference: &'a Reference, path: &[String]) -> Option<&'a Item> {
    let find = |path: &[String]| items(reference).find(|(_, name)| fits(name, path)).map(|(item, _)| item);
    find(path).or_else(|| find(overridden(path)?))
}

/// The path of the key that one of an environment overrides.
fn overridden(path: &[String]) -> Option<&[String]> {
    path.split_first().filter(|(first, _)| *first == ENVIRONMENTS).and_then(|(_, rest)| rest.get(1..))
}

const ENVIRONMENTS: &str = "environments";

/// Whether a path is one of those that a name of the reference stands for.
fn fits(name: &[&str], path: &[String]) -> bool {
    let is_same = |(name, part): (&&str, &String)| {
        // Any name, with as many `[]` behind it.
        name.strip_prefix("NAME").is_some_and(|ending| part.ends_with(ending)) || *name == part
    };
    name.len() == path.len() && name.iter().zip(path).all(is_same)
}

/// What may stand in a table.
fn children<'a>(at: &'a TextPosition<'_>, table: &[String]) -> Vec<(&'a Item, &'a str)> {
    let reference = at.project.reference();
    let in_table = |table: &[String]| {
        let child = |(item, name): (&'a Item, Vec<&'a str>)| {
            let (last, above) = name.split_last()?;
            (fits(above, table) && is_word(last)).then_some((item, *last))
        };
        items(reference).filter_map(child).filter(|(_, last)| *last != "NAME").collect::<Vec<_>>()
    };
    let mut found = in_table(table);
    match overridden(table) {
        Some([]) => {
            let schema = at.project.place.opened.schema(at.project.place.services).json_schema();
            let known = &schema["$defs"]["environment"]["properties"];
            found.extend(in_table(&[]).into_iter().filter(|(_, name)| !known[name].is_null()));
        }
        Some(above) => found.extend(in_table(above)),
        None => {}
    }
    let mut seen = BTreeSet::new();
    found.retain(|(_, name)| seen.insert(*name));
    found
}

fn kind(item: &Item) -> &str {
    item.forms.first().and_then(|form| form.split_once(": ")).map_or("", |(_, kind)| kind)
}

/// The keys of a table that are not written yet.
fn keys(at: &TextPosition<'_>, table: &[String]) -> Vec<Candidate> {
    let written = written(at.text(), table);
    let free = children(at, table).into_iter().filter(|(_, name)| !written.contains(*name));
    let candidate = |(item, name): (&Item, &str)| {
        let is_table = kind(item) == "map";
        let insert = if is_table { name.to_owned() } else { format!("{name} = ") };
        Candidate::new(insert, name, format!("{}  {}", kind(item), item.summary))
    };
    free.map(candidate).collect()
}

/// The keys that the tables of a text give to a table.
fn written(text: &str, table: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut header: Vec<String> = Vec::new();
    for statement in statements(text) {
        let keys: Vec<String> = statement.keys.iter().map(|key| key.word(text).to_owned()).collect();
        if statement.is_header {
            header = keys;
            continue;
        }
        let has_value = statement.tokens.len() > statement.keys.len() * 2 - usize::from(!keys.is_empty());
        let path = [header.clone(), keys].concat();
        if let Some((next, _)) = path.strip_prefix(table).and_then(<[String]>::split_first)
            && has_value
        {
            found.insert(next.clone());
        }
    }
    found
}

/// The tables that a header can name below these.
fn tables(at: &TextPosition<'_>, above: &[String]) -> Vec<Candidate> {
    let is_table = |(item, _): &(&Item, &str)| kind(item) == "map";
    let tables = children(at, above).into_iter().filter(is_table);
    tables.map(|(item, name)| Candidate::word(name, format!("map  {}", item.summary))).collect()
}

/// What a key can be set to; `typed` is what stands in a string that is open.
fn values(at: &TextPosition<'_>, path: &[String], typed: Option<&str>) -> Vec<Candidate> {
    let Some(last) = path.last() else { return Vec::new() };
    let quoted = |text: String| if typed.is_some() { text } else { format!("{text:?}") };
    let words =
        |words: Vec<String>| words.into_iter().map(|word| Candidate::word(quoted(word), "")).collect();
    let key = overridden(path).and_then(<[String]>::first).unwrap_or(&path[0]);
    match key.as_str() {
        "recipe" => return words(at.project.place.recipe_names(&at.project.root).unwrap_or_default()),
        "steps" | "steps[]" | "steps[][]" => {
            return words(at.project.place.services.names().into_iter().map(str::to_owned).collect());
        }
        _ => {}
    }
    let is_path = matches!(last.as_str(), "wrangler" | "wrangler[]" | "migrations");
    if let Some(typed) = typed.filter(|_| is_path) {
        let left = SessionScope::default();
        return at.project.completion("", &left, |on| on.paths(typed, "")).unwrap_or_default();
    }
    let Some(item) = item(at.project.reference(), path) else { return Vec::new() };
    let kinds = kind(item).split(" | ");
    let known = kinds.flat_map(|kind| match (kind, typed) {
        ("bool", None) => vec!["true".to_owned(), "false".to_owned()],
        (kind, _) => kind
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .map(|word| quoted(word.to_owned()))
            .into_iter()
            .collect(),
    });
    known.map(|value| Candidate::word(value, "")).collect()
}
