//! The positions of names of functions and parameters, which the syntax tree does not have.

use crate::script::lex::{self, Token};
use rhai::Position;

/// The tokens of a file.
pub(super) struct Text<'a> {
    source: &'a str,
    code: Vec<Token>,
}

impl<'a> Text<'a> {
    pub(super) fn of(source: &'a str) -> Self {
        Text { source, code: lex::code(source) }
    }

    /// The name of a function that takes so many arguments.
    pub(super) fn function(&self, name: &str, params: usize) -> Position {
        self.definition(name, params).map_or(Position::NONE, |at| self.place(at))
    }

    /// A parameter of it.
    pub(super) fn parameter(&self, function: &str, params: usize, name: &str) -> Position {
        let Some(begin) = self.definition(function, params) else { return Position::NONE };
        let end = begin + self.code[begin..].iter().position(|token| token.is(self.source, ")")).unwrap_or(0);
        let at = (begin + 1..end).find(|at| self.code[*at].is(self.source, name));
        self.place(at.unwrap_or(begin))
    }

    /// A parameter of the closure whose first `|` is at the place.
    pub(super) fn closure_parameter(&self, closure: Position, name: &str) -> Position {
        let (Some(line), Some(column)) = (closure.line(), closure.position()) else { return closure };
        let offset = lex::offset(self.source, lex::LineColumn { line, column });
        let inside = self.code.iter().enumerate().skip_while(|(_, token)| token.span.start <= offset);
        let mut inside = inside.take_while(|(_, token)| !token.is(self.source, "|"));
        inside.find(|(_, token)| token.is(self.source, name)).map_or(closure, |(at, _)| self.place(at))
    }

    /// The index of the name's token in `fn name(a, b)`.
    fn definition(&self, name: &str, params: usize) -> Option<usize> {
        let is = |at: usize, text: &str| self.code.get(at).is_some_and(|token| token.is(self.source, text));
        let mut named =
            (1..self.code.len()).filter(|at| self.code[*at].is(self.source, name) && is(at + 1, "("));
        named.find(|at| {
            let inside = self.code[at + 2..].iter().take_while(|token| !token.is(self.source, ")"));
            let count = inside.filter(|token| token.kind == lex::TokenKind::Word).count();
            // `fn name(`, and `fn int.name(` for a method of one type.
            let is_definition = is(at - 1, "fn") || (is(at - 1, ".") && *at > 2 && is(at - 3, "fn"));
            is_definition && count == params
        })
    }

    fn place(&self, at: usize) -> Position {
        let place = lex::line_column(self.source, self.code[at].span.start);
        Position::new(
            u16::try_from(place.line).unwrap_or(u16::MAX),
            u16::try_from(place.column).unwrap_or(u16::MAX),
        )
    }
}
