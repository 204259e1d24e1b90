//! Converts between lines and columns and byte offsets.

/// A place in a text; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// The byte at a line and column; past the end of a line it is the line's end, past the last line the end of
/// the text.
pub fn offset(source: &str, at: LineColumn) -> usize {
    let mut start = 0;
    for (index, line) in source.split_inclusive('\n').enumerate() {
        if index + 1 == at.line {
            let end = line.trim_end_matches(['\n', '\r']).len();
            let column = line.char_indices().nth(at.column.saturating_sub(1)).map_or(end, |(byte, _)| byte);
            return start + column.min(end);
        }
        start += line.len();
    }
    source.len()
}

/// The line and column of a byte; one inside a character counts as its start.
pub fn line_column(source: &str, offset: usize) -> LineColumn {
    let mut place = LineColumn { line: 1, column: 1 };
    for (byte, character) in source.char_indices() {
        if byte + character.len_utf8() > offset {
            break;
        }
        if character == '\n' {
            place.line += 1;
            place.column = 1;
        } else {
            place.column += 1;
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_found_again() {
        let source = "let é = 1;\r\n\n  \"日本\";\nx";
        for (byte, character) in source.char_indices().filter(|(_, c)| !matches!(c, '\r' | '\n')) {
            assert_eq!(offset(source, line_column(source, byte)), byte, "{character:?}");
        }
        assert_eq!(line_column(source, source.len()), LineColumn { line: 4, column: 2 });
    }

    #[test]
    fn places_past_the_end_are_clamped() {
        assert_eq!(offset("ab\ncd", LineColumn { line: 1, column: 99 }), 2);
        assert_eq!(offset("ab\ncd", LineColumn { line: 9, column: 1 }), 5);
        assert_eq!(offset("", LineColumn { line: 1, column: 1 }), 0);
        assert_eq!(offset("ab", LineColumn { line: 0, column: 0 }), 2);
    }
}
