//! The syntactic context of the cursor: a name, a member, a key of an option map, or a string, and the call around
//! it.
//!
//! **Invariant:** looks only at the text before the cursor, and never fails, whatever that is.

use super::receiver::{path_start, receiver};
use crate::script::lex::{self, Token, TokenKind};
use std::ops::Range;

/// What is being written at the cursor; `begin` is the byte where what is completed begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CursorContext {
    /// A comment, a number: nothing is completed there.
    Nothing,
    /// The inside of a text.
    Text { begin: usize, slot: Option<Slot>, is_import: bool },
    /// What follows the dot after a value.
    Member { receiver: Range<usize>, begin: usize },
    /// A key of a map that is written out.
    Key { begin: usize, slot: Slot },
    /// A name, perhaps with a module before it; it may be empty.
    Word { begin: usize, slot: Option<Slot> },
}

/// Where a value goes: an argument of a call, or a key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub callee: Callee,
    /// From 0; a receiver is none.
    pub argument: usize,
    /// Keys of the maps around the cursor, outermost first; a list counts as `[]`.
    pub path: Vec<String>,
    /// The byte where the arguments begin.
    pub begin: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// With its module: `kv::ensure`; of a method, its name.
    pub name: String,
    /// Of a method, the bytes of what it is called on.
    pub receiver: Option<Range<usize>>,
}

/// A bracket that is open at the cursor.
struct OpenBracket {
    symbol: String,
    callee: Option<Callee>,
    end: usize,
    commas: usize,
    key: Option<String>,
    /// Whether a value or key may begin here: nothing stands after the bracket or the last comma.
    is_fresh: bool,
}

/// What stands at the end of `before`.
pub fn place(before: &str) -> CursorContext {
    let all = lex::tokens(before);
    let end = before.len();
    let touching = all.last().filter(|token| token.span.end == end);
    let tokens: Vec<Token> = all.iter().filter(|token| token.kind != TokenKind::Comment).cloned().collect();
    let Some(last) = touching else {
        return word(before, &tokens, end);
    };
    match last.kind {
        TokenKind::Unterminated if last.text(before).starts_with(['"', '`']) => {
            let earlier = &tokens[..tokens.len() - 1];
            let is_import = earlier.last().is_some_and(|token| token.is(before, "import"));
            let slot = slot(&open(before, earlier));
            CursorContext::Text { begin: last.span.start + 1, slot, is_import }
        }
        TokenKind::Unterminated
        | TokenKind::Text
        | TokenKind::TextEnd
        | TokenKind::Number
        | TokenKind::Comment
        | TokenKind::Character => CursorContext::Nothing,
        // A letter of another script begins no name.
        TokenKind::Symbol if !last.text(before).is_ascii() => CursorContext::Nothing,
        TokenKind::Symbol if is_dot(before, last) => member(before, &tokens, tokens.len() - 1, end),
        TokenKind::Symbol if last.is(before, "::") => {
            let begin = tokens[path_start(before, &tokens, tokens.len() - 1)].span.start;
            CursorContext::Word { begin, slot: slot(&open(before, &tokens)) }
        }
        TokenKind::Word => {
            let at = tokens.len() - 1;
            if at > 0 && is_dot(before, &tokens[at - 1]) {
                return member(before, &tokens, at - 1, last.span.start);
            }
            let start = path_start(before, &tokens, at);
            word(before, &tokens[..start], tokens[start].span.start)
        }
        TokenKind::Symbol | TokenKind::TextStart | TokenKind::TextMiddle => word(before, &tokens, end),
    }
}

/// The call among whose arguments the cursor stands, and not inside of one: a text, a map, a list.
pub fn call_at(before: &str) -> Option<Slot> {
    let tokens = lex::code(before);
    let opened = open(before, &tokens);
    let is_among = opened.last().is_some_and(|inner| inner.symbol == "(")
        && tokens.last().is_some_and(|last| last.kind != TokenKind::Unterminated);
    is_among.then(|| slot(&opened)).flatten()
}

/// The call among whose arguments the cursor stands, also inside of a text, a map or a list that is one.
pub fn call_around(before: &str) -> Option<Slot> {
    slot(&open(before, &lex::code(before)))
}

fn is_dot(source: &str, token: &Token) -> bool {
    token.is(source, ".") || token.is(source, "?.")
}

fn member(source: &str, tokens: &[Token], dot: usize, begin: usize) -> CursorContext {
    receiver(source, tokens, dot)
        .map_or(CursorContext::Nothing, |receiver| CursorContext::Member { receiver, begin })
}

/// A name that begins after these tokens, or the key of a map.
fn word(source: &str, tokens: &[Token], begin: usize) -> CursorContext {
    let opened = open(source, tokens);
    let slot = slot(&opened);
    match (opened.last(), slot) {
        (Some(OpenBracket { symbol, is_fresh: true, key: None, .. }), Some(slot)) if symbol == "#{" => {
            CursorContext::Key { begin, slot }
        }
        (_, slot) => CursorContext::Word { begin, slot },
    }
}

/// The brackets that are open after these tokens, outermost first.
fn open(source: &str, tokens: &[Token]) -> Vec<OpenBracket> {
    let mut opened: Vec<OpenBracket> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let text = token.text(source);
        let opens = match token.kind {
            TokenKind::TextStart => Some("${"),
            TokenKind::TextMiddle => {
                opened.pop();
                Some("${")
            }
            TokenKind::Symbol if matches!(text, "(" | "[" | "{" | "#{" | "?[") => Some(text),
            _ => None,
        };
        if let Some(symbol) = opens {
            let callee = (symbol == "(").then(|| callee(source, tokens, at)).flatten();
            let (symbol, end) = (symbol.to_owned(), token.span.end);
            opened.push(OpenBracket { symbol, callee, end, commas: 0, key: None, is_fresh: true });
            continue;
        }
        if token.kind == TokenKind::TextEnd
            || (token.kind == TokenKind::Symbol && matches!(text, ")" | "]" | "}"))
        {
            opened.pop();
        }
        let Some(inner) = opened.last_mut() else { continue };
        if token.is(source, ",") {
            (inner.commas, inner.key, inner.is_fresh) = (inner.commas + 1, None, true);
            continue;
        }
        let is_key = inner.symbol == "#{"
            && inner.is_fresh
            && matches!(token.kind, TokenKind::Word | TokenKind::Text)
            && tokens.get(at + 1).is_some_and(|next| next.is(source, ":"));
        if is_key {
            inner.key = Some(text.trim_matches(['"', '`']).to_owned());
        }
        inner.is_fresh = false;
    }
    opened
}

/// What is called by the bracket at `at`.
fn callee(source: &str, tokens: &[Token], at: usize) -> Option<Callee> {
    let name = at.checked_sub(1).filter(|name| tokens[*name].kind == TokenKind::Word)?;
    let start = path_start(source, tokens, name);
    let dot = start.checked_sub(1).filter(|dot| is_dot(source, &tokens[*dot]));
    let receiver = match dot {
        Some(dot) => Some(receiver(source, tokens, dot)?),
        None => None,
    };
    let name = tokens[start..=name].iter().map(|token| token.text(source)).collect();
    Some(Callee { name, receiver })
}

/// The argument around the cursor; a block or an interpolation in between begins anew.
fn slot(opened: &[OpenBracket]) -> Option<Slot> {
    let mut path = Vec::new();
    for open in opened.iter().rev() {
        match open.symbol.as_str() {
            "(" => {
                path.reverse();
                let callee = open.callee.clone()?;
                return Some(Slot { callee, argument: open.commas, path, begin: open.end });
            }
            "#{" => path.extend(open.key.clone()),
            "[" => path.push("[]".to_owned()),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(before: &str) -> String {
        let shown = |slot: &Option<Slot>| {
            slot.as_ref().map_or(String::new(), |slot| {
                format!(" in {}#{}{:?}", slot.callee.name, slot.argument, slot.path)
            })
        };
        match place(before) {
            CursorContext::Nothing => "nothing".into(),
            CursorContext::Text { begin, slot, is_import } => {
                format!(
                    "text {:?}{}{}",
                    &before[begin..],
                    shown(&slot),
                    if is_import { " import" } else { "" }
                )
            }
            CursorContext::Member { receiver, begin } => {
                format!("member {:?} of {}", &before[begin..], &before[receiver])
            }
            CursorContext::Key { begin, slot } => format!("key {:?}{}", &before[begin..], shown(&Some(slot))),
            CursorContext::Word { begin, slot } => format!("word {:?}{}", &before[begin..], shown(&slot)),
        }
    }

    #[test]
    fn what_stands_at_the_cursor() {
        for (before, expected) in [
            ("", "word \"\""),
            ("kv::en", "word \"kv::en\""),
            ("let a = kv::", "word \"kv::\""),
            ("kv::ensure(", "word \"\" in kv::ensure#0[]"),
            ("kv::ensure(\"S", "text \"S\" in kv::ensure#0[]"),
            ("kv::ensure(\"S\", #{ ju", "key \"ju\" in kv::ensure#1[]"),
            ("kv::ensure(\"S\", #{", "key \"\" in kv::ensure#1[]"),
            ("v::e(\"S\", #{ a: 1, me", "key \"me\" in v::e#1[]"),
            ("v::e(\"S\", #{ metric: \"co", "text \"co\" in v::e#1[\"metric\"]"),
            ("v::e(\"S\", #{ metric: co", "word \"co\" in v::e#1[\"metric\"]"),
            ("v::e(\"S\", #{ rules: [#{ pre", "key \"pre\" in v::e#1[\"rules\", \"[]\"]"),
            ("a.put(\"k\", 1, #{ t", "key \"t\" in put#2[]"),
            ("kv::ensure(\"A\").pu", "member \"pu\" of kv::ensure(\"A\")"),
            ("x + kv::list()[0].", "member \"\" of kv::list()[0]"),
            ("[1, 2].map(|x| x).", "member \"\" of [1, 2].map(|x| x)"),
            ("`a ${b.", "member \"\" of b"),
            ("`a ${b} c", "nothing"),
            ("a?.b.c", "member \"c\" of a?.b"),
            ("(1 + 2).", "member \"\" of (1 + 2)"),
            ("#{ a: 1 }.", "member \"\" of #{ a: 1 }"),
            ("if f(1) { g", "word \"g\""),
            ("f(|| { g", "word \"g\""),
            ("import \"st", "text \"st\" import"),
            ("// kv::", "nothing"),
            ("/* kv::", "nothing"),
            ("12", "nothing"),
            ("return x.", "member \"\" of x"),
            ("}.", "nothing"),
            (".", "nothing"),
            ("é.ab", "nothing"),
        ] {
            assert_eq!(at(before), expected, "{before}");
        }
    }
}
