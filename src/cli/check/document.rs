//! What `check` prints as JSON, `larder.check/1`. Its schema is committed as `schemas/check-1.json`.

use crate::events::Site;
use crate::run::check::{CheckFinding, CheckResult, rule};
use crate::script::diagnostics::Severity;
use schemars::JsonSchema;
use serde::Serialize;

/// The name and number of the schema.
const CHECK_SCHEMA: &str = "larder.check/1";

/// One document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `larder.check/1`.
    schema: String,
    /// Larder's version.
    larder: String,
    /// How many recipes were checked.
    recipes: usize,
    /// How many test files were.
    tests: usize,
    /// The environments in which they were played.
    environments: Vec<String>,
    /// How many errors are among the findings.
    errors: usize,
    /// How many warnings, those of lints among them.
    warnings: usize,
    /// How many findings of lints; the exit code is 1 where there are any, or errors.
    lints: usize,
    /// Everything that was found.
    findings: Vec<Found>,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// `error`, `warning`, or `note` where something depends on an account and was not checked.
    severity: &'static str,
    /// A stable word for what sort of finding it is, or the name of the lint: `larder explain` says more of it.
    rule: String,
    /// One sentence.
    message: String,
    /// Where; null where it is of the project as a whole.
    at: Option<Site>,
    /// The environments in which it was found; none where it is in a file, whatever the environment.
    environments: Vec<String>,
    /// Facts that help to understand.
    notes: Vec<String>,
    /// Ways out.
    hints: Vec<String>,
}

impl Document {
    /// What came of a check.
    pub fn of(checked: &CheckResult) -> Self {
        Document {
            schema: CHECK_SCHEMA.to_owned(),
            larder: env!("CARGO_PKG_VERSION").to_owned(),
            recipes: checked.recipes,
            tests: checked.tests,
            environments: checked.environments.clone(),
            errors: checked.findings.count(Severity::Error),
            warnings: checked.findings.count(Severity::Warning),
            lints: checked.findings.lints(),
            findings: checked.findings.iter().map(Found::of).collect(),
        }
    }
}

impl Found {
    fn of(finding: &CheckFinding) -> Self {
        let CheckFinding { diagnostic, environments, .. } = finding;
        let at = Some(diagnostic.at.clone()).filter(|at| !at.file.is_empty());
        Found {
            severity: word(diagnostic.severity),
            rule: rule(diagnostic).to_owned(),
            message: diagnostic.title.clone(),
            at: finding.extent().map(|(begin, _)| begin).or(at),
            environments: environments.clone(),
            notes: diagnostic.notes.clone(),
            hints: diagnostic.helps.clone(),
        }
    }
}

/// A severity as documents name it; SARIF has the same words.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::committed;

    /// Renewed by `LARDER_BLESS=1 cargo test --lib check::document`.
    #[test]
    fn committed_schema_is_the_one_of_the_code() {
        committed::schema::<Document>("check-1.json");
    }
}
