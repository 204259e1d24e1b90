//! A window on the text of an import: a statement, and as much of the following text as SQLite may need.
//!
//! SQLite gives up a statement after 100,000 bytes, so that a little more than that is as good as the whole text.
//!
//! **Invariant:** what is passed over between two statements is blanks, comments and semicolons, which SQLite takes for none.

use super::failure::SqlError;
use super::transfers::ImportError;
use std::io::Read;

/// More than the longest statement (D1-17).
const AHEAD_BYTES: usize = 128 << 10;
const PART_BYTES: usize = 256 << 10;

/// A text that is read as it is needed.
pub(super) struct TextWindow<'a> {
    reader: &'a mut dyn Read,
    /// What is shown; while `is_over`, NUL ends it, as SQLite measures only such a text by the statement (SQL-8).
    text: String,
    at: usize,
    /// The beginning of a character whose rest was not read yet.
    begun: Vec<u8>,
    is_over: bool,
    ahead: usize,
}

impl<'a> TextWindow<'a> {
    pub(super) fn of(reader: &'a mut dyn Read) -> Self {
        TextWindow {
            reader,
            text: "\0".to_owned(),
            at: 0,
            begun: Vec::new(),
            is_over: false,
            ahead: AHEAD_BYTES,
        }
    }

    /// The text from the next statement on, ended by NUL; `None` where there is none any more.
    pub(super) fn statement(&mut self) -> Result<Option<&str>, ImportError> {
        loop {
            self.fill()?;
            let shown = &self.text[self.at..self.text.len() - 1];
            match blank(shown) {
                // A comment that is longer than what is shown.
                None if !self.is_over => self.ahead += PART_BYTES,
                None => return Ok(None),
                Some(0) if shown.is_empty() => return Ok(None),
                Some(0) => return Ok(Some(&self.text[self.at..])),
                Some(length) => {
                    self.at += length;
                    self.ahead = AHEAD_BYTES;
                }
            }
        }
    }

    /// Goes on behind the statement, which had so many bytes.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.text.len() - 1);
    }

    fn fill(&mut self) -> Result<(), ImportError> {
        if self.is_over || self.text.len() - self.at > self.ahead {
            return Ok(());
        }
        self.text.pop();
        self.text.drain(..self.at);
        self.at = 0;
        while !self.is_over && self.text.len() <= self.ahead + PART_BYTES {
            let mut part = std::mem::take(&mut self.begun);
            let length = part.len();
            part.resize(length + PART_BYTES, 0);
            let read = self.reader.read(&mut part[length..])?;
            part.truncate(length + read);
            self.is_over = read == 0;
            self.add(part)?;
        }
        self.text.push('\0');
        Ok(())
    }

    fn add(&mut self, part: Vec<u8>) -> Result<(), ImportError> {
        if part.contains(&0) {
            return Err(SqlError::error("unrecognized token: \"\\u0000\"").into());
        }
        match str::from_utf8(&part) {
            Ok(text) => self.text.push_str(text),
            Err(error) if error.error_len().is_none() && !self.is_over => {
                let (text, begun) = part.split_at(error.valid_up_to());
                self.text.push_str(&String::from_utf8_lossy(text));
                self.begun = begun.to_vec();
            }
            Err(_) => return Err(ImportError::NotText),
        }
        Ok(())
    }
}

/// The length of what stands before a statement; `None` where it ends in a comment that is open.
fn blank(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += match rest.as_bytes() {
            [b';', ..] => 1,
            [byte, ..] if byte.is_ascii_whitespace() => 1,
            [b'-', b'-', ..] => rest.find('\n')?,
            [b'/', b'*', ..] => 4 + rest[2..].find("*/")?,
            _ => return Some(at),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands before each `;`, as a reader of statements without quotes would pass over them.
    fn statements(text: &str) -> Vec<String> {
        let mut bytes = text.as_bytes();
        let mut window = TextWindow::of(&mut bytes);
        let mut found = Vec::new();
        while let Some(shown) = window.statement().unwrap() {
            let length = shown.find(';').unwrap_or(shown.len() - 1);
            found.push(shown[..length].to_owned());
            window.pass(length);
        }
        found
    }

    #[test]
    fn every_statement_is_shown_with_enough_behind_it() {
        assert_eq!(statements(" ;; -- a;\n/* ; */a;;b /**/"), ["a", "b /**/"]);
        for nothing in ["", ";", "-- a", "/* a", " \n"] {
            assert_eq!(statements(nothing), Vec::<String>::new(), "{nothing:?}");
        }
        let comment = format!("/* {} */", "é".repeat(PART_BYTES));
        let long = "ß".repeat(60_000);
        let text = format!("{long};{comment}{long}; a; -- {comment}\n{long}");
        assert_eq!(statements(&text), [long.as_str(), &long, "a", &long]);
        let many = "a;".repeat(300_000);
        assert_eq!(statements(&many).len(), 300_000);
    }
}
