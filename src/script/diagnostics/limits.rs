//! Messages for the limits of the sandbox: which limit, and its value.

use super::{Diagnostic, DiagnosticKind, Site, Thrown};
use crate::escape::numbers::grouped;
use crate::script::engine::{StopReason, limits};
use rhai::{Dynamic, EvalAltResult};

/// The diagnostic of a cap that was hit or a run that was stopped; `None` for any other error.
pub(super) fn from_eval_error(error: &EvalAltResult, at: &Site) -> Option<Diagnostic> {
    let limit = |title: String| Diagnostic::error(DiagnosticKind::Limit, at.clone(), title);
    Some(match error {
        EvalAltResult::ErrorTooManyOperations(_) => too_many_steps(at.clone()),
        EvalAltResult::ErrorTooManyVariables(_) => {
            limit(format!("more than {} variables exist here at one time", limits::VARIABLES_MAX))
                .help("put values that belong together into a map or a list")
        }
        EvalAltResult::ErrorTooManyModules(_) => too_many_files(at.clone()),
        EvalAltResult::ErrorStackOverflow(_) => {
            limit(format!("functions call each other more than {} deep", limits::CALL_DEPTH_MAX))
                .help("does a function call itself without an end?")
        }
        EvalAltResult::ErrorDataTooLarge(what, _) => too_large(what, at.clone()),
        EvalAltResult::ErrorTerminated(token, _) => stopped(token, at.clone()),
        _ => return None,
    })
}

/// What is too large, by the words Rhai has for it.
pub(super) fn too_large(what: &str, at: Site) -> Diagnostic {
    let title = if what.contains("string") || what.contains("String") {
        format!(
            "a text, or all texts in one list or map together, is larger than {} bytes",
            grouped(limits::TEXT_BYTES_MAX)
        )
    } else if what.contains("map") {
        format!("a map, with the maps inside it, has more than {} entries", grouped(limits::MAP_ENTRIES_MAX))
    } else {
        format!(
            "a list, with the lists inside it, has more than {} elements",
            grouped(limits::LIST_ELEMENTS_MAX)
        )
    };
    Diagnostic::error(DiagnosticKind::Limit, at, title)
        .help("large content goes by file path, not through script values")
}

fn too_many_steps(at: Site) -> Diagnostic {
    Diagnostic::error(
        DiagnosticKind::Limit,
        at,
        format!("the recipe takes more than {} steps", grouped(limits::OPERATIONS_MAX)),
    )
    .help("is there a loop that does not end?")
}

/// More files than a run may import.
pub(super) fn too_many_files(at: Site) -> Diagnostic {
    Diagnostic::error(
        DiagnosticKind::Limit,
        at,
        format!("more than {} files are imported", limits::MODULES_MAX),
    )
}

fn stopped(token: &Dynamic, at: Site) -> Diagnostic {
    if let Some(thrown) = Thrown::of_value(token) {
        return thrown.diagnostic(at);
    }
    let Some(stop) = token.clone().try_cast::<StopReason>() else {
        return Diagnostic::error(DiagnosticKind::Cancelled, at, "the recipe was stopped");
    };
    match stop {
        StopReason::Cancelled => Diagnostic::error(DiagnosticKind::Cancelled, at, "interrupted here"),
        StopReason::Operations => too_many_steps(at),
        StopReason::Time => Diagnostic::error(
            DiagnosticKind::Limit,
            at,
            format!("the recipe computes for more than {} seconds", limits::SCRIPT_TIME_MAX.as_secs()),
        )
        .note("time spent waiting for the network is not counted"),
        StopReason::Memory => Diagnostic::error(
            DiagnosticKind::Limit,
            at,
            format!("the recipe takes more than {} MiB of memory", limits::MEMORY_BYTES_MAX / 1024 / 1024),
        )
        .help("large content goes by file path, not through script values"),
        StopReason::Sleep => Diagnostic::error(
            DiagnosticKind::Limit,
            at,
            format!("the recipe sleeps for more than {} seconds in all", limits::SLEEP_MAX.as_secs()),
        )
        .help("ops wait by themselves until what they need is there"),
    }
}
