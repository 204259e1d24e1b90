//! Recipes played on an empty account in memory, in every environment: what fails there is wrong whatever the account holds.
//!
//! **Invariant:** nothing leaves the process, and nothing is written.

use super::{BUG, Finding, refused};
use crate::events::{Problem, Recorder, Site};
use crate::op::{Guard, Mode, RunInfo};
use crate::run::folders::Refused;
use crate::run::interrupt::Interrupt;
use crate::run::job::{Job, Yes};
use crate::run::preflight::{Cleared, End, preflight};
use crate::run::{Performed, Place, Selected, Session, Target};
use crate::script::diagnostics::{Diagnostic, Kind, Severity};
use crate::script::run::Recipe;
use std::path::Path;
use std::sync::Arc;

/// What is wrong with these recipes in these environments; `None` is where there is no project.
pub(super) fn played(
    place: &Place,
    root: &Path,
    environments: &[Option<&Selected>],
    recipes: &[&Recipe],
    interrupt: Interrupt,
) -> anyhow::Result<Vec<Finding>> {
    let mut found = Vec::new();
    if recipes.is_empty() || environments.is_empty() {
        return Ok(found);
    }
    let mut target = Target::in_memory(place.services, interrupt)?;
    for selected in environments.iter().copied() {
        let session = Session { place, selected, root, target };
        for recipe in recipes {
            found.extend(findings(&session, recipe)?);
        }
        target = session.target;
    }
    Ok(found)
}

fn findings(session: &Session, recipe: &Recipe) -> anyhow::Result<Vec<Finding>> {
    let info = RunInfo { is_on_any_account: true, ..session.info(Guard::Open) };
    let (events, choice) = (Arc::new(Recorder::default()), Arc::default());
    let job = Job { mode: Mode::Plan, recipe, info, events, choice, held: None, consent: &Yes };
    let Refused { diagnostics, sources } = match preflight(session, &job)? {
        Ok(Cleared { played, .. }) => {
            let has_environment = session.selected.is_some();
            let mut of = of_performed(played.performed);
            let explained = |found| refused::explained(found, &played.heard, has_environment);
            of.diagnostics = of.diagnostics.into_iter().map(explained).collect();
            of
        }
        Err(End::Stopped(performed)) => of_performed(performed),
        Err(End::Files(refused)) => refused,
        Err(End::Refused(problem, _) | End::Held(problem)) => of_problem(session, problem),
    };
    let environments = session.selected.iter().map(|one| one.config.environment.name.clone());
    let environments: Vec<String> = environments.collect();
    let finding =
        |diagnostic| Finding { environments: environments.clone(), ..Finding::of(diagnostic, &sources) };
    Ok(diagnostics.into_iter().map(finding).collect())
}

fn of_performed(performed: Performed) -> Refused {
    let explained = |found: Diagnostic| match found.severity {
        Severity::Note => found.note("no account is asked here: what comes after this is not checked"),
        _ => found,
    };
    let mut diagnostics: Vec<Diagnostic> = performed.ran.diagnostics.into_iter().map(explained).collect();
    diagnostics.extend(
        performed
            .bug
            .map(|bug| Diagnostic::error(Kind::Host, Site::default(), &bug).because(Problem::new(BUG, bug))),
    );
    Refused { diagnostics, sources: performed.sources }
}

fn of_problem(session: &Session, problem: Problem) -> Refused {
    let at = problem.findings.first().map(|finding| finding.at.clone()).unwrap_or_default();
    let found = Diagnostic::error(Kind::Host, at, problem.message.clone());
    let found = problem.hint.clone().into_iter().fold(found, Diagnostic::help).because(problem);
    let mut refused = Refused::default();
    if let Some(selected) = session.selected {
        refused.quote(session.place, selected, &found);
    }
    refused.diagnostics.push(found);
    refused
}
