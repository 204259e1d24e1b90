//! The errors on standard error, where no excerpt of a script shows them: each with its location, code, ray and
//! hint, then the state of the account.
//!
//! What is wrong in several places is told place by place.
//!
//! **Invariant:** a run that doesn't end with 0 says at least how things stand.

use super::document::{Op, Report};
use super::exit::Exit;
use super::failure_groups::alike;
use super::raw_writes::repeats;
use super::status_words::counted;
use super::text_style::{BOLD, DIM, RED, TextStyle, paint};
use crate::events::{Finding, Problem, Site, Status};
use std::fmt::Write as _;

/// Every failure that the script didn't catch, and how things stand; nothing after a run that ended with 0.
///
/// A failure that is among the `drawn` was told already.
pub(super) fn failures(report: &Report, ink: &TextStyle, drawn: &[Finding]) -> String {
    let mut text = String::new();
    let is_drawn = |op: &&Op| {
        let is_its =
            |problem: &Problem, one: &Finding| one.at == *stands_at(op) && one.message == problem.message;
        op.error.as_ref().is_some_and(|problem| drawn.iter().any(|one| is_its(problem, one)))
    };
    for group in alike(report.ops().filter(|op| is_told(op)).filter(|op| !is_drawn(op))) {
        if let Some(problem) = &group.first.error {
            text += &failure(problem, Some(stands_at(group.first)), ink);
        }
        if let Some(more) = group.more(ink) {
            let _ = writeln!(text, "  {}", ink.wrapped(&more, 2, 2));
        }
    }
    // What ended the run is often the failure of an op, thrown through the script.
    if let Some(problem) = &report.error
        && drawn.is_empty()
        && !report.ops().any(|op| is_told(op) && op.error.as_ref() == Some(problem))
    {
        text += &failure(problem, None, ink);
    }
    if Exit::of_code(report.exit).and_then(Exit::unless_done).is_some() {
        let _ =
            writeln!(text, "{} {}", paint(BOLD, &format!("exit {}:", report.exit)), standing(report, ink));
    }
    text
}

/// An unknown outcome is told even if the script caught it: it decides the exit code.
pub(super) fn is_told(op: &Op) -> bool {
    match op.status {
        Status::Unknown => true,
        Status::Failed | Status::Conflict => !op.caught,
        Status::Planned | Status::Done | Status::Skipped => false,
    }
}

/// Where a failure stands: in the file that is wrong, such as a migration, else at the call.
pub(super) fn stands_at(op: &Op) -> &Site {
    let finding = op.error.as_ref().and_then(|problem| problem.findings.first());
    finding.map_or(&op.at, |finding| &finding.at)
}

/// One failure; `at` is the line of the script that asked for it, if one did.
pub(super) fn failure(problem: &Problem, at: Option<&Site>, ink: &TextStyle) -> String {
    let Problem { message, code, ray, hint, findings, .. } = problem;
    let shown = ink.wrapped(&ink.message(message), "error: ".len(), 2);
    let mut text = format!("{} {shown}\n", paint(RED, "error:"));
    if let Some(at) = at.filter(|at| !at.file.is_empty()) {
        let _ = writeln!(text, "  {} {}", paint(DIM, "-->"), place(at, ink));
    }
    // The message of an op has its first finding.
    let told = usize::from(at.is_some());
    for finding in findings.iter().skip(told).filter(|finding| finding.message != *message) {
        let _ = writeln!(text, "  {}", ink.message(&finding.message));
        let _ = writeln!(text, "    {} {}", paint(DIM, "-->"), place(&finding.at, ink));
    }
    let code = code.map(|code| format!("code {code}"));
    let ray = ray.as_ref().map(|ray| format!("ray {}", ink.show(ray)));
    let answer: Vec<String> = code.into_iter().chain(ray).collect();
    if !answer.is_empty() {
        let _ = writeln!(text, "  {}", answer.join(", "));
    }
    if let Some(hint) = hint {
        let hint = ink.wrapped(&ink.lines(hint), "hint: ".len(), 2);
        let _ = writeln!(text, "{} {hint}", paint(BOLD, "hint:"));
    }
    text
}

/// `file:line:column`, as far as it is known.
pub(super) fn place(at: &Site, ink: &TextStyle) -> String {
    let file = ink.show(&at.file);
    match (at.line, at.column) {
        (0, _) => file,
        (line, 0) => format!("{file}:{line}"),
        (line, column) => format!("{file}:{line}:{column}"),
    }
}

/// How things stand after a run that did not end with 0.
pub(super) fn standing(report: &Report, ink: &TextStyle) -> String {
    let why = match report.exit {
        3 => "there are differences; ",
        70 => "a bug in Larder; ",
        130 | 143 => "interrupted; ",
        _ => "",
    };
    let unknown = report.summary.unknown;
    let repeats = repeats(report, ink);
    let state = if unknown > 0 {
        let again = repeats.as_deref().unwrap_or("looks at what is there before it writes");
        format!("the outcome of {} is unknown; running again {again}", counted(unknown, "op", "ops"))
    } else if report.changed {
        format!("some changes were made; running again {}", repeats.as_deref().unwrap_or("is safe"))
    } else {
        "nothing was changed".to_owned()
    };
    format!("{why}{state}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Action;
    use crate::report::sample;
    use crate::secret::Redactor;

    fn told(report: &Report) -> String {
        let redactor = Redactor::default();
        anstream::adapter::strip_str(&failures(report, &TextStyle::new(&redactor), &[])).to_string()
    }

    #[test]
    fn a_failure_names_op_resource_code_ray_place_and_hint() {
        let mut report = sample::report_of(vec![sample::op(Action::Update, Status::Conflict)]);
        report.exit = 1;
        assert_eq!(
            told(&report),
            concat!(
                "error: the index has other dimensions\n",
                "  --> std/provision:6:42\n",
                "  code 40013, ray 8f1c2d3e4f5a6b7c-WAW\n",
                "hint: choose another name\n",
                "exit 1: nothing was changed\n",
            )
        );
    }

    #[test]
    fn what_ended_the_run_is_told_once() {
        let mut report = sample::report_of(vec![sample::op(Action::Create, Status::Failed)]);
        report.exit = 4;
        report.changed = true;
        report.error = Some(sample::problem("rejected"));
        assert_eq!(told(&report).matches("error: ").count(), 1);
        report.error = Some(Problem::new("argument", "`dimension` is no option\n::error::x"));
        let text = told(&report);
        assert!(
            text.ends_with(concat!(
                "error: `dimension` is no option\\n::error::x\n",
                "exit 4: some changes were made; running again is safe\n",
            )),
            "{text}"
        );
    }

    #[test]
    fn caught_failures_are_not_told_but_unknown_outcomes_are() {
        let caught = |status| {
            let op = Op { caught: true, ..sample::op(Action::Create, status) };
            sample::report_of(vec![op])
        };
        assert_eq!(told(&caught(Status::Failed)), "");
        assert_eq!(told(&caught(Status::Conflict)), "");
        let mut unknown = caught(Status::Unknown);
        unknown.exit = 5;
        unknown.changed = true;
        let text = told(&unknown);
        assert!(text.starts_with("error: the index has other dimensions\n"), "{text}");
        assert!(
            text.ends_with(
                "exit 5: the outcome of 1 op is unknown; running again looks at what is there before it writes\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn every_exit_but_success_says_how_things_stand() {
        for exit in Exit::ALL {
            let mut report = sample::report();
            report.exit = exit.code();
            let text = told(&report);
            let state = match exit.code() {
                0 => "",
                3 => "exit 3: there are differences; nothing was changed\n",
                70 => "exit 70: a bug in Larder; nothing was changed\n",
                130 => "exit 130: interrupted; nothing was changed\n",
                143 => "exit 143: interrupted; nothing was changed\n",
                code => &format!("exit {code}: nothing was changed\n"),
            };
            assert_eq!(text, state);
        }
    }

    #[test]
    fn a_place_is_told_as_far_as_it_is_known() {
        let redactor = Redactor::default();
        let ink = TextStyle::new(&redactor);
        let at = |line, column| place(&Site { file: "a.rhai".into(), line, column }, &ink);
        assert_eq!([at(3, 4), at(3, 0), at(0, 0)], ["a.rhai:3:4", "a.rhai:3", "a.rhai"]);
    }
}
