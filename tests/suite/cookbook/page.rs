//! The page of the cookbook quotes files and sessions, and has all of them.

use super::{COOKBOOK, RECIPES};
use crate::suite::quotes::renewed;
use crate::suite::sessions::kept;
use crate::suite::source_tree::{read, root};
use larder::system::files;

const PAGE: &str = "docs/cookbook.md";

#[test]
fn the_page_quotes_what_is_there() {
    kept(PAGE, &renewed(&read(PAGE), COOKBOOK));
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
            if [".rhai", ".toml", ".json"].iter().any(|ending| path.ends_with(ending)) {
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
    assert_eq!(renewed(&stale, COOKBOOK), fresh);
    assert_eq!(renewed(&fresh, COOKBOOK), fresh);
    assert_eq!(renewed(&format!("before\n{mark}after\n"), COOKBOOK), fresh);
}
