//! Values as JSON.
//!
//! **Invariant:** what comes out is JSON, whatever the value: a handle is its properties, a secret is masked, a number that
//! JSON does not have (`NaN`, infinity) and a closure are null.

use super::FIRST;
use super::rows::{properties, rank};
use crate::op::Value;
use crate::reconcile::KNOWN_AFTER_APPLY;
use crate::report::json::{to_line, to_pretty};
use crate::secret::{MASK, Redactor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt::Write as _;

/// One indented document.
pub(super) fn document(value: &Value, redactor: &Redactor) -> String {
    harmless(to_pretty(&Data(value), redactor))
}

/// A line for each item of a list; one line for anything else.
pub(super) fn lines(value: &Value, redactor: &Redactor) -> String {
    let items = match value {
        Value::List(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    items.iter().map(|item| line(item, redactor) + "\n").collect()
}

/// One line, without its end.
pub(super) fn line(value: &Value, redactor: &Redactor) -> String {
    harmless(to_line(&Data(value), redactor))
}

/// Control characters that JSON may have as they are (they stand in texts only) are written as it writes the others.
fn harmless(json: String) -> String {
    let moves_a_cursor = |c: char| c.is_control() && c != '\n';
    if !json.contains(moves_a_cursor) {
        return json;
    }
    json.chars().fold(String::with_capacity(json.len()), |mut text, c| {
        if moves_a_cursor(c) {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
        text
    })
}

/// Written without a copy; what identifies comes first, as in tables.
struct Data<'a>(&'a Value);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Unit | Value::Other(_) => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Str(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Data(item))?;
                }
                list.end()
            }
            Value::Secret(_) => serializer.serialize_str(MASK),
            Value::NotKnown => serializer.serialize_str(KNOWN_AFTER_APPLY),
            Value::Map(_) | Value::Handle(_) => {
                let mut entries: Vec<_> = properties(self.0).into_iter().flatten().collect();
                entries.sort_by_key(|(name, _)| rank(name, FIRST));
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (name, value) in entries {
                    map.serialize_entry(name, &Data(value))?;
                }
                map.end()
            }
        }
    }
}
