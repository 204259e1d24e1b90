//! Checks D1's limits that SQLite checks only when a statement runs (D1-17, D1-18).

use super::super::sql::kind::StatementKind;
use super::super::sql::lexer::unquoted;
use super::super::sql::restrictions::PATTERN_BYTES_MAX;
use super::super::sql::script::Statement;
use super::file::File;
use rusqlite::{Error, ErrorCode};
use sqlite3_parser::dialect::TokenType;

/// SQLite has no code of its own for these two.
const PATTERN: &str = "LIKE or GLOB pattern too complex";
const DEPTH: &str = "too many levels of trigger recursion";

/// Whether a statement fails because of a limit that the rows of the database have no part in.
pub fn is_exceeded(file: &File, statement: &Statement, error: &Error) -> bool {
    let Error::SqliteFailure(code, Some(words)) = error else { return false };
    match words.as_str() {
        PATTERN => has_long_pattern(statement),
        // A trigger that may not set itself off is deep only where there are so many.
        DEPTH => !file.script.statements().iter().any(is_recursive),
        _ => code.code == ErrorCode::TooBig,
    }
}

fn is_recursive(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Pragma { name, value: Some(_) } if name.eq_ignore_ascii_case("recursive_triggers"))
}

/// Whether a pattern that is written out is longer than D1 takes.
pub fn has_long_pattern(statement: &Statement) -> bool {
    let bytes_max = usize::try_from(PATTERN_BYTES_MAX).unwrap_or_default();
    statement.tokens.windows(2).any(|pair| {
        pair[0].kind == Some(TokenType::TK_LIKE_KW)
            && pair[1].kind == Some(TokenType::TK_STRING)
            && unquoted(statement.word(&pair[1])).len() > bytes_max
    })
}
