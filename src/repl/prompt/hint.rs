//! The inline hint after the cursor: the rest of the signature of the call, or a matching entry of the history.

use super::Prompt;
use super::layout::cut;
use crate::script::complete::{Slot, call_at};
use crate::script::lex;
use rustyline::Context;
use rustyline::hint::{Hint, Hinter, HistoryHinter};

/// The least room that is worth a hint.
const ROOM_MIN: usize = 8;

pub struct InlineHint {
    text: String,
    /// Whether it is written at a press of the right arrow.
    is_meant: bool,
}

impl Hint for InlineHint {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.is_meant.then_some(&self.text)
    }
}

impl Prompt {
    pub(super) fn inline_hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<InlineHint> {
        // Without colours nobody could tell it from what is typed.
        if !self.looks.is_colored || at < line.len() {
            return None;
        }
        let room = self.room(line)?;
        if let Some(rest) = call_at(line).and_then(|slot| self.rest_of_call(line, &slot)) {
            return Some(InlineHint { text: cut(&rest, room), is_meant: false });
        }
        let earlier = HistoryHinter::new().hint(line, at, context)?;
        let first = earlier.lines().next().unwrap_or_default();
        let is_meant = first.chars().count() <= room && first == earlier;
        Some(InlineHint { text: cut(first, room), is_meant })
    }

    /// Columns that are left in the line of the cursor.
    fn room(&self, line: &str) -> Option<usize> {
        let last = line.rsplit('\n').next().unwrap_or_default();
        let label = if last.len() == line.len() { self.looks.label_width.get() } else { 0 };
        let used = label + last.chars().count() + 1;
        self.looks.columns.get().checked_sub(used).filter(|room| *room >= ROOM_MIN)
    }

    /// The parameters that are still to be given.
    fn rest_of_call(&self, line: &str, slot: &Slot) -> Option<String> {
        let form = self.completion(|on| on.signature(line, slot))?;
        let inside = form.split_once('(')?.1;
        // What a function gives may be `()`.
        let (params, gives) = inside.split_once(") ->").unwrap_or_else(|| (inside.trim_end_matches(')'), ""));
        let gives = if gives.is_empty() { String::new() } else { format!(" ->{gives}") };
        let params: Vec<&str> = params.split(", ").filter(|param| !param.is_empty()).collect();
        let begun =
            lex::code(&line[slot.begin..]).last().is_some_and(|last| !last.is(&line[slot.begin..], ","));
        let next = slot.argument + usize::from(begun);
        let left = params.get(next..).unwrap_or_default().join(", ");
        let comma = if begun && !left.is_empty() { ", " } else { "" };
        let space = if !begun && slot.argument > 0 && !line.ends_with(' ') { " " } else { "" };
        Some(format!("{comma}{space}{left}){gives}"))
    }
}
