//! A tolerant tokenizer of Rhai text, with byte spans for diagnostics, highlighting and the incomplete-input check.
//!
//! Rhai's own tokenizer needs the parser to steer it inside back-tick strings and knows only where a token
//! starts, so a span has to be found again from the text (RHAI-2).
//!
//! **Invariant:** never fails, whatever the text: what cannot be a token is a one-character symbol or
//! [`TokenKind::Unterminated`].
//! **Invariant:** spans are ascending, do not overlap and lie on character boundaries.

mod call;
mod incomplete;
mod position;
mod scanner;

pub use call::{Argument, Entry, call_arguments, call_on_own_argument};
pub use incomplete::incomplete;
pub use position::{LineColumn, line_column, offset};

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a keyword.
    Word,
    /// An integer or a float.
    Number,
    /// A whole string of any form without interpolation.
    Text,
    /// A back-tick string up to and with its first `${`.
    TextStart,
    /// From the `}` of one interpolation up to and with the next `${`.
    TextMiddle,
    /// From the `}` of the last interpolation to the closing back-tick.
    TextEnd,
    /// A character in single quotes.
    Character,
    /// An operator or punctuation.
    Symbol,
    /// A line or block comment.
    Comment,
    /// A string or comment whose end is missing.
    Unterminated,
}

/// One token and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Range<usize>,
}

impl Token {
    /// The text of the token.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.span.clone()).unwrap_or_default()
    }

    /// Whether the token is the symbol or word `text`.
    pub fn is(&self, source: &str, text: &str) -> bool {
        matches!(self.kind, TokenKind::Symbol | TokenKind::Word) && self.text(source) == text
    }
}

/// Every token of `source`, comments included.
pub fn tokens(source: &str) -> Vec<Token> {
    scanner::Scanner::of(source).run()
}

/// Every token of `source` but the comments.
pub fn code(source: &str) -> Vec<Token> {
    let mut found = tokens(source);
    found.retain(|token| token.kind != TokenKind::Comment);
    found
}

/// The bytes from `offset` to the end of the token it lies in; empty where there is none.
pub fn token_span(source: &str, offset: usize) -> Range<usize> {
    let end = tokens(source)
        .into_iter()
        .find(|token| token.span.contains(&offset))
        .map_or(offset, |token| token.span.end);
    offset..end
}

/// How a token changes the depth of brackets: 1 opens, -1 closes.
pub(in crate::script) fn nesting(source: &str, token: &Token) -> isize {
    match token.kind {
        TokenKind::TextStart => 1,
        TokenKind::TextEnd => -1,
        TokenKind::Symbol => match token.text(source) {
            "(" | "[" | "{" | "#{" | "?[" => 1,
            ")" | "]" | "}" => -1,
            _ => 0,
        },
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<(&str, TokenKind)> {
        tokens(source).iter().map(|token| (token.text(source), token.kind)).collect()
    }

    #[test]
    fn words_numbers_and_operators() {
        assert_eq!(
            texts("kv::ensure(a, 1_000.5e-3)?.x ..= #{"),
            [
                ("kv", TokenKind::Word),
                ("::", TokenKind::Symbol),
                ("ensure", TokenKind::Word),
                ("(", TokenKind::Symbol),
                ("a", TokenKind::Word),
                (",", TokenKind::Symbol),
                ("1_000.5e-3", TokenKind::Number),
                (")", TokenKind::Symbol),
                ("?.", TokenKind::Symbol),
                ("x", TokenKind::Word),
                ("..=", TokenKind::Symbol),
                ("#{", TokenKind::Symbol),
            ]
        );
        assert_eq!(texts("0..3").len(), 3);
        assert_eq!(texts("0xE-1").len(), 3);
    }

    #[test]
    fn interpolation_is_a_start_middles_and_an_end() {
        assert_eq!(
            texts("`a ${#{x: `${1}`}} b ${2} c` + 3"),
            [
                ("`a ${", TokenKind::TextStart),
                ("#{", TokenKind::Symbol),
                ("x", TokenKind::Word),
                (":", TokenKind::Symbol),
                ("`${", TokenKind::TextStart),
                ("1", TokenKind::Number),
                ("}`", TokenKind::TextEnd),
                ("}", TokenKind::Symbol),
                ("} b ${", TokenKind::TextMiddle),
                ("2", TokenKind::Number),
                ("} c`", TokenKind::TextEnd),
                ("+", TokenKind::Symbol),
                ("3", TokenKind::Number),
            ]
        );
        assert_eq!(texts("`a \\${x} ``b` 1")[0], ("`a \\${x} ``b`", TokenKind::Text));
    }

    #[test]
    fn strings_comments_and_what_is_not_closed() {
        assert_eq!(texts(r#""a\"b" 'x' '\''"#).len(), 3);
        assert_eq!(texts("\"a\\\n b\" 1")[0], ("\"a\\\n b\"", TokenKind::Text));
        assert_eq!(texts("\"abc\n1"), [("\"abc", TokenKind::Unterminated), ("1", TokenKind::Number)]);
        assert_eq!(texts("##\"a\"# b\"## 1")[0], ("##\"a\"# b\"##", TokenKind::Text));
        assert_eq!(texts("/* a /* b */ c */ 1")[0], ("/* a /* b */ c */", TokenKind::Comment));
        assert_eq!(texts("/* a /* b */")[0].1, TokenKind::Unterminated);
        assert_eq!(texts("// a\n1"), [("// a", TokenKind::Comment), ("1", TokenKind::Number)]);
        assert_eq!(texts("`a ${1"), [("`a ${", TokenKind::TextStart), ("1", TokenKind::Number)]);
    }

    #[test]
    fn any_text_has_tokens_on_character_boundaries() {
        for source in
            ["é'ü", "\"é", "'é", "`é${é", "#", "##", "/*é", "\\", "'", "}`", "\u{202e}\0", "1.é", "\"\\é\\"]
        {
            let mut end = 0;
            for token in tokens(source) {
                assert!(token.span.start >= end && source.get(token.span.clone()).is_some(), "{source:?}");
                end = token.span.end;
            }
        }
    }
}
