//! Recognises constructs of other languages and suggests the form for recipes.
//!
//! The parser stops near such a place with a complaint of its own; the tokens around it say what was meant.
//!
//! **Invariant:** looks only at a text that did not compile, or at a name that nothing has.

mod names;
mod token_window;
mod shapes;
mod words;

pub use names::{function_meant, method_meant, module_meant};

use super::{Diagnostic, DiagnosticKind, Site};
use crate::script::lex::{self, LineColumn};
use token_window::TokenWindow;

/// What is wrong, and the form that recipes have for it.
struct HabitHint {
    title: String,
    help: String,
    /// The token that it is about, counted from the one at the error.
    shift: isize,
}

impl HabitHint {
    fn new(title: impl Into<String>, help: impl Into<String>) -> Self {
        HabitHint { title: title.into(), help: help.into(), shift: 0 }
    }

    fn at(self, shift: isize) -> Self {
        HabitHint { shift, ..self }
    }
}

/// The diagnostic of a form of another language near the place of a parse error.
///
/// A name that is declared somewhere explains itself.
pub(super) fn meant(source: &str, at: &Site, is_declared: bool) -> Option<Diagnostic> {
    let offset = lex::offset(source, LineColumn { line: at.line, column: at.column });
    let near = TokenWindow::new(source, offset)?;
    let found = if is_declared {
        shapes::comprehension(&near)?
    } else {
        shapes::meant(&near).or_else(|| words::meant(&near))?
    };
    let LineColumn { line, column } = lex::line_column(source, near.start(found.shift)?);
    let at = Site { line, column, ..at.clone() };
    Some(Diagnostic::error(DiagnosticKind::Syntax, at, found.title).help(found.help))
}
