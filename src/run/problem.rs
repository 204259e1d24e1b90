//! What is wrong in a script, as reports show it.

use crate::events::{Finding, Problem};
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
        at: diagnostic.at.clone(),
        message: diagnostic.title.clone(),
        hint: diagnostic.helps.first().cloned(),
    }
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
