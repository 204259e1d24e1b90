//! Finds two branches whose resources would have one name.

use super::Selected;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};

/// The warning of logical names by which two branches can have one resource.
pub fn warning(selected: &Selected) -> Option<Diagnostic> {
    let config = &selected.config;
    let found = selected.policy.ambiguous(&config.names(), &config.declared(), &selected.environments);
    let first = found.first()?;
    let [logical, branch, environment] = &first.first;
    let [its_logical, its_branch, its_environment] = &first.second;
    let more = match found.len() {
        1 => String::new(),
        count => format!(", and {} more like it", count - 1),
    };
    let title = format!(
        "two branches can have one {} resource: `{}` is `{logical}` of the branch `{branch}` of `{environment}`, and \
         `{its_logical}` of the branch `{its_branch}` of `{its_environment}`{more}",
        first.kind, first.real
    );
    let help = "one would use the data of the other: give one another logical name, or, where the service takes it, let a \
        mark that no branch has stand beside `{branch}` in the template, such as `_`";
    let found = Diagnostic::error(DiagnosticKind::Value, config.environment.location.clone(), title);
    Some(found.warning().help(help))
}
