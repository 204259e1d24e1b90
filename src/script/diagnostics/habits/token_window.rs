//! The tokens around a place.

use crate::script::lex::{Token, TokenKind, code};

/// A token of a text and its neighbours.
pub(super) struct TokenWindow<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    index: usize,
}

impl<'a> TokenWindow<'a> {
    /// The token at a byte, or the first one after it.
    pub(super) fn new(source: &'a str, offset: usize) -> Option<Self> {
        let tokens = code(source);
        let index = tokens.iter().position(|token| token.span.end > offset)?;
        Some(TokenWindow { source, tokens, index })
    }

    fn token(&self, shift: isize) -> Option<&Token> {
        self.tokens.get(self.index.checked_add_signed(shift)?)
    }

    /// The text of the token so many after this one; empty where there is none.
    pub(super) fn text(&self, shift: isize) -> &'a str {
        self.token(shift).map_or("", |token| token.text(self.source))
    }

    /// The kind of that token.
    pub(super) fn kind(&self, shift: isize) -> Option<TokenKind> {
        self.token(shift).map(|token| token.kind)
    }

    /// Whether it is a name or a keyword.
    pub(super) fn is_word(&self, shift: isize) -> bool {
        self.kind(shift) == Some(TokenKind::Word)
    }

    /// Whether nothing stands between that token and the next.
    pub(super) fn touches_next(&self, shift: isize) -> bool {
        let next = self.token(shift + 1);
        self.token(shift).zip(next).is_some_and(|(one, next)| one.span.end == next.span.start)
    }

    /// Where it begins, in bytes.
    pub(super) fn start(&self, shift: isize) -> Option<usize> {
        self.token(shift).map(|token| token.span.start)
    }

    /// Whether it is the first of its line.
    pub(super) fn begins_line(&self, shift: isize) -> bool {
        let Some(token) = self.token(shift) else { return false };
        let line = self.source[..token.span.start].rsplit('\n').next().unwrap_or_default();
        line.trim().is_empty()
    }

    /// Whether two tokens stand in one line.
    pub(super) fn shares_line(&self, one: isize, other: isize) -> bool {
        let Some((one, other)) = self.start(one).zip(self.start(other)) else { return false };
        !self.source[one.min(other)..one.max(other)].contains('\n')
    }

    /// The tokens of its line before that one, the nearest first.
    pub(super) fn back_from(&self, shift: isize) -> impl Iterator<Item = isize> {
        let count = isize::try_from(self.tokens.len()).unwrap_or(isize::MAX);
        (1..=count).map(move |back| shift - back).take_while(move |at| self.shares_line(*at, shift))
    }

    /// The nearest token before this one, in its line, that is `text`.
    pub(super) fn before(&self, text: &str) -> Option<isize> {
        self.back_from(0).find(|at| self.text(*at) == text)
    }

    /// The nearest token after this one, in its line, that is `text`.
    pub(super) fn after(&self, text: &str) -> Option<isize> {
        let count = isize::try_from(self.tokens.len()).unwrap_or(isize::MAX);
        (1..=count).take_while(|at| self.shares_line(0, *at)).find(|at| self.text(*at) == text)
    }

    /// Whether a list is open inside the map around that token.
    pub(super) fn is_in_list(&self, shift: isize) -> bool {
        let mut depth = 0_usize;
        for text in self.back_from(shift).map(|at| self.text(at)) {
            match text {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" | "#{" if depth > 0 => depth -= 1,
                "(" | "[" => return true,
                "{" | "#{" => return false,
                _ => {}
            }
        }
        false
    }

    /// How the line of this token begins.
    pub(super) fn first_of_line(&self) -> isize {
        self.back_from(0).last().unwrap_or(0)
    }
}
