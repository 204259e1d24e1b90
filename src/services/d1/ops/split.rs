//! Splits SQL into statements without parsing them, so that files of hundreds of megabytes are fast, and need no
//! more memory than their longest statement.
//!
//! Where a statement ends, SQLite's published rule says (SQL-1): at a semicolon outside quotes and comments, and for a trigger at
//! the `END;` that follows a semicolon. The text is bytes, since a database may hold text that is not UTF-8.
//!
//! **Invariant:** between two statements stand blanks, comments and semicolons only.

mod splitter;
mod statements;

pub(super) use splitter::{StatementRange, StatementSplitter};
pub(super) use statements::Statements;

/// One piece of a text that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// A name without quotes, a keyword or a number.
    Word,
    /// Text or a name between quotes.
    Quoted,
    /// Any other byte.
    Sign(u8),
}

/// The pieces of a text, each with its bytes.
#[derive(Clone, Debug)]
pub(super) struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Pieces { text, at: 0 }
    }

    /// Where the next piece is looked for.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next piece and where it begins.
    pub(super) fn next(&mut self) -> Option<(Lexeme, usize)> {
        self.skip();
        let start = self.at;
        let first = *self.text.get(start)?;
        let (piece, length) = match first {
            b'\'' | b'"' | b'`' => (Lexeme::Quoted, 1 + self.until(start + 1, first)),
            b'[' => (Lexeme::Quoted, 1 + self.until(start + 1, b']')),
            _ if is_of_word(first) => {
                let rest = &self.text[start..];
                (Lexeme::Word, rest.iter().position(|byte| !is_of_word(*byte)).unwrap_or(rest.len()))
            }
            _ => (Lexeme::Sign(first), 1),
        };
        self.at = start + length;
        Some((piece, start))
    }

    /// The next piece's bytes, if it is a word or quoted.
    pub(super) fn name(&mut self) -> Option<&'a [u8]> {
        match self.next()? {
            (Lexeme::Word | Lexeme::Quoted, start) => Some(&self.text[start..self.at]),
            (Lexeme::Sign(_), _) => None,
        }
    }

    /// The next piece's bytes, whatever it is.
    pub(super) fn name_or_sign(&mut self) -> Option<&'a [u8]> {
        let (_, start) = self.next()?;
        Some(&self.text[start..self.at])
    }

    /// Bytes up to and with the quote that ends what begins at `from`; a doubled one does not.
    fn until(&self, from: usize, quote: u8) -> usize {
        let rest = &self.text[from..];
        let mut at = 0;
        while let Some(found) = rest[at..].iter().position(|byte| *byte == quote) {
            at += found + 1;
            if quote == b']' || rest.get(at) != Some(&quote) {
                return at;
            }
            at += 1;
        }
        rest.len()
    }

    /// Skips blanks and comments.
    fn skip(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            let rest = &self.text[self.at..];
            if rest.starts_with(b"--") {
                self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                let end = rest.get(2..).unwrap_or_default().windows(2).position(|pair| pair == b"*/");
                self.at += end.map_or(rest.len(), |end| end + 4);
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else {
                return;
            }
        }
    }
}

/// SQLite takes every byte beyond ASCII for a letter (SQL-3).
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

/// A name or a text without its quotes.
pub(super) fn unquoted(name: &[u8]) -> Vec<u8> {
    match name {
        [b'[', inner @ .., b']'] => inner.to_vec(),
        [quote @ (b'"' | b'\'' | b'`'), inner @ .., last] if last == quote => {
            let mut plain = Vec::with_capacity(inner.len());
            let mut bytes = inner.iter();
            while let Some(byte) = bytes.next() {
                if byte == quote {
                    bytes.next();
                }
                plain.push(*byte);
            }
            plain
        }
        _ => name.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_quotes() {
        for (name, plain) in
            [("a", "a"), ("\"a\"\"b\"", "a\"b"), ("'it''s'", "it's"), ("[a b]", "a b"), ("``", "")]
        {
            assert_eq!(unquoted(name.as_bytes()), plain.as_bytes(), "{name}");
        }
    }
}
