//! Writes fields into existing entries of a config as bytes, so that line ends, the last line and indentation stay
//! as they were.

use super::id_edit::{IdEdit, entries, parsed};
use super::{Entries, Format};
use crate::project::tree::{Entry, Node, NodeValue};
use serde_json::Value as Json;

/// The text with a field written; `None` where there is no entry for it, or none that can be told from its bytes.
pub(super) fn write(text: &str, format: Format, environment: Option<&str>, edit: &IdEdit) -> Option<String> {
    let root = parsed(text, format);
    let entry =
        entries(&root, environment, edit).find(|entry| entry.text("binding") == Some(&edit.binding))?;
    if let Some(old) = entry.get(&edit.field) {
        return Some(replaced(text, old.span.start, old.span.end, &quoted(format, &edit.value)));
    }
    if edit.kind.written_as() != Entries::List {
        return None;
    }
    let last = last_entry(text, entry)?;
    match format {
        Format::Json => in_object(text, entry, last, edit),
        Format::Toml if begins(text, entry, '{') => {
            let end = last.node.span.end;
            Some(replaced(text, end, end, &format!(", {} = {}", edit.field, quoted(format, &edit.value))))
        }
        Format::Toml => Some(in_table(text, last, edit)),
    }
}

fn replaced(text: &str, start: usize, end: usize, by: &str) -> String {
    format!("{}{by}{}", &text[..start], &text[end..])
}

fn quoted(format: Format, value: &str) -> String {
    match format {
        Format::Json => Json::from(value).to_string(),
        Format::Toml => toml_edit::Value::from(value).to_string(),
    }
}

/// The field of an entry that is written last; a table of its own is none.
fn last_entry<'a>(text: &str, table: &'a Node) -> Option<&'a Entry> {
    let is_own =
        |entry: &&Entry| matches!(entry.node.value, NodeValue::Table(_)) && !begins(text, &entry.node, '{');
    table.entries().iter().filter(|entry| !is_own(entry)).max_by_key(|entry| entry.node.span.end)
}

fn begins(text: &str, node: &Node, with: char) -> bool {
    text.get(node.span.start..).is_some_and(|rest| rest.starts_with(with))
}

/// A line of its own after the last one, indented as that.
fn in_table(text: &str, last: &Entry, edit: &IdEdit) -> String {
    let line = format!("{} = {}", edit.field, quoted(Format::Toml, &edit.value));
    let end = end_of_line(text, last.node.span.end);
    let new = format!("{}{}{line}", line_end(text, end), indent(text, last.key_span.start));
    replaced(text, end, end, &new)
}

/// A property after the last one: on its line where the object ends there, else on one of its own.
fn in_object(text: &str, object: &Node, last: &Entry, edit: &IdEdit) -> Option<String> {
    let property = format!("{}: {}", Json::from(edit.field.as_str()), quoted(Format::Json, &edit.value));
    let (value_end, close) = (last.node.span.end, object.span.end.checked_sub(1)?);
    let comma = comma(text.get(value_end..close)?).map(|at| value_end + at + 1);
    let end = end_of_line(text, comma.unwrap_or(value_end));
    if end > close || !text.get(object.span.start..close)?.contains('\n') {
        let texts = object.entries().iter().filter(|entry| entry.node.as_str().is_some());
        let end = texts.map(|entry| entry.node.span.end).max().unwrap_or(value_end);
        return Some(replaced(text, end, end, &format!(", {property}")));
    }
    let (before, after) = if comma.is_some() { ("", ",") } else { (",", "") };
    let new = format!("{}{}{property}{after}", line_end(text, end), indent(text, last.key_span.start));
    // What comes later in the text is written first.
    Some(replaced(&replaced(text, end, end, &new), value_end, value_end, before))
}

/// The first comma that is in no comment.
fn comma(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(',') {
            return Some(at);
        }
        let comment = [("//", "\n"), ("/*", "*/")].into_iter().find(|(begin, _)| rest.starts_with(begin));
        at += match comment {
            Some((_, end)) => rest[2..].find(end).map_or(rest.len(), |found| 2 + found + end.len()),
            None => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    None
}

/// Where the line that holds `at` ends, before its line break.
fn end_of_line(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |found| at + found);
    if text[at..end].ends_with('\r') { end - 1 } else { end }
}

/// The line break at `end`; where the text ends there, that of the line before.
fn line_end(text: &str, end: usize) -> &'static str {
    let found = if text[end..].is_empty() {
        text.rfind('\n').map_or("", |at| &text[at.saturating_sub(1)..])
    } else {
        &text[end..]
    };
    if found.starts_with("\r\n") { "\r\n" } else { "\n" }
}

/// The blanks before what begins at `start`; none where something else is before it.
fn indent(text: &str, start: usize) -> &str {
    let begin = text[..start].rfind('\n').map_or(0, |found| found + 1);
    let before = &text[begin..start];
    let blanks = before.len() - before.trim_start_matches([' ', '\t']).len();
    &before[..blanks]
}

#[cfg(test)]
mod tests;
