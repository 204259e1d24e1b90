//! The output file of the runner: for each output a name, a delimiter, the value on its own lines, and the
//! delimiter again.
//!
//! **Invariant:** no value holds its delimiter, so that nothing in a value is read as an output.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A name that GitHub takes.
const NAME_CHARS_MAX: usize = 100;

/// Whether an output can be called so.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && name.len() <= NAME_CHARS_MAX
}

/// The block that gives every output.
pub(super) fn block(outputs: &[(String, String)]) -> String {
    outputs.iter().fold(String::new(), |mut block, (name, value)| {
        let delimiter = delimiter(name, value);
        let _ = writeln!(block, "{name}<<{delimiter}\n{value}\n{delimiter}");
        block
    })
}

/// A word that the value does not hold: 128 bits of its own hash, which nobody can put into it, looked for all the same.
fn delimiter(name: &str, value: &str) -> String {
    let mut round = 0_u64;
    loop {
        let hash = Sha256::new().chain_update(round.to_le_bytes()).chain_update(name).chain_update(value);
        let delimiter = format!("larder_{}", hex::encode(&hash.finalize()[..16]));
        if !value.contains(&delimiter) && !name.contains(&delimiter) {
            return delimiter;
        }
        round += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_between_words_it_does_not_hold() {
        let outputs = [("a".to_owned(), "x\ny".to_owned()), ("empty".to_owned(), String::new())];
        let block = block(&outputs);
        let lines: Vec<&str> = block.split('\n').collect();
        let delimiter = lines[0].strip_prefix("a<<").unwrap();
        assert_eq!(delimiter.len(), "larder_".len() + 32);
        assert_eq!(lines[1..4], ["x", "y", delimiter]);
        assert_eq!((lines.len(), lines[7]), (8, ""));
    }

    #[test]
    fn names_are_words() {
        for name in ["a", "_a", "A-1", &"x".repeat(100)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1a", "-a", "a b", "a=b", "a<<b", "a\nb", "ä", &"x".repeat(101)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
