//! Properties for any text that is read as a migration.

use super::lexer::lex;
use super::script::Script;
use sqlite3_parser::dialect::TokenType;

/// Nothing is lost between the statements, and each is one when it is read alone.
///
/// # Panics
/// Where the property is violated.
pub fn splitter(sql: &str) {
    let script = Script::new(sql);
    let mut copied = 0;
    for statement in script.statements() {
        assert_eq!(statement.text, sql[statement.span.clone()]);
        assert_empty(&sql[copied..statement.span.start]);
        copied = statement.span.end;
        let again = Script::new(statement.text.as_str());
        let again = again.statements();
        assert!(matches!(again, [one] if one.text == statement.text), "{:?}: {again:?}", statement.text);
    }
    assert_empty(&sql[copied..]);
}

/// Blanks, comments and semicolons.
fn assert_empty(gap: &str) {
    let tokens = lex(gap).all;
    assert!(tokens.iter().all(|token| token.kind == Some(TokenType::TK_SEMI)), "{gap:?}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kept_texts_are_split() {
        crate::system::corpus::replay("splitter", super::splitter);
    }
}
