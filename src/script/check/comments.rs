//! Finds a block comment without an end. The engine treats everything after it as a comment.

use crate::script::diagnostics::{Diagnostic, DiagnosticKind, site_at};
use crate::script::lex;
use rhai::Position;

pub(super) fn check(name: &str, text: &str) -> Option<Diagnostic> {
    let last = lex::tokens(text).pop()?;
    let comment = last.text(text);
    if last.kind != lex::TokenKind::Unterminated || !comment.starts_with("/*") {
        return None;
    }
    let lex::LineColumn { line, column } = lex::line_column(text, last.span.start);
    let place = Position::new(u16::try_from(line).ok()?, u16::try_from(column).ok()?);
    let found = Diagnostic::error(DiagnosticKind::Syntax, site_at(name, place), "this comment never ends");
    let is_nested = comment[2..].contains("/*");
    Some(found.help(if is_nested {
        "comments go inside of each other: each `/*` needs a `*/` of its own"
    } else {
        "end it with `*/`, or begin a comment of one line with `//`"
    }))
}
