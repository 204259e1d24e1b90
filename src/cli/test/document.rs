//! What `test` prints as JSON, `larder.test/1`. Its schema is committed as `schemas/test-1.json`.

use crate::events::Site;
use crate::run::check::rule;
use crate::run::test::{Case, FileResult, TestResults};
use crate::script::diagnostics::Diagnostic;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// The name and number of the schema.
const TEST_SCHEMA: &str = "larder.test/1";

/// One document.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Document {
    /// Always `larder.test/1`.
    schema: String,
    /// Larder's version.
    larder: String,
    /// How many tests passed.
    passed: usize,
    /// How many failed.
    failed: usize,
    /// How long all took.
    ms: u64,
    /// The test files, by name.
    files: Vec<Suite>,
}

/// One file.
#[derive(Debug, Serialize, JsonSchema)]
struct Suite {
    /// Below the project's folder.
    file: String,
    /// What is wrong with it; with an error among it, none of its tests was run.
    findings: Vec<Found>,
    /// Its tests, in its order.
    tests: Vec<Test>,
    /// What became of its snapshots, in words.
    snapshots: Vec<String>,
}

/// One test.
#[derive(Debug, Serialize, JsonSchema)]
struct Test {
    /// The name of its function.
    name: String,
    /// Whether it passed.
    passed: bool,
    /// How long it took.
    ms: u64,
    /// Why it failed.
    failures: Vec<Found>,
    /// What it has said.
    log: Vec<String>,
}

/// Something that is wrong.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// A stable word for what sort of failure it is: `larder explain` says more of it.
    rule: String,
    /// One sentence.
    message: String,
    /// Where; null where it is of the file as a whole.
    at: Option<Site>,
    /// Facts that help to understand, such as both values.
    notes: Vec<String>,
    /// Lines in which two long values differ.
    differences: Vec<String>,
    /// Ways out.
    hints: Vec<String>,
}

impl Document {
    /// What came of tests.
    pub(super) fn of(tested: &TestResults) -> Self {
        let passed = tested.cases().filter(|case| case.is_passed()).count();
        Document {
            schema: TEST_SCHEMA.to_owned(),
            larder: env!("CARGO_PKG_VERSION").to_owned(),
            passed,
            failed: tested.cases().count() - passed,
            ms: ms(tested.took),
            files: tested.files.iter().map(Suite::of).collect(),
        }
    }
}

impl Suite {
    fn of(file: &FileResult) -> Self {
        Suite {
            file: file.name.clone(),
            findings: file.wrong.iter().map(Found::of).collect(),
            tests: file.cases.iter().map(Test::of).collect(),
            snapshots: file.snapshots.clone(),
        }
    }
}

impl Test {
    fn of(case: &Case) -> Self {
        let bug = case.bug.iter().map(|bug| Found::bug(bug));
        Test {
            name: case.name.clone(),
            passed: case.is_passed(),
            ms: ms(case.took),
            failures: case.ran.wrong.iter().map(Found::of).chain(bug).collect(),
            log: case.ran.said.clone(),
        }
    }
}

impl Found {
    fn of(found: &Diagnostic) -> Self {
        Found {
            rule: rule(found).to_owned(),
            message: found.title.clone(),
            at: Some(found.at.clone()).filter(|at| at.line > 0),
            notes: found.notes.clone(),
            differences: found.below.clone(),
            hints: found.helps.clone(),
        }
    }

    fn bug(bug: &str) -> Self {
        let (notes, differences, hints) = (Vec::new(), Vec::new(), Vec::new());
        Found { rule: "bug".to_owned(), message: bug.to_owned(), at: None, notes, differences, hints }
    }
}

fn ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib cli::test::document`.
    #[test]
    fn committed_schema_is_the_one_of_the_code() {
        committed::schema::<Document>("test-1.json");
    }
}
