//! Completion in recipes.

use super::text_position::TextPosition;
use crate::script::complete::{Candidate, CursorContext, SessionScope, place};
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionTextEdit, Documentation, Range, TextEdit,
};

/// What the text before a place can become.
pub(super) fn completion(at: &TextPosition<'_>) -> Option<CompletionList> {
    let left = SessionScope::of_file(at.text(), at.byte);
    let name = at.project.name_of(at.document);
    let before = at.before();
    let (begin, found) = at.project.completion(&name, &left, |on| on.candidates(before))?;
    let sort = CompletionGroup::at(&place(before), before);
    let range = at.lines.range(begin..at.byte);
    let after = &at.text()[at.byte..];
    // What stands behind an empty word is not all that can: the next letter asks again.
    Some(list(found, begin == at.byte, |one| item(one, &sort, range, after)))
}

/// A list in the order in which it is given.
pub(super) fn list(
    found: Vec<Candidate>,
    is_incomplete: bool,
    item: impl Fn(Candidate) -> CompletionItem,
) -> CompletionList {
    let numbered = found.into_iter().enumerate();
    let items = numbered.map(|(at, one)| CompletionItem { sort_text: Some(format!("{at:05}")), ..item(one) });
    CompletionList { is_incomplete, items: items.collect() }
}

/// What sort of thing stands at a place.
enum CompletionGroup {
    Text,
    Member,
    Key,
    Word,
}

impl CompletionGroup {
    fn at(place: &CursorContext, before: &str) -> Self {
        match place {
            CursorContext::Text { .. } => CompletionGroup::Text,
            CursorContext::Member { .. } => CompletionGroup::Member,
            CursorContext::Key { .. } => CompletionGroup::Key,
            CursorContext::Word { slot: Some(slot), begin }
                if before.len() == *begin && !slot.path.is_empty() =>
            {
                CompletionGroup::Text
            }
            CursorContext::Nothing | CursorContext::Word { .. } => CompletionGroup::Word,
        }
    }
}

fn item(one: Candidate, sort: &CompletionGroup, range: Range, after: &str) -> CompletionItem {
    let kind = match sort {
        CompletionGroup::Text if one.insert.ends_with('/') => CompletionItemKind::FOLDER,
        CompletionGroup::Text => CompletionItemKind::VALUE,
        CompletionGroup::Key => CompletionItemKind::FIELD,
        _ if one.insert.contains('(') => match sort {
            CompletionGroup::Member => CompletionItemKind::METHOD,
            _ => CompletionItemKind::FUNCTION,
        },
        CompletionGroup::Member => CompletionItemKind::PROPERTY,
        CompletionGroup::Word if one.insert.ends_with("::") => CompletionItemKind::MODULE,
        CompletionGroup::Word if one.insert.contains("::") => CompletionItemKind::CONSTANT,
        CompletionGroup::Word if one.show != one.insert => CompletionItemKind::KEYWORD,
        CompletionGroup::Word => CompletionItemKind::VARIABLE,
    };
    // Of a key, its type stands before what it means.
    let (detail, meaning) = match (sort, one.about.split_once("  ")) {
        (CompletionGroup::Key, Some((kind, meaning))) => (Some(kind.to_owned()), meaning),
        (CompletionGroup::Key, None) => (Some(one.about.clone()), ""),
        _ => (None, one.about.as_str()),
    };
    CompletionItem {
        label: one.show.clone(),
        kind: Some(kind),
        detail: detail.filter(|detail| !detail.is_empty()),
        documentation: Some(meaning.to_owned()).filter(|text| !text.is_empty()).map(Documentation::String),
        filter_text: Some(one.insert.clone()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: written(&one.insert, after) })),
        ..CompletionItem::default()
    }
}

/// What is inserted, without what stands behind the place already.
fn written(insert: &str, after: &str) -> String {
    let opens = after.starts_with('(').then(|| insert.find('(')).flatten();
    let colon = after.trim_start().starts_with(':').then(|| insert.find(": ")).flatten();
    insert[..opens.or(colon).unwrap_or(insert.len())].to_owned()
}
