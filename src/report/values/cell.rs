//! Formats a value on one line, cut to a width.

use crate::escape::escape;
use crate::op::Value;
use crate::reconcile::KNOWN_AFTER_APPLY;
use crate::secret::Redactor;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands where a text is cut.
const CUT: char = '…';

/// A number has at most so many characters; a longer text of digits is an id.
const NUMBER_CHARS_MAX: usize = 20;

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

/// A text in its own lines, each without secrets and without what can't be seen.
pub(super) fn lines(text: &str, redactor: &Redactor) -> Vec<String> {
    // A secret may reach over the end of a line.
    let text = redactor.redact(text);
    let line = |line: &str| line.split('\t').map(escape).collect::<Vec<_>>().join("\t");
    text.strip_suffix('\n').unwrap_or(&text).split('\n').map(line).collect()
}

/// Lines, each with its end.
pub(super) fn ended(lines: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    lines.into_iter().fold(String::new(), |mut text, line| {
        text.push_str(line.as_ref());
        text.push('\n');
        text
    })
}

/// A line in at most so many columns; what is cut ends in `…`.
pub(super) fn cut(line: &str, columns: usize) -> String {
    if line.width() <= columns {
        return line.to_owned();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or_default();
        used < columns
    };
    let mut kept: String = line.chars().take_while(fits).collect();
    if columns > 0 {
        kept.push(CUT);
    }
    kept
}

/// Whether a text without its quotes looks like a text.
fn is_itself(text: &str) -> bool {
    let is_value = text.starts_with(['"', '[', '#', '(']) || ["true", "false", "Secret"].contains(&text);
    let is_number = text.len() <= NUMBER_CHARS_MAX && text.parse::<f64>().is_ok();
    !(text.is_empty() || text.trim() != text || is_value || is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_between_characters_by_its_width() {
        for (line, columns, kept) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("🦀🦀", 3, "🦀…"),
            ("ab", 1, "…"),
            ("ab", 0, ""),
        ] {
            assert_eq!(cut(line, columns), kept, "{line} {columns}");
        }
    }

    #[test]
    fn a_text_is_bare_where_nothing_else_looks_like_it() {
        let nobody = Redactor::default();
        for (text, shown) in [
            ("weur", "weur"),
            ("two words", "two words"),
            ("", "\"\""),
            (" x", "\" x\""),
            ("12", "\"12\""),
            ("12e45678901234567890123456789012", "12e45678901234567890123456789012"),
            ("true", "\"true\""),
            ("()", "\"()\""),
            ("[1]", "\"[1]\""),
            ("a\u{1b}[2J", "a\\u{1b}[2J"),
        ] {
            assert_eq!(bare(&Value::Str(text.into()), &nobody), shown);
        }
    }
}
