//! Quotes command lines for a shell.

/// An argument as a shell takes it.
pub fn word(argument: &str) -> String {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '=' | ':' | ',' | '@' | '+')
    };
    // What begins with `=` is a path to zsh.
    if !argument.is_empty() && !argument.starts_with('=') && argument.chars().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// A flag with its value, as a shell takes them: `--also 'sp ace'`.
pub fn flag(name: &str, value: &str) -> String {
    if value.starts_with('-') { word(&format!("{name}={value}")) } else { format!("{name} {}", word(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_flag_is_joined_to_its_own() {
        for (value, written) in
            [("x", "--also x"), ("-x", "--also=-x"), ("-x y", "'--also=-x y'"), ("=x", "--also '=x'")]
        {
            assert_eq!(flag("--also", value), written);
        }
    }

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (argument, quoted) in
            [("a/b.sql", "a/b.sql"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''"), ("$X", "'$X'")]
        {
            assert_eq!(word(argument), quoted);
        }
    }
}
