//! Converts script errors to problems of a report.

use crate::events::{Finding, Problem};
use crate::script::diagnostics::{Diagnostic, Severity};

/// What ended a run: what a host function failed with, or what is wrong in the script itself.
pub fn problem_of(diagnostics: &[Diagnostic]) -> Option<Problem> {
    let wrong: Vec<&Diagnostic> =
        diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    let first = wrong.first()?;
    let hint = first.helps.first().cloned();
    let mut ended = match &first.cause {
        Some(cause) => (**cause).clone(),
        None => Problem { hint, ..Problem::new("recipe", &first.title) },
    };
    // What a host function failed with is told by itself.
    ended.findings.extend(wrong.iter().filter(|one| one.cause.is_none()).map(|one| finding(one)));
    Some(ended)
}

/// A diagnostic, as reports show it.
pub fn finding(diagnostic: &Diagnostic) -> Finding {
    Finding {
        at: diagnostic.at.clone(),
        message: diagnostic.title.clone(),
        hint: diagnostic.helps.first().cloned(),
    }
}
