//! Converts lists of maps and handles to rows of named values.

use crate::op::Value;
use std::collections::BTreeMap;

pub(super) type Row<'a> = &'a BTreeMap<String, Value>;

/// The properties of a map, or of a handle whose op has ended well.
pub(super) fn properties(value: &Value) -> Option<Row<'_>> {
    match value {
        Value::Map(map) => Some(map),
        Value::Handle(pending) => match pending.peek() {
            Some(Ok(Value::Map(map))) => Some(map),
            _ => None,
        },
        _ => None,
    }
}

/// The rows of a list in which every item has properties, and one of them in common.
pub(super) fn of(items: &[Value]) -> Option<Vec<Row<'_>>> {
    let rows: Vec<Row> = items.iter().map(properties).collect::<Option<_>>()?;
    let first = rows.first()?;
    let are_alike = first.keys().any(|key| rows.iter().all(|row| row.contains_key(key)));
    are_alike.then_some(rows)
}

/// The names of all properties: those that come `first`, then as they are first met.
pub(super) fn names<'a>(rows: &[Row<'a>], first: &[&str]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for key in rows.iter().flat_map(|row| row.keys()) {
        if seen.insert(key.as_str()) {
            names.push(key);
        }
    }
    names.sort_by_key(|name| rank(name, first));
    names
}

/// How early a name comes; all that are not among the first come as early as each other.
pub(super) fn rank(name: &str, first: &[&str]) -> usize {
    first.iter().position(|one| *one == name).unwrap_or(first.len())
}
