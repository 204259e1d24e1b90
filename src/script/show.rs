//! Values for people, as `eval` and the session print them.

use super::convert::value_of;
use super::handle::{Handle, unmarked};
use crate::escape::escape;
use crate::events::{Action, Event, Status};
use crate::op::Value;
use rhai::Dynamic;
use std::fmt::Write as _;

/// A value: a handle as its properties, a list of alike maps or handles as a table, anything else as written.
pub fn value(dynamic: &Dynamic) -> String {
    if dynamic.is_unit() {
        return String::new();
    }
    match value_of(dynamic) {
        Value::Handle(pending) => match pending.peek() {
            Some(Ok(Value::Map(map))) => {
                let kind = format!("{}\n", pending.kind);
                let width = map.keys().map(String::len).max().unwrap_or_default();
                map.iter().fold(kind, |mut text, (key, item)| {
                    let _ = writeln!(text, "  {key:<width$}  {}", plain(item));
                    text
                })
            }
            _ => format!("{}\n", unmarked(&Handle(pending).text())),
        },
        Value::List(items) => table(&items).unwrap_or_else(|| format!("{}\n", plain(&Value::List(items)))),
        Value::Map(map) => {
            let width = map.keys().map(String::len).max().unwrap_or_default();
            map.iter().fold(String::new(), |mut text, (key, item)| {
                let _ = writeln!(text, "{key:<width$}  {}", plain(item));
                text
            })
        }
        other => format!("{}\n", plain(&other)),
    }
}

/// One line for a value inside another.
fn plain(value: &Value) -> String {
    match value {
        Value::Str(text) => format!("\"{}\"", escape(text)),
        Value::Unit => "()".to_owned(),
        Value::List(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, item)| format!("{}: {}", escape(key), plain(item))).collect();
            format!("#{{{}}}", entries.join(", "))
        }
        Value::Handle(pending) => format!("{}({})", pending.kind, escape(&pending.key.name)),
        Value::Secret(_) => "Secret".to_owned(),
        Value::NotKnown => crate::reconcile::KNOWN_AFTER_APPLY.to_owned(),
        other => other.to_json().map_or_else(|| other.type_name().to_owned(), |json| json.to_string()),
    }
}

/// Lists whose items are all maps, or all handles, as columns.
fn table(items: &[Value]) -> Option<String> {
    let rows: Vec<&std::collections::BTreeMap<String, Value>> = items
        .iter()
        .map(|item| match item {
            Value::Map(map) => Some(map),
            Value::Handle(pending) => match pending.peek() {
                Some(Ok(Value::Map(map))) => Some(map),
                _ => None,
            },
            _ => None,
        })
        .collect::<Option<_>>()?;
    let first = rows.first()?;
    let mut columns: Vec<&String> = first.keys().collect();
    // What identifies comes first.
    columns.sort_by_key(|key| match key.as_str() {
        "name" => 0,
        "id" => 1,
        _ => 2,
    });
    let cell = |row: &std::collections::BTreeMap<String, Value>, column: &str| match row.get(column) {
        Some(Value::Str(text)) => escape(text).into_owned(),
        Some(other) => plain(other),
        None => String::new(),
    };
    let width = |column: &&String| {
        rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0).max(column.len())
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let line = |cells: Vec<String>| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut text = line(columns.iter().map(ToString::to_string).collect());
    for row in &rows {
        text.push_str(&line(columns.iter().map(|column| cell(row, column)).collect()));
    }
    Some(text)
}

/// What ops would have done, one line each.
pub fn planned(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        let Event::OpFinished(done) = event else { continue };
        if done.status != Status::Planned {
            continue;
        }
        let started = events.iter().find_map(|event| match event {
            Event::OpStarted(op) if op.id == done.id => Some(op),
            _ => None,
        });
        let Some(op) = started else { continue };
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
