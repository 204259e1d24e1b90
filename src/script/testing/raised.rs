//! The error of a closure, as `assert_fails` compares and returns it.

use crate::op::Failure;
use crate::script::diagnostics::{Raised, Thrown, caught_as, from_eval_error};
use crate::script::host::Host;
use crate::script::known::KnownFunctions;
use rhai::{Dynamic, EvalAltResult};

/// An error of a closure.
pub(super) struct Error {
    pub(super) kind: String,
    pub(super) message: String,
    /// As `catch` gives it.
    pub(super) value: Dynamic,
}

impl Error {
    /// What the closure failed with.
    pub(super) fn of(host: &Host, error: &EvalAltResult) -> Self {
        if let Some(raised) = Thrown::of(error) {
            return Error::raised((*raised).clone());
        }
        if let EvalAltResult::ErrorRuntime(value, _) = error.unwrap_inner() {
            return Error { kind: "thrown".to_owned(), message: value.to_string(), value: value.clone() };
        }
        let sources = host.sources.get().cloned().unwrap_or_default();
        let found = from_eval_error(error, &host.main_name, &sources, &KnownFunctions::default());
        Error::raised(caught_as(found))
    }

    fn raised(raised: Raised) -> Self {
        let (kind, message) = (raised.failure.kind().to_owned(), raised.failure.to_string());
        Error { kind, message, value: Thrown::value(raised) }
    }

    /// Whether a test means it by this kind or part of its message.
    pub(super) fn is_meant_by(&self, wanted: &str) -> bool {
        self.kind == wanted || self.message.contains(wanted)
    }
}

/// Whether it is a failed assertion, as opposed to a failure of the tested recipe.
pub(super) fn is_assertion(error: &EvalAltResult) -> bool {
    Thrown::of(error).is_some_and(|raised| raised.failure.kind() == assertion("").kind())
}

pub(super) fn assertion(title: impl Into<String>) -> Failure {
    Failure::refused("assertion", title)
}
