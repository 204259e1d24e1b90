//! Formats the result of `eval` and of session entries: the value, and what the ops would have done.

use super::convert::value_of;
use super::handle::unmarked;
use super::lex;
use crate::escape::escape;
use crate::events::{Action, Event, OpFinished, OpStarted, Status};
use crate::op::{Pending, Value};
use crate::reconcile::KNOWN_AFTER_APPLY;
use rhai::{AST, Dynamic, Stmt};
use std::fmt::Write as _;
use std::ops::{Range, RangeInclusive};

/// A value as people and programs may see it: bytes as a list of numbers, and every text without marks and without what a plan can't know, by `hide`.
pub fn shown(dynamic: &Dynamic, hide: &dyn Fn(&str) -> String) -> Value {
    if let Ok(text) = dynamic.as_immutable_string_ref() {
        return hidden(&Value::Str(text.to_string()), hide);
    }
    if let Ok(items) = dynamic.as_array_ref() {
        return Value::List(items.iter().map(|item| shown(item, hide)).collect());
    }
    if let Ok(map) = dynamic.as_map_ref() {
        let entry = |(key, item): (&rhai::Identifier, &Dynamic)| (hide(&unmarked(key)), shown(item, hide));
        return Value::Map(map.iter().map(entry).collect());
    }
    if let Some(bytes) = dynamic.read_lock::<rhai::Blob>() {
        return Value::List(bytes.iter().map(|byte| Value::Int(i64::from(*byte))).collect());
    }
    if dynamic.is::<Range<i64>>() || dynamic.is::<RangeInclusive<i64>>() {
        return Value::Other("range");
    }
    hidden(&value_of(dynamic), hide)
}

fn hidden(value: &Value, hide: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Str(text) => match hide(&unmarked(text)) {
            text if text == KNOWN_AFTER_APPLY => Value::NotKnown,
            text => Value::Str(text),
        },
        Value::List(items) => Value::List(items.iter().map(|item| hidden(item, hide)).collect()),
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, item)| (key.clone(), hidden(item, hide))).collect())
        }
        Value::Handle(pending) => match pending.peek() {
            Some(Ok(value)) => {
                Value::Handle(Pending::found(pending.kind, pending.key.clone(), hidden(value, hide)))
            }
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

/// Whether what a script ends with is meant to have a value: it is an expression, and no semicolon keeps it back.
pub fn ends_in_value(text: &str, ast: &AST) -> bool {
    let is_kept_back = lex::code(text).last().is_some_and(|token| token.is(text, ";"));
    let is_expression = ast.statements().last().is_some_and(|last| {
        matches!(
            last,
            Stmt::Expr(_)
                | Stmt::FnCall(..)
                | Stmt::If(..)
                | Stmt::Switch(..)
                | Stmt::Block(_)
                | Stmt::TryCatch(..)
                | Stmt::Return(..)
        )
    });
    is_expression && !is_kept_back
}

/// What ops have written, one line each.
pub fn written(events: &[Event]) -> String {
    let mut text = String::new();
    for (op, done) in finished(events, Status::Done) {
        let verb = match done.action {
            Action::Create => "created",
            Action::Update => "updated",
            Action::Delete => "deleted",
            Action::Apply => "applied migrations to",
            Action::Write => "wrote to",
            Action::None => continue,
        };
        let _ = writeln!(text, "{verb} {} `{}`", op.kind, escape(&op.resource));
    }
    text
}

/// The ops that ended so, in the order of the script.
fn finished(events: &[Event], status: Status) -> Vec<(&OpStarted, &OpFinished)> {
    let ended = events.iter().filter_map(|event| match event {
        Event::OpFinished(done) if done.status == status => Some(done),
        _ => None,
    });
    let started = |id: u64| {
        events.iter().find_map(|event| match event {
            Event::OpStarted(op) if op.id == id => Some(op),
            _ => None,
        })
    };
    let mut ops: Vec<(&OpStarted, &OpFinished)> =
        ended.filter_map(|done| Some((started(done.id)?, done))).collect();
    ops.sort_by_key(|(op, _)| op.id);
    ops
}

/// What ops would have done, one line each, in the order of the script.
pub fn planned(events: &[Event]) -> String {
    let mut text = String::new();
    for (op, done) in finished(events, Status::Planned) {
        let verb = match done.action {
            Action::Create => "+ would create",
            Action::Update => "~ would update",
            Action::Delete => "- would delete",
            Action::Apply => "> would apply",
            Action::Write => "> would write",
            Action::None => continue,
        };
        let _ = writeln!(text, "{verb} {} `{}`", op.kind, escape(&op.resource));
        for change in &done.changes {
            let _ = writeln!(
                text,
                "    {}: {} -> {}",
                change.field.trim_start_matches('/'),
                change.from,
                change.to
            );
        }
        for note in &done.notes {
            let _ = writeln!(text, "    {}", escape(note));
        }
    }
    text
}
