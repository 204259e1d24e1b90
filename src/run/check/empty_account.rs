//! Plays recipes on an empty account in memory, in every environment. What fails there is wrong for any account.
//!
//! **Invariant:** nothing leaves the process, and nothing is written.

use super::{BUG, CheckFinding, recipe_guard};
use crate::events::{Problem, Recorder, Site};
use crate::op::{Guard, Mode, RunInfo};
use crate::run::folders::FolderRefusal;
use crate::run::interrupt::Interrupt;
use crate::run::job::{NoPrompt, RunJob};
use crate::run::preflight::{PreflightEnd, PreflightResult, preflight};
use crate::run::{AccountConnection, RecipeRun, Selected, Session, Workspace};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind, Severity};
use crate::script::run::Recipe;
use std::path::Path;
use std::sync::Arc;

/// What is wrong with these recipes in these environments; `None` is where there is no project.
pub(super) fn played(
    place: &Workspace,
    root: &Path,
    environments: &[Option<&Selected>],
    recipes: &[&Recipe],
    interrupt: Interrupt,
) -> anyhow::Result<Vec<CheckFinding>> {
    let mut found = Vec::new();
    if recipes.is_empty() || environments.is_empty() {
        return Ok(found);
    }
    let mut target = AccountConnection::in_memory(place.services, interrupt)?;
    for selected in environments.iter().copied() {
        let session = Session { place, selected, root, target };
        for recipe in recipes {
            found.extend(findings(&session, recipe)?);
        }
        target = session.target;
    }
    Ok(found)
}

fn findings(session: &Session, recipe: &Recipe) -> anyhow::Result<Vec<CheckFinding>> {
    let info = RunInfo { is_on_any_account: true, ..session.info(Guard::Open) };
    let (events, choice) = (Arc::new(Recorder::default()), Arc::default());
    let job = RunJob { mode: Mode::Plan, recipe, info, events, choice, held: None, consent: &NoPrompt };
    let FolderRefusal { diagnostics, sources } = match preflight(session, &job)? {
        Ok(PreflightResult { played, .. }) => {
            let has_environment = session.selected.is_some();
            let mut of = of_performed(played.performed);
            let explained = |found| recipe_guard::explained(found, &played.heard, has_environment);
            of.diagnostics = of.diagnostics.into_iter().map(explained).collect();
            of
        }
        Err(PreflightEnd::Stopped(performed)) => of_performed(performed),
        Err(PreflightEnd::Files(refused)) => refused,
        Err(PreflightEnd::Refused(problem, _) | PreflightEnd::Held(problem)) => of_problem(session, problem),
    };
    let environments = session.selected.iter().map(|one| one.config.environment.name.clone());
    let environments: Vec<String> = environments.collect();
    let finding = |diagnostic| CheckFinding {
        environments: environments.clone(),
        ..CheckFinding::of(diagnostic, &sources)
    };
    Ok(diagnostics.into_iter().map(finding).collect())
}

fn of_performed(performed: RecipeRun) -> FolderRefusal {
    let explained = |found: Diagnostic| match found.severity {
        Severity::Note => found.note("no account is asked here: what comes after this is not checked"),
        _ => found,
    };
    let mut diagnostics: Vec<Diagnostic> = performed.ran.diagnostics.into_iter().map(explained).collect();
    diagnostics.extend(performed.bug.map(|bug| {
        Diagnostic::error(DiagnosticKind::Host, Site::default(), &bug).because(Problem::new(BUG, bug))
    }));
    FolderRefusal { diagnostics, sources: performed.sources }
}

fn of_problem(session: &Session, problem: Problem) -> FolderRefusal {
    let at = problem.findings.first().map(|finding| finding.at.clone()).unwrap_or_default();
    let found = Diagnostic::error(DiagnosticKind::Host, at, problem.message.clone());
    let found = problem.hint.clone().into_iter().fold(found, Diagnostic::help).because(problem);
    let mut refused = FolderRefusal::default();
    if let Some(selected) = session.selected {
        refused.quote(session.place, selected, &found);
    }
    refused.diagnostics.push(found);
    refused
}
