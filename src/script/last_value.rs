//! `_` in a session is the last value. The language reserves the word for `switch`, so its token is renamed where
//! it stands for a value, and positions in messages stay right.
//!
//! **Invariant:** where `_` does not stand for a value (an arm of `switch`, a parameter, a declaration) it is read as ever.

use super::lex::{self, LineColumn, Token};
use parking_lot::Mutex;
use rhai::{Engine, Position};
use std::collections::HashSet;
use std::sync::Arc;

pub const LAST_VALUE: &str = "_";

/// The places in the text that is compiled now at which `_` stands for the last value.
#[derive(Clone, Default)]
pub struct LastValue(Arc<Mutex<HashSet<Position>>>);

/// While it lives, the places count.
pub struct Marked(LastValue);

impl LastValue {
    /// An engine reads the word as a name from now on, where it is marked.
    #[expect(
        deprecated,
        reason = "marked so to say that it may change: an update of the engine runs the tests of it"
    )]
    pub fn of(engine: &mut Engine) -> Self {
        let places = LastValue::default();
        let marked = places.clone();
        engine.on_parse_token(move |token, position, _| {
            let is_value = token == rhai::Token::Underscore && marked.contains(position);
            if is_value { rhai::Token::Identifier(Box::new(LAST_VALUE.into())) } else { token }
        });
        places
    }

    /// Marks the places of an entry until what it gives is dropped.
    pub fn mark(&self, text: &str) -> Marked {
        let places = places(text).into_iter().filter_map(|at| {
            let (line, column) = (u16::try_from(at.line).ok()?, u16::try_from(at.column).ok()?);
            Some(Position::new(line, column))
        });
        *self.0.lock() = places.collect();
        Marked(self.clone())
    }

    fn contains(&self, position: Position) -> bool {
        self.0.lock().contains(&position)
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        self.0.0.lock().clear();
    }
}

/// Where `_` stands for a value.
fn places(text: &str) -> Vec<LineColumn> {
    let tokens = lex::code(text);
    let names = names(text, &tokens);
    let is_value = |at: &usize| {
        let is = |token: Option<&Token>, any: &[&str]| {
            token.is_some_and(|token| any.iter().any(|one| token.is(text, one)))
        };
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        tokens[*at].is(text, LAST_VALUE)
            && !names.contains(at)
            && !is(before, &["let", "const", "as", "fn", ".", "?.", "::"])
            && !is(tokens.get(at + 1), &["=>", "if", "::", "(", ":", "="])
    };
    (0..tokens.len()).filter(is_value).map(|at| lex::line_column(text, tokens[at].span.start)).collect()
}

/// The tokens that name what a closure, a function, a loop or a `catch` is given.
fn names(text: &str, tokens: &[Token]) -> HashSet<usize> {
    let mut names = HashSet::new();
    let (mut at, mut end) = (0, None::<&str>);
    while let Some(token) = tokens.get(at) {
        match end {
            Some(last) if token.is(text, last) => end = None,
            Some(_) => {
                names.insert(at);
            }
            None if token.is(text, "|") && begins_closure(text, tokens, at) => end = Some("|"),
            None if token.is(text, "for") => end = Some("in"),
            None if token.is(text, "fn") || token.is(text, "catch") => end = Some(")"),
            None => {}
        }
        at += 1;
    }
    names
}

/// A bar after a value is an operator.
fn begins_closure(text: &str, tokens: &[Token], at: usize) -> bool {
    use lex::TokenKind;
    let Some(before) = at.checked_sub(1).and_then(|before| tokens.get(before)) else { return true };
    match before.kind {
        TokenKind::Symbol => ![")", "]", "}"].contains(&before.text(text)),
        TokenKind::Word => ["return", "in", "throw"].contains(&before.text(text)),
        TokenKind::TextStart | TokenKind::TextMiddle => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rhai::Scope;

    /// What a text comes to where the last value is 7.
    fn of(text: &str) -> Result<String, String> {
        let mut engine = Engine::new();
        engine.set_strict_variables(false);
        let last = LastValue::of(&mut engine);
        let mut scope = Scope::new();
        scope.push(LAST_VALUE, 7_i64);
        let marked = last.mark(text);
        let ast = engine.compile(text).map_err(|error| error.to_string())?;
        drop(marked);
        let value = engine.eval_ast_with_scope::<rhai::Dynamic>(&mut scope, &ast);
        value.map(|value| value.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_the_last_value_wherever_a_value_may_stand() {
        for (text, value) in [
            ("_", "7"),
            ("_ + 1", "8"),
            ("1 + _", "8"),
            ("[_, _]", "[7, 7]"),
            ("`a ${_} b`", "a 7 b"),
            ("let x = _; x", "7"),
            ("[1, 2].map(|x| x + _)", "[8, 9]"),
            ("if _ == 7 { _ } else { 0 }", "7"),
            ("switch _ { 7 => \"seven\", _ => \"other\" }", "seven"),
            ("switch 7 { 7 if _ == 7 => _ + 1, _ => 0 }", "8"),
            ("switch 1 { 2 => 0, _ => _ }", "7"),
            ("#{ a: _ }.a", "7"),
            ("_ | 8", "15"),
            ("8 | _", "15"),
            ("\"_\"", "_"),
            ("1 /* _ */", "1"),
            ("let _x = 2; _x + _", "9"),
            ("\n\n  _", "7"),
            ("\"é\".len + _", "8"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn it_names_nothing() {
        let plain = |text: &str| Engine::new().compile(text).map(|_| ()).map_err(|error| error.to_string());
        for text in [
            "let _ = 1",
            "|_| 1",
            "[1].map(|_| 2)",
            "for _ in 0..2 { }",
            "for (_, i) in [1] { }",
            "fn f(_) { }",
            "_ = 5",
            "const _ = 1",
            "#{ _: 1 }",
            "x._",
            "try { } catch (_) { }",
            "_()",
            "_::x",
        ] {
            let (now, ever) = (of(text), plain(text));
            assert_eq!(now.is_err(), ever.is_err(), "{text}: {now:?} {ever:?}");
            if let (Err(now), Err(ever)) = (now, ever) {
                assert_eq!(now, ever, "{text}");
            }
        }
    }

    #[test]
    fn a_message_names_it_where_it_stands() {
        let message = of("let a = 1;\n  _.nope").unwrap_err();
        assert!(message.contains("(line 2, position 5)"), "{message}");
    }
}
