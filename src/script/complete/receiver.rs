//! Finds where the expression before a dot begins.

use crate::script::lex::{Token, TokenKind};
use std::ops::Range;

/// The bytes of the value before the dot at `dot`; `None` where there is none.
pub(super) fn receiver(source: &str, tokens: &[Token], dot: usize) -> Option<Range<usize>> {
    let end = tokens[dot.checked_sub(1)?].span.end;
    let start = start(source, tokens, dot - 1)?;
    Some(tokens[start].span.start..end)
}

/// The first token of the path that ends at `at`: `kv` of `kv::ensure`.
pub fn path_start(source: &str, tokens: &[Token], at: usize) -> usize {
    let mut start = at;
    if tokens[start].is(source, "::") && start > 0 && tokens[start - 1].kind == TokenKind::Word {
        start -= 1;
    }
    while start >= 2 && tokens[start - 1].is(source, "::") && tokens[start - 2].kind == TokenKind::Word {
        start -= 2;
    }
    start
}

/// The first token of the value that ends at `at`.
fn start(source: &str, tokens: &[Token], mut at: usize) -> Option<usize> {
    loop {
        let first = match tokens[at].kind {
            TokenKind::Text | TokenKind::Number | TokenKind::Character => return Some(at),
            TokenKind::TextEnd => return opening(source, tokens, at),
            TokenKind::Word => path_start(source, tokens, at),
            TokenKind::Symbol => {
                let close = tokens[at].text(source);
                let open = opening(source, tokens, at)?;
                let before = open.checked_sub(1).map(|before| &tokens[before]);
                let is_value = |token: &&Token| {
                    matches!(token.kind, TokenKind::Word | TokenKind::Text | TokenKind::TextEnd)
                        || token.is(source, ")")
                        || token.is(source, "]")
                };
                match close {
                    ")" if before.is_some_and(|token| token.kind == TokenKind::Word) => {
                        path_start(source, tokens, open - 1)
                    }
                    "]" if before.as_ref().is_some_and(is_value) => {
                        at = open - 1;
                        continue;
                    }
                    _ => open,
                }
            }
            _ => return None,
        };
        let dot = first.checked_sub(1).filter(|dot| {
            let token = &tokens[*dot];
            token.is(source, ".") || token.is(source, "?.")
        });
        match dot {
            Some(0) => return None,
            Some(dot) => at = dot - 1,
            None => return Some(first),
        }
    }
}

/// The token that opens the bracket that ends at `at`.
fn opening(source: &str, tokens: &[Token], at: usize) -> Option<usize> {
    let mut depth = 0usize;
    for index in (0..=at).rev() {
        let token = &tokens[index];
        let text = token.text(source);
        let is_symbol = token.kind == TokenKind::Symbol;
        if token.kind == TokenKind::TextEnd || (is_symbol && matches!(text, ")" | "]" | "}")) {
            depth += 1;
        } else if token.kind == TokenKind::TextStart
            || (is_symbol && matches!(text, "(" | "[" | "{" | "#{" | "?["))
        {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return (text != "{").then_some(index);
            }
        }
    }
    None
}
