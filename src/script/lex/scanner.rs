//! The scanner that makes the tokens.

use super::{Token, TokenKind};

/// Operators longer than one character, longest first.
const OPERATORS: &[&str] = &[
    "..=", "<<=", ">>=", "**=", "#{", "::", "||", "&&", "==", "!=", "=>", "??", "?.", "?[", "+=", "-=", "*=",
    "/=", "%=", "|=", "&=", "^=", "<=", ">=", "<<", ">>", "**", "..",
];

pub(super) struct Scanner<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    /// Open braces inside each interpolation that surrounds this place.
    interpolations: Vec<usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn of(source: &'a str) -> Self {
        Scanner { source, bytes: source.as_bytes(), at: 0, tokens: Vec::new(), interpolations: Vec::new() }
    }

    pub(super) fn run(mut self) -> Vec<Token> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at;
            let Some(kind) = self.token(byte) else { continue };
            self.tokens.push(Token { kind, span: start..self.at });
        }
        self.tokens
    }

    /// Moves over one token; `None` for white space.
    fn token(&mut self, byte: u8) -> Option<TokenKind> {
        Some(match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                self.at += 1;
                return None;
            }
            b'/' if self.peek(1) == Some(b'/') => self.line_comment(),
            b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
            b'"' => self.quoted(b'"', TokenKind::Text),
            b'\'' => self.quoted(b'\'', TokenKind::Character),
            b'#' if matches!(self.peek(1), Some(b'"' | b'#')) => self.raw_text(),
            b'`' => {
                self.at += 1;
                self.back_tick(TokenKind::Text, TokenKind::TextStart)
            }
            b'}' if self.interpolations.last() == Some(&0) => {
                self.interpolations.pop();
                self.at += 1;
                self.back_tick(TokenKind::TextEnd, TokenKind::TextMiddle)
            }
            b'0'..=b'9' => self.number(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                TokenKind::Word
            }
            _ => self.symbol(),
        })
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn here(&self, text: &str) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    /// Moves over one character, whatever its length in bytes.
    fn skip_character(&mut self) {
        let length =
            self.source.get(self.at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        self.at = (self.at + length).min(self.bytes.len());
    }

    fn line_comment(&mut self) -> TokenKind {
        self.skip_while(|byte| byte != b'\n');
        TokenKind::Comment
    }

    fn block_comment(&mut self) -> TokenKind {
        self.at += 2;
        let mut depth = 1;
        while depth > 0 {
            if self.here("/*") {
                depth += 1;
                self.at += 2;
            } else if self.here("*/") {
                depth -= 1;
                self.at += 2;
            } else if self.at < self.bytes.len() {
                self.skip_character();
            } else {
                return TokenKind::Unterminated;
            }
        }
        TokenKind::Comment
    }

    /// A string or character that ends at its quote; an end of line ends it unless a backslash stands before.
    fn quoted(&mut self, quote: u8, kind: TokenKind) -> TokenKind {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => {
                    self.at += 1;
                    self.skip_character();
                }
                b'\n' => return TokenKind::Unterminated,
                _ if byte == quote => {
                    self.at += 1;
                    return kind;
                }
                _ => self.skip_character(),
            }
        }
        TokenKind::Unterminated
    }

    /// `#"..."#` with any number of `#`; one that opens no string is a symbol.
    fn raw_text(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_while(|byte| byte == b'#');
        let marks = self.at - start;
        if self.peek(0) != Some(b'"') {
            self.at = start + 1;
            return TokenKind::Symbol;
        }
        self.at += 1;
        let close = format!("\"{}", "#".repeat(marks));
        while self.at < self.bytes.len() {
            if self.here(&close) {
                self.at += close.len();
                return TokenKind::Text;
            }
            self.skip_character();
        }
        TokenKind::Unterminated
    }

    /// Text of a back-tick string: `closed` when its end is reached, `opened` at a `${`.
    fn back_tick(&mut self, closed: TokenKind, opened: TokenKind) -> TokenKind {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'`' if self.peek(1) == Some(b'`') => self.at += 2,
                b'`' => {
                    self.at += 1;
                    return closed;
                }
                b'\\' if self.here("\\${") => self.at += 3,
                b'$' if self.peek(1) == Some(b'{') => {
                    self.at += 2;
                    self.interpolations.push(0);
                    return opened;
                }
                _ => self.skip_character(),
            }
        }
        TokenKind::Unterminated
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        let radix = matches!(self.peek(1), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B'))
            && self.peek(0) == Some(b'0');
        while let Some(byte) = self.peek(0) {
            let digit_next = self.peek(1).is_some_and(|next| next.is_ascii_digit());
            let exponent = !radix && self.at > start && matches!(self.bytes[self.at - 1], b'e' | b'E');
            let more = match byte {
                b'.' => digit_next,
                b'+' | b'-' => exponent && digit_next,
                _ => byte.is_ascii_alphanumeric() || byte == b'_',
            };
            if !more {
                break;
            }
            self.at += 1;
        }
        TokenKind::Number
    }

    fn symbol(&mut self) -> TokenKind {
        match OPERATORS.iter().find(|operator| self.here(operator)) {
            Some(operator) => self.at += operator.len(),
            None => self.skip_character(),
        }
        if let (Some(open), Some(last)) = (self.interpolations.last_mut(), self.bytes.get(self.at - 1)) {
            match last {
                b'{' => *open += 1,
                b'}' => *open = open.saturating_sub(1),
                _ => {}
            }
        }
        TokenKind::Symbol
    }
}
