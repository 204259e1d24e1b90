//! Writes JSON and masks secrets in each string as it is written, so that the result is always valid JSON.
//!
//! **Invariant:** no string value is written but through the redactor.

use crate::secret::Redactor;
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// One line, without its end; the keys of every map in `value` are strings.
pub fn to_line(value: &impl Serialize, redactor: &Redactor) -> String {
    write(value, Masking::new(CompactFormatter, redactor))
}

/// Indented, with a newline at the end; the keys of every map in `value` are strings.
pub fn to_pretty(value: &impl Serialize, redactor: &Redactor) -> String {
    let mut text = write(value, Masking::new(PrettyFormatter::new(), redactor));
    text.push('\n');
    text
}

/// Our documents have string keys and finite numbers, and a `Vec` takes all: there is nothing that could fail.
fn write<F: Formatter>(value: &impl Serialize, formatter: Masking<'_, F>) -> String {
    let mut bytes = Vec::new();
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter)) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => "null".to_owned(),
    }
}

/// A formatter that holds each string back until it is whole.
struct Masking<'a, F> {
    inner: F,
    redactor: &'a Redactor,
    text: String,
    in_key: bool,
}

impl<'a, F> Masking<'a, F> {
    fn new(inner: F, redactor: &'a Redactor) -> Self {
        Masking { inner, redactor, text: String::new(), in_key: false }
    }

    /// A word of the schema stays, even if someone's secret is `error`; a key that is data looks different.
    fn is_schema_key(&self) -> bool {
        self.in_key && self.text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    }
}

impl<F: Formatter> Formatter for Masking<'_, F> {
    fn begin_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.text.clear();
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.text.push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, _: &mut W, escape: CharEscape) -> io::Result<()> {
        self.text.push(char::from(match escape {
            CharEscape::Quote => b'"',
            CharEscape::ReverseSolidus => b'\\',
            CharEscape::Solidus => b'/',
            CharEscape::Backspace => 8,
            CharEscape::FormFeed => 12,
            CharEscape::LineFeed => b'\n',
            CharEscape::CarriageReturn => b'\r',
            CharEscape::Tab => b'\t',
            CharEscape::AsciiControl(byte) => byte,
        }));
        Ok(())
    }

    fn end_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let text =
            if self.is_schema_key() { self.text.as_str().into() } else { self.redactor.redact(&self.text) };
        let quoted = serde_json::to_string(&text).map_err(io::Error::from)?;
        // The same text to a JSON reader, but no workflow command to a runner that reads the log.
        writer.write_all(quoted.replace("##[", "#\\u0023[").as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.inner.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_key = true;
        self.inner.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_key = false;
        self.inner.end_object_key(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use serde_json::{Value, json};

    fn redactor(secret: &str) -> Redactor {
        let redactor = Redactor::default();
        redactor.register(&Secret::new(secret.into()));
        redactor
    }

    #[test]
    fn looks_like_ordinary_json() {
        let value = json!({"a": [1, -2.5, null, true, {}], "b\"\\\n\u{1}ż🦀": {"c": [], "d": ""}});
        let nobody = Redactor::default();
        assert_eq!(to_line(&value, &nobody), value.to_string());
        assert_eq!(to_pretty(&value, &nobody), format!("{value:#}\n"));
    }

    #[test]
    fn masks_values_and_keys_that_are_data() {
        let value = json!({"token": "Bearer s3cret-canary!", "x s3cret-canary!": 1});
        assert_eq!(
            to_line(&value, &redactor("s3cret-canary!")),
            r#"{"token":"Bearer [secret]","x [secret]":1}"#
        );
    }

    #[test]
    fn masks_what_json_would_escape() {
        let value = json!({"message": "got \"qu\\oted\n\u{1}secret\" back"});
        assert_eq!(
            to_line(&value, &redactor("\"qu\\oted\n\u{1}secret\"")),
            r#"{"message":"got [secret] back"}"#
        );
    }

    #[test]
    fn holds_no_workflow_command() {
        let value = json!({"name": "x ###[error]"});
        let text = to_line(&value, &Redactor::default());
        assert_eq!(text, r#"{"name":"x ##\u0023[error]"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn stays_json_when_a_secret_is_a_number_or_a_field() {
        let value = json!({"error": 12345, "message": "error 12345"});
        for secret in ["12345", "error", "\":\"", "message"] {
            let text = to_line(&value, &redactor(secret));
            let read: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read["error"], 12345, "{text}");
            assert!(secret.len() < 5 || !read["message"].as_str().unwrap().contains(secret), "{text}");
        }
    }
}
