//! Formats one object as two columns, property and value; nested objects are indented below their name.

use super::cell::{bare, clean, cut, ended, lines};
use super::footnote::not_all;
use super::rows::{Row, properties, rank};
use super::{FIRST, View};
use crate::op::Value;
use crate::report::text_style::{BOLD, paint};
use unicode_width::UnicodeWidthStr;

/// What is nested and takes more columns than this stands below its name.
const INLINE_COLUMNS: usize = 40;

/// Wider names do not make the first column wider.
const NAME_COLUMNS: usize = 30;

/// Where fewer columns than this are left, what is nested stays on one line.
const COLUMNS_MIN: usize = 24;

/// A step to the right.
const INDENT: usize = 2;

/// A map or a handle with its properties, or a list of other things, as a block.
pub(super) fn of(value: &Value, view: &View) -> String {
    let mut block = Block { view, lines: Vec::new(), is_cut: false };
    match value {
        Value::Handle(pending) if properties(value).is_some() => {
            let kind = cut(pending.kind, block.room());
            block.lines.push(if view.width.is_some() { paint(BOLD, &kind) } else { kind });
            block.nested(value, INDENT);
        }
        other => block.nested(other, 0),
    }
    let mut text = ended(block.lines.iter());
    if block.is_cut {
        text += &not_all("", view);
    }
    text
}

struct Block<'a> {
    view: &'a View,
    lines: Vec<String>,
    is_cut: bool,
}

impl Block<'_> {
    /// Columns of a line.
    fn room(&self) -> usize {
        self.view.width.filter(|_| !self.view.all).unwrap_or(usize::MAX)
    }

    fn push(&mut self, indent: usize, line: &str) {
        let line = format!("{:indent$}{line}", "");
        let shown = cut(&line, self.room());
        self.is_cut |= shown != line;
        self.lines.push(shown);
    }

    /// The properties of a map or the items of a list.
    fn nested(&mut self, value: &Value, indent: usize) {
        match (value, properties(value)) {
            (_, Some(map)) => self.map(map, indent),
            (Value::List(items), None) => items.iter().for_each(|item| self.item(item, indent)),
            (Value::Str(text), None) => {
                for line in lines(text, &self.view.redactor) {
                    self.push(indent, &line);
                }
            }
            (other, None) => {
                let line = bare(other, &self.view.redactor);
                self.push(indent, &line);
            }
        }
    }

    fn map(&mut self, map: Row<'_>, indent: usize) {
        let redactor = &self.view.redactor;
        let mut entries: Vec<(String, &Value)> =
            map.iter().map(|(name, value)| (clean(name, redactor), value)).collect();
        entries.sort_by_key(|(name, _)| rank(name, FIRST));
        let limit = self.room().saturating_sub(indent) / 2;
        let beside = entries.iter().filter(|(_, value)| !self.stands_below(value, indent));
        let width =
            beside.map(|(name, _)| name.width()).filter(|width| *width <= NAME_COLUMNS.min(limit)).max();
        let width = width.unwrap_or_default();
        for (name, value) in entries {
            if self.stands_below(value, indent) {
                self.push(indent, &name);
                self.nested(value, indent + INDENT);
            } else {
                let shown = cut(&name, limit);
                self.is_cut |= shown != name;
                let name = shown;
                let blanks = width.saturating_sub(name.width()) + INDENT;
                let line = format!("{name}{:blanks$}{}", "", bare(value, redactor));
                self.push(indent, &line);
            }
        }
    }

    /// `- ` before the first line of what the item is.
    fn item(&mut self, item: &Value, indent: usize) {
        let begin = self.lines.len();
        if self.stands_below(item, indent) {
            self.nested(item, indent + INDENT);
        } else {
            let line = bare(item, &self.view.redactor);
            self.push(indent + INDENT, &line);
        }
        if let Some(first) = self.lines.get_mut(begin)
            && let Some(rest) = first.strip_prefix(&" ".repeat(indent + INDENT))
        {
            *first = format!("{:indent$}- {rest}", "");
        }
    }

    /// Whether a value takes lines of its own.
    fn stands_below(&self, value: &Value, indent: usize) -> bool {
        let is_nested = match value {
            Value::List(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
            // Where everything is wanted, a text of several lines has them.
            Value::Str(text) => return self.view.all && text.trim_end().contains('\n'),
            _ => false,
        };
        let left = self.room().saturating_sub(indent);
        is_nested
            && left >= COLUMNS_MIN
            && bare(value, &self.view.redactor).width() > INLINE_COLUMNS.min(left / 2)
    }
}
