//! Makes text from outside (names, server messages, script output) safe to print: invisible characters become
//! visible, and no text can start a line, move the cursor or send a command to a CI runner.
//!
//! **Invariant:** the result has no control, bidi, zero-width or other blank character but the plain space, and no
//! GitHub workflow command.

pub mod numbers;
pub mod wrap;

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` on one line, with every invisible character as `\n`, `\t` or `\u{202e}` (GH-1).
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) && !text.contains(BRACKET_COMMAND) && !starts_command(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_invisible(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    // The runner finds the old form of a command anywhere in a line, the new one after leading blanks (GH-1).
    let mut out = out.replace(BRACKET_COMMAND, "#\\u{23}[");
    if starts_command(&out) {
        out = out.replacen("::", "\\u{3a}:", 1);
    }
    Cow::Owned(out)
}

/// `text` as it is for a program that reads it: line breaks stay, other control characters are written as `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    let moves_a_cursor = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(moves_a_cursor) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if moves_a_cursor(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// At most `chars_max` characters of an escaped text; what is cut is counted.
pub fn clip(text: Cow<'_, str>, chars_max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars_max) {
        None => text,
        Some((end, _)) => {
            let more = text.chars().count() - chars_max;
            Cow::Owned(format!("{}... ({more} more characters)", &text[..end]))
        }
    }
}

const BRACKET_COMMAND: &str = "##[";

fn starts_command(text: &str) -> bool {
    text.trim_start().starts_with("::")
}

/// Unicode's controls, bidi marks, default-ignorable and blank characters (Unicode 16, `DerivedCoreProperties`).
fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hostile name and how it is shown.
    const HOSTILE: [(&str, &str); 45] = [
        ("", ""),
        ("SESSIONS", "SESSIONS"),
        ("zażółć-数据-🦀", "zażółć-数据-🦀"),
        ("two words", "two words"),
        ("a\nb", "a\\nb"),
        ("a\r\nb", "a\\r\\nb"),
        ("\rerased", "\\rerased"),
        ("a\tb", "a\\tb"),
        ("nul\0", "nul\\u{0}"),
        ("\u{7}bell", "\\u{7}bell"),
        ("back\u{8}space", "back\\u{8}space"),
        ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
        ("\u{1b}]8;;http://x\u{7}link", "\\u{1b}]8;;http://x\\u{7}link"),
        ("\u{9b}2J", "\\u{9b}2J"),
        ("del\u{7f}", "del\\u{7f}"),
        ("next\u{85}line", "next\\u{85}line"),
        ("user\u{202e}gpj.exe", "user\\u{202e}gpj.exe"),
        ("a\u{202a}b\u{202c}", "a\\u{202a}b\\u{202c}"),
        ("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}"),
        ("\u{200e}\u{200f}", "\\u{200e}\\u{200f}"),
        ("\u{61c}arabic", "\\u{61c}arabic"),
        ("SES\u{200b}SIONS", "SES\\u{200b}SIONS"),
        ("a\u{200d}b", "a\\u{200d}b"),
        ("a\u{2060}b", "a\\u{2060}b"),
        ("\u{feff}bom", "\\u{feff}bom"),
        ("soft\u{ad}hyphen", "soft\\u{ad}hyphen"),
        ("a\u{34f}b", "a\\u{34f}b"),
        ("\u{3164}", "\\u{3164}"),
        ("\u{2800}", "\\u{2800}"),
        ("a\u{a0}b", "a\\u{a0}b"),
        ("a\u{3000}b", "a\\u{3000}b"),
        ("line\u{2028}separator", "line\\u{2028}separator"),
        ("para\u{2029}graph", "para\\u{2029}graph"),
        ("no\u{fffe}character", "no\\u{fffe}character"),
        ("a\u{fe0f}", "a\\u{fe0f}"),
        ("tag\u{e0041}", "tag\\u{e0041}"),
        ("a\u{e0100}", "a\\u{e0100}"),
        ("::error::boo", "\\u{3a}:error::boo"),
        ("  ::stop-commands::x", "  \\u{3a}:stop-commands::x"),
        ("x\n::set-output name=a::b", "x\\n::set-output name=a::b"),
        ("kv::ensure", "kv::ensure"),
        ("##[group]x", "#\\u{23}[group]x"),
        ("x ###[error]", "x ##\\u{23}[error]"),
        ("EOF\nPATH=/tmp", "EOF\\nPATH=/tmp"),
        ("${{ secrets.X }} <img onerror=a> `|`", "${{ secrets.X }} <img onerror=a> `|`"),
    ];

    #[test]
    fn hostile_names_are_shown_as_what_they_are() {
        for (name, shown) in HOSTILE {
            assert_eq!(escape(name), shown, "{name:?}");
        }
    }

    #[test]
    fn every_character_ends_visible() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let text = c.to_string();
            let shown = escape(&text);
            assert!(!shown.chars().any(is_invisible), "{c:?}");
            assert_eq!(escape(&shown), shown, "{c:?}: escaping twice is escaping once");
        }
    }

    #[test]
    fn commands_do_not_survive_in_any_combination() {
        let parts = ["::", "##[", "#", "[", ":", " ", "\n", "\u{85}", "\u{a0}", "x"];
        for a in parts {
            for b in parts {
                for c in parts {
                    let text = format!("{a}{b}{c}");
                    let shown = escape(&text);
                    assert!(!shown.trim_start().starts_with("::"), "{text:?}");
                    assert!(!shown.contains("##["), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn clip_counts_what_it_cuts() {
        assert_eq!(clip(Cow::Borrowed("żółw"), 4), "żółw");
        assert_eq!(clip(Cow::Borrowed("żółwie"), 4), "żółw... (2 more characters)");
    }
}
