//! Files of a project that can't be worked with, as findings.

use super::Finding;
use crate::events::Site;
use crate::project::findings::Findings as Wrong;
use crate::project::wrangler::WranglerError;
use crate::project::{Environment, ProjectError};
use crate::script::diagnostics::{Diagnostic, Kind, Sources};

/// What is wrong in the text of a file; `None` where an error is of another sort.
pub(super) fn in_files(error: &anyhow::Error) -> Option<Vec<Finding>> {
    let wrong = wrong(error)?;
    let sources = Sources::default();
    wrong.texts().for_each(|(name, text)| sources.add(name, text));
    let finding = |(at, problem): (Site, &crate::project::problem::Problem)| {
        let found = Diagnostic::error(Kind::Value, at, problem.to_string());
        Finding::of(problem.hint().into_iter().fold(found, Diagnostic::help), &sources)
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

/// Why one environment can't be worked with: what is wrong in a file, or, where it is declared, what it says.
pub(super) fn environment(environment: &Environment, error: &anyhow::Error) -> Vec<Finding> {
    let names = vec![environment.name.clone()];
    if let Some(found) = in_files(error) {
        return found.into_iter().map(|found| Finding { environments: names.clone(), ..found }).collect();
    }
    let text = format!("{error:#}");
    let mut lines = text.lines();
    let title = lines.next().unwrap_or_default();
    let found = Diagnostic::error(Kind::Value, environment.location.clone(), title);
    let hints = lines.map(|line| line.trim_start_matches("hint: ").to_owned());
    vec![Finding {
        environments: names,
        ..Finding::of(hints.fold(found, Diagnostic::help), &Sources::default())
    }]
}
