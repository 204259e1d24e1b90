//! The index has each page once, and blocks of code are such that tests find them.

use super::pages;
use crate::suite::source_tree::read;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

/// Where the links of a page lead.
fn links(text: &str) -> Vec<String> {
    let link = |event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    Parser::new(text).filter_map(link).collect()
}

#[test]
fn the_index_has_each_page_once() {
    let is_page = |link: &String| link.ends_with(".md") && !link.contains('/');
    let mut listed: Vec<String> = links(&read("docs/README.md")).into_iter().filter(is_page).collect();
    listed.sort();
    let there: Vec<String> = pages()
        .iter()
        .filter_map(|page| page.strip_prefix("docs/"))
        .filter(|page| *page != "README.md" && !page.contains('/'))
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, there, "docs/README.md lists each page of docs, and no other");
}

/// A block without a fence is found by no test, and one without a language is coloured by nobody.
#[test]
fn every_block_is_fenced_and_has_a_language() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = read(&page);
        for (event, at) in Parser::new(&text).into_offset_iter() {
            let Event::Start(Tag::CodeBlock(kind)) = event else { continue };
            let line = text[..at.start].lines().count() + 1;
            match kind {
                CodeBlockKind::Indented => wrong.push(format!("{page}:{line}: a block without a fence")),
                CodeBlockKind::Fenced(language) if language.is_empty() => {
                    wrong.push(format!("{page}:{line}: a block without a language"));
                }
                CodeBlockKind::Fenced(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
