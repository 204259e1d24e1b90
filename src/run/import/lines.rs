//! Formats comments and strings so that they stay on their lines, whatever characters a name or an answer contains.

use crate::escape::escape;
use std::fmt::Write as _;

/// A comment, its lines broken between words, each with `mark` before it.
pub(super) fn comment(mark: &str, text: &str) -> String {
    const COLUMNS: usize = 110;
    let mut lines = vec![String::new()];
    for word in escape(text).split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > COLUMNS {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", format!("{mark} {line}").trim_end());
        text
    })
}

/// A text in quotes, as TOML and recipes both read it: what can't be seen by its number.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => literal.extend(['\\', letter]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            ' '..='~' => literal.push(letter),
            letter if letter.is_alphanumeric() => literal.push(letter),
            letter => {
                let _ = write!(literal, "\\U{:08x}", u32::from(letter));
            }
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_t_be_seen_is_written_by_its_number() {
        assert_eq!(literal("a \"b\" \\ `${c}` ü"), r#""a \"b\" \\ `${c}` ü""#);
        assert_eq!(literal("\n\t\u{7f}\u{202e}😀"), r#""\n\t\U0000007f\U0000202e\U0001f600""#);
    }

    #[test]
    fn comments_are_broken_between_words() {
        assert_eq!(comment("#", "a\nb"), "# a\\nb\n");
        let long = comment("//", &"word ".repeat(40));
        assert!(long.lines().count() == 2 && long.lines().all(|line| line.starts_with("// word")), "{long}");
    }
}
