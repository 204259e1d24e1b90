//! Wraps text to the width of a terminal. Lines break between words, and never inside backticks, since that text is
//! meant to be copied.

use anstream::adapter::strip_str;
use unicode_width::UnicodeWidthStr;

/// Where nobody says how wide a terminal is.
pub const COLUMNS: usize = 80;

/// The text in lines of at most so many columns, where its words allow it; lines after the first begin with `indent` blanks.
/// `used` columns of the first are taken. What styles a word takes none.
pub fn wrapped(text: &str, columns: usize, used: usize, indent: usize) -> String {
    let lines = text.split('\n').enumerate();
    let wrapped = lines.map(|(number, line)| fill(line, columns, if number == 0 { used } else { 0 }, indent));
    wrapped.collect::<Vec<_>>().join("\n")
}

fn fill(line: &str, columns: usize, used: usize, indent: usize) -> String {
    let mut filled = String::with_capacity(line.len());
    let mut column = used;
    for (number, word) in words(line).into_iter().enumerate() {
        let width = strip_str(word).to_string().width();
        if number == 0 {
            column += width;
        } else if column + 1 + width > columns {
            filled = format!("{filled}\n{:indent$}", "");
            column = indent + width;
        } else {
            filled.push(' ');
            column += 1 + width;
        }
        filled += word;
    }
    filled
}

/// Words between single blanks; what stands in backticks belongs to one.
fn words(line: &str) -> Vec<&str> {
    let (mut words, mut begin, mut is_literal) = (Vec::new(), 0, false);
    let closes = |at: usize| line[at + 1..].contains('`');
    for (at, c) in line.char_indices() {
        match c {
            '`' if is_literal || closes(at) => is_literal = !is_literal,
            ' ' if !is_literal => {
                words.push(&line[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[begin..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_between_words_and_not_in_a_command() {
        let text =
            "the way back: `larder eval -e dev 'd1::find(\"x\").restore(\"b\")'` brings all of it back";
        assert_eq!(
            wrapped(text, 30, 6, 2),
            "the way back:\n  `larder eval -e dev 'd1::find(\"x\").restore(\"b\")'`\n  brings all of it back"
        );
        assert_eq!(wrapped("a b", 3, 0, 2), "a b");
        assert_eq!(wrapped("a bc", 3, 0, 2), "a\n  bc");
        assert_eq!(wrapped("one `two three", 5, 0, 0), "one\n`two\nthree", "a backtick alone quotes nothing");
        assert_eq!(wrapped("a\n\n  b c", 80, 79, 2), "a\n\n  b c", "lines of a text stay lines");
    }
}
