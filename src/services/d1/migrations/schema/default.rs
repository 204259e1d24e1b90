//! The default value of a column, independent of how the statement writes it.
//!
//! SQLite is asked for the value of a literal: `+1`, `(1)`, `true` and, in a column of numbers, `'1'` are one.

use super::super::sql::lexer::lex;
use super::normal_form::normal;
use rusqlite::Connection;
use sqlite3_parser::dialect::TokenType;

/// The default `value` of a column of the type `kind`; `None` where it is NULL, as without a default.
pub fn default(kind: &str, value: &str) -> Option<String> {
    if !is_literal(value) {
        return Some(normal(value));
    }
    // A word alone is a text, and in parentheses it is none.
    let forms = [value.to_owned(), format!("({value})")];
    let known = forms.iter().find_map(|form| of_column(kind, form).ok());
    known.map_or_else(|| Some(normal(value)), |value| Some(value).filter(|value| value != "NULL"))
}

/// Whether SQLite gives one value for it, at all times.
fn is_literal(value: &str) -> bool {
    let tokens = lex(value).all;
    let is_of_literal = |kind| {
        matches!(
            kind,
            TokenType::TK_LP
                | TokenType::TK_RP
                | TokenType::TK_PLUS
                | TokenType::TK_MINUS
                | TokenType::TK_INTEGER
                | TokenType::TK_FLOAT
                | TokenType::TK_STRING
                | TokenType::TK_BLOB
                | TokenType::TK_NULL
                | TokenType::TK_ID
        )
    };
    // A name before a parenthesis is a function.
    let calls = tokens
        .windows(2)
        .any(|pair| pair[0].kind == Some(TokenType::TK_ID) && pair[1].kind == Some(TokenType::TK_LP));
    !calls && tokens.iter().all(|token| token.kind.is_some_and(is_of_literal))
}

fn of_column(kind: &str, value: &str) -> rusqlite::Result<String> {
    let database = Connection::open_in_memory()?;
    database.execute(&format!("CREATE TABLE t (c {kind} DEFAULT {value})"), [])?;
    database.execute("INSERT INTO t DEFAULT VALUES", [])?;
    database.query_row("SELECT quote(c) FROM t", [], |row| row.get(0))
}
