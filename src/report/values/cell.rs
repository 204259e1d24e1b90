//! A value on one line.

use crate::escape::escape;
use crate::op::Value;
use crate::reconcile::KNOWN_AFTER_APPLY;
use crate::secret::Redactor;

/// As a script would have it, with strings in quotes.
pub(super) fn quoted(value: &Value, redactor: &Redactor) -> String {
    match value {
        Value::Unit => "()".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Str(text) => format!("\"{}\"", clean(text, redactor)),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| quoted(item, redactor)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entry = |(key, item): (&String, &Value)| {
                format!("{}: {}", clean(key, redactor), quoted(item, redactor))
            };
            format!("#{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Handle(pending) => format!("{}({})", pending.kind, clean(&pending.key.name, redactor)),
        Value::Secret(_) => "Secret".to_owned(),
        Value::NotKnown => KNOWN_AFTER_APPLY.to_owned(),
        Value::Other(name) => (*name).to_owned(),
    }
}

/// The same, with a text as itself where it can't be taken for anything else.
pub(super) fn bare(value: &Value, redactor: &Redactor) -> String {
    match value {
        Value::Str(text) if is_itself(text) => clean(text, redactor),
        other => quoted(other, redactor),
    }
}

/// A text on one line, without secrets and without what can't be seen.
pub(super) fn clean(text: &str, redactor: &Redactor) -> String {
    escape(&redactor.redact(text)).into_owned()
}

/// Whether a text without its quotes looks like a text.
fn is_itself(text: &str) -> bool {
    let looks_like_value = text.starts_with(['"', '[', '#', '(']) && text != KNOWN_AFTER_APPLY;
    let is_word = ["true", "false"].contains(&text);
    !(text.is_empty() || text.trim() != text || looks_like_value || is_word || text.parse::<f64>().is_ok())
}
