//! Finds the ends of statements in a text that arrives in parts.
//!
//! **Invariant:** where the parts begin and end makes no difference.

use super::is_of_word;

/// Where a statement stands in the whole text, without its semicolon and what stands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct StatementRange {
    pub(in super::super) begin: u64,
    pub(in super::super) end: u64,
}

/// What the text is in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LexState {
    #[default]
    Nothing,
    /// A name without quotes, a keyword or a number.
    Word,
    /// Text or a name up to this byte.
    Quoted(u8),
    /// The same after that byte: doubled, it does not end it.
    Doubled(u8),
    /// One `-` or `/`, which may begin a comment.
    Sign(u8),
    LineComment,
    BlockComment,
    /// The same after a `*`.
    BlockCommentStar,
}

/// What a piece is to a statement's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Keyword {
    Create,
    Temporary,
    Trigger,
    End,
    #[default]
    Other,
}

/// Pieces of a statement's head that say whether it is a trigger.
const HEAD_MAX: usize = 3;
/// Longer words mean nothing here.
const WORD_BYTES_MAX: usize = 9;

/// Finds the ends of statements.
#[derive(Debug, Default)]
pub(in super::super) struct StatementSplitter {
    inside: LexState,
    /// How much of the text was seen.
    at: u64,
    /// Where the statement begins that is not ended yet, and where its last piece ends.
    open: Option<StatementRange>,
    head: [Keyword; HEAD_MAX],
    head_length: usize,
    word: Vec<u8>,
    word_length: usize,
    /// What came last, as far as it may end a trigger: a semicolon, or `END` after one.
    after_semicolon: bool,
    after_end: bool,
}

impl StatementSplitter {
    /// Reads on up to the end of a statement; gives it, and how many of the bytes were read.
    pub(in super::super) fn feed(&mut self, bytes: &[u8]) -> (Option<StatementRange>, usize) {
        let mut read = 0;
        while read < bytes.len() {
            // Most of a large text stands between quotes.
            if let LexState::Quoted(quote) = self.inside {
                let rest = &bytes[read..];
                let skipped = rest.iter().position(|byte| *byte == quote).unwrap_or(rest.len());
                self.pass(skipped);
                read += skipped;
            }
            let Some(&byte) = bytes.get(read) else { break };
            let cut = self.byte(byte);
            read += 1;
            self.at += 1;
            if cut.is_some() {
                return (cut, read);
            }
        }
        (None, read)
    }

    /// Where the statement begins that has not come to its end yet.
    pub(in super::super) fn begin(&self) -> Option<u64> {
        // A sign may turn out to be a comment.
        let sign = matches!(self.inside, LexState::Sign(_)).then(|| self.at - 1);
        self.open.map(|open| open.begin).or(sign)
    }

    /// The text is over: the statement that no semicolon ends.
    pub(in super::super) fn finish(&mut self) -> Option<StatementRange> {
        self.end_piece();
        self.open.take()
    }

    /// What has to follow the text so that more statements may: what closes its last comment and its last statement.
    pub(in super::super) fn closing(&mut self) -> String {
        let comment = match self.inside {
            LexState::LineComment => "\n",
            LexState::BlockComment | LexState::BlockCommentStar => "*/",
            _ => "",
        };
        format!("{comment}{}", if self.finish().is_some() { ";" } else { "" })
    }

    fn pass(&mut self, bytes: usize) {
        self.at += bytes as u64;
        if let Some(open) = &mut self.open {
            open.end = self.at;
        }
    }

    fn byte(&mut self, byte: u8) -> Option<StatementRange> {
        self.inside = match (self.inside, byte) {
            (LexState::Quoted(b']'), b']') => {
                self.extend();
                self.piece(Keyword::Other);
                LexState::Nothing
            }
            (LexState::Quoted(quote), _) => {
                self.extend();
                if byte == quote { LexState::Doubled(quote) } else { LexState::Quoted(quote) }
            }
            (LexState::Doubled(quote), _) if byte == quote => {
                self.extend();
                LexState::Quoted(quote)
            }
            (LexState::Word, _) if is_of_word(byte) => {
                self.extend();
                self.spell(byte);
                LexState::Word
            }
            (LexState::LineComment, b'\n') | (LexState::BlockCommentStar, b'/') => LexState::Nothing,
            (LexState::BlockComment | LexState::BlockCommentStar, b'*') => LexState::BlockCommentStar,
            (LexState::Sign(b'-'), b'-') | (LexState::LineComment, _) => LexState::LineComment,
            (LexState::Sign(b'/'), b'*') | (LexState::BlockComment | LexState::BlockCommentStar, _) => {
                LexState::BlockComment
            }
            (LexState::Nothing | LexState::Word | LexState::Doubled(_) | LexState::Sign(_), _) => {
                self.end_piece();
                if byte == b';' {
                    self.inside = LexState::Nothing;
                    return self.semicolon();
                }
                self.begin_piece(byte)
            }
        };
        None
    }

    /// What begins with this byte.
    fn begin_piece(&mut self, byte: u8) -> LexState {
        match byte {
            b'-' | b'/' => return LexState::Sign(byte),
            _ if byte.is_ascii_whitespace() => return LexState::Nothing,
            _ => {}
        }
        self.open.get_or_insert(StatementRange { begin: self.at, end: self.at });
        self.extend();
        match byte {
            b'\'' | b'"' | b'`' => LexState::Quoted(byte),
            b'[' => LexState::Quoted(b']'),
            _ if is_of_word(byte) => {
                self.spell(byte);
                LexState::Word
            }
            _ => {
                self.piece(Keyword::Other);
                LexState::Nothing
            }
        }
    }

    /// The piece before is complete, if there is one.
    fn end_piece(&mut self) {
        match self.inside {
            LexState::Word => {
                let meaning =
                    if self.word_length > WORD_BYTES_MAX { Keyword::Other } else { meaning(&self.word) };
                self.word.clear();
                self.word_length = 0;
                self.piece(meaning);
            }
            LexState::Quoted(_) | LexState::Doubled(_) => self.piece(Keyword::Other),
            LexState::Sign(_) => {
                self.open.get_or_insert(StatementRange { begin: self.at - 1, end: self.at });
                if let Some(open) = &mut self.open {
                    open.end = self.at;
                }
                self.piece(Keyword::Other);
            }
            LexState::Nothing
            | LexState::LineComment
            | LexState::BlockComment
            | LexState::BlockCommentStar => {}
        }
        if !matches!(self.inside, LexState::LineComment | LexState::BlockComment | LexState::BlockCommentStar)
        {
            self.inside = LexState::Nothing;
        }
    }

    fn piece(&mut self, meaning: Keyword) {
        if let Some(place) = self.head.get_mut(self.head_length) {
            *place = meaning;
            self.head_length += 1;
        }
        self.after_end = self.after_semicolon && meaning == Keyword::End;
        self.after_semicolon = false;
    }

    fn semicolon(&mut self) -> Option<StatementRange> {
        let open = self.open?;
        if self.after_end || !self.is_trigger() {
            (self.open, self.head_length) = (None, 0);
            (self.after_semicolon, self.after_end) = (false, false);
            return Some(open);
        }
        (self.after_semicolon, self.after_end) = (true, false);
        self.extend();
        None
    }

    /// `CREATE [TEMP | TEMPORARY] TRIGGER`
    fn is_trigger(&self) -> bool {
        use Keyword::{Create, Temporary, Trigger};
        matches!(&self.head[..self.head_length], [Create, Trigger, ..] | [Create, Temporary, Trigger, ..])
    }

    /// The byte that is being read belongs to the statement.
    fn extend(&mut self) {
        if let Some(open) = &mut self.open {
            open.end = self.at + 1;
        }
    }

    fn spell(&mut self, byte: u8) {
        self.word_length += 1;
        if self.word_length <= WORD_BYTES_MAX {
            self.word.push(byte);
        }
    }
}

fn meaning(word: &[u8]) -> Keyword {
    const MEANINGS: [(&str, Keyword); 5] = [
        ("CREATE", Keyword::Create),
        ("TEMP", Keyword::Temporary),
        ("TEMPORARY", Keyword::Temporary),
        ("TRIGGER", Keyword::Trigger),
        ("END", Keyword::End),
    ];
    let known = MEANINGS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known.as_bytes()));
    known.map_or(Keyword::Other, |(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statements, and what has to follow, of a text that comes in parts of so many bytes.
    fn cut_in(parts: usize, text: &str) -> (Vec<&str>, String) {
        let (mut cutter, mut found) = (StatementSplitter::default(), Vec::new());
        let whole = |cut: StatementRange| {
            &text[usize::try_from(cut.begin).unwrap()..usize::try_from(cut.end).unwrap()]
        };
        for part in text.as_bytes().chunks(parts) {
            let mut rest = part;
            while !rest.is_empty() {
                let (cut, read) = cutter.feed(rest);
                found.extend(cut.map(whole));
                rest = &rest[read..];
            }
        }
        let open = cutter.open.is_some() || matches!(cutter.inside, LexState::Sign(_));
        let closing = cutter.closing();
        if open {
            let mut again = StatementSplitter::default();
            let mut rest = text.as_bytes();
            while let (Some(_), read) = again.feed(rest) {
                rest = &rest[read..];
            }
            found.extend(again.finish().map(whole));
        }
        (found, closing)
    }

    fn cut(text: &str) -> (Vec<&str>, String) {
        let whole = cut_in(text.len().max(1), text);
        for parts in 1..text.len() {
            assert_eq!(cut_in(parts, text), whole, "in parts of {parts}");
        }
        whole
    }

    #[test]
    fn quotes_and_comments_hold_no_end() {
        let text = "-- a;\nSELECT ';', \"a;\"\"b\", [c;], `d;` /* ; */ , 'it''s;' -- ;\n ;; /*;*/ SELECT 2";
        let first = "SELECT ';', \"a;\"\"b\", [c;], `d;` /* ; */ , 'it''s;'";
        assert_eq!(cut(text), (vec![first, "SELECT 2"], ";".to_owned()));
        for nothing in ["", " ;; ", "-- x", "/* ; */", "/* ;", "/*/ ;", "/***"] {
            assert_eq!(cut(nothing).0, Vec::<&str>::new(), "{nothing:?}");
        }
        for (text, statements) in [
            ("SELECT 1 -2; SELECT 4/2;", vec!["SELECT 1 -2", "SELECT 4/2"]),
            ("- 1; /x;", vec!["- 1", "/x"]),
            ("SELECT 1 - -- x\n 2;", vec!["SELECT 1 - -- x\n 2"]),
            ("SELECT 'a", vec!["SELECT 'a"]),
            ("SELECT -", vec!["SELECT -"]),
            ("/", vec!["/"]),
            ("x'00' ; SELECT [a]]", vec!["x'00'", "SELECT [a]]"]),
            ("SELECT 'a'/**/;--\n;2", vec!["SELECT 'a'", "2"]),
        ] {
            assert_eq!(cut(text).0, statements, "{text:?}");
        }
    }

    #[test]
    fn a_trigger_ends_at_its_own_end() {
        let trigger = "create temp trigger r AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END;\n SELECT 'END;';\nEND";
        assert_eq!(cut(&format!("{trigger} /* x */ ; SELECT 1;")).0, [trigger, "SELECT 1"]);
        let open = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1;";
        assert_eq!(cut(open).0, [open]);
        assert_eq!(cut("CREATE TABLE trigger (a); SELECT 1").0, ["CREATE TABLE trigger (a)", "SELECT 1"]);
        let ended = "CREATE TEMPORARY TRIGGER r BEGIN SELECT 1; 'END'; ENDS; \"END\"; END";
        assert_eq!(cut(&format!("{ended};SELECT 1")).0, [ended, "SELECT 1"]);
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
            ("SELECT 1; /* *", "*/"),
            ("SELECT 1 -", ";"),
        ] {
            assert_eq!(cut(text).1, expected, "{text:?}");
        }
    }
}
