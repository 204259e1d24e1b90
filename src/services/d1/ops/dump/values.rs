//! Rewrites the values of a row to a form that SQL can read back.
//!
//! D1 writes NUL as it is, which SQL can't have, and the rest as JavaScript does: `Infinity`, integers beyond 2^53 rounded
//! (D1-23), and, as far as is known, U+FFFD for bytes that are not UTF-8.

use super::super::split::{Lexeme, Pieces, unquoted};

/// Beyond it JavaScript rounds integers.
const EXACT_MAX: u64 = 1 << 53;
const EXACT_DIGITS: usize = 16;
/// What stands for bytes that are not UTF-8 where text is read as such: U+FFFD.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// What was seen of all rows.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    long: usize,
    rounded: usize,
    replaced: usize,
}

impl Warnings {
    /// Counts a statement that D1 does not take.
    pub(super) fn too_long(&mut self) {
        self.long += 1;
    }

    pub(super) fn said(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.long > 0 {
            said.push(format!(
                "{} of more than 100,000 bytes: D1 exports such a row, and refuses to load it",
                counted(self.long, "statement")
            ));
        }
        if self.rounded > 0 {
            said.push(format!(
                "{} beyond 2^53, which D1's export may have rounded: compare with `SELECT CAST(.. AS TEXT)`",
                counted(self.rounded, "integer")
            ));
        }
        if self.replaced > 0 {
            said.push(format!(
                "{} with U+FFFD, which D1's export may have written for bytes that are not UTF-8: compare with \
                 `SELECT hex(..)`",
                counted(self.replaced, "text")
            ));
        }
        said
    }
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Writes the statement of a row.
pub(super) fn write(statement: &[u8], text: &mut Vec<u8>, warnings: &mut Warnings) {
    let mut pieces = Pieces::of(statement);
    let mut written = 0;
    while let Some((piece, start)) = pieces.next() {
        let found = &statement[start..pieces.at()];
        if piece == Lexeme::Quoted && found.windows(REPLACEMENT.len()).any(|bytes| bytes == REPLACEMENT) {
            warnings.replaced += 1;
        }
        let replaced = match piece {
            Lexeme::Quoted if found[0] == b'\'' && !is_plain(found) => as_bytes(found),
            Lexeme::Word if found == b"Infinity" => "9e999".to_owned(),
            Lexeme::Word if is_rounded(found) => {
                warnings.rounded += 1;
                continue;
            }
            _ => continue,
        };
        text.extend_from_slice(&statement[written..start]);
        text.extend_from_slice(replaced.as_bytes());
        written = pieces.at();
    }
    text.extend_from_slice(&statement[written..]);
}

/// Whether a literal can stand in a file of SQL.
fn is_plain(literal: &[u8]) -> bool {
    !literal.contains(&0) && std::str::from_utf8(literal).is_ok()
}

/// A text by its bytes.
fn as_bytes(literal: &[u8]) -> String {
    format!("CAST(X'{}' AS TEXT)", hex::encode_upper(unquoted(literal)))
}

fn is_rounded(word: &[u8]) -> bool {
    let digits = std::str::from_utf8(word).ok().filter(|word| word.len() >= EXACT_DIGITS);
    let number = digits.filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    number.is_some_and(|number| number.parse::<u64>().map_or(true, |number| number > EXACT_MAX))
}
