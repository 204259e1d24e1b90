//! Completes what follows the dot after a value.

use super::candidate::{Candidate, without_types};
use super::cursor_context::Callee;
use super::signatures::is_kind;
use super::{Completion, is_word};
use crate::op::Value;
use crate::script::check::{ASKED, InferredValue, told};
use crate::script::convert::value_of;
use crate::script::docs::ItemKind;
use crate::script::known::FunctionForm;
use crate::script::lex::{self, TokenKind};
use std::collections::BTreeSet;
use std::ops::Range;

impl Completion<'_> {
    /// Everything that can follow the dot.
    pub(super) fn members(&self, before: &str, receiver: Range<usize>) -> Vec<Candidate> {
        let value = self.value_at(&before[receiver.clone()]);
        let known = match &value {
            Some(value) => InferredValue::of_value(value),
            None => self.told(before, receiver),
        };
        let mut found = match known.kind() {
            Some(kind) if known.is_handle() => self.of_handle(kind),
            Some(kind) => self.methods(kind),
            None => Vec::new(),
        };
        let keys = known.keys().filter(|(key, _)| is_word(key));
        let mut keys: Vec<Candidate> = keys.map(|(key, told)| Candidate::word(key, kind_of(&told))).collect();
        if let Some(Value::Handle(pending)) = &value
            && let Some(Ok(Value::Map(map))) = pending.peek()
        {
            let is_listed = |key: &&String| found.iter().any(|one| one.insert == **key);
            keys.extend(
                map.keys().filter(|key| is_word(key) && !is_listed(key)).map(|key| Candidate::word(key, "")),
            );
        }
        keys.append(&mut found);
        keys
    }

    /// What is known of the value whose text is `receiver`, from everything before it.
    pub fn told(&self, before: &str, receiver: Range<usize>) -> InferredValue {
        let text = &before[receiver.clone()];
        let asked = format!("{ASKED}({text})");
        let in_place = format!("{}{asked}{}", &before[..receiver.start], closing(&before[..receiver.start]));
        let near = self.left;
        let variables: Vec<(String, InferredValue)> = near
            .variables
            .iter()
            .map(|(name, value)| (name.clone(), InferredValue::of_value(&value_of(value))))
            .collect();
        let ask = |text: &str| {
            let earlier = (&near.functions, near.imports.as_str());
            told(text, self.source, self.resolver, self.known, earlier, &variables)
        };
        let is_known = |told: &InferredValue| told.kind().is_some();
        let found = ask(&in_place).filter(is_known).or_else(|| ask(&asked).filter(is_known));
        found.or_else(|| self.property(before, receiver)).unwrap_or_default()
    }

    /// What is known of a property of a handle, which the docs say.
    fn property(&self, before: &str, receiver: Range<usize>) -> Option<InferredValue> {
        let text = &before[receiver.clone()];
        let tokens = lex::code(text);
        let [.., _, dot, name] = &tokens[..] else { return None };
        if name.kind != TokenKind::Word || !(dot.is(text, ".") || dot.is(text, "?.")) {
            return None;
        }
        let of = self.told(before, receiver.start..receiver.start + dot.span.start);
        let kind = of.kind().filter(|_| of.is_handle())?;
        let path = format!("{kind}.{}", name.text(text));
        let item =
            self.reference.items().find(|item| item.name == path && item.sort == ItemKind::Property)?;
        let (_, kind) = item.forms.first()?.split_once(": ")?;
        Some(InferredValue::of_name(kind))
    }

    /// The kind of the handle that a method is called on.
    pub fn receiver_kind(&self, before: &str, callee: &Callee) -> Option<String> {
        let receiver = callee.receiver.clone()?;
        let value = self.value_at(&before[receiver.clone()]);
        let told = value.map_or_else(|| self.told(before, receiver), |value| InferredValue::of_value(&value));
        told.kind().map(str::to_owned)
    }

    /// The value of a variable, a constant, or a part of one; nothing is run for it.
    fn value_at(&self, text: &str) -> Option<Value> {
        let tokens = lex::code(text);
        let mut path =
            tokens.iter().take_while(|token| token.kind == TokenKind::Word || token.is(text, "::"));
        let first = path.by_ref().count();
        let name: String = tokens[..first].iter().map(|token| token.text(text)).collect();
        let mut value = self.named_value(&name)?;
        let mut rest = &tokens[first..];
        while let [head, tail @ ..] = rest {
            let (key, left) = match tail {
                [word, left @ ..] if head.is(text, ".") || head.is(text, "?.") => (word, left),
                [inner, close, left @ ..] if head.is(text, "[") && close.is(text, "]") => (inner, left),
                _ => return None,
            };
            value = part(&value, key.text(text).trim_matches(['"', '`']))?;
            rest = left;
        }
        Some(value)
    }

    fn named_value(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.left.variables.iter().find(|(known, _)| known == name) {
            return Some(value_of(value));
        }
        let (module, key) = name.split_once("::")?;
        let facts = self.facts;
        let json = match module {
            "config" => &facts.config,
            "env" => &facts.env,
            _ => return None,
        };
        json.get(key).map(|json| Value::from(json.clone()))
    }

    fn of_handle(&self, kind: &str) -> Vec<Candidate> {
        let items = self.reference.items().filter_map(|item| {
            let name = item.name.strip_prefix(kind)?.strip_prefix('.')?;
            let form = item.forms.first()?.strip_prefix(kind)?.strip_prefix('.')?;
            match item.sort {
                ItemKind::Function => {
                    Some(Candidate::new(opened(name, form), without_types(form), &item.summary))
                }
                ItemKind::Property => Some(Candidate::word(name, &item.summary)),
                _ => None,
            }
        });
        let mut found: Vec<Candidate> = items.collect();
        found.sort();
        found
    }

    /// The functions of the language and the host whose first parameter is of that type.
    fn methods(&self, kind: &str) -> Vec<Candidate> {
        let takes =
            |form: &&FunctionForm| is_kind(form.params.first().map_or("", |param| param.kind.as_str()), kind);
        let summary = |name: &str| {
            let named =
                |item: &&crate::script::docs::Item| item.name == name && item.sort == ItemKind::Function;
            self.reference.items().find(named).map_or("", |item| item.summary.as_str())
        };
        let mut seen = BTreeSet::new();
        let functions =
            self.known.functions.iter().filter(|(name, _)| is_word(name) && seen.insert(name.as_str()));
        let candidate = |(name, forms): (&String, &Vec<FunctionForm>)| {
            // What takes anything is called alone: `print`, `type_of`.
            let is_for_any =
                |form: &FunctionForm| form.params.first().is_some_and(|param| param.kind == "any");
            let form = forms.iter().find(takes).filter(|_| !forms.iter().any(is_for_any))?;
            let params: Vec<&str> = form.params.iter().skip(1).map(|param| param.name.as_str()).collect();
            let show = format!("{name}({})", params.join(", "));
            Some(Candidate::new(opened(name, &show), show, summary(name)))
        };
        functions.filter_map(candidate).collect()
    }
}

/// A function with its bracket, or with both where nothing goes between them.
pub(super) fn opened(name: &str, form: &str) -> String {
    let takes_nothing = form.split_once('(').is_some_and(|(_, params)| params.starts_with(')'));
    if takes_nothing { format!("{name}()") } else { format!("{name}(") }
}

/// The type as a remark, where it is known.
pub(super) fn kind_of(told: &InferredValue) -> String {
    told.kind().map(|_| told.text()).unwrap_or_default()
}

/// What closes the brackets that are open at the end of a text.
fn closing(text: &str) -> String {
    let mut open = Vec::new();
    for token in lex::code(text) {
        match (token.kind, token.text(text)) {
            (TokenKind::TextStart, _) => open.push("}`"),
            (TokenKind::Symbol, "(") => open.push(")"),
            (TokenKind::Symbol, "[" | "?[") => open.push("]"),
            (TokenKind::Symbol, "{" | "#{") => open.push("}"),
            (TokenKind::TextEnd, _) | (TokenKind::Symbol, ")" | "]" | "}") => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().rev().collect()
}

/// The value under a key, or at a place of a list.
fn part(value: &Value, key: &str) -> Option<Value> {
    match value {
        Value::Map(map) => map.get(key).cloned(),
        Value::List(items) => items.get(key.parse::<usize>().ok()?).cloned(),
        Value::Handle(pending) => match pending.peek() {
            Some(Ok(inside)) => inside.get(key).cloned(),
            _ => None,
        },
        _ => None,
    }
}
