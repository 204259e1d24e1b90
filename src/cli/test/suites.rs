//! Converts test results to the suites of a report file.

use crate::report::{Suite, SuiteCase, SuiteFailure};
use crate::run::check::rule;
use crate::run::test::{Case, FileResult, TestResults};
use crate::script::diagnostics::{Color, Diagnostic, Severity, Sources, render};
use std::time::Duration;

/// A suite for each file.
pub(super) fn of(tested: &TestResults) -> Vec<Suite> {
    tested.files.iter().map(suite).collect()
}

fn suite(file: &FileResult) -> Suite {
    let wrong = file.wrong.iter().filter(|found| found.severity == Severity::Error);
    // What is wrong with the file is a case of its own, so that a run which failed has a case which did.
    let wrong = wrong.map(|found| SuiteCase {
        name: "(file)".to_owned(),
        took: Duration::ZERO,
        failure: Some(failure(std::slice::from_ref(found), &file.sources)),
        said: Vec::new(),
    });
    Suite { name: file.name.clone(), cases: wrong.chain(file.cases.iter().map(case)).collect() }
}

fn case(case: &Case) -> SuiteCase {
    let failed = (!case.ran.wrong.is_empty()).then(|| failure(&case.ran.wrong, &case.ran.sources));
    let bug = case.bug.as_ref().map(|bug| SuiteFailure {
        kind: "bug".to_owned(),
        message: bug.clone(),
        text: bug.clone(),
        is_bug: true,
    });
    SuiteCase {
        name: case.name.clone(),
        took: case.took,
        failure: bug.or(failed),
        said: case.ran.said.clone(),
    }
}

fn failure(wrong: &[Diagnostic], sources: &Sources) -> SuiteFailure {
    let first = wrong.first();
    let text: Vec<String> = wrong.iter().map(|found| render(found, sources, Color::Never)).collect();
    SuiteFailure {
        kind: first.map(|found| rule(found).to_owned()).unwrap_or_default(),
        message: first.map(|found| found.title.clone()).unwrap_or_default(),
        text: text.join("\n"),
        is_bug: false,
    }
}
