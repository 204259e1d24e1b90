//! Decides whether a text is incomplete, so that the session reads another line.

use super::{TokenKind, code, nesting, tokens};

/// Operators that need something after them.
const OPEN_ENDED: &[&str] = &[
    "+", "-", "*", "/", "%", "**", "=", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "??", ".", "?.", "::",
    ",", "=>", "+=", "-=", "*=", "/=", "&", "|", "^", "!", ":", "..", "..=",
];

/// Words that need something after them.
const OPEN_WORDS: &[&str] = &[
    "let", "const", "fn", "if", "else", "while", "for", "in", "do", "import", "as", "switch", "try", "catch",
];

/// Whether more lines can complete `source`: an open bracket, back-tick string, raw string or comment, or an
/// operator or keyword at the end. A `"` string without its end cannot be continued, so it is not incomplete
/// but wrong.
pub fn incomplete(source: &str) -> bool {
    let open_text =
        |text: &str| !text.starts_with(['"', '\'']) || text.ends_with("\\\n") || text.ends_with('\\');
    if tokens(source)
        .iter()
        .any(|token| token.kind == TokenKind::Unterminated && open_text(token.text(source)))
    {
        return true;
    }
    let code = code(source);
    if code.iter().map(|token| nesting(source, token)).sum::<isize>() > 0 {
        return true;
    }
    let Some(last) = code.last() else { return false };
    let text = last.text(source);
    match last.kind {
        // `|x|` at the end of a closure's parameters looks like an operator and is open as well.
        TokenKind::Symbol => OPEN_ENDED.contains(&text),
        // `h.in` would be a property, but Rhai reserves these words there too.
        TokenKind::Word => OPEN_WORDS.contains(&text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_go_on() {
        for source in [
            "let a = [1,",
            "step(\"x\", || {",
            "fn f() {",
            "let a = 1 +",
            "if x {",
            "`abc ${1 +",
            "`abc",
            "#{ a: 1",
            "/* hi",
            "let",
            "kv::",
            "a.",
            "f(",
            "if true { 1 } else",
            "switch 1 { 1 =>",
            "for i in",
            "fn f(a",
            "|x|",
            "|x| {",
            "import",
            "import \"a\" as",
            "let a = `x\n",
            "\"a\\\n",
            "#\"raw\n",
        ] {
            assert!(incomplete(source), "{source:?}");
        }
    }

    #[test]
    fn what_is_finished_or_wrong() {
        for source in [
            "let a = 1",
            "let a = 1;",
            "1 + 1",
            "\"abc",
            "\"abc\ndef",
            "// comment",
            "",
            "}",
            "let x = )",
            "a b",
            "'a",
            "let a = `x\n`",
            "`${1}`",
            "f(`${#{a: 1}}`)",
            "[1, 2]",
        ] {
            assert!(!incomplete(source), "{source:?}");
        }
    }
}
