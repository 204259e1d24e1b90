//! Reads a text in parts and returns its statements one by one.
//!
//! **Invariant:** no more is held than the statement that is being read and one part.

use super::{StatementRange, StatementSplitter};
use std::io::{self, Read};
use std::ops::Range;

const PART_BYTES: usize = 64 << 10;

/// Reads statements, without their semicolons.
pub(in super::super) struct Statements<R> {
    reader: R,
    cutter: StatementSplitter,
    buffer: Vec<u8>,
    /// Where in the text the buffer begins.
    base: u64,
    /// How much of the buffer was looked at.
    seen: usize,
    is_over: bool,
}

impl<R: Read> Statements<R> {
    pub(in super::super) fn of(reader: R) -> Self {
        Statements {
            reader,
            cutter: StatementSplitter::default(),
            buffer: Vec::new(),
            base: 0,
            seen: 0,
            is_over: false,
        }
    }

    /// The next statement; `None` at the end.
    pub(in super::super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            let (cut, read) = self.cutter.feed(&self.buffer[self.seen..]);
            self.seen += read;
            if let Some(cut) = cut {
                let place = self.place(cut);
                return Ok(Some(&self.buffer[place]));
            }
            if self.is_over {
                let last = self.cutter.finish().map(|cut| self.place(cut));
                return Ok(last.map(|place| &self.buffer[place]));
            }
            self.read_on()?;
        }
    }

    /// Drops what is done with, and reads another part.
    fn read_on(&mut self) -> io::Result<()> {
        let done = self.cutter.begin().map_or(self.seen, |begin| self.within(begin));
        self.buffer.drain(..done);
        self.base += done as u64;
        self.seen -= done;
        let length = self.buffer.len();
        self.buffer.resize(length + PART_BYTES, 0);
        let read = self.reader.read(&mut self.buffer[length..])?;
        self.buffer.truncate(length + read);
        self.is_over = read == 0;
        Ok(())
    }

    fn place(&self, cut: StatementRange) -> Range<usize> {
        self.within(cut.begin)..self.within(cut.end)
    }

    fn within(&self, at: u64) -> usize {
        usize::try_from(at.saturating_sub(self.base)).unwrap_or(usize::MAX).min(self.buffer.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    #[test]
    fn statements_are_whole_however_the_text_comes() {
        let long = format!("SELECT '{}'", "x;".repeat(PART_BYTES));
        let text = format!(" -- a\n{long} ; SELECT 2 -1;;\n/* b */ SELECT 3 -- c");
        for step in [1, 7, PART_BYTES, usize::MAX] {
            let mut statements = Statements::of(Slow(text.as_bytes(), step));
            let mut found = Vec::new();
            while let Some(statement) = statements.next().unwrap() {
                found.push(String::from_utf8(statement.to_vec()).unwrap());
            }
            assert_eq!(found, [long.as_str(), "SELECT 2 -1", "SELECT 3"], "{step}");
            assert!(statements.buffer.len() <= PART_BYTES + 1, "what is done with is dropped");
        }
    }
}
