//! Entries of a session, and how a text of several lines is split into them.

use crate::script::lex::{self, TokenKind};

/// What is entered at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub text: String,
    /// The file that it stands in, and the line in which it begins; `None` where it was typed.
    pub file: Option<(String, usize)>,
}

impl Entry {
    pub fn typed(text: &str) -> Self {
        Entry { text: text.to_owned(), file: None }
    }

    /// The entries of a text that may be a pasted one: each ends with the line in which it is complete.
    pub fn all_of(text: &str) -> Vec<Entry> {
        parts(text).into_iter().map(|(_, text)| Entry::typed(&text)).collect()
    }

    /// The same of a file.
    pub fn all_of_file(name: &str, text: &str) -> Vec<Entry> {
        let entry = |(line, text)| Entry { text, file: Some((name.to_owned(), line)) };
        parts(text).into_iter().map(entry).collect()
    }
}

/// Each part with the line in which it begins, from 1; what is empty or a comment is none.
fn parts(text: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in lines.iter().enumerate() {
        let (first, part) = match open.take() {
            Some((first, part)) => (first, format!("{part}\n{line}")),
            None => (at + 1, (*line).to_owned()),
        };
        let is_command = part.trim_start().starts_with(':');
        let goes_on =
            !is_command && (lex::incomplete(&part) || lines.get(at + 1).is_some_and(|next| continues(next)));
        if goes_on && at + 1 < lines.len() {
            open = Some((first, part));
        } else if is_command || !lex::code(&part).is_empty() {
            found.push((first, part.trim_end().to_owned()));
        }
    }
    found
}

/// Whether a line can only go on with what stands before it.
fn continues(line: &str) -> bool {
    let tokens = lex::code(line);
    let Some(first) = tokens.first() else { return false };
    let text = first.text(line);
    match first.kind {
        TokenKind::Word => matches!(text, "else" | "catch"),
        TokenKind::Symbol => {
            !matches!(text, "(" | "[" | "{" | "#{" | "|" | "||" | "!" | "-" | "+" | ":" | "#" | "?")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_text_is_read_entry_by_entry() {
        let text = "// note\nlet a = 1;\nlet b = [\n  2,\n];\n\nif a == 1 {\n 1\n}\nelse {\n 2\n}\nkv::list()\n  .len\n:vars\n";
        assert_eq!(
            parts(text),
            [
                (2, "let a = 1;".to_owned()),
                (3, "let b = [\n  2,\n];".to_owned()),
                (7, "if a == 1 {\n 1\n}\nelse {\n 2\n}".to_owned()),
                (13, "kv::list()\n  .len".to_owned()),
                (15, ":vars".to_owned()),
            ]
        );
        assert_eq!(parts("let a = [1,\n\n"), [(1, "let a = [1,".to_owned())]);
        assert_eq!(parts("let a = [1,"), [(1, "let a = [1,".to_owned())]);
        assert_eq!(parts(""), []);
    }
}
