//! What is wrong in a script, as reports show it.

use crate::events::{Finding, Problem, Site};
use crate::script::diagnostics::{Diagnostic, Severity};

/// What ended a run, from what is wrong in its script.
pub fn problem_of(diagnostics: &[Diagnostic]) -> Option<Problem> {
    let wrong: Vec<&Diagnostic> =
        diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    let first = wrong.first()?;
    Some(Problem {
        hint: first.helps.first().cloned(),
        findings: wrong.iter().map(|diagnostic| finding(diagnostic)).collect(),
        ..problem("recipe", &first.title)
    })
}

/// A diagnostic, as reports show it.
pub fn finding(diagnostic: &Diagnostic) -> Finding {
    Finding {
        at: site(diagnostic),
        message: diagnostic.title.clone(),
        hint: diagnostic.helps.first().cloned(),
    }
}

/// Where a diagnostic is.
pub fn site(diagnostic: &Diagnostic) -> Site {
    let at = &diagnostic.at;
    Site { file: at.file.clone(), line: at.line, column: at.column }
}

/// A problem without more to say of it.
pub fn problem(kind: &str, message: &str) -> Problem {
    Problem {
        kind: kind.to_owned(),
        message: message.to_owned(),
        code: None,
        ray: None,
        hint: None,
        findings: Vec::new(),
    }
}
