//! Finds what no run on an account can name: bindings without id or name in a wrangler config without a name.

use super::Selected;
use super::bindings::{is_open, nameless};
use crate::project::Branch;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};

/// The warning of the first; a local account has a name for each Worker, so that nothing else tells it there.
pub fn warning(selected: &Selected) -> Option<Diagnostic> {
    let config = &selected.config;
    if config.branch != Branch::None {
        return None;
    }
    let environment = config.environment.wrangler_env.as_deref();
    let as_written = selected.workers.iter().filter_map(|(file, _)| file.readable(environment));
    let mut nameless_workers = as_written.filter(|worker| worker.name.is_none());
    let binding = nameless_workers.find_map(|worker| worker.bindings.into_iter().find(is_open))?;
    let (message, hint) = nameless(&binding);
    let found = Diagnostic::error(DiagnosticKind::Value, binding.location, message);
    Some(found.warning().note("a run on an account is refused").help(hint))
}
