//! SQLite's tokens with their positions.
//!
//! The crate's tokenizer is asked token by token, because it stops where SQLite goes on: at a comment that is never
//! closed, at a byte-order mark inside the text, and at what is no token at all.
//!
//! **Invariant:** every byte of the text belongs to one token, one comment, or a blank.

use sqlite3_parser::dialect::TokenType;
use sqlite3_parser::lexer::Scanner;
use sqlite3_parser::lexer::sql::Tokenizer;
use std::ops::Range;

const BYTE_ORDER_MARK: &str = "\u{feff}";

#[derive(Clone, Debug)]
pub struct Token {
    /// `None`: SQLite has no such token.
    pub kind: Option<TokenType>,
    pub span: Range<usize>,
}

#[derive(Debug, Default)]
pub struct Tokens {
    /// In order.
    pub all: Vec<Token>,
    /// The bytes of each comment, without its line end.
    pub comments: Vec<Range<usize>>,
    /// Where a comment begins that is never closed.
    pub open_comment: Option<usize>,
    /// Where byte-order marks stand, which SQLite takes for blanks (SQL-3).
    pub marks: Vec<usize>,
}

/// Cuts `sql` as SQLite's tokenizer does.
pub fn lex(sql: &str) -> Tokens {
    let mut found = Tokens::default();
    let mut at = 0;
    while let Some(character) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let end = if character.is_ascii_whitespace() {
            at + 1
        } else if rest.starts_with(BYTE_ORDER_MARK) {
            found.marks.push(at);
            at + BYTE_ORDER_MARK.len()
        } else if rest.starts_with("--") {
            let end = rest.find('\n').map_or(sql.len(), |length| at + length);
            found.comments.push(at..end);
            end
        } else if rest.starts_with("/*") && rest.len() > 2 {
            // The star of the beginning can't be that of the end.
            let end = rest[2..].find("*/").map(|length| at + 2 + length + 2);
            if end.is_none() {
                found.open_comment = Some(at);
            }
            let end = end.unwrap_or(sql.len());
            found.comments.push(at..end);
            end
        } else {
            let (kind, length) = token(rest);
            found.all.push(Token { kind, span: at..at + length });
            at + length
        };
        at = end;
    }
    found
}

fn token(rest: &str) -> (Option<TokenType>, usize) {
    if rest.starts_with(['$', '@', '#', ':']) {
        return variable(rest);
    }
    match Scanner::new(Tokenizer::new()).scan(rest.as_bytes()) {
        // A letter may not follow a number, and to SQLite every byte beyond ASCII is one (SQL-3).
        Ok((0, Some((_, TokenType::TK_INTEGER | TokenType::TK_FLOAT)), length))
            if rest.get(length..).is_some_and(|after| after.starts_with(is_of_name)) =>
        {
            (None, illegal_length(rest))
        }
        Ok((0, Some((_, kind)), length)) if rest.is_char_boundary(length) => (Some(kind), length),
        _ => (None, illegal_length(rest)),
    }
}

/// `$name`, `:name`, and the Tcl form `$name::part(anything)`, whose parentheses may hold a semicolon.
fn variable(rest: &str) -> (Option<TokenType>, usize) {
    let mut length = 1;
    let mut is_named = false;
    while let Some(next) = rest[length..].chars().next() {
        if is_of_name(next) {
            is_named = true;
            length += next.len_utf8();
        } else if rest[length..].starts_with("::") {
            length += 2;
        } else if next == '(' && is_named {
            let inner = &rest[length..];
            let end = inner.find(|c: char| c == ')' || c.is_ascii_whitespace()).unwrap_or(inner.len());
            let is_closed = inner[end..].starts_with(')');
            return (is_closed.then_some(TokenType::TK_VARIABLE), length + end + usize::from(is_closed));
        } else {
            break;
        }
    }
    (is_named.then_some(TokenType::TK_VARIABLE), length)
}

/// What a word goes on with.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// What is no token: an open quote takes the rest, anything else a word.
fn illegal_length(rest: &str) -> usize {
    if rest.starts_with(['\'', '"', '`', '[']) {
        return rest.len();
    }
    let word = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
    word.max(rest.chars().next().map_or(1, char::len_utf8))
}

/// A name without its quotes.
pub fn unquoted(name: &str) -> String {
    let quote = name.chars().next().unwrap_or_default();
    let inner = name.get(1..name.len().saturating_sub(1)).unwrap_or_default();
    match quote {
        '"' | '`' | '\'' if name.len() > 1 => {
            inner.replace(&format!("{quote}{quote}"), quote.encode_utf8(&mut [0; 4]))
        }
        '[' if name.len() > 1 => inner.to_owned(),
        _ => name.to_owned(),
    }
}

/// Whether a name stands in a piece of SQL.
pub fn mentions(sql: &str, name: &str) -> bool {
    lex(sql).all.iter().any(|token| unquoted(&sql[token.span.clone()]).eq_ignore_ascii_case(name))
}

/// Line and column of a byte, from 1, in characters.
pub fn place(sql: &str, at: usize) -> (usize, usize) {
    let read = sql.get(..at).unwrap_or(sql);
    let line = read.rsplit('\n').next().unwrap_or_default();
    (read.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        lex(sql).all.into_iter().map(|token| &sql[token.span]).collect()
    }

    #[test]
    fn what_stands_between_tokens_is_no_token() {
        let sql = "\u{feff}SELECT 'a;''--b', [c;d] -- x;\n/*/ ; */ FROM \"t;\";\u{feff} /* open";
        assert_eq!(texts(sql), ["SELECT", "'a;''--b'", ",", "[c;d]", "FROM", "\"t;\"", ";"]);
        let tokens = lex(sql);
        let comments: Vec<&str> = tokens.comments.iter().map(|span| &sql[span.clone()]).collect();
        assert_eq!(comments, ["-- x;", "/*/ ; */", "/* open"]);
        assert_eq!((tokens.marks.len(), tokens.open_comment), (2, sql.find("/* open")));
    }

    #[test]
    fn what_sqlite_can_not_read_is_a_token_of_no_kind() {
        let kinds =
            |sql: &str| lex(sql).all.into_iter().map(|token| token.kind.is_some()).collect::<Vec<_>>();
        assert_eq!(kinds("SELECT 12ab; x"), [true, false, true, true]);
        assert_eq!(kinds("SELECT 'open; x"), [true, false]);
        assert_eq!(kinds("SELECT 1\u{feff}; x"), [true, false, true, true]);
        assert_eq!(texts("SELECT { ü } €"), ["SELECT", "{", "ü", "}", "€"]);
        assert_eq!(texts("/*"), ["/", "*"]);
        assert_eq!(texts("$a::b(c;d) :e@1 $ $f(g "), ["$a::b(c;d)", ":e", "@1", "$", "$f(g"]);
    }

    #[test]
    fn names_lose_their_quotes() {
        for (name, expected) in [
            ("users", "users"),
            ("\"a\"\"b\"", "a\"b"),
            ("`a``b`", "a`b"),
            ("[a b]", "a b"),
            ("'it''s'", "it's"),
            ("\"\"", ""),
            ("", ""),
        ] {
            assert_eq!(unquoted(name), expected);
        }
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(place("a\nüb", 4), (2, 2));
        assert_eq!(place("", 0), (1, 1));
    }
}
