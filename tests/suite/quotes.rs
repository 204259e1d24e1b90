//! Pages quote files and sessions, never by hand: `<!-- FOLDER/FILE -->` stands before a file of a folder, `<!-- FOLDER $ N -->`
//! before the N-th command of its session and what it prints (`$ N-M`: several), `<!-- /PATH -->` before a file of the repository.

use super::sessions::{Typed, session};
use super::source_tree::read;
use regex::Regex;
use std::fmt::Write as _;

/// The page with each quote as it is now; `base` holds the folders.
pub fn renewed(page: &str, base: &str) -> String {
    let mut lines = page.lines().peekable();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        text += line;
        text.push('\n');
        let Some((language, quote)) = quoted(line, base) else { continue };
        // What was quoted before.
        if lines.peek().is_some_and(|line| line.starts_with("```")) {
            lines.next();
            lines.by_ref().find(|line| *line == "```").unwrap_or_else(|| panic!("no end: {line}"));
        }
        writeln!(text, "```{language}\n{quote}\n```").unwrap();
    }
    text
}

/// What a mark quotes, and its language.
pub fn quoted(line: &str, base: &str) -> Option<(&'static str, String)> {
    let mark = Regex::new(r"^<!-- ([^ ]+)(?: \$ ([0-9]+)(?:-([0-9]+))?)? -->$").unwrap();
    let found = mark.captures(line)?;
    let number = |at: usize| found.get(at).map(|number| number.as_str().parse::<usize>().unwrap());
    if let Some(first) = number(2) {
        return Some(("text", commands(&format!("{base}/{}", &found[1]), first, number(3).unwrap_or(first))));
    }
    let path = found[1].strip_prefix('/').map_or_else(|| format!("{base}/{}", &found[1]), str::to_owned);
    Some((language(&path), read(&path).trim_end().to_owned()))
}

/// The commands of a folder's session from one number to another, counted from 1.
fn commands(folder: &str, first: usize, last: usize) -> String {
    let typed = session(folder);
    assert!(first >= 1 && first <= last && last <= typed.len(), "{folder} has {} commands", typed.len());
    typed[first - 1..last].iter().map(Typed::text).collect::<Vec<_>>().join("\n\n")
}

/// The language of a file, by the ending of its name.
fn language(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "rhai" => "rhai",
        "toml" => "toml",
        "json" => "json",
        "jsonc" => "jsonc",
        "yml" => "yaml",
        "sh" => "bash",
        "sql" => "sql",
        "js" => "js",
        "tf" => "hcl",
        _ => "text",
    }
}
