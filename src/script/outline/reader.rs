//! Reads declarations from tokens.

use super::{Function, Import, Name, NameKind, Outline, Step};
use crate::script::lex::{self, Entry, Token, TokenKind};
use std::ops::Range;

pub(super) fn read(source: &str) -> Outline {
    let all = lex::tokens(source);
    let tokens: Vec<Token> = all.iter().filter(|token| token.kind != TokenKind::Comment).cloned().collect();
    let brackets = Brackets::of(source, &tokens);
    let mut reader = Reader { source, all: &all, tokens: &tokens, brackets, outline: Outline::default() };
    let mut at = 0;
    while at < tokens.len() {
        reader.declaration(at);
        at += 1;
    }
    let mut outline = reader.outline;
    outline.names.sort_by_key(|name| name.at.start);
    outline
}

struct Reader<'a> {
    source: &'a str,
    /// With comments.
    all: &'a [Token],
    tokens: &'a [Token],
    brackets: Brackets,
    outline: Outline,
}

impl Reader<'_> {
    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(self.source, text))
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text(self.source))
    }

    fn is_word(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
    }

    /// The byte at which a token ends; the end of the text behind the last one.
    fn end(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.source.len(), |token| token.span.end)
    }

    fn declaration(&mut self, at: usize) {
        let is_member = at > 0 && (self.is(at - 1, ".") || self.is(at - 1, "?.") || self.is(at - 1, "::"));
        match self.text(at) {
            "|" if self.begins_closure(at) => self.closure(at),
            _ if !self.is_word(at) || is_member => {}
            "fn" => self.function(at),
            "let" => self.variable(at, NameKind::Variable),
            "const" => self.variable(at, NameKind::Constant),
            "for" => self.each(at),
            "catch" => self.caught(at),
            "import" => self.import(at),
            "step" if self.is(at + 1, "(") => self.step(at),
            "steps" if self.is(at + 1, "(") => self.steps(at),
            _ => {}
        }
    }

    fn add(&mut self, at: usize, scope: Range<usize>, kind: NameKind, is_top: bool) {
        if self.is_word(at) {
            let (name, span) = (self.text(at).to_owned(), self.tokens[at].span.clone());
            self.outline.names.push(Name { name, at: span, scope, kind, is_top });
        }
    }

    fn function(&mut self, at: usize) {
        // A method is written after the type that it is one of.
        let name = if self.is(at + 2, ".") { at + 3 } else { at + 1 };
        if !self.is_word(name) || !self.is(name + 1, "(") {
            return;
        }
        let close = self.close(name + 1);
        let body = if self.is(close + 1, "{") { self.close(close + 1) } else { close };
        let params: Vec<usize> = (name + 2..close).filter(|param| self.is_word(*param)).collect();
        let is_private = at > 0 && self.is(at - 1, "private");
        let first = at - usize::from(is_private);
        let begin = self.tokens[first].span.start;
        let scope = self.end(close)..self.end(body);
        for param in &params {
            self.add(*param, scope.clone(), NameKind::Parameter, false);
        }
        let function = Function {
            name: self.text(name).to_owned(),
            at: self.tokens[name].span.clone(),
            whole: begin..self.end(body),
            params: params.iter().map(|param| self.text(*param).to_owned()).collect(),
            comment: self.comment_before(begin),
            is_private,
            is_open: body >= self.tokens.len(),
        };
        self.outline.functions.push(function);
    }

    /// The lines of the comments for readers that stand directly before a byte.
    fn comment_before(&self, byte: usize) -> String {
        let before = self.all.iter().rev().skip_while(|token| token.span.start >= byte);
        let comments =
            before.take_while(|token| token.kind == TokenKind::Comment).map(|token| token.text(self.source));
        let is_doc = |text: &&str| text.starts_with("///") || text.starts_with("/**");
        let mut blocks: Vec<&str> = comments.take_while(is_doc).collect();
        blocks.reverse();
        let lines = blocks.iter().flat_map(|block| block.lines());
        let plain = |line: &str| {
            let line = line.trim().trim_end_matches("*/");
            line.trim_start_matches("/**").trim_start_matches('/').trim_start_matches('*').trim().to_owned()
        };
        lines.map(plain).collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    fn variable(&mut self, at: usize, kind: NameKind) {
        let (end, is_top) = self.block_end(at);
        self.add(at + 1, self.end(at + 1)..end, kind, is_top);
    }

    fn each(&mut self, at: usize) {
        let Some(body) = self.block_after(at) else { return };
        let scope = self.tokens[body].span.start..self.end(self.close(body));
        let until = (at + 1..body).find(|inside| self.is(*inside, "in")).unwrap_or(body);
        for name in at + 1..until {
            self.add(name, scope.clone(), NameKind::Loop, false);
        }
    }

    fn caught(&mut self, at: usize) {
        let Some(body) = self.block_after(at) else { return };
        let scope = self.tokens[body].span.start..self.end(self.close(body));
        if self.is(at + 1, "(") {
            self.add(at + 2, scope, NameKind::Caught, false);
        }
    }

    fn closure(&mut self, at: usize) {
        let close = (at + 1..self.tokens.len()).find(|inside| self.is(*inside, "|"));
        let Some(close) = close else { return };
        let last =
            if self.is(close + 1, "{") { self.close(close + 1) } else { self.expression_end(close + 1) };
        let scope = self.end(close)..self.end(last);
        for name in at + 1..close {
            self.add(name, scope.clone(), NameKind::Parameter, false);
        }
    }

    /// Whether a `|` stands where a value would: after one, it is an operator.
    fn begins_closure(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).map(|before| &self.tokens[before]) else { return true };
        let text = before.text(self.source);
        let is_value = match before.kind {
            TokenKind::Word => !matches!(text, "return" | "in" | "else" | "throw"),
            TokenKind::Symbol => matches!(text, ")" | "]" | "}"),
            TokenKind::TextStart | TokenKind::TextMiddle => false,
            _ => true,
        };
        !is_value
    }

    fn import(&mut self, at: usize) {
        let Some(path) = self.tokens.get(at + 1).filter(|token| token.kind == TokenKind::Text) else {
            return;
        };
        let name = (self.is(at + 2, "as") && self.is_word(at + 3)).then_some(at + 3);
        let alias = name.map(|name| (self.text(name).to_owned(), self.tokens[name].span.clone()));
        let text = path.text(self.source).trim_matches(['"', '`']).to_owned();
        self.outline.imports.push(Import { path: text, at: path.span.clone(), alias });
    }

    fn step(&mut self, at: usize) {
        let Some(title) = self.tokens.get(at + 2).filter(|token| token.kind == TokenKind::Text) else {
            return;
        };
        let whole = self.tokens[at].span.start..self.end(self.close(at + 1));
        let text = title.text(self.source).trim_matches(['"', '`']).to_owned();
        self.outline.steps.push(Step { title: text, at: title.span.clone(), whole });
    }

    fn steps(&mut self, at: usize) {
        let arguments = lex::call_arguments(self.source, self.tokens[at].span.start).unwrap_or_default();
        let entries = arguments.into_iter().nth(1).map(|closures| closures.entries).unwrap_or_default();
        let step = |entry: Entry| {
            let whole = entry.key.start..entry.value.span.end.max(entry.key.end);
            Step { title: entry.name, at: entry.key, whole }
        };
        self.outline.steps.extend(entries.into_iter().map(step));
    }

    /// The token that closes the bracket at `open`, or the place behind the last token.
    fn close(&self, open: usize) -> usize {
        self.brackets.closes.get(open).copied().unwrap_or(self.tokens.len())
    }

    /// The end of the brackets around a token, and whether there are none.
    fn block_end(&self, at: usize) -> (usize, bool) {
        match self.brackets.around.get(at).copied().flatten() {
            Some(open) => {
                let close = self.tokens.get(self.close(open));
                (close.map_or(self.source.len(), |token| token.span.start), false)
            }
            None => (self.source.len(), true),
        }
    }

    /// The `{` of the block that belongs to a word.
    fn block_after(&self, at: usize) -> Option<usize> {
        let mut inside = at;
        while inside < self.tokens.len() && !self.is(inside, ";") && !self.closes(inside) {
            if self.is(inside, "{") {
                return Some(inside);
            }
            inside = self.close(inside) + 1;
        }
        None
    }

    /// The last token of the expression that begins at `at`.
    fn expression_end(&self, at: usize) -> usize {
        let mut inside = at;
        while inside < self.tokens.len() {
            if self.is(inside, ",") || self.is(inside, ";") || self.closes(inside) {
                return inside.saturating_sub(1);
            }
            inside = self.close(inside) + 1;
        }
        self.tokens.len()
    }

    fn closes(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| lex::nesting(self.source, token) < 0)
    }
}

/// How brackets belong together.
struct Brackets {
    /// By opening token, the closing one, or the place behind the last; any other token closes itself.
    closes: Vec<usize>,
    /// By token, the one that opens the brackets around it.
    around: Vec<Option<usize>>,
}

impl Brackets {
    fn of(source: &str, tokens: &[Token]) -> Self {
        let mut brackets = Brackets { closes: (0..tokens.len()).collect(), around: Vec::new() };
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let change = lex::nesting(source, token);
            if change < 0
                && let Some(opening) = open.pop()
            {
                brackets.closes[opening] = at;
            }
            brackets.around.push(open.last().copied());
            if change > 0 {
                brackets.closes[at] = tokens.len();
                open.push(at);
            }
        }
        brackets
    }
}
