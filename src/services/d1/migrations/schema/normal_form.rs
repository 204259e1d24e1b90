//! Brings SQL to a normal form for comparison.

use super::super::sql::lexer::{Token, lex, unquoted};
use sqlite3_parser::dialect::TokenType;
use std::collections::BTreeSet;

/// SQL without what may be written in several ways: quotes and cases of names, blanks, comments, parentheses around
/// parentheses, and what a trigger may say and does without.
pub fn normal(sql: &str) -> String {
    let tokens = lex(sql).all;
    let idle = idle_parentheses(sql, &tokens);
    let word = |token: &Token| {
        let text = &sql[token.span.clone()];
        match token.kind {
            Some(TokenType::TK_STRING) => text.to_owned(),
            Some(TokenType::TK_EQ) => "=".to_owned(),
            Some(TokenType::TK_NE) => "<>".to_owned(),
            _ => unquoted(text).to_lowercase(),
        }
    };
    let kept = tokens.iter().enumerate().filter(|(index, _)| !idle.contains(index));
    let words = kept.map(|(_, token)| word(token)).collect::<Vec<_>>().join(" ");
    if !words.starts_with("create trigger ") {
        return words;
    }
    let (head, body) = words.split_once(" begin ").unwrap_or((&words, ""));
    let head = head.replacen(" if not exists ", " ", 1).replacen(" for each row", "", 1);
    format!("{head} begin {body}")
}

/// Parentheses around the whole of an expression, or directly inside others. Around a query they may make a value of it, and
/// around a list a row: those stay.
fn idle_parentheses(sql: &str, tokens: &[Token]) -> BTreeSet<usize> {
    let is = |index: Option<usize>, kind: TokenType| {
        index.and_then(|index| tokens.get(index)).is_some_and(|token| token.kind == Some(kind))
    };
    let mut idle = BTreeSet::new();
    // Where each begins that is open, and whether it has a comma of its own.
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Some(TokenType::TK_LP) => open.push((index, false)),
            Some(TokenType::TK_COMMA) => {
                if let Some((_, is_list)) = open.last_mut() {
                    *is_list = true;
                }
            }
            Some(TokenType::TK_RP) => {
                let Some((begin, is_list)) = open.pop() else { continue };
                let begins = begin == 0 || is(begin.checked_sub(1), TokenType::TK_LP);
                let begins = begins || is(begin.checked_sub(1), TokenType::TK_WHERE);
                let ends = index + 1 == tokens.len() || is(Some(index + 1), TokenType::TK_RP);
                let first = tokens.get(begin + 1).map(|token| &sql[token.span.clone()]);
                let is_query = first.is_some_and(|first| {
                    ["SELECT", "VALUES", "WITH"].iter().any(|word| first.eq_ignore_ascii_case(word))
                });
                if begins && ends && !is_list && !is_query {
                    idle.extend([begin, index]);
                }
            }
            _ => {}
        }
    }
    idle
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn only_idle_parentheses_go() {
        for (written, expected) in [
            ("((a + 1))", "a + 1"),
            ("(a) + (b)", "( a ) + ( b )"),
            ("f(((a)))", "f ( a )"),
            ("a IN ((SELECT 1))", "a in ( ( select 1 ) )"),
            ("((a, b)) = ((SELECT 1, 2))", "( ( a , b ) ) = ( ( select 1 , 2 ) )"),
            ("SELECT a WHERE (a == 1)", "select a where a = 1"),
            ("SELECT a WHERE (a OR b) AND c != 'C'", "select a where ( a or b ) and c <> 'C'"),
            (") (", ") ("),
        ] {
            assert_eq!(normal(written), expected, "{written}");
        }
    }
}
