//! Values as CSV (RFC 4180, lines end with a newline): a header, then a line for each row.

use super::data::line;
use super::{View, rows};
use crate::escape::visible;
use crate::op::Value;

/// The one column of what is no list of maps.
const VALUE: &str = "value";

/// A list of maps or handles, or one of them, as a table; anything else as one column. Nothing has no columns.
pub(super) fn of(value: &Value, view: &View) -> String {
    let items = match value {
        Value::List(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    if items.is_empty() {
        return String::new();
    }
    let mut records = Vec::with_capacity(items.len() + 1);
    if let Some(rows) = rows::of(items) {
        let names = rows::names(&rows, view.first);
        records.push(names.iter().map(|name| text(name, view)).collect());
        let of =
            |row: &rows::Row, name: &str| row.get(name).map_or_else(String::new, |item| cell(item, view));
        records.extend(rows.iter().map(|row| names.iter().map(|name| of(row, name)).collect()));
    } else {
        records.push(vec![VALUE.to_owned()]);
        records.extend(items.iter().map(|item| vec![cell(item, view)]));
    }
    written(&records)
}

/// A text as it is, nothing as nothing, and what is nested as JSON.
fn cell(value: &Value, view: &View) -> String {
    match value {
        Value::Unit => String::new(),
        Value::Str(own) => text(own, view),
        Value::Secret(_) | Value::NotKnown => line(value, &view.redactor).trim_matches('"').to_owned(),
        other => line(other, &view.redactor),
    }
}

fn text(text: &str, view: &View) -> String {
    let text = view.redactor.redact(text);
    if view.raw { text.into_owned() } else { visible(&text).into_owned() }
}

/// A `Vec` takes all that is written: there is nothing that could fail.
fn written(records: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let done = records.iter().try_for_each(|record| writer.write_record(record));
    let bytes = done.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
