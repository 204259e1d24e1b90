//! Reserved words that are used as names.

/// Words that cannot be a variable, property, bare map key, function or module (RHAI-1).
pub const RESERVED_WORDS: &[&str] = &[
    "default",
    "match",
    "module",
    "static",
    "package",
    "use",
    "new",
    "case",
    "with",
    "is",
    "go",
    "goto",
    "spawn",
    "thread",
    "sync",
    "async",
    "await",
    "yield",
    "shared",
    "public",
    "private",
    "protected",
    "super",
    "void",
    "null",
    "nil",
    "var",
    "import",
    "export",
    "loop",
    "switch",
    "this",
    "as",
    "in",
    "try",
    "catch",
    "throw",
    "return",
    "print",
    "debug",
    "eval",
    "call",
    "curry",
    "let",
    "const",
    "fn",
    "if",
    "else",
    "while",
    "do",
    "until",
    "for",
    "break",
    "continue",
    "true",
    "false",
    "Fn",
    "type_of",
    "is_def_fn",
    "is_def_var",
    "is_shared",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::committed;

    #[test]
    fn the_language_document_lists_all_of_them() {
        let mut words = RESERVED_WORDS.to_vec();
        words.sort_unstable();
        let lines: Vec<String> = words
            .chunks(10)
            .map(|line| line.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
            .collect();
        committed::block("docs/language.md", "reserved words", &format!("{}.", lines.join(",\n")));
    }
}
