//! A finding about a statement: location, message and hint.

use super::super::sql::script::Statement;
use crate::events;
use crate::op::Failure;
use std::fmt;

/// The longest piece of a statement in a message, in characters.
const EXCERPT_CHARS_MAX: usize = 60;

/// One thing that keeps the pending files from being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    /// From the project's folder.
    pub path: String,
    /// From 1; of the file as a whole: `None`.
    pub line_column: Option<(usize, usize)>,
    pub words: String,
    pub hint: String,
}

impl LintFinding {
    pub fn at(path: &str, statement: &Statement, words: String, hint: impl Into<String>) -> Self {
        let line_column = Some((statement.line, statement.column));
        LintFinding { path: path.to_owned(), line_column, words, hint: hint.into() }
    }
}

impl LintFinding {
    fn event(&self) -> events::Finding {
        let (line, column) = self.line_column.unwrap_or_default();
        let at = events::Site { file: self.path.clone(), line, column };
        events::Finding { at, message: self.words.clone(), hint: Some(self.hint.clone()) }
    }
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line_column {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.path, self.words),
            None => write!(f, "{}: {}", self.path, self.words),
        }
    }
}

/// Why a database is not migrated; `None` where there is nothing to say.
pub fn refusal(database: &str, findings: &[LintFinding]) -> Option<Failure> {
    refused(&format!("`{database}` is not migrated"), findings)
}

/// The same, for one thing.
pub fn refusal_for(database: &str, finding: &LintFinding) -> Failure {
    failure(&format!("`{database}` is not migrated"), finding, &[])
}

/// The same, with what is not done in other words.
pub fn refused(what: &str, findings: &[LintFinding]) -> Option<Failure> {
    let (first, more) = findings.split_first()?;
    Some(failure(what, first, more))
}

fn failure(what: &str, first: &LintFinding, rest: &[LintFinding]) -> Failure {
    let more = match rest.len() {
        0 => String::new(),
        1 => " (and 1 more finding)".to_owned(),
        count => format!(" (and {count} more findings)"),
    };
    let notes = rest.iter().map(|finding| format!("{finding}; {}", finding.hint));
    Failure::Findings {
        message: format!("{what}: {first}{more}"),
        hint: first.hint.clone(),
        notes: notes.collect(),
        findings: std::iter::once(first).chain(rest).map(LintFinding::event).collect(),
    }
}

/// The beginning of a statement, on one line.
pub fn excerpt(text: &str) -> String {
    excerpt_of(text, EXCERPT_CHARS_MAX)
}

/// The same of so many characters, to be cut where it is shown.
pub fn excerpt_of(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars_max) {
        Some((end, _)) => format!("`{}...`", &line[..end]),
        None => format!("`{line}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_the_message_and_the_rest_are_notes() {
        let finding = |line| LintFinding {
            path: "m/1.sql".into(),
            line_column: Some((line, 3)),
            words: "no".into(),
            hint: "leave it out".into(),
        };
        assert!(refusal("jobs", &[]).is_none());
        let failure = refusal("jobs", &[finding(1), finding(2), finding(9)]).unwrap();
        assert_eq!(failure.to_string(), "`jobs` is not migrated: m/1.sql:1:3: no (and 2 more findings)");
        assert_eq!(failure.hint().unwrap(), "leave it out");
        let Failure::Findings { notes, .. } = failure else { panic!() };
        assert_eq!(notes, ["m/1.sql:2:3: no; leave it out", "m/1.sql:9:3: no; leave it out"]);
    }

    #[test]
    fn an_excerpt_fits_on_a_line() {
        assert_eq!(excerpt("DROP\n  TABLE t"), "`DROP TABLE t`");
        assert_eq!(excerpt(&"ü".repeat(61)), format!("`{}...`", "ü".repeat(60)));
    }
}
