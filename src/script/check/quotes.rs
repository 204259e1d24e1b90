//! Finds `"${name}"` and `"$(name)"`: double quotes do not interpolate.

use super::View;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, is_declared, site_at};
use crate::script::lex;
use rhai::Position;

pub(super) fn check(view: &View) -> Vec<Diagnostic> {
    let Some(text) = view.resolver.sources().get(view.name) else { return Vec::new() };
    let found = lex::code(&text).into_iter().filter_map(|token| {
        let quoted = token.text(&text);
        if token.kind != lex::TokenKind::Text || !quoted.starts_with('"') {
            return None;
        }
        let (title, help) = braces(view, &text, quoted).or_else(|| brackets(view, &text, quoted))?;
        let lex::LineColumn { line, column } = lex::line_column(&text, token.span.start);
        let place = Position::new(u16::try_from(line).ok()?, u16::try_from(column).ok()?);
        Some(Diagnostic::error(DiagnosticKind::Value, site_at(view.name, place), title).warning().help(help))
    });
    found.collect()
}

/// `${name}` of something that the recipe can read.
fn braces(view: &View, text: &str, quoted: &str) -> Option<(String, String)> {
    let name = inside(quoted, "${", '}').find_map(|inner| known(view, text, inner))?;
    let title =
        format!("between double quotes `${{{name}}}` is text: the value of `{name}` is not put there");
    Some((title, "write the text between back-ticks".to_owned()))
}

/// `$(name)`, or `$(a command)`, which no recipe runs.
fn brackets(view: &View, text: &str, quoted: &str) -> Option<(String, String)> {
    let inner = inside(quoted, "$(", ')').next()?;
    if let Some(name) = known(view, text, inner) {
        let title = format!("`$({name})` is text: the value of `{name}` is not put there");
        return Some((title, format!("write the text between back-ticks, with `${{{name}}}` in it")));
    }
    let word = inner.split_whitespace().next().filter(|_| inner.contains(' '))?;
    let is_command = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'_');
    is_command.then(|| {
        let title = format!("`$({word} ..)` is text: a recipe runs no command");
        (
            title,
            "put its result into an environment variable, and read that with `process::env(..)`".to_owned(),
        )
    })
}

/// What stands between `open` and the next `close`, each time.
fn inside<'a>(text: &'a str, open: &'a str, close: char) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| Some(rest.split_once(close)?.0.trim()))
}

/// The variable of the file, or the constant of a namespace, with which an expression begins.
fn known<'a>(view: &View, text: &str, inner: &'a str) -> Option<&'a str> {
    let name = inner.split(['.', '[', ' ', '?']).next().filter(|name| !name.is_empty())?;
    let is_known = match name.split_once("::") {
        Some((namespace, _)) => view.is_namespace(namespace),
        None => is_declared(name, text),
    };
    is_known.then_some(name)
}
