//! JUnit's XML: a suite for each step, a case for each op, so that CI systems list them as they list tests.

use super::document::{Op, Report, Step};
use super::failures::place;
use super::op_line::details;
use super::status_words::outcome;
use super::text_style::TextStyle;
use crate::events::{Problem, Status};
use crate::secret::Redactor;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

pub(super) fn render(report: &Report, redactor: &Redactor) -> String {
    let ink = TextStyle::new(redactor).knowing(&report.steps);
    let mut suites = quick_junit::Report::new("larder");
    suites.set_time(Duration::from_millis(report.ms));
    for step in report.steps.iter().filter(|step| !step.ops.is_empty()) {
        suites.add_test_suite(suite(step, &ink));
    }
    // What no op tells stands beside them, so that a failed run has a failed case.
    if let Some(problem) = report.error.as_ref().filter(|problem| is_news(report, problem)) {
        let mut suite = TestSuite::new("run");
        let mut case = TestCase::new(ink.show(&problem.kind), failed(problem, None, &ink));
        case.set_classname("run");
        suite.add_test_case(case);
        suites.add_test_suite(suite);
    }
    // A writer into memory does not fail.
    suites.to_string().unwrap_or_default()
}

fn is_news(report: &Report, problem: &Problem) -> bool {
    !report.ops().any(|op| op.error.as_ref().is_some_and(|error| error.message == problem.message))
}

fn suite(step: &Step, ink: &TextStyle) -> TestSuite {
    let name = if step.name.is_empty() { "(outside every step)".to_owned() } else { ink.show(&step.name) };
    let mut suite = TestSuite::new(name.as_str());
    suite.set_time(Duration::from_millis(step.ms));
    for op in &step.ops {
        suite.add_test_case(case(op, &name, ink));
    }
    suite
}

fn case(op: &Op, suite: &str, ink: &TextStyle) -> TestCase {
    let status = match (&op.error, op.status) {
        (Some(problem), Status::Failed | Status::Conflict | Status::Unknown) if !op.caught => {
            failed(problem, Some(op), ink)
        }
        (_, Status::Skipped) => TestCaseStatus::skipped(),
        _ => TestCaseStatus::success(),
    };
    let name = format!("{}::{} {}", op.service, op.op, op.resource);
    let mut case = TestCase::new(ink.show(&name), status);
    case.set_classname(suite);
    case.set_time(Duration::from_millis(op.ms));
    let (detail, below) = details(op, ink);
    let said = [format!("{} {detail}", outcome(op)).trim_end().to_owned()].into_iter().chain(below);
    case.set_system_out(said.collect::<Vec<_>>().join("\n"));
    case
}

/// An unknown outcome is an error: nobody has tested it.
fn failed(problem: &Problem, op: Option<&Op>, ink: &TextStyle) -> TestCaseStatus {
    let is_unknown = op.is_some_and(|op| op.status == Status::Unknown);
    let kind = if is_unknown { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(ink.show(&problem.kind)).set_message(ink.message(&problem.message));
    let at = op.map(|op| format!("at {}", place(&op.at, ink)));
    let found =
        problem.findings.iter().map(|one| format!("{}: {}", place(&one.at, ink), ink.message(&one.message)));
    let hint = problem.hint.as_ref().map(|hint| format!("hint: {}", ink.message(hint)));
    let lines: Vec<String> = at.into_iter().chain(found).chain(hint).collect();
    status.set_description(lines.join("\n"));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Action;
    use crate::report::sample;

    #[test]
    fn each_op_is_a_case() {
        let ops = vec![
            sample::op(Action::Create, Status::Done),
            Op { resource: "<a & \"b\"\u{1b}>".into(), ..sample::op(Action::Update, Status::Conflict) },
            sample::op(Action::Create, Status::Unknown),
            sample::op(Action::None, Status::Skipped),
        ];
        let text = render(&sample::report_of(ops), &Redactor::default());
        let has = |part: &str| assert!(text.contains(part), "no {part} in {text}");
        has("<testsuites name=\"larder\" tests=\"4\" skipped=\"1\" failures=\"1\" errors=\"1\"");
        has(
            "<testcase name=\"kv::ensure &lt;a &amp; &quot;b&quot;\\u{1b}&gt;\" classname=\"kv\" time=\"0.081\">",
        );
        has("<failure message=\"the index has other dimensions\" type=\"conflict\">");
        has("<error message=\"the index has other dimensions\" type=\"rejected\">");
        has("<skipped/>");
    }
}
