//! Project files that cannot be read, as findings.

use super::super::Workspace;
use super::CheckFinding;
use crate::events::Site;
use crate::project::file::PROJECT_FILE;
use crate::project::findings::ProjectFindings as Wrong;
use crate::project::wrangler::WranglerError;
use crate::project::{Environment, ProjectError};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, Sources};
use std::path::Path;

/// What is wrong in the text of a file; `None` where an error is of another sort.
pub(super) fn in_files(error: &anyhow::Error) -> Option<Vec<CheckFinding>> {
    let wrong = wrong(error)?;
    let sources = Sources::default();
    wrong.texts().for_each(|(name, text)| sources.add(name, text));
    let finding = |(at, problem): (Site, &crate::project::problem::ProjectProblem)| {
        let found = Diagnostic::error(DiagnosticKind::Value, at, problem.to_string());
        CheckFinding::of(problem.hint().into_iter().fold(found, Diagnostic::help), &sources)
    };
    Some(wrong.iter().map(finding).collect())
}

fn wrong(error: &anyhow::Error) -> Option<&Wrong> {
    match error.downcast_ref::<ProjectError>() {
        Some(ProjectError::Wrong(wrong)) => return Some(wrong),
        Some(ProjectError::Wrangler(error)) => return of_config(error),
        Some(_) => return None,
        None => {}
    }
    error.downcast_ref::<Wrong>().or_else(|| of_config(error.downcast_ref::<WranglerError>()?))
}

fn of_config(error: &WranglerError) -> Option<&Wrong> {
    match error {
        WranglerError::Wrong(wrong) => Some(wrong),
        _ => None,
    }
}

/// Why the recipe that the project file names can't be run.
pub(super) fn default_recipe(place: &Workspace, folder: &Path, error: &anyhow::Error) -> CheckFinding {
    let file = place.project().ok().flatten();
    let at = file.and_then(|file| file.recipe_at());
    let at = at.unwrap_or_else(|| Site { file: PROJECT_FILE.to_owned(), line: 1, column: 1 });
    let sources = Sources::default();
    if let Ok(text) = place.text_of(PROJECT_FILE, folder) {
        sources.add(PROJECT_FILE, &text);
    }
    CheckFinding::of(said(at, error), &sources)
}

/// An error with its hints, at a place.
fn said(at: Site, error: &anyhow::Error) -> Diagnostic {
    let text = format!("{error:#}");
    let mut lines = text.lines();
    let found = Diagnostic::error(DiagnosticKind::Value, at, lines.next().unwrap_or_default());
    lines.map(|line| line.trim_start_matches("hint: ").to_owned()).fold(found, Diagnostic::help)
}

/// Why one environment can't be worked with: what is wrong in a file, or, where it is declared, what it says.
pub(super) fn environment(environment: &Environment, error: &anyhow::Error) -> Vec<CheckFinding> {
    let names = vec![environment.name.clone()];
    if let Some(found) = in_files(error) {
        return found
            .into_iter()
            .map(|found| CheckFinding { environments: names.clone(), ..found })
            .collect();
    }
    let found = said(environment.location.clone(), error);
    vec![CheckFinding { environments: names, ..CheckFinding::of(found, &Sources::default()) }]
}
