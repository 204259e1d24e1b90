//! Prints errors of commands that have no report.

use super::command_context::CommandContext;
use crate::escape::wrap::wrapped;
use crate::events::{Finding, Site};
use crate::project::file::ProjectError;
use crate::project::findings::ProjectFindings;
use crate::project::problem::ProjectProblem;
use crate::project::wrangler::WranglerError;
use crate::report::{Console, Exit, GitHub};
use crate::run::preflight::PreflightEnd;
use crate::run::{Error, RecipeRun, exit};
use crate::script::diagnostics::{Color, Diagnostic, Sources, merged, render_within};
use std::io::ErrorKind;

/// Shows why a command ended; gives the exit.
pub fn draw_error(error: &Error, shell: &CommandContext) -> Exit {
    match error {
        Error::Ended(end) => draw_end(end, &shell.console),
        Error::Failed { failure, .. } => shell.console.failure(&failure.problem()),
        Error::Usage(error) => {
            let text = usage(error);
            shell.console.talk(&within(&text, shell.console.stderr_columns()));
            if let Some(github) = &shell.github {
                let root = shell.root().unwrap_or_else(|_| shell.folder.clone());
                if !github.refuse_at(&shell.console, &in_files(error), &root) {
                    GitHub::refuse(&shell.console, &text);
                }
            }
        }
    }
    exit::of_error(error)
}

/// Says that what was asked for could not be printed, unless its reader went away by itself, as `head` does; gives the exit.
pub fn lost_output(console: &Console, exit: Exit, has_changed: bool) -> Exit {
    let Some(kind) = console.take_stdout_failure().filter(|kind| *kind != ErrorKind::BrokenPipe) else {
        return exit;
    };
    console.talk(&format!("error: can't write to standard output: {kind}\n"));
    exit::of_lost_output(exit, has_changed)
}

/// What is wrong in the project's files, if that is the error.
fn in_files(error: &anyhow::Error) -> Vec<Finding> {
    let found = match (error.downcast_ref::<ProjectError>(), error.downcast_ref::<WranglerError>()) {
        (Some(ProjectError::Wrong(found) | ProjectError::Wrangler(WranglerError::Wrong(found))), _)
        | (_, Some(WranglerError::Wrong(found))) => Some(found),
        _ => error.downcast_ref::<ProjectFindings>(),
    };
    let finding = |(at, problem): (Site, &ProjectProblem)| Finding {
        at,
        message: problem.to_string(),
        hint: problem.hint(),
    };
    found.into_iter().flat_map(ProjectFindings::iter).map(finding).collect()
}

/// The sentences of a text broken between words, where it is for a terminal of so many columns.
fn within(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns else { return text.to_owned() };
    let is_sentence = |line: &str| ["error: ", "hint: "].iter().any(|begin| line.starts_with(begin));
    let filled = |line: &str| if is_sentence(line) { wrapped(line, columns, 0, 2) } else { line.to_owned() };
    text.lines().map(filled).map(|line| line + "\n").collect()
}

/// What rendered itself stands alone; the rest is one line and its hints.
pub fn usage(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Typed errors say their cause themselves, contexts do not.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    if text.starts_with("error") { format!("{text}\n") } else { format!("error: {text}\n") }
}

/// Shows why a run may not begin.
fn draw_end(end: &PreflightEnd, console: &Console) {
    match end {
        PreflightEnd::Files(found) => draw_all(&found.diagnostics, &found.sources, console),
        PreflightEnd::Stopped(performed) => draw(performed, console),
        PreflightEnd::Refused(problem, _) | PreflightEnd::Held(problem) => console.failure(problem),
    }
}

/// Shows what went wrong in a recipe.
pub fn draw(performed: &RecipeRun, console: &Console) {
    draw_all(&performed.ran.diagnostics, &performed.sources, console);
}

pub(super) fn draw_all(diagnostics: &[Diagnostic], sources: &Sources, console: &Console) {
    for diagnostic in merged(diagnostics) {
        let drawn = render_within(&diagnostic, sources, Color::Always, console.stderr_columns());
        console.talk(&format!("{drawn}\n"));
    }
}
