//! A tolerant TOML scanner for a file that is being edited: tokens, statements, and the context at the end of a
//! text.
//!
//! **Invariant:** never fails: what is not finished reaches to the end of the text.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TomlTokenKind {
    /// A bare key, a number, a truth value.
    Bare,
    /// A string; its quotes are a part of it.
    Text,
    /// A string without its end.
    Open,
    /// `[ ] { } = , .`
    Symbol,
    Comment,
    Newline,
}

/// A token and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TomlTokenKind,
    pub(super) span: Range<usize>,
}

impl Token {
    fn is(&self, text: &str, symbol: &str) -> bool {
        self.kind == TomlTokenKind::Symbol && &text[self.span.clone()] == symbol
    }

    /// Whether it can be a key.
    pub(super) fn is_key(&self) -> bool {
        matches!(self.kind, TomlTokenKind::Bare | TomlTokenKind::Text)
    }

    /// As a key, or the inside of a string.
    pub(super) fn word<'a>(&self, text: &'a str) -> &'a str {
        text[self.span.clone()].trim_matches(['"', '\''])
    }
}

/// Every token of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = match first {
            '\n' => (Some(TomlTokenKind::Newline), 1),
            '#' => (Some(TomlTokenKind::Comment), rest.find('\n').unwrap_or(rest.len())),
            '[' | ']' | '{' | '}' | '=' | ',' | '.' => (Some(TomlTokenKind::Symbol), 1),
            '"' | '\'' => {
                let (kind, length) = string(rest, first);
                (Some(kind), length)
            }
            first if first.is_whitespace() || first == '\u{feff}' => (None, first.len_utf8()),
            _ => {
                let ends = |one: char| one.is_whitespace() || "[]{}=,.#\"'".contains(one);
                (Some(TomlTokenKind::Bare), rest.find(ends).unwrap_or(rest.len()))
            }
        };
        if let Some(kind) = kind {
            found.push(Token { kind, span: at..at + length });
        }
        at += length;
    }
    found
}

/// How long a string is, and whether it ends.
fn string(rest: &str, quote: char) -> (TomlTokenKind, usize) {
    let three = quote.to_string().repeat(3);
    let (end, is_long) = if rest.starts_with(&three) { (three, true) } else { (quote.to_string(), false) };
    let mut at = end.len();
    while let Some(next) = rest[at..].chars().next() {
        if rest[at..].starts_with(&end) {
            return (TomlTokenKind::Text, at + end.len());
        }
        match next {
            '\n' if !is_long => return (TomlTokenKind::Open, at),
            '\\' if quote == '"' => at += 1 + rest[at + 1..].chars().next().map_or(0, char::len_utf8),
            next => at += next.len_utf8(),
        }
    }
    (TomlTokenKind::Open, rest.len())
}

/// A line of the file that says something, over as many lines as its brackets need.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// Whether it begins a table.
    pub(super) is_header: bool,
    /// The keys of the header, or before the `=`.
    pub(super) keys: Vec<Token>,
    pub(super) tokens: Vec<Token>,
}

/// The statements of a text, the last of which may be empty.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let (mut current, mut depth) = (Vec::new(), 0usize);
    for token in tokens(text) {
        let is_header = current.first().is_some_and(|first: &Token| first.is(text, "["));
        if token.kind == TomlTokenKind::Newline && (depth == 0 || is_header) {
            statements.push(statement(text, std::mem::take(&mut current)));
            depth = 0;
            continue;
        }
        if token.is(text, "[") || token.is(text, "{") {
            depth += 1;
        } else if token.is(text, "]") || token.is(text, "}") {
            depth = depth.saturating_sub(1);
        }
        if token.kind != TomlTokenKind::Newline {
            current.push(token);
        }
    }
    statements.push(statement(text, current));
    statements
}

fn statement(text: &str, tokens: Vec<Token>) -> Statement {
    let is_header = tokens.first().is_some_and(|first| first.is(text, "["));
    let before = tokens.iter().take_while(|token| !token.is(text, "="));
    let keys = before.filter(|token| token.is_key()).cloned().collect();
    Statement { is_header, keys, tokens }
}

/// What stands at the end of a text; `begin` is where what is written there begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TomlCursor {
    /// A comment, or what is finished.
    Nothing,
    /// A key in the header of a table, below these.
    Header { above: Vec<String>, begin: usize },
    /// A key in a table.
    Key { table: Vec<String>, begin: usize },
    /// A value; the inside of a string, where one is open.
    Value { path: Vec<String>, begin: usize, in_text: bool },
}

/// What stands at the end of `before`.
pub(super) fn place(before: &str) -> TomlCursor {
    let mut statements = statements(before);
    let Some(last) = statements.pop() else { return TomlCursor::Nothing };
    let touching = last.tokens.last().filter(|token| token.span.end == before.len());
    if touching.is_some_and(|token| token.kind == TomlTokenKind::Comment) {
        return TomlCursor::Nothing;
    }
    let begin = touching.filter(|token| token.is_key()).map_or(before.len(), |token| token.span.start);
    let words = |keys: &[Token]| keys.iter().map(|key| key.word(before).to_owned()).collect::<Vec<_>>();
    // The word that is being written is none of those above it.
    let above: Vec<Token> = last.keys.iter().filter(|key| key.span.start < begin).cloned().collect();
    if last.is_header {
        let is_closed = last.tokens.iter().any(|token| token.is(before, "]"));
        return if is_closed {
            TomlCursor::Nothing
        } else {
            TomlCursor::Header { above: words(&above), begin }
        };
    }
    let header = statements.iter().rev().find(|statement| statement.is_header);
    let mut table = header.map(|header| words(&header.keys)).unwrap_or_default();
    let Some(equals) = last.tokens.iter().position(|token| token.is(before, "=")) else {
        table.extend(words(&above));
        let is_open = touching.is_some_and(|token| token.kind == TomlTokenKind::Open);
        return if is_open { TomlCursor::Nothing } else { TomlCursor::Key { table, begin } };
    };
    table.extend(words(&last.keys));
    value(before, &last.tokens[equals + 1..], table)
}

/// The place in a value, whose tokens end with the text.
fn value(before: &str, tokens: &[Token], path: Vec<String>) -> TomlCursor {
    // For each open bracket, the path of what holds it, and whether it is a list.
    let mut open: Vec<(Vec<String>, bool)> = Vec::new();
    let (mut path, mut keys, mut is_key) = (path, Vec::new(), false);
    for token in tokens {
        let is_last = token.span.end == before.len();
        if token.is(before, "[") || token.is(before, "{") {
            let is_list = token.is(before, "[");
            open.push((path.clone(), is_list));
            match path.last_mut().filter(|_| is_list) {
                Some(last) => last.push_str("[]"),
                None => keys.clear(),
            }
            is_key = !is_list;
        } else if token.is(before, "]") || token.is(before, "}") {
            let Some((around, _)) = open.pop() else { return TomlCursor::Nothing };
            path = around;
            is_key = false;
        } else if token.is(before, ",") {
            if let Some((around, false)) = open.last() {
                path.clone_from(around);
                keys.clear();
                is_key = true;
            }
        } else if token.is(before, "=") && is_key {
            path.append(&mut keys);
            is_key = false;
        } else if token.is_key() && is_key && !is_last {
            keys.push(token.word(before).to_owned());
        }
    }
    let last = tokens.last().filter(|token| token.span.end == before.len());
    let begin = last.filter(|token| token.is_key()).map_or(before.len(), |token| token.span.start);
    if is_key {
        path.append(&mut keys);
        return TomlCursor::Key { table: path, begin };
    }
    match last.map(|token| token.kind) {
        Some(TomlTokenKind::Open) => {
            TomlCursor::Value { path, begin: last.map_or(0, |token| token.span.start + 1), in_text: true }
        }
        // A closed string, a closed bracket: nothing follows there.
        Some(TomlTokenKind::Text | TomlTokenKind::Comment) => TomlCursor::Nothing,
        Some(TomlTokenKind::Symbol)
            if last.is_some_and(|token| token.is(before, "]") || token.is(before, "}")) =>
        {
            TomlCursor::Nothing
        }
        _ => TomlCursor::Value { path, begin, in_text: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(before: &str) -> String {
        match place(before) {
            TomlCursor::Nothing => "nothing".to_owned(),
            TomlCursor::Header { above, begin } => {
                format!("header {} + {:?}", above.join("."), &before[begin..])
            }
            TomlCursor::Key { table, begin } => format!("key {} + {:?}", table.join("."), &before[begin..]),
            TomlCursor::Value { path, begin, in_text } => {
                format!(
                    "value {} + {:?}{}",
                    path.join("."),
                    &before[begin..],
                    if in_text { " text" } else { "" }
                )
            }
        }
    }

    #[test]
    fn what_stands_at_the_end() {
        for (before, expected) in [
            ("", "key  + \"\""),
            ("ap", "key  + \"ap\""),
            ("app = \"a\"\n[", "header  + \"\""),
            ("[d1.da", "header d1 + \"da\""),
            ("[d1.databases]", "nothing"),
            ("[d1.databases.jobs]\nmi", "key d1.databases.jobs + \"mi\""),
            ("[d1]\ndatabases.jobs.mi", "key d1.databases.jobs + \"mi\""),
            ("[d1]\ndatabases.jobs.", "key d1.databases.jobs + \"\""),
            ("protected = t", "value protected + \"t\""),
            ("protected = ", "value protected + \"\""),
            ("app = \"a", "value app + \"a\" text"),
            ("app = \"a\"", "nothing"),
            ("steps = [\"kv\", \"d", "value steps[] + \"d\" text"),
            ("steps = [\n  \"kv\",\n  [\"d", "value steps[][] + \"d\" text"),
            ("d = { mig", "key d + \"mig\""),
            ("d = { a = 1, b", "key d + \"b\""),
            ("d = { a.b = \"x", "value d.a.b + \"x\" text"),
            ("d = { a = 1 }", "nothing"),
            ("d = [{ a = 1, b", "key d[] + \"b\""),
            ("# com", "nothing"),
            ("app = 1 # com", "nothing"),
            ("a = \"\"\"\n[x]\n\"\"\"\nb", "key  + \"b\""),
            ("a = '''\n[x", "value a + \"''\\n[x\" text"),
            ("[[routes]]\npat", "key routes + \"pat\""),
            ("[open\nkey", "key open + \"key\""),
        ] {
            assert_eq!(at(before), expected, "{before}");
        }
    }
}
