//! Converts between byte offsets and positions as editors count them.
//!
//! **Invariant:** every place has a byte and every byte a place, whatever a client asks for: what lies outside is moved to the
//! nearest that lies inside, and what lies inside a character to its beginning.

use lsp_types::{Position, Range};

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    /// Bytes.
    Utf8,
    /// Halves of pairs, as JavaScript counts.
    Utf16,
}

impl Units {
    fn of(self, character: char) -> usize {
        match self {
            Units::Utf8 => character.len_utf8(),
            Units::Utf16 => character.len_utf16(),
        }
    }
}

/// A text by its lines.
pub(super) struct Lines<'a> {
    text: &'a str,
    begins: Vec<usize>,
    units: Units,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str, units: Units) -> Self {
        let bytes = text.as_bytes();
        // `\r` alone ends a line, too, says the protocol.
        let ends =
            |at: usize| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        let after = (0..bytes.len()).filter(|at| ends(*at)).map(|at| at + 1);
        Lines { text, begins: std::iter::once(0).chain(after).collect(), units }
    }

    /// The byte of a place.
    pub(super) fn byte(&self, at: Position) -> usize {
        let line = at.line as usize;
        let Some(begin) = self.begins.get(line).copied() else { return self.text.len() };
        let end = self.begins.get(line + 1).copied().unwrap_or(self.text.len());
        let line = self.text[begin..end].trim_end_matches(['\n', '\r']);
        let mut left = at.character as usize;
        for (byte, character) in line.char_indices() {
            let width = self.units.of(character);
            if left < width {
                return begin + byte;
            }
            left -= width;
        }
        begin + line.len()
    }

    /// The place of a byte.
    pub(super) fn place(&self, byte: usize) -> Position {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.begins.partition_point(|begin| *begin <= byte).saturating_sub(1);
        let before = &self.text[self.begins[line]..byte];
        let column: usize = before.chars().map(|character| self.units.of(character)).sum();
        Position { line: count(line), character: count(column) }
    }

    /// The places of bytes.
    pub(super) fn range(&self, bytes: std::ops::Range<usize>) -> Range {
        Range { start: self.place(bytes.start), end: self.place(bytes.end) }
    }

    /// The bytes of places, however they are ordered.
    pub(super) fn bytes(&self, range: Range) -> std::ops::Range<usize> {
        let (one, other) = (self.byte(range.start), self.byte(range.end));
        one.min(other)..one.max(other)
    }
}

/// As the protocol counts; no text has more.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_count_halves_of_pairs_or_bytes() {
        let text = "é😀x\r\ny\rz";
        let at = |units, line, character| Lines::of(text, units).byte(Position { line, character });
        // The middle of a pair is its beginning.
        assert_eq!([0, 1, 2, 3, 4, 9].map(|column| at(Units::Utf16, 0, column)), [0, 2, 2, 6, 7, 7]);
        assert_eq!([0, 1, 2, 6, 7].map(|column| at(Units::Utf8, 0, column)), [0, 0, 2, 6, 7]);
        assert_eq!(
            [(1, 0), (1, 9), (2, 0), (3, 0)].map(|(line, column)| at(Units::Utf8, line, column)),
            [9, 10, 11, 12]
        );
    }

    proptest! {
        #[test]
        fn every_byte_is_found_again(text in "[a-cé😀\n\r]{0,12}") {
            for units in [Units::Utf8, Units::Utf16] {
                let lines = Lines::of(&text, units);
                for (byte, character) in text.char_indices().filter(|(_, one)| !matches!(one, '\n' | '\r')) {
                    prop_assert_eq!(lines.byte(lines.place(byte)), byte, "{:?}", character);
                }
                prop_assert_eq!(lines.byte(lines.place(text.len())), text.len());
            }
        }
    }
}
