//! Normalizes the text of a file for sending, and computes its checksum.
//!
//! **Invariant:** the same migration has the same checksum with Windows' line ends and without.

use super::super::error::MigrationError;
use super::super::sql::script::Script;
use sha2::{Digest, Sha256};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationText {
    /// Without byte-order mark, with `\n` outside quotes: D1's splitter trips over `\r\n` (D1-9).
    pub sql: Script,
    /// Of the text with every line end as `\n`, 64 hexadecimal characters.
    pub sha256: String,
}

impl MigrationText {
    /// Reads what a file holds.
    pub fn decode(file: &str, text: &str) -> Result<Self, MigrationError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(at) = text.find('\0') {
            let line = text[..at].matches('\n').count() + 1;
            return Err(MigrationError::Nul { file: file.to_owned(), line });
        }
        let digest = Sha256::digest(text.replace("\r\n", "\n"));
        Ok(MigrationText { sql: Script::new(newlines(text)), sha256: hex::encode(digest) })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum LexState {
    Nothing,
    Quotes(char),
    Line,
    Block,
}

/// `\r\n` as `\n` outside quotes; inside it is data.
fn newlines(text: &str) -> String {
    let mut sql = String::with_capacity(text.len());
    let mut inside = LexState::Nothing;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        if character == '\r' && next == Some('\n') && !matches!(inside, LexState::Quotes(_)) {
            continue;
        }
        sql.push(character);
        inside = match (inside, character, next) {
            (LexState::Nothing, '\'' | '"' | '`', _) => LexState::Quotes(character),
            (LexState::Nothing, '[', _) => LexState::Quotes(']'),
            (LexState::Nothing, '-', Some('-')) => LexState::Line,
            (LexState::Nothing, '/', Some('*')) => {
                // The star is taken along, so that `/*/` does not end where it begins.
                sql.extend(characters.next());
                LexState::Block
            }
            (LexState::Quotes(end), _, _) if character == end => LexState::Nothing,
            (LexState::Line, '\n', _) => LexState::Nothing,
            (LexState::Block, '*', Some('/')) => {
                sql.extend(characters.next());
                LexState::Nothing
            }
            (same, _, _) => same,
        };
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> MigrationText {
        MigrationText::decode("1.sql", text).unwrap()
    }

    #[test]
    fn line_ends_are_data_inside_quotes_only() {
        let text = "-- it's\r\nSELECT 'a\r\n''b\r\n', \"c\r\n\", [d\r\n]; /* ' \r\n*/\r\nSELECT '/*\r\n';/*/\r\n'*/\r\n";
        let sql = "-- it's\nSELECT 'a\r\n''b\r\n', \"c\r\n\", [d\r\n]; /* ' \n*/\nSELECT '/*\r\n';/*/\n'*/\n";
        assert_eq!(decode(text).sql.text(), sql);
    }

    #[test]
    fn a_checkout_on_windows_is_the_same_migration() {
        let unix = decode("CREATE TABLE t (x DEFAULT 'a\nb');\n");
        let windows = decode("\u{feff}CREATE TABLE t (x DEFAULT 'a\r\nb');\r\n");
        assert_eq!(unix.sha256, windows.sha256);
        assert_ne!(unix.sha256, decode("CREATE TABLE t (x DEFAULT 'a b');\n").sha256);
        assert_eq!(decode("").sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn a_nul_is_refused_with_its_line() {
        let error = MigrationText::decode("1.sql", "SELECT 1;\nSELECT '\0';").unwrap_err();
        assert_eq!(error.to_string(), "`1.sql` holds a NUL byte in line 2");
    }
}
