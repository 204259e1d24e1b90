//! Cuts a text of SQL into statements without reading them, so that a file of hundreds of megabytes takes a moment.
//!
//! Where a statement ends, SQLite's published rule says: at a semicolon outside quotes and comments, and for a trigger at
//! the `END;` that follows a semicolon. The text is bytes, since a database may hold text that is not UTF-8.
//!
//! **Invariant:** between two statements stand blanks, comments and semicolons only.

/// One piece of a text that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
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
    /// What would close the comment that the text ends in.
    open: &'static str,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Pieces { text, at: 0, open: "" }
    }

    /// Where the next piece is looked for.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next piece and where it begins.
    pub(super) fn next(&mut self) -> Option<(Piece, usize)> {
        self.skip();
        let start = self.at;
        let first = *self.text.get(start)?;
        let (piece, length) = match first {
            b'\'' | b'"' | b'`' => (Piece::Quoted, 1 + self.until(start + 1, first)),
            b'[' => (Piece::Quoted, 1 + self.until(start + 1, b']')),
            _ if is_of_word(first) => {
                let rest = &self.text[start..];
                (Piece::Word, rest.iter().position(|byte| !is_of_word(*byte)).unwrap_or(rest.len()))
            }
            _ => (Piece::Sign(first), 1),
        };
        self.at = start + length;
        Some((piece, start))
    }

    /// The next piece's bytes, if it is a word or quoted.
    pub(super) fn name(&mut self) -> Option<&'a [u8]> {
        match self.next()? {
            (Piece::Word | Piece::Quoted, start) => Some(&self.text[start..self.at]),
            (Piece::Sign(_), _) => None,
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
                let end = rest.iter().position(|byte| *byte == b'\n');
                self.open = if end.is_none() { "\n" } else { "" };
                self.at += end.unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                let end = rest.get(2..).unwrap_or_default().windows(2).position(|pair| pair == b"*/");
                self.open = if end.is_none() { "*/" } else { "" };
                self.at += end.map_or(rest.len(), |end| end + 4);
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else {
                return;
            }
        }
    }
}

/// SQLite takes every byte beyond ASCII for a letter.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

/// The statements of a text, without their semicolons.
pub(super) struct Statements<'a> {
    pieces: Pieces<'a>,
}

impl<'a> Statements<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Statements { pieces: Pieces::of(text) }
    }
}

impl<'a> Iterator for Statements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        next_statement(&mut self.pieces).map(|(statement, _)| statement)
    }
}

/// What has to follow a text so that more statements may: what closes its last comment and its last statement.
pub(super) fn closing(text: &[u8]) -> String {
    let mut pieces = Pieces::of(text);
    let mut end = "";
    while let Some((_, is_ended)) = next_statement(&mut pieces) {
        end = if is_ended { "" } else { ";" };
    }
    format!("{}{end}", pieces.open)
}

/// The next statement, and whether a semicolon ends it.
fn next_statement<'a>(pieces: &mut Pieces<'a>) -> Option<(&'a [u8], bool)> {
    let text = pieces.text;
    let (mut begin, mut end) = (None, 0);
    let mut head: Vec<&[u8]> = Vec::with_capacity(3);
    // What came last, as far as it may end a trigger: a semicolon, or `END` after one.
    let (mut after_semicolon, mut after_end) = (false, false);
    while let Some((piece, start)) = pieces.next() {
        if piece == Piece::Sign(b';') {
            match begin {
                None => continue,
                Some(begin) if after_end || !is_trigger(&head) => return Some((&text[begin..end], true)),
                Some(_) => (after_semicolon, after_end) = (true, false),
            }
        } else {
            let word = &text[start..pieces.at];
            begin.get_or_insert(start);
            if head.len() < 3 {
                head.push(word);
            }
            after_end = after_semicolon && word.eq_ignore_ascii_case(b"END");
            after_semicolon = false;
        }
        end = pieces.at;
    }
    begin.map(|begin| (&text[begin..end], false))
}

/// `CREATE [TEMP | TEMPORARY] TRIGGER`
fn is_trigger(head: &[&[u8]]) -> bool {
    let is =
        |at: usize, word: &str| head.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()));
    let kind = 1 + usize::from(is(1, "TEMP") || is(1, "TEMPORARY"));
    is(0, "CREATE") && is(kind, "TRIGGER")
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

    fn cut(text: &str) -> Vec<&str> {
        Statements::of(text.as_bytes()).map(|statement| std::str::from_utf8(statement).unwrap()).collect()
    }

    #[test]
    fn quotes_and_comments_hold_no_end() {
        let text = "-- a;\nSELECT ';', \"a;\"\"b\", [c;], `d;` /* ; */ , 'it''s;' -- ;\n ;; /*;*/ SELECT 2";
        assert_eq!(cut(text), ["SELECT ';', \"a;\"\"b\", [c;], `d;` /* ; */ , 'it''s;'", "SELECT 2"]);
        for nothing in ["", " ;; ", "-- x", "/* ; */", "/* ;"] {
            assert_eq!(cut(nothing), Vec::<&str>::new(), "{nothing:?}");
        }
    }

    #[test]
    fn a_trigger_ends_at_its_own_end() {
        let trigger = "create temp trigger r AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END;\n SELECT 'END;';\nEND";
        assert_eq!(cut(&format!("{trigger} /* x */ ; SELECT 1;")), [trigger, "SELECT 1"]);
        let open = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1;";
        assert_eq!(cut(open), [open]);
        assert_eq!(cut("CREATE TABLE trigger (a); SELECT 1"), ["CREATE TABLE trigger (a)", "SELECT 1"]);
    }

    #[test]
    fn what_has_to_follow_a_text() {
        for (text, expected) in [
            ("SELECT 1;", ""),
            ("SELECT 1; -- x\n", ""),
            ("", ""),
            ("SELECT 1; SELECT 2 /* x */\n", ";"),
            ("SELECT 1 -- ;", "\n;"),
            ("SELECT 1; -- ;", "\n"),
            ("SELECT 1; /* ;", "*/"),
            ("SELECT 1 /* ;", "*/;"),
        ] {
            assert_eq!(closing(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn names_lose_their_quotes() {
        for (name, plain) in
            [("a", "a"), ("\"a\"\"b\"", "a\"b"), ("'it''s'", "it's"), ("[a b]", "a b"), ("``", "")]
        {
            assert_eq!(unquoted(name.as_bytes()), plain.as_bytes(), "{name}");
        }
    }
}
