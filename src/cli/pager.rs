//! Shows a long text one screen at a time at a terminal.
//!
//! It is built in: a program that pages (`less`) keeps a history and can write files and start others, and what is explored
//! here is an account.

use crate::escape::numbers::grouped;
use crate::report::Console;
use crate::system::{columns, read_key, rows};
use std::io::IsTerminal as _;
use unicode_width::UnicodeWidthStr;

/// The end of a page: Ctrl-C, Ctrl-D, Escape, `q`.
const STOPS: &[u8] = &[3, 4, 27, b'q', b'Q'];

/// Prints a text; where it is longer than the terminal of a person is high, screen by screen.
pub fn print(console: &Console, text: &str) {
    let stdout = std::io::stdout();
    let is_seen = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let size = || Some((rows(&stdout)?, columns(&stdout)?));
    if !is_seen || console.stdout_columns().is_none() || size().is_none() {
        console.data(text);
        return;
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut shown = 0;
    while shown < lines.len() {
        // The window may have another size by now.
        let Some((rows, columns)) = size() else { break };
        let page = page(&lines[shown..], rows.saturating_sub(1).max(1), columns);
        console.data(&lines[shown..shown + page].concat());
        shown += page;
        if shown < lines.len() && !goes_on(console, shown, lines.len()) {
            console.talk(&format!(
                "-- stopped after {} of {} lines --\n",
                grouped(shown),
                grouped(lines.len())
            ));
            return;
        }
    }
    console.data(&lines[shown.min(lines.len())..].concat());
}

/// How many of the lines a screen of so many rows shows, at least one; the whole rest, where it fits.
fn page(lines: &[&str], rows: usize, columns: usize) -> usize {
    let mut used = 0;
    let fits = |line: &&&str| {
        let plain = anstream::adapter::strip_str(line.trim_end_matches('\n')).to_string();
        used += plain.width().div_ceil(columns.max(1)).max(1);
        used <= rows
    };
    lines.iter().take_while(fits).count().max(1)
}

/// Asks whether to go on; the question is taken away again.
fn goes_on(console: &Console, shown: usize, all: usize) -> bool {
    let question =
        format!("-- {} of {} lines: Enter or space for more, q to stop --", grouped(shown), grouped(all));
    console.talk(&question);
    let key = loop {
        match read_key() {
            Some(key) if STOPS.contains(&key) || [b' ', b'\r', b'\n'].contains(&key) => break Some(key),
            Some(_) => {}
            None => break None,
        }
    };
    console.talk(&format!("\r{:1$}\r", "", question.len()));
    key.is_some_and(|key| !STOPS.contains(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_counts_the_rows_that_a_line_takes() {
        let lines = ["a\n", "bbbbbbbbbbbb\n", "\n", "日本語日本語\n", "\u{1b}[1mccccc\u{1b}[0m\n"];
        assert_eq!(page(&lines, 3, 10), 2);
        assert_eq!(page(&lines, 4, 10), 3);
        assert_eq!(page(&lines, 7, 10), 5);
        assert_eq!(page(&lines[1..], 1, 10), 1, "a line that is too long is shown, too");
        assert_eq!(page(&lines, 100, 10), 5);
    }
}
