//! Recognises a recipe that stops before its first op on purpose, as a guard for an environment does.

use crate::events::Event;
use crate::op::Failure;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, Severity};

/// The same as a note where the recipe itself has failed and no op of it was started: it was meant, and nothing in it is
/// wrong.
pub(super) fn explained(found: Diagnostic, heard: &[Event], has_environment: bool) -> Diagnostic {
    let is_started = heard.iter().any(|event| matches!(event, Event::OpStarted(_)));
    if is_started || found.severity != Severity::Error || !is_own(&found) {
        return found;
    }
    let what = if has_environment { "the recipe refuses this environment" } else { "the recipe ends itself" };
    let title = format!("{what}: {}", found.title);
    Diagnostic { title, ..found }.as_note().note("what comes after this is not checked")
}

/// Whether the recipe has failed by its own `fail` or `throw`.
fn is_own(found: &Diagnostic) -> bool {
    match &found.cause {
        Some(cause) => cause.kind == Failure::FAILED,
        None => found.kind == DiagnosticKind::Thrown,
    }
}
