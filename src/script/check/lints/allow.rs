//! Comments that silence lints: `// larder:allow(name, ..)` above the line or at its end.

use super::Lint;
use crate::events::Site;
use crate::project::did_you_mean;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};
use crate::script::lex::{self, Token};
use std::cell::Cell;

/// How it is written.
const WRITTEN: &str = "larder:allow";

/// What the comments of a file silence.
pub(in crate::script::check) struct Allowed(Vec<Silenced>);

/// One name in one comment.
struct Silenced {
    name: String,
    at: Site,
    /// The line of what it is about.
    line: usize,
    is_used: Cell<bool>,
}

impl Allowed {
    /// Reads the comments of a file.
    pub(in crate::script::check) fn of(file: &str, text: &str) -> Self {
        let tokens = lex::tokens(text);
        let mut found = Vec::new();
        for (index, token) in
            tokens.iter().enumerate().filter(|(_, token)| token.kind == lex::TokenKind::Comment)
        {
            let line = line_about(text, &tokens, index);
            for (name, offset) in names(token.text(text)) {
                let place = lex::line_column(text, token.span.start + offset);
                let at = Site { file: file.to_owned(), line: place.line, column: place.column };
                found.push(Silenced { name, at, line, is_used: Cell::new(false) });
            }
        }
        Allowed(found)
    }

    /// Whether a finding is silenced.
    pub(in crate::script::check) fn silences(&self, found: &Diagnostic) -> bool {
        let mut silenced = false;
        for one in self.0.iter().filter(|one| one.line == found.at.line) {
            if found.lint.is_some_and(|lint| lint == one.name) {
                one.is_used.set(true);
                silenced = true;
            }
        }
        silenced
    }

    /// The comments that silence nothing.
    pub(super) fn unused(&self) -> Vec<Diagnostic> {
        self.0.iter().filter(|one| !one.is_used.get()).map(useless).collect()
    }
}

fn useless(one: &Silenced) -> Diagnostic {
    let finding = |title: String| {
        Diagnostic {
            lint: Some(Lint::Allow.name()),
            ..Diagnostic::error(DiagnosticKind::Value, one.at.clone(), title)
        }
        .warning()
    };
    let is_lint = Lint::ALL.iter().any(|lint| lint.name() == one.name);
    if is_lint {
        return finding(format!("`{WRITTEN}({})` silences nothing here", one.name))
            .help("remove it, or put it on the line above what it is about, or at that line's end");
    }
    let what = if one.name.is_empty() { String::new() } else { format!(": `{}`", one.name) };
    let found = finding(format!("`{WRITTEN}` names no lint{what}"));
    let names: Vec<&str> = Lint::ALL.iter().map(|lint| lint.name()).collect();
    if let Some(near) = did_you_mean(&one.name, names.iter().copied()) {
        return found.help(format!("did you mean `{near}`?"));
    }
    found.note(format!("the lints are: {}; errors can't be silenced", names.join(", ")))
}

/// The names in a comment, each with its place in it; what is not written as it should be is one that no lint has.
fn names(comment: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut begin = 0;
    while let Some(at) = comment[begin..].find(WRITTEN) {
        let after = begin + at + WRITTEN.len();
        let inner = comment[after..].strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let Some((list, _)) = inner else {
            found.push((comment[after..].trim().to_owned(), begin + at));
            return found;
        };
        let mut offset = after + 1;
        for part in list.split(',') {
            let indent = part.len() - part.trim_start().len();
            found.push((part.trim().to_owned(), offset + indent));
            offset += part.len() + 1;
        }
        begin = offset;
    }
    found
}

/// The line that a comment is about: its own where code stands before it, else that of the next code.
fn line_about(text: &str, tokens: &[Token], index: usize) -> usize {
    let line_of = |token: &Token| lex::line_column(text, token.span.start).line;
    let own = line_of(&tokens[index]);
    let code = |token: &&Token| token.kind != lex::TokenKind::Comment;
    let ends_here = |token: &Token| lex::line_column(text, token.span.end.saturating_sub(1)).line == own;
    if tokens[..index].iter().rev().find(code).is_some_and(ends_here) {
        return own;
    }
    tokens[index..].iter().find(code).map_or(own, line_of)
}
