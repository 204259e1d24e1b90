//! `"${name}"` with the name of a variable: between double quotes nothing is put in its place.

use super::View;
use crate::script::diagnostics::{Diagnostic, Kind, is_declared, site_at};
use crate::script::lex::{self, Kind as Token};
use rhai::Position;

pub(super) fn check(view: &View) -> Vec<Diagnostic> {
    let Some(text) = view.resolver.sources().get(view.name) else { return Vec::new() };
    let found = lex::code(&text).into_iter().filter_map(|token| {
        let quoted = token.text(&text);
        let name = named(quoted).filter(|_| token.kind == Token::Text && quoted.starts_with('"'))?;
        if !is_declared(name, &text) {
            return None;
        }
        let lex::LineColumn { line, column } = lex::line_column(&text, token.span.start);
        let place = Position::new(u16::try_from(line).ok()?, u16::try_from(column).ok()?);
        let title =
            format!("between double quotes `${{{name}}}` is text: the value of `{name}` is not put there");
        let found = Diagnostic::error(Kind::Value, site_at(view.name, place), title).warning();
        Some(found.help("write the text between back-ticks"))
    });
    found.collect()
}

/// The name in the first `${name}` of a text.
fn named(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("${")?;
    let (name, _) = rest.split_once('}')?;
    let name = name.split(['.', '[', ' ']).next()?;
    (!name.is_empty()).then_some(name)
}
