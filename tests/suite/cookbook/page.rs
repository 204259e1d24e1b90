//! The page of the cookbook quotes files and sessions, never by hand: `<!-- FOLDER/FILE -->` stands before a file of a recipe,
//! `<!-- FOLDER $ N -->` before the N-th command of its session and what it prints.

use super::{COOKBOOK, RECIPES, kept, session};
use crate::suite::tree::{read, root};
use larder::system::files;
use regex::Regex;
use std::fmt::Write as _;

const PAGE: &str = "docs/cookbook.md";

/// The page with each quote as it is now.
fn renewed(page: &str) -> String {
    let mark = Regex::new(r"^<!-- ([^ ]+)(?: \$ ([0-9]+))? -->$").unwrap();
    let mut lines = page.lines().peekable();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        text += line;
        text.push('\n');
        let Some(found) = mark.captures(line) else { continue };
        // What was quoted before.
        if lines.peek().is_some_and(|line| line.starts_with("```")) {
            lines.next();
            lines.by_ref().find(|line| *line == "```").unwrap_or_else(|| panic!("no end: {line}"));
        }
        let (language, quote) = match found.get(2) {
            Some(number) => ("text", typed(&found[1], number.as_str())),
            None => (language(&found[1]), read(&format!("{COOKBOOK}/{}", &found[1])).trim_end().to_owned()),
        };
        writeln!(text, "```{language}\n{quote}\n```").unwrap();
    }
    text
}

/// A command of a session, by its number from 1.
fn typed(recipe: &str, number: &str) -> String {
    let typed = session(recipe);
    let number: usize = number.parse().unwrap();
    let one = typed.get(number.wrapping_sub(1));
    one.unwrap_or_else(|| panic!("{recipe} has {} commands, not {number}", typed.len())).text()
}

/// The language of a file, by the ending of its name.
fn language(path: &str) -> &str {
    path.rsplit_once('.').map_or("text", |(_, ending)| ending)
}

#[test]
fn the_page_quotes_what_is_there() {
    kept(PAGE, &renewed(&read(PAGE)));
}

#[test]
fn every_recipe_is_on_the_page_and_is_played() {
    let mut folders: Vec<String> = std::fs::read_dir(root().join(COOKBOOK))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, RECIPES);
    let page = read(PAGE);
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(headings.len(), RECIPES.len());
    for (recipe, heading) in RECIPES.iter().zip(headings) {
        let number: usize = recipe.split('-').next().unwrap().parse().unwrap();
        assert!(heading.starts_with(&format!("{number}. ")), "{heading}");
        let section = page.split(&format!("## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        for path in files::walk(&root().join(COOKBOOK).join(recipe)).unwrap() {
            let path = path.to_str().unwrap();
            if ["rhai", "toml", "json"].contains(&language(path)) {
                assert!(
                    section.contains(&format!("<!-- {recipe}/{path} -->")),
                    "{recipe}/{path} is not quoted"
                );
            }
        }
        assert!(section.contains(&format!("<!-- {recipe} $ ")), "{recipe}: nothing is printed");
    }
}

#[test]
fn a_quote_that_went_stale_is_renewed_and_nothing_else_changes() {
    let mark = "<!-- 01-order-and-names/larder.toml -->\n";
    let file = read(&format!("{COOKBOOK}/01-order-and-names/larder.toml"));
    let stale = format!("before\n{mark}```toml\nold\n```\nafter\n");
    let fresh = format!("before\n{mark}```toml\n{file}```\nafter\n");
    assert_eq!(renewed(&stale), fresh);
    assert_eq!(renewed(&fresh), fresh);
    assert_eq!(renewed(&format!("before\n{mark}after\n")), fresh);
}
