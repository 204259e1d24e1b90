//! Workflow commands: log lines that the runner interprets.
//!
//! **Invariant:** a command is one line, and nothing in its properties or message ends them early.

use crate::secret::{BYTES_MIN, Secret};
use std::fmt::Write as _;

/// An error at a place, as one line.
pub(super) fn error(properties: &[(&str, &str)], message: &str) -> String {
    command("error", properties, message)
}

/// A warning at a place, as one line.
pub(super) fn warning(properties: &[(&str, &str)], message: &str) -> String {
    command("warning", properties, message)
}

/// Hides a secret in the log from now on: the runner looks for it line by line (GH-2).
pub(super) fn masks(secret: &Secret) -> String {
    let lines = secret.expose().split(['\r', '\n']);
    let long_enough = lines.filter(|line| line.len() >= BYTES_MIN);
    long_enough.map(|line| command("add-mask", &[], line)).collect()
}

fn command(name: &str, properties: &[(&str, &str)], message: &str) -> String {
    let mut line = format!("::{name}");
    // What has no value would be taken for nothing.
    for (index, (key, value)) in properties.iter().filter(|(_, value)| !value.is_empty()).enumerate() {
        let _ = write!(line, "{}{key}={}", if index == 0 { ' ' } else { ',' }, property(value));
    }
    let _ = writeln!(line, "::{}", data(message));
    line
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_line() {
        assert_eq!(
            error(&[("file", "a,b:c.sql"), ("line", ""), ("col", "7")], "100%\r\nno::yes"),
            "::error file=a%2Cb%3Ac.sql,col=7::100%25%0D%0Ano::yes\n"
        );
        assert_eq!(warning(&[], "odd"), "::warning::odd\n");
    }

    #[test]
    fn a_secret_is_masked_line_by_line() {
        let masks = |text: &str| masks(&Secret::new(text.into()));
        assert_eq!(masks("50%-token"), "::add-mask::50%25-token\n");
        assert_eq!(masks("first line\r\nsecond\nabc\n"), "::add-mask::first line\n::add-mask::second\n");
        assert_eq!(masks("true"), "", "an ordinary word stays readable");
    }
}
