//! Formats a recipe: indentation, trailing spaces, blank lines.
//!
//! Line breaks and everything between two of them stay as they are written. So no comment is touched, and what the engine
//! parses is the same: between its tokens, only blanks at the beginnings and ends of lines differ.
//!
//! **Invariant:** the tokens of a text that is laid out are those of the text, comments among them.
//! **Invariant:** a text that is laid out is laid out as it is.

use super::lex::{self, Token, TokenKind, nesting};

/// One step of indentation.
const STEP: &str = "    ";

/// After these a line goes on.
const OPEN_ENDED: &[&str] = &[
    "=", "+", "-", "*", "/", "%", "**", "==", "!=", "<", ">", "<=", ">=", "&&", "??", "+=", "-=", "*=", "/=",
    "=>", "&", "^", "..", "..=",
];

/// Before these it has gone on.
const CONTINUES: &[&str] = &[".", "?.", "&&", "??", "==", "!=", "<=", ">=", "+", "*", "/", "%", "**"];

/// The text, laid out.
pub fn format(text: &str) -> String {
    let source = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tokens = whole(source);
    // What has no end reaches to the end of the text, and all of that is its own.
    if tokens.iter().any(|token| token.kind == TokenKind::Unterminated) {
        return source.to_owned();
    }
    let mut layout = Layout { source, tokens: &tokens, lines: Vec::new(), open: Vec::new() };
    let mut at = 0;
    while at < tokens.len() {
        let begin = at;
        at += 1;
        while at < tokens.len() && !layout.breaks_before(at) {
            at += 1;
        }
        layout.line(begin, at);
    }
    let mut laid = layout.lines.concat();
    if !laid.is_empty() {
        laid.push('\n');
    }
    laid
}

/// The tokens; a back-tick text is one with all that stands in it, since blanks are a part of it.
fn whole(source: &str) -> Vec<Token> {
    let mut whole: Vec<Token> = Vec::new();
    let mut depth = 0usize;
    for token in lex::tokens(source) {
        let kind = token.kind;
        match whole.last_mut().filter(|_| depth > 0) {
            Some(text) => {
                text.span.end = token.span.end;
                if kind == TokenKind::Unterminated {
                    text.kind = kind;
                }
            }
            None if kind == TokenKind::TextStart => whole.push(Token { kind: TokenKind::Text, ..token }),
            None => whole.push(token),
        }
        match kind {
            TokenKind::Unterminated => depth = 0,
            TokenKind::TextStart => depth += 1,
            TokenKind::TextEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    whole
}

struct Layout<'a> {
    source: &'a str,
    tokens: &'a [Token],
    /// Each with the break before it.
    lines: Vec<String>,
    /// The indentation of the lines that have opened what is open, outermost first.
    open: Vec<usize>,
}

impl Layout<'_> {
    /// What stands between a token and the one before it.
    fn gap(&self, at: usize) -> &str {
        let before = at.checked_sub(1).map_or(0, |before| self.tokens[before].span.end);
        &self.source[before..self.tokens[at].span.start]
    }

    fn breaks_before(&self, at: usize) -> bool {
        self.gap(at).contains('\n')
    }

    /// Whether a token is one of these symbols.
    fn is_any(&self, at: usize, symbols: &[&str]) -> bool {
        self.tokens[at].kind == TokenKind::Symbol && symbols.contains(&self.tokens[at].text(self.source))
    }

    /// Adds the line of these tokens.
    fn line(&mut self, begin: usize, end: usize) {
        if begin > 0 {
            // One blank line is meant, more are not.
            let breaks = if self.gap(begin).matches('\n').count() > 1 { "\n\n" } else { "\n" };
            self.lines.push(breaks.to_owned());
        }
        let closes = nesting(self.source, &self.tokens[begin]) < 0;
        let inside = self.open.last().map_or(0, |around| around + 1);
        let indent =
            if closes { inside.saturating_sub(1) } else { inside + usize::from(self.goes_on(begin)) };
        let span = self.tokens[begin].span.start..self.tokens[end - 1].span.end;
        // What a block comment or a text holds is its own, but for what no one sees at the end of a line comment.
        let text = &self.source[span];
        let is_comment = self.tokens[end - 1].kind == TokenKind::Comment;
        let text = if is_comment { text.trim_end() } else { text };
        self.lines.push(format!("{}{text}", STEP.repeat(indent)));
        for token in &self.tokens[begin..end] {
            match nesting(self.source, token) {
                1 => self.open.push(indent),
                -1 => drop(self.open.pop()),
                _ => {}
            }
        }
    }

    /// Whether a line is the rest of the one before it.
    fn goes_on(&self, begin: usize) -> bool {
        let before = (0..begin).rev().find(|at| self.tokens[*at].kind != TokenKind::Comment);
        let Some(before) = before.filter(|_| self.tokens[begin].kind != TokenKind::Comment) else {
            return false;
        };
        self.is_any(begin, CONTINUES) || self.is_any(before, OPEN_ENDED)
    }
}
