//! Finds the arguments of a call in the text, with the keys and values of its maps.
//!
//! A value has no position once the script runs, only the call has one (RHAI-2).

use super::{Token, TokenKind, code, nesting};
use std::ops::Range;

/// An argument, or a value inside one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub span: Range<usize>,
    /// Its content, if it is a literal map or list.
    pub entries: Vec<Entry>,
}

/// One key of a literal map, or one place of a literal list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, or the index as decimal digits.
    pub name: String,
    /// The bytes of the key; of the value, in a list.
    pub key: Range<usize>,
    pub value: Argument,
}

impl Argument {
    /// The value at a path of keys and indices, and the key that led to it.
    pub fn find(&self, path: &[String]) -> Option<(Range<usize>, &Argument)> {
        let (first, rest) = path.split_first()?;
        let entry = self.entries.iter().find(|entry| &entry.name == first)?;
        if rest.is_empty() { Some((entry.key.clone(), &entry.value)) } else { entry.value.find(rest) }
    }
}

/// The arguments of the call whose name (or the namespace before it) is at byte `offset`; `None` where no
/// call stands.
pub fn call_arguments(source: &str, offset: usize) -> Option<Vec<Argument>> {
    let tokens = code(source);
    let mut name = tokens.iter().position(|token| token.span.contains(&offset))?;
    while tokens.get(name + 1).is_some_and(|token| token.is(source, "::")) {
        name += 2;
    }
    if !tokens.get(name + 1)?.is(source, "(") {
        return None;
    }
    let mut reader = Reader { source, tokens: &tokens, at: name + 2 };
    Some(reader.list(")"))
}

/// The byte of a method's name where the method is called on a variable that its own arguments name as well; where there is
/// no such call, the first call of a method of that name.
pub fn call_on_own_argument(source: &str, method: &str) -> Option<usize> {
    let tokens = code(source);
    let calls = tokens
        .windows(4)
        .filter(|call| call[1].is(source, ".") && call[2].text(source) == method && call[3].is(source, "("));
    let names_receiver = |call: &&[Token]| {
        let arguments = call_arguments(source, call[2].span.start).unwrap_or_default();
        let receiver = call[0].text(source);
        let is_in =
            |token: &Token| arguments.iter().any(|argument| argument.span.contains(&token.span.start));
        tokens.iter().any(|token| is_in(token) && token.text(source) == receiver)
    };
    let calls: Vec<&[Token]> = calls.collect();
    let found = calls.iter().copied().find(names_receiver).or(calls.first().copied())?;
    Some(found[2].span.start)
}

struct Reader<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn is(&self, text: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.is(self.source, text))
    }

    /// Values up to `close` or the end of the text.
    fn list(&mut self, close: &str) -> Vec<Argument> {
        let mut found = Vec::new();
        while self.at < self.tokens.len() && !self.is(close) {
            let before = self.at;
            let argument = self.value();
            if self.at > before {
                found.push(argument);
            }
            // A stray bracket or `;` is not this list's: step over it so that the walk ends.
            if self.is(",") || (self.at == before && !self.is(close)) {
                self.at += 1;
            }
        }
        self.at += 1;
        found
    }

    /// One expression: up to a comma, semicolon or closing bracket that is not inside it.
    fn value(&mut self) -> Argument {
        let start = self.tokens.get(self.at).map_or(self.source.len(), |token| token.span.start);
        let first = self.at;
        let entries = if self.is("#{") {
            self.at += 1;
            self.map()
        } else if self.is("[") {
            self.at += 1;
            let values = self.list("]");
            let named = values.into_iter().enumerate();
            named
                .map(|(index, value)| Entry { name: index.to_string(), key: value.span.clone(), value })
                .collect()
        } else {
            self.closure_parameters();
            Vec::new()
        };
        let mut depth = 0;
        while let Some(token) = self.tokens.get(self.at) {
            let change = nesting(self.source, token);
            if depth == 0 && (change < 0 || token.is(self.source, ",") || token.is(self.source, ";")) {
                break;
            }
            depth += change;
            self.at += 1;
        }
        let last = self.at.min(self.tokens.len()).checked_sub(1).filter(|last| *last >= first);
        let end = last.map_or(start, |last| self.tokens[last].span.end);
        Argument { span: start..end, entries }
    }

    /// `|a, b|` contains commas that separate no arguments.
    fn closure_parameters(&mut self) {
        if self.is("|") {
            self.at += 1;
            while self.at < self.tokens.len() && !self.is("|") {
                self.at += 1;
            }
        }
    }

    /// Entries up to the closing brace.
    fn map(&mut self) -> Vec<Entry> {
        let mut found = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            if token.is(self.source, "}") {
                self.at += 1;
                break;
            }
            self.at += 1;
            if matches!(token.kind, TokenKind::Word | TokenKind::Text) && self.is(":") {
                self.at += 1;
                let name = token.text(self.source).trim_matches(['"', '`']).to_owned();
                let value = self.value();
                found.push(Entry { name, key: token.span.clone(), value });
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(source: &str, at: &str) -> Vec<String> {
        let found = call_arguments(source, source.find(at).unwrap()).unwrap();
        found.into_iter().map(|argument| source[argument.span].to_owned()).collect()
    }

    #[test]
    fn arguments_of_any_form() {
        let source = r#"let v = kv::ensure(name("a", [1, 2]), #{ x: 1 }, |a, b| a + b, `${f(1, 2)}, x`);"#;
        assert_eq!(
            spans(source, "kv::"),
            [r#"name("a", [1, 2])"#, "#{ x: 1 }", "|a, b| a + b", "`${f(1, 2)}, x`"]
        );
        assert_eq!(spans(source, "ensure").len(), 4);
        assert_eq!(spans(source, "f(1"), ["1", "2"]);
        assert_eq!(spans("f()", "f"), [] as [&str; 0]);
        assert_eq!(spans("f(1, // one, two\n 2,)", "f"), ["1", "2"]);
        assert_eq!(call_arguments("let f = 1", 4), None);
    }

    #[test]
    fn keys_and_values_at_any_depth() {
        let source = r#"f(a, #{ "default": 1, rules: [#{ suffix: "/x" }, 7], }.foo())"#;
        let arguments = call_arguments(source, 0).unwrap();
        let find = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(ToString::to_string).collect();
            arguments[1].find(&path).map(|(key, value)| (&source[key], &source[value.span.clone()]))
        };
        assert_eq!(find(&["default"]), Some(("\"default\"", "1")));
        assert_eq!(find(&["rules", "0", "suffix"]), Some(("suffix", "\"/x\"")));
        assert_eq!(find(&["rules", "1"]), Some(("7", "7")));
        assert_eq!(find(&["nope"]), None);
        assert_eq!(
            &source[arguments[1].span.clone()],
            r#"#{ "default": 1, rules: [#{ suffix: "/x" }, 7], }.foo()"#
        );
    }

    #[test]
    fn text_that_is_cut_off_or_broken_still_ends() {
        for source in ["f(", "f(1,", "f(#{", "f(#{a:", "f([", "f(]", "f(;;)", "f(})", "f(#{a: ]})", "f([}])"]
        {
            assert!(call_arguments(source, 0).is_some(), "{source}");
        }
    }
}
