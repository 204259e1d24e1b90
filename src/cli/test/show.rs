//! Prints test results: one line per test on standard output, and the reason of each failure on standard error.

use super::super::command_context::CommandContext;
use super::super::diagnostics::draw_all;
use crate::events::Problem;
use crate::report::Verbosity;
use crate::run::problem::finding;
use crate::run::test::{Case, FileResult, TestResults};
use crate::script::diagnostics::Severity;
use std::time::Duration;

/// Shows all of it.
pub(super) fn show(shell: &CommandContext, tested: &TestResults) {
    let verbosity = shell.globals.verbosity();
    let width = tested.cases().map(|case| case.name.chars().count()).max().unwrap_or_default();
    for file in &tested.files {
        draw_all(&file.wrong, &file.sources, &shell.console);
        if verbosity > Verbosity::Quiet && !file.cases.is_empty() {
            shell.console.data(&format!("{}\n", file.name));
        }
        for case in &file.cases {
            show_case(shell, case, width);
        }
        for said in &file.snapshots {
            shell.console.talk(&format!("{said}\n"));
        }
    }
    shell.console.data(&summary(tested));
}

fn show_case(shell: &CommandContext, case: &Case, width: usize) {
    let verbosity = shell.globals.verbosity();
    if verbosity > Verbosity::Quiet || !case.is_passed() {
        let word = if case.is_passed() { "ok    " } else { "FAILED" };
        shell.console.data(&format!("  {word}  {:<width$}  {}\n", case.name, time(case.took)));
    }
    if case.is_passed() && verbosity < Verbosity::Verbose {
        return;
    }
    for line in case.ran.said.iter().flat_map(|said| said.lines()) {
        shell.console.talk(&format!("{}: {line}\n", case.name));
    }
    if let Some(bug) = &case.bug {
        shell.console.failure(&Problem::new("bug", bug));
    }
    draw_all(&case.ran.wrong, &case.ran.sources, &shell.console);
}

/// `3 tests: 2 passed, 1 failed in 40 ms`.
fn summary(tested: &TestResults) -> String {
    let (mut passed, mut failed) = (0, 0);
    for case in tested.cases() {
        if case.is_passed() { passed += 1 } else { failed += 1 }
    }
    let broken = tested.files.iter().filter(|file| file.is_broken()).count();
    let counted = |count: usize, one: &str, several: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    };
    let mut counts = vec![format!("{passed} passed")];
    if failed > 0 {
        counts.push(format!("{failed} failed"));
    }
    if broken > 0 {
        counts.push(format!("{} can't be run", counted(broken, "file", "files")));
    }
    format!("{}: {} in {}\n", counted(passed + failed, "test", "tests"), counts.join(", "), time(tested.took))
}

fn time(took: Duration) -> String {
    match took.as_millis() {
        ms if ms < 10_000 => format!("{ms} ms"),
        ms => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}

/// In GitHub Actions, what failed stands at its line of the change, too.
pub(super) fn annotate(shell: &CommandContext, tested: &TestResults) {
    let Some(github) = &shell.github else { return };
    let of_file = |file: &FileResult| {
        let cases = file.cases.iter().flat_map(|case| case.ran.wrong.clone());
        file.wrong.clone().into_iter().chain(cases.collect::<Vec<_>>())
    };
    let wrong = tested.files.iter().flat_map(of_file).filter(|found| found.severity == Severity::Error);
    let wrong: Vec<_> = wrong.map(|found| finding(&found)).collect();
    let root = shell.root().unwrap_or_else(|_| shell.folder.clone());
    github.refuse_at(&shell.console, &wrong, &root);
}
