//! Colours the input line, its label and the completion list.

use super::Prompt;
use super::layout::GAP;
use crate::script::complete::path_start;
use crate::script::lex::{self, Token, TokenKind};
use anstyle::{AnsiColor, Style};
use rustyline::CompletionType;
use rustyline::highlight::{CmdKind, Highlighter};
use std::borrow::Cow;
use std::fmt::Write as _;

const KEYWORD: Style = AnsiColor::Magenta.on_default();
const TEXT: Style = AnsiColor::Green.on_default();
const NUMBER: Style = AnsiColor::Cyan.on_default();
const FUNCTION: Style = AnsiColor::Blue.on_default();
const UNKNOWN: Style = AnsiColor::Red.on_default();
const QUIET: Style = Style::new().dimmed();
const MATCHING: Style = Style::new().bold().underline();
const COMMAND: Style = Style::new().bold();
/// Of a protected environment.
const PROTECTED: Style = AnsiColor::Red.on_default().bold();

impl Prompt {
    fn style(&self, source: &str, tokens: &[Token], at: usize) -> Option<Style> {
        let token = &tokens[at];
        let text = token.text(source);
        let next = tokens.get(at + 1).map_or("", |next| next.text(source));
        match token.kind {
            TokenKind::Comment => Some(QUIET),
            TokenKind::Text
            | TokenKind::TextStart
            | TokenKind::TextMiddle
            | TokenKind::TextEnd
            | TokenKind::Character
            | TokenKind::Unterminated => Some(TEXT),
            TokenKind::Number => Some(NUMBER),
            TokenKind::Word if is_keyword(text) => Some(KEYWORD),
            TokenKind::Word if next == "(" || next == "::" => {
                let is_known = self.is_known(source, tokens, at, next == "::");
                Some(if is_known { FUNCTION } else { UNKNOWN })
            }
            _ => None,
        }
    }

    /// Whether what is called, or named as a module, exists.
    fn is_known(&self, source: &str, tokens: &[Token], at: usize, is_module: bool) -> bool {
        let start = path_start(source, tokens, at);
        let name: String = tokens[start..=at].iter().map(|token| token.text(source)).collect();
        let near = self.near.borrow();
        let is_imported = |alias: &str| {
            let import = format!("as {alias}");
            near.imports.contains(&import) || source.contains(&import)
        };
        if is_module {
            return is_imported(&name) || name == "global" || self.known.has_namespace(&name);
        }
        let module = name.rsplit_once("::").map_or("", |(module, _)| module);
        self.known.functions.contains_key(&name)
            || near.functions.iter_functions().any(|function| function.name == name)
            || source.contains(&format!("fn {name}("))
            // What a map holds may be called like a method, and what a file exports is not looked up.
            || start.checked_sub(1).is_some_and(|dot| tokens[dot].is(source, "."))
            || (!module.is_empty() && is_imported(module))
    }
}

impl Highlighter for Prompt {
    fn highlight<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        if !self.looks.is_colored {
            return Cow::Borrowed(line);
        }
        if line.starts_with(':') {
            let end = line.find(char::is_whitespace).unwrap_or(line.len());
            return Cow::Owned(format!("{COMMAND}{}{COMMAND:#}{}", &line[..end], &line[end..]));
        }
        let tokens = lex::tokens(line);
        let pair = self.looks.is_typing.get().then(|| pair(line, &tokens, at)).flatten();
        let mut text = String::with_capacity(line.len() * 2);
        let mut done = 0;
        for (index, token) in tokens.iter().enumerate() {
            text.push_str(&line[done..token.span.start]);
            done = token.span.end;
            let is_matching = pair.is_some_and(|(one, other)| index == one || index == other);
            match if is_matching { Some(MATCHING) } else { self.style(line, &tokens, index) } {
                // A style ends with its line.
                Some(style) => {
                    let mut lines = token.text(line).split('\n').peekable();
                    while let Some(part) = lines.next() {
                        let _ = write!(text, "{style}{part}{style:#}");
                        if lines.peek().is_some() {
                            text.push('\n');
                        }
                    }
                }
                None => text.push_str(token.text(line)),
            }
        }
        text.push_str(&line[done..]);
        Cow::Owned(text)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, label: &'p str, _: bool) -> Cow<'b, str> {
        if self.looks.is_colored && self.looks.is_protected {
            return Cow::Owned(format!("{PROTECTED}{label}{PROTECTED:#}"));
        }
        Cow::Borrowed(label)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("{QUIET}{hint}{QUIET:#}"))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        match candidate.split_once(GAP).filter(|_| self.looks.is_colored) {
            Some((name, about)) => Cow::Owned(format!("{name}{GAP}{QUIET}{about}{QUIET:#}")),
            None => Cow::Borrowed(candidate),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        // The line as it is sent has no matching bracket.
        self.looks.is_typing.set(kind != CmdKind::ForcedRefresh);
        self.looks.is_colored
    }
}

/// Whether a word is one of the language.
fn is_keyword(word: &str) -> bool {
    rhai::Token::lookup_symbol_from_syntax(word).is_some()
}

/// The bracket at the cursor, or right before it, and the one that belongs to it.
fn pair(source: &str, tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let is_bracket = |token: &Token| {
        token.kind == TokenKind::Symbol
            && matches!(token.text(source), "(" | "[" | "{" | "#{" | "?[" | ")" | "]" | "}")
    };
    let here = |token: &Token| is_bracket(token) && (token.span.contains(&at) || token.span.end == at);
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    for (index, token) in tokens.iter().enumerate().filter(|(_, token)| is_bracket(token)) {
        if matches!(token.text(source), ")" | "]" | "}") {
            pairs.extend(open.pop().map(|first| (first, index)));
        } else {
            open.push(index);
        }
    }
    pairs.into_iter().find(|(one, other)| here(&tokens[*one]) || here(&tokens[*other]))
}
