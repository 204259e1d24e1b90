//! Tests as JUnit's XML: a suite for each file, a case for each test.

use super::text_style::TextStyle;
use crate::secret::Redactor;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Suite {
    pub name: String,
    /// Its tests, and what is wrong with itself.
    pub cases: Vec<SuiteCase>,
}

#[derive(Clone, Debug)]
pub struct SuiteCase {
    pub name: String,
    /// How long it took.
    pub took: Duration,
    /// Why it failed; none where it passed.
    pub failure: Option<SuiteFailure>,
    /// What it has said.
    pub said: Vec<String>,
}

/// Why a test failed.
#[derive(Clone, Debug)]
pub struct SuiteFailure {
    pub kind: String,
    pub message: String,
    /// With its place and values, as a terminal shows it.
    pub text: String,
    /// Whether Larder itself failed, not what is tested.
    pub is_bug: bool,
}

pub(super) fn render(suites: &[Suite], took: Duration, redactor: &Redactor) -> String {
    let ink = TextStyle::new(redactor);
    let mut report = Report::new("larder test");
    report.set_time(took);
    for of in suites {
        let mut suite = TestSuite::new(ink.show(&of.name));
        suite.set_time(of.cases.iter().map(|case| case.took).sum());
        for case in &of.cases {
            suite.add_test_case(rendered(case, &of.name, &ink, redactor));
        }
        report.add_test_suite(suite);
    }
    // A writer into memory does not fail.
    report.to_string().unwrap_or_default()
}

fn rendered(of: &SuiteCase, suite: &str, ink: &TextStyle, redactor: &Redactor) -> TestCase {
    let status = match &of.failure {
        None => TestCaseStatus::success(),
        Some(failure) => {
            let kind = if failure.is_bug { NonSuccessKind::Error } else { NonSuccessKind::Failure };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(ink.show(&failure.kind)).set_message(ink.message(&failure.message));
            status.set_description(redactor.redact(&failure.text).into_owned());
            status
        }
    };
    let mut case = TestCase::new(ink.show(&of.name), status);
    case.set_classname(ink.show(suite));
    case.set_time(of.took);
    if !of.said.is_empty() {
        case.set_system_out(of.said.iter().map(|said| ink.message(said)).collect::<Vec<_>>().join("\n"));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn each_test_is_a_case_and_no_secret_is_in_it() {
        let redactor = Redactor::default();
        redactor.register(&Secret::new("hunter2-hunter2".into()));
        let failure = SuiteFailure {
            kind: "assertion".into(),
            message: "left and right are not the same".into(),
            text: "error: hunter2-hunter2 <b>".into(),
            is_bug: false,
        };
        let case = |name: &str, failure, said: &[&str]| SuiteCase {
            name: name.into(),
            took: Duration::from_millis(12),
            failure,
            said: said.iter().map(ToString::to_string).collect(),
        };
        let cases = vec![case("test_a", None, &["hunter2-hunter2"]), case("test_b", Some(failure), &[])];
        let text = render(
            &[Suite { name: "tests/a.test.rhai".into(), cases }],
            Duration::from_millis(20),
            &redactor,
        );
        let has = |part: &str| assert!(text.contains(part), "no {part} in {text}");
        has(
            "<testsuites name=\"larder test\" tests=\"2\" skipped=\"0\" failures=\"1\" errors=\"0\" time=\"0.020\">",
        );
        has("<testcase name=\"test_b\" classname=\"tests/a.test.rhai\" time=\"0.012\">");
        has(
            "<failure message=\"left and right are not the same\" type=\"assertion\">error: [secret] &lt;b&gt;",
        );
        assert!(!text.contains("hunter2"), "{text}");
    }
}
