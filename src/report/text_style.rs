//! Colours of the text report, and escaping of text from outside.
//!
//! **Invariant:** a secret is masked before its text is escaped or cut: a part of a secret is a secret, too.

use super::document::{Op, Step};
use super::json::to_line;
use crate::escape::wrap::{COLUMNS, wrapped};
use crate::escape::{clip, escape};
use crate::events::{Action, Status};
pub(super) use crate::reconcile::KNOWN_AFTER_APPLY;
use crate::reconcile::PlaceholderIds;
use crate::secret::Redactor;
use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;

/// The longest value, name or message inside a line, in characters.
const INLINE_CHARS_MAX: usize = 200;

/// The longest message on a line of its own, in characters.
const MESSAGE_CHARS_MAX: usize = 4000;

/// Titles.
pub(super) const BOLD: Style = Style::new().bold();
/// What is there but not news.
pub(super) const DIM: Style = Style::new().dimmed();
/// Warnings.
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Failures.
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();

/// Makes text from outside fit to be printed.
pub(super) struct TextStyle<'a> {
    redactor: &'a Redactor,
    /// Ids that a plan made up.
    placeholders: PlaceholderIds,
    /// Columns of the terminal, if it is for one.
    columns: Option<usize>,
}

impl<'a> TextStyle<'a> {
    /// Masks what `redactor` knows.
    pub(super) fn new(redactor: &'a Redactor) -> Self {
        TextStyle { redactor, placeholders: PlaceholderIds::default(), columns: None }
    }

    /// For a terminal of so many columns.
    pub(super) fn within(mut self, columns: Option<usize>) -> Self {
        self.columns = columns;
        self
    }

    /// Columns that a line may have.
    pub(super) fn columns(&self) -> usize {
        self.columns.unwrap_or(COLUMNS)
    }

    /// The same; in a log, as many as it needs.
    pub(super) fn terminal_columns(&self) -> usize {
        self.columns.unwrap_or(usize::MAX)
    }

    /// A text of which `used` columns are taken, broken between words where it is for a terminal: a log is searched by its
    /// lines.
    pub(super) fn wrapped(&self, text: &str, used: usize, indent: usize) -> String {
        self.columns.map_or_else(|| text.to_owned(), |columns| wrapped(text, columns, used, indent))
    }

    /// Also shows the ids of planned creations as not known yet, wherever they occur.
    pub(super) fn knowing(mut self, steps: &[Step]) -> Self {
        let planned = |op: &&Op| op.status == Status::Planned && op.action == Action::Create;
        let ids = steps.iter().flat_map(|step| &step.ops).filter(planned);
        // Where the name is the id, it is known.
        let ids = ids.filter(|op| op.id.as_ref() != Some(&op.resource)).filter_map(|op| op.id.as_ref());
        ids.for_each(|id| self.placeholders.add(id));
        self
    }

    /// A name, id or short message, inside a line.
    pub(super) fn show(&self, text: &str) -> String {
        self.clean(text, INLINE_CHARS_MAX)
    }

    /// A message on a line of its own.
    pub(super) fn message(&self, text: &str) -> String {
        self.clean(text, MESSAGE_CHARS_MAX)
    }

    /// A message with its own line breaks; a secret may reach over one.
    pub(super) fn own_lines(&self, text: &str) -> String {
        let text = self.redactor.redact(text);
        text.lines().map(|line| self.message(line)).collect::<Vec<_>>().join("\n")
    }

    /// Lines to be copied: each is made harmless on its own.
    pub(super) fn lines(&self, text: &str) -> String {
        text.split('\n').map(|line| self.clean(line, MESSAGE_CHARS_MAX)).collect::<Vec<_>>().join("\n")
    }

    /// A field's value: a plain word as it is, everything else as JSON.
    pub(super) fn value(&self, value: &Json) -> String {
        match value {
            Json::String(text) if is_plain(text) || self.placeholders.contains(text) => self.show(text),
            other => self.show(&to_line(other, self.redactor)),
        }
    }

    fn clean(&self, text: &str, chars_max: usize) -> String {
        let text = self.redactor.redact(text);
        clip(escape(&self.placeholders.hide(&text)), chars_max).into_owned()
    }
}

/// `text` in `style`.
pub(super) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// `812 ms`, `1.2 s`, `2 min 5 s`.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// Whether a string can't be taken for anything else when its quotes are left out.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@".contains(c))
        && !["true", "false", "null"].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::secret::Secret;
    use serde_json::json;

    #[test]
    fn a_secret_is_masked_before_it_is_cut_or_escaped() {
        let redactor = Redactor::default();
        redactor.register(&Secret::new("can\u{200b}ary-value".into()));
        let ink = TextStyle::new(&redactor);
        assert_eq!(ink.show("x can\u{200b}ary-value y"), "x [secret] y");
        let long = format!("{}can\u{200b}ary-value", "x".repeat(INLINE_CHARS_MAX - 3));
        assert_eq!(
            ink.show(&long),
            format!("{}[se... (5 more characters)", "x".repeat(INLINE_CHARS_MAX - 3))
        );
        assert_eq!(ink.value(&json!({"a": "can\u{200b}ary-value"})), r#"{"a":"[secret]"}"#);
    }

    #[test]
    fn values_are_bare_only_if_nothing_else_looks_like_them() {
        let redactor = Redactor::default();
        let ink = TextStyle::new(&redactor);
        for (value, shown) in [
            (json!("Standard"), "Standard"),
            (json!("true"), "\"true\""),
            (json!(true), "true"),
            (json!("60"), "\"60\""),
            (json!(60), "60"),
            (json!(""), "\"\""),
            (json!("a -> b"), "\"a -> b\""),
            (json!("a\u{202e}b"), "\"a\\u{202e}b\""),
            (json!(null), "null"),
            (json!([1, "a"]), "[1,\"a\"]"),
        ] {
            assert_eq!(ink.value(&value), shown);
        }
    }

    #[test]
    fn ids_of_planned_creations_are_not_shown_anywhere() {
        let redactor = Redactor::default();
        let mut report = sample::report_of(vec![sample::op(Action::Create, Status::Planned)]);
        let ink = TextStyle::new(&redactor).knowing(&report.steps);
        assert_eq!(ink.value(&json!(sample::ID)), KNOWN_AFTER_APPLY);
        assert_eq!(ink.show(&format!("bound to {}", sample::ID)), "bound to (known after apply)");
        report.steps[0].ops[0].resource = sample::ID.into();
        let ink = TextStyle::new(&redactor).knowing(&report.steps);
        assert_eq!(ink.show(sample::ID), sample::ID, "a name is known");
    }

    #[test]
    fn durations_have_the_unit_people_would_use() {
        assert_eq!(duration(0), "0 ms");
        assert_eq!(duration(999), "999 ms");
        assert_eq!(duration(1_250), "1.2 s");
        assert_eq!(duration(59_999), "59.9 s");
        assert_eq!(duration(125_000), "2 min 5 s");
    }
}
