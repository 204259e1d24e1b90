//! Saves a session as a recipe: the entries that succeeded, as far as one file can contain them.

use super::exploration::Exploration;
use crate::run::runtime_settings::offline_room;
use crate::script::check::check;
use crate::script::diagnostics::{Diagnostic, Severity};
use crate::script::lex;
use crate::script::run::Recipe;
use crate::system::files;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// The source of the text while it is checked.
const NAME: &str = "<saved>";

/// The text, empty where nothing was entered; and why entries are not in it.
pub(super) fn recipe(exploration: &Exploration<'_>) -> (String, Vec<String>) {
    let session = exploration.session();
    let (mut kept, mut left_out): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for entry in session.succeeded() {
        if exploration.holds_secret(entry) {
            left_out.push("an entry that holds a secret".to_owned());
        } else {
            kept.push(ended(entry));
        }
    }
    left_out.extend(without_earlier_functions(&mut kept));
    let environment = exploration.environment();
    // What an entry rests on may be gone: a recipe has to be right as it stands.
    while let Some(line) = first_wrong_line(exploration, &text(&kept, environment)) {
        let Some(at) = entry_at(&kept, line) else { break };
        let entry = kept.remove(at);
        let why = "which is not right without the rest of the session";
        left_out.push(format!("`{}`, {why}", first_line(&entry)));
    }
    let text = if kept.is_empty() { String::new() } else { text(&kept, environment) };
    (text, left_out)
}

/// Writes it, all or nothing.
pub fn save(path: &Path, text: &str) -> std::io::Result<()> {
    files::write_whole(path, text.as_bytes())
}

fn text(entries: &[String], environment: Option<&str>) -> String {
    let place = environment.map(|name| format!(" with `{name}`")).unwrap_or_default();
    let mut text = format!("//! Saved from a session{place}.\n\n");
    for entry in entries {
        let _ = writeln!(text, "{entry}");
    }
    text
}

/// The entry in which a line of the text stands.
fn entry_at(entries: &[String], line: usize) -> Option<usize> {
    let mut next = 3;
    entries.iter().position(|entry| {
        next += entry.lines().count();
        line < next
    })
}

/// As a statement before others.
fn ended(entry: &str) -> String {
    let entry = entry.trim_end();
    let code = lex::code(entry);
    let needs_none = code
        .last()
        .is_none_or(|last| last.is(entry, ";") || (last.is(entry, "}") && code[0].is(entry, "fn")));
    let end = code.last().map_or(entry.len(), |last| last.span.end);
    if needs_none { entry.to_owned() } else { format!("{};{}", &entry[..end], &entry[end..]) }
}

/// Leaves the last definition of each function: a file has one.
fn without_earlier_functions(entries: &mut Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut left_out = Vec::new();
    let mut kept = Vec::new();
    for entry in entries.drain(..).rev() {
        let names = functions(&entry);
        if names.iter().any(|name| seen.contains(name)) {
            left_out.push(format!("`{}`, which a later entry defines again", first_line(&entry)));
            continue;
        }
        seen.extend(names);
        kept.push(entry);
    }
    kept.reverse();
    *entries = kept;
    left_out
}

/// The functions that an entry defines, with their numbers of parameters.
fn functions(entry: &str) -> Vec<String> {
    let tokens = lex::code(entry);
    let named = tokens.windows(2).filter(|pair| pair[0].is(entry, "fn"));
    named
        .map(|pair| {
            let count = lex::call_arguments(entry, pair[1].span.start).map_or(0, |params| params.len());
            format!("{}/{count}", pair[1].text(entry))
        })
        .collect()
}

fn first_line(entry: &str) -> &str {
    entry.lines().next().unwrap_or_default()
}

/// The line of the first mistake in the text.
fn first_wrong_line(exploration: &Exploration<'_>, text: &str) -> Option<usize> {
    let opened = exploration.opened();
    let recipe = Recipe { name: NAME.to_owned(), text: text.to_owned() };
    let room = offline_room(opened.place, opened.root, &recipe).ok()?;
    let checked = check(&room.engine, NAME, text, &room.resolver, &room.known);
    let is_wrong = |found: &&Diagnostic| found.severity == Severity::Error && found.at.file == NAME;
    checked.diagnostics.iter().find(is_wrong).map(|found| found.at.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_become_statements_and_functions_stand_once() {
        assert_eq!(ended("kv::list() // all"), "kv::list(); // all");
        assert_eq!(ended("let a = 1;"), "let a = 1;");
        assert_eq!(ended("fn f() { 1 }"), "fn f() { 1 }");
        assert_eq!(ended("if a { 1 }"), "if a { 1 };");
        let mut entries: Vec<String> =
            ["fn f(a) { 1 }", "f(1);", "fn f(b) { 2 }", "fn f() { 3 }"].map(str::to_owned).into();
        assert_eq!(
            without_earlier_functions(&mut entries),
            ["`fn f(a) { 1 }`, which a later entry defines again"]
        );
        assert_eq!(entries, ["f(1);", "fn f(b) { 2 }", "fn f() { 3 }"]);
        assert_eq!(entry_at(&entries, 3), Some(0));
        assert_eq!(entry_at(&entries, 5), Some(2));
        assert_eq!(entry_at(&entries, 9), None);
    }
}
