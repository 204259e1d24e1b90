//! Command lines that can be pasted.

/// An argument as a shell takes it.
pub fn word(argument: &str) -> String {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '=' | ':' | ',' | '@' | '+')
    };
    if !argument.is_empty() && argument.chars().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (argument, quoted) in
            [("a/b.sql", "a/b.sql"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''"), ("$X", "'$X'")]
        {
            assert_eq!(word(argument), quoted);
        }
    }
}
