//! The outline of a document.

use super::project_file;
use super::text_position::TextPosition;
use crate::script::outline::{NameKind, Outline};
use lsp_types::{DocumentSymbol, SymbolKind};
use std::ops::Range;

/// Functions, steps, constants and variables of the top, in the order of the text.
pub(super) fn of_recipe(at: &TextPosition<'_>) -> Vec<DocumentSymbol> {
    let outline = Outline::of(at.text());
    let functions = outline.functions.iter().map(|one| {
        let detail = one.comment.lines().next().map(str::to_owned);
        (one.whole.start, symbol(at, one.form(), detail, SymbolKind::FUNCTION, &one.whole, &one.at))
    });
    let steps = outline.steps.iter().map(|one| {
        let detail = Some("step".to_owned());
        (one.whole.start, symbol(at, one.title.clone(), detail, SymbolKind::EVENT, &one.whole, &one.at))
    });
    let names = outline.names.iter().filter(|one| one.is_top).filter_map(|one| {
        let kind = match one.kind {
            NameKind::Constant => SymbolKind::CONSTANT,
            NameKind::Variable => SymbolKind::VARIABLE,
            NameKind::Loop | NameKind::Parameter | NameKind::Caught => return None,
        };
        Some((one.at.start, symbol(at, one.name.clone(), None, kind, &one.at, &one.at)))
    });
    let mut all: Vec<_> = functions.chain(steps).chain(names).collect();
    all.sort_by_key(|(begin, _)| *begin);
    all.into_iter().map(|(_, symbol)| symbol).filter(|symbol| !symbol.name.is_empty()).collect()
}

/// Tables with their keys, in the order of the text.
pub(super) fn of_project_file(at: &TextPosition<'_>) -> Vec<DocumentSymbol> {
    let mut tables: Vec<DocumentSymbol> = Vec::new();
    for part in project_file::parts(at.text()) {
        let kind = if part.is_table { SymbolKind::NAMESPACE } else { SymbolKind::PROPERTY };
        let symbol = symbol(at, part.name, None, kind, &part.whole, &part.at);
        match tables.last_mut().filter(|last| !part.is_table && last.kind == SymbolKind::NAMESPACE) {
            Some(table) => table.children.get_or_insert_default().push(symbol),
            None => tables.push(symbol),
        }
    }
    tables
}

fn symbol(
    at: &TextPosition<'_>,
    name: String,
    detail: Option<String>,
    kind: SymbolKind,
    whole: &Range<usize>,
    name_at: &Range<usize>,
) -> DocumentSymbol {
    #[allow(deprecated, reason = "the field is there, and nothing is said in it")]
    DocumentSymbol {
        name,
        detail: detail.filter(|text| !text.is_empty()),
        kind,
        tags: None,
        deprecated: None,
        range: at.lines.range(whole.clone()),
        selection_range: at.lines.range(name_at.clone()),
        children: None,
    }
}
